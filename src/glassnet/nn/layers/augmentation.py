"""Pictures that vary: moved, mirrored, partly erased, noisy; in training alone."""

from math import prod
from typing import Any

import numpy as np

from glassnet.base.arrays import Array, Rng, Shape
from glassnet.base.errors import InputError
from glassnet.nn.layers.base import Layer


class Augmentation(Layer):
    """Base of layers that vary each picture by chance in training, and never in prediction.

    One of your own draws what happens to each sample (`draw`), does it (`vary`), and takes dy the
    same way back (`back`). Shapes: x and y (…, batch, height, width, channels).
    """

    random = keeps_padding = True  # what is drawn does not depend on the number of channels
    example_input = (5, 6, 2)

    def draw(self, shape: Shape, dtype: Any, rng: Rng) -> Any:
        """What happens to each sample, by chance.

        - `shape`, `dtype`: of x.
        - `rng`: the generator to draw from.
        """
        raise NotImplementedError(f"{type(self).__name__} has no draw(shape, dtype, rng)")

    def vary(self, x: Array, drawn: Any) -> Array:
        """y for this x and what was `drawn`."""
        raise NotImplementedError(f"{type(self).__name__} has no vary(x, drawn)")

    def back(self, dy: Array, drawn: Any) -> Array:
        """dL/dx from `dy` and what was `drawn`: the transpose of `vary`, which is linear in x."""
        raise NotImplementedError(f"{type(self).__name__} has no back(dy, drawn)")

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, Any]:
        if rng is None:
            return x, None
        drawn = self.draw(x.shape, x.dtype, rng)
        return self.vary(x, drawn), drawn

    def backward(self, dy: Array, saved: Any) -> Array:
        return dy if saved is None else self.back(dy, saved)

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 3:
            wanted = (*input_shape, 1) if len(input_shape) == 2 else "(height, width, channels)"
            raise InputError(
                f"{type(self).__name__} takes pictures (height, width, channels), got samples of "
                f"shape {input_shape}: put a Reshape({wanted}) before it"
            )
        return input_shape


class RandomShift(Augmentation, name="random_shift"):
    """Each picture moved by whole pixels.

        forward    y[r, c] = x[r − i, c − j],  or fill from outside of the picture
        backward   dx[r, c] = dy[r + i, c + j],  or 0

    i and j are drawn for each sample, evenly from −shift to shift.

    - `shift=0.1`: a whole number of pixels, or below 1 a share of height and width, rounded, but at
      least a pixel.
    - `fill=0`: what comes from outside of the picture.

    >>> y, _ = RandomShift(1).forward(np.ones((1, 2, 2, 1)), np.random.default_rng(0))
    >>> y[0, :, :, 0]
    array([[1., 0.],
           [1., 0.]])
    """

    examples = ({}, {"shift": 2, "fill": 0.5})

    def __init__(self, shift: float = 0.1, fill: float = 0.0) -> None:
        self.shift = self.number("shift", shift, "(0, inf)")
        self.fill = self.number("fill", fill)
        if self.shift >= 1 and self.shift % 1:
            raise InputError(
                f"RandomShift: shift is {shift!r}, expected a whole number of pixels, or a share "
                "below 1"
            )

    def draw(self, shape: Shape, dtype: Any, rng: Rng) -> Array:
        """(samples, 2): by how many rows and columns."""
        reach = np.array([max(1, round(each)) for each in pixels(self.shift, shape)])
        share = rng.random((*shape[:-3], 2), dtype).reshape(-1, 2)
        steps: Array = (share * (2 * reach + 1).astype(dtype)).astype(np.intp)
        steps -= reach
        return steps

    def vary(self, x: Array, drawn: Array) -> Array:
        return shifted(x, drawn, self.fill)

    def back(self, dy: Array, drawn: Array) -> Array:
        return shifted(dy, -drawn, 0.0)


class RandomFlip(Augmentation, name="random_flip"):
    """Each picture mirrored with probability ½, left and right or top and bottom.

        forward    y = x mirrored, or x
        backward   dx = dy mirrored, or dy

    With both directions, each is drawn for itself.

    - `horizontal=True`: left and right.
    - `vertical=False`: top and bottom.

    >>> y, _ = RandomFlip().forward(np.arange(4.0).reshape(1, 2, 2, 1), np.random.default_rng(1))
    >>> y[0, :, :, 0].tolist()
    [[0.0, 1.0], [2.0, 3.0]]
    """

    examples = ({}, {"horizontal": False, "vertical": True}, {"vertical": True})

    def __init__(self, horizontal: bool = True, vertical: bool = False) -> None:
        self.horizontal, self.vertical = horizontal, vertical
        if not (horizontal or vertical):
            raise InputError("RandomFlip mirrors nothing: expected horizontal or vertical True")

    def draw(self, shape: Shape, dtype: Any, rng: Rng) -> Array:
        """Whether to mirror rows, and columns: (2, …, batch, 1, 1, 1)."""
        mirrored = rng.random((*shape[:-3], 2), dtype) < 0.5
        mirrored &= np.array([self.vertical, self.horizontal])
        return np.moveaxis(mirrored, -1, 0)[..., None, None, None]

    def vary(self, x: Array, drawn: Array) -> Array:
        rows, columns = drawn
        y = np.where(columns, x[..., ::-1, :], x) if self.horizontal else x
        return np.where(rows, y[..., ::-1, :, :], y) if self.vertical else y

    def back(self, dy: Array, drawn: Array) -> Array:
        return self.vary(dy, drawn)  # mirrored twice, it is what it was


