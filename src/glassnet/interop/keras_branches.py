"""Branches of a Keras model: those that begin at one array and are added or concatenated."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from glassnet.base.arrays import Shape
from glassnet.base.optional import need
from glassnet.interop.assemble import Part, container, residual
from glassnet.interop.keras_layers import WHERE, check
from glassnet.interop.pieces import Read, known_as, only, read_row, refused
from glassnet.nn.layers import Concat

Row = Sequence[tuple[str, Any]]


class Fork(NamedTuple):
    """What joins branches, and these: the layers of each in a row, with their places."""

    join: Any
    branches: Sequence[Row]


def is_join(operation: Any) -> bool:
    """Whether it adds or concatenates arrays: `layers.Add()`, `layers.Concatenate()` or x + y."""
    kind = known_as(operation, need("keras.layers", WHERE))
    return kind in ("Add", "Concatenate") or _is_sum(operation)


def _is_sum(operation: Any) -> bool:
    return type(operation) is need("keras.src.ops.numpy", WHERE).Add  # which has no public name


def check_join(call: Any, place: str) -> None:
    """That it is called with arrays alone: no mask, no number."""
    given = need("keras.tree", WHERE).flatten([call.arguments.args, call.arguments.kwargs])
    arrays = [each for each in given if each is not None]
    alike = zip(arrays, call.input_tensors, strict=False)
    if len(arrays) != len(call.input_tensors) or any(one is not other for one, other in alike):
        raise refused(f"{place}: a call with more than arrays", "arrays alone")


def joined(fork: Fork, precision: str, shape: Shape, read: Read) -> Part:
    """The layer that computes all branches and joins them, for samples of this shape."""
    if not _is_sum(fork.join):
        check(fork.join, precision)
    branches = [read_row(row, read, shape) for row in fork.branches]
    rows = [[part.layer for part in branch] for branch in branches]
    if type(fork.join).__name__ == "Add":
        if len(rows) != 2:
            raise refused(f"a sum of {len(rows)} branches", "one of two")
        return container(*residual(*rows), branches)
    layer = Concat(rows)
    only(fork.join, axis=(-1, len(layer.output_shape(shape))))
    return container(layer, [str(number) for number in range(len(rows))], branches)
