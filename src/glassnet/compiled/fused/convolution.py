"""A convolution, and the activation and the pooling after it, a few samples at a time.

What it makes of these samples stays in the cache from the product to the pooled numbers, and only
these are written to memory: the pictures before pooling are not.
"""

from typing import Any

import numpy as np

from glassnet.base.arrays import Array, Rng
from glassnet.compiled.fused.activation import Curved
from glassnet.compiled.fused.kernels import zeros
from glassnet.compiled.fused.patches import Geometry, gather, gather_columns, geometry_of, scatter
from glassnet.compiled.fused.pooling import PLACE, Sized, in_pieces, largest, to_largest
from glassnet.nn.functions import sum_over_batch
from glassnet.nn.layers import Layer
from glassnet.nn.windows import FEW


class FusedConvolution(Sized):
    """y = pool(f(x ∗ W + b)) and back, with the parameters of the convolution it stands for."""

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
        ys, which = self.as_pictures(y), None
        if pooled is not None:
            which = np.empty(ys.shape, PLACE)
        kept = self._room_for_sums(y)

        def multiply(some: slice) -> None:
            z = ys[some] if pooled is None else self._room(xs[some], geometry)
            self._sums(xs[some], geometry, z)
            z = self._curve(z, None if kept is None else kept[some])
            if pooled is not None:
                largest(z, pooled, ys[some], which[some])  # type: ignore[index]

        in_pieces(xs, multiply, self._bytes(xs, geometry))
        return y, (x.shape, xs, ys if kept is None else kept, which, geometry, pooled)

    def _sums(self, x: Array, geometry: Geometry, z: Array) -> None:
        """z = x ∗ W."""
        groups = self.layer.groups
        rows = z.reshape(-1, groups, z.shape[-1] // groups).swapaxes(0, 1)
        np.matmul(self._patches(x, geometry), self._matrix(self.layer.W), out=rows)

    def _curve(self, z: Array, kept: Array | None) -> Array:
        """f(z + b), in place of z."""
        b = self._bias(z.dtype)
        if self.curved is None:
            if self.layer.bias:
                z += b
            return z
        # A row of the picture at a time: few filters would leave a vector half empty.
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
        """Assign dW and db, and dx if it is wanted."""
        _, xs, kept, which, geometry, pooled = saved
        dys, groups = self.as_pictures(dy), self.layer.groups
        back = np.ascontiguousarray(self._matrix(self.layer.W).mT)

        def correlate(some: slice) -> tuple[Array, Array]:
            d, db = self._before_activation(dys[some], kept[some])
            if pooled is not None:
                dz = self._room(xs[some], geometry)
                to_largest(d, which[some], pooled, dz)
                d = dz
            rows = d.reshape(-1, groups, d.shape[-1] // groups).swapaxes(0, 1)
            patches = self._patches(xs[some], geometry)
            dW = patches.mT @ rows
            if dx is not None:
                sent = patches if patches.flags.c_contiguous else np.empty(patches.shape, d.dtype)
                scatter(np.matmul(rows, back, out=sent), geometry, groups, dx[some])
            return dW, db

        found = in_pieces(xs, correlate, self._bytes(xs, geometry))
        self._matrix(self.layer.dW)[...] = sum(dW for dW, _ in found)
        if self.layer.bias:
            self.layer.db[...] = sum(db for _, db in found)

    def _before_activation(self, dy: Array, kept: Array) -> tuple[Array, Array]:
        """dz from dy, before the activation, and its sum."""
        db = np.empty(dy.shape[-1], dy.dtype)
        if self.curved is not None:
            return self.curved.back(dy, kept, db), db
        sum_over_batch(dy.reshape(-1, dy.shape[-1]), out=db)
        return dy, db

    # ---- shapes and rooms

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
        """For the outputs of some samples before pooling."""
        return np.empty((len(x), geometry[3], geometry[4], self.layer.filters), x.dtype)

    def _room_for_sums(self, y: Array) -> Array | None:
        """For z + b, if the derivative is written in terms of it."""
        if self.curved is None or self.curved.from_output:
            return None
        return np.empty(self.as_pictures(y).shape, y.dtype)

    def _bytes(self, xs: Array, geometry: Geometry) -> int:
        """Of the patches of one sample."""
        _, _, channels, rows, columns, tall, wide, *_ = geometry
        return rows * columns * tall * wide * channels * xs.itemsize

    def _bias(self, dtype: Any) -> Array:
        b: Array = self.layer.b if self.layer.bias else zeros(self.layer.filters, dtype)
        return b

    def _patches(self, x: Array, geometry: Geometry) -> Array:
        """(groups, windows, kernel · channels / groups)"""
        _, _, channels, rows, columns, tall, wide, *_ = geometry
        groups, windows, numbers = (
            self.layer.groups,
            len(x) * rows * columns,
            tall * wide * channels,
        )
        if groups == 1 and wide * channels <= FEW:
            made = np.empty((numbers, windows), x.dtype)
            gather_columns(x, geometry, made)
            return made.T[None]
        made = np.empty((groups, windows, numbers // groups), x.dtype)
        gather(x, geometry, groups, made)
        return made

    def _matrix(self, W: Array) -> Array:
        """(*kernel, channels / groups, filters) → (groups, kernel · channels, filters / groups)"""
        groups = self.layer.groups
        return W.reshape(-1, groups, self.layer.filters // groups).swapaxes(0, 1)
