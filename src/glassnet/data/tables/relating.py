"""How much of the target each column of a dataset explains: which ones to look at first."""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from glassnet.base.arrays import Array
from glassnet.data.dataset import Dataset
from glassnet.data.tables.columns import GAP, OTHER, Category, Column, Date, Number

FEW = (
    8  # different numbers that are as good as categories, and ranges that more of them are cut into
)
MOST_NAMES = 12  # of categories that get a bar each


class Seen(NamedTuple):
    """A column in its own words: numbers, or categories as whole numbers that `names` name."""

    name: str
    values: Array
    names: tuple[str, ...] = ()


def seen(data: Dataset, rows: int) -> list[Seen]:
    """Every column of the first training rows, put together again of the features it became."""
    x = np.asarray(data.x_train[:rows], dtype=np.float64)
    if data.schema is None or data.schema.block:
        names = data.feature_names or tuple(f"x{n + 1}" for n in range(x.shape[1]))
        return [_by_number(name, values, values) for name, values in zip(names, x.T, strict=True)]
    return list(_of_table(data.schema.columns, x))


def _of_table(columns: tuple[Column, ...], x: Array) -> Iterator[Seen]:
    start = 0
    for column in columns:
        end = start + len(column.features())
        part, start = x[:, start:end], end
        if isinstance(column, Category):
            extra = ([OTHER] if column.rare else []) + ([GAP] if column.gaps else [])
            yield Seen(column.name, part.argmax(axis=1), (*column.values, *extra))
        elif isinstance(column, Number):
            values = _restored(part[:, 0], column)
            missing = part[:, -1] == 1 if column.gaps else None
            yield _by_number(_since(column), values, part[:, 0], missing)
        elif isinstance(column, Date):
            days = _restored(part[:, 0], column)
            year = Seen(f"{column.name} (year)", 1970 + days / 365.2425)
            yield Seen(_since(column), days) if column.origin else year


def _restored(x: Array, column: Number | Date) -> Array:
    """Standardised numbers in their own unit, to the digits that float32 has kept, counted from the
    column's origin."""
    digits = min(300, 5 - math.floor(math.log10(column.scale)))
    return np.round(x * column.scale + column.mean, digits)


def _since(column: Number | Date) -> str:
    """A column's name, and what its numbers count from: float64 has too few digits for both."""
    return f"{column.name} − {column.origin}" if column.origin else column.name


def _by_number(name: str, values: Array, coded: Array, missing: Array | None = None) -> Seen:
    """Numbers as such, NaN where they are missing, or as categories if few are different. `coded`
    are the same numbers as the network takes them, so equal ones are equal."""
    gaps = np.zeros(len(values), bool) if missing is None else missing
    _, first, codes = np.unique(coded, return_index=True, return_inverse=True)
    if len(first) > FEW:
        return Seen(name, np.where(gaps, np.nan, values))
    return _with_gaps(name, codes, [f"{value:z.6g}" for value in values[first]], gaps)


def _with_gaps(name: str, codes: Array, names: Sequence[str], gaps: Array) -> Seen:
    """Categories, with one more for what is missing."""
    if not gaps.any():
        return Seen(name, codes, tuple(names))
    return Seen(name, np.where(gaps, len(names), codes), (*names, GAP))


def telling(data: Dataset, rows: int) -> list[Seen]:
    """The columns, those first that explain most of the target in the first training rows."""
    columns, targets = seen(data, rows), _targets(data, rows)
    shares = [explained(grouped(column).values, targets) for column in columns]
    return [columns[n] for n in np.argsort(-np.array(shares), kind="stable")]


def grouped(column: Seen) -> Seen:
    """The column as categories: numbers as ranges that hold as many rows each, and of many
    categories the rare ones together."""
    if column.names:
        return _fewer(column)
    x, gaps = column.values, np.isnan(column.values)
    shares = np.arange(FEW + 1) / FEW
    ends = np.unique(np.quantile(x[~gaps], shares, method="inverted_cdf"))
    codes = np.searchsorted(ends[1:-1], x, side="right")
    several = pairwise(ends) if len(ends) > 1 else [(ends[0], ends[0])]
    names = [f"{low:z.5g} – {high:z.5g}" for low, high in several]
    return _with_gaps(column.name, codes, names, gaps)


def _fewer(column: Seen) -> Seen:
    if len(column.names) <= MOST_NAMES:
        return column
    counts = np.bincount(column.values, minlength=len(column.names))
    kept = np.sort(np.argsort(-counts, kind="stable")[: MOST_NAMES - 1])
    place = np.full(len(column.names), len(kept))
    place[kept] = np.arange(len(kept))
    return Seen(column.name, place[column.values], (*(column.names[n] for n in kept), OTHER))


def explained(groups: Array, targets: Array) -> float:
    """The share of the targets' variance that the means of groups explain, ε² of Kelley (1935).

    `groups` has a whole number for each row, `targets` is (rows, targets). It is 1 where the group
    decides the targets, and about 0 where it says nothing, however many groups there are.

    >>> float(explained(np.array([0, 0, 1, 1]), np.array([[3.0], [3.0], [5.0], [5.0]])))
    1.0
    """
    counts = np.bincount(groups)
    there, total = counts > 0, float(((targets - targets.mean(axis=0)) ** 2).sum())
    free = len(groups) - int(there.sum())
    if not total or free < 1:
        return 0.0
    sums = np.stack([np.bincount(groups, weights=column) for column in targets.T], axis=1)
    means = sums / np.maximum(counts, 1)[:, None]
    within = float(((targets - means[groups]) ** 2).sum())
    return 1 - within / total * (len(groups) - 1) / free


def _targets(data: Dataset, rows: int) -> Array:
    """The targets in columns of which each counts alike: classes as one-hot rows."""
    y = data.y_train[:rows]
    if data.task == "classes":
        return np.eye(len(data.classes))[y]
    y = y.reshape(len(y), -1).astype(np.float64)
    spread = y.std(axis=0)
    return y / np.where(spread == 0, 1, spread)
