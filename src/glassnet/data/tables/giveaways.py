"""Columns that decide the target alone: known before it, or another form of it?"""

from collections.abc import Iterator

import numpy as np

from glassnet.base.arrays import Array
from glassnet.data.dataset import Dataset
from glassnet.data.tables.left_out import FEW, some
from glassnet.data.tables.relating import Seen, explained, seen

ROWS = 10_000  # that are looked at, at most,
NUMBERS = 2**22  # and numbers
FEWEST = 100  # rows, and of a class or category so many: fewer may agree by chance
A_GROUP = 10
NEARLY = 0.9999  # of the target's variance, from which a column is the target in another form


def giveaways(data: Dataset) -> list[str]:
    """In a line, the columns of a table each of which decides its one target, if there are any.

    Nobody knows a target before it is known, so such a column often became known with it.

    - `data`: with a schema of columns.
    """
    if data.schema is None or data.schema.block or data.task == "labels" or data.y_train.ndim > 1:
        return []
    rows = min(len(data.x_train), ROWS, NUMBERS // max(1, len(data.schema.features)))
    names = list(_deciding(data, rows)) if rows >= FEWEST else []
    if len(names) > FEW:
        return [f"{len(names):,} columns decide {data.target!r}, each alone: {some(names)}"]
    return [
        f"{name!r} alone decides {data.target!r}: if it is known only afterwards, leave it out "
        f"(drop=[{name!r}])"
        for name in names
    ]


def _deciding(data: Dataset, rows: int) -> Iterator[str]:
    y = data.y_train[:rows]
    if data.task == "classes" and np.bincount(y, minlength=len(data.classes)).min() < A_GROUP:
        return
    decides = _decides_class if data.task == "classes" else _decides_value
    columns = data.schema.columns if data.schema else ()
    for column, values in zip(columns, seen(data, rows), strict=True):
        if decides(values, y):
            yield column.name


def _decides_class(column: Seen, y: Array) -> bool:
    """Whether equal categories have equal classes, or the classes are ranges of the numbers."""
    x = column.values
    if column.names:
        return _repeats(column) and explained(x, np.eye(y.max() + 1)[y]) == 1
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    ends = y[1:] != y[:-1]  # NaN is last, and above nothing
    return bool(ends.sum() == len(np.unique(y)) - 1 and (x[1:] > x[:-1])[ends].all())


def _decides_value(column: Seen, y: Array) -> bool:
    """Whether equal categories have equal values, or the values are on a line of the numbers."""
    x, y = column.values, y.astype(np.float64)
    if column.names:
        return _repeats(column) and explained(x, y[:, None]) > NEARLY
    if np.isnan(x).any() or not (x.std() and y.std()):
        return False
    return bool(np.corrcoef(x, y)[0, 1] ** 2 > NEARLY)


def _repeats(column: Seen) -> bool:
    return len(column.values) >= A_GROUP * len(column.names)
