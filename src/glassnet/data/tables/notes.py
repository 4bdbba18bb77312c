"""What had no place in what a network learned, counted while a table is encoded in pieces."""

from collections import Counter
from collections.abc import Iterable

import numpy as np

from glassnet.base.arrays import Array
from glassnet.data.tables.left_out import FEW, some

MOST = 10_000  # different new values of a column that are counted
SHOWN = 3
LINES = 10  # columns with new values that have a line each: those with the most rows


class Notes:
    """Columns and pictures that are not read, gaps, and values that training did not have.

    >>> notes = Notes()
    >>> notes.begin(rows=200)
    >>> notes.new("plan", ["gold"], np.arange(200) < 125)
    >>> notes.outside("age", "18 to 80", np.arange(200) < 30)
    >>> for line in notes.lines():
    ...     print(line)
    125 of 200 rows have a value not seen in training
    1 new value in 'plan', which training did not have, in 125 rows: 'gold'
    30 rows have 'age' outside 18 to 80, its range in training
    """

    def __init__(self) -> None:
        self.sources: list[str] = []  # what was downloaded
        self.unread: list[str] = []
        self.pictures: list[str] = []  # what is said of those left out
        self.gaps: Counter[str] = Counter()
        self.rows: Counter[str] = Counter()
        self.values: dict[str, dict[str, None]] = {}  # in the order in which they came
        self.ranges: dict[str, str] = {}  # of the numbers of a column in training
        self.read = self.unseen = 0  # rows, and those with a value that training did not have
        self._marked: Array = np.zeros(0, bool)  # which of a piece

    def begin(self, rows: int) -> None:
        """A piece of so many rows comes, whose columns are encoded one after another."""
        self.unseen += int(self._marked.sum())
        self.read, self._marked = self.read + rows, np.zeros(rows, bool)

    def gap(self, column: str, rows: int) -> None:
        """So many rows have no value in a column that had one in every row of the training."""
        self.gaps[column] += rows

    def new(self, column: str, values: Iterable[str], rows: Array) -> None:
        """These rows of a category have one of these values, which training did not have."""
        self._mark(column, rows)
        known = self.values.setdefault(column, {})
        for value in values:
            if len(known) <= MOST:
                known[value] = None

    def outside(self, column: str, ends: str, rows: Array) -> None:
        """These rows have numbers beyond the ends of those in training."""
        self._mark(column, rows)
        self.ranges[column] = ends

    def _mark(self, column: str, rows: Array) -> None:
        self.rows[column] += int(rows.sum())
        self._marked |= rows

    def lines(self) -> list[str]:
        """A line for each column and what was unusual in it, of very many columns one for all; if
        several have new values, before them in how many rows."""
        self.begin(0)
        return [*self.sources, *self.pictures, *self._unread(), *self._news(), *self._gaps()]

    def _unread(self) -> list[str]:
        many = len(self.unread)
        if many > FEW:
            return [f"{many:,} columns were not there in training and are not read: "
                    f"{some(self.unread)}"]  # fmt: skip
        return [f"column {name!r} was not there in training: not read" for name in self.unread]

    def _news(self) -> list[str]:
        if len(self.rows) < 2:
            return list(map(self._line, self.rows))
        total = f"{self.unseen:,} of {counted(self.read, 'row')} have a value not seen in training"
        if len(self.rows) <= LINES:
            return [total, *map(self._line, self.rows)]
        most = [name for name, _ in self.rows.most_common(LINES)]
        rest = [name for name in self.rows if name not in most]
        others = f"{counted(len(rest), 'more column')} with such values: {some(rest)}"
        return [total, *map(self._line, most), others]

    def _gaps(self) -> list[str]:
        if len(self.gaps) > FEW:
            total = counted(self.gaps.total(), "gap")
            return [f"{total} in {len(self.gaps):,} columns, which had none in training: "
                    f"{some(list(self.gaps))}"]  # fmt: skip
        return [
            f"{counted(rows, 'gap')} in {name!r}, which had none in training"
            for name, rows in self.gaps.items()
        ]

    def _line(self, column: str) -> str:
        rows = counted(self.rows[column], "row")
        if column in self.ranges:
            have = "has" if self.rows[column] == 1 else "have"
            return f"{rows} {have} {column!r} outside {self.ranges[column]}, its range in training"
        values = self.values[column]
        many = f"more than {MOST:,} new values" if len(values) > MOST else None
        shown = ", ".join(repr(value[:20]) for value in list(values)[:SHOWN])
        return (
            f"{many or counted(len(values), 'new value')} in {column!r}, which training did not "
            f"have, in {rows}: {shown}" + (", …" if len(values) > SHOWN else "")
        )


def counted(number: int, what: str) -> str:
    """A number and what it counts: `1 row`, `2 rows`."""
    return f"1 {what}" if number == 1 else f"{number:,} {what}s"
