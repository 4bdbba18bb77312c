"""The rows of a batch, gathered and converted to the network's precision in one pass."""

from typing import Any

import numpy as np

from glassnet.base.arrays import Array, Shape
from glassnet.compiled.compiler import inner, kernel
from glassnet.compiled.views import piece_of
from glassnet.nn.layers import Chain, Layer, Scale

SOME = 16  # rows that are copied before they are scaled
Scaling = tuple[Array, Array]  # a factor and a shift for every number of a sample


class Chosen:
    """Rows of an array that are not gathered yet. If there is a `scaled`, it holds what the
    network's first layer makes of them."""

    def __init__(self, source: Array, rows: Array, dtype: Any, scaled: Array | None = None) -> None:
        self.source, self.rows, self.dtype, self.scaled = source, rows, dtype, scaled

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, some: slice) -> "Chosen":
        scaled = None if self.scaled is None else self.scaled[some]
        return Chosen(self.source, self.rows[some], self.dtype, scaled)

    def gathered(self) -> Array:
        """The rows themselves."""
        return np.asarray(self.source[self.rows], self.dtype)


class _Memory:
    """The memory of an array, as if it were not read-only."""

    def __init__(self, array: Array) -> None:
        self.array = array
        place = array.ctypes.data, False
        self.__array_interface__ = {**array.__array_interface__, "data": place}


def writable(array: Array) -> Array:
    """The same numbers for a kernel that only reads them. For a read-only array, as pandas gives
    them, Numba would compile the kernel a second time."""
    return array if array.flags.writeable else np.asarray(_Memory(array))


def first_scale(root: Layer) -> Scale | None:
    """The first layer of a chain, if it is a `Scale`."""
    layer = root
    while type(layer) is Chain and layer.layers:
        layer = layer.layers[0]
    return layer if type(layer) is Scale else None


def scaling_of(root: Layer, input_shape: Shape, dtype: Any) -> Scaling | None:
    """Factor and shift of that layer for each number of a sample; None if there is no such
    layer."""
    layer = first_scale(root)
    if layer is None:
        return None
    factor, shift = (
        np.array(np.broadcast_to(np.asarray(each, dtype), input_shape)).reshape(-1)
        for each in (layer.factor, layer.shift)
    )
    return factor, shift


def scaled(x: Array, scaling: Scaling) -> Array:
    """factor · x + shift, in the precision of the factor."""
    x, (factor, shift) = writable(np.ascontiguousarray(x)), scaling
    y = np.empty(x.shape, factor.dtype)
    scale(x.reshape(-1, len(factor)), factor, shift, y.reshape(-1, len(factor)))
    return y


@kernel
def scale(x: Any, factor: Any, shift: Any, y: Any) -> None:
    """y = factor · x + shift for every row."""
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            y[i, j] = factor[j] * y.dtype.type(x[i, j]) + shift[j]


@kernel
def gather_scaled(source: Any, rows: Any, factor: Any, shift: Any, out: Any) -> None:
    """The same for the rows that `rows` names."""
    for i in range(len(rows)):
        row, to = source[rows[i]], out[i]
        for j in range(source.shape[1]):
            to[j] = factor[j] * out.dtype.type(row[j]) + shift[j]


@kernel
def gather_long_scaled(source: Any, rows: Any, factor: Any, shift: Any, out: Any) -> None:
    """The same for long rows: a few are copied, then scaled while they are in the cache."""
    for begin in range(0, len(rows), SOME):
        count = min(SOME, len(rows) - begin)
        copy_rows(source, rows, begin, count, out[begin : begin + count])
        for i in range(begin, begin + count):
            to = out[i]
            for j in range(source.shape[1]):
                to[j] = factor[j] * to[j] + shift[j]


@kernel
def gather(source: Any, rows: Any, out: Any) -> None:
    """Rows of the source, in the type of `out`."""
    for i in range(len(rows)):
        row, to = source[rows[i]], out[i]
        for j in range(source.shape[1]):
            to[j] = row[j]


@kernel
def gather_long(source: Any, rows: Any, out: Any) -> None:
    """The same for long rows."""
    copy_rows(source, rows, 0, len(rows), out)


@inner
def copy_rows(source: Any, rows: Any, first: Any, count: Any, out: Any) -> None:
    """Copy `count` long rows, starting with number `first` of `rows`, four side by side: they are
    far apart in memory, so the next one is requested before the last has arrived."""
    fours = count // 4 * 4
    for i in range(0, fours, 4):
        k = first + i
        a, b = source[rows[k]], source[rows[k + 1]]
        c, d = source[rows[k + 2]], source[rows[k + 3]]
        to_a, to_b, to_c, to_d = out[i], out[i + 1], out[i + 2], out[i + 3]
        for j in range(source.shape[1]):
            to_a[j] = a[j]
            to_b[j] = b[j]
            to_c[j] = c[j]
            to_d[j] = d[j]
    for i in range(fours, count):
        row, to = source[rows[first + i]], out[i]
        for j in range(source.shape[1]):
            to[j] = row[j]


@inner
def samples_at(x: Any, order: Any, room: Any, begin: Any, low: Any, high: Any) -> Any:
    """The samples from begin + low to begin + high: a view of x or, if `order` chooses rows of x,
    of `room`, into which they are gathered."""
    width = x.shape[1]
    if len(order) == 0:
        return piece_of(x, (begin + low) * width, (high - low) * width)
    return piece_of(room, low * width, (high - low) * width)
