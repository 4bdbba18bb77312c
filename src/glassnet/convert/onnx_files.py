"""From ONNX: a file whose operators stand in a row, as those of feed-forward networks do."""

from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.arrays import Array, FilePath, Shape
from glassnet.convert.building import Part, dense, network, unknown
from glassnet.disk import regular
from glassnet.errors import DataError
from glassnet.layers import (
    ELU,
    GELU,
    SELU,
    Flatten,
    LeakyReLU,
    ReLU,
    Reshape,
    Scale,
    Sigmoid,
    Softmax,
    Softplus,
    Tanh,
)  # fmt: skip
from glassnet.losses import Loss
from glassnet.packages import need
from glassnet.sequential import Sequential

WHERE = "from_onnx"


def from_onnx(path: FilePath, loss: str | Loss | None = None) -> Sequential:
    """The network of an ONNX file; `loss` says what the outputs mean.

    What follows the probabilities, such as names of classes, is left out. Raises InputError for an
    operator that has no counterpart here, and DataError for a file that cannot be read.
    """
    onnx, arrays = need("onnx", WHERE), need("onnx.numpy_helper", WHERE)
    try:
        regular(path)
        graph = onnx.load(str(path)).graph
    except Exception as error:  # protobuf's own, which is not public
        raise DataError(f"{path} cannot be read as ONNX: {error}") from None
    constants = {each.name: arrays.to_array(each) for each in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant":
            constants[node.output[0]] = arrays.to_array(node.attribute[0].t)
    given = [each for each in graph.input if each.name not in constants]
    if len(given) != 1:
        raise unknown(f"a graph of {len(given)} inputs", WHERE)
    shape = tuple(size.dim_value for size in given[0].type.tensor_type.shape.dim[1:])
    parts = _Chain(graph.node, constants, onnx.helper).parts(given[0].name)
    return network(parts, shape if all(shape) else None, loss)


class _Chain:
    """The operators behind the input, each with the constants that it takes."""

    def __init__(self, nodes: Any, constants: dict[str, Array], helper: Any) -> None:
        self.nodes, self.constants, self.helper = list(nodes), constants, helper

    def parts(self, name: str) -> list[Part]:
        """The layers from this array on, up to probabilities or the last operator."""
        found: list[Part] = []
        while True:
            users = [node for node in self.nodes if name in node.input]
            if any(node.op_type == "Concat" for node in users):  # of both classes' probabilities
                return found
            users = [node for node in users if node.op_type in READERS or len(users) == 1]
            if not users or users[0].op_type in ENDS:
                return found
            node = users[0]
            if node.op_type not in READERS:
                raise unknown(f"operator {node.op_type}", WHERE)
            READERS[node.op_type](self, node, found)
            name = node.output[0]

    def settings(self, node: Any) -> dict[str, Any]:
        """An operator's attributes."""
        return {each.name: self.helper.get_attribute_value(each) for each in node.attribute}

    def constant(self, node: Any) -> Array:
        """The one constant that an operator takes."""
        found = [self.constants[name] for name in node.input if name in self.constants]
        if len(found) != 1:
            raise unknown(f"operator {node.op_type} of two arrays", WHERE)
        return found[0]


Reader = Callable[[_Chain, Any, list[Part]], None]


def _gemm(chain: _Chain, node: Any, found: list[Part]) -> None:
    how = chain.settings(node)
    if how.get("transA") or how.get("alpha", 1) != 1 or how.get("beta", 1) != 1:
        raise unknown("Gemm with factors", WHERE)
    W = chain.constants[node.input[1]]
    b = chain.constants[node.input[2]] if len(node.input) > 2 else None
    found.append(dense(W.T if how.get("transB") else W, b))


def _matmul(chain: _Chain, node: Any, found: list[Part]) -> None:
    found.append(dense(chain.constant(node)))


def _add(chain: _Chain, node: Any, found: list[Part]) -> None:
    """A bias behind a product, or the shift of a scale."""
    values = chain.constant(node)
    if found and found[-1][1].keys() == {"W"}:
        found[-1] = dense(found[-1][1]["W"], np.ravel(values))
    elif found and isinstance(found[-1][0], Scale) and found[-1][0].shift == 0:
        found[-1] = Part(Scale(found[-1][0].factor, _numbers(values)))
    else:
        found.append(Part(Scale(1.0, _numbers(values))))


def _sub(chain: _Chain, node: Any, found: list[Part]) -> None:
    if node.input[0] in chain.constants:
        raise unknown("a number less the array", WHERE)
    found.append(Part(Scale(1.0, _numbers(-chain.constant(node)))))


def _mul(chain: _Chain, node: Any, found: list[Part]) -> None:
    found.append(Part(Scale(_numbers(chain.constant(node)))))


def _div(chain: _Chain, node: Any, found: list[Part]) -> None:
    if node.input[0] in chain.constants:
        raise unknown("a number over the array", WHERE)
    found.append(Part(Scale(_numbers(1 / chain.constant(node)))))


def _numbers(values: Array) -> float | list[float]:
    return float(values.ravel()[0]) if values.size == 1 else [float(v) for v in values.ravel()]


def _reshape(chain: _Chain, node: Any, found: list[Part]) -> None:
    sizes: Shape = tuple(int(size) for size in chain.constant(node))[1:]
    if sizes:  # without: a single output as a number, not as a row
        found.append(Part(Flatten() if len(sizes) == 1 else Reshape(sizes)))


def _plain(make: Callable[[dict[str, Any]], Any]) -> Reader:
    def read(chain: _Chain, node: Any, found: list[Part]) -> None:
        found.append(Part(make(chain.settings(node))))

    return read


def _selu(how: dict[str, Any]) -> SELU:
    return SELU()


READERS: dict[str, Reader] = {
    "Gemm": _gemm,
    "MatMul": _matmul,
    "Add": _add,
    "Sub": _sub,
    "Mul": _mul,
    "Div": _div,
    "Reshape": _reshape,
    "Flatten": _plain(lambda how: Flatten()),
    "Relu": _plain(lambda how: ReLU()),
    "LeakyRelu": _plain(lambda how: LeakyReLU(how.get("alpha", 0.01))),
    "Elu": _plain(lambda how: ELU(how.get("alpha", 1.0))),
    "Selu": _plain(_selu),
    "Gelu": _plain(lambda how: GELU(how.get("approximate", b"none") == b"tanh")),
    "Sigmoid": _plain(lambda how: Sigmoid()),
    "Tanh": _plain(lambda how: Tanh()),
    "Softplus": _plain(lambda how: Softplus()),
    "Softmax": _plain(lambda how: Softmax()),
    "Identity": lambda chain, node, found: None,
    "Dropout": lambda chain, node, found: None,
}
ENDS = ("ArgMax", "Cast", "Greater", "ZipMap")
