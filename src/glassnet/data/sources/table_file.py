"""From a table in a file to arrays to train on: read, infer kinds, split, fit, encode."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np

from glassnet.base.addresses import is_database
from glassnet.base.arrays import FilePath
from glassnet.base.errors import DataError, prefixing_errors
from glassnet.base.frames import is_table
from glassnet.base.optional import need
from glassnet.base.progress import work
from glassnet.data.dataset import (
    Dataset,
    range_scale,
    shares,
)
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
from glassnet.data.tables.columns import Pixels
from glassnet.data.tables.fitting import learn
from glassnet.data.tables.groups import refuse_points
from glassnet.data.tables.kinds import Plan, find, infer_kinds, kind_asked
from glassnet.data.tables.notations import ANY, Notation, check_marks, notations_of, rewritten
from glassnet.data.tables.notes import counted
from glassnet.data.tables.schema import Schema
from glassnet.data.tables.summaries import summarize_columns
from glassnet.data.tables.targets import encode_targets, require_two_per_class
from glassnet.data.tables.values import WHOLE, Series, empty, is_number, text_of

if TYPE_CHECKING:
    import pandas as pd

MAX_TABLE = 2**32
"""The most bytes that a table to train on may have in memory, as it is read and as the float32 that
it becomes: 4 GiB."""

_TOO_LARGE = (
    f"takes more than {MAX_TABLE} bytes, as it is read and as numbers to train on: train on fewer "
    "rows, leave columns out with --drop, or save its numbers as .npy, which stays on the disk"
)

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

Names = str | Sequence[str] | None
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
        _refuse_idle(table, how)
        asked = check_marks(decimal, thousands)
        as_text = _as_written(table.columns, kinds or {})
        labels = names_of(target) if task == "classification" else []
        frame = read(table, table.columns if asked.different else as_text)
        leave = {*as_text, *names_of(drop), *labels}
        notations = notations_of(frame, leave, asked)
        if type(table) is Delimited and asked == ANY:
            leave |= {name for name in table.columns if kind_asked(name, kinds or {})}
            refuse_points(frame, notations, leave, partial(_written, table))
        given = (names_of(target), names_of(drop), task, kinds)
        data = from_frame(
            path.name if isinstance(path, Frame) else name_of(path), rewritten(frame, notations),
            *given, share, seed, notations, how, table.empty,
        )  # fmt: skip
        (target, rows, *decisions), words = data.notes, _gap_words(table, frame)
        data = replace(data, notes=(target, rows, *table.notes, *decisions, *words))
        as_text = [*as_text, *notations]
    if isinstance(test, (int, float)):
        return data
    test = Frame(test) if is_table(test) else test
    with prefixing_errors(test):
        other = open_table(test, how)
        tested = read(other, as_text, frame)
        note = f"{test}: {_records(tested, 0, other.empty)}"
        return with_test(replace(data, notes=(*data.notes, note)), tested)


def _shown(path: Any) -> str:
    """What a source is called on a screen: its file, or the table or database."""
    return name_of(path) if is_database(path) else Path(str(path)).name


def _refuse_idle(table: Table, how: TextFormat) -> None:
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


def _as_written(columns: Sequence[str], kinds: Mapping[str, str]) -> list[str]:
    """The columns that shall be categories or dates: they are read as text."""
    asked = {name: kind_asked(name, kinds) for name in columns}
    return [name for name, kind in asked.items() if kind and kind not in ("number", "raw")]


def with_test(data: Dataset, frame: "pd.DataFrame") -> Dataset:
    """The dataset with the rows of this table as its test part."""
    schema = cast(Schema, data.schema)
    schema.check(frame.columns)
    targets = [find(list(frame.columns), name) for name in schema.targets]
    frame = rewritten(frame, schema.notations)
    y, _ = encode_targets(frame, targets, data.task, data.classes)
    return replace(data, x_test=schema.encode(frame), y_test=y)


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
            if size > MAX_TABLE:
                raise DataError(f"{table.path}: {_TOO_LARGE}")
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


def from_frame(
    name: str,
    frame: "pd.DataFrame",
    target: Sequence[str] = (),
    drop: Sequence[str] = (),
    task: str | None = None,
    kinds: Mapping[str, str] | None = None,
    test: float = 0.2,
    seed: int = 0,
    notations: Mapping[str, Notation] = MappingProxyType({}),
    how: TextFormat = PLAIN,
    empty: int = 0,
) -> Dataset:
    """The dataset in a pandas table, whose numbers were written in these `notations`, and which was
    read from text in the format `how`, with so many `empty` lines between rows; the other arguments
    are those of `load_table`."""
    with work(f"preparing {name}"):
        return _prepared(name, frame, target, drop, task, kinds, test, seed, notations, how, empty)


def _prepared(
    name: str,
    frame: "pd.DataFrame",
    target: Sequence[str],
    drop: Sequence[str],
    task: str | None,
    kinds: Mapping[str, str] | None,
    test: float,
    seed: int,
    notations: Mapping[str, Notation],
    how: TextFormat,
    empty: int,
) -> Dataset:
    plan = infer_kinds(frame, target, drop, task, kinds)
    plan.notes += [
        f"{n!r}: numbers written as {each.example}" for n, each in (notations or {}).items()
    ]
    frame = _with_targets(frame, plan, empty)
    y, classes = encode_targets(frame, plan.targets, plan.task, None)
    train, held = shares(y, test, seed)
    require_two_per_class(frame, plan.targets, plan.task, y, classes)
    schema = _learn(frame.iloc[train], plan, notations, how)
    if not schema.pixels and 4 * len(frame) * len(schema.features) > MAX_TABLE:
        raise DataError(_TOO_LARGE)
    parts = (schema.encode(frame.iloc[train]), y[train], schema.encode(frame.iloc[held]), y[held])
    data = Dataset(
        name,
        *parts,
        classes=tuple(plan.targets) if plan.task == "labels" else classes,
        feature_names=schema.features,
        target=", ".join(plan.targets),
        schema=schema,
        notes=tuple(plan.notes),
        columns=summarize_columns(frame, plan, schema),
    )
    return replace(data, scale=range_scale(data.x_train)) if schema.pixels else data


def _with_targets(frame: "pd.DataFrame", plan: Plan, skipped: int) -> "pd.DataFrame":
    """The rows whose target is known; and a note that accounts for all of them."""
    missing = np.any([empty(frame[name]) for name in plan.targets], axis=0)
    if missing.all():
        raise DataError(f"column {plan.targets[0]!r}, the target, has no values at all; fill it")
    kept: pd.DataFrame = frame.loc[~missing]
    plan.notes.insert(1, _records(kept, int(missing.sum()), skipped))
    return kept


def _records(kept: "pd.DataFrame", without: int, skipped: int) -> str:
    """How many rows and columns were read, and how many were left out and why.

    >>> import pandas as pd
    >>> _records(pd.DataFrame({"a": [1, 2], "b": "x"}), 1, 3)
    '2 rows × 2 columns read, 4 left out: 1 without a target, 3 empty'
    """
    rows, columns = counted(len(kept), "row"), counted(len(kept.columns), "column")
    why = [(without, "without a target"), (skipped, "empty")]
    said = [f"{count:,} {what}" for count, what in why if count]
    left = f"{without + skipped:,} left out: {', '.join(said)}" if said else "none left out"
    return f"{rows} × {columns} read, {left}"


def _learn(
    frame: "pd.DataFrame", plan: Plan, notations: Mapping[str, Notation], how: TextFormat
) -> Schema:
    names = list(map(str, frame.columns))
    if plan.image:
        others = [name for name in names if name not in (*plan.kinds, *plan.targets)]
        return Schema([Pixels(tuple(plan.kinds), *plan.image)], plan.targets, others)
    columns, left_out = learn(frame, plan.kinds)
    plan.notes += [f"left out {name!r}: {why}" for name, why in left_out.items()]
    if not columns:
        raise DataError(f"no usable feature columns are left: {'; '.join(plan.notes[-3:])}")
    read = {*(column.name for column in columns), *plan.targets}
    left = [name for name in names if name not in read]
    written = {name: notations[name] for name in notations if name in read}
    return Schema(columns, plan.targets, left, written, how.config())


def _gap_words(table: Table, frame: "pd.DataFrame") -> list[str]:
    """What was taken for a gap in a text table, in words."""
    if not isinstance(table, Delimited):
        return []
    columns = [str(name) for name in frame if frame[name].isna().any()]
    with work(f"counting the gaps in {_shown(table.path)}"):
        return said(table.gaps_by_word(columns))


def names_of(given: Names) -> list[str]:
    """None, one name or several, as a list."""
    return [given] if isinstance(given, str) else list(given or ())


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
