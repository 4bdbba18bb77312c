"""What explanations are made of: headings, formulas, sentences, and windows into arrays."""

import math
from typing import Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array

ROWS, COLUMNS = 4, 6  # the most that is shown of an array
SIDE = 32  # of a picture, the most pixels along each side


class Shown(NamedTuple):
    """A window into an array: its name, its numbers (rows, columns), and where it lies in what;
    they are drawn as a picture if it is one."""

    name: str
    values: Array
    shape: tuple[int, ...]
    first: tuple[int, int] = (0, 0)
    picture: bool = False

    @property
    def where(self) -> str:
        """The whole shape, and which part of it is shown, if not all."""
        shape = " × ".join(map(str, self.shape))
        if self.picture or self.values.size == math.prod(self.shape):
            return shape
        (top, left), (rows, columns) = self.first, self.values.shape
        place = f"{left} to {left + columns - 1}"
        if rows > 1 or top:
            place = f"rows {top} to {top + rows - 1}, columns {place}"
        return f"{shape}, shown {place}"


class Part(NamedTuple):
    """A heading, formulas as they stand in the code, sentences, and numbers."""

    title: str
    formula: str = ""
    lines: tuple[str, ...] = ()
    arrays: tuple[Shown, ...] = ()


def window(name: str, values: Array, rows: int = ROWS, columns: int = COLUMNS) -> Shown:
    """The part of an array where its numbers are largest together; of many images, in the first."""
    if values.ndim == 4:  # of pictures with channels, the channel with the largest numbers
        channel = _largest(values[0])
        return window(f"{name}[0, :, :, {channel}]", values[0, ..., channel], rows, columns)
    if values.ndim > 2:
        return window(f"{name}[0]", values[0], rows, columns)
    flat = values if values.ndim > 1 else values[None]
    size = np.abs(np.nan_to_num(flat.astype(float)))
    left = _fullest(size.sum(axis=0), columns)
    top = _fullest(size[:, left : left + columns].sum(axis=1), rows) if values.ndim > 1 else 0
    part = flat[top : top + rows, left : left + columns]
    return Shown(name, part, values.shape, (top, left))


def picture(name: str, values: Array) -> Shown:
    """One picture (height, width) or (height, width, channels), whose channels are added up; if it
    is large, means over squares of it."""
    flat = values.astype(float)
    flat = flat.sum(axis=-1) if flat.ndim > 2 else flat
    every = -(-max(flat.shape) // SIDE)
    height, width = (n // every for n in flat.shape)
    squares = flat[: height * every, : width * every].reshape(height, every, width, every)
    return Shown(name, squares.mean(axis=(1, 3)), values.shape, picture=True)


def kernel_window(name: str, values: Array, rows: int = ROWS, columns: int = COLUMNS) -> Shown:
    """The same of parameters: of kernels, the one with the largest numbers."""
    more: list[int] = []
    while values.ndim > 2:
        more.insert(0, _largest(values))
        values = values.take(more[0], axis=-1)
    place = f"[:, :, {', '.join(map(str, more))}]" if more else ""
    return window(f"{name}{place}", values, rows, columns)


def _largest(values: Array) -> int:
    """Where along the last axis the numbers are largest."""
    size = np.abs(np.nan_to_num(values.astype(float)))
    return int(size.reshape(-1, values.shape[-1]).sum(axis=0).argmax())


def _fullest(sums: Array, length: int) -> int:
    """Where the largest sum of so many neighbours begins; the first of equal ones."""
    if len(sums) <= length:
        return 0
    total = np.convolve(sums, np.ones(length), "valid")
    return int(np.argmax(total > total.max() * (1 - 1e-9)))


def number(value: float) -> str:
    """Six digits, as a pocket calculator takes them.

    >>> number(0.123456789), number(-1234567.0), number(2e-7), number(3.0)
    ('0.123457', '-1.23457e+06', '2e-07', '3')
    """
    return f"{value:z.6g}"


def aligned(values: Array) -> list[list[str]]:
    """Numbers as texts of one width, with as many decimals as they need."""
    top = float(np.abs(np.nan_to_num(values.astype(float))).max(initial=0))
    if top < 1e5 and (values == np.round(values)).all():
        form = "{:z.0f}"
    elif top and not 1e-3 <= top < 1e5:
        form = "{:z.2e}"
    else:
        form = f"{{:z.{max(0, min(4, 4 - math.floor(math.log10(top)))) if top >= 1 else 4}f}}"
    texts: list[list[str]] = [[form.format(v) for v in row] for row in values.tolist()]
    wide = max((len(text) for row in texts for text in row), default=0)
    return [[text.rjust(wide) for text in row] for row in texts]


def strengths(values: Array) -> Array:
    """Each number as a share of the largest, −1 to 1: what its colour is made of."""
    finite: Any = np.nan_to_num(values.astype(float))
    top = np.abs(finite).max(initial=0)
    share: Array = finite / top if top else finite
    return share
