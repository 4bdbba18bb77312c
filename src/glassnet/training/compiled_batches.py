"""Batches whose inputs are gathered by compiled code."""

from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.compiled.gathering import (
    Chosen,
    Scaling,
    gather,
    gather_long,
    gather_long_scaled,
    gather_scaled,
)
from glassnet.training.batches import AHEAD, Batches

LONG = 1024  # bytes of a row, from which waiting for memory is what takes time


class CompiledBatches(Batches):
    """`Batches` that convert inputs of another type, such as pixels in bytes, to the network's in
    the pass that gathers them. Long rows are gathered several at a time, or with `later` left to
    the steps that use them. With the `scaling` of the network's first layer, inputs are scaled in
    the same pass."""

    def __init__(
        self, arrays: tuple[Array, ...], size: int, dtype: Any, ahead: int = AHEAD,
        later: bool = False, scaling: Scaling | None = None,
    ) -> None:  # fmt: skip
        super().__init__(arrays, size, dtype, ahead)
        x, self.scaling, self.kernel = arrays[0], scaling, gather
        if x.dtype == dtype:
            bytes_of_row = x.itemsize * x.size // len(x)
            self.kernel = gather_long if bytes_of_row >= LONG else None
        plain = isinstance(x, np.ndarray) and x.flags.c_contiguous and x.dtype.kind in "iuf"
        if not plain or not x.dtype.isnative:
            self.kernel = self.scaling = None
        self.later = later and self.kernel is gather_long and scaling is None
        if self.later:  # then as many as the other arrays alone allow
            bytes_of_row = sum(a.itemsize * a.size // len(a) for a in arrays[1:])
            self.ahead = self.size * max(1, ahead // (bytes_of_row * self.size))
            rows = min(self.ahead, self.samples)
            self.buffers[1:] = [np.empty((rows, *a.shape[1:]), a.dtype) for a in arrays[1:]]

    def _gather(self, rows: Array) -> list[Any]:
        if self.kernel is None and self.scaling is None:
            return super()._gather(rows)
        others = zip(self.arrays[1:], self.buffers[1:], strict=True)
        chosen = [a.take(rows, axis=0, out=b[: len(rows)], mode="clip") for a, b in others]
        x = self.arrays[0]
        if self.later:
            return [Chosen(x, rows, x.dtype), *chosen]
        cast = self.cast[: len(rows)]
        source, out = x.reshape(len(x), -1), cast.reshape(len(rows), -1)
        if self.scaling is not None:
            kernel = gather_long_scaled if self.kernel is gather_long else gather_scaled
            kernel(source, rows, *self.scaling, out)
            return [Chosen(x, rows, cast.dtype, cast), *chosen]
        self.kernel(source, rows, out)
        return [cast, *chosen]
