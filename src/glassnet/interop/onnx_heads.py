"""What comes out of an ONNX file: one value, and what follows from it, such as labels and names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.errors import InputError
from glassnet.interop.onnx_nodes import WHERE, Graph, Operator, evaluated
from glassnet.interop.onnx_patterns import BOTH
from glassnet.nn.task import CLASSES, LABELS, Task

ML = "ai.onnx.ml."
LARGEST, ABOVE = "ArgMax", ("Greater", f"{ML}Binarizer")
NAMING = {
    "Cast", "Flatten", "Reshape", "Squeeze", "Unsqueeze",
    f"{ML}ArrayFeatureExtractor", f"{ML}LabelEncoder",
}  # fmt: skip


@dataclass(frozen=True)
class Labels:
    """An output of labels: the operator that decides on a class, and those that name it."""

    decider: Operator
    naming: Sequence[Operator]


@dataclass(frozen=True)
class Heads:
    """The value `end`, and what the file gives beside it, all of which follows from it."""

    end: str
    logits: str | None  # the output that a last softmax or sigmoid takes, by its name in the file
    labels: Labels | None
    zipped: tuple[Any, ...] | None  # the names of classes by which probabilities are listed


def heads(graph: Graph) -> tuple[Graph, Heads]:
    """The graph without labels and names, and what they are.

    Raises InputError for outputs that are not one value and what follows from it.
    """
    makers = {name: node for node in graph.nodes for name in node.outputs}
    found: list[Labels] = []
    outputs: dict[str, str] = {}
    zipped: tuple[Any, ...] | None = None
    gone: set[int] = set()
    for value, name in graph.outputs.items():
        node = makers.get(value)
        if labels := _labels(node, makers):
            found.append(labels)
            gone |= set(map(id, [labels.decider, *labels.naming]))
        elif node is not None and node.kind == f"{ML}ZipMap":
            zipped = _zipped(node)
            outputs.setdefault(node.inputs[0], name)
            gone.add(id(node))
        else:
            outputs.setdefault(value, name)
    if len(found) > 1:
        first, second = (each.decider.label for each in found[:2])
        raise InputError(f"{WHERE}: {first} and {second} both give labels: expected one of them")
    end, *before = _end(outputs, found, makers)
    if found:
        _check(found[0].decider, makers, end)
    logits = outputs.get(before[-1]) if before else None
    kept = [node for node in graph.nodes if id(node) not in gone]
    return replace(graph, nodes=kept), Heads(end, logits, found[0] if found else None, zipped)


def _labels(node: Operator | None, makers: Mapping[str, Operator]) -> Labels | None:
    """The labels that this operator gives, if it does."""
    naming: list[Operator] = []
    while node is not None and node.kind in NAMING and len(node.inputs) == 1:
        naming.insert(0, node)
        node = makers.get(node.inputs[0])
    if node is None or node.kind not in (LARGEST, *ABOVE) or len(node.inputs) != 1:
        return None
    return Labels(node, naming)


def _zipped(node: Operator) -> tuple[Any, ...]:
    names = [each for key, each in node.settings.items() if key.startswith("classlabels_")]
    if len(names) != 1 or len(node.settings) != 1:
        raise node.refused("has no names of classes, or more than them: expected them alone")
    return tuple(names[0])


def _end(
    outputs: Mapping[str, str], labels: Sequence[Labels], makers: Mapping[str, Operator]
) -> list[str]:
    """The value from which all others that come out follow, and those that it follows from."""
    ends = [*outputs, *(each.decider.inputs[0] for each in labels)]
    for end in ends:
        before = _before(end, makers)
        if set(ends) <= set(before):
            return before
    places = [f"{each!r} of {makers[each].label if each in makers else 'the input'}"
              for each in dict.fromkeys(ends)]  # fmt: skip
    raise InputError(
        f"{WHERE}: the file gives {' and '.join(places)}: expected one output, and beside it only "
        "labels that follow from it, or the logits of its softmax or sigmoid"
    )


def _before(value: str, makers: Mapping[str, Operator]) -> list[str]:
    """The value, and the probability and the logits that it is computed from and stands for."""
    found = [value]
    for kinds in ((BOTH,), ("Sigmoid", "Softmax")):
        node = makers.get(found[-1])
        if node is not None and node.kind in kinds and len(node.inputs) == 1:
            found.append(node.inputs[0])
    return found


def _check(decider: Operator, makers: Mapping[str, Operator], end: str) -> None:
    """Check that labels are those which the network predicts: any others would be lost."""
    how = decider.settings
    if decider.kind == LARGEST:
        if how.get("axis", 0) not in (1, -1) or how.get("select_last_index", 0):
            raise decider.refused("decides along axis 0 or for the last of equals: expected axis 1")
        return
    kinds = [makers[each].kind if each in makers else "" for each in _before(end, makers)]
    source = makers[decider.inputs[0]].kind if decider.inputs[0] in makers else ""
    threshold = how.get("threshold", 0.0) if decider.kind != "Greater" else decider.argument(1)
    expected = 0.5 if source == "Sigmoid" else 0.0
    if "Softmax" in kinds or source == BOTH:
        raise decider.refused("compares each class with a number: expected ArgMax")
    if not isinstance(threshold, float | np.ndarray) or np.size(threshold) != 1:
        raise decider.refused(f"compares with several numbers: expected {expected:g}")
    if not np.all(threshold == expected):
        raise decider.refused(f"compares with {np.ravel(threshold)[0]:g}: expected {expected:g}")


def task(labels: Labels | None, outputs: int) -> Task | None:
    """What is predicted by these labels: classes, or independent labels."""
    if labels is None:
        return None
    return CLASSES if labels.decider.kind == LARGEST or outputs == 1 else LABELS


def classes(graph: Graph, heads: Heads, outputs: int) -> tuple[str, ...]:
    """The names of the classes; none if they are numbered from 0."""
    several = task(heads.labels, outputs) is LABELS
    given = []
    if heads.labels is not None:
        names = _names(heads.labels, outputs, graph.opsets)
        if several and names != [0] * outputs + [1] * outputs:
            raise heads.labels.decider.refused("is followed by labels that are not 0 and 1")
        given += [] if several else [names]
    if heads.zipped is not None:
        given.append(list(heads.zipped))
    count = outputs if several else max(outputs, 2)
    for names in given:
        if len(set(names)) != count or names != given[0]:
            raise InputError(
                f"{WHERE}: the classes are {names}: expected {count} names, the same everywhere"
            )
    if not given or given[0] == list(range(count)):
        return ()
    return tuple(each.decode() if isinstance(each, bytes) else str(each) for each in given[0])


def _names(labels: Labels, outputs: int, opsets: Sequence[Any]) -> list[Any]:
    """What the operators after the decision make of each class."""
    decider = labels.decider
    values: Array
    if decider.kind == LARGEST:
        values = np.arange(max(outputs, 2))
        values = values[:, None] if decider.settings.get("keepdims", 1) else values
    else:
        kind = bool if decider.kind == "Greater" else np.float32
        values = np.repeat(np.array([[0], [1]], kind), outputs, axis=1)
    for node in labels.naming:
        arrays = [values if isinstance(each, str) else each for each in node.arguments]
        try:
            values = evaluated(node, [each for each in arrays if each is not None], opsets)
        except Exception as error:  # of any kind: it is the file's
            raise node.refused(f"cannot be computed: {error}") from None
    return list(values.ravel().tolist())
