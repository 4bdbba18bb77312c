"""Bars on a terminal: the work, how much of it is done, and the time that is left."""

import sys
import threading
import time
from collections.abc import Iterator

from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.text import Text

SECONDS_UNSEEN = 0.5  # of work that may soon be done
SECONDS_BETWEEN_UPDATES = 0.1
WIDTH = 20  # characters of a bar
LONGEST = 40  # characters of what it is about


class Bar:
    """One bar on the screen; `update` costs little, however often it is called."""

    def __init__(self, screen: "_Screen", task: TaskID) -> None:
        self.screen, self.task, self.updated_at, self.stopped = screen, task, 0.0, False

    def update(self, done: float, total: float | None) -> None:
        """Show how much is done, ten times a second at most."""
        now = time.monotonic()
        if now - self.updated_at >= SECONDS_BETWEEN_UPDATES and not self.stopped:
            self.screen.update(self.task, completed=done, total=total)
            self.updated_at = now

    def stop(self) -> None:
        """Take it away."""
        if not self.stopped:
            self.stopped = True
            _terminal.remove(self.task)


class _Screen(Progress):
    """All bars that there are, one below the other."""

    def get_renderables(self) -> Iterator[RenderableType]:
        """The bars of what takes longer than a moment."""
        shown = [task for task in self.tasks if (task.elapsed or 0) >= SECONDS_UNSEEN]
        yield self.make_tasks_table(shown) if shown else Text()


class _Done(ProgressColumn):
    """The part that is done; a count if the total is not known."""

    def render(self, task: Task) -> Text:
        """As text."""
        if task.total:
            return Text(f"{min(task.percentage, 100):>3.0f} %")
        return Text(f"{task.completed:,.0f} {task.fields['unit']}" if task.completed else "")


class _Clock(ProgressColumn):
    """The time that is left, or how long it has taken."""

    def render(self, task: Task) -> Text:
        """As text."""
        if not task.total:
            return Text(clock(task.elapsed or 0))
        left = task.time_remaining
        return Text("" if left is None else f"{clock(left)} left")


class _Terminal:
    """Standard error, which has one screen while there are bars."""

    def __init__(self) -> None:
        self.screen: _Screen | None = None
        self.lock = threading.Lock()

    def add(self, what: str, total: float | None, unit: str) -> Bar | None:
        """A bar below those that there are; None if the terminal can move no cursor."""
        with self.lock:
            if self.screen is None:
                console = Console(stderr=True)
                if console.is_dumb_terminal:
                    return None
                self.screen = _screen(console)
                self.screen.start()
            return Bar(self.screen, self.screen.add_task(what, total=total, unit=unit))

    def remove(self, task: TaskID) -> None:
        """Take a bar away, and with the last one the screen."""
        with self.lock:
            if self.screen is not None:
                self.screen.remove_task(task)
                if not self.screen.task_ids:
                    self.screen.stop()
                    self.screen = None


_terminal = _Terminal()


def new_bar(what: str, total: float | None, unit: str) -> Bar | None:
    """A bar, if the terminal can show one.

    - `what`: the work, in a few words.
    - `total`: how much there is to do, if that is known.
    - `unit`: what is counted.
    """
    return _terminal.add(what if len(what) <= LONGEST else f"{what[: LONGEST - 1]}…", total, unit)


def clock(seconds: float) -> str:
    """Minutes and seconds, and hours if there are any.

    >>> clock(83.2), clock(3723)
    ('1:23', '1:02:03')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _screen(console: Console) -> _Screen:
    # Where both streams are the terminal, rich prints our lines above its bars; a file or a pipe
    # gets them itself.
    description = TextColumn("{task.description}", markup=False)
    return _Screen(
        description, BarColumn(WIDTH), _Done(), _Clock(), console=console, transient=True,
        redirect_stdout=sys.stdout.isatty(),
    )  # fmt: skip
