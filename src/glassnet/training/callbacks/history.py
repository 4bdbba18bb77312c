"""What came of every epoch."""

import math
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.html import curves
from glassnet.base.optional import need
from glassnet.training.callbacks.epoch_table import EpochTable, figure
from glassnet.training.callbacks.protocol import Logs

if TYPE_CHECKING:
    from pandas import DataFrame

INTERRUPTED = "interrupted by Ctrl-C"
DIVERGED = "diverged"  # so begins the reason of a network in a stack that did
SHOWN = 10  # epochs of a history that is printed


class History(dict[str, list[float]]):
    """Every metric of every epoch: `history["val_loss"][-1]`.

    `epochs` counts them; `interrupted` says why training ended early, if it did, and `engine` what
    took the steps, "numpy" or "compiled".
    `print` shows ten of the epochs as a table; the repr has the last.

    >>> history = History()
    >>> history.append({"loss": 0.5, "accuracy": 0.9})
    >>> history["accuracy"], history.epochs
    ([0.9], 1)
    >>> history
    <History of 1 epoch, the last: loss 0.5000, accuracy 0.9000>
    >>> print(history)
    epoch      loss  accuracy
      1/1    0.5000    0.9000
    """

    interrupted: str | None = None
    engine: str | None = None

    @property
    def epochs(self) -> int:
        """How many epochs it has."""
        return max(map(len, self.values()), default=0)

    def append(self, logs: Logs) -> None:
        """Add the metrics of one epoch, `logs`; metrics added later are NaN for earlier epochs."""
        epochs = self.epochs
        for name in {**self, **logs}:
            column = self.setdefault(name, [math.nan] * epochs)
            column.append(float(logs.get(name, math.nan)))

    def state(self) -> dict[str, Array]:
        """All columns, as arrays."""
        return {name: np.array(column) for name, column in self.items()}

    def restore(self, state: dict[str, Array]) -> None:
        """Be the columns of this `state`, which `state()` returned."""
        self.clear()
        self.update({name: column.tolist() for name, column in state.items()})

    def __repr__(self) -> str:
        last = [f"{n} {figure(column[-1])}" for n, column in self.items() if n != "seconds"]
        count = f"{self.epochs} epoch{'s' * (self.epochs != 1)}"
        return f"<History of {count}{', the last: ' * bool(last)}{', '.join(last)}>"

    def __str__(self) -> str:
        """As a table, of which `Progress` prints every line: the first and last epoch, and those
        between in even steps."""
        table, columns = EpochTable(self.epochs), dict(self)
        if "seconds" in columns:
            columns["seconds"] = list(accumulate(columns["seconds"]))
        chosen = {1, *(-(-k * self.epochs // SHOWN) for k in range(1, SHOWN + 1))} - {0}
        lines: list[str] = [] if self.epochs else ["no epochs yet"]
        for epoch in sorted(chosen) if self.epochs else ():
            row = {name: column[epoch - 1] for name, column in columns.items()}
            lines += table.lines(epoch, row)
        if self.interrupted:
            lines.append(f"ended early: {self.interrupted}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """In a notebook: the curves, those of one kind together."""
        shown = {name: values for name, values in self.items() if name != "seconds"}
        kinds = dict.fromkeys(name.removeprefix("val_") for name in shown)
        pictures = [
            curves({name: shown[name] for name in (kind, f"val_{kind}") if name in shown})
            for kind in kinds
        ]
        return f"<div>{self.epochs} epochs</div>" + "".join(pictures)

    def to_frame(self) -> "DataFrame":
        """A pandas DataFrame: one row for each epoch, numbered from 1."""
        pandas = need("pandas", "History.to_frame")
        epochs = pandas.RangeIndex(1, self.epochs + 1, name="epoch")
        frame: DataFrame = pandas.DataFrame(dict(self), index=epochs)
        return frame
