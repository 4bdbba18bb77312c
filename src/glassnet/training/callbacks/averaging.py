"""A callback that ends a training with an average of its weights."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.configurable import Described, number
from glassnet.base.description import array, check, integer, optional
from glassnet.base.errors import InputError
from glassnet.nn.functions import all_finite
from glassnet.training.callbacks.protocol import Logs, Training
from glassnet.training.callbacks.stopping import EarlyStopping

REFRESHING = 100  # batches at least: by then statistics have forgotten where they started


class AveragedWeights(Described):
    """End with an average a of the parameters θ instead of the last ones.

        decay=0.999    a ← decay · a + (1 − decay) · θ  after every step, from the first θ on
        start=75       a = the mean of θ at the end of every epoch from `start` on, counted from 0

    The first is the exponential moving average, which is the default; the second is stochastic
    weight averaging (Izmailov et al., 2018). An exponential average is one of state as well, such
    as running statistics. For the other, state is made anew: from the training data in training
    mode, at least once through it and at least 100 batches.

    Training itself goes on from θ, and validation is of θ. After an `EarlyStopping` that restores
    the best weights, the network ends with the average as it was after the best epoch.

    - `decay`: of an exponential average, between 0 and 1; 0.999 if neither is given.
    - `start`: the first epoch of a mean, counted from 0. Give one of the two.

    Raises `InputError` if both are given, or the training has no epoch `start`.

    >>> AveragedWeights(), AveragedWeights(start=75)
    (AveragedWeights(decay=0.999), AveragedWeights(start=75))
    """

    trainer: Training

    def __init__(self, decay: float | None = None, start: int | None = None) -> None:
        if decay is not None and start is not None:
            raise InputError("AveragedWeights: expected decay or start, not both")
        whole = isinstance(start, (int, np.integer)) and not isinstance(start, bool)
        if start is not None and not (whole and start >= 0):
            raise InputError(
                f"AveragedWeights: start is {start!r}, expected the number of an epoch, from 0"
            )
        self.start = None if start is None else int(start)
        self.decay = 0.999 if decay is None and start is None else decay
        if self.decay is not None:
            self.decay = number("AveragedWeights: decay", self.decay, "(0, 1)")

    def on_train_begin(self, logs: Logs) -> None:
        """Start again: the same callback may average another fit."""
        self.average: Array | None = None
        self.count = 0  # of the θ in it
        self.best: Array | None = None  # the average after the best epoch

    def state(self) -> dict[str, Any]:
        """What it remembers."""
        return {"average": self.average, "count": self.count, "best": self.best}

    def restore(self, state: dict[str, Any]) -> None:
        """Remember this `state` again."""
        theta = self.trainer.network.parameters.vector
        vector = optional(array(theta.shape, theta.dtype))
        check(state, {"average": vector, "count": integer(), "best": vector}, "AveragedWeights")
        self.average, self.count, self.best = state["average"], state["count"], state["best"]

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """Move an exponential average."""
        if self.decay is not None:
            self._include(1 - self.decay)

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Include the weights in a mean; keep it if the epoch is the best."""
        if self.start is not None and epoch >= self.start:
            self._include(1 / (self.count + 1))
        stopping = _restores(self.trainer.hooks.callbacks)
        if stopping and stopping.best_epoch == epoch and self.average is not None:
            self.best = self.average.copy()

    def on_train_end(self, logs: Logs) -> None:
        """The average into the network, however training ended, unless there is none."""
        average = self.best if _restores(self.trainer.hooks.callbacks) else self.average
        if average is None or not all_finite(average):
            return
        network = self.trainer.network
        network.parameters.vector[...] = average
        if self.start is not None and network.root.observes:
            self._refresh_state()

    def _include(self, share: float) -> None:
        """a ← a + share · (θ − a)"""
        theta, self.count = self.trainer.network.parameters.vector, self.count + 1
        if self.average is None:
            self.average = theta.copy()
        else:
            self.average += share * (theta - self.average)

    def _refresh_state(self) -> None:
        """State as the averaged weights make it."""
        network, seen = self.trainer.network, 0
        while seen < REFRESHING:
            for x, *_ in self.trainer.one_pass():
                _, saved = network.root.forward(x, network.rng)
                network.root.observe(saved)
                seen += 1


def check_averages(callbacks: Iterable[Any], epochs: int) -> None:
    """Raise InputError if the average would be of no epoch, or would be overwritten."""
    averaged = False
    for callback in callbacks:
        if isinstance(callback, AveragedWeights):
            averaged = True
            if callback.start is not None and callback.start >= epochs:
                raise InputError(
                    f"AveragedWeights: start is {callback.start} and there are {epochs} epochs: "
                    f"expected 0 to {epochs - 1}"
                )
        elif averaged and _restores([callback]):
            raise InputError(
                "EarlyStopping would replace the average by its best weights: put it before "
                "AveragedWeights, or give restore_best_weights=False"
            )


def _restores(callbacks: Iterable[Any]) -> EarlyStopping | None:
    """The callback that restores the best weights, if there is one."""
    stopping = (each for each in callbacks if isinstance(each, EarlyStopping))
    return next((each for each in stopping if each.restore_best_weights), None)
