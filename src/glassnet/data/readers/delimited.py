"""Delimited text, CSV and TSV: read in pieces of typed columns, every fault named by its row.

Memory is bounded whatever a file claims: pieces of PIECE rows or fewer, lines of at most MAX_LINE
bytes, and a gzipped file that grows too much (`growth.py`) is taken for a bomb.
"""

import csv
import gzip
import io
import math
import os
import re
import warnings
import zlib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from glassnet.base.arrays import FilePath
from glassnet.base.disk import open_regular
from glassnet.base.errors import DataError
from glassnet.base.optional import need
from glassnet.data.readers import gaps as gap_words
from glassnet.data.readers import growth
from glassnet.data.readers.encodings import encoding_of
from glassnet.data.readers.head import read_head, rows_of, values
from glassnet.data.readers.quotes import Watched
from glassnet.data.readers.text_format import PLAIN, TextFormat

if TYPE_CHECKING:
    import pandas as pd

PIECE = 2**16
"""The most rows that are read at a time; of a wide table fewer, so that CELLS bounds them too."""

CELLS = 2**22

ROWS = 2**10  # pieces are multiples of it, as batches of predictions are: the same bits

MAX_LINE = 2**24
"""The most bytes of one line: 16 MiB."""

PIECE_BYTES = 2**28
"""The most bytes of text that are read at a time, as far as rows are alike and ROWS of them fit."""

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

BROKEN_OFF = "Calling read(nbytes) on source failed"  # what pandas makes of Ctrl-C while it reads


AFTER = "\n"  # the name of what follows the last separator, which no column has


