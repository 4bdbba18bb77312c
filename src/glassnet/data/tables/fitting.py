"""Learns from the training rows of a table what each column becomes, with scikit-learn.

One transformer for each kind of column, all in a ColumnTransformer; what they learned is read out
into the plain descriptions of `columns.py`, which a model file keeps and which encode from then on.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.base.optional import need
from glassnet.data.tables.columns import Category, Column, Date, Number, Ranged, days
from glassnet.data.tables.rare_values import checksum
from glassnet.data.tables.values import (
    Series,
    dates,
    empty,
    factors,
    is_far,
    numbers,
    origin_of,
    text_of,
)

if TYPE_CHECKING:
    import pandas as pd

MAX_CATEGORIES = 250
"""The most features that a column of categories becomes: one for each value, and one for all that
have none. In a large table fewer, of at most `ONE_HOT` numbers, but `FEW_CATEGORIES`."""

FEW_CATEGORIES = 50
ONE_HOT = 12_500_000

RARE = 0.005
"""A value in fewer than this share of the rows, and in fewer rows than `ENOUGH`, is rare; so is one
that is in one row."""

ENOUGH = 10

MOST_SEEN = 10_000
"""As many rare values of a column are known again, so that new ones can be counted."""

AT_ONCE = 2**22
"""As many values are prepared and learned from together, or a column if it has more."""


def learn(frame: "pd.DataFrame", kinds: Mapping[str, str]) -> tuple[list[Column], dict[str, str]]:
    """The columns learned from training rows, and why others were left out.

    `kinds` says what each column is: "number", "raw", "category", or "date:FORMAT".
    """
    columns: list[Column] = []
    left_out: dict[str, str] = {}
    together = max(1, AT_ONCE // max(1, len(frame)))
    for names in _in_turn(list(kinds), together):
        some, without = _learn(frame, {name: kinds[name] for name in names})
        columns, left_out = columns + some, left_out | without
    return columns, left_out


def _in_turn(names: list[str], count: int) -> Iterator[list[str]]:
    for start in range(0, len(names), count):
        yield names[start : start + count]


def _learn(frame: "pd.DataFrame", kinds: Mapping[str, str]) -> tuple[list[Column], dict[str, str]]:
    """The same of columns that are few enough to be copied as float64, all at once."""
    origins = {name: _origin(frame[name], kind) for name, kind in kinds.items()}
    prepared = {name: _prepare(frame[name], kind, origins[name]) for name, kind in kinds.items()}
    left_out = {name: why for name in kinds if (why := _useless(frame[name], prepared[name]))}
    kept = {name: kind for name, kind in kinds.items() if name not in left_out}
    learned: dict[str, Column] = {}
    for group, fitted in _fit({name: prepared[name] for name in kept}, kept).items():
        names = [name for name, kind in kept.items() if _group(kind) == group]
        for place, name in enumerate(names):
            column = READERS[group](frame[name], kept[name], fitted, place, origins[name])
            if isinstance(column, Ranged):
                column.low, column.high = map(float, (prepared[name].min(), prepared[name].max()))
            if isinstance(column, Category) and not column.values:
                left_out[name] = f"text of {prepared[name].nunique()} different values, all rare"
            else:
                learned[name] = column
    return [learned[name] for name in kept if name in learned], left_out


def _fit(columns: Mapping[str, Any], kinds: Mapping[str, str]) -> dict[str, Any]:
    """The fitted transformer of each group of columns."""
    if not columns:
        return {}
    rows = len(next(iter(columns.values())))
    transformer = column_transformer(kinds, rows)
    with warnings.catch_warnings(), np.errstate(over="ignore", invalid="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # too large numbers are refused below
        transformer.fit(need("pandas", "reading a table").DataFrame(columns))
    return {name: fitted for name, fitted, _ in transformer.transformers_ if name in READERS}


def column_transformer(kinds: Mapping[str, str], rows: int) -> Any:
    """The ColumnTransformer that is fitted: a transformer for each group of columns."""
    compose = need("sklearn.compose", "learning from a table")
    of = [_group(kind) for kind in kinds.values()]
    return compose.ColumnTransformer(
        [
            (group, TRANSFORMERS[group](rows), [n for n, g in enumerate(of) if g == group])
            for group in dict.fromkeys(of)
        ],
        sparse_threshold=1.0,  # the result is thrown away: as small as it can be
    )


def _group(kind: str) -> str:
    return kind.partition(":")[0]


def _scaler(rows: int) -> Any:
    pipeline = need("sklearn.pipeline", "learning from a table")
    scaler = need("sklearn.preprocessing", "learning from a table").StandardScaler()
    return pipeline.make_pipeline(_filler(rows), scaler)


def _filler(rows: int) -> Any:
    return need("sklearn.impute", "learning from a table").SimpleImputer(strategy="median")


def _encoder(rows: int) -> Any:
    return need("sklearn.preprocessing", "learning from a table").OneHotEncoder(
        min_frequency=max(2, min(ENOUGH, round(RARE * rows))),
        max_categories=max(FEW_CATEGORIES, min(MAX_CATEGORIES, ONE_HOT // rows)),
        handle_unknown="infrequent_if_exist",
        dtype=np.float32,
    )


TRANSFORMERS: dict[str, Callable[[int], Any]] = {
    "number": _scaler,
    "raw": _filler,
    "category": _encoder,
    "date": _scaler,
}


def _origin(values: Series, kind: str) -> float:
    """What numbers of a column count from: 0, unless they are large and close to each other."""
    if kind == "number":
        return origin_of(values)
    if kind.startswith("date"):
        x = days(dates(values, kind.partition(":")[2]))
        x = x[~np.isnan(x)]
        return int(x[0]) if len(x) and is_far(x) else 0
    return 0


def _prepare(values: Series, kind: str, origin: float) -> Any:
    """The column as its transformer wants it: float64, or text with None for a gap."""
    pandas = need("pandas", "reading a table")
    if kind in ("number", "raw"):
        return pandas.Series(numbers(values, origin), index=values.index)
    if kind.startswith("date"):
        times = dates(values, kind.partition(":")[2])
        return pandas.Series(days(times, int(origin)), index=values.index)
    codes, texts = factors(values)
    return pandas.Series(np.array([*texts, None], dtype=object)[codes], index=values.index)


def _useless(values: Series, prepared: Any) -> str:
    """Why a column cannot tell rows apart, or nothing."""
    distinct = prepared.dropna().unique()
    if len(distinct) == 0:
        return "no values in the training part"
    if len(distinct) == 1 and prepared.notna().all():
        return f"always {text_of(values.iloc[0])[:40]}"
    return ""


# ---- the plain descriptions of what transformers learned


def _number(values: Series, kind: str, fitted: Any, place: int, origin: float) -> Number:
    return Number(str(values.name), *_scale(fitted, place), _gaps(values), origin)


def _raw(values: Series, kind: str, fitted: Any, place: int, origin: float) -> Number:
    return Number(str(values.name), 0.0, 1.0, float(fitted.statistics_[place]), _gaps(values))


def _date(values: Series, kind: str, fitted: Any, place: int, origin: float) -> Date:
    written = kind.partition(":")[2]
    clock = bool(np.nanmax(days(dates(values, written)) % 1))
    scale = _scale(fitted, place)
    return Date(str(values.name), written, *scale, clock, _gaps(values), int(origin))


def _scale(fitted: Any, place: int) -> tuple[float, float, float]:
    """Mean, scale and filling."""
    imputer, scaler = fitted[0], fitted[1]
    mean, scale = float(scaler.mean_[place]), float(scaler.scale_[place])
    return mean, scale, float(imputer.statistics_[place])


def _category(values: Series, kind: str, fitted: Any, place: int, origin: float) -> Category:
    found = fitted.infrequent_categories_[place]
    rare = {value for value in ([] if found is None else found) if isinstance(value, str)}
    kept = [v for v in fitted.categories_[place] if isinstance(v, str) and v not in rare]
    seen = sorted(map(checksum, rare)) if len(rare) <= MOST_SEEN else []
    return Category(str(values.name), kept, rare=bool(rare), gaps=_gaps(values), seen=seen)


def _gaps(values: Series) -> bool:
    return bool(empty(values).any())


READERS: dict[str, Callable[[Series, str, Any, int, float], Column]] = {
    "number": _number,
    "raw": _raw,
    "category": _category,
    "date": _date,
}
