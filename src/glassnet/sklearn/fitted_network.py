"""A network, and what others are told of it."""

from typing import NamedTuple

import numpy as np

from glassnet.base.arrays import Array
from glassnet.nn.layers import Dense
from glassnet.sequential import Sequential


class Held(NamedTuple):
    """A network, and the weights and biases of its dense layers as they are told to others."""

    network: Sequential
    coefs: list[Array]
    intercepts: list[Array]


def held(network: Sequential) -> Held:
    """The network with views into its parameters; where a layer has no bias, zeros."""
    dense = [layer for layer in network.layers if isinstance(layer, Dense)]
    biases = [layer.b if layer.bias else np.zeros(layer.units, network.dtype) for layer in dense]
    return Held(network, [layer.W for layer in dense], biases)
