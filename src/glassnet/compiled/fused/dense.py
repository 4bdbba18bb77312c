"""A dense layer and the activation after it: a product, then one pass."""

from typing import Any

import numpy as np

from glassnet.base.arrays import Array, Rng
from glassnet.compiled.fused.activation import Curved
from glassnet.compiled.fused.kernels import zeros
from glassnet.nn.functions import product
from glassnet.nn.layers import Dense, Layer


class FusedDense(Layer):
    """y = f(x W + b) and its gradients, with the parameters of the dense layer it replaces."""

    def __init__(self, layer: Dense, activation: Layer) -> None:
        self.layer, self.activation, self.curved = layer, activation, Curved(activation)

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, Any]:
        dense = self.layer
        z = x @ dense.W
        b = dense.b if dense.bias else zeros(dense.units, z.dtype)
        y, kept = self.curved.of_sum(z, b)
        return y, (x, kept)

    def backward(self, dy: Array, saved: Any) -> Array:
        return product(self._gradients(dy, saved), self.layer.W.T)

    def gradients(self, dy: Array, saved: Any) -> None:
        self._gradients(dy, saved)

    def _gradients(self, dy: Array, saved: Any) -> Array:
        """Assign dW and db; returns dz, the gradient before the activation."""
        x, kept = saved
        dense = self.layer
        db = dense.db if dense.bias else np.empty(dense.units, dy.dtype)
        dz = self.curved.back(dy, kept, db)
        product(x.mT, dz, out=dense.dW)
        return dz
