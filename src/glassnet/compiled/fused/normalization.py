"""Normalizations: two passes for the statistics, then one pass forward and one backward.

Only the statistics are kept: x̂ is recomputed from the input, which is kept anyway.
"""

from typing import Any

import numpy as np

from glassnet.base.arrays import Array, Rng
from glassnet.base.errors import InputError
from glassnet.compiled.compiler import any_order, kernel
from glassnet.compiled.fused.activation import Curved
from glassnet.compiled.fused.kernels import ROWS, numbers_of, rows_of, zeros
from glassnet.compiled.fused.pooling import in_pieces
from glassnet.nn.layers import Layer

# ---- over the batch


@kernel
def sums_of_distances(x: Any, centre: Any) -> Any:
    """Σ d and Σ d² for every column, where d is the distance from the column's centre. Sums over
    blocks of rows have the precision of x, the totals that of float64."""
    rows, columns = x.shape
    totals, some = np.zeros((2, columns)), np.zeros((2, columns), x.dtype)
    for begin in range(0, rows, ROWS):
        for j in range(columns):
            some[0, j] = some[1, j] = 0
        for i in range(begin, min(begin + ROWS, rows)):
            for j in range(columns):
                d = x[i, j] - centre[j]
                some[0, j] += d
                some[1, j] += d * d
        for j in range(columns):
            totals[0, j] += some[0, j]
            totals[1, j] += some[1, j]
    return totals


@kernel
def normalize(x: Any, mean: Any, rest: Any, slope: Any, shift: Any, y: Any) -> None:
    """y = (x − mean − rest) · slope + shift for every column."""
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            y[i, j] = (x[i, j] - mean[j] - rest[j]) * slope[j] + shift[j]


@kernel
def sums_of_gradients(dy: Any, x: Any, mean: Any, rest: Any, scale: Any) -> Any:
    """Σ dy x̂ and Σ dy for every column."""
    rows, columns = x.shape
    totals, some = np.zeros((2, columns)), np.zeros((2, columns), x.dtype)
    for begin in range(0, rows, ROWS):
        for j in range(columns):
            some[0, j] = some[1, j] = 0
        for i in range(begin, min(begin + ROWS, rows)):
            for j in range(columns):
                some[0, j] += dy[i, j] * ((x[i, j] - mean[j] - rest[j]) * scale[j])
                some[1, j] += dy[i, j]
        for j in range(columns):
            totals[0, j] += some[0, j]
            totals[1, j] += some[1, j]
    return totals


@kernel
def normalize_back(
    dy: Any, x: Any, mean: Any, rest: Any, scale: Any, gamma: Any, along: Any, shift: Any, dx: Any
) -> None:
    """dx = γ scale (dy − shift − x̂ along) for every column."""
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            normal = (x[i, j] - mean[j] - rest[j]) * scale[j]
            dx[i, j] = gamma[j] * scale[j] * (dy[i, j] - shift[j] - normal * along[j])


class FusedBatchNorm(Layer):
    """y = f(γ x̂ + β) and its gradients, with the parameters of the layer it replaces."""

    def __init__(self, layer: Any, activation: Layer | None = None) -> None:
        self.layer, self.activation = layer, activation
        self.curved = None if activation is None else Curved(activation)

    @property
    def observes(self) -> bool:
        return True

    def observe(self, saved: Any) -> None:
        self.layer.observe(saved)

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, Any]:
        layer, rows, y = self.layer, rows_of(x), np.empty(x.shape, x.dtype)
        if rng is None:
            mean, rest, var, batch = layer.mean, zeros(x.shape[-1], x.dtype), layer.var, None
        else:
            mean, rest, var = self._statistics(rows)
            batch = mean + rest, var, len(rows)
        scale = 1 / np.sqrt(var + x.dtype.type(layer.epsilon))
        kept, ys = None, y.reshape(rows.shape)
        if self.curved is not None and not self.curved.from_output:
            kept = np.empty_like(rows)
        slope = layer.gamma * scale

        def spread(some: slice) -> None:
            z = ys[some] if kept is None else kept[some]
            shift = layer.beta if self.curved is None else zeros(x.shape[-1], x.dtype)
            normalize(rows[some], mean, rest, slope, shift, z)
            if self.curved is not None:
                made, _ = self.curved.of_sum(z, layer.beta)
                if kept is not None:
                    ys[some] = made

        in_pieces(rows, spread)
        return y, (rows, (mean, rest, scale), batch, ys if kept is None else kept)

    def backward(self, dy: Array, saved: Any) -> Array:
        dz = self._gradients(dy, saved)
        rows, statistics, batch, _ = saved
        layer, dx = self.layer, np.empty(dy.shape, dy.dtype)
        count = np.inf if batch is None else batch[2]  # running statistics do not depend on x
        along, shift = ((d / count).astype(dy.dtype) for d in (layer.dgamma, layer.dbeta))
        dxs = dx.reshape(rows.shape)

        def send_back(some: slice) -> None:
            normalize_back(
                dz[some], rows[some], *statistics, layer.gamma, along, shift, dxs[some]
            )  # fmt: skip

        in_pieces(rows, send_back)
        return dx

    def gradients(self, dy: Array, saved: Any) -> None:
        self._gradients(dy, saved)

    def _gradients(self, dy: Array, saved: Any) -> Array:
        """Assign dγ and dβ; returns dz, the gradient before the activation, as rows."""
        rows, statistics, _, kept = saved
        dz = dys = rows_of(dy)
        if self.curved is not None:
            dz = np.empty_like(dys)

        def sums(some: slice) -> Array:
            if self.curved is not None:
                unused = np.empty(dys.shape[1], dys.dtype)
                self.curved.back(dys[some], kept[some], unused, dz[some])
            found: Array = sums_of_gradients(dz[some], rows[some], *statistics)
            return found

        self.layer.dgamma[...], self.layer.dbeta[...] = sum(in_pieces(rows, sums))
        return dz

    def _statistics(self, rows: Array) -> tuple[Array, Array, Array]:
        """The mean, its rounding error, and the variance."""
        count, dtype = len(rows), rows.dtype
        if count < 2:
            raise InputError(
                "BatchNorm: a batch of one sample has no variance: expected batches of 2 samples "
                "or more"
            )
        # Measured from its first number, a column's distances are small, however far it is from 0.
        first = rows[0].copy()
        totals = sum(in_pieces(rows, lambda some: sums_of_distances(rows[some], first)))
        mean = (first + totals[0] / count).astype(dtype)
        totals = sum(in_pieces(rows, lambda some: sums_of_distances(rows[some], mean)))
        rest = totals[0] / count
        var = np.maximum(totals[1] / count - rest * rest, 0)
        return mean, rest.astype(dtype), var.astype(dtype)


