"""Layers that only rearrange or rescale their input."""

from collections.abc import Sequence
from math import prod
from typing import ClassVar

import numpy as np

from glassnet.base.arrays import Array, Rng, Shape
from glassnet.base.errors import InputError
from glassnet.nn.layers.base import Layer, Settings
from glassnet.nn.parameters import Parameter


class Reshape(Layer, name="reshape"):
    """Each sample in a different shape, same values in the same order; one size may be −1.

    >>> Reshape((2, -1)).output_shape((6,))
    (2, 3)
    """

    input_dtype: ClassVar[str | None] = None
    examples: ClassVar[Sequence[Settings]] = ({"shape": (2, 3)}, {"shape": (3, -1)})

    def __init__(self, shape: int | Sequence[int]) -> None:
        sizes = [shape] if isinstance(shape, (int, np.integer)) else list(shape)
        self.shape = tuple(-1 if size == -1 else self.positive_int("shape", size) for size in sizes)
        if self.shape.count(-1) > 1:
            raise InputError(f"Reshape: shape is {self.shape}, expected -1 once at most")

    def output_shape(self, input_shape: Shape) -> Shape:
        size, known = prod(input_shape), prod(n for n in self.shape if n != -1)
        free = size // known
        shape = tuple(free if n == -1 else n for n in self.shape)
        if prod(shape) != size:
            raise InputError(
                f"Reshape: samples of shape {input_shape} do not fit into {self.shape}"
            )
        return shape

    def build(self, input_shape: Shape) -> dict[str, Parameter]:
        self.shapes = input_shape, self.output_shape(input_shape)
        return {}

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, None]:
        input_shape, output_shape = self.shapes
        return x.reshape(x.shape[: x.ndim - len(input_shape)] + output_shape), None

    def backward(self, dy: Array, saved: None) -> Array:
        input_shape, output_shape = self.shapes
        return dy.reshape(dy.shape[: dy.ndim - len(output_shape)] + input_shape)


class Flatten(Reshape, name="flatten"):
    """Each sample as one row of numbers: (…, batch, height, width) → (…, batch, height·width)."""

    keeps_padding = True
    examples = ({},)
    example_input = (2, 3)

    def __init__(self) -> None:
        super().__init__(-1)


class Scale(Layer, name="scale"):
    """y = factor · x + shift;  dx = factor · dy. Both are one number, or one for each feature.

    As the first layer it brings raw values such as pixels into a range near 1, and as the last one
    it brings outputs back to the unit of what is predicted: scaling is then a part of the network,
    and its file takes and gives raw values.

    >>> Scale([0.5, 2.0], shift=1.0).forward(np.array([[2.0, 3.0]]))[0].tolist()
    [[2.0, 7.0]]
    """

    elementwise = keeps_padding = True
    examples = (
        {"factor": 0.25},
        {"factor": 0.25, "shift": -3.0},
        {"factor": [1.0, 2.0, -3.0, 0.0, 5.0, 0.5], "shift": [0.0, 1.0, -1.0, 2.0, 0.5, 3.0]},
    )

    def __init__(
        self, factor: float | Sequence[float] | Array, shift: float | Sequence[float] | Array = 0.0
    ) -> None:
        self.factor = self.numbers("factor", factor)
        self.shift = self.numbers("shift", shift)

    def output_shape(self, input_shape: Shape) -> Shape:
        for name in ("factor", "shift"):
            if np.shape(getattr(self, name)) not in ((), input_shape[-1:]):
                raise InputError(
                    f"Scale: {name} has {len(getattr(self, name))} numbers and samples have shape "
                    f"{input_shape}: expected one number, or one for each feature"
                )
        return input_shape

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, None]:
        y: Array = np.asarray(self.factor, x.dtype) * x
        if self.shift:
            y += np.asarray(self.shift, x.dtype)
        return y, None

    def backward(self, dy: Array, saved: None) -> Array:
        return np.asarray(np.asarray(self.factor, dy.dtype) * dy)
