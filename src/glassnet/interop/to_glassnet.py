"""The network in glassnet itself, as a script like those for other libraries."""

from glassnet.interop.script import Place, Script, root, scaling, signature, weights
from glassnet.nn.network import Network


def script(network: Network, name: str) -> Script:
    """A script with the network and its training."""
    layers = "\n".join(f"            gn.{_line(place)}," for place in root(network).parts())
    how = network.trained.get("settings", {})
    assert network.loss is not None
    text = f'''"""A network in glassnet: written by {signature()}."""

from pathlib import Path

import numpy as np

import glassnet as gn

with np.load(Path(__file__).with_name("{name}.npz")) as file:
    W = dict(file)


def network():
    """The layers with their weights."""
    model = gn.Sequential(
        [
{layers}
        ],
        input_shape={network.input_shape},
        dtype="{network.dtype}",
    )
    for name in model.parameters:
        model.parameters[name] = W[name]
    return model


def train(model, x, y, epochs=1, batch_size=32):
    """Train it; returns the history. Then `model.predict(x)` gives predictions."""
    return model.fit(
        x,
        y,
        epochs=epochs,
        batch_size=batch_size,
        loss={network.loss.config()!r},
        optimizer={how.get("optimizer", "adam")!r},
    )
'''
    return Script(text, weights(network))


def _line(place: Place) -> str:
    if place.layer.name == "scale":
        return f"Scale({', '.join(scaling(place))})"
    return repr(place.layer)
