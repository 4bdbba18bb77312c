"""From a table in a file to arrays to train on: read, infer kinds, split, fit, encode."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np

from glassnet.base.addresses import is_database
from glassnet.base.arrays import FilePath
from glassnet.base.errors import DataError, prefixing_errors
from glassnet.base.optional import need
from glassnet.base.progress import work
from glassnet.data.dataset import (
    Dataset,
    range_scale,
    shares,
)
from glassnet.data.readers.arrow import Arrow
from glassnet.data.readers.delimited import Delimited
from glassnet.data.readers.gaps import said
from glassnet.data.readers.json import Json
from glassnet.data.readers.parquet import Parquet
from glassnet.data.readers.parquet_folder import ParquetFolder
from glassnet.data.readers.text_format import PLAIN, TextFormat, text_format
from glassnet.data.readers.workbook import Workbook
from glassnet.data.tables.columns import Pixels
from glassnet.data.tables.fitting import learn
from glassnet.data.tables.kinds import Plan, find, infer_kinds, kind_asked
from glassnet.data.tables.notations import Notation, check_marks, notations_of, rewritten
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
    ".json": Json, ".jsonl": Json, ".ndjson": Json, ".xlsx": Workbook, ".ods": Workbook
}  # fmt: skip

Names = str | Sequence[str] | None


class Table(Protocol):
    """A table in a file: the names of its columns, and its rows, some at a time."""

    columns: list[str]
    notes: tuple[str, ...]  # what was recognised
    share: float | None  # of the file, that is read by now; None if that is not known

    @property
    def path(self) -> FilePath:
        """Where it is, in messages."""

    def pieces(
        self, text: Collection[str] = (), columns: Collection[str] | None = None
    ) -> Iterator["pd.DataFrame"]:
        """The rows in pieces, columns in `text` as written; of `columns` alone if given."""


def open_table(path: FilePath, how: TextFormat = PLAIN, query: str | None = None) -> Table:
    """A table of a database, of which a query may be read; or in a file, by its ending; without a
    known one, delimited text in this format. In a folder, Parquet files."""
    if is_database(path):
        from glassnet.data.readers.sql import Sql  # not every Python has sqlite3

        return Sql(str(path), query)
    if query is not None:
        raise DataError(
            f"{path}: a query is for a database, such as sqlite:///own.db: leave it out"
        )
    if Path(path).is_dir():
        return ParquetFolder(path)
    ending = Path(Path(path).name.lower().removesuffix(".gz")).suffix
    typed = TYPED.get(ending)
    return typed(path) if typed else AS_TEXT.get(ending, Delimited)(path, how)


def load_table(
    path: FilePath,
    target: Names = None,
    drop: Names = None,
    task: str | None = None,
    kinds: Mapping[str, str] | None = None,
    test: float | FilePath = 0.2,
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
    """The dataset in a table in a file, or in a database.

    - `target`: the column to predict, or several; by default one called label, target, class,
      species or y, else the last.
    - `drop`: columns to leave out. `kinds`: what columns are, by name or by a pattern such as
      `num*`: number, raw (a number as it is, not standardised), category, date, or
      date:FORMAT. `task`: classification or regression.
    - `test`: the share of the test part, stratified by class; or the path of a test file.
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
        if is_database(path) and how != PLAIN:
            raise DataError(
                "separator, encoding, header, quotes, na and keep_na are of text files, and sheet "
                "of workbooks"
            )
        table = open_table(path, how, query)
        asked = check_marks(decimal, thousands)
        as_text = _as_written(table.columns, kinds or {})
        labels = names_of(target) if task == "classification" else []
        frame = read(table, table.columns if asked.different else as_text)
        notations = notations_of(frame, {*as_text, *names_of(drop), *labels}, asked)
        given = (names_of(target), names_of(drop), task, kinds)
        data = from_frame(
            _name(path), rewritten(frame, notations), *given, share, seed, notations, how
        )
        data = replace(data, notes=(*table.notes, *data.notes, *_gap_words(table, frame)))
        as_text = [*as_text, *notations]
    if isinstance(test, (int, float)):
        return data
    with prefixing_errors(test):
        return with_test(data, read(open_table(test, how), as_text, frame))


def name_of(path: FilePath) -> str:
    """What a source is called on a screen: its file, or the table or database."""
    return _name(path) if is_database(path) else Path(path).name


def _name(path: FilePath) -> str:
    """What a dataset is called: as its file, or as the table or database."""
    if not is_database(path):
        return Path(path).name.partition(".")[0]
    from glassnet.data.readers.database import place_of

    return place_of(str(path)).name


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
    with work(f"reading {name_of(table.path)}", unit="rows") as reading:
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
        with work(f"reading {name_of(table.path)} again"):
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
) -> Dataset:
    """The dataset in a pandas table, whose numbers were written in these `notations`, and which was
    read from text in the format `how`; the other arguments are those of `load_table`."""
    with work(f"preparing {name}"):
        return _prepared(name, frame, target, drop, task, kinds, test, seed, notations, how)


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
) -> Dataset:
    plan = infer_kinds(frame, target, drop, task, kinds)
    plan.notes += [
        f"{n!r}: numbers written as {each.example}" for n, each in (notations or {}).items()
    ]
    frame = _with_targets(frame, plan)
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


def _with_targets(frame: "pd.DataFrame", plan: Plan) -> "pd.DataFrame":
    """The rows whose target is known."""
    missing = np.any([empty(frame[name]) for name in plan.targets], axis=0)
    if missing.all():
        raise DataError(f"column {plan.targets[0]!r}, the target, has no values at all; fill it")
    if missing.any():
        rows = "1 row" if missing.sum() == 1 else f"{int(missing.sum()):,} rows"
        plan.notes.append(f"left out {rows} without a target")
    kept: pd.DataFrame = frame.loc[~missing]
    return kept


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
    with work(f"counting the gaps in {name_of(table.path)}"):
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
