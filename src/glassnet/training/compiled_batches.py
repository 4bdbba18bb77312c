"""Batches whose inputs are gathered and brought into the network's precision in one pass."""

from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.compiled.gathering import gather, gather_long
from glassnet.training.batches import AHEAD, Batches

LONG = 1024  # bytes of a row, from which waiting for memory is what takes time


class CompiledBatches(Batches):
    """`Batches` that write inputs of another type, such as pixels in bytes, straight as numbers of
    the network's, without a copy in between, and gather long rows several at a time."""

    def __init__(
        self, arrays: tuple[Array, ...], size: int, dtype: Any, ahead: int = AHEAD
    ) -> None:
        super().__init__(arrays, size, dtype, ahead)
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
