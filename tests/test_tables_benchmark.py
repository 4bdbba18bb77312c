"""The benchmark on tables: the halves, splits and scores, results that are kept, and the report."""

import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.tables import results
from benchmarks.tables.catalogue import TABLES, Table
from benchmarks.tables.contenders import CONTENDERS, contender
from benchmarks.tables.contenders.encoding import as_words, few_categories, without_gaps
from benchmarks.tables.measuring import measure
from benchmarks.tables.pictures import draw
from benchmarks.tables.ranks import critical_difference, means, ranks
from benchmarks.tables.report import against, by_table, report, seconds
from benchmarks.tables.scores import scores
from benchmarks.tables.splits import seeds, split


def test_the_halves_do_not_depend_on_what_else_is_listed() -> None:
    halves = {name: table.half for name, table in TABLES.items()}
    assert halves["wine"] == "tuning" and halves["iris"] == "reporting"
    assert min(list(halves.values()).count(half) for half in ("tuning", "reporting")) >= 10
    assert all(reason for table in TABLES.values() for reason in table.drop.values())


def test_a_split_is_the_same_each_time_and_has_every_class() -> None:
    table = TABLES["wine"]
    frame = table.frame()
    one, again, other = (split(table, frame, seed) for seed in (0, 0, 1))
    assert one.x_test.index.equals(again.x_test.index)
    assert not one.x_test.index.equals(other.x_test.index)
    assert not set(one.x_train.index) & set(one.x_test.index)
    assert len(one.x_test) == 36 and set(one.y_test) == {0, 1, 2}
    assert (len(seeds(20_000)), len(seeds(20_001)), len(seeds(500, 2))) == (10, 3, 2)


def test_scores_are_those_of_the_formulas() -> None:
    y, p = np.array([0, 1, 1]), np.array([[0.5, 0.5], [0.25, 0.75], [1.0, 0.0]])
    found = scores("classes", y, p)
    assert found["score"] == pytest.approx(2 / 3)
    assert found["error"] == pytest.approx(-np.log([0.5, 0.75, 1e-7]).mean(), rel=1e-6)
    found = scores("values", np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 5.0]))
    assert found == {"score": pytest.approx(-1.0), "error": pytest.approx(np.sqrt(4 / 3))}


def test_text_becomes_what_libraries_take() -> None:
    frame = Table("fruit", _fruit, "y", "values").frame()
    assert str(frame["kind"].dtype) == "category"
    fewer = few_categories(frame, 1)(frame)
    assert fewer["kind"].isna().tolist() == [False, False, True, True]
    assert as_words(frame)["kind"].tolist() == ["apple", "apple", "pear", "nan"]
    gaps = frame.assign(size=[1.0, None, 4.0, 4.0])
    assert without_gaps(gaps)(gaps)["size"].tolist() == [1.0, 3.0, 4.0, 4.0]
    awkward = frame.rename(columns={"kind": "self"})
    assert as_words(awkward)["self"].tolist() == ["apple", "apple", "pear", "nan"]


def _fruit() -> Any:
    import pandas as pd

    kinds = ["apple", "apple", "pear", None, "plum"]
    return pd.DataFrame({"kind": kinds, "y": [1.0, 2.0, 3.0, 4.0, None]})


def test_ranks_share_ties_and_put_failures_last() -> None:
    table = {"t": {"a": 0.5, "b": 0.5, "c": float("nan")}, "incomplete": {"a": 1.0}}
    names, found = ranks(table, ("a", "b", "c"), rising=True)
    assert names == ["t"] and found.tolist() == [[1.5, 1.5, 3]]
    assert ranks(table, ("a", "b", "c"), rising=False)[1].tolist() == [[1.5, 1.5, 3]]


def test_the_critical_difference_is_that_of_the_paper() -> None:
    """Demšar (2006), 3.2.2: four classifiers on 14 data sets have 1.25."""
    assert critical_difference(4, 14) == pytest.approx(1.25, abs=0.005)


