"""What stands in each column of a table, in a few words."""

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from glassnet.data.tables.kinds import Plan
from glassnet.data.tables.schema import Schema
from glassnet.data.tables.values import Series, dates, empty, factors, is_number, numbers, origin_of

if TYPE_CHECKING:
    import pandas as pd

MANY = 3  # values of a category that are named
LONGEST = 20  # characters of such a value


class ColumnSummary(NamedTuple):
    """A column: its kind, gaps, what it holds, and how many numbers it becomes (0: left out)."""

    name: str
    kind: str
    missing: int
    holds: str
    features: int


def summarize_columns(
    frame: "pd.DataFrame", plan: Plan, schema: Schema
) -> tuple[ColumnSummary, ...]:
    """A summary of every column, in the order of the table; the pixels of an image are one."""
    features = {} if schema.pixels else {c.name: len(c.features()) for c in schema.columns}
    summaries = []
    for name in map(str, frame.columns):
        kind = "target" if name in plan.targets else plan.kinds.get(name, "left out")
        if kind != "pixels":
            missing, holds = int(empty(frame[name]).sum()), _holds(frame[name], kind)
            short = kind.partition(":")[0]
            summaries.append(ColumnSummary(name, short, missing, holds, features.get(name, 0)))
    if schema.pixels:
        height, width = schema.input_shape
        size = height * width
        summaries.append(
            ColumnSummary(f"{size} pixels", "image", 0, f"{height} × {width} of 0 … 255", size)
        )
    return tuple(summaries)


def _holds(values: Series, kind: str) -> str:
    if empty(values).all():  # its only values stood in rows without a target
        return "no value in the rows that have a target"
    if kind.startswith("date"):
        times = dates(values, kind.partition(":")[2])
        return f"{times.min():%Y-%m-%d} to {times.max():%Y-%m-%d}"
    if kind in ("number", "raw") or (kind == "left out" and is_number(values)):
        return _span(values)
    return _most_frequent(values)


def _span(values: Series) -> str:
    """The ends and the mean of numbers; if they are large and close, with all their digits."""
    origin = origin_of(values)
    x = numbers(values, origin)
    ends = [np.nanmin(x), np.nanmax(x), np.nanmean(x)]
    if origin:
        shown = [Fraction(origin) + Fraction(float(end)) for end in ends]
        low, high, mean = (int(n) if n.denominator == 1 else float(n) for n in shown)
        return f"{low} to {high}, mean {mean}"
    low, high, mean = ends
    return f"{low:z.6g} to {high:z.6g}, mean {mean:z.6g}"


def _most_frequent(values: Series) -> str:
    codes, texts = factors(values)
    counts = np.bincount(codes[codes >= 0], minlength=len(texts))
    top = counts.argsort(kind="stable")[::-1][:MANY]
    named = ", ".join(f"{_short(texts[n])} ({counts[n]:,})" for n in top)
    different = "1 value" if len(texts) == 1 else f"{len(texts):,} values"
    return f"{different}: {named}{', …' if len(texts) > MANY else ''}"


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
