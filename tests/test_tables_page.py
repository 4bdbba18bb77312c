"""The page about tables shows what was kept, and what is kept is of the reporting half."""

import pytest

from benchmarks.tables import ingredients, results
from benchmarks.tables.catalogue import TABLES
from benchmarks.tables.contenders import CONTENDERS
from benchmarks.tables.page import (
    BESIDE,
    OURS,
    PAGE,
    PICTURE,
    SINGLE,
    SLOW,
    beside_slow,
    keep,
    parts,
    read,
    summary,
    written,
)
from benchmarks.tables.variants import VARIANTS


def test_the_page_shows_what_was_kept() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert written(page) == page
    assert PICTURE.exists()
    with pytest.raises(SystemExit, match="no place for 'summary'"):
        written("")


def test_what_is_kept_is_of_the_reporting_half_and_of_both_kinds_of_networks() -> None:
    found, about = read("scores")
    reporting = {table.name for table in TABLES.values() if table.half == "reporting"}
    assert about["tables"].keys() == reporting
    for name in (OURS, SINGLE, "sklearn_trees", "lightgbm_trees", "catboost_trees"):
        assert {r["table"] for r in found if r["contender"] == name} == reporting
    assert len({results.key(each) for each in found}) == len(found)
    assert not any("fit" in each for each in found)  # measured while other work ran
    assert all(each["contender"] in CONTENDERS for each in found)
    slow = beside_slow(found)
    assert {each["seed"] for each in slow} == {0}
    assert {each["contender"] for each in slow} == {*BESIDE, *SLOW}


def test_ingredients_were_measured_on_the_tuning_half() -> None:
    found = results.read(ingredients.KEPT)
    assert {TABLES[each["table"]].half for each in found} == {"tuning"}
    assert {each["contender"] for each in found} == {*VARIANTS, ingredients.BASE}
    rows = parts()["ingredients"].splitlines()[2:]
    assert len(rows) == len(VARIANTS) - 1


def test_the_summary_counts_places_and_distances() -> None:
    scores = {"sklearn_trees": 0.9, OURS: 0.8, SINGLE: 0.7}
    found = [
        {"table": table, "contender": name, "seed": 0, "score": score}
        for table in list(TABLES)[:12]
        for name, score in scores.items()
    ]
    first, second = summary(found, list(scores)).splitlines()
    assert "place 2 of 3 by mean rank (2.00), after scikit-learn trees." in first
    assert "it is behind scikit-learn trees and ahead of glassnet, one network." in first
    assert "(3.00), after scikit-learn trees and glassnet." in second
    *others, last = list(TABLES)[:12]
    assert first.endswith("in the lower half: none.")
    assert second.endswith(f"in the lower half: {', '.join(others)} and {last}.")
    few = [each for each in found if each["table"] in list(TABLES)[:6]]
    assert "it is behind no other and ahead of no other." in summary(few, list(scores))
    assert "(1.00)." in summary(found, [OURS, SINGLE])


def test_kept_lines_have_no_other_fields(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("kept")
    monkeypatch.setattr("benchmarks.tables.page.KEPT", folder)
    only = {"iris": TABLES["iris"], "wine": TABLES["wine"]}
    monkeypatch.setattr("benchmarks.tables.page.TABLES", only)
    for table in only:
        line = {"table": table, "contender": OURS, "seed": 0, "score": 0.5, "fit": 3.0}
        results.append(folder / "run.jsonl", line)
    keep(folder / "run.jsonl", "scores", ("score", "error"))
    found, about = read("scores")
    assert found == [{"table": "iris", "contender": OURS, "seed": 0, "score": 0.5}]
    assert about["tables"] == {"iris": [150, 4]}
