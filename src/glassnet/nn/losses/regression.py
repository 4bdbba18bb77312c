"""Losses of values: of the residual between output and target."""

from collections.abc import Sequence

import numpy as np

from glassnet.base.arrays import Array
from glassnet.nn.losses.base import Loss


class RegressionLoss(Loss):
    """Base of losses of the residual d = (z − t) / unit between output and target.

    `unit` is one number, or one per output: the size of an error that counts as 1, in the target's
    own unit. The mean is over samples and outputs.
    """

    def __init__(self, unit: float | Sequence[float] = 1.0) -> None:
        self.unit = self.numbers("unit", unit, "(0, inf)")

    def formula(self, z: Array, t: Array) -> tuple[Array, Array]:
        unit = np.asarray(self.unit, z.dtype)
        d = z - t
        d /= unit
        each, slope = self.pointwise(d)
        slope /= unit
        return each, slope

    def pointwise(self, residual: Array) -> tuple[Array, Array]:
        """The loss of each residual, and its derivative, each in an array of its own."""
        raise NotImplementedError(f"{type(self).__name__} has no pointwise(residual)")


class MeanSquared(RegressionLoss):
    """L = d², with d = (z − t) / unit;  dL/dd = 2 d."""

    def pointwise(self, residual: Array) -> tuple[Array, Array]:
        return residual * residual, 2 * residual


class MeanAbsolute(RegressionLoss):
    """L = |d|, with d = (z − t) / unit;  dL/dd = sign(d)."""

    def pointwise(self, residual: Array) -> tuple[Array, Array]:
        return np.abs(residual), np.sign(residual)


class Huber(RegressionLoss):
    """L = ½ d² where |d| ≤ δ, else δ (|d| − ½ δ), with d = (z − t) / unit;  dL/dd = d held
    within ±δ (Huber, 1964).
    """

    def __init__(self, delta: float = 1.0, unit: float | Sequence[float] = 1.0) -> None:
        super().__init__(unit)
        self.delta = self.number("delta", delta, "(0, inf)")

    def pointwise(self, residual: Array) -> tuple[Array, Array]:
        slope = np.clip(residual, -self.delta, self.delta)
        return slope * (residual - slope / 2), slope


class Quantile(RegressionLoss):
    """L = −q d where d < 0, else (1 − q) d, with d = (z − t) / unit: z comes to lie above the
    share q of the targets  (Koenker & Bassett, 1978).

    >>> Quantile(0.9).pointwise(np.array([-1.0, 1.0]))[0].round(2).tolist()
    [0.9, 0.1]
    """

    def __init__(self, q: float = 0.5, unit: float | Sequence[float] = 1.0) -> None:
        super().__init__(unit)
        self.q = self.number("q", q, "(0, 1)")

    def pointwise(self, residual: Array) -> tuple[Array, Array]:
        slope = (residual > 0).astype(residual.dtype)
        slope -= self.q
        return slope * residual, slope
