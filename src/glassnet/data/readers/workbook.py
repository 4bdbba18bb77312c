"""Sheets of a workbook, .xlsx or .ods, one of which is read as a text table is."""

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from statistics import median
from typing import BinaryIO, Protocol

from glassnet.base.arrays import FilePath
from glassnet.base.disk import open_regular
from glassnet.base.errors import DataError, GlassnetError, prefixing_errors
from glassnet.data.readers import growth
from glassnet.data.readers.copied import Copied
from glassnet.data.readers.head import LOOK
from glassnet.data.readers.ods import Ods
from glassnet.data.readers.text_format import PLAIN, TextFormat
from glassnet.data.readers.xlsx import Xlsx

OLE = b"\xd0\xcf\x11\xe0"  # begins old .xls files, and those with a password
MAX_PART = 2**24
"""The most bytes of what is in a workbook beside its sheets and their texts."""

Rows = Iterator[tuple[int, list[str]]]


class Sheets(Protocol):
    """The sheets of an open workbook."""

    names: list[str]

    def rows(self, name: str) -> Rows:
        """The rows of a sheet that are not empty, with their numbers from 1, as text."""


class Workbook(Copied):
    """A table in a sheet of an .xlsx or .ods file: by default the first sheet that has one.

    Empty rows and columns around it are left out, and so are rows above its header that have few
    values, such as a title. Raises DataError for whatever is wrong with the file, here or while it
    is read.
    """

    def __init__(self, path: FilePath, how: TextFormat = PLAIN) -> None:
        super().__init__(path, how)
        with _reading(self.path), open_regular(self.path) as file:
            size = _checked(file)
            sheets: Sheets = Ods(file) if _is_ods(file) else Xlsx(file)
            name = how.sheet and _named(sheets.names, how.sheet)
            name = name or _first_table(sheets)
            with prefixing_errors(f"sheet {name!r}"):
                table = _Table(sheets.rows(name))
                self._copy(table.rows(), size)
        self.empty = table.empty
        notes = [f"sheet {name!r} of {len(sheets.names)}"] if len(sheets.names) > 1 else []
        if table.above:
            notes.append(f"left out {table.above} row{'s' * (table.above > 1)} above the table")
        with prefixing_errors(self.path):
            self._headed(notes)


def _named(names: Sequence[str], asked: str) -> str:
    """The sheet of this name, or of this number from 1."""
    if asked in names:
        return asked
    if asked.isdecimal() and 1 <= int(asked[:9]) <= len(names):
        return names[int(asked) - 1]
    raise DataError(f"has no sheet {asked!r}: choose one of {', '.join(map(repr, names))}")


def _first_table(sheets: Sheets) -> str:
    for name in sheets.names:
        some = [row for _, row in islice(sheets.rows(name), LOOK)]
        if len(some) > 1 and sum(_filled(row) > 1 for row in some) > 1:
            return name
    raise DataError("has no sheet with a table: expected a header and rows, in two columns or more")


class _Table:
    """The table in the rows of a sheet: where it begins, and how wide it is."""

    def __init__(self, rows: Rows) -> None:
        some = list(islice(rows, LOOK))
        if not some:
            raise DataError("is empty; expected a header and rows")
        self.above = _rows_above([row for _, row in some])
        self.rest = chain(some[self.above :], rows)
        self.empty, self.before = 0, some[self.above][0] - 1
        table = [row for _, row in some[self.above :]]
        self.start = min(next(n for n, value in enumerate(row) if value) for row in table)
        self.end = max(map(len, table))

    def rows(self) -> Iterator[list[str]]:
        """Its rows, all of the same length."""
        for number, row in self.rest:
            self.empty += number - self.before - 1
            self.before = number
            if len(row) > self.end or any(row[: self.start]):
                place = len(row) if len(row) > self.end else 1
                raise DataError(
                    f"row {number} has a value in column {place}, and the rows above it are in "
                    f"the columns {self.start + 1} to {self.end}: move it, or name its column"
                )
            yield row[self.start :] + [""] * (self.end - len(row))


def _rows_above(rows: Sequence[Sequence[str]]) -> int:
    """How many rows stand above the header: those with few values, and headings of several columns
    above the names of each."""
    usual, width = median(map(_filled, rows)), max(map(len, rows))
    above = 0
    while above < len(rows) - 1 and _is_title(rows[above], usual, width):
        above += 1
    if len(rows) > above + 2:
        first, names, data = rows[above : above + 3]
        if _filled(first) < _filled(names) and _numbers(data) > _numbers(names) == 0:
            above += not _numbers(first)
    return above


def _is_title(row: Sequence[str], usual: float, width: int) -> bool:
    """Whether a row has few values; of two columns, the first may be an index without a name."""
    count = _filled(row)
    return count * 2 < usual or (count == 1 < usual and len(row) < width)


def _filled(row: Sequence[str]) -> int:
    return sum(value != "" for value in row)


def _numbers(row: Sequence[str]) -> int:
    return sum(value[:1].isdigit() or value[1:2].isdigit() for value in row)


def _checked(file: BinaryIO) -> int:
    """The size of a zip archive that does not grow too much; its place is left at its begin."""
    size = growth.size_of(file)
    if file.read(4) == OLE:
        raise DataError("is an old .xls file, or one with a password: save it as .xlsx without one")
    with zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
    if sum(part.file_size for part in parts) > growth.most(size):
        raise DataError(
            f"unpacks to more than {growth.most(size)} bytes and {growth.MAX_GROWTH} times its "
            "size: if you trust it, save it as .csv"
        )
    for part in parts:
        name = part.filename.lower()
        streamed = "worksheets/" in name or name.endswith(("sharedstrings.xml", "content.xml"))
        if name.endswith((".xml", ".rels")) and not streamed and part.file_size > MAX_PART:
            raise DataError(f"{part.filename} in it unpacks to more than {MAX_PART} bytes")
    file.seek(0)
    return size


def _is_ods(file: BinaryIO) -> bool:
    """Whether an archive is OpenDocument, whatever its name says."""
    with zipfile.ZipFile(file) as archive:
        found = "content.xml" in archive.namelist()
    file.seek(0)
    return found


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Every error as a DataError that names the file: those who read XML raise any."""
    try:
        with prefixing_errors(path):
            yield
    except (GlassnetError, MemoryError):
        raise
    except FileNotFoundError:
        raise DataError(f"there is no file {path}; check the path") from None
    except Exception as error:
        if isinstance(error, OSError) and error.strerror:
            raise DataError(f"{path}: cannot be read: {error.strerror}") from None
        line = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise DataError(f"{path}: is not a workbook, or a damaged one: {line}") from None
