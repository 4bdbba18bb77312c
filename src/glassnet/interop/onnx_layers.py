"""Operators as layers: every argument and every attribute is accounted for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array, Shape
from glassnet.base.errors import InputError
from glassnet.base.optional import need
from glassnet.interop import onnx_shapes as shapes
from glassnet.interop.assemble import Part, dense, residual, unknown
from glassnet.interop.layout import aligned
from glassnet.interop.onnx_branches import Fork
from glassnet.interop.onnx_constants import constant, numbers, of_features
from glassnet.interop.onnx_nodes import WHERE, Operator
from glassnet.interop.onnx_norms import NORMS
from glassnet.interop.onnx_pictures import PICTURES, channels_first
from glassnet.interop.onnx_row import FLOATS, Row, Settings
from glassnet.interop.onnx_waves import waves
from glassnet.interop.spellings import Plain, plain
from glassnet.nn.layers import (
    ELU,
    GELU,
    SELU,
    Concat,
    Dropout,
    Layer,
    Scale,
    SiLU,
    Softmax,
)

WHOLES = {"BOOL", *(f"{sign}INT{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64))}


class Reading(NamedTuple):
    """How an operator is read: by what, its attributes' defaults, and how many inputs it takes."""

    read: Callable[[Row, Operator, Settings], None]
    defaults: Settings = MappingProxyType({})
    inputs: int = 1


def layers(nodes: Sequence[Operator], x: Any, version: int) -> tuple[list[Part], Shape]:
    """The layers of operators in a row, and the shape of the samples that they take.

    Raises InputError for an operator, an attribute or a shape that has no counterpart here.
    """
    row = _start(nodes, x, version)
    shape = row.here
    _read(row, nodes)
    row.finish()
    return row.parts, shape


def _read(row: Row, nodes: Sequence[Operator]) -> None:
    for node in nodes:
        if isinstance(node, Fork):
            _fork(row, node)
            continue
        if node.kind not in READINGS:
            raise unknown(node.label, WHERE)
        read, defaults, inputs = READINGS[node.kind]
        settings = _settings(node, defaults)
        if any(each is not None for each in node.arguments[inputs:]):
            raise node.refused(f"has more than {inputs} inputs")
        if isinstance(node.argument(0), np.ndarray) and node.kind not in EITHER_SIDE:
            raise node.refused("has a constant as its first input: expected the values there")
        if row.type not in FLOATS and node.kind not in TYPELESS:
            raise node.refused(f"computes with {row.type}: expected a Cast to FLOAT before it")
        try:
            read(row, node, settings)
        except InputError as error:
            if str(error).startswith(WHERE):
                raise
            raise node.refused(f"has no counterpart: {error}") from None


def _start(nodes: Sequence[Operator], x: Any, version: int) -> Row:
    """The row before its first operator: the samples of the file's input."""
    tensor = x.type.tensor_type
    kind = need("onnx", WHERE).TensorProto.DataType.Name(tensor.elem_type)
    if kind not in {*FLOATS, *WHOLES}:
        raise InputError(f"{WHERE}: the input {x.name!r} holds {kind}: expected numbers")
    sizes: list[int | None] = [None, None]
    if tensor.HasField("shape"):
        sizes = [each.dim_value if each.dim_value > 0 else None for each in tensor.shape.dim]
    if len(sizes) == 2 and sizes[1] is None:
        sizes[1] = next(filter(None, map(_width, nodes)), None)
    shape = tuple(each for each in sizes[1:] if each is not None)
    if len(shape) + 1 != len(sizes) or not shape:
        said = ", ".join("?" if each is None else str(each) for each in sizes)
        raise InputError(
            f"{WHERE}: the input {x.name!r} has shape ({said}): expected samples first, and then "
            "one or more known sizes, as in (samples, features)"
        )
    first = len(shape) > 1 and channels_first(nodes, len(shape))
    count = len(shape)
    return Row(
        type=kind, batch=sizes[0], version=version, channel=0 if first else None,
        here=(*shape[1:], shape[0]) if first else shape,
        axes=(count - 1, *range(count - 1)) if first else tuple(range(count)),
    )  # fmt: skip


