"""Reads a CSV file with a header: number columns to learn from, and one column to predict."""

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from glassnet.arrays import Array, FilePath
from glassnet.data.dataset import Dataset, split
from glassnet.errors import DataError
from glassnet.packages import need

if TYPE_CHECKING:
    import pandas as pd

TARGET_NAMES = ("label", "target", "class", "species", "y")
INDEX_NAMES = ("id", "index")
MAX_INTEGER_CLASSES = 20


class Table(NamedTuple):
    """What `read_csv` found; `x` is float64 `(rows, features)`, `y` int64 labels or float64."""

    x: Array
    y: Array
    feature_names: tuple[str, ...]
    classes: tuple[str, ...]
    target: str


def load_csv(
    path: FilePath, target: str | None = None, test: float = 0.2, seed: int = 0
) -> Dataset:
    """The dataset in a CSV file, read as `read_csv` reads it.

    `test` is the share of the test part, stratified when the target is a class.
    """
    table = read_csv(path, target)
    return Dataset(
        Path(path).stem,
        *split(table.x, table.y, test, seed),
        classes=table.classes,
        feature_names=table.feature_names,
        target=table.target,
    )


def read_csv(path: FilePath, target: str | None = None) -> Table:
    """The numbers of a UTF-8, comma-separated file whose first line names its columns.

    The target is the column named by `target`; without one, the column called label, target,
    class, species or y, else the last. Text, true/false and at most 20 different whole numbers are
    classes, numbered in sorted order; other numbers are values to predict, and `classes` is empty.
    An index is left out: an unnamed first column, or one called id or index, whose values are
    consecutive whole numbers. All other columns are features and must be numbers.

    Raises DataError, with the file, the column and the data row (from 1, below the header), when
    the file cannot be read as such a table.
    """
    frame = _read_frame(Path(path))
    frame = frame.drop(columns=[c for c in _index_columns(frame) if c != target])
    columns = [str(column) for column in frame.columns]
    if not columns:
        raise DataError(f"{path}: has no columns beside its index; add features and a target")
    name = _find_target(path, columns, target)
    if len(columns) == 1:
        raise DataError(f"{path}: has no columns beside the target {name!r}; add features")
    _refuse_missing(path, frame)
    features = tuple(column for column in columns if column != name)
    x = np.column_stack([_numbers(path, frame[column]) for column in features])
    y, classes = _encode(path, frame[name])
    return Table(x, y, features, classes, name)


def _read_frame(path: Path) -> "pd.DataFrame":
    pandas = need("pandas", "reading a CSV file")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            frame: pd.DataFrame = pandas.read_csv(file, skipinitialspace=True, low_memory=False)
    except FileNotFoundError:
        raise DataError(f"there is no file {path}; check the path") from None
    except pandas.errors.EmptyDataError:
        raise DataError(f"{path}: is empty; expected a header and rows") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is not UTF-8 text; save it as UTF-8 CSV") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise DataError(f"{path}: cannot be read: {reason}") from error
    if not isinstance(frame.index, pandas.RangeIndex):
        raise DataError(
            f"{path}: rows have more values than the header has names; name each column"
        )
    if len(frame) == 0:
        raise DataError(f"{path}: has a header but no rows; add rows")
    frame.columns = frame.columns.astype(str).str.strip()
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise DataError(f"{path}: has two columns {twice!r}; rename one")
    return frame


def _find_target(path: FilePath, columns: list[str], target: str | None) -> str:
    if target is None:
        by_lower = {column.lower(): column for column in reversed(columns)}
        return next((by_lower[name] for name in TARGET_NAMES if name in by_lower), columns[-1])
    if target in columns:
        return target
    near = difflib.get_close_matches(str(target), columns, n=1, cutoff=0.5)
    shown = ", ".join(columns[:10]) + (", …" if len(columns) > 10 else "")
    hint = f"did you mean {near[0]!r}?" if near else f"choose one of {shown}"
    raise DataError(f"{path}: has no column {target!r}: {hint}")


def _index_columns(frame: "pd.DataFrame") -> list[str]:
    columns = [str(column) for column in frame.columns]
    unnamed = columns[:1] if columns[0] in ("", "Unnamed: 0") else []
    named = [column for column in columns if column.lower() in INDEX_NAMES]
    return [column for column in unnamed + named if _is_run(frame[column])]


def _is_run(column: "pd.Series[Any]") -> bool:
    values = column.to_numpy()
    return values.dtype.kind in "iu" and bool((np.diff(values) == 1).all())


def _refuse_missing(path: FilePath, frame: "pd.DataFrame") -> None:
    missing = frame.isna().to_numpy()
    if missing.any():
        row, column = np.argwhere(missing)[0]
        raise DataError(
            f"{_cell(path, frame.columns[column], row)}: the value is missing; "
            "fill it in or remove the row"
        )


def _numbers(path: FilePath, column: "pd.Series[Any]") -> Array:
    """The column as float64; an error names the first value that is not a finite number."""
    to_numeric = need("pandas", "reading a CSV file").to_numeric
    values: Array = to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
    finite = np.isfinite(values)
    if not finite.all():
        row = int(np.argmin(finite))
        raise DataError(
            f"{_cell(path, column.name, row)}: expected a number, got "
            f"{str(column.iloc[row])[:40]!r}; replace it or remove the column"
        )
    return values


def _encode(path: FilePath, column: "pd.Series[Any]") -> tuple[Array, tuple[str, ...]]:
    """The target as labels with the names of their classes, or as float64 with no classes."""
    values = column.to_numpy()
    if values.dtype.kind not in "iuf":
        values = values.astype(str)
    elif values.dtype.kind == "f" or len(np.unique(values)) > MAX_INTEGER_CLASSES:
        return _numbers(path, column), ()
    classes, labels = np.unique(values, return_inverse=True)
    return labels.astype(np.int64), tuple(map(str, classes))


def _cell(path: FilePath, column: Any, row: int) -> str:
    return f"{path}: column {str(column)!r}, data row {row + 1}"
