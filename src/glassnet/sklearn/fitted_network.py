"""A network, and what others are told of it."""

from typing import NamedTuple

import numpy as np

from glassnet.base.arrays import Array
from glassnet.sequential import Sequential


class Held(NamedTuple):
    """A network, and the weights and biases of its dense layers as they are told to others."""

    network: Sequential
    coefs: list[Array]
    intercepts: list[Array]


def held(network: Sequential) -> Held:
    """The network with views into its parameters; where a layer has no bias, zeros."""
    weights, biases = [], []
    for index, layer in enumerate(network.layers):
        W = layer.weight_matrix()
        if W is not None:
            zeros = np.zeros(W.shape[-1], network.dtype)
            weights.append(W)
            biases.append(network.parameters.of(index).get("b", zeros))
    return Held(network, weights, biases)