# ---- over the channels at each place


@any_order
def mean_of(values: Any) -> Any:
    """The mean of a vector."""
    total = values.dtype.type(0)
    for j in range(len(values)):
        total += values[j]
    return total / values.dtype.type(len(values))


@kernel
def normalize_rows(
    x: Any, centred: Any, epsilon: Any, gamma: Any, beta: Any, normal: Any, scales: Any, y: Any
) -> None:
    """y = γ x̂ + β, where every row of x̂ has mean square 1 and, if `centred`, mean 0."""
    one, square = x.dtype.type(1), np.empty(x.shape[1], x.dtype)
    for i in range(x.shape[0]):
        mean = mean_of(x[i]) if centred else x.dtype.type(0)
        for j in range(x.shape[1]):
            normal[i, j] = x[i, j] - mean
            square[j] = normal[i, j] * normal[i, j]
        scales[i] = one / np.sqrt(mean_of(square) + epsilon)
        for j in range(x.shape[1]):
            normal[i, j] *= scales[i]
            y[i, j] = gamma[j] * normal[i, j] + beta[j]


@kernel
def normalize_rows_back(
    dy: Any, centred: Any, normal: Any, scales: Any, gamma: Any, dgamma: Any, dbeta: Any, dx: Any
) -> None:
    """dγ, dβ and dx = (g − mean g − x̂ mean(g x̂)) scale with g = γ dy; mean g is left out unless
    `centred`."""
    rows, columns = dy.shape
    g, along = np.empty(columns, dy.dtype), np.empty(columns, dy.dtype)
    some = np.zeros((2, columns), dy.dtype)
    for j in range(columns):
        dgamma[j] = dbeta[j] = 0
    for begin in range(0, rows, ROWS):
        for j in range(columns):
            some[0, j] = some[1, j] = 0
        for i in range(begin, min(begin + ROWS, rows)):
            for j in range(columns):
                some[0, j] += dy[i, j] * normal[i, j]
                some[1, j] += dy[i, j]
                g[j] = gamma[j] * dy[i, j]
                along[j] = g[j] * normal[i, j]
            mean, product = mean_of(g) if centred else dy.dtype.type(0), mean_of(along)
            for j in range(columns):
                dx[i, j] = (g[j] - mean - normal[i, j] * product) * scales[i]
        for j in range(columns):
            dgamma[j] += some[0, j]
            dbeta[j] += some[1, j]


class FusedRowNorm(Layer):
    """LayerNorm or RMSNorm, with the parameters of the layer it replaces."""

    def __init__(self, layer: Any, centred: bool) -> None:
        self.layer, self.centred = layer, centred

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, Any]:
        layer, rows, y = self.layer, rows_of(x), np.empty(x.shape, x.dtype)
        beta = layer.beta if self.centred else zeros(x.shape[-1], x.dtype)
        normal, scales = np.empty_like(rows), np.empty(len(rows), x.dtype)
        epsilon, *_ = numbers_of((layer.epsilon,), x.dtype)
        normalize_rows(
            rows, self.centred, epsilon, layer.gamma, beta, normal, scales, y.reshape(rows.shape)
        )
        return y, (normal, scales)

    def backward(self, dy: Array, saved: Any) -> Array:
        layer, dx = self.layer, np.empty(dy.shape, dy.dtype)
        dbeta = layer.dbeta if self.centred else np.empty(dy.shape[-1], dy.dtype)
        rows = dx.reshape(-1, dy.shape[-1])
        normalize_rows_back(
            rows_of(dy), self.centred, *saved, layer.gamma, layer.dgamma, dbeta, rows
        )
        return dx
