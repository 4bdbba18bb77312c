"""Training by L-BFGS, which asks for the whole loss as often as it likes."""

import math
import time
from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.nn.optimizers import LBFGS
from glassnet.nn.optimizers.lbfgs import GRADIENT_TOLERANCE, State, iterate
from glassnet.training.sets import Sets
from glassnet.training.state import check_trainer, minimised
from glassnet.training.step import Figures
from glassnet.training.trainer import Trainer


class LBFGSTrainer(Trainer):
    """The loop of a training whose epochs are iterations of L-BFGS."""

    optimizer: LBFGS
    place: State | None = None
    tolerance = GRADIENT_TOLERANCE

    def descend(self) -> None:
        """Iterate until all epochs are done, nothing improves, or somebody says stop."""
        theta, batch = self.network.parameters.trainable, next(self.batches.epoch(None))

        def function(x: Array) -> tuple[float, Array]:
            theta[...] = x
            figures = self.evaluate(batch)
            self.record(figures, 0)
            value, slope = self.penalised(float(figures["loss"]))
            if not math.isfinite(slope @ slope):  # it takes its directions from such products
                raise self.diverged(batch[0])
            return value, slope

        if self.resume_step:  # interrupted after an iteration, before its epoch ended
            self.end_iteration(time.perf_counter())
        while self.epoch_index < self.epochs and not self.stopped:
            begin = time.perf_counter()
            self.hooks("on_epoch_begin", self.epoch_index, {})
            if self.place is None:
                start = theta.astype(np.float64)
                self.place = State(start, *function(start))
            self.hooks("on_train_batch_begin", 0, {})
            there = iterate(function, self.place, self.optimizer.history, self.tolerance)
            self.place = there or self.place
            if there is None:  # back from where nothing was found
                function(self.place.theta)
                if self.history.epochs:
                    return
            self.hooks("on_train_batch_end", 0, self.last_figures())
            self.end_iteration(begin)
            if there is None:
                return

    def evaluate(self, batch: Sets) -> Figures:
        """The loss of all samples, and its gradient into the network."""
        return self.step.learn(*batch)

    def end_iteration(self, begin: float) -> None:
        """An epoch is over."""
        self.end_epoch(begin, self.last_figures())
        self.epoch_index += 1

    def last_figures(self) -> dict[str, Any]:
        """Loss and metrics at the last evaluation of the function."""
        return {name: values[0] for name, values in self.records.items()}

    def state(self) -> dict[str, Any]:
        """All that changes in training, the memory of L-BFGS with it."""
        order = self.network.rng.bit_generator.state  # none is drawn
        return {**super().state(), "order": order, "place": self.place and self.place._asdict()}

    def check_state(self, state: dict[str, Any]) -> None:
        """Raise InputError unless this training can resume from all of this state."""
        place = minimised(self.network.parameters.trainable, state, self.optimizer.history)
        check_trainer(self, state, place=place)

    def restore(self, state: dict[str, Any]) -> None:
        """Resume from a state."""
        super().restore(state)
        if place := state.get("place"):  # there is none if another rule began
            self.place = State(**{**place, **{k: tuple(place[k]) for k in ("steps", "turns")}})

    def penalised(self, value: float) -> tuple[float, Array]:
        """Loss and gradient as float64, with ½ λ ‖W‖² added if there is weight decay."""
        theta, g = self.network.parameters.trainable, self.network.gradient.vector
        if self.step.decays is not None:
            weights = (self.step.decays * theta).astype(np.float64)
            value += self.optimizer.weight_decay / 2 * float(weights @ weights)
            self.optimizer.decay(theta, g, self.step.decays, 1.0)
        return value, g.astype(np.float64)
