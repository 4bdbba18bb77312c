"""Branches of an ONNX graph: those that begin at one value and end in one operator."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from glassnet.interop import graph
from glassnet.interop.onnx_nodes import Graph, Operator

JOINS = ("Add", "Concat")


@dataclass(frozen=True, eq=False)
class Fork(Operator):
    """An operator that joins branches, together with these: one step from a value to another."""

    branches: Sequence[Sequence[Operator]] = ()


def folded(given: Graph) -> Graph:
    """The graph with each operator that joins branches of one value as one step."""
    nodes = graph.folded(given.nodes, list(given.outputs), _joins, _fork)
    return replace(given, nodes=nodes)


def _joins(node: Operator) -> bool:
    return node.kind in JOINS and len(node.inputs) > 1


def _fork(join: Operator, begin: tuple[str, ...], branches: list[list[Operator]]) -> Fork:
    return Fork(**{**vars(join), "inputs": begin, "branches": branches})
