"""Divergence, early stopping, callbacks and Ctrl-C while a stack takes compiled steps."""

import os
import signal
import threading
import time
from typing import Any

import numpy as np

import glassnet as gn
from tests.compiled.lanes.lane_networks import X, Y, moons, outcome, small


def test_one_diverges_alone_with_its_last_finite_parameters() -> None:
    rates = [0.01] * 20
    rates[3] = 1e38
    how: dict[str, Any] = {"optimizer": "sgd", "batch_size": 10}
    stack, short, calm = (gn.Stack(small((6,) * 20)) for _ in range(3))
    histories = stack.fit(X, Y, epochs=3, learning_rate=rates, **how)
    short.fit(X, Y, epochs=1, learning_rate=rates, **how)
    others = calm.fit(X, Y, epochs=3, learning_rate=0.01, **how)
    assert stack.diverged == (3,)
    assert histories[3].interrupted == "diverged in epoch 2"
    assert stack[3].parameters.vector.tobytes() == short[3].parameters.vector.tobytes()
    for k in set(range(20)) - {3}:
        assert outcome(stack, histories)[k] == outcome(calm, others)[k]


def test_a_loss_too_large_for_float32_is_no_divergence() -> None:
    x, y = X[:, :1], np.full((90, 1), 1e20, np.float32)
    stack = gn.Stack([gn.Sequential([gn.Dense(1)], input_shape=1, seed=k) for k in range(3)])
    how: dict[str, Any] = {"epochs": 2, "loss": "mean_squared", "optimizer": "sgd"}
    histories = stack.fit(x, y, learning_rate=1e-3, **how)
    alone = gn.Sequential([gn.Dense(1)], input_shape=1, seed=0)
    expected = alone.fit(x, y, **{**how, "optimizer": "sgd:learning_rate=1e-3"})
    assert stack.diverged == ()
    np.testing.assert_allclose(histories[0]["loss"], expected["loss"], rtol=1e-5)


def test_early_stopping_stops_each_for_itself_and_widths_go_together() -> None:
    widths = tuple(range(2, 26))
    stack = gn.Stack(small(widths, dtype="float64"))
    how: dict[str, Any] = {"epochs": 60, "validation": 0.3, "optimizer": "adam:learning_rate=0.05"}
    histories = stack.fit(X, Y, callbacks=[gn.EarlyStopping(patience=3)], **how)
    assert len({history.epochs for history in histories}) > 2
    for k, alone in enumerate(small(widths, dtype="float64")):
        history = alone.fit(X, Y, callbacks=[gn.EarlyStopping(patience=3)], **how)
        assert history.epochs == histories[k].epochs
        np.testing.assert_allclose(stack[k].parameters.vector, alone.parameters.vector, atol=1e-9)


def test_callbacks_of_the_step_see_every_step_of_their_network() -> None:
    class Steps:
        def __init__(self) -> None:
            self.seen: list[tuple[int, float]] = []

        def on_train_batch_end(self, batch: int, logs: Any) -> None:
            norm = float(np.linalg.norm(self.trainer.network.gradient.vector))  # type: ignore[attr-defined]
            self.seen.append((batch, norm))

    steps, alone = Steps(), Steps()
    samples = [np.arange(90), np.arange(45), np.arange(90)]
    gn.Stack(small((3, 8, 5))).fit(
        X, Y, epochs=2, samples=samples, callbacks=lambda k: [steps] if k == 1 else [],
        batch_size=10, clip_norm=0.2,
    )  # fmt: skip
    small((3, 8))[1].fit(X[:45], Y[:45], epochs=2, callbacks=[alone], batch_size=10, clip_norm=0.2)
    assert [batch for batch, _ in steps.seen] == [0, 1, 2, 3, 4] * 2
    np.testing.assert_allclose(steps.seen, alone.seen, rtol=1e-4)


def test_ctrl_c_ends_all_within_a_fifth_of_a_second(compiled: list[int]) -> None:
    x, y = moons(50_000)
    stack, pressed = gn.Stack(small((64,) * 20)), []

    class Press:
        def on_epoch_begin(self, epoch: int, logs: Any) -> None:
            if epoch == 1:
                timer.start()

        def on_train_end(self, logs: Any) -> None:
            pressed.append(time.perf_counter())

    def press() -> None:
        pressed.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(0.05, press)
    how: dict[str, Any] = {"epochs": 1000, "batch_size": 10}
    histories = stack.fit(x, y, callbacks=lambda k: [Press()] if k == 0 else [], **how)
    assert {history.interrupted for history in histories} == {"interrupted by Ctrl-C"}
    assert pressed[1] - pressed[0] < 1.0  # on a machine that has other work too
    assert max(compiled) < 5000
