"""What all scripts have in common: weights in a file beside them, and lines for each layer."""

import io
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array, Shape
from glassnet.base.files import atomic_write
from glassnet.base.version import VERSION
from glassnet.nn.layers.containers import alike
from glassnet.nn.network import Network

NUMBER = "{n}"  # of a branch, in the name of the one that stands for many
IN_QUOTES = re.compile(rf'"([^"]*{re.escape(NUMBER)}[^"]*)"')


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
        """Its name as a part of an identifier, or of a string that has the number in it."""
        return self.name.replace(".", "_")

    @property
    def variable(self) -> str:
        """The same for the name of a variable, which is a new one in each turn of a loop."""
        return self.label.replace(NUMBER, "n")

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

    def runs(self) -> list["Run"]:
        """The places of a container's parts: of branches that are alike, many as one run."""
        parts = self.parts()
        if self.layer.name != "concat" or NUMBER in self.name:
            return [Run([part]) for part in parts]
        places = {part.name.rpartition(".")[-1]: part for part in parts}
        return [Run([places[name] for name, _ in run]) for run in alike(self.layer.parts())]

    def walk(self) -> Iterator["Place"]:
        """Every layer that is not a container, in the order in which they are computed."""
        if not self.layer.parts() and self.layer.name != "chain":
            yield self
        for part in self.parts():
            yield from part.walk()


class Run(NamedTuple):
    """Parts of a container that are alike, or a single one."""

    places: list[Place]

    @property
    def one(self) -> Place:
        """The place of each of them, with its number left open."""
        before, _, _ = self.places[0].name.rpartition(".")
        return self.places[0]._replace(name=f"{before}.{NUMBER}")

    @property
    def numbers(self) -> str:
        """The numbers of them all, for a loop."""
        first, last = (int(each.name.rpartition(".")[-1]) for each in self.ends)
        return f"range({last + 1})" if first == 0 else f"range({first}, {last + 1})"

    @property
    def ends(self) -> tuple[Place, Place]:
        """The first and the last."""
        return self.places[0], self.places[-1]

    def loop(self, lines: Callable[[Place], list[str]]) -> list[str] | None:
        """A loop over the lines of `one`; None for a single part, and if a function in them would
        see the number only when it is called, after the loop."""
        if len(self.places) == 1:
            return None
        own = lines(self.one)
        if any(NUMBER in line and "lambda" in line for line in own):
            return None
        inside = [f"    {_with_number(line)}" for line in own]
        return [f"for n in {self.numbers}:", *inside] if inside else []


def _with_number(line: str) -> str:
    """A line with the number of the loop in its strings."""
    code, mark, said = line.partition("  # ")
    return IN_QUOTES.sub(r'f"\1"', code) + mark + said.replace(NUMBER, "n")


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
    start = f"x_{place.variable}"
    lines, results = [f"{start} = x"], list[str]()
    for run in place.runs():
        first, last = (part.variable for part in run.ends)
        many = f"y_{first}_to_{last.rpartition('_')[-1]}"

        def own(part: Place, end: str) -> list[str]:
            return [f"x = {start}", *statements(part, spelled, concatenate), end]

        loop = run.loop(partial(own, end=f"{many}.append(x)"))
        if loop is not None:
            results.append(f"*{many}")
            lines += [f"{many} = []", *loop]
            continue
        for part in run.places:
            results.append(f"y_{part.variable}")
            lines += own(part, f"{results[-1]} = x")
    if kind == "concat":
        joined = concatenate.format(", ".join(results))
    else:
        joined = " + ".join([*results, start][:2])
    return [*lines, f"x = {joined}".ljust(50) + f"  # {place.name} {place.kind}"]


def in_loops(place: Place, lines: Callable[[Place], list[str]]) -> list[str]:
    """The lines of every layer; those of many branches that are alike in a loop."""
    if not place.layer.parts():
        return lines(place) if place.layer.name != "chain" else []
    found = list[str]()
    for run in place.runs():
        loop = run.loop(partial(in_loops, lines=lines))
        alone = (line for part in run.places for line in in_loops(part, lines))
        found += alone if loop is None else loop
    return found


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
