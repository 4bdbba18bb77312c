"""An ONNX graph while it is written."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.base.optional import need

OPSET, IR = 20, 9  # of 2023: what runtimes have had for years


class Graph:
    """Nodes and constants in the order in which they are made; each gives one array, by a name."""

    def __init__(self) -> None:
        self.helper = need("onnx.helper", "exporting")
        self.arrays = need("onnx.numpy_helper", "exporting")
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.inputs: list[Any] = []
        self.opset, self.ir = OPSET, IR

    def input(self, name: str, kind: Any, *shape: int) -> str:
        """An array that is given, for any number of samples."""
        element = self.helper.np_dtype_to_tensor_dtype(np.dtype(kind))
        self.inputs.append(self.helper.make_tensor_value_info(name, element, ["samples", *shape]))
        return name

    def constant(self, values: Any, kind: Any = np.float32) -> str:
        """An array that is always the same."""
        name = f"constant_{len(self.constants)}"
        self.constants.append(self.arrays.from_array(np.array(values, kind), name))
        return name

    def integers(self, *values: int) -> str:
        """The same, of integers: a shape, for example."""
        return self.constant(values, np.int64)

    def op(self, kind: str, *inputs: str, name: str | None = None, **settings: Any) -> str:
        """The output of an operator; `name` is that of the output, if it matters."""
        output = name or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(self.helper.make_node(kind, list(inputs), [output], **settings))
        return output

    def transposed(self, x: str, order: Sequence[int]) -> str:
        """x with its axes in a different order; after the opposite one, what was before that."""
        last = next((node for node in self.nodes if x in node.output), None)
        if list(order) == sorted(order):
            return x
        if last is not None and last.op_type == "Transpose":
            before = list(self.helper.get_attribute_value(last.attribute[0]))
            if [before[axis] for axis in order] == sorted(order):
                return str(last.input[0])
        return self.op("Transpose", x, perm=list(order))

    def drop_unread(self, outputs: Sequence[str]) -> None:
        """Leave out what no output needs, such as a transposition that another one undid."""
        read, kept = set(outputs), list[Any]()
        for node in reversed(self.nodes):
            if read & set(node.output):
                read |= set(node.input)
                kept.insert(0, node)
        self.nodes = kept
