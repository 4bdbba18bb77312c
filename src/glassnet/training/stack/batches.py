"""Mini-batches for many networks at once, each from its own samples in its own order."""

import math
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array, Rng
from glassnet.training.batches import AHEAD, shares, weights_of


class Part(NamedTuple):
    """Networks next to each other that take the same number of rows now, and their batches.

    `arrays` have (networks, rows, …); `steps` is how many steps an epoch of theirs has.
    """

    networks: slice
    steps: int
    arrays: tuple[Array, ...]


class StackBatches:
    """Rows of several arrays for K networks: network k learns from the samples `rows[k]`.

    Each gets the batches that it would get alone. Networks with more samples come first, so that
    those which take a step together stand next to each other. The first array comes out in
    `dtype`; what comes out may be a view of a buffer that the next step overwrites. `shares` and
    `weighed` (steps, K) are each network's own, as `Batches` has them.

    >>> rows = [np.arange(5), np.arange(3)]
    >>> batches = StackBatches((np.arange(5), np.arange(5)), rows, size=2, dtype=np.float32)
    >>> [[(part.networks, part.arrays[0].tolist()) for part in parts] for parts in batches.epoch()]
    ... # doctest: +NORMALIZE_WHITESPACE
    [[(slice(0, 1, None), [[0.0, 1.0]]), (slice(1, 2, None), [[0.0, 1.0]])],
     [(slice(0, 1, None), [[2.0, 3.0]]), (slice(1, 2, None), [[2.0]])],
     [(slice(0, 1, None), [[4.0]])]]
    """

    def __init__(
        self, arrays: tuple[Array, ...], rows: Sequence[Array], size: int, dtype: Any
    ) -> None:
        self.arrays, self.rows, self.dtype = arrays, list(rows), dtype
        self.samples = np.array([len(each) for each in rows])
        self.size = min(size, int(self.samples[0]))
        # One step of the same samples for all: they need not stand there K times.
        self.one = size >= len(rows[0]) and all(each is rows[0] for each in rows)
        self.steps: list[int] = [math.ceil(count / self.size) for count in self.samples]
        self.weights, self.weighed = weights_of(arrays), self.shares
        if self.one:
            everyone = np.array_equal(rows[0], np.arange(len(arrays[0])))
            x, *others = (array[:] if everyone else array[rows[0]] for array in arrays)
            self.whole = (x.astype(dtype, copy=False), *others)
            return
        bytes_of_row = max(1, arrays[0].size // len(arrays[0]) * arrays[0].itemsize)
        bytes_of_step = bytes_of_row * self.size * len(rows)
        self.ahead = max(1, AHEAD // bytes_of_step) if self.even else 1
        most = len(rows) * self.size * self.ahead
        self.buffers = [np.empty((most, *a.shape[1:]), a.dtype) for a in arrays]
        raw = self.buffers[0]
        self.cast = raw if raw.dtype == dtype else np.empty(raw.shape, dtype)

    def __len__(self) -> int:
        return self.steps[0]

    @property
    def even(self) -> bool:
        """Whether all have as many samples: they are in order, so the first and the last decide."""
        return bool(self.samples[0] == self.samples[-1])

    @property
    def shares(self) -> Array:
        """The share of each step (steps, K) in a network's samples."""
        starts = self.size * np.arange(len(self))[:, None]
        found: Array = np.clip(self.samples - starts, 0, self.size) / self.samples
        return found

    def retain(self, networks: Array) -> None:
        """Continue with these networks only."""
        self.rows = [self.rows[k] for k in networks]
        self.samples = self.samples[networks]
        self.steps = [self.steps[k] for k in networks]

    def epoch(self, generators: Sequence[Rng] = (), first: int = 0) -> Iterator[list[Part]]:
        """For each step the parts that take it; orders are drawn from the networks' generators.

        The steps before the `first` are left out.
        """
        if self.one:
            self.weighed = self.shares
            shapes = [(len(self.rows), *array.shape) for array in self.whole]
            views = map(np.broadcast_to, self.whole, shapes)
            return iter([[Part(slice(0, len(self.rows)), 1, tuple(views))]][first:])
        order = self.order(generators)
        return self._together(order, first) if self.even else self._parts(order, first)

    def order(self, generators: Sequence[Rng] = ()) -> Array:
        """The samples of each network (K, samples) in the order of a new epoch, drawn from its
        generator; a network that has fewer than the first has zeros at the end."""
        self.weighed = self.shares
        order = np.zeros((len(self.rows), self.samples[0]), np.int64)
        for k, rows in enumerate(self.rows):
            # A network whose samples all go into one step draws no order alone, so neither here.
            drawn = len(generators) > 0 and len(rows) > self.size
            order[k, : len(rows)] = rows[generators[k].permutation(len(rows))] if drawn else rows
        if self.weights is not None and not self.one:
            self.weighed = self._weighed(self.weights, order)
        return order

    def _weighed(self, weights: Array, order: Array) -> Array:
        """The share of each step in what a network's samples weigh in this order."""
        found = np.zeros((len(self), len(self.rows)))
        for k, (count, steps) in enumerate(zip(self.samples, self.steps, strict=True)):
            found[:steps, k] = shares(weights[order[k, :count]], self.size * np.arange(steps))
        return found

    def _parts(self, order: Array, first: int) -> Iterator[list[Part]]:
        """Every step of the networks that take it."""
        for start in range(first * self.size, order.shape[1], self.size):
            yield [
                Part(where, self.steps[where.start], self._gather(order, where, start, count))
                for where, count in self._alike(start)
            ]

    def _together(self, order: Array, first_step: int) -> Iterator[list[Part]]:
        """Every step of all networks; small batches are gathered several at once."""
        everyone, samples = slice(0, len(self.rows)), order.shape[1]
        for start in range(first_step * self.size, samples, self.size * self.ahead):
            count = min(self.size * self.ahead, samples - start)
            arrays = self._gather(order, everyone, start, count)
            for first in range(0, count, self.size):
                batch = slice(first, first + self.size)
                yield [Part(everyone, self.steps[0], tuple(a[:, batch] for a in arrays))]

    def _alike(self, start: int) -> Iterator[tuple[slice, int]]:
        """The networks next to each other that take as many rows from `start` on and have as many
        steps in an epoch, and how many rows."""
        left = np.clip(self.samples - start, 0, self.size).tolist()
        first = 0
        for (count, _), group in groupby(zip(left, self.steps, strict=True)):
            last = first + len(list(group))
            if count:
                yield slice(first, last), count
            first = last

    def _gather(self, order: Array, where: slice, start: int, count: int) -> tuple[Array, ...]:
        rows, first = order[where, start : start + count], where.start * self.size
        place = slice(first, first + rows.size)
        gathered = []
        for array, buffer in zip(self.arrays, self.buffers, strict=True):
            # One row after another, which is also how rows of a file are read.
            out = buffer[place]
            array.take(rows.ravel(), axis=0, out=out, mode="clip")
            gathered.append(out.reshape(*rows.shape, *array.shape[1:]))
        if gathered[0].dtype != self.dtype:
            cast = self.cast[place].reshape(gathered[0].shape)
            np.copyto(cast, gathered[0], casting="unsafe")
            gathered[0] = cast
        return tuple(gathered)
