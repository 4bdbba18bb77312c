"""A stack in compiled steps that was killed resumes to the same bytes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from tests.compiled.lanes.lane_networks import X, Y, outcome, small
from tests.training.killing import KillAt, StopError

RESUMED: dict[str, dict[str, Any]] = {
    "as it is": {},
    "diverging": {"learning_rate": [0.01, 1e30, 0.1, 1e30, 0.3], "optimizer": "sgd"},
    "own samples": {"samples": [np.arange(n) for n in (90, 55, 71, 90, 12)], "validation": None},
    "in parts": {"memory": 1},
    "stopping": {"callbacks": [gn.EarlyStopping(patience=1)], "epochs": 12,
                 "learning_rate": [0.01, 1.0, 0.1, 2.0, 0.3]},
    "cosine": {"schedule": "cosine", "shuffle": False},
    "dropout": {"dropout": 0.3, "optimizer": "momentum"},
}  # fmt: skip


@pytest.mark.parametrize("name", RESUMED)
def test_a_stack_resumes_to_the_same_bytes(name: str, tmp_path: Path, compiled: list[int]) -> None:
    how = {"epochs": 4, "batch_size": 10, "validation": 0.2, **RESUMED[name]}
    dropout, seen = how.pop("dropout", 0.0), how.pop("callbacks", [])
    one = gn.Stack(small(dropout=dropout))
    kept = gn.Checkpoint(tmp_path / "whole", every=5)
    expected = outcome(one, one.fit(X, Y, checkpoint=kept, callbacks=seen, **how))
    assert max(compiled) > 1
    for step in (1, 7, 8, 20):
        kill = KillAt(step)  # the same object for all counts the steps of each
        with pytest.raises(StopError):
            gn.Stack(small(dropout=dropout)).fit(
                X, Y, **how, checkpoint=gn.Checkpoint(tmp_path / "c", every=1),
                callbacks=lambda k, s=kill: [
                    *(gn.EarlyStopping(patience=each.patience) for each in seen),
                    *([s] if k == 0 else []),
                ],
            )  # fmt: skip
        again = gn.Stack(small(dropout=dropout))
        found = again.fit(X, Y, **how, callbacks=seen, resume=tmp_path / "c")
        assert outcome(again, found) == expected
        assert again.diverged == one.diverged


@pytest.mark.parametrize("every", [1, 3, 7, 1000])
def test_checkpoints_say_the_same_however_many_steps_a_call_takes(
    every: int, tmp_path: Path
) -> None:
    one, other = gn.Stack(small(dropout=0.2)), gn.Stack(small(dropout=0.2))
    found = one.fit(X, Y, epochs=3, checkpoint=gn.Checkpoint(tmp_path / "c", every=every))
    assert outcome(one, found) == outcome(other, other.fit(X, Y, epochs=3))
