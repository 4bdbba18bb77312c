"""Products of many networks at once: every number is a vector of lanes.

A tile of the product is summed in registers, so that every vector that is loaded is used for
several sums. Two strides say where a matrix has its vectors, so transposing costs nothing.
"""

from itertools import product as pairs
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from glassnet.compiled.compiler import inner

VECTOR = 64  # bytes of a cache line, and of the widest register
SHIFT = 6  # as a power of two


def tile_of(rows: int, columns: int) -> Any:
    """A function that computes a tile of c = d + a b of this size, from addresses and from strides
    in vectors; the type of `one` is that of the numbers."""

    def tile(
        context: Any, a: Any, a_row: Any, a_step: Any, b: Any, b_step: Any, b_column: Any, d: Any,
        d_row: Any, d_column: Any, c: Any, c_row: Any, c_column: Any, count: Any, one: Any,
    ) -> Any:  # fmt: skip
        whole = types.intp
        return types.void(*[whole] * 13, one), _builder(rows, columns)

    return intrinsic(tile)


def _builder(rows: int, columns: int) -> Any:
    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        number = context.get_value_type(signature.args[-1])
        bits = 32 if signature.args[-1] == types.float32 else 64
        vector = ir.VectorType(number, 8 * VECTOR // bits)
        alloca: Any = cgutils.alloca_once
        first_a, first_b, d, c = (arguments[k] for k in (0, 3, 6, 9))
        whole = first_a.type
        a_row, a_step, b_step, b_column, d_row, d_column, c_row, c_column = (
            builder.shl(arguments[k], whole(SHIFT)) for k in (1, 2, 4, 5, 7, 8, 10, 11)
        )

        def pointer(address: Any, stride: Any, times: int, *more: Any) -> Any:
            for each, count in ((stride, times), *more):
                address = builder.add(address, builder.mul(each, whole(count)))
            return builder.inttoptr(address, vector.as_pointer())

        def load(*place: Any) -> Any:
            return builder.load(pointer(*place), align=bits // 8)

        cells = list(pairs(range(rows), range(columns)))
        sums = {cell: alloca(builder, vector) for cell in cells}
        for (i, j), total in sums.items():
            builder.store(load(d, d_row, i, (d_column, j)), total)
        at_a, at_b = alloca(builder, whole), alloca(builder, whole)
        builder.store(first_a, at_a)
        builder.store(first_b, at_b)
        with cgutils.for_range(builder, arguments[-2]):
            a, b = builder.load(at_a), builder.load(at_b)
            left = [load(a, a_row, i) for i in range(rows)]
            right = [load(b, b_column, j) for j in range(columns)]
            for (i, j), total in sums.items():
                each = builder.fmul(left[i], right[j], flags=("contract",))
                more = builder.fadd(builder.load(total), each, flags=("contract",))
                builder.store(more, total)
            builder.store(builder.add(a, a_step), at_a)
            builder.store(builder.add(b, b_step), at_b)
        for (i, j), total in sums.items():
            place = pointer(c, c_row, i, (c_column, j))
            builder.store(builder.load(total), place, align=bits // 8)
        return context.get_dummy_value()

    return build


def strip_of(rows: int) -> Any:
    """A function that computes this many rows of a product, tile by tile."""
    four, two, narrow = tile_of(rows, 4), tile_of(rows, 2), tile_of(rows, 1)

    def strip(
        a: Any, a_row: Any, a_step: Any, b: Any, b_step: Any, b_column: Any, d: Any, d_row: Any,
        d_column: Any, c: Any, c_row: Any, c_column: Any, columns: Any, count: Any, one: Any,
    ) -> None:  # fmt: skip
        j = 0
        while columns - j >= 4:
            four(
                a, a_row, a_step, b + j * b_column * VECTOR, b_step, b_column,
                d + j * d_column * VECTOR, d_row, d_column, c + j * c_column * VECTOR, c_row,
                c_column, count, one,
            )  # fmt: skip
            j += 4
        if columns - j >= 2:
            two(
                a, a_row, a_step, b + j * b_column * VECTOR, b_step, b_column,
                d + j * d_column * VECTOR, d_row, d_column, c + j * c_column * VECTOR, c_row,
                c_column, count, one,
            )  # fmt: skip
            j += 2
        if columns - j >= 1:
            narrow(
                a, a_row, a_step, b + j * b_column * VECTOR, b_step, b_column,
                d + j * d_column * VECTOR, d_row, d_column, c + j * c_column * VECTOR, c_row,
                c_column, count, one,
            )  # fmt: skip

    strip.__name__ = strip.__qualname__ = f"strip_of_{rows}"
    return inner(strip)


strip_of_4, strip_of_2, strip_of_1 = strip_of(4), strip_of(2), strip_of(1)


@inner
def product(
    a: Any, a_row: Any, a_step: Any, b: Any, b_step: Any, b_column: Any, d: Any, d_row: Any,
    d_column: Any, c: Any, c_row: Any, c_column: Any, rows: Any, columns: Any, count: Any, one: Any,
) -> None:  # fmt: skip
    """c = d + a b for matrices (rows, count) and (count, columns) of vectors, given by the address
    of their first vector and their strides. d may be c, or a single vector with strides 0."""
    i = 0
    while rows - i >= 4:
        strip_of_4(
            a + i * a_row * VECTOR, a_row, a_step, b, b_step, b_column, d + i * d_row * VECTOR,
            d_row, d_column, c + i * c_row * VECTOR, c_row, c_column, columns, count, one,
        )  # fmt: skip
        i += 4
    if rows - i >= 2:
        strip_of_2(
            a + i * a_row * VECTOR, a_row, a_step, b, b_step, b_column, d + i * d_row * VECTOR,
            d_row, d_column, c + i * c_row * VECTOR, c_row, c_column, columns, count, one,
        )  # fmt: skip
        i += 2
    if rows - i >= 1:
        strip_of_1(
            a + i * a_row * VECTOR, a_row, a_step, b, b_step, b_column, d + i * d_row * VECTOR,
            d_row, d_column, c + i * c_row * VECTOR, c_row, c_column, columns, count, one,
        )  # fmt: skip
