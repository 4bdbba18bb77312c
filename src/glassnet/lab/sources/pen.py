"""Strokes of a pen as a picture, as the digits of known datasets were made."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, Field

from glassnet.base.arrays import Array

MOST_NUMBERS = 4000  # of a drawing
FINE = 4  # places along each side of a pixel that have ink or have not
ROOM, WIDTH = 20 / 28, 2.4 / 28  # of the longer side of a drawing, and of the pen, in MNIST
SMALL = 8  # pixels of the digits of UCI, along each side
BOX = np.array([22 / 32, 1.0])  # of the width and of the height, which they fill
STRETCHED = 1.3  # times at most, in one direction more than in the other
INK = 0.305  # the mean share of ink in them, whatever the digit: their strokes are thick or thin


def _bounded(drawing: list[list[float]]) -> list[list[float]]:
    if any(len(stroke) % 2 for stroke in drawing):
        raise ValueError("a stroke has a place without y: expected x and y of each")
    if not 0 < sum(map(len, drawing)) <= MOST_NUMBERS:
        raise ValueError(
            f"a drawing has {sum(map(len, drawing))} numbers, expected 2 … {MOST_NUMBERS}"
        )
    return drawing


Coordinate = Annotated[float, Field(ge=-1, le=2)]
Drawing = Annotated[list[list[Coordinate]], AfterValidator(_bounded)]
"""Strokes, each x, y, x, y, … in a square from 0 to 1, y downward."""


def picture(drawing: Sequence[Sequence[float]], shape: tuple[int, int]) -> Array:
    """The share of ink in every pixel, 0 … 1, of this height and width.

    As in MNIST (LeCun et al., 1998), the drawing is scaled, its proportions kept, so that its
    longer side takes 20 of 28 pixels, and its centre of mass becomes that of the picture.

    In 8 × 8 pixels it is as in the digits of Alpaydin and Kaynak (1998), counts of ink in blocks of
    4 × 4 of bitmaps of 32 × 32. There a digit fills the height and about 22 of 32 columns, for
    which it is stretched a little, and strokes are so thick that 0.305 of the picture is ink.

    - `drawing`: strokes x, y, x, y, …, y downward.
    - `shape`: height and width of the picture.

    >>> picture([[0.5, 0.1, 0.5, 0.9]], (28, 28))[14, 11:17].round(2).tolist()
    [0.0, 0.25, 1.0, 1.0, 0.25, 0.0]
    """
    height, width = shape
    lines = _segments(drawing)
    ink = _small(*lines, shape) if max(shape) <= SMALL else _large(*lines, shape)
    share: Array = ink.reshape(height, FINE, width, FINE).mean(axis=(1, 3))
    return share


def _large(starts: Array, ends: Array, shape: tuple[int, int]) -> Array:
    """Whether there is ink, as in MNIST."""
    size = min(shape)
    low, high = _corners(starts, ends)
    scale = size * (ROOM - WIDTH) / max(*(high - low), 0.05)
    shift = np.array(shape[::-1]) / 2 - scale * _centre(starts, ends)
    ink: Array = _distances(starts * scale + shift, ends * scale + shift, shape) <= size * WIDTH / 2
    return ink


def _small(starts: Array, ends: Array, shape: tuple[int, int]) -> Array:
    """Whether there is ink, as in UCI's digits."""
    size = np.array(shape[::-1])
    low, high = _corners(starts, ends)
    pen = 0.0
    for _ in range(3):  # a thicker pen leaves less room for its way
        scale = np.maximum(BOX * size - pen, 0.1) / np.maximum(high - low, 0.01)
        scale = np.minimum(scale, STRETCHED * scale.min())
        shift = size / 2 - scale * (low + high) / 2
        distances = _distances(starts * scale + shift, ends * scale + shift, shape)
        pen = 2 * float(np.quantile(distances, INK))
    ink: Array = distances <= pen / 2
    return ink


def _corners(starts: Array, ends: Array) -> tuple[Array, Array]:
    """The corners of the box around lines."""
    return np.minimum(starts, ends).min(axis=0), np.maximum(starts, ends).max(axis=0)


def _segments(drawing: Sequence[Sequence[float]]) -> tuple[Array, Array]:
    """The ends of all lines; a stroke of one place is a line without length."""
    starts, ends = [], []
    for stroke in drawing:
        places = np.asarray(stroke, float).reshape(-1, 2)
        starts.append(places[: max(len(places) - 1, 1)])
        ends.append(places[1:] if len(places) > 1 else places)
    return np.concatenate(starts), np.concatenate(ends)


def _centre(starts: Array, ends: Array) -> Array:
    """The centre of mass of lines."""
    lengths = np.linalg.norm(ends - starts, axis=1) + 1e-9
    centre: Array = lengths @ (starts + ends) / (2 * lengths.sum())
    return centre


def _distances(starts: Array, ends: Array, shape: tuple[int, int]) -> Array:
    """How near the nearest line passes, at `FINE` places along each side of a pixel."""
    rows, columns = ((np.arange(n * FINE) + 0.5) / FINE for n in shape)
    nearest = np.full((len(rows), len(columns)), np.inf)
    for start, end in zip(starts, ends, strict=True):
        along = end - start
        across, down = columns - start[0], rows[:, None] - start[1]
        share = (across * along[0] + down * along[1]) / max(along @ along, 1e-12)
        share = np.clip(share, 0, 1)
        apart = np.hypot(across - share * along[0], down - share * along[1])
        np.minimum(nearest, apart, out=nearest)
    return nearest