class RandomErase(Augmentation, name="random_erase"):
    """A rectangle of each picture overwritten  (Zhong et al., 2020).

        forward    y = fill inside of the rectangle, x elsewhere
        backward   dx = 0 inside of it, dy elsewhere

    - `rate=0.5`: the probability.
    - `area=(0.02, 0.4)`: its share of the picture is drawn evenly from this range.
    - `aspect=0.3`: its height / width is drawn from here to 1 / aspect, evenly in the logarithm, as
      far as it fits; its place is any.
    - `fill=0`: what it is overwritten with.

    >>> y, _ = RandomErase(rate=1).forward(np.ones((1, 9, 9, 1)), np.random.default_rng(0))
    >>> bool(0 < y.mean() < 1)
    True
    """

    examples = ({"rate": 1.0}, {"rate": 0.7, "area": (0.1, 0.2), "aspect": 1.0, "fill": 0.5})

    def __init__(
        self,
        rate: float = 0.5,
        area: tuple[float, float] = (0.02, 0.4),
        aspect: float = 0.3,
        fill: float = 0.0,
    ) -> None:
        self.rate = self.number("rate", rate, "(0, 1]")
        self.area: Any = self.numbers("area", area, "(0, 1]")
        self.aspect = self.number("aspect", aspect, "(0, 1]")
        self.fill = self.number("fill", fill)
        if not (isinstance(self.area, tuple) and len(self.area) == 2 and area[0] <= area[1]):
            raise InputError(f"RandomErase: area is {area!r}, expected a range such as (0.02, 0.4)")

    def draw(self, shape: Shape, dtype: Any, rng: Rng) -> Array:
        """Which pixels to erase: (…, batch, height, width, 1)."""
        height, width = shape[-3:-1]
        erased, area, aspect, top, left = np.moveaxis(rng.random((*shape[:-3], 5), dtype), -1, 0)
        low, high = self.area
        area = (low + (high - low) * area) * height * width
        # Of these shapes the rectangle fits, so that none has to be drawn again.
        flattest = np.log(np.maximum(self.aspect, area / width**2))
        steepest = np.log(np.minimum(1 / self.aspect, height**2 / area))
        aspect = np.exp(flattest + (np.maximum(steepest, flattest) - flattest) * aspect)
        rows = within(height, np.sqrt(area * aspect), top)
        columns = within(width, np.sqrt(area / aspect), left)
        inside = rows[..., :, None] & columns[..., None, :]
        inside &= (erased < self.rate)[..., None, None]
        return inside[..., None]

    def vary(self, x: Array, drawn: Array) -> Array:
        y = x.copy()
        np.copyto(y, self.fill, where=drawn)
        return y

    def back(self, dy: Array, drawn: Array) -> Array:
        return dy * ~drawn


class GaussianNoise(Layer, name="gaussian_noise"):
    """In training normal noise is added to x, which may have any shape.

    forward    y = x + std · n,  n from N(0, 1)        (prediction: y = x)
    backward   dx = dy

    - `std=0.1`: the standard deviation, in the unit of x.

    >>> y, _ = GaussianNoise(0.5).forward(np.zeros(10_000), np.random.default_rng(0))
    >>> round(float(y.std()), 1)
    0.5
    """

    random = True
    examples = ({}, {"std": 0.0})

    def __init__(self, std: float = 0.1) -> None:
        self.std = self.number("std", std, "[0, inf)")

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, None]:
        if rng is None or self.std == 0:
            return x, None
        y = rng.standard_normal(x.shape, x.dtype)
        y *= self.std
        y += x
        return y, None

    def backward(self, dy: Array, saved: None) -> Array:
        return dy


def pixels(reach: float, shape: Shape) -> tuple[float, float]:
    """Of the height and of the width of x: so many pixels, or of a share below 1, so many each.

    >>> pixels(2.5, (100, 20, 30, 1)), pixels(0.1, (100, 20, 30, 1))
    ((2.5, 2.5), (2.0, 3.0))
    """
    height, width = shape[-3:-1]
    return (reach, reach) if reach >= 1 else (reach * height, reach * width)


def shifted(x: Array, by: Array, fill: float) -> Array:
    """Every picture moved down and to the right by its own numbers of pixels (samples, 2)."""
    *_, height, width, channels = x.shape
    framed = frame(x, fill)
    samples, tall, wide, _ = framed.shape
    rows = np.clip(np.arange(1, height + 1) - by[:, :1], 0, height + 1)
    columns = np.clip(np.arange(1, width + 1) - by[:, 1:], 0, width + 1)
    rows += tall * np.arange(samples)[:, None]
    places = rows[:, :, None] * wide + columns[:, None, :]
    moved: Array = framed.reshape(-1, channels).take(places.ravel(), axis=0, mode="clip")
    return moved.reshape(x.shape)


def frame(x: Array, fill: float) -> Array:
    """Pictures (samples, height + 3, width + 3, channels) with a frame of `fill`: a pixel wide
    before them and two behind, where four pixels around any place at its edge are."""
    *leading, height, width, channels = x.shape
    framed = np.full((prod(leading), height + 3, width + 3, channels), fill, x.dtype)
    framed[:, 1:-2, 1:-2] = x.reshape(-1, height, width, channels)
    return framed


def within(size: int, length: Array, place: Array) -> Array:
    """Which of `size` pixels are in a stretch of this length that lies, by a share, anywhere."""
    length = np.clip(np.round(length), 1, size)
    first = np.floor(place * (size - length + 1))
    pixel = np.arange(size, dtype=length.dtype)
    inside: Array = (pixel >= first[..., None]) & (pixel < (first + length)[..., None])
    return inside