def test_a_run_continues_where_it_was_and_keeps_failures(tmp_path: Path) -> None:
    calls: list[int] = []

    def mean(x: Any, y: Any, task: str, seed: int) -> Any:
        calls.append(seed)
        return lambda rows: np.full(len(rows), y.mean())

    def fails(x: Any, y: Any, task: str, seed: int) -> Any:
        raise RuntimeError("no")

    who = {"sklearn_trees": types.SimpleNamespace(fit=mean),
           "sklearn_mlp": types.SimpleNamespace(fit=fails)}  # fmt: skip
    path, tables = tmp_path / "results.jsonl", [TABLES["diabetes"]]
    measure(tables, who, path, most=1)
    measure(tables, who, path, most=2)
    assert calls == [0, 1]
    found = results.read(path)
    assert [results.key(each)[1:] for each in found] == [
        ("sklearn_trees", 0), ("sklearn_mlp", 0), ("sklearn_trees", 1), ("sklearn_mlp", 1),
    ]  # fmt: skip
    assert found[0]["score"] < 0.01 and found[1]["failed"] == "RuntimeError: no"
    assert np.isnan(means(found, "score")["diabetes"]["sklearn_mlp"])
    lines = report(found).splitlines()
    assert lines[2].startswith("| scikit-learn trees | 1.00 | 1.00 |")
    assert lines[3].startswith("| scikit-learn MLP | 2.00 | 2.00 |")
    assert "Tables: 1. Critical difference: 1.96." in lines
    assert lines[-1].startswith("| scikit-learn MLP | nan |")
    assert lines[-4].startswith("| seconds to fit | diabetes |")
    cells, line, times = draw(found, found).axes
    assert [text.get_text() for text in cells.texts] == ["1", "2"]
    assert line.get_title() == "mean rank; critical difference 2.0"
    assert len(times.collections) == 2
    assert len(draw(found, []).axes) == 2


def _scores(contender: str, *scores: float) -> list[results.Result]:
    return [
        {"table": table, "contender": contender, "seed": 0, "score": score, "error": 1 - score}
        for table, score in zip(("iris", "wine", "tips"), scores, strict=False)
    ]


def test_contenders_are_compared_on_the_splits_that_both_have() -> None:
    found = [*_scores("sklearn_trees", 0.5, 0.5, 0.5), *_scores("sklearn_mlp", 0.6, 0.5004)]
    assert len(results.shared(found, ["sklearn_trees", "sklearn_mlp"])) == 4
    head, _, row = against(found, "sklearn_mlp", ["sklearn_trees", "sklearn_mlp"]).splitlines()
    assert head.count("|") == row.count("|")
    assert row == "| scikit-learn trees | 2 | 1 | 1 | 0 | 2 | 0 |"
    rows = by_table(found, ["sklearn_trees", "sklearn_mlp"], "score").splitlines()[2:]
    assert rows[0] == "| iris | 0.500 | **0.600** |"
    assert rows[-1] == "| tips | **0.500** | – |"


def test_seconds_are_shown_of_the_tables_that_were_run() -> None:
    found = [
        {"table": table, "contender": name, "seed": 0, "fit": 1.5, "predict": 0.25}
        for table, name in (
            ("iris", "sklearn_mlp"),
            ("tips", "sklearn_mlp"),
            ("iris", "xgboost_trees"),
        )
    ]
    assert seconds(found, ["sklearn_mlp", "xgboost_trees"]).splitlines()[2:] == [
        "| scikit-learn MLP | 1.50 | 1.50 | 0.250 |",
        "| XGBoost | 1.50 | – | 0.250 |",
    ]
    assert (
        len(draw(_scores("sklearn_mlp", 0.5, 0.6) + _scores("xgboost_trees", 0.4, 0.5), found).axes)
        == 3
    )


@pytest.mark.parametrize("name", [n for n in CONTENDERS if n.startswith(("sklearn", "glassnet"))])
@pytest.mark.parametrize("table", ["wine", "diabetes"])
def test_a_contender_beats_the_base_rate(name: str, table: str) -> None:
    of = TABLES[table]
    parts = split(of, of.frame(), seed=0)
    predict = contender(name).fit(parts.x_train, parts.y_train, of.task, 0)
    score = scores(of.task, parts.y_test, predict(parts.x_test))["score"]
    assert score > {"wine": 0.6, "diabetes": 0.1}[table]
