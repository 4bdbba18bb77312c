"""Losses of values: of the residual between output and target."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from glassnet.base.arrays import Array
from glassnet.nn.functions import where
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
        if self.of_number is None:
            raise NotImplementedError(f"{type(self).__name__} has no pointwise(residual)")
        value, slope = self.of_number(residual, *self.constants)
        return value, slope

    of_number: ClassVar[Callable[..., Any] | None] = None  # the same of one residual

    @property
    def constants(self) -> tuple[float, ...]:
        """The settings that `of_number` takes after the residual."""
        return ()


class MeanSquared(RegressionLoss):
    """L = d², with d = (z − t) / unit;  dL/dd = 2 d.

    - `unit=1`: what d is counted in: one number, or one for each output, in the unit of the
      targets.

    >>> value, dz = MeanSquared()(np.array([[3.0]]), np.array([[1.0]]))
    >>> float(value), dz.tolist()
    (4.0, [[4.0]])
    """

    @staticmethod
    def of_number(d: Any) -> tuple[Any, Any]:
        return d * d, 2 * d


class MeanAbsolute(RegressionLoss):
    """L = |d|, with d = (z − t) / unit;  dL/dd = sign(d).

    - `unit=1`: what d is counted in: one number, or one for each output, in the unit of the
      targets.

    >>> value, dz = MeanAbsolute()(np.array([[3.0]]), np.array([[1.0]]))
    >>> float(value), dz.tolist()
    (2.0, [[1.0]])
    """

    @staticmethod
    def of_number(d: Any) -> tuple[Any, Any]:
        return np.abs(d), np.sign(d)


class Huber(RegressionLoss):
    """L = ½ d² where |d| ≤ δ, else δ (|d| − ½ δ), with d = (z − t) / unit;  dL/dd = d held
    within ±δ (Huber, 1964).

    - `delta=1`: δ, from where the loss grows in a straight line, in units.
    - `unit=1`: what d is counted in: one number, or one for each output, in the unit of the
      targets.

    >>> value, dz = Huber()(np.array([[3.0]]), np.array([[1.0]]))
    >>> float(value), dz.tolist()
    (1.5, [[1.0]])
    """

    def __init__(self, delta: float = 1.0, unit: float | Sequence[float] = 1.0) -> None:
        super().__init__(unit)
        self.delta = self.number("delta", delta, "(0, inf)")

    @property
    def constants(self) -> tuple[float, ...]:
        return (self.delta,)

    @staticmethod
    def of_number(d: Any, delta: float) -> tuple[Any, Any]:
        slope = np.minimum(np.maximum(d, -delta), delta)
        return slope * (d - slope / 2), slope


class Quantile(RegressionLoss):
    """L = −q d where d < 0, else (1 − q) d, with d = (z − t) / unit: z comes to lie above the
    share q of the targets  (Koenker & Bassett, 1978).

    - `q=0.5`: the share, between 0 and 1.
    - `unit=1`: what d is counted in: one number, or one for each output, in the unit of the
      targets.

    >>> Quantile(0.9).pointwise(np.array([-1.0, 1.0]))[0].round(2).tolist()
    [0.9, 0.1]
    """

    def __init__(self, q: float = 0.5, unit: float | Sequence[float] = 1.0) -> None:
        super().__init__(unit)
        self.q = self.number("q", q, "(0, 1)")

    @property
    def constants(self) -> tuple[float, ...]:
        return (self.q,)

    @staticmethod
    def of_number(d: Any, q: float) -> tuple[Any, Any]:
        slope = where(d > 0, 1, 0 * d) - q
        return slope * d, slope
