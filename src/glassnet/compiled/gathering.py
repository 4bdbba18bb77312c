"""Rows of a batch, gathered and brought into the network's precision in one pass."""

from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.compiled.compiler import inner, kernel
from glassnet.compiled.views import piece_of


class Chosen:
    """Rows of an array that are still to be gathered, by whoever needs them."""

    def __init__(self, source: Array, rows: Array) -> None:
        self.source, self.rows = source, rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, some: slice) -> "Chosen":
        return Chosen(self.source, self.rows[some])

    def gathered(self) -> Array:
        """The rows themselves."""
        return np.asarray(self.source[self.rows])


@kernel
def gather(source: Any, rows: Any, out: Any) -> None:
    """Rows of the source, in the type of `out`."""
    for i in range(len(rows)):
        row, to = source[rows[i]], out[i]
        for j in range(source.shape[1]):
            to[j] = row[j]


@kernel
def gather_long(source: Any, rows: Any, out: Any) -> None:
    """The same for long rows."""
    copy_rows(source, rows, 0, len(rows), out)


@inner
def copy_rows(source: Any, rows: Any, first: Any, count: Any, out: Any) -> None:
    """Long rows, `count` of those that are named from the `first` on, four side by side: memory, in
    which they lie far apart, is asked for the next before the last has come."""
    fours = count // 4 * 4
    for i in range(0, fours, 4):
        k = first + i
        a, b = source[rows[k]], source[rows[k + 1]]
        c, d = source[rows[k + 2]], source[rows[k + 3]]
        to_a, to_b, to_c, to_d = out[i], out[i + 1], out[i + 2], out[i + 3]
        for j in range(source.shape[1]):
            to_a[j] = a[j]
            to_b[j] = b[j]
            to_c[j] = c[j]
            to_d[j] = d[j]
    for i in range(fours, count):
        row, to = source[rows[first + i]], out[i]
        for j in range(source.shape[1]):
            to[j] = row[j]


@inner
def samples_at(x: Any, order: Any, room: Any, begin: Any, low: Any, high: Any) -> Any:
    """Samples from number begin + low to begin + high: where they lie in x, or if `order` names
    rows of x, where `room` has them or shall have them."""
    width = x.shape[1]
    if len(order) == 0:
        return piece_of(x, (begin + low) * width, (high - low) * width)
    return piece_of(room, low * width, (high - low) * width)
