"""Folders of Parquet files that make one table: `year=2024/month=1/part-0.parquet`."""

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from glassnet.base.arrays import FilePath
from glassnet.base.errors import DataError, prefixing_errors
from glassnet.base.optional import need
from glassnet.data.readers.arrow_columns import chosen, regrouped
from glassnet.data.readers.delimited import check_names
from glassnet.data.readers.parquet import Parquet

if TYPE_CHECKING:
    import pandas as pd

ENDINGS = (".parquet", ".pq")
GAP = "__HIVE_DEFAULT_PARTITION__"
NUMBERS = {int: re.compile(r"[-+]?\d{1,18}"), float: re.compile(r"[-+]?\d+\.\d+")}


def has_parquet(folder: Path) -> bool:
    """Whether a folder is a table: Parquet files in it, or in folders that are called `name=value`.

    Raises OSError for one that cannot be read.
    """
    return next(_files(folder), None) is not None


class ParquetFolder:
    """A table in a folder of Parquet files with the same columns, in the order of their paths.

    A folder that is called `name=value` gives each row below it this value in a column of this
    name, unless the file itself has that column: a number if all values of the column are. Raises
    DataError for what cannot be read, here or while it is read.
    """

    notes: tuple[str, ...]
    share: float | None = None
    empty = 0

    def __init__(self, path: FilePath) -> None:
        self.path = Path(path)
        with prefixing_errors(path):
            self.files = sorted(_files(self.path))
            if not self.files:
                raise DataError("has no Parquet files (.parquet, .pq)")
            self.own = Parquet(self.files[0], part=True).columns
            self.keys = {file: _keys(file.relative_to(self.path)) for file in self.files}
            first = self.keys[self.files[0]]
            for file, keys in self.keys.items():
                if keys.keys() != first.keys():
                    raise DataError(
                        f"{file} lies in folders for {_shown(keys)}, and {self.files[0]} for "
                        f"{_shown(first)}: expected the same columns"
                    )
            self.columns = [*self.own, *(name for name in first if name not in self.own)]
            check_names(self.columns)
        self.notes = (f"{len(self.files):,} Parquet files",)

    def pieces(
        self, text: Collection[str] = (), columns: Collection[str] | None = None
    ) -> Iterator["pd.DataFrame"]:
        """The rows, some at a time, their index counting from 0; of `columns` alone if given."""
        with prefixing_errors(self.path):
            yield from regrouped(self._frames(text, columns), len(self.columns))

    def _frames(
        self, text: Collection[str], columns: Collection[str] | None
    ) -> Iterator["pd.DataFrame"]:
        names = chosen(self.columns, columns)
        added = {name: self._values(name, text) for name in names if name not in self.own}
        for number, file in enumerate(self.files):
            self.share = (number + 1) / len(self.files)
            part = Parquet(file, part=True)
            if set(self.own) - set(part.columns) or len(part.columns) != len(self.own):
                raise DataError(
                    f"{file} has the columns {_shown(part.columns)}, and {self.files[0]} "
                    f"{_shown(self.own)}: expected the same"
                )
            # One column is enough to count rows, if those of the folders alone are wanted.
            read = [name for name in names if name in self.own] or self.own[:1]
            for frame in part.frames(read):
                for name, (kind, values) in added.items():
                    frame[name] = _repeated(values[file], kind, len(frame))
                yield frame[names]

    def _values(self, name: str, text: Collection[str]) -> tuple[type, dict[Path, Any]]:
        """The type of this column and its value for each file: numbers if all are, else text."""
        texts = {file: keys[name] for file, keys in self.keys.items()}
        there = [value for value in texts.values() if value is not None]
        kinds = [] if name in text else [int, float]
        kind: Any = next((k for k in kinds if there and all(map(NUMBERS[k].fullmatch, there))), str)
        return kind, {f: value if value is None else kind(value) for f, value in texts.items()}


def _repeated(value: Any, kind: type, rows: int) -> Any:
    kind = float if value is None and kind is int else kind
    return need("pandas", "reading a table").array([value] * rows, dtype=kind)


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name.startswith((".", "_")):
            continue  # such as _SUCCESS and _metadata
        if path.is_dir():
            if "=" in path.name:
                yield from _files(path)
        elif path.suffix.lower() in ENDINGS:
            yield path


def _keys(path: Path) -> Mapping[str, str | None]:
    """The columns that the folders of a path name, and their values."""
    pairs = [unquote(part).partition("=") for part in path.parts[:-1]]
    names = [name for name, _, _ in pairs]
    check_names(names)
    return {name: None if value == GAP else value for name, _, value in pairs}


def _shown(names: Collection[str]) -> str:
    return ", ".join(names) or "no column"
