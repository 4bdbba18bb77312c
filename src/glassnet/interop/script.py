"""What all scripts have in common: weights in a file beside them, and lines for each layer."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array, Shape
from glassnet.base.files import atomic_write
from glassnet.base.version import VERSION
from glassnet.nn.network import Network


class Script(NamedTuple):
    """The text, and the arrays that it reads."""

    text: str
    weights: dict[str, Array]


class Place(NamedTuple):
    """A layer at its place: its name, and the shapes of a sample before and after it."""

    layer: Any
    name: str
    before: Shape
    after: Shape

    @property
    def key(self) -> str:
        """How its arrays' names begin."""
        return f"{self.name}."

    @property
    def label(self) -> str:
        """Its name as a part of an identifier."""
        return self.name.replace(".", "_")

    @property
    def kind(self) -> str:
        """The name of its class."""
        return type(self.layer).__name__

    def parts(self) -> list["Place"]:
        """The places of a container's parts."""
        before = "" if self.name == ROOT else self.key
        shapes = self.layer.part_shapes(self.before)
        return [
            Place(layer, f"{before}{name}", shape, layer.output_shape(shape))
            for (name, layer), shape in zip(self.layer.parts(), shapes, strict=True)
        ]

    def walk(self) -> Iterator["Place"]:
        """Every layer that is not a container, in the order in which they are computed."""
        if not self.layer.parts() and self.layer.name != "chain":
            yield self
        for part in self.parts():
            yield from part.walk()


ROOT = ""


def root(network: Network) -> Place:
    """The network's layers as one chain, once it is known what its outputs mean."""
    network.trained_loss()
    assert network.input_shape is not None
    return Place(network.root, ROOT, network.input_shape, network.output_shape)


def statements(place: Place, spelled: Callable[[Place], str], concatenate: str) -> list[str]:
    """The lines that make a layer's output of its input, both x; `concatenate` joins arrays."""
    parts, kind = place.parts(), place.layer.name
    if kind == "chain":
        return [line for part in parts for line in statements(part, spelled, concatenate)]
    if kind not in ("residual", "concat"):
        return [f"x = {spelled(place)}".ljust(50) + f"  # {place.name} {place.kind}"]
    start, results = f"x_{place.label}", []
    lines = [f"{start} = x"]
    for part in parts:
        results.append(f"y_{part.label}")
        lines += [f"x = {start}", *statements(part, spelled, concatenate), f"{results[-1]} = x"]
    if kind == "concat":
        joined = concatenate.format(", ".join(results))
    else:
        joined = " + ".join([*results, start][:2])
    return [*lines, f"x = {joined}".ljust(50) + f"  # {place.name} {place.kind}"]


def weights(network: Network) -> dict[str, Array]:
    """Every array of a script: the parameters, and what layers scale each feature by."""
    found = {name: values.copy() for name, values in network.parameters.items()}
    for name, layer in network.walk():
        for setting in ("factor", "shift"):
            if np.ndim(value := getattr(layer, setting, 0.0)):
                found[f"{name}.{setting}"] = np.asarray(value, network.dtype)
    return found


def scaling(place: Place) -> tuple[str, str]:
    """A Scale's factor and shift as they are written: numbers, or arrays of the weights' file."""
    factor, shift = (
        f'W["{place.key}{name}"]' if np.ndim(value) else repr(value)
        for name, value in (("factor", place.layer.factor), ("shift", place.layer.shift))
    )
    return factor, shift


def unit(network: Network, array: str) -> str:
    """` / 2.0` if a distance counts in that unit; one for each output is made by `array`."""
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
    arrays = path.with_suffix(".npz")
    with io.BytesIO() as buffer:
        np.savez(buffer, allow_pickle=False, **made.weights)
        content = buffer.getvalue()
    with atomic_write(arrays) as file:
        file.write(content)
    with atomic_write(path) as file:
        file.write(made.text.encode())
    return [path, arrays]
