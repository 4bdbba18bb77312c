"""Where the weights of a run come from: drawn by its seed, or from a network in a file."""

from typing import Any

import numpy as np

from glassnet.base.errors import GlassnetError, InputError
from glassnet.data import Dataset
from glassnet.lab.faults import planted
from glassnet.lab.sources.shelf import NETWORK, Shelf
from glassnet.lab.state.settings import Settings
from glassnet.nn.layers import Dense, Layer, words_for
from glassnet.sequential import Sequential
from glassnet.workflows.networks import network_of
from glassnet.workflows.spec import Net, Training

ENDING = NETWORK
LAB = "lab"  # what is known of the training under this name is the link to the lab's settings


def network_for(settings: Settings, shelf: Shelf, data: Dataset) -> Sequential:
    """The network of these settings before its first step.

    Raises `InputError` for a file that does not fit the data.
    """
    if settings.start is None:
        return planted(network_of(settings.network, settings.seed, data), settings.fault)
    network = network_in(shelf, settings.start)
    check_fit(settings.start, network, data)
    network.seed, network.rng = settings.seed, np.random.default_rng(settings.seed)
    network.classes = network.classes or data.classes
    network.schema, network.target = network.schema or data.schema, network.target or data.target
    network.feature_names = network.feature_names or data.feature_names
    return network


def network_in(shelf: Shelf, name: str) -> Sequential:
    """The network in a file of the shelf, in float32 or float64 as it was saved."""
    path = shelf.path(name)
    try:
        return Sequential.load(path)
    except GlassnetError as error:
        raise InputError(str(error).replace(str(path), name)) from None


def check_fit(name: str, network: Sequential, data: Dataset) -> None:
    """Raise InputError if the network was trained on other columns, pictures or classes."""
    takes, has = network.input_shape, data.input_shape
    if takes != has:
        raise InputError(
            f"{name} takes {_samples(takes or ())} and {data.name} has {_samples(has)}: choose "
            "data like those that it was trained on"
        )
    if network.classes and network.classes != data.classes:
        known = ", ".join(data.classes[:6]) or "values"
        raise InputError(
            f"{name} knows the classes {', '.join(network.classes[:6])} and {data.name} has "
            f"{known}: choose data with the same classes"
        )
    if network.schema and data.schema and not network.schema.reads_like(data.schema):
        raise InputError(
            f"{name} was trained on columns that were read in a different way than those of "
            f"{data.name}: set target, columns and kinds as in training"
        )


def _samples(shape: tuple[int, ...]) -> str:
    count = f"{shape[0]} number{'s' * (shape[0] != 1)}" if len(shape) == 1 else ""
    return f"samples of {count or ' × '.join(map(str, shape))}"


def settled(settings: Settings, before: Settings) -> Settings:
    """The settings without a file's weights if its network or data were exchanged since."""
    same = (settings.network, settings.data) == (before.network, before.data)
    if same or settings.start != before.start:
        return settings
    return settings.model_copy(update={"start": None})


# ---- what a file says of its training


def described(network: Sequential) -> dict[str, Any]:
    """The network, the training and the seed of a trained network, as settings have them."""
    how = network.trained.get("settings", {})
    own = {name: how[name] for name in Training.model_fields if name in how}
    if own.get("optimizer", {}).get("kind") == "LBFGS":
        del own["optimizer"]
    training = Training.model_validate({**own, "engine": "auto", "validation": 0.0})
    return {
        "network": Net(layers=[words_for([layer]) for layer in inner(network)] or ""),
        "training": training,
        "seed": network.trained.get("seed") or 0,
    }


def inner(network: Sequential) -> list[Layer]:
    """The layers between the scaling of inputs and the one that gives the outputs, which follow by
    themselves."""
    layers = list(network.layers)
    while layers and layers[0].name == "scale":
        del layers[0]
    while layers and layers[-1].name == "scale":
        del layers[-1]
    return layers[:-1] if layers and isinstance(layers[-1], Dense) else layers
