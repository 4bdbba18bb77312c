"""What Parquet and Arrow files have in common: typed columns, which become tables of pandas."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glassnet.base.errors import DataError, prefixing_errors
from glassnet.base.optional import need
from glassnet.data.readers import growth
from glassnet.data.readers.delimited import check_names, piece_rows

if TYPE_CHECKING:
    import pandas as pd


def columns_of(schema: Any) -> list[str]:
    """The names of the columns; DataError for what is no column of plain values."""
    names = [str(name) for name in schema.names]
    nested = [field.name for field in schema if field.type.num_fields]
    if nested:
        raise DataError(
            f"column {nested[0]!r} holds lists or records; leave it out, or write one column for "
            "each of its values"
        )
    check_names(names)
    if not names:
        raise DataError("has no columns; add some")
    return names


def refuse_growth(rows: int, columns: int, unpacked: int, size: int) -> None:
    """DataError if the values, a byte for each, or what is compressed would be far more than the
    `size` of the file."""
    if max(rows * columns, unpacked) > growth.most(size):
        raise DataError(
            f"promises {rows:,} rows, more than {growth.MAX_GROWTH} times its size: if you trust "
            "it, write it as .csv"
        )


def regrouped(frames: Iterable["pd.DataFrame"], columns: int) -> Iterator["pd.DataFrame"]:
    """The rows in pieces as large as those of any table, and so predicted to the same bits, their
    index counting from 0; DataError if there are none."""
    most, held, start = piece_rows(columns), list["pd.DataFrame"](), 0
    for frame in frames:
        rest = frame
        while len(rest):
            room = most - sum(map(len, held))
            held.append(rest.iloc[:room])
            rest = rest.iloc[room:]
            if len(held[-1]) == room:
                yield _joined(held, start)
                held, start = [], start + most
    if held:
        yield _joined(held, start)
    elif not start:
        raise DataError("has no rows; add rows")


def _joined(frames: list["pd.DataFrame"], start: int) -> "pd.DataFrame":
    pandas = need("pandas", "reading a table")
    frame: pd.DataFrame = pandas.concat(frames) if len(frames) > 1 else frames[0].copy()
    frame.index = pandas.RangeIndex(start, start + len(frame))
    return frame


def chosen(names: Iterable[str], columns: Collection[str] | None) -> list[str]:
    """The names that are read, in the order of the file: all unless `columns` say which."""
    return [name for name in names if columns is None or name in columns]


@contextmanager
def arrow_errors(path: Path, form: str) -> Iterator[None]:
    """Every error of Arrow as a DataError that names the file; `form` is "a Parquet file"."""
    of_arrow = (need("pyarrow", f"reading {form}").ArrowException,)
    try:
        with prefixing_errors(path):
            yield
    except FileNotFoundError:
        raise DataError(f"there is no file {path}; check the path") from None
    except (OSError, ValueError, TypeError, KeyError, ArithmeticError, *of_arrow) as error:
        if isinstance(error, OSError) and error.strerror:
            raise DataError(f"{path}: cannot be read: {error.strerror}") from None
        line = " ".join(str(error).split())[:200]
        raise DataError(f"{path}: is not {form}, or a damaged one: {line}") from None
