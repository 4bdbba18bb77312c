"""Windows into a vector: a slice with a shape, without the checks that would take longer than a
small product. Who makes one has to see that it lies within.
"""

from typing import Any

import numpy as np
from numba import carray, types
from numba.extending import intrinsic

from glassnet.compiled.compiler import inner


@intrinsic  # type: ignore[untyped-decorator]
def pointer(context: Any, address: Any) -> Any:
    """An address in memory as what `carray` takes."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(types.voidptr))

    return types.voidptr(types.uintp), build


@inner
def address_of(values: Any, number: Any) -> Any:
    """Where a number of an array, counted from its first, stands in memory."""
    return np.int64(values.ctypes.data) + number * values.itemsize


@inner
def matrix_in(vector: Any, begin: Any, rows: Any, columns: Any) -> Any:
    """The matrix that lies in a vector from a place on, row after row."""
    address = vector.ctypes.data + begin * vector.itemsize
    return carray(pointer(address), (rows, columns), vector.dtype)


@inner
def piece_of(vector: Any, begin: Any, count: Any) -> Any:
    """So many numbers of a vector from a place on."""
    address = vector.ctypes.data + begin * vector.itemsize
    return carray(pointer(address), (count,), vector.dtype)
