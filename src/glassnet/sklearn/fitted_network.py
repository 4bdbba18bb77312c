"""A fitted network, and views of its weights and biases."""

from typing import NamedTuple

import numpy as np

from glassnet.base.arrays import Array
from glassnet.sequential import Sequential


class NetworkViews(NamedTuple):
    """A network, and the weights and biases of its dense layers."""

    network: Sequential
    coefs: list[Array]
    intercepts: list[Array]


def views_of(network: Sequential) -> NetworkViews:
    """The network with views into its parameters; if a layer has no bias, zeros."""
    weights, biases = [], []
    for index, layer in enumerate(network.layers):
        W = layer.weight_matrix()
        if W is not None:
            zeros = np.zeros(W.shape[-1], network.dtype)
            weights.append(W)
            biases.append(network.parameters.of(index).get("b", zeros))
    return NetworkViews(network, weights, biases)
