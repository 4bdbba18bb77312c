"""Layers that were tried in front of tables, and that words name only inside `known`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

import numpy as np

from glassnet.base.arrays import Array, Rng, Shape
from glassnet.nn.initializers import Constant
from glassnet.nn.layers import Dense
from glassnet.nn.layers.base import LAYERS, Layer, Settings
from glassnet.nn.parameters import Parameter


class Gain(Layer):
    """Each feature times a factor that is learned: as the first layer, how much each one counts.

        forward    y = rate · s ⊙ x
        backward   dx = rate · s ⊙ dy      ds = rate · Σ x ⊙ dy over the batch

    Factors rate · s start at 1. A rule such as Adam moves each parameter about as far in a step,
    whatever the size of its gradient, so a factor learns `rate` times as fast as a weight.

    Shapes: x and y (…, batch, features), s (…, features)
    (the scaling layer of Holzmüller et al., 2024).

    - `rate=6`: how much faster than other parameters the factors learn.
    """

    examples: ClassVar[tuple[Settings, ...]] = ({}, {"rate": 1.0})

    s: Array
    ds: Array

    def __init__(self, rate: float = 6.0) -> None:
        self.rate = self.number("rate", rate, "(0, inf)")

    def build(self, input_shape: Shape) -> dict[str, Parameter]:
        return {"s": Parameter(input_shape[-1:], Constant(1 / self.rate), decay=False)}

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, Array]:
        return self._factors() * x, x

    def backward(self, dy: Array, x: Array) -> Array:
        np.multiply((x * dy).sum(axis=-2), self.rate, out=self.ds)
        return self._factors() * dy

    def _factors(self) -> Array:
        factors: Array = self.rate * self.s[..., None, :]
        return factors


class UnitDense(Dense):
    """A dense layer whose weights are from N(0, 1), and whose inputs are divided by √inputs.

        forward    y = (x / √inputs) W + b

    The neural tangent parametrization (Jacot et al., 2018): a step of Adam changes the outputs of
    wide and narrow layers alike.
    """

    def __init__(self, units: int) -> None:
        super().__init__(units, init="normal:std=1")

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, Array]:
        return super().forward(x * x.dtype.type(x.shape[-1] ** -0.5))

    def backward(self, dy: Array, x: Array) -> Array:
        return super().backward(dy, x) * dy.dtype.type(x.shape[-1] ** -0.5)


@contextmanager
def known(**kinds: type[Layer]) -> Iterator[None]:
    """In here, these words name these layers."""
    for word, kind in kinds.items():
        kind.name, LAYERS[kind.__name__] = word, kind
    try:
        yield
    finally:
        for kind in kinds.values():
            del LAYERS[kind.__name__]
