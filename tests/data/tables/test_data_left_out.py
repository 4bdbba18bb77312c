"""Hundreds of columns that say nothing take one line, wherever they are named."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from glassnet.data import load
from glassnet.data.tables.columns import Number
from glassnet.data.tables.notes import LINES, Notes
from glassnet.data.tables.schema import Schema
from tests.cli.process import succeed

MANY = [f"c{n}" for n in range(312)]


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("wide") / "wide.csv"
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"x": rng.normal(size=60).round(3), **dict.fromkeys(MANY, 0)})
    table["y"] = np.where(table["x"] > 0, "b", "a")
    table.to_csv(path, index=False)
    return path


def test_constant_columns_take_one_line(wide: Path) -> None:
    found = [note for note in load(wide).notes if "left out:" in note]
    assert found == ["312 columns are constant and left out: c0, c1, c2 and 309 more"]
    dropped = load(wide, drop=MANY[:5]).notes
    assert "5 columns are left out, as asked: c0, c1, c2 and 2 more" in dropped
    assert "307 columns are constant and left out: c5, c6, c7 and 304 more" in dropped
    few = load(wide, drop=MANY[3:]).notes
    assert [note for note in few if "always" in note] == [
        f"left out 'c{n}': always 0" for n in range(3)
    ]


@pytest.mark.parametrize("words", [("data",), ("train", "--epochs", "1", "--hidden", "2")])
def test_commands_print_that_line_alone(wide: Path, words: tuple[str, ...]) -> None:
    said = succeed(wide.parent, words[0], "wide.csv", *words[1:]).stdout
    assert said.count("312 columns are constant and left out: c0, c1, c2 and 309 more") == 1
    assert "left out 'c" not in said


def test_notes_of_hundreds_of_columns_are_few() -> None:
    names = ["x", *MANY]
    schema = Schema([Number(n, 0.0, 1.0, 0.0, low=0.0, high=1.0) for n in names], ["y"])
    notes = Notes()
    schema.encode(pd.DataFrame({name: [0.5, 9.0, 9.0] for name in names}), notes)
    notes.unread += [f"new{n}" for n in range(5)]
    unread, total, *each, rest = notes.lines()
    assert (
        unread
        == "5 columns were not there in training and are not read: new0, new1, new2 and 2 more"
    )
    assert total == "2 of 3 rows have a value not seen in training"
    assert len(each) == LINES and each[0].startswith("2 rows have 'x' outside 0 to 1")
    assert rest == "303 more columns with such values: c9, c10, c11 and 300 more"


def test_gaps_in_hundreds_of_columns_take_one_line() -> None:
    notes = Notes()
    for name in MANY:
        notes.gap(name, 2)
    assert notes.lines() == [
        "624 gaps in 312 columns, which had none in training: c0, c1, c2 and 309 more"
    ]
