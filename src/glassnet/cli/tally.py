"""Progress of a command: a bar on a terminal; of many trainings, elsewhere, a line at times."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from glassnet.base.bars import clock
from glassnet.base.progress import bar

SECONDS_BETWEEN_LINES = 5.0


class Bars:
    """Show the work of a command, and remember what Ctrl-C broke off; `quiet` shows nothing."""

    def __init__(self, quiet: bool = False) -> None:
        self.quiet, self.broken = quiet, ""

    @contextmanager
    def __call__(self, what: str, total: float | None, unit: str) -> Iterator["_Counted"]:
        counted = _Counted(what, total, unit, self.quiet)
        try:
            yield counted
        except KeyboardInterrupt:
            self.broken = self.broken or f" while {what}{counted.so_far}"
            raise
        finally:
            counted.close()


class _Counted:
    """Work and its bar, if there is one."""

    def __init__(self, what: str, total: float | None, unit: str, quiet: bool) -> None:
        self.total, self.unit, self.done = total, unit, 0.0
        self.bar = None if quiet else bar(what, total, unit)

    def add(self, count: float = 1, share: float | None = None) -> None:
        """Count more of it."""
        self.done += count
        if self.bar is not None:
            self.bar.update(self.done, self.done / share if share else self.total)

    @property
    def so_far(self) -> str:
        """How much is done, in words."""
        if not (self.done and self.unit):
            return ""
        of = f" of {self.total:,.0f}" if self.total else ""
        return f", after {self.done:,.0f}{of} {self.unit}"

    def close(self) -> None:
        """Take the bar away."""
        if self.bar is not None:
            self.bar.stop()


class Tally:
    """Counts epochs of networks. Bar and lines go to standard error; `quiet` shows none."""

    def __init__(self, what: str, total: int, quiet: bool = False) -> None:
        self.total, self.done, self.quiet = total, 0, quiet
        self.begin = self.printed_at = time.perf_counter()
        self.bar = None if quiet else bar(what, total)

    def leave_out(self, count: int) -> None:
        """Subtract epochs that need not be trained."""
        self.total -= count

    def add(self, count: int) -> None:
        """Add epochs that were trained."""
        self.done += count
        if self.bar is not None:
            self.bar.update(self.done, self.total)
        elif not self.quiet and time.perf_counter() - self.printed_at > SECONDS_BETWEEN_LINES:
            self.printed_at = time.perf_counter()
            left = (self.printed_at - self.begin) * (self.total / self.done - 1)
            line = f"{self.done / self.total:.0%} done, {clock(left)} left"
            print(line, file=sys.stderr, flush=True)

    def close(self) -> None:
        """Take the bar away."""
        if self.bar is not None:
            self.bar.stop()
