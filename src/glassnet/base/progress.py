"""Long work says how far it is; who shows it is decided elsewhere, by default nobody.

A command of the command line watches its own work, and work in other threads stays unseen.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

# In the environment of `!glassnet` in a notebook, which keeps all output.
IN_A_CELL = "JPY_PARENT_PID"


class Work(Protocol):
    """Work that is going on."""

    def add(self, count: float = 1, share: float | None = None) -> None:
        """Note that `count` more is done; `share` is the part of the whole that is done by now, of
        work whose total is not known."""


Watcher = Callable[[str, float | None, str], AbstractContextManager[Work]]

_watcher: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


class _Unseen:
    def add(self, count: float = 1, share: float | None = None) -> None:
        """Do nothing."""


@contextmanager
def work(what: str, total: float | None = None, unit: str = "") -> Iterator[Work]:
    """Some work, of which `what` is in words, and in how many steps of which unit.

    >>> with work("reading own.csv", unit="rows") as reading:
    ...     reading.add(1000)
    """
    watcher = _watcher.get()
    if watcher is None:
        yield _Unseen()
        return
    with watcher(what, total, unit) as seen:
        yield seen


@contextmanager
def watched(watcher: Watcher | None) -> Iterator[None]:
    """Within, all work is shown to this watcher; to nobody if it is None."""
    before = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(before)


def bar(what: str, total: float | None = None, unit: str = "") -> Any:
    """A `bars.Bar` on standard error if that is a terminal that can show one, else None."""
    if not sys.stderr.isatty() or IN_A_CELL in os.environ:
        return None
    try:
        from glassnet.base.bars import new_bar
    except ImportError:
        return None
    return new_bar(what, total, unit)
