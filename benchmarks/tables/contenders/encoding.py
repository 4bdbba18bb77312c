"""Text columns for libraries that do not take every table as it is."""

from collections.abc import Callable, Mapping

import pandas as pd

Encode = Callable[[pd.DataFrame], pd.DataFrame]


def few_categories(x: pd.DataFrame, most: int) -> Encode:
    """Only the commonest categories of each column; the others become gaps."""
    kept = {
        name: sorted(x[name].value_counts().index[:most]) for name in x.select_dtypes("category")
    }

    def encode(rows: pd.DataFrame) -> pd.DataFrame:
        return replaced(rows, {n: rows[n].cat.set_categories(kept[n]) for n in kept})

    return encode


def as_words(rows: pd.DataFrame) -> pd.DataFrame:
    """Categories as text, and gaps as a category of their own."""
    words = {name: rows[name].astype(object) for name in rows.select_dtypes("category")}
    return replaced(rows, {n: column.where(column.notna(), "nan") for n, column in words.items()})


def without_gaps(x: pd.DataFrame) -> Encode:
    """The mean of a column of numbers in the place of its gaps."""
    means = x.select_dtypes("number").mean()
    return lambda rows: replaced(rows, dict(rows[means.index].fillna(means).items()))


def replaced(rows: pd.DataFrame, columns: Mapping[str, pd.Series]) -> pd.DataFrame:
    """The rows with other columns in the place of some; names may be those of arguments."""
    changed = rows.copy()
    for name, column in columns.items():
        changed[name] = column
    return changed