def _width(node: Operator) -> int | None:
    """How many features a product takes."""
    W = node.argument(1)
    if node.kind not in ("Gemm", "MatMul") or not isinstance(W, np.ndarray) or not W.ndim:
        return None
    return int(W.shape[1 if node.settings.get("transB") and W.ndim == 2 else 0])


def _settings(node: Operator, defaults: Settings) -> Settings:
    """The attributes, all of them known and of their type."""
    for name, value in node.settings.items():
        if name not in defaults:
            raise node.refused(f"has the attribute {name}={value!r}: expected none of this name")
        if defaults[name] is not None and type(value) is not type(defaults[name]):
            raise node.refused(f"has the attribute {name}={value!r}: expected {defaults[name]!r}")
    return {**defaults, **node.settings}


# ---- branches


def _fork(row: Row, fork: Fork) -> None:
    try:
        found = waves(row, fork)
    except InputError as error:
        raise fork.refused(f"joins waves that do not fit: {error}") from None
    if not found:
        _join(row, fork)


def _join(row: Row, fork: Fork) -> None:
    """A sum of two branches as a residual, and branches side by side as a concatenation."""
    ends = [replace(row, parts=[]) for _ in fork.branches]
    for end, branch in zip(ends, fork.branches, strict=True):
        _read(end, branch)
    if any(not each.shape or each.type != row.type for each in (row, *ends)):
        raise fork.refused("joins branches of single numbers or of several types")
    aligned(ends)
    layer, names = _residual(fork, ends) if fork.kind == "Add" else _concat(fork, ends)
    try:
        row.join(layer, names, ends)
    except InputError as error:
        raise fork.refused(f"joins branches that do not fit: {error}") from None


def _residual(fork: Fork, ends: Sequence[Row]) -> tuple[Layer, Sequence[str]]:
    _settings(fork, {})
    one, other = ([part.layer for part in end.parts] for end in ends)
    return residual(one, other)


def _concat(fork: Fork, ends: Sequence[Row]) -> tuple[Layer, Sequence[str]]:
    axis, count = _settings(fork, {"axis": 0})["axis"], len(ends[0].shape)
    axis += (count + 1) * (axis < 0)
    if axis not in (1, count):
        raise fork.refused(f"joins along axis {axis}: expected the last, -1, or that of channels")
    for end in ends:
        end.bring_last(axis - 1)
    layer = Concat([part.layer for part in end.parts] for end in ends)
    return layer, [str(number) for number in range(len(ends))]


# ---- products, and what is added and multiplied


def _product(row: Row, node: Operator, W: Array, b: Array | None = None) -> None:
    """A dense layer. A vector for W gives one number a sample."""
    if len(row.shape) != 1 or W.ndim not in (1, 2) or len(W) != row.shape[0]:
        raise node.refused(
            f"multiplies samples of shape {row.shape} by weights of shape {W.shape}: expected rows "
            "of features, and weights (features, units)"
        )
    row.put(*dense(W.reshape(len(W), -1), b))
    row.axes, row.channel = tuple(range(W.ndim - 1)), None


def _matmul(row: Row, node: Operator, how: Settings) -> None:
    if isinstance(node.argument(0), np.ndarray):
        raise node.refused("multiplies by a constant from the left: expected it from the right")
    _product(row, node, constant(row, node, 1))


def _gemm(row: Row, node: Operator, how: Settings) -> None:
    if how["transA"]:
        raise node.refused(f"has the attribute transA={how['transA']}: expected 0, samples first")
    W = constant(row, node, 1)
    if W.ndim != 2:
        raise node.refused(f"has weights of shape {W.shape}: expected (features, units)")
    W = (W.T if how["transB"] else W) * W.dtype.type(how["alpha"])
    _product(row, node, W)
    if node.argument(2) is not None:
        b = of_features(row, node, 2) * W.dtype.type(how["beta"])
        row.parts[-1] = dense(W, np.broadcast_to(b, row.here))


