"""An ONNX file as plain operators: constants are computed, everything else is a value by name."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

import numpy as np

from glassnet.base.arrays import Array, FilePath
from glassnet.base.disk import regular
from glassnet.base.errors import DataError, InputError
from glassnet.base.optional import need
from glassnet.interop.assemble import unknown
from glassnet.interop.graph import Node

WHERE = "from_onnx"
STANDARD = ("", "ai.onnx")
OLDEST = 7  # earlier operator sets broadcast by attributes
# Computed if all inputs are constants. None of them gives more numbers than it takes.
FOLDED = {
    "Cast", "Constant", "DequantizeLinear", "Flatten", "Identity", "Neg", "Reciprocal", "Reshape",
    "Slice", "Sqrt", "Squeeze", "Transpose", "Unsqueeze",
}  # fmt: skip
SMALL = {"Concat", "ConstantOfShape"}  # computed if it is a few numbers, such as pads
FEW = 64
LISTS = {"axes", "dilations", "kernel_shape", "pads", "perm", "strides"}  # of whole numbers
ARITHMETIC = {"Add", "Div", "Mul", "Sub"}


@dataclass(frozen=True, eq=False)
class Operator(Node):
    """An operator: each argument is a constant, the name of a value, or None if left out."""

    kind: str
    arguments: tuple[Array | str | None, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    proto: Any = None

    def refused(self, why: str) -> InputError:
        """The error that says why this operator cannot be converted."""
        return InputError(f"{WHERE}: {self.label} {why}")

    def argument(self, position: int) -> Array | str | None:
        """The argument at this position, None after the last."""
        return self.arguments[position] if position < len(self.arguments) else None


@dataclass(frozen=True)
class Graph:
    """The operators that compute with the one input, and the outputs: value → name in the file."""

    nodes: list[Operator]
    input: Any  # its name and type
    outputs: Mapping[str, str]
    version: int  # of the standard operators
    opsets: Sequence[Any]


def read_graph(path: FilePath) -> Graph:
    """The graph of a file.

    Raises DataError for a file that cannot be read, and InputError for one whose operators are not
    in the order of computation, have no or several inputs, or call functions.
    """
    model = _load(path)
    reader = _Reader(model)
    nodes = list(reader.operators())
    outputs: dict[str, str] = {}
    for each in model.graph.output:
        if each.name not in reader.values:
            raise InputError(f"{WHERE}: the output {each.name!r} is not computed from the input")
        outputs.setdefault(reader.values[each.name], each.name)
    if not outputs:
        raise InputError(f"{WHERE}: {path} has no output")
    read = {name for node in nodes for name in node.inputs} | outputs.keys()
    nodes = [_without_unread(node, read) for node in nodes]
    return Graph(nodes, reader.input, outputs, reader.version, model.opset_import)


def _load(path: FilePath) -> Any:
    onnx = need("onnx", WHERE)
    try:
        regular(path)
        model = onnx.load(str(path))
    except Exception as error:  # protobuf's own, which is not public
        raise DataError(f"{path} cannot be read as ONNX: {_first_line(error)}") from None
    if not model.graph.node:
        raise DataError(f"{path} cannot be read as ONNX: it has no operators")
    return model


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _without_unread(node: Operator, read: set[str]) -> Operator:
    """Without further outputs that nothing reads, such as the mask of a Dropout."""
    kept = node.outputs[:1] + tuple(name for name in node.outputs[1:] if name in read)
    return replace(node, outputs=kept)


class _Reader:
    """Goes through a model in its order, in which everything is made before it is read."""

    def __init__(self, model: Any) -> None:
        self.graph, self.opsets = model.graph, model.opset_import
        self.version = _version(model)
        self.functions = {(each.domain, each.name) for each in model.functions}
        self.constants = _initializers(model.graph)
        self.input = _input(model.graph, self.constants)
        self.values = {self.input.name: self.input.name}  # an Identity gives another name alone

    def operators(self) -> Iterator[Operator]:
        """Those that compute with the input."""
        for index, proto in enumerate(self.graph.node):
            node = self._operator(index, proto)
            for name in node.outputs:
                if name in self.values or name in self.constants:
                    raise node.refused(f"gives {name!r}, which is there already: expected no cycle")
            if not node.inputs:
                self.constants[node.outputs[0]] = self._folded(node)
            elif node.kind == "Identity":
                self.values[node.outputs[0]] = node.inputs[0]
            else:
                self.values |= {name: name for name in node.outputs}
                yield node

    def _operator(self, index: int, proto: Any) -> Operator:
        helper = need("onnx.helper", WHERE)
        kind = proto.op_type if proto.domain in STANDARD else f"{proto.domain}.{proto.op_type}"
        outputs = tuple(filter(None, proto.output))
        label = f"operator {kind} {proto.name or ''.join(outputs[:1])!r} (node {index})"
        if not outputs:
            raise InputError(f"{WHERE}: {label} gives nothing: expected an output")
        if (proto.domain, proto.op_type) in self.functions:
            raise unknown(f"{label}, a function of the file,", WHERE)
        arguments = tuple(self._argument(label, name) for name in proto.input)
        inputs = tuple(each for each in arguments if isinstance(each, str))
        settings = {each.name: helper.get_attribute_value(each) for each in proto.attribute}
        for name in LISTS & settings.keys():
            if not _is_whole(settings[name]):
                what = f"the attribute {name}={settings[name]!r}"
                raise InputError(f"{WHERE}: {label} has {what}: expected whole numbers")
        return Operator(label, inputs, outputs, kind, arguments, settings, proto)

    def _argument(self, label: str, name: str) -> Array | str | None:
        if not name:
            return None
        if name not in self.values and name not in self.constants:
            raise InputError(
                f"{WHERE}: {label} takes {name!r}, which no operator before it gives: expected no "
                "cycle, and operators in the order of computation"
            )
        return self.values.get(name, self.constants.get(name))

    def _folded(self, node: Operator) -> Array:
        """What an operator gives that depends on constants alone."""
        if node.kind not in FOLDED | ARITHMETIC | SMALL:
            raise unknown(f"{node.label} of constants", WHERE)
        arrays = [each for each in node.arguments if isinstance(each, np.ndarray)]
        try:
            if node.kind in ARITHMETIC:
                shape = np.broadcast_shapes(*(each.shape for each in arrays))
                if shape not in [each.shape for each in arrays]:
                    raise ValueError(f"makes an array of shape {shape} of smaller ones")
            if node.kind in SMALL and not _count(node.kind, arrays) <= FEW:
                raise ValueError(f"makes more than {FEW} numbers")
            return evaluated(node, arrays, self.opsets)
        except Exception as error:  # of any kind: it is the file's
            raise node.refused(f"cannot be computed: {_first_line(error)}") from None


def _is_whole(value: Any) -> bool:
    """That it is a list of whole numbers."""
    return isinstance(value, list) and all(type(each) is int for each in value)


def _count(kind: str, arrays: Sequence[Array]) -> int:
    """How many numbers a Concat makes, or a ConstantOfShape."""
    if kind == "Concat":
        return sum(each.size for each in arrays)
    return prod(size for each in arrays for size in each.ravel().tolist())


def evaluated(node: Operator, arrays: Sequence[Array], opsets: Sequence[Any]) -> Array:
    """What the operator gives for these arrays, as ONNX defines it."""
    helper, reference = need("onnx.helper", WHERE), need("onnx.reference", WHERE)
    inputs = list(dict.fromkeys(filter(None, node.proto.input)))
    infos = [
        [helper.make_empty_tensor_value_info(name) for name in names]
        for names in (inputs, node.outputs)
    ]
    model = helper.make_model(
        helper.make_graph([node.proto], "one", *infos), opset_imports=list(opsets)
    )
    feeds = dict(zip(filter(None, node.proto.input), arrays, strict=True))
    with np.errstate(all="ignore"):
        return np.asarray(reference.ReferenceEvaluator(model).run(None, feeds)[0])


def _version(model: Any) -> int:
    newest = need("onnx.defs", WHERE).onnx_opset_version()
    versions = [each.version for each in model.opset_import if each.domain in STANDARD]
    version = max(versions, default=0)
    if not OLDEST <= version <= newest:
        raise InputError(
            f"{WHERE}: the file has operator set {version}: expected {OLDEST} to {newest}"
        )
    return int(version)


def _initializers(graph: Any) -> dict[str, Array]:
    arrays = need("onnx.numpy_helper", WHERE)
    for each in graph.sparse_initializer:
        raise InputError(f"{WHERE}: the initializer {each.values.name!r} is sparse: expected dense")
    found = {}
    for each in graph.initializer:
        try:
            found[each.name] = arrays.to_array(each)
        except Exception as error:  # of any kind: it is the file's
            why = _first_line(error)
            raise DataError(f"the initializer {each.name!r} cannot be read: {why}") from None
    return found


def _input(graph: Any, constants: Mapping[str, Array]) -> Any:
    given = [each for each in graph.input if each.name not in constants]
    if len(given) != 1:
        names = ", ".join([repr(each.name) for each in given[:6]] + ["…"] * (len(given) > 6))
        raise InputError(
            f"{WHERE}: the file has {len(given)} inputs ({names or 'none'}): expected one, rows of "
            "numbers; a file that takes a table's columns encodes them itself, so load the model "
            "file that it was exported from"
        )
    return given[0]
