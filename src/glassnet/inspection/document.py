"""What explanations are made of: headings, formulas, sentences, numbers, pictures, tables, bars."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array

SIDE = 32  # of a picture, the most pixels along each side
RGB = 3  # channels that are colours


class Shown(NamedTuple):
    """A window into an array: its name, the numbers that are shown, and the shape of the array;
    which rows and columns they are, and `of` how many; `mark` is the number that is followed, by
    its row and column in the window. If a part is shown, `whole` has more, and `rest` says what."""

    name: str
    values: Array
    shape: tuple[int, ...]
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    of: tuple[int, int]
    mark: tuple[int, int] | None = None
    whole: Array | None = None
    rest: str = ""

    @property
    def where(self) -> str:
        """The whole shape, and which part of it is shown, if not all."""
        shape = " × ".join(map(str, self.shape))
        parts = zip(("row", "column"), (self.rows, self.columns), self.of, strict=True)
        named = [_places(name, places) for name, places, n in parts if len(places) < n]
        return f"{shape}, shown {', '.join(named)}" if named else shape


class Picture(NamedTuple):
    """A picture by its pixels (height, width): ink, where 0 is blank; `"light"`, where it is black
    and the largest number white; or `"heat"`, above and below 0. With RGB channels it is in
    colours. `over` is a heat map of the same size on top of it."""

    name: str
    pixels: Array
    shape: tuple[int, ...]
    kind: str = "ink"
    over: Array | None = None

    @property
    def where(self) -> str:
        """The shape of what it shows."""
        return " × ".join(map(str, self.shape))


class Bar(NamedTuple):
    """A bar from one number to another, with a label before it and a text after it; `total` ones
    are sums, or stand alone, others are added to what comes before them."""

    label: str
    text: str
    start: float
    end: float
    total: bool = True
    strong: bool = False


class Table(NamedTuple):
    """Rows under headings. Only the first so many rows are `open` at once; `text` are the headings
    of columns that are read as text, the first always is."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    open: int = 16
    text: tuple[str, ...] = ()


class Unit(NamedTuple):
    """A circle of a diagram: which unit it is, its number, and whether it is followed."""

    place: int
    value: float
    followed: bool = False


class Column(NamedTuple):
    """A column of a diagram: units, of how many; or if there are none, maps of a shape. `weights`
    lead to it from the units before (units before, units), if a layer has them."""

    labels: tuple[str, ...]
    units: tuple[Unit, ...]
    shape: tuple[int, ...]
    weights: Array | None = None


class Part(NamedTuple):
    """A heading, formulas as they stand in the code, sentences, numbers, a table and bars.

    `way` is "forward", "loss", "backward" or "update" for the parts of a step, and `layer` the name
    of the layer: forward and backward of a layer face each other. `network` is a diagram, `full`
    the number at the right end of the bars, unless one reaches further.
    """

    title: str
    formula: str = ""
    lines: tuple[str, ...] = ()
    arrays: tuple[Shown, ...] = ()
    pictures: tuple[Picture, ...] = ()
    table: Table | None = None
    bars: tuple[Bar, ...] = ()
    full: float = 0.0
    network: tuple[Column, ...] = ()
    way: str = ""
    layer: str = ""


def plain(name: str, values: Array) -> Shown:
    """All of a small array, as rows and columns."""
    flat = values if values.ndim == 2 else values.reshape(1, -1)
    height, width = flat.shape
    rows, columns = tuple(range(height)), tuple(range(width))
    return Shown(name, flat, values.shape, rows, columns, (height, width))


def picture(name: str, values: Array, kind: str = "ink", over: Array | None = None) -> Picture:
    """One picture (height, width) or (height, width, channels); three channels are colours from the
    least to the largest number, others are added up. If it is large, means over squares of it."""
    pixels = values.astype(float)
    if pixels.ndim == 3 and pixels.shape[-1] != RGB:
        pixels = pixels.sum(axis=-1)
    elif pixels.ndim == 3:
        low, high = pixels.min(), pixels.max()
        pixels = (pixels - low) / (high - low or 1)
    over = None if over is None else _squares(over.astype(float))
    return Picture(name, _squares(pixels), values.shape, kind, over)


def _squares(pixels: Array) -> Array:
    """Means over squares, so many that no side is longer than `SIDE`."""
    every = -(-max(pixels.shape[:2]) // SIDE)
    height, width = (n // every for n in pixels.shape[:2])
    kept = pixels[: height * every, : width * every]
    squares = kept.reshape(height, every, width, every, *pixels.shape[2:])
    mean: Array = squares.mean(axis=(1, 3))
    return mean


def _places(name: str, places: Sequence[int]) -> str:
    """ "column 3", "columns 3 to 5", or "columns 3, 19, 35"."""
    if len(places) == 1:
        return f"{name} {places[0]}"
    if places[-1] - places[0] == len(places) - 1:
        return f"{name}s {places[0]} to {places[-1]}"
    return f"{name}s {', '.join(map(str, places))}"


def number(value: float) -> str:
    """Six digits, as a pocket calculator takes them.

    >>> number(0.123456789), number(-1234567.0), number(2e-7), number(3.0)
    ('0.123457', '-1.23457e+06', '2e-07', '3')
    """
    return f"{value:z.6g}"


def percent(share: float) -> str:
    """A share in percent, with two decimals; what these cannot show is below or above the last.

    >>> percent(0.12345), percent(1.0), percent(6e-6), percent(0.999999)
    ('12.35 %', '100 %', '< 0.01 %', '> 99.99 %')
    """
    if share in (0, 1):
        return f"{share:.0%}".replace("%", " %")
    if 0 < share < 5e-5:
        return "< 0.01 %"
    return "> 99.99 %" if 1 - 5e-5 < share < 1 else f"{100 * share:.2f} %"


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
