"""What all scripts have in common: weights in a file beside them, and lines for each layer."""

import io
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array, Shape
from glassnet.base.errors import InputError
from glassnet.base.files import atomic_write
from glassnet.base.version import VERSION
from glassnet.nn.layers import LAYERS, Scale
from glassnet.nn.network import Network


class Script(NamedTuple):
    """The text, and the arrays that it reads."""

    text: str
    weights: dict[str, Array]


class Place(NamedTuple):
    """A layer where it stands: its number, and the shapes of a sample before and behind it."""

    layer: Any
    number: int
    before: Shape
    behind: Shape

    @property
    def key(self) -> str:
        """How its arrays' names begin."""
        return f"{self.number}."


Lines = Mapping[str, Callable[[Place], str]]


def places(network: Network, known: Collection[str]) -> Iterator[Place]:
    """Every layer in its place; InputError for one that nobody knows elsewhere."""
    network.trained_loss()
    assert network.input_shape is not None
    shapes = network.shapes(network.input_shape)
    for index, layer in enumerate(network.layers):
        kind = type(layer).__name__
        if LAYERS.get(kind) is not type(layer) or kind not in known:
            raise InputError(f"layer {index} is {kind}: only glassnet's own layers can be exported")
        yield Place(layer, index, shapes[index], shapes[index + 1])


def weights(network: Network) -> dict[str, Array]:
    """Every array of a script: the parameters, and what layers scale each feature by."""
    found = {name: values.copy() for name, values in network.parameters.items()}
    for index, layer in enumerate(network.layers):
        if isinstance(layer, Scale):
            for name in ("factor", "shift"):
                if np.ndim(value := getattr(layer, name)):
                    found[f"{index}.{name}"] = np.asarray(value, network.dtype)
    return found


def scaling(place: Place) -> tuple[str, str]:
    """A Scale's factor and shift as they are written: numbers, or arrays of the weights' file."""
    factor, shift = (
        f'W["{place.key}{name}"]' if np.ndim(value) else repr(value)
        for name, value in (("factor", place.layer.factor), ("shift", place.layer.shift))
    )
    return factor, shift


def unit(network: Network, array: str) -> str:
    """` / 2.0` where a distance counts in that unit; one for each output is made by `array`."""
    value = np.asarray(getattr(network.loss, "unit", 1.0))
    if np.all(value == 1):
        return ""
    numbers = repr(value.tolist())
    return f" / {numbers if value.ndim == 0 else f'{array}({numbers})'}"


def shape_text(shape: Shape) -> str:
    """As in `samples, 8, 8`."""
    return ", ".join(["samples", *map(str, shape)])


def signature() -> str:
    """Who wrote it."""
    return f"glassnet {VERSION}"


def write(made: Script, path: Path) -> list[Path]:
    """The script, and its weights beside it; each whole or not at all."""
    if path.suffix != ".py":
        path = path.with_name(f"{path.name}.py")
    arrays = path.with_suffix(".npz")
    with io.BytesIO() as buffer:
        np.savez(buffer, allow_pickle=False, **made.weights)
        content = buffer.getvalue()
    with atomic_write(arrays) as file:
        file.write(content)
    with atomic_write(path) as file:
        file.write(made.text.encode())
    return [path, arrays]