def piece_rows(columns: int) -> int:
    """How many rows of a table are read at a time.

    >>> piece_rows(4), piece_rows(785), piece_rows(100_000)
    (65536, 5120, 1024)
    """
    return min(PIECE, max(1, CELLS // columns // ROWS) * ROWS)


def check_names(names: Sequence[str]) -> None:
    """DataError for two columns of one name, and for a name that no screen can show."""
    counts = Counter(names)
    for number, name in enumerate(names):
        if counts[name] > 1:
            raise DataError(
                f"has two columns {name!r}; rename one, and see that the first line names the "
                "columns"
            )
        if CONTROL.search(name):
            raise DataError(
                f"column {number + 1} has the name {name[:40]!r}, with a control character: rename "
                "it; is this a table?"
            )


def typed(
    stream: Any,
    columns: Sequence[str],
    text: Collection[str],
    gaps: Collection[str] = gap_words.PLAIN.known,
    **more: Any,
) -> Any:
    """What pandas reads from a stream of delimited text: these columns, those in `text` as written
    and the others as numbers, booleans or text; and which words are `gaps`. `more` are settings of
    its `read_csv`."""
    return need("pandas", "reading a table").read_csv(
        stream,
        names=columns,
        index_col=False,
        dtype={name: str for name in text if name in columns},
        na_values=list(gaps),
        keep_default_na=False,
        skipinitialspace=True,
        low_memory=False,
        **more,
    )


class Delimited:
    """A delimited text file, gzipped or not.

    `how` is the format as far as somebody says so. By default the separator is what a first line
    `sep=;` says, a tab in a .tsv file, or else a comma, unless another is the only one that divides
    all lines; the encoding UTF-8, or UTF-16 where the file says so in its first bytes; and whether
    the first line names the columns is seen from its values. `notes` say what was recognised.
    Raises DataError for whatever is wrong with the file, here or while it is read.
    """

    def __init__(self, path: FilePath, how: TextFormat = PLAIN) -> None:
        self.path, self.how, self.empty = Path(path), how, 0
        is_tsv = ".tsv" in [suffix.lower() for suffix in self.path.suffixes[-2:]]
        self.encoding = how.encoding or ""
        with self._text() as text:
            self.head = read_head(text, how, "\t" if is_tsv else ",")
            self.of_mac = text.newlines == "\r"
            check_names(self.head.names)
        self.columns, self.notes = self.head.names, self.head.notes
        self.separator = self.head.separator

    def pieces(
        self, text: Collection[str] = (), columns: Collection[str] | None = None
    ) -> Iterator["pd.DataFrame"]:
        """The rows, some at a time, their index counting from 0; of `columns` alone where given.

        Columns named in `text` come as written; the others as numbers, booleans or text.
        """
        return self._pieces(text, columns, self.how.gaps.known)

    def gaps_by_word(self, columns: Collection[str]) -> dict[str, Counter[str]]:
        """For each of these columns, how often each word stands for a gap."""
        counts = {name: Counter[str]() for name in columns}
        for frame in self._pieces(columns, columns, ()) if counts else ():
            for name, counter in counts.items():
                words = frame[name].fillna("").str.strip()
                counter.update(words[words.isin(self.how.gaps.known)])
        return counts

    def _pieces(
        self, text: Collection[str], columns: Collection[str] | None, gaps: Collection[str]
    ) -> Iterator["pd.DataFrame"]:
        pandas, start, checked = need("pandas", "reading a table"), 0, False
        chosen = None if columns is None else [name for name in self.columns if name in columns]
        names = [*self.columns, *([AFTER] if self.head.closed else [])]
        with self._rows() as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of mixed types: reported by column and row instead
            watched = Watched(stream, self.separator, len(names), self.head.above, self.how.quotes)
            reader = typed(
                watched, names, text, gaps,
                sep=r"\s+" if self.separator == " " else self.separator,
                header=0 if self.head.header else None,
                quoting=csv.QUOTE_MINIMAL if self.how.quotes else csv.QUOTE_NONE,
                iterator=True,
            )  # fmt: skip
            while (frame := self._piece(reader, watched)) is not None:
                if not len(frame):
                    continue
                if not checked and frame[self.columns[-1]].isna().any():
                    self._refuse_short_rows()
                    checked = True
                frame.index = pandas.RangeIndex(start, start + len(frame))
                start += len(frame)
                self.share = _share_of(stream)
                # All are read: when it skips columns, pandas accepts rows of any length.
                yield self._closed(frame) if chosen is None else self._closed(frame)[chosen]
            self.empty = max(self.empty, watched.empty)
        if start == 0:
            raise DataError(f"{self.path}: has a header but no rows; add rows")

    def _closed(self, frame: "pd.DataFrame") -> "pd.DataFrame":
        """Without what follows the last separator of every row, which has to be nothing."""
        if not self.head.closed:
            return frame
        there = frame[AFTER].notna().to_numpy()
        if there.any():
            raise DataError(
                f"{self.path}: data row {int(frame.index[int(there.argmax())]) + 1} has "
                f"{values(len(self.columns) + 1)}; {self._expected()}"
            )
        return frame[self.columns]

    def _piece(self, reader: Any, watched: Watched) -> "pd.DataFrame | None":
        """The next rows, fewer if they are long; None at the end."""
        fitting = int(PIECE_BYTES // max(1, watched.length))
        rows = min(piece_rows(len(self.columns)), max(ROWS, fitting // ROWS * ROWS))
        try:
            frame: pd.DataFrame = reader.get_chunk(rows)
        except StopIteration:
            return None
        return frame

    def _refuse_short_rows(self) -> None:
        """pandas fills a short row with gaps: count its values if the last one is missing."""
        with self._rows() as text:
            lines = _Counted(text, self.head.above)
            rows = rows_of(lines, self.separator, self.how.quotes)
            for number, row in enumerate(rows, start=0 if self.head.header else 1):
                if number and len(row) < len(self.columns):
                    raise DataError(
                        f"data row {number} (line {lines.number}) has {values(len(row))}; "
                        f"{self._expected()}"
                    )

    def _expected(self) -> str:
        """How many values a row should have, in words."""
        count = len(self.columns)
        return f"the header names {count} columns" if self.head.header else f"the first has {count}"

    @contextmanager
    def _rows(self) -> Iterator[io.TextIOWrapper]:
        """The file as text, from the table on."""
        # Old Mac line ends are translated: beside empty lines, pandas loses a field with them.
        with self._text(None if self.of_mac else "") as text:
            for _ in range(self.head.above):
                text.readline()
            yield text

    # ---- bytes and text

    longest: float = MAX_LINE  # the most bytes of a line
    share: float | None = None  # of the file, that is read by now
    of_mac = False  # whether lines end in a carriage return alone

    def _opened(self) -> BinaryIO:
        return open_regular(self.path)

    @contextmanager
    def _text(self, newline: str | None = "") -> Iterator[io.TextIOWrapper]:
        """The file as text, its line ends as they are or translated; every error names it."""
        pandas = need("pandas", "reading a table")
        csv.field_size_limit(MAX_LINE)
        try:
            with self._opened() as file, _inflated(file) as plain:
                self.encoding = encoding_of(plain, self.encoding, self.how.usual)
                whole = _Capped(plain, _bound(file, plain), self.longest, file)
                capped = io.BufferedReader(whole)
                with io.TextIOWrapper(capped, self.encoding, newline=newline) as text:
                    yield text
        except FileNotFoundError:
            raise DataError(f"there is no file {self.path}; check the path") from None
        except DataError as error:
            where = "" if str(error).startswith(str(self.path)) else f"{self.path}: "
            raise DataError(f"{where}{error}") from None
        except UnicodeError:
            raise DataError(f"{self.path}: {self._not_this_encoding()}") from None
        except LookupError:
            raise DataError(f"there is no encoding {self.encoding!r}: such as latin-1") from None
        except EOFError:
            raise DataError(f"{self.path}: the gzip stream is truncated; get it again") from None
        except (gzip.BadGzipFile, zlib.error) as error:
            raise DataError(f"{self.path}: the gzip stream is damaged ({error})") from None
        except pandas.errors.EmptyDataError:
            raise DataError(f"{self.path}: has a header but no rows; add rows") from None
        except (OSError, ValueError, csv.Error) as error:
            if BROKEN_OFF in str(error):
                raise KeyboardInterrupt from None
            raise DataError(f"{self.path}: {self._reason(error)}") from None

    def _reason(self, error: Exception) -> str:
        """What pandas or the system says, in one line and in our words where we know them."""
        if isinstance(error, OSError) and error.strerror:
            return f"cannot be read: {error.strerror}"
        text = " ".join(str(error).split())
        if long := re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", text):
            _, line, count = map(int, long.groups())
            return f"line {line + self.head.above} has {count} values; {self._expected()}"
        return f"cannot be read: {text[:200]}"

    def _not_this_encoding(self) -> str:
        tried = self.encoding.replace("utf-8-sig", "utf-8").upper()
        other = "'utf-8'" if tried != "UTF-8" else "'latin-1' or 'cp1252'"
        return (
            f"is not {tried} text{self._line_that_fails()} (tried {tried}); save it as UTF-8, or "
            f"name its encoding, such as encoding={other}"
        )

    def _line_that_fails(self) -> str:
        if not self.encoding.startswith("utf-8"):
            return ""
        with self._opened() as file, _inflated(file) as plain:
            for number, line in enumerate(iter(lambda: plain.readline(MAX_LINE), b""), start=1):
                try:
                    line.decode("utf-8")
                except UnicodeDecodeError:
                    return f" in line {number}"
        return ""


class _Counted:
    """Lines of a text, and the number of the last one that was asked for."""

    def __init__(self, text: io.TextIOBase, number: int) -> None:
        self.text, self.number = text, number

    def __iter__(self) -> Iterator[str]:
        for line in self.text:
            self.number += 1
            yield line


class _Capped(io.RawIOBase):
    """Bytes of a file, as long as its lines and all of them stay within bounds."""

    def __init__(
        self,
        file: BinaryIO,
        most: float,
        longest: float = MAX_LINE,
        stored: BinaryIO | None = None,  # the file on the disk, if this is its inflated content
    ) -> None:
        self.file, self.most, self.longest = file, most, longest
        self.stored = stored or file
        self.total = self.line = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.file.read(len(buffer))
        self.total += len(data)
        newline = max(data.rfind(b"\n"), data.rfind(b"\r"))
        self.line = self.line + len(data) if newline < 0 else len(data) - newline
        if self.line > self.longest:
            raise DataError(f"a line is longer than {self.longest} bytes; is this a table?")
        if self.total > self.most:
            raise DataError(
                f"unpacks to more than {self.most} bytes and {growth.MAX_GROWTH} times its size: "
                "if you trust it, unpack it with gunzip and give the file that this makes"
            )
        buffer[: len(data)] = data
        return len(data)


def _share_of(stream: Any) -> float:
    """How much of the file below a stream of text is read."""
    stored: BinaryIO = stream.buffer.raw.stored
    return stored.tell() / max(1, os.fstat(stored.fileno()).st_size)


@contextmanager
def _inflated(file: BinaryIO) -> Iterator[BinaryIO]:
    """The file, or its content if it is gzipped, known by its first bytes."""
    zipped = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    if zipped:
        with gzip.GzipFile(fileobj=file) as plain:
            yield cast(BinaryIO, plain)
    else:
        yield file


def _bound(file: BinaryIO, plain: BinaryIO) -> float:
    """The most bytes that may come; a file that is not compressed is as long as it is."""
    return math.inf if plain is file else growth.most(growth.size_of(file))
