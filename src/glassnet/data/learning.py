"""Learns from the training rows of a table what each column becomes, with scikit-learn.

One transformer for each column, all in a ColumnTransformer; what they learned is read out into the
plain descriptions of `columns.py`, which a model file keeps and which encode from then on.
"""

import warnings
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.data.columns import Category, Column, Date, Number, days
from glassnet.data.values import Series, cell, dates, empty, factors, numbers, text_of
from glassnet.errors import DataError
from glassnet.packages import need

if TYPE_CHECKING:
    import pandas as pd

MAX_CATEGORIES = 50
"""The most values of one column that get a feature of their own; the others share one."""

RARE = 0.005
"""A value in fewer than this share of the rows, or in only one, is rare."""


def learn(frame: "pd.DataFrame", kinds: Mapping[str, str]) -> tuple[list[Column], dict[str, str]]:
    """The columns learned from training rows, and why others were left out.

    `kinds` says what each column is: "number", "raw", "category", or "date:FORMAT".
    """
    prepared = {name: _prepare(frame[name], kind) for name, kind in kinds.items()}
    left_out = {name: why for name, values in prepared.items() if (why := _useless(values))}
    kept = {name: values for name, values in prepared.items() if name not in left_out}
    if not kept:
        return [], left_out
    transformer = column_transformer({name: kinds[name] for name in kept}, len(frame))
    pandas = need("pandas", "reading a table")
    with warnings.catch_warnings(), np.errstate(over="ignore", invalid="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # too large numbers are refused below
        transformer.fit(pandas.DataFrame(kept))
    learned: list[Column] = []
    for name, kind in kinds.items():
        if name in left_out:
            continue
        column = _read_out(frame[name], kind, transformer.named_transformers_[name])
        if isinstance(column, Category) and not column.values:
            left_out[name] = f"text of {kept[name].nunique()} different values, all rare"
        else:
            learned.append(column)
    return learned, left_out


def column_transformer(kinds: Mapping[str, str], rows: int) -> Any:
    """The ColumnTransformer that is fitted: a transformer for each column, of its name."""
    compose = need("sklearn.compose", "learning from a table")
    return compose.ColumnTransformer(
        [
            (name, TRANSFORMERS[kind.partition(":")[0]](rows), [name])
            for name, kind in kinds.items()
        ],
        sparse_threshold=1.0,  # the result is thrown away: as small as it can be
    )


def _scaler(rows: int) -> Any:
    impute = need("sklearn.impute", "learning from a table")
    pipeline = need("sklearn.pipeline", "learning from a table")
    preprocessing = need("sklearn.preprocessing", "learning from a table")
    return pipeline.make_pipeline(
        impute.SimpleImputer(strategy="median"), preprocessing.StandardScaler()
    )


def _filler(rows: int) -> Any:
    impute = need("sklearn.impute", "learning from a table")
    return impute.SimpleImputer(strategy="median")


def _encoder(rows: int) -> Any:
    return need("sklearn.preprocessing", "learning from a table").OneHotEncoder(
        min_frequency=max(2, round(RARE * rows)),
        max_categories=MAX_CATEGORIES,
        handle_unknown="infrequent_if_exist",
        dtype=np.float32,
    )


TRANSFORMERS: dict[str, Callable[[int], Any]] = {
    "number": _scaler,
    "raw": _filler,
    "category": _encoder,
    "date": _scaler,
}


def _prepare(values: Series, kind: str) -> Any:
    """The column as its transformer wants it: float64, or text with None for a gap."""
    pandas = need("pandas", "reading a table")
    if kind in ("number", "raw"):
        return pandas.Series(numbers(values), index=values.index)
    if kind.startswith("date"):
        return pandas.Series(days(dates(values, kind.partition(":")[2])), index=values.index)
    codes, texts = factors(values)
    return pandas.Series(np.array([*texts, None], dtype=object)[codes], index=values.index)


def _useless(values: Any) -> str:
    """Why a column cannot tell rows apart, or nothing."""
    distinct = values.dropna().unique()
    if len(distinct) == 0:
        return "no values in the training part"
    if len(distinct) == 1 and values.notna().all():
        return f"always {text_of(distinct[0])[:40]}"
    return ""


def _read_out(values: Series, kind: str, fitted: Any) -> Column:
    """The plain description of what a transformer learned."""
    name, gaps = str(values.name), bool(empty(values).any())
    if kind == "category":
        return _category(name, gaps, fitted)
    if kind == "raw":
        return Number(name, 0.0, 1.0, float(fitted.statistics_[0]), gaps)
    imputer, scaler = fitted[0], fitted[1]
    mean, scale = float(scaler.mean_[0]), float(scaler.scale_[0])
    fill = float(imputer.statistics_[0])
    if not np.isfinite([mean, scale]).all():
        row = int(np.nanargmax(np.abs(numbers(values))))
        raise DataError(f"{cell(values, row)}: {values.iloc[row]} is too large to be averaged")
    if kind == "number":
        return Number(name, mean, scale, fill, gaps)
    written = kind.partition(":")[2]
    clock = bool(np.nanmax(days(dates(values, written)) % 1))
    return Date(name, written, mean, scale, fill, clock, gaps)


def _category(name: str, gaps: bool, encoder: Any) -> Category:
    found = encoder.infrequent_categories_[0]
    rare = {value for value in ([] if found is None else found) if isinstance(value, str)}
    values = [v for v in encoder.categories_[0] if isinstance(v, str) and v not in rare]
    return Category(name, values, rare=bool(rare), gaps=gaps)
