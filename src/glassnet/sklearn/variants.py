"""The losses of scikit-learn that differ from ours, and its Adam."""

import math
from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.errors import InputError
from glassnet.nn.losses import Loss
from glassnet.nn.optimizers import Adam
from glassnet.nn.task import Task


class Poisson(Loss):
    """Half the Poisson deviance of counts, from the logarithm z of what is expected.

    L = eᶻ − t + t log t − t z      dL/dz = eᶻ − t
    """

    def formula(self, z: Array, t: Array) -> tuple[Array, Array]:
        expected = np.exp(z)
        with np.errstate(divide="ignore", invalid="ignore"):
            own = np.where(t == 0, 0, t * np.log(t))
        return expected - t + own - t * z, expected - t

    def check_rows(self, y: Array) -> None:
        if (y < 0).any():
            row = int((y < 0).any(axis=1).argmax())
            raise InputError(
                f"y[{row}] is {y[row].min():g}: loss 'poisson' is for counts of 0 or more, "
                "'squared_error' for other values"
            )


class Scaled(Loss):
    """A loss, times `value`, with its gradient times `gradient`.

    scikit-learn adds up labels where we take their mean; and of squared distances it reports a mean
    over outputs and descends along that of their sum.
    """

    def __init__(self, loss: Loss, value: float, gradient: float) -> None:
        self.loss, self.value, self.gradient = loss, value, gradient

    def scaled(self) -> tuple[Loss, float, float]:
        return self.loss, self.value, self.gradient

    def __call__(self, z: Array, targets: Array, weight: Array | None = None) -> tuple[Any, Array]:
        value, dz = self.loss(z, targets, weight)
        if self.gradient != 1:
            dz *= self.gradient
        return value * self.value, dz

    def task(self, targets: Array) -> Task:
        return self.loss.task(targets)


class EarlyEpsilon(Adam):
    """Adam with ε added before √v is corrected, so that it weighs more in the first steps.

    θ ← θ − η √(1 − β₂ᵗ) / (1 − β₁ᵗ) m / (√v + ε)
    """

    def scaled_epsilon(self, root2: Any) -> float:
        return self.epsilon / math.sqrt(1 - self.beta2)
