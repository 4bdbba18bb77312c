"""What had no place in what a network learned, counted while a table is encoded in pieces."""

from collections import Counter
from collections.abc import Iterable

MOST = 10_000  # different new values of a column that are counted
SHOWN = 3


class Notes:
    """Columns and pictures that are not read, gaps, and values that training did not have.

    >>> notes = Notes()
    >>> notes.new("plan", ["gold"], rows=100)
    >>> notes.new("plan", ["gold"], rows=25)
    >>> notes.lines()
    ["1 new value in 'plan', which training did not have, in 125 rows: 'gold'"]
    """

    def __init__(self) -> None:
        self.sources: list[str] = []  # what was downloaded
        self.unread: list[str] = []
        self.pictures: list[str] = []  # what is said of those left out
        self.gaps: Counter[str] = Counter()
        self.rows: Counter[str] = Counter()
        self.values: dict[str, dict[str, None]] = {}  # in the order in which they came

    def gap(self, column: str, rows: int) -> None:
        """So many rows have no value in a column that had one in every row of the training."""
        self.gaps[column] += rows

    def new(self, column: str, values: Iterable[str], rows: int) -> None:
        """So many rows of a category have one of these values, which training did not have."""
        self.rows[column] += rows
        known = self.values.setdefault(column, {})
        for value in values:
            if len(known) <= MOST:
                known[value] = None

    def lines(self) -> list[str]:
        """A line for each column and what was unusual in it."""
        unread = [f"column {name!r} was not there in training: not read" for name in self.unread]
        gaps = [
            f"{_count(rows, 'gap')} in {name!r}, which had none in training"
            for name, rows in self.gaps.items()
        ]
        return [*self.sources, *self.pictures, *unread, *map(self._line, self.rows), *gaps]

    def _line(self, column: str) -> str:
        values = self.values[column]
        many = f"more than {MOST:,} new values" if len(values) > MOST else None
        shown = ", ".join(repr(value[:20]) for value in list(values)[:SHOWN])
        return (
            f"{many or _count(len(values), 'new value')} in {column!r}, which training did not "
            f"have, in {_count(self.rows[column], 'row')}: {shown}"
            + (", …" if len(values) > SHOWN else "")
        )


def _count(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number:,} {what}s"
