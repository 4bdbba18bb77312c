"""The network behind an estimator's `coefs_` and `intercepts_`."""

import operator
from typing import Any, NamedTuple, Self

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.errors import InputError
from glassnet.sequential import Sequential


class NetworkViews(NamedTuple):
    """A network, and the weights and biases of its layers as views of its parameters."""

    network: Sequential
    coefs: list[Array]
    intercepts: list[Array]

    @classmethod
    def of(cls, network: Sequential) -> Self:
        """The views of a network; a layer without biases has zeros."""
        weights, biases = [], []
        for index, layer in enumerate(network.layers):
            W = layer.weight_matrix()
            if W is not None:
                zeros = np.zeros(W.shape[-1], network.dtype)
                weights.append(W)
                biases.append(network.parameters.of(index).get("b", zeros))
        return cls(network, weights, biases)

    def are(self, arrays: list[Array]) -> bool:
        """Whether these arrays are the views themselves, in their order."""
        views = [*self.coefs, *self.intercepts]
        return len(arrays) == len(views) and all(map(operator.is_, arrays, views))

    def assign(self, arrays: list[Array]) -> None:
        """Write the values of these arrays into the network; InputError if a shape differs."""
        for view, values in zip([*self.coefs, *self.intercepts], arrays, strict=True):
            if view.shape != np.shape(values):
                raise InputError(
                    f"coefs_ or intercepts_ has an array of shape {np.shape(values)}, expected "
                    f"the shape {view.shape} of the network's own"
                )
            view[...] = values

    def publish(self, estimator: Any) -> None:
        """Let the estimator's `coefs_` and `intercepts_` be these views."""
        estimator.coefs_, estimator.intercepts_ = list(self.coefs), list(self.intercepts)


def attach(estimator: Any, network: Sequential) -> None:
    """Give the estimator this network; an estimator without `coefs_` gets the network's."""
    estimator._views = NetworkViews.of(network)
    if not hasattr(estimator, "coefs_"):
        estimator._views.publish(estimator)


def synchronise(estimator: Any) -> Sequential:
    """The attached network, after it has taken over arrays that the user put into `coefs_`."""
    views: NetworkViews = estimator._views
    arrays = [*estimator.coefs_, *estimator.intercepts_]
    if not views.are(arrays):
        views.assign(arrays)
        views.publish(estimator)
    return views.network
