"""A graph of another library as a row of layers, or refused: nothing of it is left out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from glassnet.base.errors import InputError

EXPECTED = "expected layers in a row, each taking what the one before it gives"


@dataclass(frozen=True)
class Node:
    """A step of a graph: `label` names it and its place, values have names.

    `inputs` are the values that it computes with, a value that it takes twice twice; parameters
    and constants are not among them.
    """

    label: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


N = TypeVar("N", bound=Node)


def row(nodes: Sequence[N], start: str, end: str, where: str) -> list[N]:
    """All nodes in the order in which they lead from the value `start` to the value `end`.

    Raises InputError if they are no row: for a value that is read twice or never, a node of
    several values, a node that is not on the way, a cycle. `where` begins the message.

    >>> dense, relu = Node("Dense", ("x",), ("h",)), Node("ReLU", ("h",), ("y",))
    >>> [node.label for node in row([relu, dense], "x", "y", "from_there")]
    ['Dense', 'ReLU']
    >>> row([dense, relu, Node("Add", ("h", "y"), ("z",))], "x", "z", "from_there")
    Traceback (most recent call last):
    glassnet.base.errors.InputError: from_there: 'h' is read by ReLU and Add: expected layers in a \
row, each taking what the one before it gives
    """
    _check_made_once(nodes, start, where)
    readers: dict[str, list[N]] = {}
    for node in nodes:
        for name in dict.fromkeys(node.inputs):
            readers.setdefault(name, []).append(node)
    found: list[N] = []
    value = start
    while value != end:  # it ends: each value is made once, so no node can be met again
        node = _only_reader(value, readers.get(value, []), where)
        found.append(node)
        value = node.outputs[0]
    if further := readers.get(end):
        raise _no_row(where, f"{further[0].label} reads the output {end!r}")
    met = set(map(id, found))
    for node in nodes:
        if id(node) not in met:
            raise _no_row(where, f"{node.label} is not on the way from {start!r} to {end!r}")
    return found


def _check_made_once(nodes: Sequence[Node], start: str, where: str) -> None:
    """That a value has one origin: with one reader each, no way then leads back to itself."""
    origins = {start: "the input"}
    for node in nodes:
        for name in node.outputs:
            if name in origins:
                raise _no_row(where, f"{node.label} gives {name!r}, as does {origins[name]}")
            origins[name] = node.label


def _only_reader(value: str, readers: Sequence[N], where: str) -> N:
    """The one node that reads this value; it reads and gives nothing else."""
    if not readers:
        raise _no_row(where, f"nothing reads {value!r}, which is not the output")
    if len(readers) > 1:
        raise _no_row(where, f"{value!r} is read by {_listed([each.label for each in readers])}")
    node = readers[0]
    for verb, names in (("takes", node.inputs), ("gives", node.outputs)):
        if len(names) != 1:
            raise _no_row(where, f"{node.label} {verb} {_listed(list(map(repr, names)))}")
    return node


def _listed(names: list[str]) -> str:
    """As in "a, b and c"."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names or ["nothing"])


def _no_row(where: str, what: str) -> InputError:
    return InputError(f"{where}: {what}: {EXPECTED}")
