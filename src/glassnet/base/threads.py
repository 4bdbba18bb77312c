"""Pieces of work side by side in threads, while BLAS keeps to one.

NumPy releases Python's lock during its arithmetic, so that threads pay off if a piece takes long.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any, TypeVar

from glassnet.base.optional import need

Piece = TypeVar("Piece")
Result = TypeVar("Result")

BUSY = Lock()  # held while pieces are side by side: what comes meanwhile is done in a row


def side_by_side(work: Callable[[Piece], Result], pieces: Sequence[Piece]) -> list[Result]:
    """What the work makes of each piece, in the order of the pieces, which must not depend on each
    other. With one processor, or while others are side by side, they are done in a row.

    >>> side_by_side(len, ["a", "bc"])
    [1, 2]
    """
    if len(pieces) < 2 or available() < 2 or not BUSY.acquire(blocking=False):
        return [work(piece) for piece in pieces]
    try:
        with one_blas_thread():
            return list(_pool().map(work, pieces))
    finally:
        BUSY.release()


@contextmanager
def one_blas_thread(wanted: bool = True) -> Iterator[None]:
    """Let BLAS use one thread meanwhile, and not begin and end with every piece: a thread of its
    own waits busily for up to 25 ms after its work, in which it keeps a processor from ours."""
    if wanted and available() > 1:
        with _libraries().limit(limits=1, user_api="blas"):
            yield
    else:
        yield


@contextmanager
def one_thread() -> Iterator[None]:
    """Let BLAS and `side_by_side` use one thread meanwhile: others keep the processors busy."""
    first = BUSY.acquire(blocking=False)
    try:
        with _libraries().limit(limits=1, user_api="blas"):
            yield
    finally:
        if first:
            BUSY.release()


def one_thread_from_now_on() -> None:
    """The same for the rest of this process."""
    BUSY.acquire(blocking=False)
    _libraries().limit(limits=1, user_api="blas")


@cache
def _pool() -> Any:
    # Here, for it takes longer to import than most of the package.
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(available(), thread_name_prefix="glassnet")


def _after_fork() -> None:
    """Threads do not live on in a forked process, and a lock that one held would stay locked."""
    global BUSY  # noqa: PLW0603
    BUSY = Lock()
    _pool.cache_clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


@cache
def _libraries() -> Any:
    """Those that have threads; looked for once, since that takes milliseconds."""
    return need("threadpoolctl", "training side by side").ThreadpoolController()


@cache
def available() -> int:
    """How many threads there may be: one for each processor of this process; 1 if nothing keeps
    BLAS from taking them too."""
    try:
        import threadpoolctl  # noqa: F401
    except ImportError:
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
