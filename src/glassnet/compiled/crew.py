"""A crew of threads that take each step together: where they meet, and what is whose.

Samples are shared out by rows, weights by the inputs that they come from. How many parts there are
depends on the machine and the network alone, never on how many threads are free, and so do the
bits: one thread can do all the parts.
"""

import os
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from glassnet.compiled.compiler import inline

SPINS = 4000  # looks at the others' arrival, before a thread offers its processor to somebody else
YIELDS = os.name == "posix"
yield_processor: Any = types.ExternalFunction("sched_yield", types.int32())


@intrinsic  # type: ignore[untyped-decorator]
def add_at(context: Any, address: Any, number: Any) -> Any:
    """Add to the integer at an address, which no other thread may do at once; what was there."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = builder.inttoptr(arguments[0], ir.IntType(64).as_pointer())
        return builder.atomic_rmw("add", place, arguments[1], "seq_cst")

    return types.int64(types.int64, types.int64), build


@intrinsic  # type: ignore[untyped-decorator]
def look_at(context: Any, address: Any) -> Any:
    """The integer at an address, which another thread may change."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = builder.inttoptr(arguments[0], ir.IntType(64).as_pointer())
        return builder.load_atomic(place, "acquire", 8)

    return types.int64(types.int64), build


@inline
def meet(place: Any, threads: Any) -> None:
    """Wait for all threads; `place` has how many have come, and how often all were there."""
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
    """Where a part of so many begins; it ends where the next one begins."""
    if parts == 1:  # without dividing
        return count * part
    return count * part // parts
