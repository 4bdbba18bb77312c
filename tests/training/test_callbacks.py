"""Callbacks: when they are called, with what, and what the ready-made ones do."""

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.base import bars

pytestmark = pytest.mark.usefixtures("engine")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 4))
Y = (X[:, 0] > 0).astype(int)
NOISE = RNG.integers(0, 2, 50)


def network() -> gn.Sequential:
    return gn.Sequential([gn.Dense(8, "tanh"), gn.Dense(2)], seed=0)


class Everything:
    """Writes down each call."""

    trainer: Any

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        for name in ("on_train_begin", "on_train_end"):
            setattr(self, name, lambda logs, name=name: self.calls.append((name,)))
        for name in (
            "on_epoch_begin",
            "on_epoch_end",
            "on_train_batch_begin",
            "on_train_batch_end",
        ):
            setattr(self, name, lambda number, logs, name=name: self.calls.append((name, number)))


class At:
    """Does something at the end of an epoch."""

    trainer: Any

    def __init__(self, epoch: int, act: Any) -> None:
        self.epoch, self.act = epoch, act

    def on_epoch_end(self, epoch: int, logs: dict[str, Any]) -> None:
        if epoch == self.epoch:
            self.act(self.trainer)


def test_the_order_of_calls() -> None:
    spy = Everything()
    network().fit(X, Y, epochs=2, batch_size=30, callbacks=[spy])
    batches = [(f"on_train_batch_{part}", batch) for batch in (0, 1) for part in ("begin", "end")]
    epochs = [[("on_epoch_begin", epoch), *batches, ("on_epoch_end", epoch)] for epoch in (0, 1)]
    assert spy.calls == [("on_train_begin",), *epochs[0], *epochs[1], ("on_train_end",)]


def test_one_method_is_enough_and_logs_are_the_figures() -> None:
    seen = []

    class Mine:
        def on_epoch_end(self, epoch: int, logs: dict[str, Any]) -> None:
            seen.append(set(logs))
            logs["double"] = 2 * logs["loss"]

    history = network().fit(X, Y, epochs=2, validation=0.2, callbacks=[Mine()])
    assert seen[0] == {"seconds", "loss", "accuracy", "val_loss", "val_accuracy"}
    assert history["double"] == pytest.approx([2 * loss for loss in history["loss"]])


def test_a_figure_that_comes_late_is_nan_before() -> None:
    history = gn.History()
    history.append({"loss": 1.0})
    history.append({"loss": 0.5, "extra": 3.0})
    history.append({"loss": 0.4})
    assert history["loss"] == [1.0, 0.5, 0.4]
    np.testing.assert_array_equal(history["extra"], [np.nan, 3.0, np.nan])


def test_anybody_may_stop() -> None:
    history = network().fit(X, Y, epochs=50, callbacks=[At(2, lambda t: t.stop("enough"))])
    assert history.epochs == 3
    assert history.interrupted == "enough"


def test_stopping_in_a_step_leaves_the_epoch_unfinished() -> None:
    class Mine:
        trainer: Any

        def on_train_batch_end(self, batch: int, logs: dict[str, Any]) -> None:
            if self.trainer.epoch_index == 1 and batch == 1:
                self.trainer.stop("in the middle")

    history = network().fit(X, Y, epochs=5, batch_size=10, callbacks=[Mine()])
    assert history.epochs == 1


def early(**settings: Any) -> tuple[gn.Sequential, gn.History, gn.EarlyStopping, list[np.ndarray]]:
    net, kept = network(), []
    stop = gn.EarlyStopping(**settings)

    class Keep:
        def on_epoch_end(self, epoch: int, logs: dict[str, Any]) -> None:
            kept.append(net.parameters.vector.copy())

    history = net.fit(
        X, NOISE, epochs=300, validation=0.4, callbacks=[stop, Keep()],
        optimizer="adam:learning_rate=0.02",
    )  # fmt: skip
    return net, history, stop, kept


