"""The begin of a text table: what stands above it, its separator, and the names of its columns."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise
from typing import Any, NamedTuple, TextIO

from glassnet.base.errors import DataError
from glassnet.data.readers.text_format import TextFormat

MAX_COLUMNS = 2**16
LOOK = 100  # rows that show whether the first line is one of them
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
SAYS = re.compile(r"\ufeff?sep=(.)\s*", re.IGNORECASE)  # what spreadsheets write above a table
MARKS = "#%"  # before a comment

Row = Sequence[str]


class Head(NamedTuple):
    """How many lines stand above the table, its separator, the names of its columns, whether the
    first line has them, and whether rows end in one more separator; `notes` say what was found."""

    above: int
    separator: str
    names: list[str]
    header: bool = True
    closed: bool = False
    notes: tuple[str, ...] = ()


def read_head(text: TextIO, asked: TextFormat, usual: str) -> Head:
    """What the first lines say; `usual` is the separator if nothing else does.

    Raises DataError for an empty file, a column without a name, and for what looks separated
    differently.
    """
    lines = iter(text.readline, "")
    skipped, first = _above(lines, asked.separator or usual)
    if not first:
        raise DataError("is empty; expected a header and rows")
    said = SAYS.fullmatch(skipped[0]) if skipped else None
    begin = [*first, *islice(lines, LOOK)]
    named = asked.separator or (said and said[1])
    separator = named or _recognised(begin, usual, asked.quotes)
    top, *some = rows_of(begin, separator, asked.quotes)
    if len(top) > MAX_COLUMNS:
        raise DataError(f"has {len(top):,} columns: expected at most {MAX_COLUMNS:,}")
    _refuse_other_separators(top, some, separator)
    header = not is_data(top, some) if asked.header is None else asked.header
    names, closed = _named(top, some) if header else _numbered(top, some)
    notes = []
    if not named and separator != usual:
        notes.append(f"separated by {SEPARATORS[separator]}s")
    if comments := sum(line.strip() != "" for line in skipped) - (said is not None):
        notes.append(f"left out {comments} line{'s' * (comments > 1)} above the table")
    if not header and asked.header is None:
        notes.append(
            f"the first line holds values, so the columns are called {names[0]!r} to "
            f"{names[-1]!r}; if it names them, say header=True"
        )
    return Head(len(skipped), separator, names, header, closed, tuple(notes))


def rows_of(lines: Iterable[str], separator: str, quotes: bool = True) -> Iterator[Row]:
    """The fields of each line that is not empty; between blanks, any number of them."""
    if separator == " ":
        return filter(None, (line.split() for line in lines))
    blank = " \r\n" if separator == "\t" else " \t\r\n"
    lines = (line for line in lines if line.strip(blank))
    quoting: Any = csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True, quoting=quoting)
    return filter(None, reader)


def _above(lines: Iterator[str], separator: str) -> tuple[list[str], list[str]]:
    """The lines above the table, and its first line, or first two: empty ones, one that says the
    separator, and comments, the last of which may be the header."""
    above: list[str] = []
    for line in lines:
        start = line.lstrip("\ufeff").strip()
        if start and start[0] not in MARKS and not (not above and SAYS.fullmatch(line)):
            return _with_header(above, line, separator)
        above.append(line)
    return above, []


def _with_header(above: list[str], line: str, separator: str) -> tuple[list[str], list[str]]:
    """A last comment with as many fields as the first row is the header."""
    last = above[-1].strip().lstrip("\ufeff" + MARKS) if above else ""
    fields = len(next(rows_of([line], separator), ()))
    if fields > 1 and len(next(rows_of([last], separator), ())) == fields:
        return above[:-1], [last.strip() + "\n", line]
    return above, [line]


# ---- does the first line name the columns?


def is_data(first: Row, rows: Sequence[Row]) -> bool:
    """Whether the first line holds values and not names: in every column of numbers it has a
    number, and these do not count up, as years above columns do. A single whole number counts only
    if another value of the line comes again in its column.

    >>> is_data(["5.1", "3.5", "setosa"], [["4.9", "3.0", "setosa"]])
    True
    >>> is_data(["town", "2019", "2020"], [["Bern", "5", "6"]])
    False
    """
    columns = [[row[n] for row in rows if n < len(row)] for n in range(len(first))]
    numeric = [n for n, column in enumerate(columns) if _all_numbers(column)]
    if not numeric or not all(_is_number(first[n]) for n in numeric):
        return False
    there = [float(first[n]) for n in numeric]
    if len(there) > 1:
        return not _counts_up(there)
    again = (first[n] in columns[n] for n in range(len(first)) if n not in numeric)
    return not there[0].is_integer() or any(again)


def _counts_up(there: Sequence[float]) -> bool:
    """Whether these are whole numbers in equal steps up; of two, in a step of 1."""
    steps = {b - a for a, b in pairwise(there)}
    (step, *others) = steps
    whole = all(each.is_integer() for each in there)
    return whole and not others and (step == 1 or (step > 0 and len(there) > 2))


def _all_numbers(values: Sequence[str]) -> bool:
    """Whether there are numbers, and nothing else but gaps."""
    given = [value for value in values if value.strip() not in ("", "?", "NA")]
    return bool(given) and all(map(_is_number, given))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


# ---- the names


def _named(first: Row, rows: Sequence[Row]) -> tuple[list[str], bool]:
    """The names in the first line; and whether one more separator ends the lines, with nothing
    after it. A last column without a name gets one if it has values."""
    names = [name.strip().removeprefix("\ufeff") for name in first]
    for number, name in enumerate(names[:-1]):
        if not name and number:
            raise DataError(f"column {number + 1} has no name; name it in the first line")
    if len(names) > 1 and not names[-1]:
        if not any(row[len(names) - 1].strip() for row in rows if len(row) == len(names)):
            return names[:-1], True
        names[-1] = f"column {len(names)}"
    row = rows[0] if rows else ()
    if len(row) == len(names) + 1 and not row[-1].strip():
        return names, True
    if len(row) > len(names):
        raise DataError(
            f"data row 1 has {values(len(row))}; the header names {len(names)} columns: name each"
        )
    return names, False


def _numbered(first: Row, rows: Sequence[Row]) -> tuple[list[str], bool]:
    """Names for the columns of a table without a header."""
    count = len(first)
    closed = count > 1 and not any(row[-1].strip() for row in (first, *rows) if len(row) == count)
    return [f"column {number}" for number in range(1, count - closed + 1)], closed


def _recognised(begin: Sequence[str], usual: str, quotes: bool) -> str:
    """The usual separator, or where it does not divide the first line, the only one that divides
    all lines into as many fields."""
    if len(next(rows_of(begin, usual, quotes), ())) > 1:
        return usual
    found = [each for each in SEPARATORS if _divides(each, begin, quotes)]
    return found[0] if len(found) == 1 else usual


def _divides(separator: str, begin: Sequence[str], quotes: bool) -> bool:
    counts = [len(row) for row in rows_of(begin, separator, quotes)]
    return len(counts) > 1 and min(counts) == max(counts) > 1


def _refuse_other_separators(first: Row, rows: Sequence[Row], separator: str) -> None:
    """DataError for one column that looks like several with a different separator."""
    if len(first) > 1:
        return
    looks = next((each for each in SEPARATORS if each != separator and each in first[0]), None)
    widths = {len(row[0].split()) for row in (first, *rows) if row}
    if looks is None and separator != " " and len(widths) == 1 and widths != {1} and rows:
        looks = "blank"
    if looks:
        named = f"a {SEPARATORS[looks]}" if looks in SEPARATORS else "blanks"
        raise DataError(
            f"has one column, {first[0][:40]!r}, with the separator {separator!r}: it looks "
            f"separated by {named}; say so with separator={looks!r}"
        )


def values(count: int) -> str:
    """How many values a row has, in words."""
    return "1 value" if count == 1 else f"{count} values"
