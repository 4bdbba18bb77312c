"""From a table in memory to arrays to train on: infer kinds, split, fit, encode."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

import numpy as np

from glassnet.base.errors import DataError
from glassnet.base.progress import work
from glassnet.data.dataset import Dataset, range_scale, shares
from glassnet.data.readers.text_format import PLAIN, TextFormat
from glassnet.data.tables.columns import Number, Pixels
from glassnet.data.tables.fitting import learn
from glassnet.data.tables.giveaways import giveaways
from glassnet.data.tables.kinds import Plan, find, infer_kinds
from glassnet.data.tables.left_out import lines
from glassnet.data.tables.notations import Notation, rewritten
from glassnet.data.tables.notes import counted
from glassnet.data.tables.outliers import outliers
from glassnet.data.tables.schema import Schema
from glassnet.data.tables.summaries import summarize_columns
from glassnet.data.tables.targets import encode_targets, require_two_per_class
from glassnet.data.tables.values import empty

if TYPE_CHECKING:
    import pandas as pd

MAX_TABLE = 2**32
"""The most bytes that a table to train on may have in memory, as it is read and as the float32 that
it becomes: 4 GiB."""

MANY = 20  # columns, from which more than rows are said to be many

Names = str | Sequence[str] | None


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
    if not schema.pixels:
        refuse_large(4 * len(frame) * len(schema.features))
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
    if schema.pixels:
        return replace(data, scale=range_scale(data.x_train))
    return replace(data, notes=(*data.notes, *giveaways(data)))


def _with_targets(frame: "pd.DataFrame", plan: Plan, skipped: int) -> "pd.DataFrame":
    """The rows whose target is known; and a note that accounts for all of them."""
    missing = np.any([empty(frame[name]) for name in plan.targets], axis=0)
    if missing.all():
        raise DataError(f"column {plan.targets[0]!r}, the target, has no values at all; fill it")
    kept: pd.DataFrame = frame.loc[~missing]
    plan.notes.insert(1, records(kept, int(missing.sum()), skipped))
    return kept


def records(kept: "pd.DataFrame", without: int, skipped: int) -> str:
    """How many rows and columns were read, and how many were left out and why.

    >>> import pandas as pd
    >>> records(pd.DataFrame({"a": [1, 2], "b": "x"}), 1, 3)
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
    plan.notes += lines(left_out)
    scaled = [c.name for c in columns if isinstance(c, Number) and plan.kinds[c.name] == "number"]
    plan.notes += outliers(frame, [*scaled, *(plan.targets if plan.task == "values" else ())])
    if not columns:
        raise DataError(f"no usable feature columns are left: {'; '.join(plan.notes[-3:])}")
    if MANY <= len(columns) > len(frame):
        plan.notes.append(
            f"{len(columns):,} columns and only {counted(len(frame), 'training row')}: a network "
            "learns chance from these; leave out columns that cannot matter (drop=COLUMN)"
        )
    read = {*(column.name for column in columns), *plan.targets}
    left = [name for name in names if name not in read]
    written = {name: notations[name] for name in notations if name in read}
    return Schema(columns, plan.targets, left, written, how.config())


def refuse_large(size: int, where: str = "") -> None:
    """DataError, which begins with `where`, for a table of more bytes than `MAX_TABLE`."""
    if size > MAX_TABLE:
        raise DataError(
            f"{where}takes more than {MAX_TABLE} bytes, as it is read and as numbers to train on: "
            "train on fewer rows, leave columns out with --drop, or save its numbers as .npy, "
            "which stays on the disk"
        )


def with_test(data: Dataset, frame: "pd.DataFrame") -> Dataset:
    """The dataset with the rows of this table as its test part."""
    schema = cast(Schema, data.schema)
    schema.check(frame.columns)
    targets = [find(list(frame.columns), name) for name in schema.targets]
    frame = rewritten(frame, schema.notations)
    y, _ = encode_targets(frame, targets, data.task, data.classes)
    return replace(data, x_test=schema.encode(frame), y_test=y)


def names_of(given: Names) -> list[str]:
    """None, one name or several, as a list."""
    return [given] if isinstance(given, str) else list(given or ())
