"""Columns that decide the target alone are named, and no others."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from glassnet.cli.app import run
from glassnet.data.sources.table_dataset import from_frame

COUNT = 300
RNG = np.random.default_rng(0)
SCORE = RNG.normal(size=COUNT)
Y = np.where(SCORE + RNG.normal(size=COUNT) > 0, "won", "lost")
PLAIN = pd.DataFrame({"score": SCORE, "town": RNG.choice(["a", "b", "c"], COUNT), "y": Y})
THREE = np.digitize(SCORE, [-0.5, 0.5])


def said(frame: pd.DataFrame, **how: object) -> list[str]:
    notes = from_frame("own", frame, ["y"], test=0.0, **how).notes  # type: ignore[arg-type]
    return [note for note in notes if "alone" in note]


@pytest.mark.parametrize(
    "column",
    [
        (Y == "won").astype(int),  # another form of it
        np.where(Y == "won", 7.5, 3.0),
        np.where(Y == "won", np.where(SCORE > 0, "early", "late"), "never"),
        np.where(Y == "won", SCORE + 10, SCORE),  # a number that a threshold parts
        np.where(Y == "won", np.nan, 1.0),  # known only for some
    ],
    ids=["flag", "two numbers", "words", "threshold", "gaps"],
)
def test_a_column_that_decides_a_class_is_named(column: np.ndarray) -> None:
    assert said(PLAIN.assign(result=column)) == [
        "'result' alone decides 'y': if it is known only afterwards, leave it out (drop=['result'])"
    ]


@pytest.mark.parametrize("column", [3 * SCORE - 1e6, THREE])
def test_a_column_that_decides_a_value_is_named(column: np.ndarray) -> None:
    table = PLAIN.assign(result=column, y=THREE * 2.5 if column is THREE else SCORE)
    table = table.drop(columns="score")
    assert [line.split(":")[0] for line in said(table, task="regression")] == [
        "'result' alone decides 'y'"
    ]


def test_one_wrong_row_is_enough_to_say_nothing() -> None:
    wrong = (Y == "won").astype(int)
    wrong[17] = 1 - wrong[17]
    assert said(PLAIN.assign(result=wrong)) == []
    assert said(PLAIN) == []
    assert said(PLAIN.assign(y=SCORE + RNG.normal(size=COUNT) / 10), task="regression") == []


def test_what_may_be_chance_is_not_said() -> None:
    few = PLAIN.assign(result=(Y == "won").astype(int))
    assert said(few.head(99)) == [] and len(said(few.head(100))) == 1
    rare = np.where(np.arange(COUNT) < 9, "yes", "no")
    assert said(PLAIN.assign(y=rare, result=np.arange(COUNT) < 9)) == []
    every_row_its_own = PLAIN.assign(result=[f"{n // 2}" for n in range(COUNT)])
    assert said(every_row_its_own, kinds={"result": "category"}) == []


def test_many_columns_take_one_line() -> None:
    table = PLAIN.assign(**{f"r{n}": (Y == "won") * n for n in (1, 2, 3, 4)})
    assert said(table) == ["4 columns decide 'y', each alone: r1, r2, r3 and 1 more"]


def test_the_command_names_the_option(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = str(tmp_path / "own.csv")
    PLAIN.assign(result=(Y == "won").astype(int)).to_csv(own, index=False)
    words = ["data", own, "--target", "y", "--out", str(tmp_path / "own.png"), "--json"]
    assert run(words) == 0
    line = (
        "'result' alone decides 'y': if it is known only afterwards, leave it out (--drop result)"
    )
    assert json.loads(capsys.readouterr().out)["decisions"][-1] == line
    assert run([*words, "--drop", "result"]) == 0
    assert "alone" not in capsys.readouterr().out
