"""Pieces of work side by side in threads, while BLAS keeps to one.

NumPy releases Python's lock during its arithmetic, so that threads pay off if a piece takes long.
"""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import copy_context
from functools import cache
from threading import Event, Lock, Thread
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
            return _shared(work, pieces)
    finally:
        BUSY.release()


def _shared(work: Callable[[Piece], Result], pieces: Sequence[Piece]) -> list[Result]:
    """The same by this thread and the helpers: whoever is free takes the next piece."""
    left, results = deque(enumerate(pieces)), dict[int, Result]()

    def take() -> None:
        while left:
            try:
                number, piece = left.popleft()
            except IndexError:  # another has just taken the last
                return
            results[number] = work(piece)

    helpers = [  # whose numerical warnings are those of this thread
        _pool().submit(copy_context().run, take) for _ in range(min(available(), len(pieces)) - 1)
    ]
    try:
        take()
    finally:
        left.clear()
        for helper in helpers:
            helper.result()
    return [results[number] for number in range(len(pieces))]


def all_together(work: Callable[[int, int], Result], threads: int) -> Result:
    """What work(0, threads) returns, while work(1, threads) and so on run beside it: work that
    waits for one another. While others are side by side it is work(0, 1), which has to do it all.

    The threads begin when all are there, and Ctrl-C is heard when they have ended. BLAS should keep
    to one thread meanwhile.
    """
    if threads < 2 or not BUSY.acquire(blocking=False):
        return work(0, 1)
    try:
        return _crew(work, threads)
    finally:
        BUSY.release()


def _crew(work: Callable[[int, int], Result], threads: int) -> Result:
    go, complete = Event(), False
    results: dict[int, Any] = {}

    def member(number: int) -> None:
        go.wait()
        if complete:
            try:
                results[number] = work(number, threads)
            except BaseException as error:
                results[number] = error

    crew = [Thread(target=member, args=(number,), daemon=True) for number in range(threads)]
    try:
        for each in crew:
            each.start()
        complete = True
    finally:
        go.set()
        _wait_for(crew)
    for found in results.values():
        if isinstance(found, BaseException):
            raise found
    first: Result = results[0]
    return first


def _wait_for(crew: Sequence[Thread]) -> None:
    interrupted = None
    for each in crew:
        while each.is_alive():
            try:
                each.join()
            except KeyboardInterrupt as error:
                interrupted = error
    if interrupted:
        raise interrupted


class _Limit:
    """BLAS's own threads, one of them while anybody asks for it: whoever comes first limits them,
    and whoever leaves last sets them back, in whatever order they leave."""

    def __init__(self) -> None:
        self.lock, self.holders = Lock(), 0
        self.limiter: Any = None

    def enter(self) -> None:
        with self.lock:
            if self.holders == 0:
                self.limiter = _libraries().limit(limits=1, user_api="blas")
            self.holders += 1

    def leave(self) -> None:
        with self.lock:
            self.holders -= 1
            if self.holders == 0:
                self.limiter.restore_original_limits()


LIMIT = _Limit()


@contextmanager
def one_blas_thread(wanted: bool = True) -> Iterator[None]:
    """Let BLAS use one thread meanwhile, and not begin and end with every piece: a thread of its
    own waits busily for up to 25 ms after its work, in which it keeps a processor from ours."""
    if not wanted or available() < 2:
        yield
        return
    LIMIT.enter()
    try:
        yield
    finally:
        LIMIT.leave()


@contextmanager
def one_thread() -> Iterator[None]:
    """Let BLAS and `side_by_side` use one thread meanwhile: others keep the processors busy."""
    first = BUSY.acquire(blocking=False)
    try:
        with one_blas_thread():
            yield
    finally:
        if first:
            BUSY.release()


def one_thread_from_now_on() -> None:
    """The same for the rest of this process."""
    BUSY.acquire(blocking=False)
    if available() > 1:
        LIMIT.enter()


@cache
def _pool() -> Any:
    # Here, for it takes longer to import than most of the package.
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(available() - 1, thread_name_prefix="glassnet")


def _after_fork() -> None:
    """Threads do not live on in a forked process, and a lock that one held would stay locked."""
    global BUSY, LIMIT
    BUSY, LIMIT = Lock(), _Limit()
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
