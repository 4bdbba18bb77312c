"""Where predictions are written: a stream, a .csv or .parquet file, or a table of a database."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from os import PathLike
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from glassnet.base.addresses import is_database
from glassnet.base.arrays import FilePath
from glassnet.base.errors import InputError
from glassnet.base.files import atomic_write
from glassnet.base.optional import need

if TYPE_CHECKING:
    import pandas as pd

Write = Callable[["pd.DataFrame"], None]


@contextmanager
def writer(out: "FilePath | IO[str]", sources: Sequence[str], replace: bool) -> Iterator[Write]:
    """What writes tables one below the other: to a stream, to a database, or to a file by its
    ending."""
    if is_database(out):
        from glassnet.workflows.prediction_table import table_writer  # needs sqlite3

        with table_writer(str(out), sources, replace=replace) as write:
            yield write
    elif replace:
        raise InputError("replace is for a table of a database; a file is replaced anyway")
    elif not isinstance(out, (str, PathLike)):
        yield _csv(out.write)
    elif Path(out).suffix.lower() == ".parquet":
        with atomic_write(out) as file, ExitStack() as opened:
            yield _parquet(file, opened)
    elif Path(out).suffix.lower() == ".csv":
        with atomic_write(out) as file:
            yield _csv(lambda text: file.write(text.encode()))
    else:
        raise InputError(f"predictions go to a .csv or .parquet file or a table, not to {out}")


def _parquet(file: IO[bytes], opened: ExitStack) -> Write:
    arrow = need("pyarrow", "writing a Parquet file")
    parquet, writer = need("pyarrow.parquet", "writing a Parquet file"), None

    def write(frame: "pd.DataFrame") -> None:
        nonlocal writer
        if writer is None:
            found = arrow.Schema.from_pandas(frame, preserve_index=False)
            kinds = [arrow.large_string() if arrow.types.is_null(t) else t for t in found.types]
            schema = arrow.schema(zip(found.names, kinds, strict=True))
            writer = opened.enter_context(parquet.ParquetWriter(file, schema))
        # In the types of the first piece: one in which a column is empty does not show its own.
        writer.write_table(arrow.Table.from_pandas(frame, writer.schema, preserve_index=False))

    return write


def _csv(put: Callable[[str], Any]) -> Write:
    header = True

    def write(frame: "pd.DataFrame") -> None:
        nonlocal header
        put(frame.to_csv(index=False, header=header, lineterminator="\n"))
        header = False

    return write
