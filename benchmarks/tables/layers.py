"""Layers that were tried in front of tables, and that words name only inside `known`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar

import numpy as np

from glassnet.base.arrays import Array, Rng, Shape
from glassnet.base.errors import InputError
from glassnet.nn.initializers import Constant, Normal
from glassnet.nn.layers import Dense
from glassnet.nn.layers.base import LAYERS, Layer, Settings
from glassnet.nn.optimizers import OPTIMIZERS, Optimizer
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


class CategoryEmbedding(Layer):
    """Columns of many categories as a few numbers, which are learned for each category.

        forward    y = [y₁, y₂, …],  yₖ = xₖ Wₖ for a column of many features, else xₖ
        backward   dWₖ = xₖᵀ dyₖ      dxₖ = dyₖ Wₖᵀ, else dyₖ

    The features xₖ of a category are 0 but for one of them, so xₖ Wₖ is a row of Wₖ. First numbers
    are from N(0, 1).

    Shapes: x (…, batch, Σ widths), xₖ (…, batch, widthₖ), Wₖ (…, widthₖ, units)
    (Guo & Berkhahn, 2016; of more than 8 categories, as 8 numbers: Holzmüller et al., 2024).

    - `widths`: how many features each column has.
    - `most=8`: a column of more is embedded.
    - `units=8`: in so many numbers.
    """

    examples: ClassVar[tuple[Settings, ...]] = ({"widths": [1, 3], "most": 2, "units": 2},)

    def __init__(self, widths: int | Sequence[int], most: int = 8, units: int = 8) -> None:
        self.widths = [self.positive_int("widths", width) for width in np.ravel(widths).tolist()]
        self.most = self.positive_int("most", most)
        self.units = self.positive_int("units", units)

    def build(self, input_shape: Shape) -> dict[str, Parameter]:
        return {
            f"W{k}": Parameter((width, self.units), Normal(1.0))
            for k, width in enumerate(self.widths)
            if width > self.most
        }

    def output_shape(self, input_shape: Shape) -> Shape:
        if input_shape != (sum(self.widths),):
            raise InputError(
                f"CategoryEmbedding: widths are of {sum(self.widths)} features in all, got samples "
                f"of shape {input_shape}"
            )
        return (sum(width if width <= self.most else self.units for width in self.widths),)

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, list[Array]]:
        columns = np.split(x, np.cumsum(self.widths)[:-1], axis=-1)
        parts = [
            column @ getattr(self, f"W{k}") if column.shape[-1] > self.most else column
            for k, column in enumerate(columns)
        ]
        return np.concatenate(parts, axis=-1), columns

    def backward(self, dy: Array, columns: list[Array]) -> Array:
        dx, start = [], 0
        for k, column in enumerate(columns):
            many = column.shape[-1] > self.most
            own = dy[..., start : start + (self.units if many else column.shape[-1])]
            start += own.shape[-1]
            if many:
                np.matmul(column.mT, own, out=getattr(self, f"dW{k}"))
                own = own @ getattr(self, f"W{k}").mT
            dx.append(own)
        return np.concatenate(dx, axis=-1)


@contextmanager
def known(**kinds: type[Layer] | type[Optimizer]) -> Iterator[None]:
    """In here, these words name these layers and optimizers."""
    for word, kind in kinds.items():
        if issubclass(kind, Layer):
            kind.name, LAYERS[kind.__name__] = word, kind
        else:
            OPTIMIZERS[word] = kind
    try:
        yield
    finally:
        for word, kind in kinds.items():
            if issubclass(kind, Layer):
                del LAYERS[kind.__name__]
            else:
                del OPTIMIZERS[word]
