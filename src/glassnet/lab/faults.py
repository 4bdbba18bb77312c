"""Layers whose backward is wrong, for one task of the course: gradient checks find them.

None is registered, so no words and no file give one: they are planted into a network. Each is the
mistake of a chapter of the course, and passes for the layer that it should be.
"""

import numpy as np

from glassnet.base.arrays import Array
from glassnet.nn.functions import product, transposed
from glassnet.nn.layers import Dense, Layer, Sigmoid, Tanh
from glassnet.sequential import Sequential


class TanhOfInput(Tanh):
    """1 − x² with the input x, where it should be 1 − y²."""

    def forward(self, x: Array, rng: object = None) -> tuple[Array, Array]:
        return np.tanh(x), x


class SigmoidOfOutput(Sigmoid):
    """dx = dy · y: the factor 1 − y is missing."""

    def backward(self, dy: Array, saved: Array) -> Array:
        dx: Array = dy * saved
        return dx


class DenseOfMean(Dense):
    """db is the mean of dy over the batch, where it should be the sum."""

    def gradients(self, dy: Array, x: Array) -> None:
        product(x.mT, dy, out=self.dW)
        np.mean(dy, axis=-2, out=self.db)


class DenseOfSigns(Dense):
    """dx = −dy Wᵀ: the sign is wrong."""

    def backward(self, dy: Array, x: Array) -> Array:
        self.gradients(dy, x)
        return -product(dy, transposed(self.W))


FAULTS: tuple[type[Layer], ...] = (TanhOfInput, SigmoidOfOutput, DenseOfMean, DenseOfSigns)
for _fault in FAULTS:
    _right = _fault.__mro__[1]
    _fault.__doc__, _fault.name = _right.__doc__, getattr(_right, "name", None)


def planted(network: Sequential, fault: int | None) -> Sequential:
    """A network with the same weights in which the last layer of that kind but one, or the only
    one, is wrong; without such a layer, or for None, the network itself."""
    if fault is None:
        return network
    kind, right = FAULTS[fault], FAULTS[fault].__mro__[1].__name__
    config = network.config()
    places = [n for n, each in enumerate(config["layers"]) if each["kind"] == right]
    if not places:
        return network
    config["layers"][places[-2:][0]]["kind"] = kind.__name__
    made = type(network).from_config(config, [*network.kinds(), kind], seed=network.seed)
    made.copy_task(network)
    return made
