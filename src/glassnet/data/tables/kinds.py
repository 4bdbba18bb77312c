"""Decides what each column of a table is; every decision is a line that the user can read.

What decides is on one page, docs/data.md, with the option that overrules it.
"""

import difflib
import fnmatch
import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.base.configurable import choose
from glassnet.base.errors import DataError
from glassnet.base.optional import need
from glassnet.data.tables.date_formats import date_format
from glassnet.data.tables.default_target import by_name, default_target
from glassnet.data.tables.left_out import lines
from glassnet.data.tables.values import (
    FLAGS,
    NEARLY_ALL,
    Series,
    cell,
    empty,
    factors,
    is_date,
    is_format,
    is_number,
    numbers,
)

if TYPE_CHECKING:
    import pandas as pd

PANDAS_INDEX = "__index_level_0__"  # in Parquet and Arrow
INDEX_NAME = re.compile(r"(?i:unnamed: 0|__index_level_0__|index|row|id|.*[_ ]id)|.*[a-z]I[dD]")
PIXEL_NAME = re.compile(r"(?:pixel|pix|px)[_ ]?\d+(?:[x_]\d+)?|\d+x\d+", re.IGNORECASE)
MAX_INTEGER_CLASSES = 20
KINDS = ("number", "raw", "category", "date")
TASKS = {"classification": "classes", "regression": "values"}


@dataclass
class Plan:
    """What was decided: the targets, the task, the kind of each feature, and why."""

    targets: list[str]
    task: str = ""
    kinds: dict[str, str] = field(default_factory=dict)
    image: tuple[int, int] | None = None
    notes: list[str] = field(default_factory=list)


def infer_kinds(
    frame: "pd.DataFrame",
    target: Sequence[str] = (),
    drop: Sequence[str] = (),
    task: str | None = None,
    kinds: Mapping[str, str] | None = None,
) -> Plan:
    """What to predict in a table, from what, and how; `kinds` overrules for single columns."""
    columns = [str(name) for name in frame.columns]
    given = check_kinds(columns, kinds or {})
    left_out = [find(columns, name) for name in drop]
    rest = [name for name in columns if name not in left_out]
    wanted = [find(columns, name) for name in target]
    index = [n for n in rest if n not in wanted and n not in given and _is_index(frame, n, rest)]
    rest = [name for name in rest if name not in index]
    if not rest:
        raise DataError("has no columns beside its index; add features and a target")
    plan = Plan(wanted or [default_target(frame, rest)])
    for name in plan.targets:
        if name in given:
            raise DataError(
                f"column {name!r} is the target: say what it is with task='classification' or "
                "'regression'"
            )
    for name in set(plan.targets) & set(left_out):
        raise DataError(f"column {name!r} is both the target and left out; choose one")
    plan.notes += [
        f"left out {repr(name) if name else 'the first column'}: it is the index" for name in index
    ]
    plan.notes += lines(dict.fromkeys(left_out, "as asked"))
    features = [name for name in rest if name not in plan.targets]
    if not features:
        raise DataError(f"has no columns beside the target {plan.targets[0]!r}; add features")
    plan.task, why = decide_target(frame, plan.targets, task)
    plan.notes.insert(0, _said_of_target(plan.targets, bool(wanted), why))
    _decide_features(plan, frame, features, given)
    return plan


def _decide_features(
    plan: Plan, frame: "pd.DataFrame", features: list[str], given: Mapping[str, str]
) -> None:
    """The kind of every feature, or that they are the pixels of an image."""
    plan.image = None if given else _image(frame, features)
    if plan.image:
        plan.kinds = dict.fromkeys(features, "pixels")
        plan.notes.append(f"{len(features)} pixels: images of {plan.image[0]} × {plan.image[1]}")
        return
    for name in features:
        plan.kinds[name] = kind_asked(name, given) or kind_of(frame[name])
        if plan.kinds[name].startswith("date:%"):
            plan.notes.append(f"{name!r}: dates written as {plan.kinds[name][5:]}")
        if plan.kinds[name] == "number" and (words := _flags_in(frame[name])):
            plan.notes.append(f"{name!r}: {' and '.join(words)} read as true and false")


