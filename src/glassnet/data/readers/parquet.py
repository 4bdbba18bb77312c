"""Parquet files, read in pieces of typed columns."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

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


class Parquet:
    """A Parquet file of plain columns: numbers, booleans, text, dates.

    `part` is whether it is one of several, and may have no rows. Raises DataError for a file that
    is none, here or while it is read.
    """

    def __init__(self, path: FilePath, part: bool = False) -> None:
        self.path = Path(path)
        with self._open() as file:
            self.columns = columns_of(file.schema_arrow)
            about = file.metadata
            if not (about.num_rows or part):
                raise DataError("has no rows; add rows")
            groups = (about.row_group(n) for n in range(about.num_row_groups))
            unpacked = sum(group.total_byte_size for group in groups)
            refuse_growth(about.num_rows, len(self.columns), unpacked, self.path.stat().st_size)

    notes: tuple[str, ...] = ()
    share: float | None = None
    empty = 0

    def pieces(
        self, text: Collection[str] = (), columns: Collection[str] | None = None
    ) -> Iterator["pd.DataFrame"]:
        """The rows, some at a time, their index counting from 0; of `columns` alone if given."""
        yield from regrouped(self.frames(columns), len(self.columns))

    def frames(self, columns: Collection[str] | None = None) -> Iterator["pd.DataFrame"]:
        """The rows as they come, each time counted from 0."""
        names, rows, done = chosen(self.columns, columns), piece_rows(len(self.columns)), 0
        with self._open() as file:
            for batch in file.iter_batches(rows, columns=names):
                done += batch.num_rows
                self.share = done / max(1, file.metadata.num_rows)
                yield from_arrow(batch)

    @contextmanager
    def _open(self) -> Iterator[Any]:
        with arrow_errors(self.path, "a Parquet file"):
            parquet = need("pyarrow.parquet", "reading a Parquet file")
            with open_regular(self.path) as file, parquet.ParquetFile(file) as opened:
                yield opened
