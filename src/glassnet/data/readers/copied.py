"""Tables of other forms, copied as text into a temporary file: read from there like any text table.

So numbers, gaps, dates and notations are what they are in a text table, to the bit, and memory is
bounded whatever the form is.
"""

import csv
import os
import tempfile
import weakref
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO, TextIO

from glassnet.base.arrays import FilePath
from glassnet.base.disk import open_regular
from glassnet.base.errors import DataError
from glassnet.base.progress import Work, work
from glassnet.data.readers import growth
from glassnet.data.readers.delimited import Delimited, check_names
from glassnet.data.readers.head import Head, read_head
from glassnet.data.readers.text_format import PLAIN, TextFormat

SEPARATOR = "\x1f"  # the unit separator of ASCII, which no text has
ENCODING = "utf-8-sig"  # with its mark, so that no text looks like UTF-16


class Copied(Delimited):
    """A table whose rows are written into a temporary file, which lives as long as this object.

    Rows come from what a form does in its `__init__`: it calls `_copy`, then `_named` or `_headed`.
    """

    def __init__(self, path: FilePath, how: TextFormat = PLAIN) -> None:
        self.path, self.encoding, self.empty = Path(path), how.encoding or "", 0
        self.how = how._replace(separator=None, quotes=True)
        self.separator, self.copy = SEPARATOR, None

    copy: Path | None

    def _copy(self, rows: Iterable[Sequence[str]], size: int) -> None:
        """Write the rows; DataError if they become far more than `size`, the bytes they are from.

        A row may be shorter than the longest one: the values after it are gaps.
        """
        handle, name = tempfile.mkstemp(prefix="glassnet-")
        remove = weakref.finalize(self, Path(name).unlink, missing_ok=True)
        try:
            with (
                os.fdopen(handle, "w", -1, ENCODING, "backslashreplace", "") as file,
                work(f"unpacking {self.path.name}", unit="rows") as unpacking,
            ):
                _write(rows, file, growth.most(size), unpacking)
        except BaseException:
            remove()
            raise
        self.copy, self.encoding, self.longest = Path(name), ENCODING, Delimited.longest

    def _named(self, names: Sequence[str], notes: Sequence[str] = ()) -> None:
        """Read the copy as rows of columns with these names."""
        check_names(names)
        self.head = Head(0, SEPARATOR, list(names), header=False, notes=tuple(notes))
        self.columns, self.notes = self.head.names, self.head.notes

    def _headed(self, notes: Sequence[str] = ()) -> None:
        """Read the copy as a text table, whose first row may name the columns."""
        with self._text() as text:
            self.head = read_head(text, self.how, SEPARATOR)
            check_names(self.head.names)
        self.columns, self.notes = self.head.names, (*notes, *self.head.notes)

    def _opened(self) -> BinaryIO:
        return open_regular(self.copy or self.path)

    def _refuse_short_rows(self) -> None:
        """A short row has gaps at its end."""


def _write(rows: Iterable[Sequence[str]], file: TextIO, most: int, unpacking: Work) -> None:
    """Write rows of at most so many characters."""
    count = 0
    write = csv.writer(file, delimiter=SEPARATOR, lineterminator="\n").writerow
    for row in rows:
        count += write(row or ("",))
        if count > most:
            raise DataError(
                f"becomes more than {most} characters of text, more than {growth.MAX_GROWTH} "
                "times its size: if you trust it, write it as .csv"
            )
        unpacking.add()