def find(columns: Sequence[str], name: str) -> str:
    """`name`, if it is a column; else an error with the nearest names."""
    if name in columns:
        return name
    near = difflib.get_close_matches(str(name), columns, n=3, cutoff=0.5)
    named = [column for column in columns if column]  # an index may have no name
    shown = ", ".join(named[:10]) + (", …" if len(named) > 10 else "")
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"choose one of {shown}"
    raise DataError(f"has no column {name!r}: {hint}")


def check_kinds(columns: Sequence[str], kinds: Mapping[str, str]) -> Mapping[str, str]:
    """The kinds that are given for columns, by name or by a pattern such as `*` or `num*`."""
    for name, kind in kinds.items():
        if not fnmatch.filter(columns, name):
            find(columns, name)
        plain, colon, written = kind.partition(":")
        choose(f"kind of column {name!r}", plain, KINDS)
        if colon and (plain != "date" or not is_format(written)):
            raise DataError(
                f"kind of column {name!r} is {kind!r}: expected {', '.join(KINDS)} or a date with "
                "its format, such as date:%d.%m.%Y"
            )
    return kinds


def kind_asked(name: str, kinds: Mapping[str, str]) -> str | None:
    """The kind that is given for this column: by its name, else by the first pattern."""
    patterns = (kind for pattern, kind in kinds.items() if fnmatch.fnmatchcase(name, pattern))
    kind = kinds.get(name) or next(patterns, None)
    return "date:ISO8601" if kind == "date" else kind


# ---- the target


def _said_of_target(targets: list[str], asked: bool, why: str) -> str:
    """Which it is, why, and how to choose another."""
    shown = ", ".join(map(repr, targets))
    if asked:
        return f"target {shown} (asked for): {why}"
    chosen = "by its name" if by_name(targets[0]) else "the last"
    return f"target {shown} ({chosen}): {why}; to predict another column, say target=COLUMN"


def decide_target(frame: "pd.DataFrame", targets: list[str], asked: str | None) -> tuple[str, str]:
    """The task, and in words why."""
    if asked is not None:
        choose("task", asked, TASKS)
    for name in targets:
        if targets.count(name) > 1:
            raise DataError(f"column {name!r} is given twice as a target; give it once")
    kinds = [_target_kind(frame[name]) for name in targets]
    if len(targets) == 1:
        return _task_of_one(frame[targets[0]], kinds[0], asked)
    if asked != "regression" and all(_is_yes_no(frame[name]) for name in targets):
        return "labels", "each is yes or no, so several can be true at once (multi-label)"
    words = {"text"} if asked == "regression" else {"text", "flags"}
    text = [name for name, kind in zip(targets, kinds, strict=True) if kind in words]
    if text or asked == "classification":
        raise DataError(
            f"several targets must all be 0 or 1, or all be numbers; {(text or targets)[0]!r} is "
            "not: predict it alone"
        )
    return "values", "numbers, so this is regression with several outputs"


def _task_of_one(values: Series, kind: str, asked: str | None) -> tuple[str, str]:
    count = values.nunique()
    if asked == "regression":
        numbers(values)
        return "values", "regression, as asked"
    if asked == "classification":
        return "classes", f"classification into {count} classes, as asked"
    if kind == "numbers":
        return "values", f"numbers, so this is regression ({count:,} different values)"
    said = {"text": "text", "flags": "true or false", "few": "few whole numbers"}[kind]
    return "classes", f"{said}, so this is classification into {count} classes"


def _target_kind(values: Series) -> str:
    """ "text", "flags", "few" whole numbers, or "numbers"."""
    pandas = need("pandas", "reading a table")
    if is_date(values):
        raise DataError(f"column {str(values.name)!r} holds dates, which cannot be predicted")
    if pandas.api.types.is_bool_dtype(values):
        return "flags"
    if not is_number(values):
        if _all_flags(values):
            return "flags"
        if _share_of_numbers(values, "make it a class with task='classification'") < 1:
            return "text"
    found = numbers(values)
    distinct = np.unique(found[~np.isnan(found)])
    whole = bool((distinct == np.floor(distinct)).all())
    return "few" if whole and len(distinct) <= MAX_INTEGER_CLASSES else "numbers"


