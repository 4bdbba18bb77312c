"""Parquet files, read in pieces of typed columns."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glassnet.base.arrays import FilePath
from glassnet.base.disk import open_regular
from glassnet.base.errors import DataError, prefixing_errors
from glassnet.base.optional import need
from glassnet.data.readers import growth
from glassnet.data.readers.delimited import check_names, piece_rows

if TYPE_CHECKING:
    import pandas as pd


class Parquet:
    """A Parquet file of plain columns: numbers, booleans, text, dates.

    Raises DataError for a file that is none, here or while it is read.
    """

    def __init__(self, path: FilePath) -> None:
        self.path = Path(path)
        with self._open() as file:
            schema = file.schema_arrow
            self.columns = [str(name) for name in schema.names]
            nested = [field.name for field in schema if field.type.num_fields]
            if nested:
                raise DataError(
                    f"{self.path}: column {nested[0]!r} holds lists or records; "
                    "leave it out, or write one column for each of its values"
                )
            with prefixing_errors(self.path):
                check_names(self.columns)
            if not file.metadata.num_rows or not self.columns:
                raise DataError(f"{self.path}: has no rows; add rows")
            self._refuse_growth(file.metadata)

    notes: tuple[str, ...] = ()

    def pieces(
        self, text: Collection[str] = (), columns: Collection[str] | None = None
    ) -> Iterator["pd.DataFrame"]:
        """The rows, some at a time, their index counting from 0; of `columns` alone if given."""
        pandas, start = need("pandas", "reading a table"), 0
        chosen = None if columns is None else [name for name in self.columns if name in columns]
        with self._open() as file:
            for batch in file.iter_batches(piece_rows(len(self.columns)), columns=chosen):
                frame: pd.DataFrame = batch.to_pandas(
                    ignore_metadata=True, types_mapper=_with_gaps(batch)
                )
                frame.index = pandas.RangeIndex(start, start + len(frame))
                start += len(frame)
                yield frame
        if start == 0:
            raise DataError(f"{self.path}: has no rows; add rows")

    def _refuse_growth(self, promised: Any) -> None:
        """Refuse a file whose values, a byte for each, or whose pages would be far more than it."""
        groups = (promised.row_group(n) for n in range(promised.num_row_groups))
        size = max(
            promised.num_rows * len(self.columns), sum(group.total_byte_size for group in groups)
        )
        if size > growth.most(self.path.stat().st_size):
            raise DataError(
                f"{self.path}: promises {promised.num_rows:,} rows, more than "
                f"{growth.MAX_GROWTH} times its size: if you trust it, write it as .csv"
            )

    @contextmanager
    def _open(self) -> Iterator[Any]:
        of_arrow = (need("pyarrow", "reading a Parquet file").ArrowException,)
        parquet = need("pyarrow.parquet", "reading a Parquet file")
        try:
            with open_regular(self.path) as file, parquet.ParquetFile(file) as opened:
                yield opened
        except FileNotFoundError:
            raise DataError(f"there is no file {self.path}; check the path") from None
        except (OSError, ValueError, TypeError, KeyError, ArithmeticError, *of_arrow) as error:
            if isinstance(error, OSError) and error.strerror:
                raise DataError(f"{self.path}: cannot be read: {error.strerror}") from None
            raise DataError(
                f"{self.path}: is not a Parquet file, or a damaged one: {_line(error)}"
            ) from None


def _with_gaps(batch: Any) -> Any:
    """What 64-bit integers become if some are missing: float64 would round those beyond 2⁵³."""
    arrow, pandas = need("pyarrow", "reading a Parquet file"), need("pandas", "reading a table")
    wide = {arrow.int64(): pandas.Int64Dtype(), arrow.uint64(): pandas.UInt64Dtype()}
    return wide.get if any(c.null_count and c.type in wide for c in batch.columns) else None


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
