"""Layers that only rearrange or rescale their input."""

from collections.abc import Sequence
from math import prod
from typing import Any, ClassVar

import numpy as np

from glassnet.base.arrays import Array, Rng, Shape
from glassnet.base.errors import InputError
from glassnet.nn.layers.base import Layer, Settings
from glassnet.nn.parameters import Parameter
from glassnet.nn.worked import Place, Worked, at


class Reshape(Layer, name="reshape"):
    """Each sample in a different shape, same values in the same order.

    - `shape`: of one sample; one size may be −1, and then follows from the others.

    Raises `InputError` for an input with another number of values.

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
    """Each sample as one row of numbers: (…, batch, height, width) → (…, batch, height·width).

    >>> Flatten().output_shape((28, 28))
    (784,)
    """

    keeps_padding = True
    examples = ({},)
    example_input = (2, 3)

    def __init__(self) -> None:
        super().__init__(-1)


class Permute(Layer, name="permute"):
    """Each sample with its axes in a different order.

    - `order`: for each axis of y which axis of x it is; they count from 0.

    Raises `InputError` if it is not an order of all axes.

    >>> Permute((2, 0, 1)).output_shape((28, 24, 3))
    (3, 28, 24)
    """

    input_dtype: ClassVar[str | None] = None
    example_input = (2, 3, 4)
    examples: ClassVar[Sequence[Settings]] = ({"order": (2, 0, 1)}, {"order": (1, 0, 2)})

    def __init__(self, order: Sequence[int]) -> None:
        self.order = tuple(int(axis) for axis in order)
        if sorted(self.order) != list(range(len(self.order))):
            raise InputError(
                f"Permute: order is {order!r}, expected every axis once, such as (2, 0, 1)"
            )

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != len(self.order):
            raise InputError(
                f"Permute: order {self.order} is for samples with {len(self.order)} axes, got "
                f"samples of shape {input_shape}"
            )
        return tuple(input_shape[axis] for axis in self.order)

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, None]:
        return _permuted(x, self.order), None

    def backward(self, dy: Array, saved: None) -> Array:
        return _permuted(dy, tuple(int(axis) for axis in np.argsort(self.order)))


def _permuted(x: Array, order: Sequence[int]) -> Array:
    front = x.ndim - len(order)
    return x.transpose(*range(front), *(front + axis for axis in order))


class ZeroPad2D(Layer, name="zeropad2d"):
    """Zeros around a picture: y = x in the middle;  dx = the middle of dy.

    Shapes: x (…, batch, height, width, channels), y the same with more rows and columns.

    - `padding=1`: their number on every side, or (rows, columns), or ((top, bottom), (left,
      right)).

    >>> ZeroPad2D(((0, 1), (2, 2))).output_shape((28, 28, 3))
    (29, 32, 3)
    """

    input_dtype: ClassVar[str | None] = None
    example_input = (3, 4, 2)
    examples: ClassVar[Sequence[Settings]] = (
        {}, {"padding": (1, 2)}, {"padding": ((0, 1), (2, 0))},
    )  # fmt: skip

    def __init__(self, padding: Any = 1) -> None:
        sides = padding if isinstance(padding, (list, tuple)) else (padding, padding)
        pairs = [each if isinstance(each, (list, tuple)) else (each, each) for each in sides]
        numbers = [number for pair in pairs for number in pair]
        whole = all(isinstance(n, (int, np.integer)) and n >= 0 for n in numbers)
        if [len(pair) for pair in pairs] != [2, 2] or not whole:
            raise InputError(
                f"ZeroPad2D: padding is {padding!r}, expected a number of zeros of 0 or more, "
                "(rows, columns), or ((top, bottom), (left, right))"
            )
        plural = isinstance(padding, (list, tuple))
        self.padding = tuple(map(_plain, padding)) if plural else int(padding)
        (self.top, self.bottom), (self.left, self.right) = pairs

    def output_shape(self, input_shape: Shape) -> Shape:
        height, width, channels = picture("ZeroPad2D", input_shape)
        return height + self.top + self.bottom, width + self.left + self.right, channels

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, None]:
        y = np.zeros((*x.shape[:-3], *self.output_shape(x.shape[-3:])), x.dtype)
        self._middle(y)[...] = x
        return y, None

    def backward(self, dy: Array, saved: None) -> Array:
        return self._middle(dy)

    def _middle(self, y: Array) -> Array:
        rows = slice(self.top, y.shape[-3] - self.bottom)
        return y[..., rows, self.left : y.shape[-2] - self.right, :]


def _plain(each: Any) -> Any:
    return tuple(map(int, each)) if isinstance(each, (list, tuple)) else int(each)


class UpSample2D(Layer, name="upsample2d"):
    """Each number of a picture `size` times in both directions, the nearest neighbour.

        forward    y[i, j, c] = x[i // size, j // size, c]
        backward   dx = Σ dy over the copies of each number

    Shapes: x (…, batch, height, width, channels), y (…, batch, size · height, size · width,
    channels).

    - `size=2`: one number, or one for height and one for width.

    >>> UpSample2D(2).output_shape((14, 14, 8))
    (28, 28, 8)
    """

    input_dtype: ClassVar[str | None] = None
    example_input = (3, 2, 2)
    examples: ClassVar[Sequence[Settings]] = ({}, {"size": (1, 3)})

    def __init__(self, size: int | Sequence[int] = 2) -> None:
        sides = size if isinstance(size, (list, tuple)) else (size, size)
        if len(sides) != 2:
            raise InputError(f"UpSample2D: size is {size!r}, expected a whole number or 2 of them")
        self.rows, self.columns = (self.positive_int("size", each) for each in sides)
        self.size = (self.rows, self.columns) if sides is size else self.rows

    def output_shape(self, input_shape: Shape) -> Shape:
        height, width, channels = picture("UpSample2D", input_shape)
        return height * self.rows, width * self.columns, channels

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, None]:
        return x.repeat(self.rows, axis=-3).repeat(self.columns, axis=-2), None

    def backward(self, dy: Array, saved: None) -> Array:
        *front, height, width, channels = dy.shape
        rows, columns = height // self.rows, width // self.columns
        dx: Array = dy.reshape(*front, rows, self.rows, columns, self.columns, channels).sum(
            (-4, -2)
        )
        return dx


def picture(kind: str, input_shape: Shape) -> Shape:
    """The shape, if it is a picture's, (height, width, channels); else `InputError`."""
    if len(input_shape) != 3:
        hint = f": put Reshape({(*input_shape, 1)}) before it" if len(input_shape) == 2 else ""
        raise InputError(
            f"{kind} takes pictures (height, width, channels), got samples of shape "
            f"{input_shape}{hint}"
        )
    return input_shape


class Scale(Layer, name="scale"):
    """y = factor · x + shift;  dx = factor · dy.

    As the first layer it brings raw values such as pixels into a range near 1, and as the last one
    it brings outputs back to the unit of what is predicted: scaling is then a part of the network,
    and its file takes and gives raw values.

    - `factor`, `shift=0`: a number, or one for each feature.

    Raises `InputError` if there are not as many as features.

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

    def worked_forward(self, place: Place, x: Array, y: Array, saved: None) -> Worked:
        line = f"{at('y', place)} = factor · x + shift = {{factor}} · {{x}} + {{shift}} = {{y}}"
        numbers = {"x": float(x[place]), "y": float(y[place])}
        numbers |= {name: self._at(name, place) for name in ("factor", "shift")}
        return Worked((line,), numbers)

    def worked_backward(self, place: Place, x: Array, dy: Array, saved: None) -> Worked:
        line = f"{at('dx', place)} = factor · dy = {{factor}} · {{dy}} = {{dx}}"
        factor, dx = self._at("factor", place), float(self.backward(dy, saved)[place])
        return Worked((line,), {"factor": factor, "dy": float(dy[place]), "dx": dx})

    def _at(self, name: str, place: Place) -> float:
        """A setting, or that of the feature at a place."""
        numbers = np.asarray(getattr(self, name), dtype=float)
        return float(numbers[place[-1]] if numbers.ndim else numbers)
