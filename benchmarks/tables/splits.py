"""Which rows are trained on and which are tested on: the same for every contender."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from benchmarks.tables.catalogue import Table

TEST = 0.2
MANY = 20_000  # rows, above which fewer seeds are enough
SEEDS = 10
SEEDS_OF_MANY = 3


class Split(NamedTuple):
    """Rows with their targets: numbers of classes from 0, or values."""

    x_train: pd.DataFrame
    y_train: np.ndarray
    x_test: pd.DataFrame
    y_test: np.ndarray


def seeds(rows: int, most: int | None = None) -> range:
    """The seeds of the splits of a table."""
    count = SEEDS_OF_MANY if rows > MANY else SEEDS
    return range(min(count, most or count))


def split(table: Table, frame: pd.DataFrame, seed: int) -> Split:
    """A fifth of the rows is tested on, of each class its own share."""
    x, y = frame.drop(columns=table.target), frame[table.target]
    values = y.to_numpy(float) if table.task == "values" else pd.factorize(y, sort=True)[0]
    stratify = None if table.task == "values" else values
    rows = np.arange(len(x))
    train, test = train_test_split(rows, test_size=TEST, random_state=seed, stratify=stratify)
    return Split(x.iloc[train], values[train], x.iloc[test], values[test])
