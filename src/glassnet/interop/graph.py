"""A graph of another library as a row of layers, or refused: nothing of it is left out."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
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


def folded(
    nodes: Sequence[N],
    ends: Sequence[str],
    joins: Callable[[N], bool],
    made: Callable[[N, tuple[str, ...], list[list[N]]], N],
) -> list[N]:
    """The nodes with each that joins branches of one value as one step, inner ones first.

    Branches that begin at different values stay as they are.

    - `nodes`: each after those whose values it takes.
    - `ends`: the values that are the graph's outputs.
    - `joins`: whether a node may join branches.
    - `made`: makes the step of the node that joins, the value that branches begin at, and these.
    """
    left = list(nodes)
    for join in filter(joins, nodes):
        readers = Counter([*ends, *(name for node in left for name in node.inputs)])
        makers = {
            node.outputs[0]: node
            for node in left
            if len(node.inputs) == 1 and readers[node.outputs[0]] == 1
        }
        branches = [_branch(value, makers) for value in join.inputs]
        begins = {
            branch[0].inputs[0] if branch else value
            for branch, value in zip(branches, join.inputs, strict=True)
        }
        if len(begins) == 1:
            inside = {id(node) for branch in branches for node in branch}
            fork = made(join, tuple(begins), branches)
            left = [fork if node is join else node for node in left if id(node) not in inside]
    return left


def _branch(value: str, makers: Mapping[str, N]) -> list[N]:
    """The steps that lead to a value, back to the first value that others read too."""
    found: list[N] = []
    while value in makers:
        found.insert(0, makers[value])
        value = found[0].inputs[0]
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
