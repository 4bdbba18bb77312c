"""Pooling, with one pass forward and one backward."""

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from glassnet.base.arrays import Array, Rng
from glassnet.base.threads import side_by_side
from glassnet.compiled.compiler import kernel
from glassnet.compiled.fused.geometry import Geometry, add, fill, geometry_of, inside, pictures
from glassnet.compiled.fused.largest import PLACE, largest, to_largest
from glassnet.compiled.views import piece_of
from glassnet.nn.layers import Layer

CACHE = 2**20  # bytes of pictures that are processed at once
FEW_BYTES = 2**23  # that are processed in less time than starting other threads takes
FEW_SUMS = 2**23  # multiply-adds of which the same holds


@kernel
def means(x: Any, geometry: Any, y: Any) -> None:
    """The mean of each window, without padding."""
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
    """Divide dy equally over all places of its window in dx."""
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


class Sized(Layer):
    """Base of fused layers with windows. Caches their geometry for every picture size."""

    def __init__(self, layer: Any) -> None:
        self.layer, self.in_pieces = layer, layer.in_pieces
        self.known: dict[Any, Geometry] = {}

    def geometry(self, x: Array) -> Geometry:
        """The geometry of the layer's windows over x."""
        shape = x.shape[-self.layer.axes - 1 :]
        if shape not in self.known:
            self.known[shape] = geometry_of(self.layer.windows(shape[:-1]), shape[-1])
        return self.known[shape]

    def as_pictures(self, x: Array) -> Array:
        """(samples, height, width, channels), contiguous."""
        return np.ascontiguousarray(x).reshape(pictures(x.shape, self.layer.axes))

    def outputs(self, x: Array, channels: int) -> tuple[int, ...]:
        """The shape of y."""
        counts = self.geometry(x)[5 - self.layer.axes : 5]
        return *x.shape[: -self.layer.axes - 1], *counts, channels

    def divide(self, x: Array, work: Callable[[slice], Any]) -> None:
        """Do the work for all samples of x."""
        in_pieces(x, work)


class FusedMaxPool(Sized):
    """The maximum of each window. Backward needs only its place, so x is not kept."""

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, Any]:
        geometry, xs = self.geometry(x), self.as_pictures(x)
        y = np.empty(self.outputs(x, x.shape[-1]), x.dtype)
        ys, which = self.as_pictures(y), np.empty(y.shape, PLACE).reshape(len(xs), -1)
        self.divide(xs, lambda some: largest(xs[some], geometry, ys[some], which[some]))
        return y, (which, x.shape, geometry)

    def backward(self, dy: Array, saved: Any) -> Array:
        which, shape, geometry = saved
        dx, dys = np.empty(shape, dy.dtype), self.as_pictures(dy)
        dxs = self.as_pictures(dx)
        self.divide(dxs, lambda some: to_largest(dys[some], which[some], geometry, dxs[some]))
        return dx


class FusedAveragePool(Sized):
    """The mean of each window."""

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, Any]:
        geometry, xs = self.geometry(x), self.as_pictures(x)
        y = np.empty(self.outputs(x, x.shape[-1]), x.dtype)
        ys = self.as_pictures(y)
        self.divide(xs, lambda some: means(xs[some], geometry, ys[some]))
        return y, (x.shape, geometry)

    def backward(self, dy: Array, saved: Any) -> Array:
        shape, geometry = saved
        dx, dys = np.empty(shape, dy.dtype), self.as_pictures(dy)
        dxs = self.as_pictures(dx)
        self.divide(dxs, lambda some: to_all(dys[some], geometry, dxs[some]))
        return dx


class WholePicture(Sized):
    """Base of pooling with a single window that covers the whole picture."""

    def geometry(self, x: Array) -> Geometry:
        places = prod(x.shape[1:-1])
        return 1, places, x.shape[-1], 1, 1, 1, places, 1, 1, 1, 1, 0, 0

    def as_pictures(self, x: Array) -> Array:
        return np.ascontiguousarray(x).reshape(len(x), 1, -1, x.shape[-1])

    def outputs(self, x: Array, channels: int) -> tuple[int, ...]:
        return len(x), channels

    def divide(self, x: Array, work: Callable[[slice], Any]) -> None:
        work(slice(None))


class FusedGlobalMaxPool(WholePicture, FusedMaxPool):
    """The maximum of each channel."""


class FusedGlobalAveragePool(WholePicture, FusedAveragePool):
    """The mean of each channel. dx is a broadcast view, without copies."""

    def backward(self, dy: Array, saved: Any) -> Array:
        dx: Array = self.layer.backward(dy, None)
        return dx


def in_pieces(
    x: Array, work: Callable[[slice], Any], bytes_each: int = 0, sums_each: int = 0
) -> list[Any]:
    """The work for as many samples at a time as stay in the cache: one after another if it is
    little, else side by side in threads, in an even number of pieces, so that two processors end
    together.

    - `bytes_each`: that a sample reads and writes; by default those of x.
    - `sums_each`: the multiply-adds of a sample.
    """
    count, total = len(x), len(x) * (bytes_each or x[:1].nbytes)
    little = total <= FEW_BYTES and count * sums_each <= FEW_SUMS
    pieces = -(-total // CACHE) if little else 2 * -(-total // (2 * CACHE))
    some = max(1, -(-count // max(1, pieces)))
    slices = [slice(at, at + some) for at in range(0, count, some)]
    return [work(each) for each in slices] if little else side_by_side(work, slices)
