"""Mini-batches: shuffled rows, gathered into buffers made once."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from glassnet.base.arrays import Array, Rng

AHEAD = 2**16  # bytes of inputs that are gathered together: small batches share the cost of a call


class Batches:
    """Rows of several arrays, `size` at a time; the last batch has what is left.

    The first array comes out in `dtype`, so integer images may stay as small as they are; it may
    be `Rows` of a file that is larger than memory. Each batch is a view of a buffer that a later
    one overwrites.

    `shares` has the share of each batch in the samples, and `weighed` its share in their weights,
    which are the third array, in the order of the epoch that was begun last.

    >>> batches = Batches((np.arange(5), np.arange(5)), size=2, dtype=np.float32)
    >>> [x.tolist() for x, y in batches.epoch(None)]
    [[0.0, 1.0], [2.0, 3.0], [4.0]]
    """

    def __init__(
        self, arrays: tuple[Array, ...], size: int, dtype: Any, ahead: int = AHEAD
    ) -> None:
        self.samples = len(arrays[0])
        self.size = min(size, self.samples)
        self.arrays = arrays
        if self.size == self.samples:
            self.whole = (arrays[0][:].astype(dtype, copy=False), *arrays[1:])
        bytes_of_batch = max(1, arrays[0].size // self.samples * arrays[0].itemsize * self.size)
        self.ahead = self.size * max(1, ahead // bytes_of_batch)
        self.buffers = [np.empty((self.ahead, *a.shape[1:]), a.dtype) for a in arrays]
        raw = self.buffers[0]
        self.cast = raw if raw.dtype == dtype else np.empty(raw.shape, dtype)
        self.starts = np.arange(0, self.samples, self.size)
        self.shares = np.diff(self.starts, append=self.samples) / self.samples
        self.weights = weights_of(arrays)
        self.weighed = self.shares

    def __len__(self) -> int:
        return len(self.starts)

    def epoch(self, rng: Rng | None, first: int = 0) -> Iterator[tuple[Array, ...]]:
        """Every sample once, in an order drawn from `rng`, or as they stand without one; the
        batches before the `first` are left out."""
        return self._batches(self.groups(rng, first))

    def groups(self, rng: Rng | None, first: int = 0) -> Iterator[Sequence[Array]]:
        """The same, several batches at a time: as many as are gathered together."""
        if self.size == self.samples:  # the whole set in one step: its order does not matter
            return iter([self.whole][first:])
        order = np.arange(self.samples) if rng is None else rng.permutation(self.samples)
        if self.weights is not None:
            self.weighed = shares(self.weights[order], self.starts)
        return self._groups(order[first * self.size :])

    def _batches(self, groups: Iterator[Sequence[Array]]) -> Iterator[tuple[Array, ...]]:
        for group in groups:
            for begin in range(0, len(group[0]), self.size):
                yield tuple([array[begin : begin + self.size] for array in group])

    def _groups(self, order: Array) -> Iterator[Sequence[Array]]:
        for start in range(0, len(order), self.ahead):
            yield self._gather(order[start : start + self.ahead])

    def _gather(self, rows: Array) -> list[Array]:
        gathered = []
        for array, buffer in zip(self.arrays, self.buffers, strict=True):
            # "clip" skips a check of every index, which we made ourselves: 3 times faster.
            gathered.append(array.take(rows, axis=0, out=buffer[: len(rows)], mode="clip"))
        if self.cast is not self.buffers[0]:
            cast = self.cast[: len(rows)]
            np.copyto(cast, gathered[0], casting="unsafe")
            gathered[0] = cast
        return gathered


def weights_of(arrays: tuple[Array, ...]) -> Array | None:
    """What each sample weighs, over all outputs, in float64; None if samples are not weighted.

    >>> weights_of((np.zeros((2, 1)), np.zeros((2, 3)), np.array([[1, 0, 1], [2, 2, 2]])))
    array([2., 6.])
    """
    if len(arrays) < 3:
        return None
    weights: Array = arrays[2].reshape(len(arrays[2]), -1).sum(axis=1, dtype=np.float64)
    return weights


def shares(weights: Array, starts: Array) -> Array:
    """The share of each batch in what all weigh together; 0 if nothing weighs anything.

    >>> shares(np.array([9.0, 9.0, 1.0, 1.0]), np.array([0, 2])).tolist()
    [0.9, 0.1]
    """
    sums: Array = np.add.reduceat(weights, starts)
    return sums / (sums.sum() or 1.0)
