"""Group normalization: statistics in two passes over a sample, while it is in the cache."""

from typing import Any

import numpy as np

from glassnet.base.arrays import Array, Rng
from glassnet.compiled.compiler import any_order, inner, kernel
from glassnet.compiled.fused.kernels import ROWS, numbers_of
from glassnet.compiled.fused.pooling import in_pieces
from glassnet.compiled.views import piece_of
from glassnet.nn.layers import Layer


@kernel
def normalize_groups(
    x: Any, groups: Any, epsilon: Any, gamma: Any, beta: Any, means: Any, scales: Any, y: Any
) -> None:
    """y = γ x̂ + β of x (samples, places, channels), where every group of x̂ has mean 0 and variance
    1; the mean and 1 / √(σ² + ε) of each channel's group, (samples, channels)."""
    channels, one = x.shape[2], x.dtype.type(1)
    own, count = channels // groups, x.shape[1] * channels // groups
    zeros, slope = np.zeros(channels, x.dtype), np.empty(channels, x.dtype)
    totals, some = np.empty((2, channels)), np.empty((2, channels), x.dtype)
    for n in range(len(x)):
        mean, scale = means[n], scales[n]
        sums_of_sample(x[n], zeros, totals, some)
        for first in range(0, channels, own):
            fill(mean, first, own, mean_of(totals[0], first, own, count))
        sums_of_sample(x[n], mean, totals, some)
        for first in range(0, channels, own):
            var = x.dtype.type(mean_of(totals[1], first, own, count))
            fill(scale, first, own, one / np.sqrt(var + epsilon))
        for j in range(channels):
            slope[j] = gamma[j] * scale[j]
        for i in range(x.shape[1]):
            for j in range(channels):
                y[n, i, j] = (x[n, i, j] - mean[j]) * slope[j] + beta[j]


@kernel
def normalize_groups_back(
    dy: Any, x: Any, groups: Any, gamma: Any, means: Any, scales: Any, dx: Any
) -> Any:
    """dx = (g − mean g − x̂ mean(g x̂)) / √(σ² + ε) with g = γ dy; returns dγ and dβ."""
    channels = x.shape[2]
    own, count = channels // groups, x.shape[1] * channels // groups
    found, totals = np.zeros((2, channels)), np.empty((2, channels))
    some = np.empty((2, channels), x.dtype)
    along, shift = np.empty(channels, x.dtype), np.empty(channels, x.dtype)
    for n in range(len(x)):
        mean, scale = means[n], scales[n]
        sums_of_slopes(dy[n], x[n], mean, scale, totals, some)
        for j in range(channels):
            found[0, j] += totals[0, j]
            found[1, j] += totals[1, j]
            totals[0, j] *= gamma[j]
            totals[1, j] *= gamma[j]
        for first in range(0, channels, own):
            fill(along, first, own, mean_of(totals[0], first, own, count))
            fill(shift, first, own, mean_of(totals[1], first, own, count))
        for i in range(x.shape[1]):
            for j in range(channels):
                normal = (x[n, i, j] - mean[j]) * scale[j]
                dx[n, i, j] = (gamma[j] * dy[n, i, j] - shift[j] - normal * along[j]) * scale[j]
    return found


@inner
def sums_of_sample(x: Any, centre: Any, totals: Any, some: Any) -> None:
    """Σ d and Σ d² for every channel, where d is the distance from its centre."""
    clear(totals)
    for begin in range(0, len(x), ROWS):
        clear(some)
        for i in range(begin, min(begin + ROWS, len(x))):
            for j in range(x.shape[1]):
                d = x[i, j] - centre[j]
                some[0, j] += d
                some[1, j] += d * d
        add(some, totals)


@inner
def sums_of_slopes(dy: Any, x: Any, mean: Any, scale: Any, totals: Any, some: Any) -> None:
    """Σ dy x̂ and Σ dy for every channel."""
    clear(totals)
    for begin in range(0, len(x), ROWS):
        clear(some)
        for i in range(begin, min(begin + ROWS, len(x))):
            for j in range(x.shape[1]):
                some[0, j] += dy[i, j] * ((x[i, j] - mean[j]) * scale[j])
                some[1, j] += dy[i, j]
        add(some, totals)


@inner
def clear(sums: Any) -> None:
    """Set both rows to zero."""
    for j in range(sums.shape[1]):
        sums[0, j] = sums[1, j] = 0


@inner
def add(some: Any, totals: Any) -> None:
    """Add the sums over some places to the totals, which are in float64."""
    for j in range(totals.shape[1]):
        totals[0, j] += some[0, j]
        totals[1, j] += some[1, j]


@any_order
def mean_of(totals: Any, first: Any, own: Any, count: Any) -> Any:
    """The sum over the channels of a group, divided by the count."""
    values, total = piece_of(totals, first, own), 0.0
    for j in range(own):
        total += values[j]
    return total / count


@inner
def fill(values: Any, first: Any, own: Any, value: Any) -> None:
    """Set all channels of a group to one value."""
    to = piece_of(values, first, own)
    for j in range(own):
        to[j] = value


class FusedGroupNorm(Layer):
    """y = γ x̂ + β and its gradients, with the parameters of the layer it replaces."""

    def __init__(self, layer: Any) -> None:
        self.layer = layer

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, Any]:
        layer, y, xs = self.layer, np.empty(x.shape, x.dtype), self._samples(x)
        means, scales = (np.empty((len(x), x.shape[-1]), x.dtype) for _ in range(2))
        ys, (epsilon, _) = self._samples(y), numbers_of((layer.epsilon,), x.dtype)

        def normalize(some: slice) -> None:
            normalize_groups(
                xs[some], layer.groups, epsilon, layer.gamma, layer.beta, means[some],
                scales[some], ys[some],
            )  # fmt: skip

        in_pieces(xs, normalize)
        return y, (xs, means, scales)

    def backward(self, dy: Array, saved: Any) -> Array:
        xs, means, scales = saved
        layer, dx, dys = self.layer, np.empty(dy.shape, dy.dtype), self._samples(dy)
        dxs = self._samples(dx)

        def send_back(some: slice) -> Any:
            return normalize_groups_back(
                dys[some], xs[some], layer.groups, layer.gamma, means[some], scales[some], dxs[some]
            )

        layer.dgamma[...], layer.dbeta[...] = sum(in_pieces(xs, send_back))
        return dx

    def _samples(self, x: Array) -> Array:
        """(samples, places, channels), contiguous."""
        return np.ascontiguousarray(x).reshape(len(x), -1, x.shape[-1])
