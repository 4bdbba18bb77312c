"""Operators that give samples a different shape: the numbers of each sample stay together."""

from math import prod
from typing import Any

import numpy as np

from glassnet.base.arrays import Shape
from glassnet.interop.onnx_nodes import Operator
from glassnet.interop.onnx_row import Row, Settings


def _reshaped(row: Row, node: Operator, shape: Shape) -> None:
    """Samples of another shape, of the same numbers."""
    if prod(shape) != prod(row.shape):
        raise node.refused(
            f"makes samples of shape {shape} of those of shape {row.shape}: expected each to keep "
            "its numbers"
        )
    row.reshape(shape)


def flatten(row: Row, node: Operator, how: Settings) -> None:
    """All numbers of a sample in a row."""
    axes = 1 + len(row.shape)
    if how["axis"] not in (1, 1 - axes):
        raise node.refused(f"has the attribute axis={how['axis']}: expected 1, samples first")
    _reshaped(row, node, (prod(row.shape),))


def reshape(row: Row, node: Operator, how: Settings) -> None:
    """The shape that is given, in which 0 means as before and −1 what is left."""
    given = whole(node, node.argument(1))
    now = (row.batch or 0, *row.shape)
    if not given or (how["allowzero"] and 0 in given):
        raise node.refused(f"makes the shape {given}: expected samples first")
    sizes = [now[k] if size == 0 and k < len(now) else size for k, size in enumerate(given)]
    samples, shape = sizes[0], sizes[1:]
    if -1 in shape:
        k, others = shape.index(-1), prod(shape) // -1
        shape[k] = prod(row.shape) // others if others else -1
    elif samples == -1:  # so many that each sample keeps its numbers
        samples = now[0]
    if samples != now[0] or min(shape, default=1) < 1:
        raise node.refused(
            f"makes the shape {given} of samples of shape {row.shape}: expected the samples to "
            "stay first"
        )
    _reshaped(row, node, tuple(shape))


def squeeze(row: Row, node: Operator, how: Settings) -> None:
    """Without axes of size 1."""
    gone = _axes(node, how, 1 + len(row.shape))
    if 0 in gone or any(row.shape[axis - 1] != 1 for axis in gone):
        raise node.refused(
            f"removes axes of samples of shape {row.shape}: expected those of size 1"
        )
    _reshaped(row, node, tuple(n for k, n in enumerate(row.shape, 1) if k not in gone))


def unsqueeze(row: Row, node: Operator, how: Settings) -> None:
    """With further axes of size 1."""
    count = 1 + len(row.shape) + len(given_axes(node, how))
    new = _axes(node, how, count)
    if 0 in new:
        raise node.refused("puts an axis before the samples: expected samples first")
    sizes = iter(row.shape)
    _reshaped(row, node, tuple(1 if k in new else next(sizes) for k in range(1, count)))


def _axes(node: Operator, how: Settings, count: int) -> set[int]:
    """The axes that an operator names, counted from 0, of so many."""
    given = given_axes(node, how)
    found = {axis % count for axis in given if -count <= axis < count}
    if len(found) != len(given) or not given:
        raise node.refused(f"names the axes {given}: expected different ones of {count}")
    return found


def given_axes(node: Operator, how: Settings) -> list[int]:
    """The axes that an operator names."""
    named = how["axes"] if node.argument(1) is None else whole(node, node.argument(1))
    return list(named or [])


def whole(node: Operator, values: Any) -> list[int]:
    """A constant of whole numbers, such as a shape."""
    if not isinstance(values, np.ndarray) or values.dtype.kind != "i" or values.ndim > 1:
        raise node.refused("has a shape or axes that are not constant: expected whole numbers")
    return [int(each) for each in values.reshape(-1)]


def transpose(row: Row, node: Operator, how: Settings) -> None:
    """Axes in another order, samples first."""
    order, axes = list(how["perm"] or []), 1 + len(row.shape)
    if sorted(order) != list(range(axes)) or order[0] != 0:
        raise node.refused(f"puts axes in the order {order}: expected the samples to stay first")
    row.exchange([axis - 1 for axis in order[1:]])
