"""Epochs as lines of a table: one header, short columns, never wider than the terminal."""

import shutil
import textwrap
from collections.abc import Mapping
from typing import Any

SHORT = {
    "seconds": "time",
    "mean_absolute": "MAE",
    "val_mean_absolute": "val MAE",
    "val_accuracy": "val acc",
    "learning_rate": "rate",
}
CELL = 8  # characters of a cell at most
HEADING = 12  # and of a heading: a longer name is cut
GAP = "  "
MISSING = "–"


class EpochTable:
    """The lines of a training of so many epochs.

    Metrics that do not fit into `width`, by default the terminal's, are left out, the last first,
    and named once below the header.

    >>> table = EpochTable(20)
    >>> print(*table.lines(1, {"seconds": 0.01, "loss": 1.9014, "val_accuracy": 0.75}), sep="\\n")
    epoch      time      loss   val acc
     1/20    0.01 s    1.9014    0.7500
    >>> print(*table.lines(2, {"seconds": 83.0, "loss": 2.5e-7, "val_accuracy": 1.0}), sep="\\n")
     2/20      1:23  2.50e-07    1.0000
    """

    def __init__(self, epochs: int, width: int | None = None) -> None:
        self.epochs, self.width = epochs, width or shutil.get_terminal_size().columns
        self.names: list[str] = []  # of every metric seen
        self.shown: dict[str, str] = {}  # those with a column, and their headings
        self.first = max(len("epoch"), 2 * len(str(epochs)) + 1)

    def lines(self, epoch: int, logs: Mapping[str, Any]) -> list[str]:
        """The line of an epoch, counted from 1; the header above it if there is a new metric."""
        new = [name for name in logs if name not in self.names]
        header = self._header(new) if new else []
        cells = [f"{f'{epoch}/{self.epochs}':>{self.first}}"]
        for name, heading in self.shown.items():
            text = MISSING
            if name in logs:
                text = clock(logs[name]) if name == "seconds" else figure(logs[name])
            cells.append(text.rjust(len(heading)))
        return [*header, GAP.join(cells)]

    def _header(self, new: list[str]) -> list[str]:
        self.names += new
        self.shown, left = {}, self.width - self.first
        for name in sorted(self.names, key="seconds".__ne__):
            heading = short(name).rjust(CELL)
            left -= len(GAP) + len(heading)
            if left >= 0:
                self.shown[name] = heading
        out = [name for name in self.names if name not in self.shown]
        note = f"too narrow to show {', '.join(out)}; the history has them" if out else ""
        return [
            GAP.join(["epoch".rjust(self.first), *self.shown.values()]),
            *textwrap.wrap(note, self.width),
        ]


def short(name: str) -> str:
    """The heading of a metric's column.

    >>> short("val_mean_absolute"), short("val_loss"), short("balanced_accuracy")
    ('val MAE', 'val loss', 'balanced ac…')
    """
    text = SHORT.get(name, " ".join(name.replace("_", " ").split()))
    return text if len(text) <= HEADING else text[: HEADING - 1] + "…"


def figure(value: float) -> str:
    """A number in eight characters at most, with three digits or more that count, and four decimals
    if there is room, so that the points of a column stand in one line.

    >>> [figure(value) for value in (0.5, 0.00123, 2.5e-7, 116814.6875, 0.0)]
    ['0.5000', '0.00123', '2.50e-07', '116,815', '0.0000']
    """
    small = 0 < abs(value) < 0.01
    forms = ("#.3g", ".1e", ".0e") if small else (".4f", ",.2f", ",.0f", ".2e", ".1e", ".0e")
    texts = [f"{value:{form}}" for form in forms]
    return next((text for text in texts if len(text) <= CELL), texts[-1])


def clock(seconds: float) -> str:
    """A duration in eight characters at most.

    >>> [clock(seconds) for seconds in (0.014, 59.994, 59.999, 3601, 500000)]
    ['0.01 s', '59.99 s', '1:00', '1:00:01', '139 h']
    """
    if round(seconds, 2) < 60:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 100:
        return f"{hours + round(minutes / 60)} h"
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
