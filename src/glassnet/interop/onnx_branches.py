"""Branches of an ONNX graph: those that begin at one value and end in one operator."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from glassnet.interop.onnx_nodes import Graph, Operator

JOINS = ("Add", "Concat")


@dataclass(frozen=True, eq=False)
class Fork(Operator):
    """An operator that joins branches, together with these: one step from a value to another."""

    branches: Sequence[Sequence[Operator]] = ()


def folded(graph: Graph) -> Graph:
    """The graph with each operator that joins branches of one value as one step, inner ones first.

    Branches that begin at different values stay as they are.
    """
    nodes = list(graph.nodes)
    for join in [node for node in nodes if node.kind in JOINS and len(node.inputs) > 1]:
        nodes = _fold(nodes, join, list(graph.outputs))
    return replace(graph, nodes=nodes)


def _fold(nodes: list[Operator], join: Operator, outputs: list[str]) -> list[Operator]:
    readers = Counter([*outputs, *(name for node in nodes for name in node.inputs)])
    makers = {
        node.outputs[0]: node
        for node in nodes
        if len(node.inputs) == 1 and readers[node.outputs[0]] == 1
    }
    branches = [_branch(value, makers) for value in join.inputs]
    begins = {
        branch[0].inputs[0] if branch else value
        for branch, value in zip(branches, join.inputs, strict=True)
    }
    if len(begins) > 1:
        return nodes
    inside = {id(node) for branch in branches for node in branch}
    fork = Fork(**{**vars(join), "inputs": tuple(begins), "branches": branches})
    return [fork if node is join else node for node in nodes if id(node) not in inside]


def _branch(value: str, makers: Mapping[str, Operator]) -> list[Operator]:
    """The steps that lead to a value, back to the first value that others read too."""
    found: list[Operator] = []
    while value in makers:
        found.insert(0, makers[value])
        value = found[0].inputs[0]
    return found
