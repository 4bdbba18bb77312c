"""Dropout: from noise to mask to output in one pass."""

from typing import Any

import numpy as np

from glassnet.base.arrays import Array, Rng
from glassnet.compiled.compiler import kernel
from glassnet.nn.layers import Dropout, Layer


@kernel
def drop(x: Any, noise: Any, rate: Any, kept: Any, y: Any, mask: Any) -> None:
    """y = x · mask / kept, where the mask is 1 if the noise is at least the rate."""
    for i in range(len(x)):
        mask[i] = noise[i] >= rate
        y[i] = x[i] * x.dtype.type(mask[i]) / kept


@kernel
def drop_back(dy: Any, mask: Any, kept: Any, dx: Any) -> None:
    """dx = dy · mask / kept."""
    for i in range(len(dy)):
        dx[i] = dy[i] * dy.dtype.type(mask[i]) / kept


class FusedDropout(Layer):
    """Dropout that draws the same noise as the layer it replaces."""

    def __init__(self, layer: Dropout) -> None:
        self.layer = layer

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, Array | None]:
        rate = self.layer.rate
        if rng is None or rate == 0:
            return x, None
        noise = rng.random(x.size, dtype=np.float32)
        y, mask = np.empty(x.shape, x.dtype), np.empty(x.size, np.uint8)
        numbers = np.ascontiguousarray(x).reshape(-1)
        drop(numbers, noise, np.float32(rate), x.dtype.type(1 - rate), y.reshape(-1), mask)
        return y, mask

    def backward(self, dy: Array, saved: Array | None) -> Array:
        if saved is None:
            return dy
        dx = np.empty(dy.shape, dy.dtype)
        numbers, kept = np.ascontiguousarray(dy).reshape(-1), dy.dtype.type(1 - self.layer.rate)
        drop_back(numbers, saved, kept, dx.reshape(-1))
        return dx
