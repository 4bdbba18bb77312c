"""Strokes of a pen as a picture, as the digits of known datasets were made."""

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, Field

from glassnet.base.arrays import Array

MOST_NUMBERS = 4000  # of a drawing
FINE = 3  # places along each side of a pixel that have ink or have not
ROOM, WIDTH = 20 / 28, 2.4 / 28  # of the longer side of a drawing, and of the pen, in MNIST
SMALL, SMALL_ROOM, SMALL_WIDTH = 8, 1.0, 1.5 / 8  # the same in UCI's digits, 8 × 8


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
    longer side takes 20 of 28 pixels, and its centre of mass becomes that of the picture. In 8 × 8
    pixels it takes them all and lies in their middle, as in the digits of Alpaydin and Kaynak
    (1998).

    - `drawing`: strokes x, y, x, y, …, y downward.
    - `shape`: height and width of the picture.

    >>> picture([[0.5, 0.1, 0.5, 0.9]], (28, 28))[14, 11:17].round(2).tolist()
    [0.0, 0.33, 1.0, 1.0, 0.33, 0.0]
    """
    height, width = shape
    room, pen = (SMALL_ROOM, SMALL_WIDTH) if max(shape) <= SMALL else (ROOM, WIDTH)
    starts, ends = _segments(drawing)
    size = min(shape)
    low, high = np.minimum(starts, ends).min(axis=0), np.maximum(starts, ends).max(axis=0)
    scale = size * (room - pen) / max(*(high - low), 0.05)
    middle = (low + high) / 2 if max(shape) <= SMALL else _centre(starts, ends)
    shift = np.array([width, height]) / 2 - scale * middle
    ink = _ink(starts * scale + shift, ends * scale + shift, shape, size * pen / 2)
    share: Array = ink.reshape(height, FINE, width, FINE).mean(axis=(1, 3))
    return share


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


def _ink(starts: Array, ends: Array, shape: tuple[int, int], radius: float) -> Array:
    """Whether a line passes within `radius`, at `FINE` places along each side of a pixel."""
    rows, columns = ((np.arange(n * FINE) + 0.5) / FINE for n in shape)
    ink = np.zeros((len(rows), len(columns)), bool)
    for start, end in zip(starts, ends, strict=True):
        along = end - start
        across, down = columns - start[0], rows[:, None] - start[1]
        share = (across * along[0] + down * along[1]) / max(along @ along, 1e-12)
        share = np.clip(share, 0, 1)
        ink |= np.hypot(across - share * along[0], down - share * along[1]) <= radius
    return ink
