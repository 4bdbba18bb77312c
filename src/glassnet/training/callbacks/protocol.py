"""Callbacks: what may happen around training, by the names that Keras users know.

A callback is any object with one or more of these methods; `trainer` is set before the first call.

    on_train_begin(logs)         on_train_end(logs)
    on_epoch_begin(epoch, logs)  on_epoch_end(epoch, logs)
    on_train_batch_begin(batch, logs)   on_train_batch_end(batch, logs)

`epoch` and `batch` count from 0. `logs` holds the figures of the epoch, and what a callback adds to
it comes into the history. `self.trainer.stop(reason)` ends training after the current step.
"""

import math
from collections.abc import Iterable
from itertools import accumulate
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.base.arrays import Array, FilePath
from glassnet.base.configurable import Described, number
from glassnet.base.configurable import whole as whole_number
from glassnet.base.errors import InputError, InputTypeError
from glassnet.base.html import curves
from glassnet.base.optional import need
from glassnet.base.states import FIGURE, array, check, optional, whole
from glassnet.nn.metrics import METRICS
from glassnet.training.callbacks.epoch_table import EpochTable, figure

if TYPE_CHECKING:
    from pandas import DataFrame

    from glassnet.training.trainer import Trainer

Logs = dict[str, Any]

SHOWN = 10  # epochs of a history that is printed

HOOKS = (
    "on_train_begin",
    "on_train_end",
    "on_epoch_begin",
    "on_epoch_end",
    "on_train_batch_begin",
    "on_train_batch_end",
)


def check_callbacks(callbacks: Iterable[Any]) -> list[Any]:
    """The callbacks, when each has at least one of the methods."""
    callbacks = list(callbacks)
    for callback in callbacks:
        if isinstance(callback, type) or not any(hasattr(callback, name) for name in HOOKS):
            raise InputError(
                f"{callback!r} is not a callback: expected an object with "
                "on_epoch_end(epoch, logs) or another hook"
            )
    return callbacks


class Hooks:
    """The methods of all callbacks, looked up once; a hook that nobody has costs nothing."""

    def __init__(self, callbacks: Iterable[Any], trainer: Any) -> None:
        self._found: dict[str, list[Any]] = {name: [] for name in HOOKS}
        self.callbacks = check_callbacks(callbacks)
        for callback in self.callbacks:
            callback.trainer = trainer
            for name in HOOKS:
                if hasattr(callback, name):
                    self._found[name].append(getattr(callback, name))

    def hears(self, *hooks: str) -> bool:
        """Whether a callback has one of these methods."""
        return any(self._found[hook] for hook in hooks)

    def __call__(self, hook: str, *arguments: Any) -> None:
        for method in self._found[hook]:
            method(*arguments)

    def state(self) -> list[dict[str, Any]]:
        """What those callbacks remember that have a `state`."""
        return [callback.state() for callback in self.callbacks if hasattr(callback, "state")]

    def restore(self, states: list[dict[str, Any]]) -> None:
        """Let them remember it again."""
        those = [callback for callback in self.callbacks if hasattr(callback, "state")]
        for callback, state in zip(those, states, strict=False):
            callback.restore(state)


