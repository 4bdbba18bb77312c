"""Callbacks that end a training, or keep its best network."""

import math
from collections.abc import Iterable
from os import PathLike
from typing import Any

from glassnet.base.arrays import Array, FilePath
from glassnet.base.configurable import Described, number, positive_int
from glassnet.base.description import FIGURE, array, check, integer, optional
from glassnet.base.errors import InputError, InputTypeError
from glassnet.nn.metrics import SCORES, rises
from glassnet.nn.task import TASKS
from glassnet.training.callbacks.protocol import Logs, Training


def check_watched(callbacks: Iterable[Any], metrics: Iterable[str], validation: bool) -> None:
    """Raise InputError if a callback watches a metric that this training does not have."""
    own = ["loss", *metrics]
    there = [*own, *(f"val_{name}" for name in own)] if validation else own
    of_steps = {"loss", *(name for task in TASKS.values() for name in task.metrics)}
    for callback in callbacks:
        watched = getattr(callback, "watches", None)
        name = str(watched).removeprefix("val_")
        computed = validation and name != watched and name not in of_steps  # since it is watched
        if watched not in there and name in of_steps | SCORES.keys() and not computed:
            hint = "" if validation else "; validation=0.1 adds those of a validation part"
            if name not in of_steps:
                hint = f"; 'val_{name}' is computed on a validation part"
            raise InputError(
                f"{type(callback).__name__} watches {watched!r}, which this training has not: "
                f"there are {', '.join(there)}{hint}"
            )


class Best:
    """Whether a watched metric is better than ever before; losses fall, scores rise."""

    def __init__(self, monitor: str, min_delta: float = 0.0) -> None:
        self.monitor, self.min_delta = monitor, min_delta
        self.sign = 1 if rises(monitor) else -1
        self.value = -math.inf

    def better(self, logs: Logs) -> bool:
        """Compare this epoch's metric, and remember it if it is the best."""
        if self.monitor not in logs:
            data = " and validation data to have others" if "val" in self.monitor else ""
            raise InputError(
                f"there is no metric {self.monitor!r}: expected one of {', '.join(logs)}{data}"
            )
        value = self.sign * logs[self.monitor]
        if not value > self.value + self.min_delta:
            return False
        self.value = value
        return True


class EarlyStopping(Described):
    """Stop when a metric has not improved for some epochs, and restore the best weights.

    - `monitor="val_loss"`: the metric, such as "val_roc_auc"; which way is better, the table of
      metrics says. One of your own is to rise if its name has "accuracy" in it, else to fall.
    - `patience=10`: how many epochs.
    - `min_delta=0`: by how much a metric must be better to count, in its own unit.
    - `restore_best_weights=True`: whether the network ends with those of its best epoch.

    `best_epoch` is the number of that epoch, from 0.

    >>> import numpy as np
    >>> from glassnet import Dense, Sequential
    >>> x = np.random.default_rng(0).normal(size=(100, 2))
    >>> net, stop = Sequential([Dense(2)], seed=0), EarlyStopping(patience=3)
    >>> y = (x[:, 0] > 0).astype(int)
    >>> history = net.fit(x, y, epochs=500, validation=0.2, callbacks=[stop],
    ...                   optimizer="adam:learning_rate=1")
    >>> history.epochs == stop.best_epoch + 4
    True
    """

    trainer: Training
    finds_the_end = True  # of a training, which need not be told to be longer

    def __init__(
        self,
        monitor: str = "val_loss",
        patience: int = 10,
        min_delta: float = 0.0,
        restore_best_weights: bool = True,
    ) -> None:
        self.monitor = self.watches = _watched("EarlyStopping", monitor)
        self.patience = positive_int("EarlyStopping: patience", patience)
        self.min_delta = number("EarlyStopping: min_delta", min_delta, "[0, inf)")
        self.restore_best_weights = restore_best_weights

    def on_train_begin(self, logs: Logs) -> None:
        """Start again: the same callback may watch another fit."""
        self.best, self.waited = Best(self.monitor, self.min_delta), 0
        self.best_epoch: int | None = None
        self.best_weights: Array | None = None

    def state(self) -> dict[str, Any]:
        """What it remembers."""
        return {"best": self.best.value, "waited": self.waited, "best_epoch": self.best_epoch,
                "best_weights": self.best_weights}  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        """Remember this `state` again."""
        theta = self.trainer.network.parameters.vector
        weights = array(theta.shape, theta.dtype, finite=True)
        expected = {"best": FIGURE, "waited": integer(), "best_epoch": optional(integer()),
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

    - `path`: of the file; `{epoch}` in it is the number of the epoch, from 1.
    - `monitor="val_loss"`: the metric, such as "val_roc_auc"; which way is better, the table of
      metrics says. One of your own is to rise if its name has "accuracy" in it, else to fall.
    - `save_best_only=False`: whether only a better network is saved.

    >>> ModelCheckpoint("best.safetensors", save_best_only=True)
    ModelCheckpoint('best.safetensors', save_best_only=True)
    """

    trainer: Training

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
        """Remember this `state` again."""
        check(state, {"best": FIGURE}, "ModelCheckpoint")
        self.best.value = state["best"]

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Save, if this epoch is to be saved."""
        if not self.save_best_only or self.best.better(logs):
            self.trainer.network.save(str(self.path).replace("{epoch}", str(epoch + 1)))


class LearningRateLogger(Described):
    """Put the learning rate of each epoch's last step into the history, as `learning_rate`."""

    trainer: Training

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Add the metric."""
        logs["learning_rate"] = float(self.trainer.learning_rate)


def _watched(owner: str, monitor: Any) -> str:
    """The name of the metric to watch, checked."""
    if not isinstance(monitor, str):
        raise InputTypeError(
            f"{owner}: monitor is {monitor!r}, expected the name of a metric, such as 'val_loss'"
        )
    return monitor
