"""Operators that normalize as layers."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from glassnet.base.arrays import Array
from glassnet.interop.onnx_constants import constant
from glassnet.interop.onnx_nodes import Operator
from glassnet.interop.onnx_row import Row, Settings
from glassnet.nn.layers import BatchNorm, GroupNorm, Layer, LayerNorm, RMSNorm

Read = Callable[[Row, Operator, Settings], None]


def _batch_norm(row: Row, node: Operator, how: Settings) -> None:
    if how["training_mode"] or not how["spatial"]:
        raise node.refused("takes the mean of the batch: expected a file for prediction")
    _channels(row, node)
    arrays = dict(zip(("gamma", "beta", "mean", "var"), _arrays(row, node, 4), strict=True))
    row.put(BatchNorm(_short(how["momentum"]), _short(how["epsilon"])), arrays)


def _layer_norm(row: Row, node: Operator, how: Settings) -> None:
    _last_axis(row, node, how)
    gamma = constant(row, node, 1)
    beta = np.zeros_like(gamma) if node.argument(2) is None else constant(row, node, 2)
    row.put(LayerNorm(_short(how["epsilon"])), {"gamma": gamma, "beta": beta})


def _rms_norm(row: Row, node: Operator, how: Settings) -> None:
    _last_axis(row, node, how)
    gamma = _ones(row) if node.argument(1) is None else constant(row, node, 1)
    row.put(RMSNorm(_short(how["epsilon"])), {"gamma": gamma})


def _last_axis(row: Row, node: Operator, how: Settings) -> None:
    if how["axis"] not in (-1, len(row.shape)) or not row.shape:
        raise node.refused(f"has the attribute axis={how['axis']}: expected the last, -1")
    if row.axes[-1] != len(row.here) - 1:
        row.settle()


def _group_norm(row: Row, node: Operator, how: Settings) -> None:
    _channels(row, node)
    groups, channels = how["num_groups"], row.here[-1]
    layer = GroupNorm(groups, _short(how["epsilon"]))
    if node.argument(1) is None:  # as it is spelled by others, with gain and shift of their own
        _norm(row, layer, _ones(row), np.zeros_like(_ones(row)))
        return
    gamma, beta = _arrays(row, node, 2)
    if row.version < 21 and channels % groups == 0:  # one gain for a group
        gamma, beta = (np.repeat(each, channels // groups) for each in (gamma, beta))
    _norm(row, layer, gamma, beta)


def _instance_norm(row: Row, node: Operator, how: Settings) -> None:
    if len(row.shape) < 2:
        raise node.refused(f"takes samples of shape {row.shape}: expected pictures")
    _channels(row, node)
    _norm(row, GroupNorm(row.here[-1], _short(how["epsilon"])), *_arrays(row, node, 2))


def _norm(row: Row, layer: Layer, gamma: Array, beta: Array) -> None:
    row.put(layer, {"gamma": gamma, "beta": beta})


def _channels(row: Row, node: Operator) -> None:
    """Bring the first axis there, that of channels, last here."""
    if not row.shape:
        raise node.refused("takes single numbers: expected rows or pictures")
    row.pictures()


def _ones(row: Row) -> Array:
    return np.ones(row.here[-1], np.float64 if row.type == "DOUBLE" else np.float32)


def _arrays(row: Row, node: Operator, count: int) -> list[Array]:
    return [constant(row, node, 1 + number) for number in range(count)]


def _short(number: float) -> float:
    """A number that was written as float32, as briefly as it can be: 1e-05."""
    return float(str(np.float32(number)))


NORMS: Mapping[str, tuple[Read, Settings, int]] = MappingProxyType({
    "BatchNormalization": (
        _batch_norm, {"epsilon": 1e-5, "momentum": 0.9, "training_mode": 0, "spatial": 1}, 5
    ),
    "LayerNormalization": (_layer_norm, {"axis": -1, "epsilon": 1e-5, "stash_type": 1}, 3),
    "RMSNormalization": (_rms_norm, {"axis": -1, "epsilon": 1e-5, "stash_type": 1}, 2),
    "GroupNormalization": (
        _group_norm, {"epsilon": 1e-5, "num_groups": 0, "stash_type": 1}, 3
    ),
    "InstanceNormalization": (_instance_norm, {"epsilon": 1e-5}, 3),
})  # fmt: skip