class History(dict[str, list[float]]):
    """Every metric of every epoch: `history["val_loss"][-1]`.

    `epochs` counts the epochs behind; `interrupted` says why training ended early, if it did.
    `print` shows ten of the epochs as a table; the repr has the last.

    >>> history = History()
    >>> history.append({"loss": 0.5, "accuracy": 0.9})
    >>> history["accuracy"], history.epochs
    ([0.9], 1)
    >>> history
    <History of 1 epoch, the last: loss 0.5000, accuracy 0.9000>
    >>> print(history)
    epoch      loss  accuracy
      1/1    0.5000    0.9000
    """

    interrupted: str | None = None

    @property
    def epochs(self) -> int:
        """How many epochs are behind."""
        return max(map(len, self.values()), default=0)

    def append(self, logs: Logs) -> None:
        """Add the figures of one epoch; a figure that comes late is NaN before."""
        epochs = self.epochs
        for name in {**self, **logs}:
            column = self.setdefault(name, [math.nan] * epochs)
            column.append(float(logs.get(name, math.nan)))

    def state(self) -> dict[str, Array]:
        """All columns, as arrays."""
        return {name: np.array(column) for name, column in self.items()}

    def restore(self, state: dict[str, Array]) -> None:
        """Be these columns."""
        self.clear()
        self.update({name: column.tolist() for name, column in state.items()})

    def __repr__(self) -> str:
        last = [f"{n} {figure(column[-1])}" for n, column in self.items() if n != "seconds"]
        count = f"{self.epochs} epoch{'s' * (self.epochs != 1)}"
        return f"<History of {count}{', the last: ' * bool(last)}{', '.join(last)}>"

    def __str__(self) -> str:
        """As a table, of which `Progress` prints every line: the first and last epoch, and those
        between in even steps."""
        table, columns = EpochTable(self.epochs), dict(self)
        if "seconds" in columns:
            columns["seconds"] = list(accumulate(columns["seconds"]))
        chosen = {1, *(-(-k * self.epochs // SHOWN) for k in range(1, SHOWN + 1))} - {0}
        lines: list[str] = [] if self.epochs else ["no epochs yet"]
        for epoch in sorted(chosen) if self.epochs else ():
            row = {name: column[epoch - 1] for name, column in columns.items()}
            lines += table.lines(epoch, row)
        if self.interrupted:
            lines.append(f"ended early: {self.interrupted}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """In a notebook: the curves, those of one kind together."""
        shown = {name: values for name, values in self.items() if name != "seconds"}
        kinds = dict.fromkeys(name.removeprefix("val_") for name in shown)
        pictures = [
            curves({name: shown[name] for name in (kind, f"val_{kind}") if name in shown})
            for kind in kinds
        ]
        return f"<div>{self.epochs} epochs</div>" + "".join(pictures)

    def to_frame(self) -> "DataFrame":
        """A pandas DataFrame: one row for each epoch, numbered from 1."""
        pandas = need("pandas", "History.to_frame")
        epochs = pandas.RangeIndex(1, self.epochs + 1, name="epoch")
        frame: DataFrame = pandas.DataFrame(dict(self), index=epochs)
        return frame


def check_watched(callbacks: Iterable[Any], metrics: Iterable[str], validation: bool) -> None:
    """Raise InputError where a callback watches a figure of ours that this training has not."""
    own = ["loss", *metrics]
    there = [*own, *(f"val_{name}" for name in own)] if validation else own
    kinds = {"loss", *(name for kind in METRICS.values() for name in kind)}
    for callback in callbacks:
        watched = getattr(callback, "watches", None)
        if watched not in there and str(watched).removeprefix("val_") in kinds:
            hint = "" if validation else "; validation=0.1 adds those of a validation part"
            raise InputError(
                f"{type(callback).__name__} watches {watched!r}, which this training has not: "
                f"there are {', '.join(there)}{hint}"
            )


class Best:
    """Whether a watched figure is better than ever before; losses fall, scores rise."""

    def __init__(self, monitor: str, min_delta: float = 0.0) -> None:
        self.monitor, self.min_delta = monitor, min_delta
        self.sign = 1 if "accuracy" in monitor else -1
        self.value = -math.inf

    def better(self, logs: Logs) -> bool:
        """Compare this epoch's figure, and remember it if it is the best."""
        if self.monitor not in logs:
            data = " and validation data to have others" if "val" in self.monitor else ""
            raise InputError(
                f"the figure {self.monitor!r} is not there: expected one of {', '.join(logs)}{data}"
            )
        value = self.sign * logs[self.monitor]
        if not value > self.value + self.min_delta:
            return False
        self.value = value
        return True


class EarlyStopping(Described):
    """Stop when a figure has not improved for `patience` epochs, and restore the best weights."""

    trainer: "Trainer"

    def __init__(
        self,
        monitor: str = "val_loss",
        patience: int = 10,
        min_delta: float = 0.0,
        restore_best_weights: bool = True,
    ) -> None:
        self.monitor = self.watches = _watched("EarlyStopping", monitor)
        self.patience = whole_number("EarlyStopping: patience", patience)
        self.min_delta = number("EarlyStopping: min_delta", min_delta, "[0, inf)")
        self.restore_best_weights = restore_best_weights

    def on_train_begin(self, logs: Logs) -> None:
        """Start anew: the same callback may watch another fit."""
        self.best, self.waited = Best(self.monitor, self.min_delta), 0
        self.best_epoch: int | None = None
        self.best_weights: Array | None = None

    def state(self) -> dict[str, Any]:
        """What it remembers."""
        return {"best": self.best.value, "waited": self.waited, "best_epoch": self.best_epoch,
                "best_weights": self.best_weights}  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        """Remember it again."""
        theta = self.trainer.network.parameters.vector
        weights = array(theta.shape, theta.dtype, finite=True)
        expected = {"best": FIGURE, "waited": whole(), "best_epoch": optional(whole()),
                    "best_weights": optional(weights)}  # fmt: skip
        check(state, expected, "EarlyStopping")
        self.best.value, self.waited = state["best"], state["waited"]
        self.best_epoch, self.best_weights = state["best_epoch"], state["best_weights"]

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Keep the weights of a better epoch; count the others."""
        if self.best.better(logs):
            self.best_epoch, self.waited = epoch, 0
            if self.restore_best_weights:
                self.best_weights = self.trainer.network.parameters.vector.copy()
            return
        self.waited += 1
        if self.waited >= self.patience:
            self.trainer.stop(f"{self.monitor} has not improved for {self.patience} epochs")

    def on_train_end(self, logs: Logs) -> None:
        """The best weights back, however training ended."""
        if self.best_weights is not None:
            self.trainer.network.parameters.vector[...] = self.best_weights


class ModelCheckpoint(Described):
    """Save the network after every epoch, or after every epoch that is the best so far.

    `{epoch}` in the path is the number of the epoch, from 1.
    """

    trainer: "Trainer"

    def __init__(
        self, path: FilePath, monitor: str = "val_loss", save_best_only: bool = False
    ) -> None:
        if not isinstance(path, (str, PathLike)):
            raise InputTypeError(f"ModelCheckpoint: path is {path!r}, expected the name of a file")
        if monitor != "val_loss" and not save_best_only:
            raise InputError("ModelCheckpoint: monitor is used with save_best_only=True alone")
        self.path, self.save_best_only = path, save_best_only
        self.monitor = _watched("ModelCheckpoint", monitor)
        self.watches = self.monitor if save_best_only else None

    def on_train_begin(self, logs: Logs) -> None:
        """Start anew."""
        self.best = Best(self.monitor)

    def state(self) -> dict[str, Any]:
        """What it remembers."""
        return {"best": self.best.value}

    def restore(self, state: dict[str, Any]) -> None:
        """Remember it again."""
        check(state, {"best": FIGURE}, "ModelCheckpoint")
        self.best.value = state["best"]

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Save, if this epoch is to be saved."""
        if not self.save_best_only or self.best.better(logs):
            self.trainer.network.save(str(self.path).replace("{epoch}", str(epoch + 1)))


class LearningRateLogger(Described):
    """Put the learning rate of each epoch's last step into the history, as `learning_rate`."""

    trainer: "Trainer"

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Add the figure."""
        logs["learning_rate"] = float(self.trainer.learning_rate)


def _watched(owner: str, monitor: Any) -> str:
    """The name of the figure to watch, checked."""
    if not isinstance(monitor, str):
        raise InputTypeError(
            f"{owner}: monitor is {monitor!r}, expected the name of a figure, such as 'val_loss'"
        )
    return monitor
