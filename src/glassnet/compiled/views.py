"""Views into a vector, without the checks that would take longer than a small product. The caller
must make sure that they lie within it."""

from typing import Any

import numpy as np
from numba import carray, types

from glassnet.compiled.compiler import inner, instruction


@instruction
def pointer(context: Any, address: Any) -> Any:
    """An address as a pointer for `carray`."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(types.voidptr))

    return types.voidptr(types.uintp), build


@inner
def address_of(values: Any, number: Any) -> Any:
    """The address of a number of an array, counted from its first."""
    return np.int64(values.ctypes.data) + number * values.itemsize


@inner
def matrix_in(vector: Any, begin: Any, rows: Any, columns: Any) -> Any:
    """The row-major matrix that starts at an index of a vector."""
    address = vector.ctypes.data + begin * vector.itemsize
    return carray(pointer(address), (rows, columns), vector.dtype)


@inner
def piece_of(vector: Any, begin: Any, count: Any) -> Any:
    """Part of a vector: `count` numbers from an index on."""
    address = vector.ctypes.data + begin * vector.itemsize
    return carray(pointer(address), (count,), vector.dtype)
