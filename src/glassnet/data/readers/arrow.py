"""Arrow files and streams, which Feather (version 2) is too: read in pieces of typed columns."""

import os
import struct
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from glassnet.base.arrays import FilePath
from glassnet.base.disk import open_regular
from glassnet.base.errors import DataError
from glassnet.base.frames import from_arrow
from glassnet.base.optional import need
from glassnet.data.readers.arrow_columns import (
    arrow_errors,
    chosen,
    columns_of,
    refuse_growth,
    regrouped,
)
from glassnet.data.readers.delimited import piece_rows

if TYPE_CHECKING:
    import pandas as pd

MARK = b"ARROW1"
FILE = MARK + b"\0\0"  # begins a file; a stream has no mark
BLOCK = 24  # bytes about each message at the end of a file
FORM = "an Arrow file"


class Arrow:
    """An Arrow file or stream of plain columns: numbers, booleans, text, dates.

    What it promises is added up before anything is unpacked. Raises DataError for a file that is
    none, here or while it is read.
    """

    def __init__(self, path: FilePath) -> None:
        self.path = Path(path)
        with self._open() as file:
            self.columns = columns_of(_reader(file).schema)
            rows, unpacked = _promised(file)
            refuse_growth(rows, len(self.columns), unpacked, self.path.stat().st_size)

    notes: tuple[str, ...] = ()
    share: float | None = None
    empty = 0

    def pieces(
        self, text: Collection[str] = (), columns: Collection[str] | None = None
    ) -> Iterator["pd.DataFrame"]:
        """The rows, some at a time, their index counting from 0; of `columns` alone if given."""
        with arrow_errors(self.path, FORM):
            yield from regrouped(self._frames(columns), len(self.columns))

    def _frames(self, columns: Collection[str] | None) -> Iterator["pd.DataFrame"]:
        names, rows = chosen(self.columns, columns), piece_rows(len(self.columns))
        with self._open() as file:
            for batch in _batches(_reader(file)):
                batch.validate(full=True)  # what points outside of it would end the process
                part = batch.select(names)
                for start in range(0, batch.num_rows, rows):
                    yield from_arrow(part.slice(start, rows))

    @contextmanager
    def _open(self) -> Iterator[BinaryIO]:
        with arrow_errors(self.path, FORM), open_regular(self.path) as file:
            if _begins(file, b"FEA1"):
                raise DataError(
                    "is Feather of version 1: write it as version 2, which pandas, polars and "
                    "Arrow do by default"
                )
            yield file


def _begins(file: BinaryIO, mark: bytes) -> bool:
    file.seek(0)
    found = file.read(len(mark))
    file.seek(0)
    return found == mark


def _reader(file: BinaryIO) -> Any:
    ipc = need("pyarrow.ipc", f"reading {FORM}")
    return ipc.open_file(file) if _begins(file, FILE) else ipc.open_stream(file)


def _batches(reader: Any) -> Iterator[Any]:
    if not hasattr(reader, "num_record_batches"):
        yield from reader
        return
    for number in range(reader.num_record_batches):
        yield reader.get_batch(number)


# ---- what the messages of a file promise


def _promised(file: BinaryIO) -> tuple[int, int]:
    """The rows of all messages, and the bytes that their values unpack to."""
    rows = unpacked = 0
    try:
        for message in _messages(file):
            if message.type in ("record batch", "dictionary"):
                some, size = _of_message(message)
                rows += some if message.type == "record batch" else 0
                unpacked += size
    except struct.error as error:
        raise ValueError(f"a message is broken: {error}") from None
    return rows, unpacked


def _messages(file: BinaryIO) -> Iterator[Any]:
    """All of a stream, or those that the end of a file lists."""
    ipc = need("pyarrow.ipc", f"reading {FORM}")
    if not _begins(file, FILE):
        yield from ipc.MessageReader.open_stream(file)
        return
    file.seek(-4 - len(MARK), os.SEEK_END)
    (size,) = struct.unpack("<i", file.read(4))
    file.seek(-4 - len(MARK) - size, os.SEEK_END)
    footer = memoryview(file.read(size))
    (root,) = struct.unpack_from("<I", footer, 0)
    for field in (2, 3):  # dictionaries, then record batches
        if blocks := _field(footer, root, field):
            blocks = _table_at(footer, blocks)
            (count,) = struct.unpack_from("<I", footer, blocks)
            for number in range(count):
                (offset,) = struct.unpack_from("<q", footer, blocks + 4 + BLOCK * number)
                file.seek(offset)
                yield ipc.read_message(file)


def _of_message(message: Any) -> tuple[int, int]:
    """The rows and the unpacked bytes of one message, from its description.

    A buffer that is compressed begins with the length that it unpacks to (Arrow columnar format,
    "Compression").
    """
    about, body = memoryview(message.metadata), memoryview(message.body)
    (root,) = struct.unpack_from("<I", about, 0)
    batch = _table_at(about, _field(about, root, 2))
    if message.type == "dictionary":
        batch = _table_at(about, _field(about, batch, 1))
    length = _field(about, batch, 0)
    (rows,) = struct.unpack_from("<q", about, length) if length else (0,)
    if not _field(about, batch, 3):
        return rows, len(body)
    buffers = _table_at(about, _field(about, batch, 2))
    (count,) = struct.unpack_from("<I", about, buffers)
    unpacked = 0
    for place in range(buffers + 4, buffers + 4 + 16 * count, 16):
        start, size = struct.unpack_from("<qq", about, place)
        if size >= 8:
            unpacked += max(size, *struct.unpack_from("<q", body, start))
    return rows, unpacked


def _field(data: memoryview, table: int, number: int) -> int:
    """Where a field of a FlatBuffers table is; 0 if it is not there."""
    (back,) = struct.unpack_from("<i", data, table)
    entry = 4 + 2 * number
    (size,) = struct.unpack_from("<H", data, table - back)
    (offset,) = struct.unpack_from("<H", data, table - back + entry) if entry < size else (0,)
    return table + offset if offset else 0


def _table_at(data: memoryview, place: int) -> int:
    """Where the table or the list is to which this place points."""
    (offset,) = struct.unpack_from("<I", data, place)
    return place + int(offset)