def _add(row: Row, node: Operator, how: Settings) -> None:
    """The bias of a product or a convolution, the shift of a scale, or a shift alone."""
    position = 1 if isinstance(node.argument(0), str) else 0
    before = row.parts[-1] if row.parts else None
    product = before is not None and before.layer.name == "dense" and "b" not in before.arrays
    b = of_features(row, node, position, wider=product)
    last = row.parts[-1] if row.parts else None  # which may be an exchange of axes by now
    if last is not None and "beta" in last.arrays and _is_free(last, "beta", 0):
        row.parts[-1] = Part(last.layer, {**last.arrays, "beta": b + last.arrays["beta"]})
    elif last is None or last is not before or last.arrays.keys() != {"W"}:
        _shift(row, numbers(node, b))
    elif product:
        units = max(row.here[0], b.size)
        W = np.broadcast_to(last.arrays["W"], (len(last.arrays["W"]), units))
        row.parts[-1] = dense(W, np.broadcast_to(b, units))
        row.here = (units,)
    else:
        layer = type(last.layer).from_config({**last.layer.config(), "bias": True})
        row.parts[-1] = Part(layer, {**last.arrays, "b": np.broadcast_to(b, row.here[-1:])})


def _is_free(part: Part, name: str, value: float) -> bool:
    """Whether a normalization leaves its gain or its shift to what follows."""
    return "gamma" in part.arrays and bool(np.all(part.arrays.get(name, value) == value))


def _sub(row: Row, node: Operator, how: Settings) -> None:
    if isinstance(node.argument(0), str):
        _shift(row, numbers(node, -of_features(row, node, 1)))
    else:
        row.parts.append(Part(Scale(-1.0, numbers(node, of_features(row, node, 0)))))


def _shift(row: Row, by: float | list[float]) -> None:
    last = row.parts[-1].layer if row.parts else None
    if last is not None and last.name == "scale" and last.config()["shift"] == 0:
        row.parts[-1] = Part(Scale(last.config()["factor"], by))
    else:
        row.parts.append(Part(Scale(1.0, by)))


def _mul(row: Row, node: Operator, how: Settings) -> None:
    position = 1 if isinstance(node.argument(0), str) else 0
    by = of_features(row, node, position)
    last = row.parts[-1] if row.parts else None
    if last is not None and _is_free(last, "gamma", 1) and _is_free(last, "beta", 0):
        row.parts[-1] = Part(last.layer, {**last.arrays, "gamma": by * last.arrays["gamma"]})
    else:
        row.parts.append(Part(Scale(numbers(node, by))))


def _div(row: Row, node: Operator, how: Settings) -> None:
    if isinstance(node.argument(0), np.ndarray):
        raise node.refused("divides a constant by the values: expected the values first")
    with np.errstate(all="ignore"):
        factor = 1 / of_features(row, node, 1).astype(np.float64)
    row.parts.append(Part(Scale(numbers(node, factor))))


# ---- precisions, activations and noise


def _cast(row: Row, node: Operator, how: Settings) -> None:
    names = {number: name for name, number in need("onnx", WHERE).TensorProto.DataType.items()}
    to = str(names.get(how["to"], how["to"]))
    whole = to == "INT64" and row.type in WHOLES - {"UINT64"}
    if to not in ("FLOAT", "DOUBLE", row.type) and not whole:
        raise node.refused(f"casts {row.type} to {to}, which rounds: expected FLOAT or DOUBLE")
    row.type = to


def _layer(make: Callable[[Settings], Layer]) -> Callable[[Row, Operator, Settings], None]:
    """How to read an operator that is one layer."""

    def read(row: Row, node: Operator, how: Settings) -> None:
        try:
            row.parts.append(Part(make(how)))
        except InputError as error:
            raise node.refused(f"has no counterpart: {error}") from None

    return read


