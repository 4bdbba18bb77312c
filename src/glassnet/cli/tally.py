"""Progress of commands that train many networks: a bar on a terminal, else a line at times."""

import sys
import time

from glassnet.training.callbacks.progress import bar

SECONDS_BETWEEN_LINES = 5.0


class Tally:
    """Counts epochs of networks. Bar and lines go to standard error; `quiet` shows none."""

    def __init__(self, what: str, total: int, quiet: bool = False) -> None:
        self.total, self.done, self.quiet = total, 0, quiet
        self.begin = self.printed_at = time.perf_counter()
        self.bar = None if quiet else bar(what, total)

    def leave_out(self, count: int) -> None:
        """Subtract epochs that need not be trained."""
        self.total -= count
        if self.bar is not None:
            self.bar.update(self.bar.task_ids[0], total=self.total)

    def add(self, count: int) -> None:
        """Add epochs that were trained."""
        self.done += count
        if self.bar is not None:
            self.bar.update(self.bar.task_ids[0], completed=self.done)
        elif not self.quiet and time.perf_counter() - self.printed_at > SECONDS_BETWEEN_LINES:
            self.printed_at = time.perf_counter()
            left = (self.printed_at - self.begin) * (self.total / self.done - 1)
            line = f"{self.done / self.total:.0%} done, {_clock(left)} left"
            print(line, file=sys.stderr, flush=True)

    def close(self) -> None:
        """Take the bar away."""
        if self.bar is not None:
            self.bar.stop()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"
