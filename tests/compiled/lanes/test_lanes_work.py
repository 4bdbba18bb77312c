"""How the work of a stack is divided changes no bit, and which stacks go into lanes."""

import threading
import time
from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.base.threads
import glassnet.stack

pytest.importorskip("numba", reason="Numba compiles the steps of a stack")

from glassnet.compiled.lanes import program, table
from glassnet.compiled.lanes.descent import descend_in_lanes
from glassnet.training.stack import compiled_choice, lane_trainer
from tests.compiled.lanes.lane_networks import X, Y, outcome, small


def test_same_bits_in_one_thread_and_in_two_and_whatever_goes_beside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Blocks move from thread to thread; what a network comes to does not depend on it."""
    seen: set[int] = set()
    take = program.Block.take

    def noted(self: program.Block, *given: Any) -> Any:
        seen.add(threading.get_ident())
        time.sleep(0.001)  # so that the other thread has its turn
        return take(self, *given)

    monkeypatch.setattr(program.Block, "take", noted)
    monkeypatch.setattr(program, "PIECE_OF_WORK", 1e-5)
    found = []
    for threads in (1, 2):
        monkeypatch.setattr(program, "available", lambda count=threads: count)
        monkeypatch.setattr(glassnet.base.threads, "available", lambda count=threads: count)
        seen.clear()
        stack = gn.Stack(small((8,) * 40, dropout=0.2))
        found.append(outcome(stack, stack.fit(X, Y, epochs=4, batch_size=7)))
        assert len(seen) == threads
    assert found[0] == found[1]
    few = gn.Stack(small((8,) * 3, dropout=0.2))
    assert outcome(few, few.fit(X, Y, epochs=4, batch_size=7)) == found[0][:3]


def test_data_that_is_read_only_needs_no_kernel_of_its_own() -> None:
    arrays, made = (X.copy(), Y.copy(), np.linspace(0, 1, len(X), dtype=np.float32)), []
    for writable in (True, False):
        for array in arrays:
            array.setflags(write=writable)
        x, y, weight = arrays
        gn.Stack(small()).fit(x, y, sample_weight=weight, epochs=1)
        made.append(len(descend_in_lanes.signatures))
    assert made[0] == made[1] > 0


@pytest.mark.parametrize("batch", [7, 45, "full"])
def test_how_work_is_cut_changes_no_bit(batch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither how many samples are done at once, nor how long a call or a piece of work takes."""
    how: dict[str, Any] = {"epochs": 3, "batch_size": batch, "clip_norm": 0.5, "max_norm": 1.0}
    weights, found = np.linspace(0.1, 2, len(X)), []
    for seconds, cache in ((0.05, 2**18), (1e-9, 0), (10.0, 2**30)):
        monkeypatch.setattr(table, "CACHE", cache)
        monkeypatch.setattr(program, "PIECE_OF_WORK", seconds)
        monkeypatch.setattr(lane_trainer, "SECONDS_OF_CALL", seconds)
        stack = gn.Stack(small((8,) * 20, dropout=0.2))
        found.append(outcome(stack, stack.fit(X, Y, sample_weight=weights, **how)))
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize(
    ("layer", "how"),
    [
        (gn.BatchNorm(), {}),
        (None, {"optimizer": "own"}),
    ],
    ids=["a layer", "a rule of one's own"],
)
def test_what_is_not_compiled_is_trained_by_numpy(
    layer: Any, how: dict[str, Any], compiled: list[int]
) -> None:
    class Own(gn.SGD):
        def rule(self, theta: Any, g: Any, *, t: int, rate: Any) -> None:
            theta -= rate * np.sign(g)

    if how:
        how = {"optimizer": Own(0.01)}
    stack = gn.Stack(
        gn.Sequential([gn.Dense(3), *([type(layer)()] if layer else []), gn.Dense(2)],
                      input_shape=4, seed=seed)
        for seed in range(3)
    )  # fmt: skip
    stack.fit(X, Y, epochs=1, **how)
    assert compiled == []


def test_small_networks_go_into_lanes_and_large_ones_stay_with_blas() -> None:
    def judge(layers: list[int], inputs: int, count: int, batch: int, epochs: int) -> Any:
        networks = [
            gn.Sequential([*(gn.Dense(width, "relu") for width in layers), gn.Dense(10)],
                          input_shape=inputs, seed=seed)
            for seed in range(count)
        ]  # fmt: skip
        chosen: list[Any] = []

        def judged(asked: str, *given: Any) -> str:
            chosen.append((compiled_choice.is_faster(*given), compiled_choice.seconds(*given)))
            return "numpy"

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(glassnet.stack, "engine_of", judged)
            patch.setattr(glassnet.stack, "train", lambda *given: None)
            patch.setattr("glassnet.training.engines.compiled_before", lambda kernel: True)
            x, y = np.zeros((3000, inputs), np.float32), np.arange(3000) % 10
            gn.Stack(networks).fit(x, y, epochs=epochs, batch_size=batch)
        return chosen[0]

    faster, cost = judge([64], 2, 32, 10, 100)
    assert faster and cost.lanes < min(cost.programs, cost.numpy)
    assert not judge([4], 2, 3, 100, 1)[0]  # too little to start for
    _, cost = judge([128, 128], 50, 8, 128, 10)
    assert cost.programs < cost.numpy < cost.lanes
