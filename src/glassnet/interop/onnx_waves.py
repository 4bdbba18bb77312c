"""Operators that together are waves of numbers, as export spells them."""

import math
from collections.abc import Sequence

import numpy as np

from glassnet.base.arrays import Array
from glassnet.interop.onnx_branches import Fork
from glassnet.interop.onnx_constants import constant
from glassnet.interop.onnx_nodes import Operator
from glassnet.interop.onnx_row import FLOATS, Row
from glassnet.nn.layers import PeriodicEmbedding

KINDS = ["Gather", "Reshape", "Mul", "Add", "Cos", "MatMul", "Add", "Reshape"]


def waves(row: Row, fork: Fork) -> bool:
    """Whether x stands beside waves of x, cos(2π (W x + b)) V + c; adds the layer then.

    Raises InputError for columns that x does not have.
    """
    steps = fork.branches[-1]
    if len(fork.branches) != 2 or fork.branches[0] or [each.kind for each in steps] != KINDS:
        return False
    given = [each.argument(1) for each in steps if each.kind != "Cos"]
    constants = [each for each in given if isinstance(each, np.ndarray)]
    rows = len(row.axes) == 1 and row.type in FLOATS
    if not (rows and _is_plain(fork, steps) and _fit(constants)):
        return False
    W, b, V, c = (constant(row, steps[at], 1) for at in (2, 3, 5, 6))
    columns = constants[0].tolist()
    chosen = None if columns == list(range(*row.shape)) else columns
    layer = PeriodicEmbedding(V.shape[2], V.shape[1], columns=chosen)
    turn = W.dtype.type(2 * math.pi)
    row.put(layer, {"W": W[:, 0] / turn, "b": b[:, 0] / turn, "V": V, "c": c[:, 0]})
    return True


def _fit(constants: Sequence[Array]) -> bool:
    """That these are columns, a shape, W, b, V, c and a shape, each as export writes it."""
    if len(constants) != len(KINDS) - 1 or constants[4].ndim != 3:
        return False
    columns, split, W, b, V, c, merge = constants
    count, frequencies, units = V.shape
    return (
        columns.shape == (count,)
        and W.shape == b.shape == (count, 1, frequencies)
        and c.shape == (count, 1, units)
        and split.tolist() == [-1, count, 1, 1]
        and merge.tolist() == [-1, count * units]
    )


def _is_plain(fork: Fork, steps: Sequence[Operator]) -> bool:
    """That features are taken and joined, and that nothing else is set."""
    gather, *others = steps
    return (
        fork.settings.get("axis") in (1, -1)
        and gather.settings.get("axis") in (1, -1)
        and all(set(each.settings.items()) <= {("allowzero", 0)} for each in others)
    )
