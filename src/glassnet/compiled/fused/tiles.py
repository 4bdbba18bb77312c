"""Products of a few rows of numbers with one vector of columns, summed in registers.

Every vector that is loaded is used for as many sums as there are rows, and only results are
written. Tables say where the numbers of a row are, because windows of a picture overlap.
"""

from typing import Any

from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from glassnet.compiled.compiler import inner

NARROW, WIDE = 32, 64  # bytes of a vector
HAS_WIDE = binding.get_host_cpu_features().get("avx512f", False)


def lanes_for(columns: int, itemsize: int) -> tuple[None, ...]:
    """A tuple of Nones, as long as the vector to use for this many columns. Numba compiles a kernel
    for every length of a tuple."""
    narrow = NARROW // itemsize
    return (None,) * (narrow if columns <= narrow else WIDE // itemsize)


def most_rows(lanes: tuple[None, ...], itemsize: int) -> int:
    """How many sums fit into the registers: half as many if each needs two registers."""
    return 8 if HAS_WIDE or len(lanes) * itemsize == NARROW else 4


def tile_of(rows: int, of_vectors: bool) -> Any:
    """A function that computes this many rows of c = a b, or with `more` of c ← c + a b, starting
    with row `first`.

    It takes addresses. Number k of row i of a is `a_rows[i] + a_steps[k]` bytes after a; row k of b
    starts `b_step` bytes after the row before, and row i of c `c_rows[i]` bytes after c. The length
    of `lanes` and the type of `one` determine the vector. With `of_vectors`, each number of a is a
    vector instead, multiplied lane by lane.
    """

    def tile(
        context: Any, first: Any, a: Any, a_rows: Any, a_steps: Any, count: Any, b: Any,
        b_step: Any, c: Any, c_rows: Any, more: Any, lanes: Any, one: Any,
    ) -> Any:  # fmt: skip
        return types.void(*[types.intp] * 9, types.boolean, lanes, one), _builder(rows, of_vectors)

    return intrinsic(tile)


def _builder(rows: int, of_vectors: bool) -> Any:
    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        number = context.get_value_type(signature.args[-1])
        vector = ir.VectorType(number, len(signature.args[-2]))
        align = 4 if signature.args[-1] == types.float32 else 8
        first, a, a_rows, a_steps, count, b, b_step, c, c_rows, more = arguments[:10]

        places = [builder.add(first, first.type(i)) for i in range(rows)]
        starts = [entry(builder, a_rows, place) for place in places]
        ends = [builder.add(c, entry(builder, c_rows, place)) for place in places]
        ends = [builder.inttoptr(end, vector.as_pointer()) for end in ends]
        sums = [cgutils.alloca_once(builder, vector) for _ in range(rows)]
        for total in sums:
            builder.store(ir.Constant(vector, [0.0] * vector.count), total)
        with cgutils.for_range(builder, count) as loop:
            now = builder.add(a, entry(builder, a_steps, loop.index))
            right = builder.add(b, builder.mul(loop.index, b_step))
            right = load_at(builder, right, vector, align)
            for start, total in zip(starts, sums, strict=True):
                kind = vector if of_vectors else number
                left = load_at(builder, builder.add(now, start), kind, align)
                left = left if of_vectors else spread(builder, left, vector)
                each = builder.fmul(left, right, flags=("contract",))
                builder.store(builder.fadd(builder.load(total), each, flags=("contract",)), total)
        with builder.if_then(more):  # before any of them is stored, since they may overlap
            there = [builder.load(end, align=align) for end in ends]
            for total, value in zip(sums, there, strict=True):
                builder.store(builder.fadd(builder.load(total), value), total)
        for total, end in zip(sums, ends, strict=True):
            builder.store(builder.load(total), end, align=align)
        return context.get_dummy_value()

    return build


def entry(builder: Any, table: Any, place: Any) -> Any:
    """The integer at an index of the table at an address."""
    begin = builder.inttoptr(table, place.type.as_pointer())
    return builder.load(builder.gep(begin, [place]))


def load_at(builder: Any, address: Any, kind: Any, align: int) -> Any:
    """The number or vector at an address."""
    return builder.load(builder.inttoptr(address, kind.as_pointer()), align=align)


def spread(builder: Any, number: Any, vector: Any) -> Any:
    """A vector with this number in every lane."""
    whole, nothing = ir.IntType(32), ir.Constant(vector, ir.Undefined)
    alone = builder.insert_element(nothing, number, whole(0))
    zeros = ir.Constant(ir.VectorType(whole, vector.count), [0] * vector.count)
    return builder.shuffle_vector(alone, nothing, zeros)


def product_of(of_vectors: bool) -> Any:
    """A function that computes any number of rows, tile by tile."""
    eight, four, alone = (tile_of(rows, of_vectors) for rows in (8, 4, 1))

    def product(
        rows: Any, most: Any, a: Any, a_rows: Any, a_steps: Any, count: Any, b: Any, b_step: Any,
        c: Any, c_rows: Any, more: Any, lanes: Any, one: Any,
    ) -> None:  # fmt: skip
        i = 0
        while rows - i >= 8 and most >= 8:
            eight(i, a, a_rows, a_steps, count, b, b_step, c, c_rows, more, lanes, one)
            i += 8
        while rows - i >= 4:
            four(i, a, a_rows, a_steps, count, b, b_step, c, c_rows, more, lanes, one)
            i += 4
        while rows - i >= 1:
            alone(i, a, a_rows, a_steps, count, b, b_step, c, c_rows, more, lanes, one)
            i += 1

    return inner(product)


product, product_of_vectors = product_of(False), product_of(True)
"""Rows of c = a b, or with `more` of c ← c + a b, at most `most` at once."""
