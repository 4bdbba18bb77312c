"""The benchmark's own parts work: one contender, the floor, and the report of both."""

import importlib.util
import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.__main__ import ROOMS, commands
from benchmarks.quality.max_norm import study
from benchmarks.shared.workloads import WORKLOADS
from benchmarks.versus.report import OURS, RESULTS, bounds, markdown, other_losses, table, verdicts
from glassnet.data import load

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("bench")
    x, y = WORKLOADS["iris"].data()
    np.save(folder / "x.npy", x)
    np.save(folder / "y.npy", y)

    def work(contender: str, *check: str) -> dict[str, Any]:
        command = [sys.executable, "-m", "benchmarks.versus.worker", contender, "iris", str(folder)]
        done = subprocess.run(
            [*command, *check], cwd=ROOT, capture_output=True, text=True, check=True
        )
        figures: dict[str, Any] = json.loads(done.stdout)
        return figures

    names = ("glassnet", "floor", "sklearn_mlp")
    check = {name: work(name, "check") for name in ("glassnet", "sklearn_mlp")}
    return {**{name: [work(name)] for name in names}, "check": check}


@pytest.mark.slow
def test_all_learn_the_same_and_are_timed(found: dict[str, Any]) -> None:
    assert other_losses("iris", found) == []
    for name in ("glassnet", "floor", "sklearn_mlp"):
        assert 0 < found[name][0]["epoch"] < 1
        assert found[name][0]["memory"] > 10
    assert found["glassnet"][0]["loss"] < 0.2


@pytest.mark.slow
def test_the_report_has_a_line_for_each_and_each_bound(found: dict[str, Any]) -> None:
    lines = table("iris", found).splitlines()
    assert [line.split()[0] for line in lines[3:]] == ["glassnet", "floor", "sklearn_mlp"]
    rows = {what: measured for what, measured, _ in bounds("iris", found)}
    assert rows["best eager"] == (found["sklearn_mlp"][0]["epoch"] / found["glassnet"][0]["epoch"])
    found["check"]["sklearn_mlp"]["loss"] *= 1.03
    assert "sklearn_mlp has another loss" in other_losses("iris", found)[0]


def test_the_page_shows_the_figures_that_were_measured() -> None:
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    assert results["rounds"] >= 5
    assert {*results["workloads"], *results["not_measured"]} == WORKLOADS.keys()
    assert not results["workloads"].keys() & set(results["not_measured"])
    assert markdown(results) in (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")


def test_all_libraries_came_to_the_same_loss() -> None:
    """But for scikit-learn on two classes, which has one output where the others have two."""
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    for name, found in results["workloads"].items():
        apart = other_losses(name, found)
        assert all(name == "moons" and "sklearn" in line for line in apart), apart


def test_every_bound_has_its_verdict() -> None:
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    said = verdicts(results).splitlines()
    for name, found in results["workloads"].items():
        for what, measured, bound in bounds(name, found):
            (line,) = [each for each in said if each.split("  ")[0] == name and f" {what} " in each]
            assert line.endswith("met" if measured >= bound else "MISSED")


def test_the_chart_has_a_bar_for_each_library_and_workload() -> None:
    from benchmarks.versus.chart import draw

    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    bars = [len(axes.patches) for axes in draw(results).axes]
    measured = [found.keys() - {"check"} for found in results["workloads"].values()]
    assert bars == [len(contenders) for contenders in measured for _ in ("epoch", "ten")]
    assert all({*OURS, "jax_scan", "floor"} <= contenders for contenders in measured)


def test_the_ways_to_train_many_networks_come_to_the_same() -> None:
    from benchmarks.versus.many import loop, published, stack

    x, y = (array[:60] for array in WORKLOADS["moons"].data())
    together, alone, plain = (way.train(x, y, 3, 2) for way in (stack, loop, published))
    assert together.shape == (3, 60, 2)
    np.testing.assert_allclose(together, alone, atol=1e-5)
    np.testing.assert_allclose(together, plain, atol=1e-4)


def test_the_list_names_every_benchmark_with_its_question() -> None:
    listed = {name: question for room in ROOMS for name, question in commands(room).items()}
    assert len(listed) > 10 and all(listed.values())
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert all(f"python -m {name} " in done.stdout for name in listed)


def test_bounded_weights_are_judged_by_samples_that_were_held_out() -> None:
    data = load("digits")
    settings = {
        "epochs": 6,
        "batch_size": 64,
        "optimizer": "adam:learning_rate=0.01",
        "max_norm": 2,
    }
    found = study(data, 300, [64], **settings)
    assert list(found) == [5, 6] and min(found.values()) > 0.8
    blank = data.x_train.copy()
    blank[-300:] = 0
    unseen = study(replace(data, x_train=blank), 300, [64], **settings)
    assert max(unseen.values()) < 0.3  # all look the same
    tests = replace(data, x_test=np.zeros_like(data.x_test))
    assert study(tests, 300, [64], **settings) == found  # the test part is not read


def test_every_command_that_a_page_or_a_comment_names_is_there() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "src").rglob("*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in pages)
    text = text.replace((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), "")
    named = set(re.findall(r"-m (benchmarks[.\w]*\w)", text))
    assert len(named) > 10
    assert [name for name in named if importlib.util.find_spec(name) is None] == []
