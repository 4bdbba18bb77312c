"""Windows that slide along an axis: how many there are, where they lie, and what is in them."""

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided

from glassnet.base.arrays import Array

CACHE = 2**22  # bytes of a few samples at once: read, written and forgotten in the cache
FEW = 8  # numbers side by side, up to which patches are copied column by column


class Windows(NamedTuple):
    """Windows along one axis of `size` numbers, with zeros thought `before` and `after` it."""

    size: int
    kernel: int
    stride: int = 1
    dilation: int = 1
    before: int = 0
    after: int = 0

    @property
    def reach(self) -> int:
        """How far one window reaches."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def outputs(self) -> int:
        """How many windows there are; less than 1 if not even one fits.

        >>> Windows(size=28, kernel=5).outputs
        24
        """
        return (self.before + self.size + self.after - self.reach) // self.stride + 1

    @property
    def tiles(self) -> bool:
        """Whether they lie side by side and fill the axis: each number is in exactly one.

        >>> Windows(size=28, kernel=2, stride=2).tiles, Windows(size=5, kernel=2, stride=2).tiles
        (True, False)
        """
        apart = self.kernel == self.stride and self.dilation == 1
        return apart and not (self.before or self.after or self.size % self.kernel)

    def covered(self, output: int) -> range:
        """The places along the axis that one window covers; those in the padding lie outside it.

        >>> Windows(size=4, kernel=3, before=1, after=1).covered(0)
        range(-1, 2)
        """
        start = self.stride * output - self.before
        return range(start, start + self.reach, self.dilation)

    def reaching(self, place: int) -> tuple[slice, slice]:
        """Which windows have their number at this place inside the axis, and where it lies there.

        >>> Windows(size=4, kernel=3, before=1, after=1).reaching(0)
        (slice(1, 4, None), slice(0, 3, 1))
        """
        start = self.dilation * place - self.before
        first = max(0, -(start // self.stride))
        last = min(self.outputs - 1, (self.size - 1 - start) // self.stride)
        if last < first:
            return slice(0), slice(0)
        low, high = start + first * self.stride, start + last * self.stride
        return slice(first, last + 1), slice(low, high + 1, self.stride)


def same(size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """The padding with which ⌈size / stride⌉ windows fit, the odd zero at the end, as in Keras.

    >>> same(28, 3, 1, 1), same(28, 3, 2, 1)
    ((1, 1), (0, 1))
    """
    count = -(-size // stride)
    missing = max((count - 1) * stride + dilation * (kernel - 1) + 1 - size, 0)
    return missing // 2, missing - missing // 2


def pieces(count: int, bytes_each: int) -> Iterator[slice]:
    """Slices of the batch, of as many samples as the cache has room for: an even number of equal
    ones, so that two processors end together.

    >>> list(pieces(8, CACHE // 3))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 6, None), slice(6, 8, None)]
    """
    total = count * bytes_each
    number = 1 if total <= CACHE else 2 * -(-total // (2 * CACHE))
    some = max(1, -(-count // number))
    return (slice(start, start + some) for start in range(0, count, some))


def offsets(windows: Sequence[Windows]) -> Iterator[tuple[Any, Any]]:
    """For each place of the kernel, in order: an index of the windows that have it inside, and one
    of where it lies; both end before the channels."""
    for places in product(*(range(w.kernel) for w in windows)):
        pairs = [w.reaching(place) for w, place in zip(windows, places, strict=True)]
        which, where = zip(*pairs, strict=True)
        yield (..., *which, slice(None)), (..., *where, slice(None))


def patches(x: Array, windows: Sequence[Windows], groups: int = 1) -> Array:
    """What is in every window, a row for each.

    x (…, batch, *sizes, channels) → (…, groups, batch · windows, kernel · channels / groups)
    """
    front, axes = x.ndim - len(windows) - 2, len(windows)
    channels = x.shape[-1] // groups
    padded = _padded(x, windows)
    *leading, batch = padded.strides[: front + 1]
    *along, each = padded.strides[front + 1 :]
    outer = *x.shape[:front], groups
    outer_steps = *leading, channels * each
    rows = x.shape[front], *(w.outputs for w in windows)
    row_steps = batch, *(step * w.stride for step, w in zip(along, windows, strict=True))
    inside = *(w.kernel for w in windows), channels
    inside_steps = *(step * w.dilation for step, w in zip(along, windows, strict=True)), each
    if inside[axes - 1] * channels <= FEW:  # numbers that lie side by side: copied column by column
        shape, steps = (*outer, *inside, *rows), (*outer_steps, *inside_steps, *row_steps)
        view = as_strided(padded, shape, steps, writeable=False)
        return view.reshape(*outer, prod(inside), prod(rows)).mT
    shape, steps = (*outer, *rows, *inside), (*outer_steps, *row_steps, *inside_steps)
    view = as_strided(padded, shape, steps, writeable=False)
    return view.reshape(*outer, prod(rows), prod(inside))


def _padded(x: Array, windows: Sequence[Windows]) -> Array:
    """x with zeros before and after; x itself if there are none."""
    if not any(w.before or w.after for w in windows):
        return x
    front = x.ndim - len(windows) - 1
    sizes = [w.before + w.size + w.after for w in windows]
    padded = np.zeros((*x.shape[:front], *sizes, x.shape[-1]), x.dtype)
    middle: Any = (..., *(slice(w.before, w.before + w.size) for w in windows), slice(None))
    padded[middle] = x
    return padded
