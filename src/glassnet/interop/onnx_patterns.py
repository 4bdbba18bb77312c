"""Operators that together spell one: each spelling is a tree, found in the graph and replaced."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array
from glassnet.interop.onnx_nodes import Graph, Operator

BOTH = "1 − p, p"  # the kind of what spells the probabilities of both classes
X = "x"  # the one value that a tree computes with
NUMBER, GROUPS, ONES, NILS = "any number", "[0, any number, -1]", "ones", "nils"
ANY = object()  # any value of an attribute
EITHER_ORDER = ("Add", "Mul")


class Tree(NamedTuple):
    """An operator, the attributes that it may have, and its arguments: X, numbers or trees."""

    kind: str
    arguments: tuple[Any, ...]
    settings: Mapping[str, Any]


class Spelling(NamedTuple):
    """An operator, with its attributes, and a tree that computes the same."""

    kind: str
    tree: Tree
    settings: Mapping[str, Any] | Callable[[Sequence[Operator]], Mapping[str, Any]]


def op(kind: str, *arguments: Any, **settings: Any) -> Tree:
    """A tree in few words."""
    return Tree(kind, arguments, settings)


def _of_mean_square(nodes: Sequence[Operator]) -> Mapping[str, Any]:
    """The ε that one of these operators adds."""
    added = [each for node in nodes if node.kind == "Add" for each in node.arguments]
    return {"epsilon": next(each.item() for each in added if isinstance(each, np.ndarray))}


def _of_groups(nodes: Sequence[Operator]) -> Mapping[str, Any]:
    """The settings of groups that are made by a reshape, and then normalized one by one."""
    _, instances, grouped, _ = nodes
    groups = np.asarray(grouped.argument(1))[1]
    return {"num_groups": int(groups), **instances.settings}


def _spellings() -> Iterator[Spelling]:
    yield Spelling("Swish", op("Mul", X, op("Sigmoid", X)), {})
    erf = op("Erf", op("Div", X, math.sqrt(2)))
    cubes = op("Mul", X, op("Mul", X, X)), op("Mul", op("Mul", X, X), X), op("Pow", X, 3)
    inner = [op("Add", X, op("Mul", cube, 0.044715)) for cube in cubes]
    tanhs = [op("Tanh", op("Mul", each, math.sqrt(2 / math.pi))) for each in inner]
    for name, terms in ((b"none", [erf]), (b"tanh", tanhs)):
        for phi in [op("Add", each, 1) for each in terms]:
            yield Spelling("Gelu", op("Mul", op("Mul", X, phi), 0.5), {"approximate": name})
            yield Spelling("Gelu", op("Mul", op("Mul", X, 0.5), phi), {"approximate": name})
            yield Spelling("Gelu", op("Mul", X, op("Mul", phi, 0.5)), {"approximate": name})
    # log(1 + eˣ) − x is below 3e-9 from 20 on.
    yield Spelling("Softplus", op("Where", op("Greater", X, 20), X, op("Softplus", X)), {})
    count = op("Gather", op("Shape", X), 0, axis=0)
    for samples in (op("Unsqueeze", count, 0), op("Unsqueeze", count, axes=[0])):
        sizes = op("Concat", samples, -1, axis=0)
        yield Spelling("Flatten", op("Reshape", X, sizes), {})
    for square in (op("Mul", X, X), op("Pow", X, 2)):
        mean = op("ReduceMean", square, -1, keepdims=1)
        root = op("Sqrt", op("Add", mean, NUMBER))
        for normal in (op("Div", X, root), op("Mul", X, op("Reciprocal", root))):
            yield Spelling("RMSNormalization", normal, _of_mean_square)
    grouped = op("Reshape", X, GROUPS, allowzero=0)
    normal = op("InstanceNormalization", grouped, ONES, NILS, epsilon=ANY)
    again = op("Reshape", normal, op("Shape", X), allowzero=0)
    yield Spelling("GroupNormalization", again, _of_groups)
    for axis in (1, -1):
        yield Spelling(BOTH, op("Concat", op("Sub", 1, X), X, axis=axis), {})


SPELLINGS = list(_spellings())
Found = Iterator[tuple[str | None, list[Operator]]]


def simplified(graph: Graph) -> Graph:
    """The graph with one operator in place of each spelling."""
    makers = {node.outputs[0]: node for node in graph.nodes}
    readers: dict[str, list[Operator]] = {}
    for node in graph.nodes:
        for name in dict.fromkeys(node.inputs):
            readers.setdefault(name, []).append(node)

    def only_within(nodes: Sequence[Operator]) -> bool:
        """That nothing else reads what is computed on the way to the first of these."""
        within = set(map(id, nodes))
        names = [name for node in nodes[1:] for name in node.outputs]
        others = [
            node for name in names for node in readers.get(name, []) if id(node) not in within
        ]
        return not others and not graph.outputs.keys() & set(names)

    replaced: dict[int, Operator | None] = {}
    for node in graph.nodes:
        for spelling in SPELLINGS:
            for x, nodes in _matches(spelling.tree, node.outputs[0], makers, None):
                if x is not None and only_within(nodes):
                    replaced |= {id(each): None for each in nodes}
                    replaced[id(node)] = replace(
                        node, kind=spelling.kind, inputs=(x,), arguments=(x,),
                        settings=how(nodes) if callable(how := spelling.settings) else how,
                    )  # fmt: skip
    kept = [replaced.get(id(node), node) for node in graph.nodes]
    return replace(graph, nodes=[node for node in kept if node is not None])


def _matches(
    pattern: Any, argument: Array | str | None, makers: Mapping[str, Operator], x: str | None
) -> Found:
    """Each way in which the argument is what the pattern says: what X is, and the operators."""
    if pattern == X:
        if isinstance(argument, str) and x in (None, argument):
            yield argument, []
    elif not isinstance(pattern, Tree):
        if isinstance(argument, np.ndarray) and _is_constant(argument, pattern):
            yield x, []
    elif isinstance(argument, str) and argument in makers:
        node = makers[argument]
        allowed = pattern.settings
        fits = all(allowed.get(name, value) in (ANY, value) and name in allowed
                   for name, value in node.settings.items())  # fmt: skip
        if node.kind == pattern.kind and len(node.arguments) == len(pattern.arguments) and fits:
            orders = [node.arguments, node.arguments[::-1]]
            for arguments in orders if node.kind in EITHER_ORDER else orders[:1]:
                for found, nodes in _all_match(pattern.arguments, arguments, makers, x):
                    yield found, [node, *nodes]


def _all_match(
    patterns: Sequence[Any],
    arguments: Sequence[Array | str | None],
    makers: Mapping[str, Operator],
    x: str | None,
) -> Found:
    if not patterns:
        yield x, []
        return
    for found, nodes in _matches(patterns[0], arguments[0], makers, x):
        for last, others in _all_match(patterns[1:], arguments[1:], makers, found):
            yield last, nodes + others


def _is_constant(values: Array, pattern: float | str) -> bool:
    """That this is the number, or what the word says."""
    if pattern == GROUPS:
        return values.shape == (3,) and values[0] == 0 and values[2] == -1
    if pattern in (ONES, NILS):
        return bool(np.all(values == (pattern == ONES)))
    return _is_number(values, values.sum() if isinstance(pattern, str) else pattern)


def _is_number(values: Array, number: float) -> bool:
    """That this is the number, written as one and in any precision from float32 on."""
    plain = values.dtype.kind in "iuf" and values.size == 1 and values.ndim < 2
    return plain and math.isclose(values.item(), number, rel_tol=1e-6)