def test_early_stopping_restores_the_best_weights() -> None:
    net, history, stop, kept = early(patience=5)
    best = int(np.argmin(history["val_loss"]))
    assert stop.best_epoch == best
    assert history.epochs == best + 1 + 5
    assert "val_loss has not improved for 5 epochs" in str(history.interrupted)
    np.testing.assert_array_equal(net.parameters.vector, kept[best])


def test_early_stopping_may_leave_the_last_weights() -> None:
    net, _, _, kept = early(patience=5, restore_best_weights=False)
    np.testing.assert_array_equal(net.parameters.vector, kept[-1])


def test_early_stopping_on_accuracy_looks_up() -> None:
    _, history, stop, _ = early(monitor="val_accuracy", patience=4)
    assert stop.best_epoch == int(np.argmax(history["val_accuracy"]))


def test_early_stopping_asks_for_a_least_improvement() -> None:
    _, history, _, _ = early(monitor="loss", patience=3, min_delta=10.0)
    assert history.epochs == 4


def test_the_best_weights_return_when_somebody_else_stops() -> None:
    net, kept = network(), []

    class Keep:
        def on_epoch_end(self, epoch: int, logs: dict[str, Any]) -> None:
            kept.append(net.parameters.vector.copy())

    callbacks = [gn.EarlyStopping(patience=1000), Keep(), At(60, lambda t: t.stop("enough"))]
    history = net.fit(
        X, NOISE, epochs=100, validation=0.4, optimizer="adam:learning_rate=0.05",
        callbacks=callbacks,
    )  # fmt: skip
    best = int(np.argmin(history["val_loss"]))
    assert history.interrupted == "enough"
    assert best < 60
    np.testing.assert_array_equal(net.parameters.vector, kept[best])


def test_early_stopping_can_watch_another_fit() -> None:
    stop = gn.EarlyStopping(monitor="loss", patience=2)
    one = network().fit(X, Y, epochs=5, callbacks=[stop])
    two = network().fit(X, Y, epochs=5, callbacks=[stop])
    assert one["loss"] == two["loss"]
    assert one.epochs == two.epochs == 5


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (
            {},
            "watches 'val_loss', which this training has not: there are loss, accuracy; "
            "validation=0.1 adds",
        ),
        ({"monitor": "mean_absolute"}, "watches 'mean_absolute', which"),
        ({"monitor": "error"}, "there is no metric 'error': expected one of seconds, loss"),
    ],
)
def test_a_figure_that_is_not_there(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(gn.GlassnetError, match=says):
        network().fit(X, Y, epochs=2, callbacks=[gn.EarlyStopping(**settings)])


def test_patience_of_nothing() -> None:
    with pytest.raises(gn.GlassnetError, match="patience is 0"):
        gn.EarlyStopping(patience=0)


def test_model_checkpoint_saves_every_epoch(tmp_path: Path) -> None:
    net = network()
    net.fit(X, Y, epochs=3, callbacks=[gn.ModelCheckpoint(tmp_path / "at-{epoch}.safetensors")])
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"at-{n}.safetensors" for n in (1, 2, 3)]
    np.testing.assert_array_equal(gn.load(tmp_path / "at-3.safetensors")(X), net(X))


def test_model_checkpoint_keeps_the_best(tmp_path: Path) -> None:
    path, net, best = tmp_path / "best.safetensors", network(), []
    history = net.fit(
        X, NOISE, epochs=80, validation=0.4, optimizer="adam:learning_rate=0.02",
        callbacks=[
            gn.ModelCheckpoint(path, save_best_only=True),
            type("Keep", (), {"on_epoch_end": lambda s, e, logs: best.append(net(X))})(),
        ],
    )  # fmt: skip
    np.testing.assert_array_equal(gn.load(path)(X), best[int(np.argmin(history["val_loss"]))])


