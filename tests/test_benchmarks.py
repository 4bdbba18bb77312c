"""The benchmark's own parts work: one contender, the floor, and the report of both."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.report import bounds, other_losses, table
from benchmarks.workloads import WORKLOADS

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("bench")
    x, y = WORKLOADS["iris"].data()
    np.save(folder / "x.npy", x)
    np.save(folder / "y.npy", y)

    def work(contender: str, *check: str) -> dict[str, Any]:
        command = [sys.executable, "-m", "benchmarks.worker", contender, "iris", str(folder)]
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
    assert rows["best eager, per epoch"] == (
        found["sklearn_mlp"][0]["epoch"] / found["glassnet"][0]["epoch"]
    )
    found["check"]["sklearn_mlp"]["loss"] *= 1.03
    assert "sklearn_mlp has another loss" in other_losses("iris", found)[0]
