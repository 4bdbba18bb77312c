"""The network as an ONNX file: from columns or arrays as they are to names of classes.

ONNX is what onnxruntime and many phones, browsers and databases run. Numbers are float32 there.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.base.files import atomic_write
from glassnet.base.optional import need
from glassnet.interop.onnx_tables import columns
from glassnet.interop.script import Place, places, signature
from glassnet.nn.layers import SELU
from glassnet.nn.network import Network

OPSET, ML_OPSET, IR = 20, 3, 9  # of 2023: what runtimes have had for years
ML = "ai.onnx.ml"


class Graph:
    """Nodes and constants in the order in which they are made; each gives one array, by a name."""

    def __init__(self) -> None:
        self.helper = need("onnx.helper", "exporting")
        self.arrays = need("onnx.numpy_helper", "exporting")
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.inputs: list[Any] = []

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

    def op(self, kind: str, *inputs: str, name: str | None = None, **settings: Any) -> str:
        """The output of an operator; `name` is that of the output, where it matters."""
        output = name or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(self.helper.make_node(kind, list(inputs), [output], **settings))
        return output


def _dense(graph: Graph, x: str, place: Place) -> str:
    layer = place.layer
    y = graph.op("MatMul", x, graph.constant(layer.W))
    return graph.op("Add", y, graph.constant(layer.b)) if layer.bias else y


def _scale(graph: Graph, x: str, place: Place) -> str:
    y = graph.op("Mul", x, graph.constant(place.layer.factor))
    return graph.op("Add", y, graph.constant(place.layer.shift))


def _shaped(graph: Graph, x: str, place: Place) -> str:
    return graph.op("Reshape", x, graph.constant([-1, *place.behind], np.int64))


def _selu(graph: Graph, x: str, place: Place) -> str:
    return graph.op("Selu", x, alpha=SELU.ALPHA, gamma=SELU.LAMBDA)


def _gelu(graph: Graph, x: str, place: Place) -> str:
    return graph.op("Gelu", x, approximate="tanh" if place.layer.approximate else "none")


OPERATORS: Mapping[str, Callable[[Graph, str, Place], str]] = {
    "Dense": _dense,
    "Scale": _scale,
    "Dropout": lambda graph, x, place: x,
    "Flatten": _shaped,
    "Reshape": _shaped,
    "ReLU": lambda graph, x, place: graph.op("Relu", x),
    "LeakyReLU": lambda graph, x, place: graph.op("LeakyRelu", x, alpha=place.layer.slope),
    "ELU": lambda graph, x, place: graph.op("Elu", x, alpha=place.layer.alpha),
    "SELU": _selu,
    "GELU": _gelu,
    "SiLU": lambda graph, x, place: graph.op("Mul", x, graph.op("Sigmoid", x)),
    "Sigmoid": lambda graph, x, place: graph.op("Sigmoid", x),
    "Tanh": lambda graph, x, place: graph.op("Tanh", x),
    "Softplus": lambda graph, x, place: graph.op("Softplus", x),
    "Softmax": lambda graph, x, place: graph.op("Softmax", x, axis=-1),
}


def write(network: Network, path: Path) -> list[Path]:
    """Write the file: inputs are the table's columns, or `x`; outputs `label` and `probabilities`,
    or `prediction`."""
    onnx = need("onnx", "exporting")
    if path.suffix != ".onnx":
        path = path.with_name(f"{path.name}.onnx")
    those = list(places(network, OPERATORS))
    graph = Graph()
    x = _inputs(graph, network)
    for place in those:
        x = OPERATORS[type(place.layer).__name__](graph, x, place)
    helper = graph.helper
    made = helper.make_graph(
        graph.nodes, path.stem, graph.inputs, _outputs(graph, x, network), graph.constants
    )
    model = helper.make_model(
        made, producer_name="glassnet", producer_version=signature().split()[1], ir_version=IR,
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(ML, ML_OPSET)],
    )  # fmt: skip
    onnx.checker.check_model(model, full_check=True)
    with atomic_write(path) as file:
        file.write(model.SerializeToString())
    return [path]


def _inputs(graph: Graph, network: Network) -> str:
    """The array that the first layer takes."""
    assert network.input_shape is not None
    schema = network.schema
    if schema is None or schema.pixels or schema.block:
        return graph.input("x", np.float32, *network.input_shape)
    return columns(graph, schema)


def _outputs(graph: Graph, z: str, network: Network) -> list[Any]:
    """What is answered, named and typed."""
    count, info = network.output_shape[0], graph.helper.make_tensor_value_info
    types = need("onnx", "exporting").TensorProto
    if network.task == "values":
        shape = ["samples"] if count == 1 else ["samples", count]
        given = graph.constant([-1] if count == 1 else [-1, count], np.int64)
        graph.op("Reshape", z, given, name="prediction")
        return [info("prediction", types.FLOAT, shape)]
    outputs, classes = [], max(count, 2) if network.task == "classes" else count
    if network.loss is not None and network.loss.from_logits:
        _probabilities(graph, z, network)
        outputs.append(info("probabilities", types.FLOAT, ["samples", classes]))
    if network.task == "labels":
        graph.op("Cast", graph.op("Greater", z, graph.constant(0)), name="label", to=types.INT64)
        return [info("label", types.INT64, ["samples", classes]), *outputs]
    return [_label(graph, z, network, classes), *outputs]


def _probabilities(graph: Graph, z: str, network: Network) -> None:
    assert network.loss is not None
    if network.loss.from_logits == "softmax":
        graph.op("Softmax", z, name="probabilities", axis=-1)
    elif network.task == "classes" and network.output_shape == (1,):
        p = graph.op("Sigmoid", z)
        no = graph.op("Sub", graph.constant(1), p)
        graph.op("Concat", no, p, name="probabilities", axis=1)
    else:
        graph.op("Sigmoid", z, name="probabilities")


def _label(graph: Graph, z: str, network: Network, classes: int) -> Any:
    """The most likely class, by its name where there are names."""
    info, types = graph.helper.make_tensor_value_info, need("onnx", "exporting").TensorProto
    named = len(network.classes) == classes
    name = None if named else "label"
    if network.output_shape == (1,):
        yes = graph.op("Greater", z, graph.constant(0))
        flat = graph.op("Reshape", yes, graph.constant([-1], np.int64))
        number = graph.op("Cast", flat, name=name, to=types.INT64)
    else:
        number = graph.op("ArgMax", z, name=name, axis=1, keepdims=0)
    if not named:
        return info("label", types.INT64, ["samples"])
    graph.op("LabelEncoder", number, name="label", domain=ML, keys_int64s=list(range(classes)),
             values_strings=list(network.classes))  # fmt: skip
    return info("label", types.STRING, ["samples"])
