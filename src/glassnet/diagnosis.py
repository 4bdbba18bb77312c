"""When training diverges: where the first number that is not finite came from."""

from typing import TYPE_CHECKING

import numpy as np

from glassnet.arrays import Array
from glassnet.errors import DivergedError
from glassnet.network import Network

if TYPE_CHECKING:
    from glassnet.training import Trainer

HINT = (
    "lower the learning rate, scale the inputs to about −1 to 1, or clip the gradient (clip_norm)"
)


def diverged(trainer: "Trainer", x: Array | None) -> DivergedError:
    """The error to raise; the network gets its last finite parameters back.

    `x` is the batch whose loss is not finite, or None when the parameters themselves are not.
    """
    network = trainer.network
    where = _gradient(network) or (None if x is None else _output(network, x))
    place = where or "the loss itself"
    trainer.restore_finite()
    epochs = trainer.history.epochs
    kept = f"those after epoch {epochs}" if epochs else "its first ones"
    return DivergedError(
        f"training diverged in epoch {trainer.epoch_index + 1}, step {trainer.batch_index + 1}: "
        f"first not finite: {place}. Try this: {HINT}. The network's parameters are {kept}."
    )


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