def _plain(row: Plain) -> Reading:
    """How to read an operator with at most one attribute, whose default is that of the layer."""
    default = row.kind().config().get(row.setting or "")
    return Reading(_layer(row.layer), {row.attribute: default} if row.attribute else {})


def _selu(row: Row, node: Operator, how: Settings) -> None:
    """SELU with its constants; with different ones, an ELU and a factor."""
    alpha, gamma = how["alpha"], how["gamma"]
    if np.allclose([alpha, gamma], [SELU.ALPHA, SELU.LAMBDA], rtol=1e-6, atol=0):
        row.parts.append(Part(SELU()))
        return
    _layer(lambda how: ELU(alpha))(row, node, how)
    _layer(lambda how: Scale(gamma))(row, node, how)


def _gelu(row: Row, node: Operator, how: Settings) -> None:
    if how["approximate"] not in (b"none", b"tanh"):
        raise node.refused(f"has the attribute approximate={how['approximate']!r}: expected tanh")
    row.parts.append(Part(GELU(how["approximate"] == b"tanh")))


def _swish(row: Row, node: Operator, how: Settings) -> None:
    if how["alpha"] != 1:
        raise node.refused(f"has the attribute alpha={how['alpha']:g}: expected 1")
    row.parts.append(Part(SiLU()))


def _softmax(row: Row, node: Operator, how: Settings) -> None:
    last = len(row.shape)
    axis = how["axis"] if how["axis"] is not None else -1 if row.version >= 13 else 1
    if (axis not in (-1, last) and (row.version < 13 or axis != 1)) or not last:
        raise node.refused(f"has the attribute axis={axis}: expected the last, {last or 1}")
    row.bring_last((last if axis == -1 else axis) - 1)
    row.put(Softmax())


def _dropout(row: Row, node: Operator, how: Settings) -> None:
    training, ratio = node.argument(2), node.argument(1)
    if np.any(training if isinstance(training, np.ndarray) else False):
        raise node.refused("is in training mode: expected a file for prediction")
    rate = float(ratio.reshape(-1)[0]) if isinstance(ratio, np.ndarray) else how["ratio"]
    _layer(lambda how: Dropout(rate))(row, node, how)


EITHER_SIDE = ("Add", "Div", "Gather", "MatMul", "Mul", "Sub")
TYPELESS = ("Cast", "Flatten", "Gather", "Reshape", "Squeeze", "Transpose", "Unsqueeze")
READINGS: Mapping[str, Reading] = {
    **{name: _plain(row) for name, row in plain("onnx").items()},
    **{name: Reading(*each) for name, each in PICTURES.items()},
    **{name: Reading(*each) for name, each in NORMS.items()},
    "Gemm": Reading(_gemm, {"alpha": 1.0, "beta": 1.0, "transA": 0, "transB": 0}, 3),
    "MatMul": Reading(_matmul, inputs=2),
    "Add": Reading(_add, inputs=2),
    "Sub": Reading(_sub, inputs=2),
    "Mul": Reading(_mul, inputs=2),
    "Div": Reading(_div, inputs=2),
    "Neg": Reading(_layer(lambda how: Scale(-1.0))),
    "Reshape": Reading(shapes.reshape, {"allowzero": 0}, 2),
    "Flatten": Reading(shapes.flatten, {"axis": 1}),
    "Squeeze": Reading(shapes.squeeze, {"axes": None}, 2),
    "Unsqueeze": Reading(shapes.unsqueeze, {"axes": None}, 2),
    "Transpose": Reading(shapes.transpose, {"perm": None}),
    "Cast": Reading(_cast, {"to": 0, "saturate": None, "round_mode": None}),
    "Dropout": Reading(_dropout, {"ratio": 0.5, "seed": None}, 3),
    "Selu": Reading(_selu, {"alpha": SELU.ALPHA, "gamma": SELU.LAMBDA}),
    "Gelu": Reading(_gelu, {"approximate": b"none"}),
    "Swish": Reading(_swish, {"alpha": 1.0}),
    "Softmax": Reading(_softmax, {"axis": None}),
}
