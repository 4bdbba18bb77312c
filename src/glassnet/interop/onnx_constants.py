"""Constants of operators, as layers take them."""

import numpy as np

from glassnet.base.arrays import Array
from glassnet.interop.onnx_nodes import Operator
from glassnet.interop.onnx_row import FLOATS, Row


def constant(row: Row, node: Operator, position: int) -> Array:
    """An argument that is a constant of the row's type, as float32 or float64."""
    values = node.argument(position)
    if not isinstance(values, np.ndarray):
        raise node.refused(f"has no constant as input {position}: expected one")
    if values.dtype.name not in FLOATS[row.type]:
        raise node.refused(f"has a constant of {values.dtype.name} among values of {row.type}")
    return values if row.type == "DOUBLE" else values.astype(np.float32)


def of_features(row: Row, node: Operator, position: int, wider: bool = False) -> Array:
    """A constant that is broadcast to samples: one number, or one for each feature, the last axis.

    `wider` lets a single feature become several.
    """
    values = constant(row, node, position)
    axes = len(row.shape)
    each = values[0] if values.ndim == axes + 1 and len(values) == 1 else values
    sizes = (1,) * (axes - each.ndim) + each.shape
    varies = [axis for axis, size in enumerate(sizes) if size > 1]
    if len(sizes) > axes or len(varies) > 1 or not all(_fits(row, k, each, wider) for k in varies):
        raise node.refused(
            f"has a constant of shape {values.shape} for samples of shape {row.shape}: expected "
            "one number, or one for each feature"
        )
    for axis in varies:
        row.pictures() if axis < axes - 1 else row.bring_last(axis)
    return each.reshape(-1)


def _fits(row: Row, axis: int, values: Array, wider: bool) -> bool:
    """Whether there is one value for each feature of an axis that is the first or the last."""
    alone = wider and row.shape == (1,)
    return axis in (0, len(row.shape) - 1) and (values.size == row.shape[axis] or alone)


def numbers(node: Operator, values: Array) -> float | list[float]:
    """Numbers for a Scale: one, or a list."""
    if not np.isfinite(values).all():
        raise node.refused("scales by a number that is not finite")
    found = [float(each) for each in values]
    return found if len(found) > 1 else found[0]
