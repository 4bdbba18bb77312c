"""When training diverges: where the first number that is not finite came from."""

import numpy as np

from glassnet.base.arrays import Array
from glassnet.nn.network import Network
from glassnet.nn.parameters import Parameters

HINT = (
    "lower the learning rate, scale the inputs to about −1 to 1, or clip the gradient (clip_norm=1)"
)


def first_not_finite(network: Network, x: Array | None) -> str:
    """The place where the first number that is NaN or infinite came from, in words.

    `x` is the batch whose loss is not finite, or None when the parameters themselves are not.
    """
    place = _gradient(network) or (_parameter(network) if x is None else _output(network, x))
    return place or "the loss itself"


def _gradient(network: Network) -> str | None:
    """The layer nearest to the loss whose gradient, of the step before, is not finite."""
    name = _last_not_finite(network.gradient)
    return name and f"gradient of {name} in {network.label(name.rpartition('.')[0])}"


def _parameter(network: Network) -> str | None:
    """The layer nearest to the loss whose parameters are not finite, though its gradient is."""
    name = _last_not_finite(network.parameters)
    return name and f"step of {name} in {network.label(name.rpartition('.')[0])}"


def _last_not_finite(named: Parameters) -> str | None:
    wrong = [name for name, values in named.items() if not np.isfinite(values).all()]
    return wrong[-1] if wrong else None


def _output(network: Network, x: Array) -> str | None:
    with np.errstate(all="ignore"):
        for index, y in enumerate(network.activations(x)):
            if not np.isfinite(y).all():
                return f"output of {network.label(index)}"
    return None
