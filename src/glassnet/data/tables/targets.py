"""What is to be predicted: the target's columns as labels, flags or values."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.errors import DataError
from glassnet.data.dataset import center_and_unit, refuse_close
from glassnet.data.tables.values import Series, cell, empty, factors, numbers

if TYPE_CHECKING:
    import pandas as pd

LARGEST_TARGET = 1e35  # its gradients are still float32 numbers


def encode_targets(
    frame: "pd.DataFrame", targets: Sequence[str], task: str, classes: tuple[str, ...] | None
) -> tuple[Array, tuple[str, ...]]:
    """What is to be predicted: int64 labels (rows,) and their classes, 0 and 1 for each of
    several targets (rows, targets), or float64 values. `classes` are those of the training."""
    if task == "classes":
        return _labels(frame[targets[0]], classes)
    if task == "labels":
        return np.column_stack([_flags(frame[name]) for name in targets]), ()
    for name in targets:
        _refuse_gaps(frame[name])
    columns = [_values(frame[name]) for name in targets]
    return (columns[0] if len(columns) == 1 else np.column_stack(columns)), ()


def _values(values: Series) -> Array:
    found = numbers(values)
    large = np.abs(found) > LARGEST_TARGET
    if large.any():
        row = int(large.argmax())
        raise DataError(
            f"{cell(values, row)}: {values.iloc[row]} is too large to be predicted: expected "
            f"numbers up to {LARGEST_TARGET:g}"
        )
    return found


def _labels(values: Series, classes: tuple[str, ...] | None) -> tuple[Array, tuple[str, ...]]:
    _refuse_gaps(values)
    codes, texts = factors(values)
    classes = classes if classes is not None else tuple(sorted(set(texts), key=_order))
    number = {name: index for index, name in enumerate(classes)}
    labels = np.array([number.get(text, -1) for text in texts], dtype=np.int64)[codes]
    if (labels < 0).any():
        row = int((labels < 0).argmax())
        known = ", ".join(classes[:10]) + (", …" if len(classes) > 10 else "")
        raise DataError(
            f"{cell(values, row)}: {str(values.iloc[row])[:40]!r} is none of the classes that the "
            f"network learned: {known}"
        )
    return labels, classes


def _flags(values: Series) -> Array:
    _refuse_gaps(values)
    codes, texts = factors(values)
    flags = {"0": 0, "false": 0, "1": 1, "true": 1}
    found = np.array([flags.get(text.lower(), -1) for text in texts], dtype=np.int64)[codes]
    if (found < 0).any():
        row = int((found < 0).argmax())
        raise DataError(f"{cell(values, row)}: expected 0 or 1, got {str(values.iloc[row])[:40]!r}")
    return found


def _refuse_gaps(values: Series) -> None:
    missing = empty(values)
    if missing.any():
        raise DataError(
            f"{cell(values, int(missing.argmax()))}: the target is missing; fill it in, or remove "
            "the row"
        )


def _order(text: str) -> tuple[float, str]:
    """Numbers by their size, before words by their letters."""
    try:
        return float(text), text
    except ValueError:
        return float("inf"), text


def require_two_per_class(
    frame: "pd.DataFrame", targets: Sequence[str], task: str, y: Array, classes: tuple[str, ...]
) -> None:
    """Refuse a target that teaches nothing, and a class that cannot be both learned and tested."""
    for name, column in zip(targets, np.atleast_2d(y.T), strict=True):
        if task == "values" and frame[name].nunique() > 1:
            refuse_close(f"column {name!r}, the target,", *map(float, center_and_unit(column)))
        if (column == column[0]).all():
            value = str(frame[name].iloc[0])[:40]
            raise DataError(
                f"column {name!r}, the target, is always {value!r}: there is nothing to learn"
            )
    counts = np.bincount(y, minlength=len(classes)) if task == "classes" else np.array([2])
    if counts.min() < 2:
        row = int((y == counts.argmin()).argmax())
        others = int((counts < 2).sum()) - 1
        more = f" (and {others} more classes)" if others else ""
        raise DataError(
            f"{cell(frame[targets[0]], row)}: class {classes[counts.argmin()]!r} has only "
            f"this row{more}: expected two or more; add rows, remove it, or say task='regression' "
            "if these are values"
        )
