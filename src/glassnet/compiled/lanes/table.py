"""A chain of layers as the table of operations for compiled steps."""

from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.compiled.formulas import CURVES
from glassnet.compiled.lanes.chain import BEGIN, DENSE, DROPOUT, SOFTMAX, ZEROS
from glassnet.compiled.lanes.learning import NUMBERS, PIECE
from glassnet.compiled.lanes.tiles import VECTOR
from glassnet.nn.layers import ACTIVATIONS, Dense, Dropout, Flatten, Layer, Softmax
from glassnet.nn.network import Network

CACHE = 2**18  # bytes of a tile: as many samples at once as stay in the cache

Operation = tuple[int, bool, tuple[float, ...]]


def _curve(layer: Any) -> Operation:
    number = [kind.curve for kind in CURVES].index(type(layer).curve)
    return number, layer.from_output, layer.constants


# For each kind of layer: its number, whether its derivative is a function of the output, and its
# settings; None if there is nothing to do.
OPERATIONS: dict[type[Layer], Callable[[Any], Operation | None]] = {
    **{kind: _curve for kind in ACTIVATIONS.values() if getattr(kind, "curve", None) in
       [each.curve for each in CURVES] and kind.__module__.startswith("glassnet.nn.")},
    Dense: lambda layer: (DENSE, False, ()),
    Dropout: lambda layer: (DROPOUT, False, (layer.rate,)) if layer.rate else None,
    Softmax: lambda layer: (SOFTMAX, True, ()),
    Flatten: lambda layer: None,
}  # fmt: skip


def lanes_of(dtype: Any) -> int:
    """How many networks a vector holds."""
    return VECTOR // int(np.dtype(dtype).itemsize)


def aligned(shape: tuple[int, ...], dtype: Any) -> Array:
    """An array that starts at a cache line."""
    size = int(np.prod(shape)) * int(np.dtype(dtype).itemsize)
    room = np.empty(size + VECTOR, np.uint8)
    begin = -room.ctypes.data % VECTOR
    found: Array = room[begin : begin + size].view(dtype).reshape(shape)
    return found


class Table:
    """The operations of a network in `rows`, and their settings in `numbers`. θ takes up `vectors`
    vectors, and `tile` samples of a batch are processed at once."""

    def __init__(self, network: Network, batch: int) -> None:
        self.dtype, lanes = network.dtype, lanes_of(network.dtype)
        self.rows, self.numbers, self.vectors = _operations(network)
        inputs, units, kinds = self.rows[0, 1], self.rows[:, 2], self.rows[:, 0]
        self.first = int(np.argmax(kinds == DENSE))
        self.outputs, self.widest = int(units[-1]), int(max(inputs, *units))
        self.noise = int(units[kinds == DROPOUT].sum())
        aside = np.where(kinds == DROPOUT, units, 2 * (kinds == SOFTMAX))
        vectors = inputs + units.sum() + aside.sum()
        fitting = CACHE // (VECTOR * int(vectors + 2 * self.widest)) // 4 * 4
        self.tile = min(batch, max(4, fitting))
        places = np.cumsum([0, inputs, *units, *aside]) * self.tile * lanes
        count = len(units)
        self.rows[:, 6], self.rows[:, 7] = places[:count], places[1 : count + 1]
        self.rows[:, 8] = places[count + 1 : -1]
        self.room = int(places[-1])

    def buffers(self) -> tuple[Array, ...]:
        """The buffers of a step: for outputs, the backward pass, the loss, the rule, the lengths of
        weights, and sample indices."""
        run = self.tile * lanes_of(self.dtype)
        return (
            aligned((self.room,), self.dtype),
            aligned((2 * self.widest * run,), self.dtype),
            aligned(((2 * self.outputs + 3) * run,), self.dtype),
            aligned((2, NUMBERS, PIECE), self.dtype),
            aligned((max(PIECE, self.widest * lanes_of(self.dtype)),), np.float64),
            np.empty(run, np.int64),
        )


def _operations(network: Network) -> tuple[Array, Array, int]:
    shapes = network.shapes(network.input_shape or ())
    begins, begin = {}, int(BEGIN)
    for name, spec in network.specs(network.input_shape or ()).items():
        begins[name] = begin
        begin += int(np.prod(spec.shape))
    rows, numbers = [], []
    for index, layer in enumerate(network.layers):
        found = OPERATIONS[type(layer)](layer)
        if found is not None:
            kind, from_output, own = found
            inputs, units = (int(np.prod(shape)) for shape in shapes[index : index + 2])
            weights, bias = begins.get(f"{index}.W", ZEROS), begins.get(f"{index}.b", ZEROS)
            rows.append([kind, inputs, units, weights, bias, from_output, 0, 0, 0])
            numbers.append((*own, 0.0, 0.0)[:2])
    return np.array(rows, np.int64), np.array(numbers, network.dtype), begin
