"""Large networks of a stack train side by side in threads, and a single one as it is."""

import os
import signal
import threading
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.nn.optimizers import OPTIMIZERS
from glassnet.training.stack import grouping as groups

X = np.random.default_rng(0).standard_normal((600, 784)).astype(np.float32)
Y = np.random.default_rng(1).integers(0, 10, 600)
LARGE = {"epochs": 2, "batch_size": 128, "optimizer": "momentum", "engine": "numpy"}


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many threads on every machine."""
    monkeypatch.setattr(groups, "available", lambda: 2)


def networks(count: int, dtype: str = "float32") -> list[gn.Sequential]:
    return [
        gn.Sequential([gn.Dense(64, "sigmoid"), gn.Dropout(0.1), gn.Dense(10)], input_shape=784,
                      seed=seed, dtype=dtype)
        for seed in range(count)
    ]  # fmt: skip


class Where:
    """Notes the thread of every step."""

    threads: set[int]

    def __init__(self) -> None:
        self.threads = set()

    def on_train_batch_end(self, batch: int, logs: Any) -> None:
        self.threads.add(threading.get_ident())


@pytest.mark.parametrize("count", [8, 11])
def test_networks_side_by_side_are_as_they_would_be_alone(count: int) -> None:
    where, histories = Where(), []
    stack = gn.Stack(networks(count))
    found = stack.fit(X, Y, validation=0.1, callbacks=lambda k: [where], **LARGE)
    for alone in networks(count):
        histories.append(alone.fit(X, Y, validation=0.1, **LARGE))
    assert len(where.threads) == 2
    assert threading.get_ident() not in where.threads
    for k, alone in enumerate(networks(count)):
        alone.fit(X, Y, validation=0.1, **LARGE)
        assert stack[k].parameters.vector == pytest.approx(alone.parameters.vector, abs=1e-5)
        for name in ("loss", "val_loss"):
            assert found[k][name] == pytest.approx(histories[k][name], abs=1e-5)


@pytest.mark.parametrize("count", [1, 4, 7])
def test_few_networks_train_in_one_thread(count: int) -> None:
    where = Where()
    gn.Stack(networks(count)).fit(X, Y, callbacks=lambda k: [where], **LARGE)
    assert where.threads == {threading.get_ident()}


def test_small_networks_train_in_one_thread() -> None:
    where, small = Where(), [gn.Sequential([gn.Dense(4), gn.Dense(10)], seed=s) for s in range(20)]
    gn.Stack(small).fit(X[:, :5], Y, callbacks=lambda k: [where])
    assert where.threads == {threading.get_ident()}


def test_ctrl_c_ends_all_after_their_step() -> None:
    class Press:
        def on_train_begin(self, logs: Any) -> None:
            os.kill(os.getpid(), signal.SIGINT)

    stack, before = gn.Stack(networks(30)), signal.getsignal(signal.SIGINT)
    histories = stack.fit(
        X, Y, callbacks=lambda k: [Press()] if k == 0 else [], **{**LARGE, "epochs": 1000}
    )
    assert {history.interrupted for history in histories} == {"interrupted by Ctrl-C"}
    assert signal.getsignal(signal.SIGINT) is before


def test_an_error_in_one_thread_is_raised_and_ends_the_others() -> None:
    class Break:
        def on_train_batch_end(self, batch: int, logs: Any) -> None:
            raise RuntimeError("broken")

    before = threading.active_count()
    with pytest.raises(RuntimeError, match="broken"):
        gn.Stack(networks(10)).fit(
            X, Y, callbacks=lambda k: [Break()] if k == 9 else [], **{**LARGE, "epochs": 100_000}
        )
    assert threading.active_count() == before


def test_one_that_diverges_in_a_thread_does_so_alone() -> None:
    rates = [0.01] * 10
    rates[7] = 1e38
    stack = gn.Stack(networks(10))
    stack.fit(X, Y, learning_rate=rates, **LARGE)
    assert stack.diverged == (7,)


@pytest.mark.parametrize("rule", sorted(set(OPTIMIZERS) - {"lbfgs"}))
def test_a_stack_of_one_is_that_network_to_the_last_bit(rule: str) -> None:
    how: dict[str, Any] = {"epochs": 2, "validation": 0.1, "schedule": "cosine"}
    (alone,) = networks(1)
    given = {**OPTIMIZERS[rule]().config(), "learning_rate": 0.005, "weight_decay": 0.01}
    expected = alone.fit(X, Y, optimizer=given, **how)
    stack = gn.Stack(networks(1))
    (found,) = stack.fit(X, Y, optimizer=rule, learning_rate=0.005, weight_decay=0.01, **how)
    assert stack[0].parameters.vector.tobytes() == alone.parameters.vector.tobytes()
    assert found["val_loss"] == expected["val_loss"]
    assert found.interrupted is None


def test_single_networks_stop_and_diverge_each_for_itself() -> None:
    """Dropout keeps widths apart: each of these is a group of one."""
    made = [
        gn.Sequential([gn.Dense(width, "relu"), gn.Dropout(0.1), gn.Dense(10)], seed=width)
        for width in (3, 5, 8)
    ]
    stack = gn.Stack(made)
    histories = stack.fit(
        X[:, :20], Y, epochs=30, validation=0.2, optimizer="sgd", learning_rate=[5.0, 1e30, 0.001],
        callbacks=lambda k: [gn.EarlyStopping(patience=2)] if k == 0 else [],
    )  # fmt: skip
    assert (histories[0].interrupted or "").startswith("val_loss has not improved")
    assert (histories[1].interrupted or "").startswith("diverged in epoch ")
    assert histories[2].interrupted is None
    assert histories[2].epochs == 30
    assert stack.diverged == (1,)
    assert all(np.isfinite(network.parameters.vector).all() for network in stack)
