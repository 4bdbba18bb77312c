"""Batches whose inputs are gathered and brought into the network's precision in one pass."""

from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.compiled.compiler import kernel
from glassnet.training.batches import Batches

LONG = 1024  # bytes of a row, from which waiting for memory is what takes time


@kernel
def gather(source: Any, rows: Any, out: Any) -> None:
    """Rows of the source, in the type of `out`."""
    for i in range(len(rows)):
        row, to = source[rows[i]], out[i]
        for j in range(source.shape[1]):
            to[j] = row[j]


@kernel
def gather_long(source: Any, rows: Any, out: Any) -> None:
    """The same of long rows, four side by side: memory, in which they lie far apart, is asked for
    the next before the last has come."""
    fours = len(rows) // 4 * 4
    for i in range(0, fours, 4):
        a, b, c, d = source[rows[i]], source[rows[i + 1]], source[rows[i + 2]], source[rows[i + 3]]
        to_a, to_b, to_c, to_d = out[i], out[i + 1], out[i + 2], out[i + 3]
        for j in range(source.shape[1]):
            to_a[j] = a[j]
            to_b[j] = b[j]
            to_c[j] = c[j]
            to_d[j] = d[j]
    for i in range(fours, len(rows)):
        row, to = source[rows[i]], out[i]
        for j in range(source.shape[1]):
            to[j] = row[j]


class FusedBatches(Batches):
    """`Batches` that write inputs of another type, such as pixels in bytes, straight as numbers of
    the network's, without a copy in between, and gather long rows several at a time."""

    def __init__(self, arrays: tuple[Array, ...], size: int, dtype: Any) -> None:
        super().__init__(arrays, size, dtype)
        x, self.kernel = arrays[0], gather
        if x.dtype == dtype:
            bytes_of_row = x.itemsize * x.size // len(x)
            self.kernel = gather_long if bytes_of_row >= LONG else None
        plain = isinstance(x, np.ndarray) and x.flags.c_contiguous and x.dtype.kind in "iuf"
        if not plain or not x.dtype.isnative:
            self.kernel = None

    def _gather(self, rows: Array) -> list[Array]:
        if self.kernel is None:
            return super()._gather(rows)
        x, cast = self.arrays[0], self.cast[: len(rows)]
        self.kernel(x.reshape(len(x), -1), rows, cast.reshape(len(rows), -1))
        others = zip(self.arrays[1:], self.buffers[1:], strict=True)
        return [cast, *(a.take(rows, axis=0, out=b[: len(rows)], mode="clip") for a, b in others)]
