"""Batches whose inputs are gathered and brought into the network's precision in one pass."""

from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.compiled.compiler import kernel
from glassnet.training.batches import Batches


@kernel
def gather(source: Any, rows: Any, out: Any) -> None:
    """Rows of the source, in the type of `out`."""
    for i in range(len(rows)):
        row = rows[i]
        for j in range(source.shape[1]):
            out[i, j] = source[row, j]


class FusedBatches(Batches):
    """`Batches` that write inputs of another type, such as pixels in bytes, straight as numbers of
    the network's, without a copy in between."""

    def __init__(self, arrays: tuple[Array, ...], size: int, dtype: Any) -> None:
        super().__init__(arrays, size, dtype)
        x = arrays[0]
        self.flat = None
        if isinstance(x, np.ndarray) and x.flags.c_contiguous and x.dtype != dtype:
            self.flat = x.reshape(len(x), -1)

    def _gather(self, rows: Array) -> list[Array]:
        if self.flat is None:
            return super()._gather(rows)
        cast = self.cast[: len(rows)]
        gather(self.flat, rows, cast.reshape(len(rows), -1))
        others = zip(self.arrays[1:], self.buffers[1:], strict=True)
        return [cast, *(a.take(rows, axis=0, out=b[: len(rows)], mode="clip") for a, b in others)]
