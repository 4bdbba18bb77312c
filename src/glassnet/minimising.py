"""Training by an optimizer that asks for the whole loss as often as it likes."""

import time

import numpy as np

from glassnet.arrays import Array
from glassnet.callbacks import Logs
from glassnet.optimizers import LBFGS
from glassnet.training import Trainer


class Minimiser(Trainer):
    """The loop turned around: the optimizer calls, and each of its iterations is an epoch."""

    optimizer: LBFGS

    def descend(self) -> None:
        """Iterate until all epochs are done, nothing improves, or somebody says stop."""
        theta, batch = self.network.parameters.vector, next(self.batches.epoch(None))
        logs, begin = Logs(), time.perf_counter()

        def function(x: Array) -> tuple[float, Array]:
            nonlocal logs
            theta[...] = x
            logs = self.learn(*batch)
            return self.penalised(float(logs["loss"]))

        def after_each(x: Array) -> None:
            nonlocal begin
            theta[...] = x
            self.hooks("on_train_batch_end", 0, logs)
            self.end_epoch(begin, dict(logs))
            self.epoch_index += 1
            if self.stopped:
                raise StopIteration
            begin = time.perf_counter()
            if self.epoch_index < self.epochs:
                self.hooks("on_epoch_begin", self.epoch_index, {})

        self.hooks("on_epoch_begin", 0, {})
        start = theta.astype(np.float64)
        theta[...] = self.optimizer.minimise(function, start, self.epochs, after_each)
        if not self.history.epochs:  # the start was the minimum already
            self.end_epoch(begin, dict(logs))

    def penalised(self, value: float) -> tuple[float, Array]:
        """Loss and gradient as float64, with ½ λ ‖W‖² added where there is weight decay."""
        theta, g = self.network.parameters.vector, self.network.gradient.vector
        if self.decays is not None:
            value += self.optimizer.weight_decay / 2 * float((self.decays * theta) @ theta)
            self.optimizer.decay(theta, g, self.decays, 1.0)
        return value, g.astype(np.float64)