@pytest.mark.parametrize("engine", ["numpy"], indirect=True)
def test_progress_can_print_fewer_lines(capsys: pytest.CaptureFixture[str]) -> None:
    network().fit(X, Y, epochs=10, callbacks=[gn.Progress(every=4)])
    _, *lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["1/10", "4/10", "8/10", "10/10"]


@pytest.mark.parametrize("engine", ["numpy"], indirect=True)
@pytest.mark.parametrize("rich", [True, False])
def test_the_bar_is_for_terminals(
    rich: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name in ("JPY_PARENT_PID", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setitem(sys.modules, bars.__name__, bars)  # not one that was imported anew
    monkeypatch.setattr(bars, "_terminal", bars._Terminal())
    monkeypatch.setattr(bars, "SECONDS_UNSEEN", 0)
    if not rich:
        for name in [*sys.modules]:
            if name.partition(".")[0] == "rich" or name == bars.__name__:
                monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, "rich", None)
    network().fit(X, Y, epochs=2, verbose=True)
    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) == 3
    assert ("training" in printed.err) == rich


def test_ctrl_c_ends_after_the_step_and_keeps_all(capsys: pytest.CaptureFixture[str]) -> None:
    net, before = network(), signal.getsignal(signal.SIGINT)
    press = At(3, lambda trainer: os.kill(os.getpid(), signal.SIGINT))
    history = net.fit(X, Y, epochs=1000, callbacks=[press])
    assert history.interrupted == "interrupted by Ctrl-C"
    assert history.epochs == 4
    assert "stopping after this step" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGINT) is before
    assert net.predict(X).shape == (50,)


def test_a_second_ctrl_c_breaks_off() -> None:
    def twice(trainer: Any) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        network().fit(X, Y, epochs=1000, callbacks=[At(0, twice)])
    assert signal.getsignal(signal.SIGINT) is before


def test_training_in_another_thread() -> None:
    histories = []
    thread = threading.Thread(target=lambda: histories.append(network().fit(X, Y, epochs=2)))
    thread.start()
    thread.join()
    assert histories[0].epochs == 2


class PressAtTheStart:
    """Presses Ctrl-C before the first step, as often as it is told."""

    def __init__(self, times: int = 1) -> None:
        self.times = times

    def on_train_begin(self, logs: dict[str, Any]) -> None:
        for _ in range(self.times):
            os.kill(os.getpid(), signal.SIGINT)


def start(kind: str, callbacks: list[Any]) -> tuple[Any, list[gn.History]]:
    """A network, or a stack of them, in training; what it is after it, and the histories."""
    if kind == "network":
        net = network()
        return net, [net.fit(X, Y, epochs=1000, batch_size=10, callbacks=callbacks)]
    stack = gn.Stack.of(network(), times=3)
    own = {"callbacks": lambda k: callbacks if k == 0 else []}
    return stack, stack.fit(X, Y, epochs=1000, batch_size=10, **own)


@pytest.mark.parametrize("kind", ["network", "stack"])
def test_ctrl_c_before_the_first_step_is_like_any_other(
    kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    spy, before = Everything(), signal.getsignal(signal.SIGINT)
    trained, histories = start(kind, [spy, PressAtTheStart()])
    assert [history.interrupted for history in histories] == ["interrupted by Ctrl-C"] * len(
        histories
    )
    assert [history.epochs for history in histories] == [0] * len(histories)
    assert capsys.readouterr().err.count("stopping after this step") == 1
    assert spy.calls[-1] == ("on_train_end",)
    assert signal.getsignal(signal.SIGINT) is before
    assert trained.predict(X).shape == (50,)


@pytest.mark.parametrize("kind", ["network", "stack"])
def test_a_second_ctrl_c_before_the_first_step_breaks_off(kind: str) -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        start(kind, [PressAtTheStart(times=2)])
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("kind", ["network", "stack"])
def test_the_second_ctrl_c_may_come_in_a_step(kind: str) -> None:
    class PressAgain(PressAtTheStart):
        def on_train_batch_end(self, batch: int, logs: Any) -> None:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        start(kind, [PressAgain()])