def _is_yes_no(values: Series) -> bool:
    _, texts = factors(values)
    return {text.lower() for text in texts} <= {"0", "1", *FLAGS}


# ---- the features


def kind_of(values: Series) -> str:
    """ "number", "category" or "date:FORMAT", from what the column holds."""
    pandas = need("pandas", "reading a table")
    if is_date(values):
        return "date:ISO8601"
    missing = empty(values)
    if missing.all():
        return "number"  # left out when it is learned, as one without values in the training part
    if isinstance(values.dtype, pandas.CategoricalDtype):
        return "category"
    if is_number(values) or _all_flags(values):
        numbers(values)  # names the first that cannot be used, in the order of the file
        return "number"
    return _kind_of_text(values, missing)


def _kind_of_text(values: Series, missing: Any) -> str:
    instead = f"make it a category with kinds={{{str(values.name)!r}: 'category'}}"
    if _share_of_numbers(values, instead) == 1:
        return "number"
    written = date_format(values, missing, instead)
    return f"date:{written}" if written else "category"


def _share_of_numbers(values: Series, instead: str) -> float:
    """Of the values that are there; where nearly all are numbers, others are an error."""
    pandas = need("pandas", "reading a table")
    right = pandas.to_numeric(values, errors="coerce").notna().to_numpy() | empty(values)
    there = max(1, int((~empty(values)).sum()))
    return _refuse_slips(values, right, there, "a number", instead)


def _refuse_slips(values: Series, right: Any, there: int, what: str, instead: str) -> float:
    """The share of right values; DataError if it is nearly 1, naming the first wrong one."""
    wrong = int((~right).sum())
    if wrong and (there - wrong) / there >= NEARLY_ALL:
        row = int((~right).argmax())
        got = str(values.iloc[row])[:40]
        gap = "" if any(map(str.isalnum, got)) else f", say na={got.strip()!r} if it is a gap"
        raise DataError(
            f"{cell(values, row)}: expected {what}, as in most rows, got {got!r}; correct it{gap}, "
            f"or {instead}"
        )
    return (there - wrong) / there


def _all_flags(values: Series) -> bool:
    """Whether all there is is true or false."""
    pandas = need("pandas", "reading a table")
    if pandas.api.types.is_bool_dtype(values):
        return True
    return not is_number(values) and bool(_flags_in(values, {}))


def _flags_in(values: Series, plain: Collection[str] = ("true", "false")) -> list[str]:
    """The words for true and false, true first, if the column holds no others; none if they are
    all `plain`."""
    if is_number(values) or is_date(values):
        return []
    texts = {text for text in factors(values)[1] if text}
    lower = {text.lower() for text in texts}
    if not lower <= set(FLAGS) or lower <= set(plain):
        return []
    return sorted(texts, key=lambda text: (-FLAGS[text.lower()], text))


def _is_index(frame: "pd.DataFrame", name: str, columns: list[str]) -> bool:
    """A first column without a name, or one called id or so, that numbers the rows; without a name,
    as pandas writes its index, some of the numbers may be missing."""
    unnamed = (name == columns[0] and name.lower() in ("", "unnamed: 0")) or name == PANDAS_INDEX
    if not (unnamed or (name and INDEX_NAME.fullmatch(name))):
        return False
    values = frame[name].to_numpy()
    if values.dtype.kind not in "iu":
        return False
    if unnamed and (values[1:] > values[:-1]).all():
        return True
    distinct = np.unique(values)
    return len(distinct) == len(values) and int(distinct[-1]) - int(distinct[0]) + 1 == len(values)


def _image(frame: "pd.DataFrame", features: list[str]) -> tuple[int, int] | None:
    """The height and width, if by their names the columns are the pixels of a square image."""
    side = math.isqrt(len(features))
    if side < 4 or side * side != len(features):
        return None
    if not all(PIXEL_NAME.fullmatch(name) for name in features):
        return None
    for name in features:
        values = frame[name].to_numpy()
        if values.dtype.kind not in "iuf" or not np.isfinite(values).all():
            return None
        if values.min() < 0 or values.max() > 255 or (values != np.floor(values)).any():
            return None
    return side, side
