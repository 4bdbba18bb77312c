"""A convolution with the activation and the pooling after it, for a few samples at a time.

The outputs of these samples stay in the cache until they are pooled; only the pooled numbers go to
memory.
"""

from typing import Any

import numpy as np

from glassnet.base.arrays import Array, Rng
from glassnet.compiled.fused.activation import Curved
from glassnet.compiled.fused.depthwise import convolve_each, correlate_each, send_back_each
from glassnet.compiled.fused.direct import convolve, correlate, send_back
from glassnet.compiled.fused.geometry import Geometry, geometry_of
from glassnet.compiled.fused.kernels import zeros
from glassnet.compiled.fused.largest import PLACE, largest, to_largest
from glassnet.compiled.fused.pooling import Sized, in_pieces
from glassnet.compiled.fused.tiles import NARROW, lanes_for, most_rows
from glassnet.nn.functions import sum_over_batch
from glassnet.nn.layers import Layer


class FusedConvolution(Sized):
    """y = pool(f(x ∗ W + b)) and its gradients, with the parameters of the convolution it
    replaces."""

    def __init__(self, layer: Any, activation: Layer | None = None, pool: Any = None) -> None:
        super().__init__(layer)
        self.activation, self.pool = activation, pool
        self.curved = None if activation is None else Curved(activation)

    # ---- forward

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, Any]:
        geometry, xs = self.geometry(x), self.as_pictures(x)
        shape = self.outputs(x, self.layer.filters)
        pooled = self.pooled(shape)
        y = np.empty(shape if pooled is None else self._pooled_shape(shape, pooled), x.dtype)
        ys = self.as_pictures(y)
        which = None if pooled is None else np.empty(ys.shape, PLACE)
        kept = self._room_for_sums(y)

        def multiply(some: slice) -> None:
            z = ys[some] if pooled is None else self._room(xs[some], geometry)
            self.convolve(xs[some], geometry, z)
            z = self._curve(z, None if kept is None else kept[some])
            if which is not None:
                largest(z, pooled, ys[some], which[some])

        in_pieces(xs, multiply, *self._costs(xs, geometry))
        return y, (x.shape, xs, ys if kept is None else kept, which, geometry, pooled)

    def _curve(self, z: Array, kept: Array | None) -> Array:
        """f(z + b), in place of z."""
        b = self._bias(z.dtype)
        if self.curved is None:
            if self.layer.bias:
                z += b
            return z
        # A whole row of the picture at a time, because few filters would not fill a vector.
        lines, b = (-1, z.shape[-2] * z.shape[-1]), np.tile(b, z.shape[-2])
        if kept is None:
            self.curved.of_sum(z.reshape(lines), b)
        else:
            kept[...] = z
            z.reshape(lines)[...] = self.curved.of_sum(kept.reshape(lines), b)[0]
        return z

    # ---- backward

    def backward(self, dy: Array, saved: Any) -> Array:
        shape, xs = saved[:2]
        dx = np.empty(shape, dy.dtype)
        self._back(dy, saved, dx.reshape(xs.shape))
        return dx

    def gradients(self, dy: Array, saved: Any) -> None:
        self._back(dy, saved, None)

    def _back(self, dy: Array, saved: Any, dx: Array | None) -> None:
        """Assign dW and db, and dx if it is needed."""
        _, xs, kept, which, geometry, pooled = saved
        dys = self.as_pictures(dy)

        def back(some: slice) -> tuple[Array, Array]:
            d, db = self._before_activation(dys[some], kept[some])
            if pooled is not None:
                dz = self._room(xs[some], geometry)
                to_largest(d, which[some], pooled, dz)
                d = dz
            if dx is not None:
                self.send_back(d, geometry, dx[some])
            return self.correlate(xs[some], d, geometry), db

        found = in_pieces(xs, back, *self._costs(xs, geometry))
        taps(self.layer.dW)[...] = sum(dW for dW, _ in found)
        if self.layer.bias:
            self.layer.db[...] = sum(db for _, db in found)

    def _before_activation(self, dy: Array, kept: Array) -> tuple[Array, Array]:
        """dz, the gradient before the activation, and db."""
        db = np.empty(dy.shape[-1], dy.dtype)
        if self.curved is not None:  # as in forward, a row of the picture at a time
            sums = np.empty(dy.shape[-2] * dy.shape[-1], dy.dtype)
            lines = (-1, len(sums))
            dz = self.curved.back(dy.reshape(lines), kept.reshape(lines), sums)
            return dz.reshape(dy.shape), sums.reshape(dy.shape[-2:]).sum(axis=0)
        sum_over_batch(dy.reshape(-1, dy.shape[-1]), out=db)
        return dy, db

    # ---- shapes and memory

    def pooled(self, shape: tuple[int, ...]) -> Geometry | None:
        """The geometry of the pooling, if there is one, over outputs of this shape."""
        if self.pool is None:
            return None
        sizes = shape[-self.layer.axes - 1 :]
        key = "pooled", sizes
        if key not in self.known:
            self.known[key] = geometry_of(self.pool.windows(sizes[:-1]), sizes[-1])
        return self.known[key]

    def _pooled_shape(self, shape: tuple[int, ...], pooled: Geometry) -> tuple[int, ...]:
        axes = self.layer.axes
        return *shape[: -axes - 1], *pooled[5 - axes : 5], shape[-1]

    def _room(self, x: Array, geometry: Geometry) -> Array:
        """Memory for the outputs of some samples before pooling."""
        return np.empty((len(x), geometry[3], geometry[4], self.layer.filters), x.dtype)

    def _room_for_sums(self, y: Array) -> Array | None:
        """Memory for z + b, if the derivative is a function of it."""
        if self.curved is None or self.curved.from_output:
            return None
        return np.empty(self.as_pictures(y).shape, y.dtype)

    def _costs(self, xs: Array, geometry: Geometry) -> tuple[int, int]:
        """Bytes of one sample and its outputs before pooling, and its multiply-adds."""
        outputs: int = geometry[3] * geometry[4] * self.layer.filters
        return xs[:1].nbytes + outputs * xs.itemsize, outputs * self.layer.W[..., 0].size

    def _bias(self, dtype: Any) -> Array:
        b: Array = self.layer.b if self.layer.bias else zeros(self.layer.filters, dtype)
        return b

    # ---- kernels

    def convolve(self, x: Array, geometry: Geometry, z: Array) -> None:
        """z = x ∗ W."""
        convolve(x, taps(self.layer.W), geometry, *self._vectors(self.layer.filters, x), z)

    def correlate(self, x: Array, dz: Array, geometry: Geometry) -> Array:
        """dW (taps, channels / groups, filters) of these samples."""
        dW = np.empty_like(taps(self.layer.W))
        correlate(x, dz, geometry, *self._vectors(self.layer.filters, x), dW)
        return dW

    def send_back(self, dz: Array, geometry: Geometry, dx: Array) -> None:
        """dx from dz. So few channels that they fill no vector are taken a row of the window at a
        time."""
        W, side = taps(self.layer.W), 1
        if self.layer.groups == 1 and dx.shape[-1] * dx.itemsize < NARROW and geometry[10] == 1:
            side = geometry[6]
            W = W.reshape(len(W) // side, -1, W.shape[-1])
        send_back(dz, W, side, geometry, *self._vectors(W.shape[1] * self.layer.groups, dx), dx)

    def _vectors(self, columns: int, x: Array) -> tuple[Any, ...]:
        """The number of groups, and the vectors to use for this many columns."""
        return self.layer.groups, *vectors(columns // self.layer.groups, x.itemsize)


class FusedDepthwise(FusedConvolution):
    """The same for channels that each have filters of their own. For several filters, the channel
    is repeated."""

    def convolve(self, x: Array, geometry: Geometry, z: Array) -> None:
        x, geometry = self._repeated(x, geometry)
        convolve_each(x, taps(self.layer.W), geometry, *vectors(x.shape[-1], x.itemsize), z)

    def correlate(self, x: Array, dz: Array, geometry: Geometry) -> Array:
        dW = np.empty_like(taps(self.layer.W))
        x, geometry = self._repeated(x, geometry)
        correlate_each(x, dz, geometry, *vectors(x.shape[-1], x.itemsize), dW)
        return dW

    def send_back(self, dz: Array, geometry: Geometry, dx: Array) -> None:
        W, filters, channels = taps(self.layer.W), dz.shape[-1], dx.shape[-1]
        wide = dx if filters == channels else np.empty((*dx.shape[:-1], filters), dx.dtype)
        geometry = *geometry[:2], filters, *geometry[3:]
        send_back_each(dz, W, geometry, *vectors(filters, dz.itemsize), wide)
        if wide is not dx:
            several = filters // channels
            dx[...] = wide[..., ::several]
            for first in range(1, several):
                dx += wide[..., first::several]

    def _repeated(self, x: Array, geometry: Geometry) -> tuple[Array, Geometry]:
        """x with one channel for each filter."""
        filters, channels = self.layer.filters, x.shape[-1]
        if filters == channels:
            return x, geometry
        return x.repeat(filters // channels, axis=-1), (*geometry[:2], filters, *geometry[3:])


def taps(W: Array) -> Array:
    """(*kernel, channels / groups, filters) → (taps, channels / groups, filters)"""
    return W.reshape(-1, *W.shape[-2:])


def vectors(columns: int, itemsize: int) -> tuple[tuple[None, ...], int]:
    """The vector to use for this many columns, and how many rows to sum at once."""
    lanes = lanes_for(columns, itemsize)
    return lanes, most_rows(lanes, itemsize)
