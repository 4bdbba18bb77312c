"""From a table in a file to arrays to train on: open a source, read it, settle its numbers."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from glassnet.base.addresses import is_database
from glassnet.base.arrays import FilePath
from glassnet.base.errors import DataError, prefixing_errors
from glassnet.base.frames import is_table
from glassnet.base.optional import need
from glassnet.base.progress import work
from glassnet.data.dataset import Dataset
from glassnet.data.readers.arrow import Arrow
from glassnet.data.readers.delimited import Delimited
from glassnet.data.readers.endings import name_of
from glassnet.data.readers.frame import Frame
from glassnet.data.readers.gaps import said
from glassnet.data.readers.json import Json
from glassnet.data.readers.parquet import Parquet
from glassnet.data.readers.parquet_folder import ParquetFolder
from glassnet.data.readers.text_format import PLAIN, TextFormat, text_format
from glassnet.data.readers.workbook import Workbook
from glassnet.data.sources.table_dataset import (
    Names,
    from_frame,
    names_of,
    records,
    refuse_large,
    with_test,
)
from glassnet.data.tables.groups import refuse_points
from glassnet.data.tables.kinds import kind_asked
from glassnet.data.tables.notations import ANY, check_marks, notations_of, refuse_shares, rewritten
from glassnet.data.tables.values import WHOLE, Series, is_number, text_of

if TYPE_CHECKING:
    import pandas as pd

TYPED = {".parquet": Parquet, ".pq": Parquet, ".arrow": Arrow, ".feather": Arrow}
AS_TEXT = {
    ".json": Json, ".jsonl": Json, ".ndjson": Json, ".xlsx": Workbook, ".xlsm": Workbook,
    ".ods": Workbook,
}  # fmt: skip

READ_BY: dict[type, tuple[str, ...]] = {
    Json: ("encoding", "gaps"),
    Workbook: ("header", "gaps", "sheet"),
    Delimited: ("separator", "encoding", "header", "quotes", "gaps"),
}
"""What of a `TextFormat` has a meaning for which reader, those with the most to say last."""

Source = FilePath | Frame


class Table(Protocol):
    """A table in a file: the names of its columns, and its rows, some at a time."""

    columns: list[str]
    notes: tuple[str, ...]  # what was recognised
    share: float | None  # of the file, that is read by now; None if that is not known
    empty: int  # how many empty lines or rows lay between those that were read

    @property
    def path(self) -> FilePath:
        """Where it is, in messages."""

    def pieces(
        self, text: Collection[str] = (), columns: Collection[str] | None = None
    ) -> Iterator["pd.DataFrame"]:
        """The rows in pieces, columns in `text` as written; of `columns` alone if given."""


def open_table(path: Source, how: TextFormat = PLAIN, query: str | None = None) -> Table:
    """A table in memory; of a database, of which a query may be read; or in a file, by its ending:
    without a known one, delimited text in this format. In a folder, Parquet files."""
    if is_database(path):
        from glassnet.data.readers.sql import Sql  # not every Python has sqlite3

        return Sql(str(path), query)
    if query is not None:
        raise DataError(
            f"{path}: a query is for a database, such as sqlite:///own.db: leave it out"
        )
    if isinstance(path, Frame):
        return path
    if Path(path).is_dir():
        return ParquetFolder(path)
    ending = Path(Path(path).name.lower().removesuffix(".gz")).suffix
    typed = TYPED.get(ending)
    return typed(path) if typed else AS_TEXT.get(ending, Delimited)(path, how)


def load_table(
    path: Source,
    target: Names = None,
    drop: Names = None,
    task: str | None = None,
    kinds: Mapping[str, str] | None = None,
    test: Any = 0.2,
    seed: int = 0,
    separator: str | None = None,
    encoding: str | None = None,
    header: bool | None = None,
    quotes: bool = True,
    decimal: str | None = None,
    thousands: str | None = None,
    na: str | Sequence[str] | None = None,
    keep_na: bool = False,
    query: str | None = None,
    sheet: str | int | None = None,
) -> Dataset:
    """The dataset in a table in a file, in a database, or in memory.

    - `target`: the column to predict, or several; see `default_target`.
    - `drop`: columns to leave out. `kinds`: what columns are, by name or by a pattern such as
      `num*`: number, raw (a number as it is, not standardised), category, date, or
      date:FORMAT. `task`: classification or regression.
    - `test`: the share of the test part, stratified by class; or the path of a test file, or a
      table in memory.
    - `separator`, `encoding`, `header`, `quotes`: see `TextFormat`.
    - `decimal`, `thousands`: the marks in numbers; by default what each column admits.
    - `na`: words that are gaps too. `keep_na`: whether `NA`, `None` and the like are not.
    - `query`: a select, whose rows are read from a database.
    - `sheet`: the one of a workbook, by name or number from 1; by default the first with a table.

    Raises DataError, naming file, column and data row, for what cannot be read or used.
    """
    share = test if isinstance(test, (int, float)) else 0.0
    with prefixing_errors(path):
        how = text_format(separator, encoding, header, quotes, na, keep_na, sheet)
        table = open_table(path, how, query)
        refuse_idle(table, how)
        asked = check_marks(decimal, thousands)
        as_text = _of_kinds(table.columns, kinds or {})
        labels = names_of(target) if task == "classification" else []
        frame = read(table, table.columns if asked.different else as_text)
        leave = {*as_text, *names_of(drop), *labels}
        notations = notations_of(frame, leave, asked)
        if type(table) is Delimited and asked == ANY:
            leave |= {name for name in table.columns if kind_asked(name, kinds or {})}
            refuse_points(frame, notations, leave, partial(_written, table))
        given, plain = (names_of(target), names_of(drop), task, kinds), rewritten(frame, notations)
        data = from_frame(
            path.name if isinstance(path, Frame) else name_of(path), plain, *given,
            share, seed, notations, how, table.empty,
        )  # fmt: skip
        (target, rows, *decisions), words = data.notes, _gap_words(table, frame)
        data = replace(data, notes=(target, rows, *table.notes, *decisions, *words))
    if isinstance(test, (int, float)):
        return data
    test = Frame(test) if is_table(test) else test
    with prefixing_errors(test):
        other = open_table(test, how)
        tested = read(other, [*as_text, *as_written(other, notations)], plain)
        refuse_shares(tested, notations)
        note = f"{test}: {records(tested, 0, other.empty)}"
        return with_test(replace(data, notes=(*data.notes, note)), tested)


def _shown(path: Any) -> str:
    """What a source is called on a screen: its file, or the table or database."""
    return name_of(path) if is_database(path) else Path(str(path)).name


def refuse_idle(table: Table, how: TextFormat) -> None:
    """DataError for a word on the format of what has none."""
    kind = next((kind for kind in READ_BY if isinstance(table, kind)), None)
    given = [name for name, each in how._asdict().items() if each != getattr(PLAIN, name)]
    idle = [name for name in given if kind is None or name not in READ_BY[kind]]
    if idle:
        name = {"gaps": "keep_na" if how.gaps.keep else "na"}.get(idle[0], idle[0])
        raise DataError(
            f"leave {name} out: separator, encoding, header, quotes, na and keep_na are of text "
            "files, and sheet of workbooks"
        )


def _written(table: Delimited, names: list[str]) -> "pd.DataFrame":
    """These columns as they are written."""
    whole: pd.DataFrame = need("pandas", "reading a table").concat(list(table.pieces(names, names)))
    return whole


def as_written(table: Table, notations: Iterable[str]) -> list[str]:
    """The columns in `notations` to read as text: none of a workbook or of JSON, whose numbers are
    numbers."""
    return list(notations) if type(table) is Delimited else []


def _of_kinds(columns: Sequence[str], kinds: Mapping[str, str]) -> list[str]:
    """The columns that shall be categories or dates: they are read as text."""
    asked = {name: kind_asked(name, kinds) for name in columns}
    return [name for name, kind in asked.items() if kind and kind not in ("number", "raw")]


def read(
    table: Table, text: Iterable[str] = (), like: "pd.DataFrame | None" = None
) -> "pd.DataFrame":
    """The whole table in columns of the smallest types; columns named in `text` as written.

    A column that is text in one place and numbers in another is text. `like` is a table whose
    text columns are text here as well.
    """
    pandas = need("pandas", "reading a table")
    text = {*text, *_text_columns(like)}
    pieces, seen, size = [], dict[str, set[str]](), 0
    with work(f"reading {_shown(table.path)}", unit="rows") as reading:
        for piece in table.pieces(text):
            for name in piece.columns:
                seen.setdefault(name, set()).add(_storage_kind(piece[name]))
            pieces.append(piece.apply(_smallest))
            size += int(pieces[-1].memory_usage(deep=True).sum()) + 4 * piece.size
            refuse_large(size, f"{table.path}: ")
            reading.add(len(piece), table.share)
    frame: pd.DataFrame = pandas.concat(pieces) if len(pieces) > 1 else pieces[0]
    frame.columns = [str(name) for name in frame.columns]
    mixed = [name for name, sorts in seen.items() if len(sorts - {"empty"}) > 1]
    wide = [n for n in map(str, frame) if n not in mixed and _may_be_wide(frame[n])]
    if mixed or wide:
        with work(f"reading {_shown(table.path)} again"):
            again = pandas.concat(list(table.pieces([*mixed, *wide], [*mixed, *wide])))
        if len(again) != len(frame):
            raise DataError(f"{table.path}: has changed while it was read: try again")
        for name in mixed:
            frame[name] = again[name].map(_text, na_action="ignore")
        for name in wide:
            frame[name] = _whole(again[name], frame[name])
    return frame


def _text(value: Any) -> str:
    """Text as it is, and the numbers beside it in a typed source as text."""
    return value if isinstance(value, str) else text_of(value)


def _may_be_wide(values: Series) -> bool:
    """Whether these may be whole numbers beyond 2⁵³, read as float64 because of a gap."""
    if values.dtype != np.float64 or not values.isna().any():
        return False
    x = values.dropna()
    return bool((x.abs() >= WHOLE).any() and (x == np.floor(x)).all())


def _whole(texts: Series, rounded: Series) -> Series:
    """The numbers that are written in `texts`, if all are whole; else as they were read."""
    exact = need("pandas", "reading a table").to_numeric(texts, dtype_backend="numpy_nullable")
    return exact if exact.dtype.kind in "iu" else rounded


def _gap_words(table: Table, frame: "pd.DataFrame") -> list[str]:
    """What was taken for a gap in a text table, in words."""
    if not isinstance(table, Delimited):
        return []
    columns = [str(name) for name in frame if frame[name].isna().any()]
    with work(f"counting the gaps in {_shown(table.path)}"):
        return said(table.gaps_by_word(columns))


def _text_columns(frame: "pd.DataFrame | None") -> list[str]:
    return (
        []
        if frame is None
        else [str(name) for name in frame if _storage_kind(frame[name]) == "text"]
    )


def _storage_kind(values: Series) -> str:
    pandas = need("pandas", "reading a table")
    if values.isna().all():
        return "empty"
    if pandas.api.types.is_bool_dtype(values):
        return "flags"
    return "number" if is_number(values) else "text"


def _smallest(values: Series) -> Any:
    """Whole numbers in as few bytes as they need."""
    if not isinstance(values.dtype, np.dtype) or values.dtype.kind not in "iu":
        return values
    downcast = "unsigned" if values.min() >= 0 else "integer"
    return need("pandas", "reading a table").to_numeric(values, downcast=downcast)
