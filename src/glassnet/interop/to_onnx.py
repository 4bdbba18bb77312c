"""The network as an ONNX file: from columns or arrays as they are to names of classes.

ONNX is what onnxruntime and many phones, browsers and databases run. Numbers are float32 there.
"""

from pathlib import Path
from typing import Any

import numpy as np

from glassnet.base.files import atomic_write
from glassnet.base.optional import need
from glassnet.interop.onnx_builder import Graph
from glassnet.interop.onnx_tables import columns
from glassnet.interop.script import Place, root, signature
from glassnet.interop.spellings import operator
from glassnet.nn.network import Network
from glassnet.nn.task import CLASSES

ML_OPSET = 3
ML = "ai.onnx.ml"


def write(network: Network, path: Path) -> list[Path]:
    """Write the file: inputs are the table's columns, or `x`; outputs `label` and `probabilities`,
    or `prediction`."""
    onnx = need("onnx", "exporting")
    if path.suffix != ".onnx":
        path = path.with_name(f"{path.name}.onnx")
    graph = Graph()
    x = _outputs_of(graph, _inputs(graph, network), root(network))
    helper, outputs = graph.helper, _outputs(graph, x, network)
    graph.drop_unread([each.name for each in outputs])
    made = helper.make_graph(graph.nodes, path.stem, graph.inputs, outputs, graph.constants)
    model = helper.make_model(
        made, producer_name="glassnet", producer_version=signature().split()[1],
        ir_version=graph.ir,
        opset_imports=[helper.make_opsetid("", graph.opset), helper.make_opsetid(ML, ML_OPSET)],
    )  # fmt: skip
    onnx.checker.check_model(model, full_check=True)
    with atomic_write(path) as file:
        file.write(model.SerializeToString())
    return [path]


def _outputs_of(graph: Graph, x: str, place: Place) -> str:
    """What a layer makes of x; a container, part by part."""
    kind, parts = place.layer.name, place.parts()
    if kind == "chain":
        for part in parts:
            x = _outputs_of(graph, x, part)
        return x
    if kind not in ("residual", "concat"):
        return operator(graph, x, place)
    results = [_outputs_of(graph, x, part) for part in parts]
    if kind == "concat":
        return graph.op("Concat", *results, axis=-1)
    return graph.op("Add", *[*results, x][:2])


def _inputs(graph: Graph, network: Network) -> str:
    """The array that the first layer takes."""
    assert network.input_shape is not None
    schema = network.schema
    kind = np.int64 if network.input_dtype.kind == "i" else np.float32
    if schema is None or schema.pixels or schema.block:
        return graph.input("x", kind, *network.input_shape)
    return columns(graph, schema)


def _outputs(graph: Graph, z: str, network: Network) -> list[Any]:
    """The outputs, named and typed."""
    info = graph.helper.make_tensor_value_info
    types = need("onnx", "exporting").TensorProto
    assert network.task is not None
    if not network.task.has_probabilities:
        sizes = [] if network.output_shape == (1,) else network.output_shape
        graph.op("Reshape", z, graph.integers(-1, *sizes), name="prediction")
        return [info("prediction", types.FLOAT, ["samples", *sizes])]
    count = network.output_shape[0]
    outputs, classes = [], max(count, 2) if network.task.exclusive else count
    if network.loss is not None and network.loss.from_logits:
        _probabilities(graph, z, network)
        outputs.append(info("probabilities", types.FLOAT, ["samples", classes]))
    if not network.task.exclusive:
        graph.op("Cast", graph.op("Greater", z, graph.constant(0)), name="label", to=types.INT64)
        return [info("label", types.INT64, ["samples", classes]), *outputs]
    return [_label(graph, z, network, classes), *outputs]


def _probabilities(graph: Graph, z: str, network: Network) -> None:
    assert network.loss is not None
    if network.loss.from_logits == "softmax":
        graph.op("Softmax", z, name="probabilities", axis=-1)
    elif network.task is CLASSES and network.output_shape == (1,):
        p = graph.op("Sigmoid", z)
        no = graph.op("Sub", graph.constant(1), p)
        graph.op("Concat", no, p, name="probabilities", axis=1)
    else:
        graph.op("Sigmoid", z, name="probabilities")


def _label(graph: Graph, z: str, network: Network, classes: int) -> Any:
    """The most likely class, by its name if there are names."""
    info, types = graph.helper.make_tensor_value_info, need("onnx", "exporting").TensorProto
    named = len(network.classes) == classes
    name = None if named else "label"
    if network.output_shape == (1,):
        yes = graph.op("Greater", z, graph.constant(0))
        flat = graph.op("Reshape", yes, graph.integers(-1))
        number = graph.op("Cast", flat, name=name, to=types.INT64)
    else:
        number = graph.op("ArgMax", z, name=name, axis=1, keepdims=0)
    if not named:
        return info("label", types.INT64, ["samples"])
    graph.op("LabelEncoder", number, name="label", domain=ML, keys_int64s=list(range(classes)),
             values_strings=list(network.classes))  # fmt: skip
    return info("label", types.STRING, ["samples"])
