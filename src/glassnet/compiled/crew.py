"""Threads that take each step together: where they wait for each other, and how work is divided.

Samples are divided by rows, weights by the inputs they belong to. The number of parts depends only
on the machine and the network, never on how many threads are free, and so do the resulting bits:
one thread can do all the parts.
"""

import os
from typing import Any

from llvmlite import ir
from numba import types

from glassnet.compiled.compiler import inline, instruction

SPINS = 4000  # checks whether the others have arrived, before a thread yields its processor
YIELDS = os.name == "posix"
yield_processor: Any = types.ExternalFunction("sched_yield", types.int32())


@instruction
def add_at(context: Any, address: Any, number: Any) -> Any:
    """Add atomically to the integer at an address; returns its previous value."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = builder.inttoptr(arguments[0], ir.IntType(64).as_pointer())
        return builder.atomic_rmw("add", place, arguments[1], "seq_cst")

    return types.int64(types.int64, types.int64), build


@instruction
def look_at(context: Any, address: Any) -> Any:
    """The integer at an address, which another thread may change."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = builder.inttoptr(arguments[0], ir.IntType(64).as_pointer())
        return builder.load_atomic(place, "acquire", 8)

    return types.int64(types.int64), build


@inline
def meet(place: Any, threads: Any) -> None:
    """Wait for all threads. `place` counts the threads that have arrived, and the meetings that are
    complete."""
    if threads == 1:
        return
    coming, meetings = place.ctypes.data, place.ctypes.data + place.itemsize
    before = look_at(meetings)
    if add_at(coming, 1) == threads - 1:
        add_at(coming, -threads)
        add_at(meetings, 1)
        return
    looks = 0
    while look_at(meetings) == before:
        looks += 1
        if YIELDS and looks > SPINS:
            yield_processor()


@inline
def begin_of(part: Any, parts: Any, count: Any) -> Any:
    """The start of a part; it ends where the next one starts."""
    if parts == 1:  # saves a division
        return count * part
    return count * part // parts
