"""Training shown to people: a line for each epoch, and a bar with the time that is left."""

import math
import sys
import time

from glassnet.base.configurable import Described, number, positive_int
from glassnet.base.errors import InputError
from glassnet.base.optional import need
from glassnet.base.progress import bar
from glassnet.training.callbacks.epoch_table import EpochTable
from glassnet.training.callbacks.history import History
from glassnet.training.callbacks.protocol import Logs, Training


class Progress(Described):
    """Print a table, one line per epoch; on a terminal, with a bar below and the time left.

    The time of a line is that since the start. No line is wider than the terminal, or 80 columns
    elsewhere: metrics beyond that are named once, and kept in the history. The table goes to
    standard output, the bar to standard error; the bar needs rich.

    - `every=1`: prints the first line, each such line, and the last.
    """

    trainer: Training
    note = ""  # printed before the first line

    def __init__(self, every: int = 1) -> None:
        self.every = positive_int("Progress: every", every)

    def on_train_begin(self, logs: Logs) -> None:
        """Open the bar."""
        self.table = EpochTable(self.trainer.epochs)
        self.steps, self.begin = 0, time.perf_counter()
        self.total = self.trainer.epochs * self.trainer.steps_per_epoch
        self.bar = bar("training", self.total)
        if self.note:
            print(self.note)

    def steps_ahead(self) -> int:
        """A bar can wait."""
        return sys.maxsize

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """Move the bar, ten times a second at most."""
        self.steps += 1
        if self.bar is not None:
            self.bar.update(self.steps, self.total)

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Print the epoch's line."""
        epochs = self.trainer.epochs
        if epoch and (epoch + 1) % self.every and epoch + 1 < epochs:
            return
        so_far = {**logs, "seconds": time.perf_counter() - self.begin}
        print(*self.table.lines(epoch + 1, so_far), sep="\n", flush=True)

    def on_train_end(self, logs: Logs) -> None:
        """Close the bar."""
        if self.bar is not None:
            self.bar.stop()


class Live(Described):
    """In a Jupyter notebook: the curves of every metric, drawn anew during training.

    `fit(…, callbacks=[Live()])`

    - `seconds=0.5`: the least time between two pictures.

    Raises `InputError` outside a notebook, where `Progress` prints lines.
    """

    trainer: Training

    def __init__(self, seconds: float = 0.5) -> None:
        self.seconds = number("Live: seconds", seconds, "[0, inf)")

    def on_train_begin(self, logs: Logs) -> None:
        """Make the place of the picture."""
        ipython = need("IPython", "Live")
        if not hasattr(ipython.get_ipython(), "kernel"):
            raise InputError("Live draws in a notebook: in a terminal use Progress()")
        self.shown_at = -math.inf
        self.place = need("IPython.display", "Live").display(History(), display_id=True)

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Draw what there is, unless that was done just now."""
        if time.monotonic() - self.shown_at >= self.seconds:
            so_far = History({name: [*values] for name, values in self.trainer.history.items()})
            so_far.append(logs)
            self.place.update(so_far)
            self.shown_at = time.monotonic()

    def on_train_end(self, logs: Logs) -> None:
        """Draw all."""
        self.place.update(self.trainer.history)
