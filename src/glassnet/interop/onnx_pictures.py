"""Operators over pictures and sequences as layers.

They take channels first; the layers here have them last, which `Row` accounts for.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.interop.assemble import ZEROS
from glassnet.interop.onnx_branches import Fork
from glassnet.interop.onnx_constants import constant
from glassnet.interop.onnx_nodes import Operator
from glassnet.interop.onnx_row import Row, Settings
from glassnet.interop.onnx_shapes import given_axes, whole
from glassnet.interop.windowed import convolution, leaves_numbers, pooling
from glassnet.nn.layers import (
    AveragePool1D,
    AveragePool2D,
    Embedding,
    GlobalAveragePool,
    GlobalMaxPool,
    Layer,
    MaxPool1D,
    MaxPool2D,
    UpSample2D,
    ZeroPad2D,
)
from glassnet.nn.windows import Windows, same

Read = Callable[[Row, Operator, Settings], None]


# ---- windows


def _axes(row: Row, node: Operator) -> int:
    """How many axes windows slide along; channels are brought last."""
    axes = len(row.shape) - 1
    if axes not in (1, 2):
        raise node.refused(
            f"takes samples of shape {row.shape}: expected (channels, length) or "
            "(channels, height, width)"
        )
    row.pictures()
    return axes


def _windows(row: Row, node: Operator, how: Settings, kernel: Sequence[int]) -> list[Windows]:
    """The windows along each axis, as the attributes have them."""
    sizes, axes = row.here[:-1], len(kernel)
    strides, dilations = (_list(node, how, name, [1] * axes) for name in ("strides", "dilations"))
    pads = _list(node, how, "pads", [0] * (2 * axes))
    auto = how["auto_pad"].decode()
    if auto not in ("NOTSET", "SAME_LOWER", "SAME_UPPER", "VALID"):
        raise node.refused(f"has the attribute auto_pad={auto!r}: expected SAME_UPPER")
    if min(*pads, 0) < 0 or min(*kernel, *strides, *dilations) < 1:
        raise node.refused("has windows or padding of less than nothing: expected 1 or more")
    settings = list(zip(sizes, kernel, strides, dilations, strict=True))
    if auto != "NOTSET" and any(pads):
        raise node.refused(f"has the attributes auto_pad={auto!r} and pads: expected one of them")
    if auto == "NOTSET":
        pairs = list(zip(pads[:axes], pads[axes:], strict=True))
    else:
        skipped = [n - (-(-n // s) - 1) * s - d * (k - 1) - 1 for n, k, s, d in settings]
        if auto != "VALID" and max(skipped) > 1:  # runtimes differ in where windows then lie
            raise node.refused(
                f"has the attribute auto_pad={auto!r} and skips numbers: expected pads"
            )
        pairs = [(0, 0) if auto == "VALID" else same(*each) for each in settings]
        pairs = [pair[::-1] if auto == "SAME_LOWER" else pair for pair in pairs]
    return [Windows(*each, *pair) for each, pair in zip(settings, pairs, strict=True)]


def _list(node: Operator, how: Settings, name: str, default: Sequence[int]) -> list[int]:
    """An attribute that is a list of as many whole numbers as its default."""
    given = default if how[name] is None else list(how[name])
    if len(given) != len(default):
        raise node.refused(f"has the attribute {name}={given}: expected {len(default)} numbers")
    return [int(each) for each in given]


def _conv(row: Row, node: Operator, how: Settings) -> None:
    axes, W = _axes(row, node), constant(row, node, 1)
    if W.ndim != axes + 2:
        raise node.refused(f"has weights of shape {W.shape} for samples of shape {row.shape}")
    if _list(node, how, "kernel_shape", W.shape[2:]) != list(W.shape[2:]):
        raise node.refused(f"has the kernel_shape {how['kernel_shape']}: expected {W.shape[2:]}")
    b = None if node.argument(2) is None else constant(row, node, 2)
    windows = _windows(row, node, how, W.shape[2:])
    convolution(row, windows, W.transpose(*range(2, axes + 2), 1, 0), b, how["group"])


def _pool(kinds: Sequence[type[Any]]) -> Read:
    def read(row: Row, node: Operator, how: Settings) -> None:
        axes = _axes(row, node)
        if how["kernel_shape"] is None:
            raise node.refused("has no kernel_shape: expected the size of its windows")
        windows = _windows(row, node, how, _list(node, how, "kernel_shape", [0] * axes))
        if any(w.dilation > 1 for w in windows):
            raise node.refused("has the attribute dilations: expected windows without gaps")
        if how["ceil_mode"] and leaves_numbers(windows):
            raise node.refused("has the attribute ceil_mode=1, which adds a window: expected 0")
        pooling(row, windows, kinds, counted=bool(how.get("count_include_pad")))

    return read


# ---- all places at once


def _global(kind: type[Layer]) -> Read:
    def read(row: Row, node: Operator, how: Settings) -> None:
        if len(row.shape) < 2:
            raise node.refused(f"takes samples of shape {row.shape}: expected pictures")
        row.pool(kind())

    return read


def _reduce(kind: type[Layer]) -> Read:
    """The mean or the largest of all places; of other axes there is no such layer."""

    def read(row: Row, node: Operator, how: Settings) -> None:
        count = len(row.shape)
        axes = sorted(axis % (count + 1) for axis in given_axes(node, how))
        if how["keepdims"] not in (0, 1):
            raise node.refused(f"has the attribute keepdims={how['keepdims']}: expected 0 or 1")
        if axes not in ([*range(2, count + 1)], [*range(1, count)]) or count < 2:
            raise node.refused(f"reduces the axes {axes}: expected all but those of channels")
        row.settle() if 1 in axes else row.pictures()
        row.put(kind())
        row.axes = tuple(None if axis + 1 in axes else 0 for axis in range(count))
        if not how["keepdims"]:
            row.axes, row.channel = (0,), None

    return read


# ---- zeros around, copies beside


def _inside(row: Row, node: Operator, touched: Sequence[bool]) -> None:
    """Bring the axis last here that is not touched there: that of the channels."""
    if len(row.shape) != 3 or all(touched):
        raise node.refused(
            f"changes other axes than two of pictures, in samples of shape {row.shape}"
        )
    free = [axis for axis, each in enumerate(touched) if not each]
    if None not in row.axes and row.axes.index(2) in free:
        return
    if 0 in free:
        row.pictures()
    elif 2 in free:
        row.settle()
    else:
        raise node.refused("changes the first and the last axis: expected channels there")


def _pad(row: Row, node: Operator, how: Settings) -> None:
    count = len(row.shape) + 1
    value = node.argument(2)
    if how["mode"] != b"constant" or how["value"] or np.any(value if value is not None else 0):
        raise node.refused("pads with other values than 0: expected zeros")
    given = how["pads"] if node.argument(1) is None else whole(node, node.argument(1))
    axes = list(range(count)) if node.argument(3) is None else whole(node, node.argument(3))
    pairs = dict.fromkeys(range(count), (0, 0))
    if given is None or len(given) != 2 * len(axes):
        raise node.refused(f"has the pads {given}: expected two for each axis")
    for number, axis in enumerate(axes):
        pairs[axis % count] = given[number], given[len(axes) + number]
    if any(min(pair) < 0 for pair in pairs.values()) or any(pairs[0]):
        raise node.refused(f"has the pads {list(given)}: expected zeros around each sample")
    if not any(map(any, pairs.values())):
        return
    _inside(row, node, [any(pairs[axis]) for axis in range(1, count)])
    row.put(ZeroPad2D(tuple(pairs[1 + row.axes.index(axis)] for axis in (0, 1))))


NEAREST = {
    ("asymmetric", "floor"), ("tf_half_pixel_for_nn", "floor"),
    *((each, f"round_prefer_{side}") for side in ("floor", "ceil")
      for each in ("half_pixel", "half_pixel_symmetric", "pytorch_half_pixel")),
}  # fmt: skip


def _resize(row: Row, node: Operator, how: Settings) -> None:
    """Each number several times; how coordinates are rounded decides whether it is just that."""
    rounding = "asymmetric", "floor"
    if row.version >= 11 and node.kind == "Resize":
        rounding = tuple(
            how[name].decode() for name in ("coordinate_transformation_mode", "nearest_mode")
        )
    if how["mode"] != b"nearest" or rounding not in NEAREST or how.get("antialias"):
        raise node.refused(
            f"takes the mode {how['mode'].decode()} with {' and '.join(rounding)}: expected "
            "copies of each number, nearest with asymmetric and floor"
        )
    factors = _factors(row, node, how)
    if any(factor != int(factor) or factor < 1 for factor in factors) or factors[0] != 1:
        raise node.refused(f"scales by {factors}: expected whole numbers, and 1 for samples")
    whole_ones = [int(factor) for factor in factors[1:]]
    if any(factor > 1 for factor in whole_ones):
        _inside(row, node, [factor > 1 for factor in whole_ones])
        row.put(UpSample2D([whole_ones[row.axes.index(axis)] for axis in (0, 1)]))


def _factors(row: Row, node: Operator, how: Settings) -> list[float]:
    """By how much each axis grows, that of the samples first."""
    now = [row.batch or 0, *row.shape]
    given: Any = how.get("scales")
    if node.kind == "Resize" and row.version >= 11:
        given, sizes = node.argument(2), node.argument(3)
        if isinstance(sizes, np.ndarray) and np.size(given if given is not None else []) == 0:
            given = (
                [a / b if b else 0.0 for a, b in zip(whole(node, sizes), now, strict=True)]
                if len(sizes) == len(now)
                else []
            )
    elif node.argument(1) is not None:
        given = node.argument(1)
    if how.get("axes") is not None or isinstance(given, str) or np.size(given) != len(now):
        raise node.refused("has no constant scale for each axis: expected one")
    return [float(each) for each in np.ravel(given)]


# ---- a vector for each index


def _gather(row: Row, node: Operator, how: Settings) -> None:
    W = node.argument(0)
    if not isinstance(W, np.ndarray) or W.ndim != 2 or how["axis"] not in (0, -2):
        raise node.refused("does not take rows of a constant table: expected an embedding")
    if not isinstance(node.argument(1), str) or row.type not in ("INT32", "INT64"):
        raise node.refused(f"takes rows by {row.type}: expected whole numbers")
    kinds = {"float16": "FLOAT16", "bfloat16": "BFLOAT16", "float32": "FLOAT", "float64": "DOUBLE"}
    if W.dtype.name not in kinds:
        raise node.refused(f"has a table of {W.dtype.name}: expected FLOAT or DOUBLE")
    row.settle()
    row.type = kinds[W.dtype.name]
    table: Array = W if row.type == "DOUBLE" else W.astype(np.float32)
    count, units = W.shape
    row.put(Embedding(count, units, init=ZEROS), {"W": table})
    row.axes, row.channel = tuple(range(len(row.here))), None


# ---- which operators, and where channels are


WINDOWS = {
    "auto_pad": b"NOTSET", "dilations": None, "kernel_shape": None, "pads": None, "strides": None,
}  # fmt: skip
RESIZE = {
    "mode": b"nearest", "coordinate_transformation_mode": b"half_pixel",
    "nearest_mode": b"round_prefer_floor", "antialias": 0, "axes": None, "cubic_coeff_a": None,
    "exclude_outside": None, "extrapolation_value": None, "keep_aspect_ratio_policy": None,
}  # fmt: skip
PICTURES: Mapping[str, tuple[Read, Settings, int]] = MappingProxyType({
    "Conv": (_conv, {**WINDOWS, "group": 1}, 3),
    "MaxPool": (_pool((MaxPool1D, MaxPool2D)),
                {**WINDOWS, "ceil_mode": 0, "storage_order": None}, 1),
    "AveragePool": (_pool((AveragePool1D, AveragePool2D)),
                    {**WINDOWS, "ceil_mode": 0, "count_include_pad": 0}, 1),
    "GlobalAveragePool": (_global(GlobalAveragePool), {}, 1),
    "GlobalMaxPool": (_global(GlobalMaxPool), {}, 1),
    "ReduceMean": (_reduce(GlobalAveragePool), {"axes": None, "keepdims": 1}, 2),
    "ReduceMax": (_reduce(GlobalMaxPool), {"axes": None, "keepdims": 1}, 2),
    "Pad": (_pad, {"mode": b"constant", "pads": None, "value": 0.0}, 4),
    "Resize": (_resize, RESIZE, 4),
    "Upsample": (_resize, {"mode": b"nearest", "scales": None}, 2),
    "Gather": (_gather, {"axis": 0}, 2),
})  # fmt: skip

FIRST = {
    "AveragePool", "BatchNormalization", "Conv", "GlobalAveragePool", "GlobalMaxPool",
    "GroupNormalization", "InstanceNormalization", "MaxPool",
}  # fmt: skip
LAST = {
    "Concat", "Flatten", "Gather", "Gemm", "LayerNormalization", "MatMul", "RMSNormalization",
    "Reshape", "Softmax", "Squeeze", "Unsqueeze",
}  # fmt: skip


def channels_first(nodes: Sequence[Operator], axes: int) -> bool:
    """Whether such samples have channels first, by the first operator that shows it."""
    return bool(_first(nodes, list(range(axes + 1))))


def _first(nodes: Sequence[Operator], order: list[int]) -> bool | None:
    """The same where the axes of the input come in this order; None if nothing shows it."""
    for node in nodes:
        if isinstance(node, Fork):
            found = [_first(branch, order) for branch in node.branches]
            if shown := [each for each in found if each is not None]:
                return shown[0]
        perm = node.settings.get("perm", ())
        if node.kind == "Transpose" and sorted(perm) == sorted(order):
            order = [order[axis] for axis in perm]
        elif node.kind in FIRST | LAST:
            return node.kind in FIRST and order[1] == 1
        touched = {order[axis] for axis in _touched(node, len(order))}
        if (1 in touched) != (len(order) - 1 in touched):
            return 1 not in touched
    return None


def _touched(node: Operator, axes: int) -> set[int]:
    """The axes that zeros, copies or reductions change, that of the samples being 0."""
    named: Any = range(axes)
    if node.kind in ("ReduceMean", "ReduceMax"):
        found = np.ravel(node.settings.get("axes", node.argument(1)))
        return {int(axis) % axes for axis in found} if found.dtype.kind == "i" else set()
    if node.kind == "Pad" and isinstance(given := node.argument(3), np.ndarray):
        named = given.ravel() if given.dtype.kind == "i" else []
    later = node.argument(2)
    numbers: Any = {
        "Pad": node.settings.get("pads", node.argument(1)),
        "Resize": later if isinstance(later, np.ndarray) else node.argument(1),
        "Upsample": node.settings.get("scales", node.argument(1)),
    }.get(node.kind)
    known = isinstance(numbers, np.ndarray | list | tuple) and len(named)
    if not known or np.size(numbers) % len(named):
        return set()
    still = 0 if node.kind == "Pad" else 1
    changed = [k % len(named) for k, each in enumerate(np.ravel(numbers)) if each != still]
    return {int(named[k]) % axes for k in changed}
