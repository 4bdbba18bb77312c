"""Watches delimited text: a lone quote would make many rows into one value, and empty lines are no
rows."""

import io
import re

from glassnet.base.errors import DataError

MAX_VALUE = 2**24
"""The most characters of one quoted value."""

CLOSING = re.compile(r'(?:[^"]++|"")*+"')  # up to the quote that ends a value; two stand for one


class Watched(io.TextIOBase):
    """Text as it is; DataError for a quote that is never closed, or that is probably alone.

    A quoted value may hold line ends. It is refused if text follows its last quote, which no
    program writes, and if each of its lines is a row when quotes are ordinary characters.
    """

    def __init__(
        self, text: io.TextIOBase, separator: str, columns: int, line: int = 0, quotes: bool = True
    ) -> None:
        self.text, self.separator, self.columns = text, separator, columns
        self.quotes = quotes  # whether they have a meaning
        self.line, self.characters = line, 0  # how many were looked at
        self.rest = ""  # of a line whose end was not read yet
        self.before = ""  # the line before
        self.open: list[str] = []  # the lines of a value whose last quote was not read yet
        self.blank = " " if separator == "\t" else " \t"  # what an empty line may have
        self.empty = self._last = 0  # empty lines between others; and those that may be the last

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> str:
        text = self.text.read(size)
        self.characters += len(text)
        if text:
            self._look(self.rest + text)
        else:
            self._end()
        return text

    @property
    def length(self) -> float:
        """How long a line was so far, in the mean."""
        return self.characters / max(1, self.line)

    def _look(self, text: str) -> None:
        half = "\r" if text.endswith("\r") else ""  # perhaps of a line's end, \r\n
        if "\r" in text:
            text = text.removesuffix(half).replace("\r\n", "\n").replace("\r", "\n")
        lines, end, rest = text.rpartition("\n")
        self.rest = rest + half
        if not end:
            return
        if not self.open and ('"' not in lines or not self.quotes):
            self.line += lines.count("\n") + 1
            self._count_empty(lines)
            self.before = lines.rpartition("\n")[2]
            return
        for line in lines.split("\n"):
            self._next(line)

    def _end(self) -> None:
        if self.rest:
            line, self.rest = self.rest.removesuffix("\r"), ""
            (self._next if self.quotes else self._count_empty)(line)
        if self.open:
            raise DataError(f"{self._opened()} is never closed: remove it, or double it")

    def _next(self, line: str) -> None:
        self.line += 1
        if self.open:
            self.open.append(line)
            self._close(line)
            return
        self._count_empty(line)
        if line.count('"') % 2 and self._stays_open(line, 0):
            self.open = [line]
        else:
            self.before = line

    def _count_empty(self, lines: str) -> None:
        """Count empty lines; those at the end of the text are not between others."""
        body = lines.rstrip(f"{self.blank}\n")
        if not body:
            self._last += lines.count("\n") + 1
            return
        self.empty += self._last
        self._last = lines.count("\n", len(body))
        if body[0] in "\n \t" or any(mark in body for mark in ("\n\n", "\n ", "\n\t")):
            self.empty += sum(not line.strip(self.blank) for line in body.split("\n"))

    def _close(self, line: str) -> None:
        """Look for the quote that ends the open value."""
        found = CLOSING.match(line)
        if not found:
            if sum(map(len, self.open)) > MAX_VALUE:
                raise DataError(f"{self._opened()} is not closed within {MAX_VALUE} characters")
            return
        after = line[found.end() :].partition(self.separator)[0].strip()
        if after:
            raise DataError(
                f"{self._opened()} closes in line {self.line}, where {after[:20]!r} follows: "
                "remove a lone quote, or double it"
            )
        if self._are_rows():
            raise DataError(
                f"{self._opened()} closes in line {self.line}, and each of these lines is a row by "
                "itself: remove lone quotes, or double them; a value that holds such lines can be "
                "read from Parquet"
            )
        place = line.find(self.separator, found.end()) + 1
        self.open = [line] if place and self._stays_open(line, place) else []
        self.before = line

    def _stays_open(self, line: str, place: int) -> bool:
        """Whether a value that begins at this place, or after it, is not closed in its line."""
        while True:
            while self.separator != " " and line.startswith(" ", place):
                place += 1
            if line.startswith('"', place):
                found = CLOSING.match(line, place + 1)
                if not found:
                    return True
                place = found.end()
            place = line.find(self.separator, place) + 1
            if not place:
                return False

    def _are_rows(self) -> bool:
        """Whether the lines of the open value have the values of a row each, with numbers where
        the row before has them; two lines alone need such a number."""
        rows = [line.split(self.separator) for line in self.open]
        if self.columns == 1 or any(len(row) != self.columns for row in rows):
            return False
        before = self.before.split(self.separator)
        numbers = [n for n, value in enumerate(before) if _is_number(value)]
        if len(before) != self.columns or not numbers:
            return len(rows) > 2
        return all(
            _is_number(row[n]) or not row[n] or '"' in row[n] for row in rows for n in numbers
        )

    def _opened(self) -> str:
        """Where the open value begins."""
        return f"the quote that opens in line {self.line - len(self.open) + 1}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
