"""Pooling, forward and backward a pass each."""

from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.base.arrays import Array, Rng
from glassnet.base.threads import side_by_side
from glassnet.compiled.compiler import inner, kernel
from glassnet.compiled.fused.patches import Geometry, add, fill, geometry_of, pictures
from glassnet.compiled.views import piece_of
from glassnet.nn.layers import Layer

CACHE = 2**20  # bytes of patches or pictures that are worked on at once
PLACE = np.int32  # how far after the begin of its window the largest number lies


@inner
def places_of(geometry: Any) -> Any:
    """Row, column and distance from the begin of each place in a window, in its order; the first
    once more to make them a multiple of four."""
    width, channels, tall, wide = geometry[1], geometry[2], geometry[5], geometry[6]
    places = np.zeros(((tall * wide + 3) // 4 * 4, 3), np.int64)
    for number in range(tall * wide):
        u, v = number // wide, number % wide
        places[number, 0], places[number, 1] = u, v
        places[number, 2] = (u * width + v) * channels
    return places


@kernel
def largest(x: Any, geometry: Any, y: Any, which: Any) -> None:
    """The largest number of each window, and where it lies: the first, or one that is NaN."""
    height, width, channels, rows, columns, tall, wide, sh, sw, _, _, top, left = geometry
    xs, ys, places, table = x.reshape(-1), y.reshape(-1), which.reshape(-1), places_of(geometry)
    window = 0
    for n in range(x.shape[0]):
        for i in range(rows):
            r = i * sh - top
            for j in range(columns):
                c = j * sw - left
                begin = ((n * height + r) * width + c) * channels
                first = (max(0, -r) * width + max(0, -c)) * channels
                start = piece_of(xs, begin + first, channels)
                best = piece_of(ys, window, channels)
                place = piece_of(places, window, channels)
                for k in range(channels):
                    best[k], place[k] = start[k], first
                whole = r >= 0 and c >= 0 and r + tall <= height and c + wide <= width
                for four in range(0, len(table), 4):
                    p0 = distance(table[four], whole, r, c, height, width, first)
                    p1 = distance(table[four + 1], whole, r, c, height, width, first)
                    p2 = distance(table[four + 2], whole, r, c, height, width, first)
                    p3 = distance(table[four + 3], whole, r, c, height, width, first)
                    largest_of_four(xs, begin, p0, p1, p2, p3, best, place)
                window += channels


@inner
def distance(place: Any, whole: Any, r: Any, c: Any, height: Any, width: Any, first: Any) -> Any:
    """How far from the begin of its window a place lies: one in the padding is the first that is
    not, which changes no maximum."""
    if whole or (0 <= r + place[0] < height and 0 <= c + place[1] < width):
        return PLACE(place[2])
    return PLACE(first)


@inner
def largest_of_four(
    x: Any, begin: Any, p0: Any, p1: Any, p2: Any, p3: Any, best: Any, place: Any
) -> None:
    """The largest of what it was and four places, for every channel. Four at once need not be
    written down in between."""
    count = len(best)
    x0, x1 = piece_of(x, begin + p0, count), piece_of(x, begin + p1, count)
    x2, x3 = piece_of(x, begin + p2, count), piece_of(x, begin + p3, count)
    for k in range(count):
        value, at = best[k], place[k]
        more = (x0[k] > value) | (x0[k] != x0[k])
        value, at = (x0[k] if more else value), (p0 if more else at)
        more = (x1[k] > value) | (x1[k] != x1[k])
        value, at = (x1[k] if more else value), (p1 if more else at)
        more = (x2[k] > value) | (x2[k] != x2[k])
        value, at = (x2[k] if more else value), (p2 if more else at)
        more = (x3[k] > value) | (x3[k] != x3[k])
        best[k], place[k] = (x3[k] if more else value), (p3 if more else at)


@kernel
def to_largest(dy: Any, which: Any, geometry: Any, dx: Any) -> None:
    """Into dx at the largest number of each window its dy, elsewhere 0."""
    height, width, channels, rows, columns, _, _, sh, sw, _, _, top, left = geometry
    dxs, dys, places = dx.reshape(-1), dy.reshape(-1), which.reshape(-1)
    fill(dxs, 0, len(dxs))
    window = 0
    for n in range(dx.shape[0]):
        for i in range(rows):
            for j in range(columns):
                begin = ((n * height + i * sh - top) * width + j * sw - left) * channels
                for k in range(channels):
                    dxs[begin + places[window + k] + k] += dys[window + k]
                window += channels


@kernel
def means(x: Any, geometry: Any, y: Any) -> None:
    """The mean of the numbers in each window that are no padding."""
    height, width, channels, rows, columns, tall, wide, sh, sw, _, _, top, left = geometry
    xs, ys, window = x.reshape(-1), y.reshape(-1), 0
    for n in range(x.shape[0]):
        for i in range(rows):
            r, u0, u1 = inside(i, sh, top, tall, height)
            for j in range(columns):
                c, v0, v1 = inside(j, sw, left, wide, width)
                mean, count = piece_of(ys, window, channels), (u1 - u0) * (v1 - v0)
                fill(ys, window, channels)
                for u in range(u0, u1):
                    for v in range(v0, v1):
                        begin = ((n * height + r + u) * width + c + v) * channels
                        add(xs, begin, ys, window, channels)
                for k in range(channels):
                    mean[k] /= y.dtype.type(count)
                window += channels


@kernel
def to_all(dy: Any, geometry: Any, dx: Any) -> None:
    """Into dx at each place of a window an equal share of its dy."""
    height, width, channels, rows, columns, tall, wide, sh, sw, _, _, top, left = geometry
    dxs, dys, window = dx.reshape(-1), dy.reshape(-1), 0
    share = np.empty(channels, dy.dtype)
    fill(dxs, 0, len(dxs))
    for n in range(dx.shape[0]):
        for i in range(rows):
            r, u0, u1 = inside(i, sh, top, tall, height)
            for j in range(columns):
                c, v0, v1 = inside(j, sw, left, wide, width)
                d, count = piece_of(dys, window, channels), (u1 - u0) * (v1 - v0)
                for k in range(channels):
                    share[k] = d[k] / dy.dtype.type(count)
                for u in range(u0, u1):
                    for v in range(v0, v1):
                        begin = ((n * height + r + u) * width + c + v) * channels
                        add(share, 0, dxs, begin, channels)
                window += channels


@inner
def inside(at: Any, stride: Any, before: Any, kernel: Any, size: Any) -> Any:
    """The begin of a window, and which of its places are no padding."""
    begin = at * stride - before
    return begin, max(0, -begin), min(kernel, size - begin)


class Sized(Layer):
    """Base of fused layers with windows, which know them for each size of a picture."""

    def __init__(self, layer: Any) -> None:
        self.layer = layer
        self.known: dict[Any, Geometry] = {}

    @property
    def in_pieces(self) -> bool:  # type: ignore[override]
        return True

    def geometry(self, x: Array) -> Geometry:
        """That of the layer's windows over x."""
        shape = x.shape[-self.layer.axes - 1 :]
        if shape not in self.known:
            self.known[shape] = geometry_of(self.layer.windows(shape[:-1]), shape[-1])
        return self.known[shape]

    def as_pictures(self, x: Array) -> Array:
        """(samples, height, width, channels), side by side in memory."""
        return np.ascontiguousarray(x).reshape(pictures(x.shape, self.layer.axes))

    def outputs(self, x: Array, channels: int) -> tuple[int, ...]:
        """The shape of y."""
        counts = self.geometry(x)[5 - self.layer.axes : 5]
        return *x.shape[: -self.layer.axes - 1], *counts, channels


class FusedMaxPool(Sized):
    """The largest number of each window; where it lies is kept for the way back, not x."""

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, Any]:
        geometry, xs = self.geometry(x), self.as_pictures(x)
        y = np.empty(self.outputs(x, x.shape[-1]), x.dtype)
        ys, which = self.as_pictures(y), np.empty(y.shape, PLACE).reshape(len(xs), -1)
        in_pieces(xs, lambda some: largest(xs[some], geometry, ys[some], which[some]))
        return y, (which, x.shape, geometry)

    def backward(self, dy: Array, saved: Any) -> Array:
        which, shape, geometry = saved
        dx, dys = np.empty(shape, dy.dtype), self.as_pictures(dy)
        dxs = self.as_pictures(dx)
        in_pieces(dxs, lambda some: to_largest(dys[some], which[some], geometry, dxs[some]))
        return dx


class FusedAveragePool(Sized):
    """The mean of each window."""

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, Any]:
        geometry, xs = self.geometry(x), self.as_pictures(x)
        y = np.empty(self.outputs(x, x.shape[-1]), x.dtype)
        ys = self.as_pictures(y)
        in_pieces(xs, lambda some: means(xs[some], geometry, ys[some]))
        return y, (x.shape, geometry)

    def backward(self, dy: Array, saved: Any) -> Array:
        shape, geometry = saved
        dx, dys = np.empty(shape, dy.dtype), self.as_pictures(dy)
        dxs = self.as_pictures(dx)
        in_pieces(dxs, lambda some: to_all(dys[some], geometry, dxs[some]))
        return dx


def in_pieces(x: Array, work: Callable[[slice], Any], bytes_each: int = 0) -> list[Any]:
    """The work for a few samples at a time, side by side: an even number of pieces of one size, so
    that two processors end together."""
    count, total = len(x), len(x) * (bytes_each or x[:1].nbytes)
    pairs = max(1, -(-total // (2 * CACHE)))
    some = max(1, -(-count // (2 * pairs)))
    return side_by_side(work, [slice(at, at + some) for at in range(0, count, some)])
