"""When training diverges: where the first number that is not finite came from."""

import numpy as np

from glassnet.arrays import Array
from glassnet.network import Network

HINT = (
    "lower the learning rate, scale the inputs to about −1 to 1, or clip the gradient (clip_norm=1)"
)


def first_not_finite(network: Network, x: Array | None) -> str:
    """The place where the first number that is NaN or infinite came from, in words.

    `x` is the batch whose loss is not finite, or None when the parameters themselves are not.
    """
    place = _gradient(network) or (None if x is None else _output(network, x))
    return place or "the loss itself"


def _gradient(network: Network) -> str | None:
    """The layer nearest to the loss whose gradient, of the step before, is not finite."""
    for name, values in reversed(list(network.gradient.items())):
        if not np.isfinite(values).all():
            return f"gradient of {name} in {_layer(network, int(name.partition('.')[0]))}"
    return None


def _output(network: Network, x: Array) -> str | None:
    with np.errstate(all="ignore"):
        for index, layer in enumerate(network.layers):
            x, _ = layer.forward(x)
            if not np.isfinite(x).all():
                return f"output of {_layer(network, index)}"
    return None


def _layer(network: Network, index: int) -> str:
    return f"layer {index} ({type(network.layers[index]).__name__})"
