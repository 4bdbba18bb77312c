"""The maximum of each window, for a vector of channels at once, and the gradient sent back to
it."""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from glassnet.compiled.compiler import inner, kernel
from glassnet.compiled.fused.geometry import fill, inside
from glassnet.compiled.fused.tiles import entry, load_at, spread
from glassnet.compiled.views import address_of

PLACE = np.int32  # how far the maximum is from the start of its window


def largest_over(lanes: int) -> Any:
    """A function that finds the maximum over a window for this many channels at once, and how far
    from the start of the window it is: the first of equal ones, or a NaN.

    It takes addresses: of x at the start of the window, of a table of distances, and of the
    results.
    """

    def largest(
        context: Any, x: Any, table: Any, count: Any, best: Any, place: Any, one: Any
    ) -> Any:
        return types.void(*[types.intp] * 5, one), build

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        number, whole = context.get_value_type(signature.args[-1]), arguments[0].type
        values, places = ir.VectorType(number, lanes), ir.VectorType(ir.IntType(32), lanes)
        size = 4 if signature.args[-1] == types.float32 else 8
        x, table, count, best, place, _ = arguments

        def at_distance(number: Any) -> Any:
            found = entry(builder, table, number)
            address = builder.add(x, builder.mul(found, whole(size)))
            short = builder.trunc(found, ir.IntType(32))
            return load_at(builder, address, values, size), spread(builder, short, places)

        value, which = cgutils.alloca_once(builder, values), cgutils.alloca_once(builder, places)
        for kept, first in zip((value, which), at_distance(whole(0)), strict=True):
            builder.store(first, kept)
        with cgutils.for_range(builder, count) as loop:
            there, distance = at_distance(loop.index)
            now = builder.load(value)
            more = builder.fcmp_ordered(">", there, now)
            more = builder.or_(more, builder.fcmp_unordered("uno", there, there))
            builder.store(builder.select(more, there, now), value)
            builder.store(builder.select(more, distance, builder.load(which)), which)
        for found, address, align in ((value, best, size), (which, place, 4)):
            kept = builder.load(found)
            builder.store(kept, builder.inttoptr(address, kept.type.as_pointer()), align=align)
        return context.get_dummy_value()

    return intrinsic(largest)


LANES = 8
largest_over_many, largest_over_one = largest_over(LANES), largest_over(1)


@kernel
def largest(x: Any, geometry: Any, y: Any, which: Any) -> None:
    """The maximum of each window, and where it is."""
    height, width, channels, rows, columns, tall, wide, sh, sw, _, _, top, left = geometry
    xs, ys, places = x.reshape(-1), y.reshape(-1), which.reshape(-1)
    all_of_it, table = np.empty(tall * wide, np.int64), np.empty(tall * wide, np.int64)
    distances(geometry, 0, tall, 0, wide, all_of_it)
    window = 0
    for n in range(x.shape[0]):
        for i in range(rows):
            r, u0, u1 = inside(i, sh, top, tall, height)
            for j in range(columns):
                c, v0, v1 = inside(j, sw, left, wide, width)
                begin, count = ((n * height + r) * width + c) * channels, tall * wide
                if u1 - u0 == tall and v1 - v0 == wide:
                    largest_of_window(xs, begin, all_of_it, count, ys, places, window, channels)
                else:
                    count = distances(geometry, u0, u1, v0, v1, table)
                    largest_of_window(xs, begin, table, count, ys, places, window, channels)
                window += channels


@inner
def distances(geometry: Any, u0: Any, u1: Any, v0: Any, v1: Any, table: Any) -> Any:
    """How far each of these places is from the start of its window; returns how many there are."""
    count = 0
    for u in range(u0, u1):
        for v in range(v0, v1):
            table[count] = (u * geometry[1] + v) * geometry[2]
            count += 1
    return count


@inner
def largest_of_window(
    x: Any, begin: Any, table: Any, count: Any, y: Any, which: Any, at: Any, channels: Any
) -> None:
    """The maxima of all channels. Results for unused lanes are written over the next window, which
    is computed later; where there is none, channels are taken one by one."""
    k, end = 0, begin + table[count - 1] + LANES
    while k < channels:
        source, distance = address_of(x, begin + k), address_of(table, 0)
        best, place = address_of(y, at + k), address_of(which, at + k)
        if at + k + LANES <= len(y) and end + k <= len(x):
            largest_over_many(source, distance, count, best, place, x.dtype.type(0))
            k += LANES
        else:
            largest_over_one(source, distance, count, best, place, x.dtype.type(0))
            k += 1


@kernel
def to_largest(dy: Any, which: Any, geometry: Any, dx: Any) -> None:
    """Write dy to the maximum of each window in dx, and 0 elsewhere."""
    height, width, channels, rows, columns, _, _, sh, sw, _, _, top, left = geometry
    dxs, dys, places = dx.reshape(-1), dy.reshape(-1), which.reshape(-1)
    fill(dxs, 0, len(dxs))
    window = 0
    for n in range(dx.shape[0]):
        for i in range(rows):
            for j in range(columns):
                begin = ((n * height + i * sh - top) * width + j * sw - left) * channels
                for k in range(channels):
                    dxs[begin + places[window + k] + k] += dys[window + k]
                window += channels
