"""The network in words: its layers one by one, and those that may be chosen."""

import inspect
from collections.abc import Sequence
from typing import Any

from glassnet.base.arrays import Shape
from glassnet.base.configurable import formula
from glassnet.base.errors import GlassnetError
from glassnet.data import Dataset
from glassnet.lab.shown.described import parameters_of, said, settings_of
from glassnet.lab.state.session import Session
from glassnet.nn.layers import LAYERS, Chain, Dense, Layer, Tanh, layers_from, words_for
from glassnet.sequential import Sequential
from glassnet.workflows.networks import words_of
from glassnet.workflows.spec import Net


def rows_from(words: str | Sequence[str]) -> list[str]:
    """The words of each layer as the engine writes them, one after another.

    >>> rows_from("linear 8 relu, 2 x (tanh)")
    ['dense 8', 'relu', 'tanh', 'tanh']
    """
    return [words_for([layer]) for layer in Chain(layers_from(words)).layers]


def own_layers(network: Sequential, net: Net, data: Dataset) -> range:
    """Which layers of a network its words describe: the outputs follow, unless the last of them
    gives them, and what brings inputs and targets into a range stands around them."""
    end = len(network.layers)
    while network.layers[end - 1].name == "scale":
        end -= 1
    end -= isinstance(network.layers[end - 1], Dense)
    words = words_of(net, data)
    if words is not None:
        return range(end - len(rows_from(words)), end)
    return range(network.layers[0].name == "scale", end)


def of_words(session: Session) -> dict[str, Any]:
    """The rows of the text, what each is set to, and which layers would fit before each."""
    network, net = session.run.network, session.settings.network
    own = own_layers(network, net, session.run.data)
    shapes = network.shapes(session.run.data.input_shape)
    return {
        "first": own.start,
        "rows": _rows(words_of(net, session.run.data), [network.layers[n] for n in own]),
        "fits": [_fitting(shapes[n]) for n in [*own, own.stop]],
        "starts": {name: getattr(net, name) for name in ("init", "bias", "bias_init")},
        "multiply_adds": network.summary().total.multiply_adds,
    }


def _rows(words: str | None, layers: Sequence[Layer]) -> list[dict[str, Any]]:
    """Each layer in the words of the settings, and what it is set to in the network."""
    texts = [words_for([layer]) for layer in layers] if words is None else rows_from(words)
    return [
        {
            "words": text,
            "name": layer.name,
            "settings": None if layer.parts() else settings_of(layer),
        }
        for text, layer in zip(texts, layers, strict=True)
    ]


def _fitting(shape: Shape) -> list[str]:
    """The names of the layers that take samples of this shape, with their example's settings."""
    return [str(kind.name) for kind in LAYERS.values() if _fits(kind, shape)]


def _fits(kind: type[Layer], shape: Shape) -> bool:
    try:
        _example(kind).output_shape(shape)
    except GlassnetError:
        return False
    return True


def _example(kind: type[Layer]) -> Layer:
    """One layer of a kind; a container of something that takes any shape."""
    if made_of := getattr(kind, "made_of", None):
        made: Layer = made_of([[Tanh()]])
        return made
    return kind.from_config(kind.examples[0])


# ---- what may be chosen


def families() -> dict[str, list[dict[str, Any]]]:
    """Every layer that is registered, by family: its words, formula and settings."""
    found: dict[str, list[dict[str, Any]]] = {}
    for kind in LAYERS.values():
        found.setdefault(kind.__module__.rpartition(".")[2], []).append(_kind(kind))
    return found


def _kind(kind: type[Layer]) -> dict[str, Any]:
    example = _example(kind)
    needed = [p.name for p in inspect.signature(kind).parameters.values() if p.default is p.empty]
    made_of = bool(example.parts())
    given = " ".join(said(each) for name, each in example.config().items() if name in needed)
    return {
        "name": kind.name,
        "words": words_for([example]) if made_of else f"{kind.name} {given}".strip(),
        "formula": formula(kind),
        "parameters": [] if made_of else parameters_of(kind),
    }
