"""Pooling, forward and backward a pass each."""

from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.base.arrays import Array, Rng
from glassnet.base.threads import side_by_side
from glassnet.compiled.compiler import inner, kernel
from glassnet.compiled.fused.patches import Geometry, fill, geometry_of, pictures
from glassnet.compiled.views import piece_of
from glassnet.nn.layers import Layer
from glassnet.nn.windows import pieces

PLACE = np.int32  # of the largest number in its window


@inner
def inside(at: Any, stride: Any, before: Any, kernel: Any, size: Any) -> Any:
    """The begin of a window, and which of its places are no padding."""
    begin = at * stride - before
    return begin, max(0, -begin), min(kernel, size - begin)


@kernel
def largest(x: Any, geometry: Any, y: Any, which: Any) -> None:
    """The largest number of each window, and its place in it: the first, or one that is NaN."""
    height, width, channels, rows, columns, tall, wide, sh, sw, _, _, top, left = geometry
    xs, ys, places = x.reshape(-1), y.reshape(-1), which.reshape(-1)
    for window in range(x.shape[0] * rows * columns):
        n, i, j = window // (rows * columns), window // columns % rows, window % columns
        r, u0, u1 = inside(i, sh, top, tall, height)
        c, v0, v1 = inside(j, sw, left, wide, width)
        best = piece_of(ys, window * channels, channels)
        place = piece_of(places, window * channels, channels)
        for u in range(u0, u1):
            for v in range(v0, v1):
                begin = ((n * height + r + u) * width + c + v) * channels
                numbers, here = piece_of(xs, begin, channels), PLACE(u * wide + v)
                if u == u0 and v == v0:
                    for k in range(channels):
                        best[k] = numbers[k]
                        place[k] = here
                else:
                    for k in range(channels):
                        more = (numbers[k] > best[k]) | (numbers[k] != numbers[k])
                        place[k] = here if more else place[k]
                        best[k] = numbers[k] if more else best[k]


@kernel
def to_largest(dy: Any, which: Any, geometry: Any, dx: Any) -> None:
    """Into dx at the largest number of each window its dy, elsewhere 0."""
    height, width, channels, rows, columns, tall, wide, sh, sw, _, _, top, left = geometry
    dxs, dys, places, zero = dx.reshape(-1), dy.reshape(-1), which.reshape(-1), dy.dtype.type(0)
    fill(dxs, 0, len(dxs))
    for window in range(dx.shape[0] * rows * columns):
        n, i, j = window // (rows * columns), window // columns % rows, window % columns
        r, u0, u1 = inside(i, sh, top, tall, height)
        c, v0, v1 = inside(j, sw, left, wide, width)
        d = piece_of(dys, window * channels, channels)
        place = piece_of(places, window * channels, channels)
        for u in range(u0, u1):
            for v in range(v0, v1):
                begin = ((n * height + r + u) * width + c + v) * channels
                to, here = piece_of(dxs, begin, channels), PLACE(u * wide + v)
                for k in range(channels):
                    to[k] += d[k] if place[k] == here else zero


@kernel
def means(x: Any, geometry: Any, y: Any) -> None:
    """The mean of the numbers in each window that are no padding."""
    height, width, channels, rows, columns, tall, wide, sh, sw, _, _, top, left = geometry
    xs, ys = x.reshape(-1), y.reshape(-1)
    for window in range(x.shape[0] * rows * columns):
        n, i, j = window // (rows * columns), window // columns % rows, window % columns
        r, u0, u1 = inside(i, sh, top, tall, height)
        c, v0, v1 = inside(j, sw, left, wide, width)
        mean, count = piece_of(ys, window * channels, channels), (u1 - u0) * (v1 - v0)
        fill(ys, window * channels, channels)
        for u in range(u0, u1):
            for v in range(v0, v1):
                begin = ((n * height + r + u) * width + c + v) * channels
                numbers = piece_of(xs, begin, channels)
                for k in range(channels):
                    mean[k] += numbers[k]
        for k in range(channels):
            mean[k] /= y.dtype.type(count)


@kernel
def to_all(dy: Any, geometry: Any, dx: Any) -> None:
    """Into dx at each place of a window an equal share of its dy."""
    height, width, channels, rows, columns, tall, wide, sh, sw, _, _, top, left = geometry
    dxs, dys = dx.reshape(-1), dy.reshape(-1)
    fill(dxs, 0, len(dxs))
    for window in range(dx.shape[0] * rows * columns):
        n, i, j = window // (rows * columns), window // columns % rows, window % columns
        r, u0, u1 = inside(i, sh, top, tall, height)
        c, v0, v1 = inside(j, sw, left, wide, width)
        d, count = piece_of(dys, window * channels, channels), (u1 - u0) * (v1 - v0)
        for u in range(u0, u1):
            for v in range(v0, v1):
                begin = ((n * height + r + u) * width + c + v) * channels
                to = piece_of(dxs, begin, channels)
                for k in range(channels):
                    to[k] += d[k] / dy.dtype.type(count)


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
    """The work for a few samples at a time, side by side."""
    return side_by_side(work, list(pieces(len(x), bytes_each or x[:1].nbytes)))
