"""What each sample weighs in a loss."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from glassnet.base.arrays import Array, numeric
from glassnet.base.errors import InputError

ClassWeight = Mapping[int, float] | Array | str | None


def sample_weights(
    targets: Array,
    sample_weight: Any = None,
    class_weight: ClassWeight = None,
    dtype: Any = np.float32,
    independent: bool = False,
    classes: int | None = None,
) -> Array | None:
    """One weight per sample, or per output for `independent` labels, from what the user gave.

    `class_weight` is {class: weight}, an array, or "balanced": samples / (classes · count).
    There are `classes` of them, by default as many as the weights, or as the targets have; those
    that are missing weigh 1. A sample of several classes weighs their mean, by its probabilities.

    >>> sample_weights(np.array([0, 0, 0, 1]), class_weight="balanced").round(3)
    array([0.667, 0.667, 0.667, 2.   ], dtype=float32)
    """
    weight = (
        None if class_weight is None else _of_classes(targets, class_weight, independent, classes)
    )
    if sample_weight is not None:
        given = numeric("sample_weight", sample_weight)
        if given.shape != targets.shape[:1] or (given < 0).any() or not given.any():
            raise InputError(
                f"sample_weight has shape {given.shape}: expected {targets.shape[:1]}, one number "
                "of 0 or more for each sample, not all 0"
            )
        given = _in_range(given, float)
        weight = given if weight is None else (_in_range(weight, float).T * given).T
    return None if weight is None else _in_range(weight, dtype)


def _in_range(weight: Array, dtype: Any) -> Array:
    """Weights in this type; if they, or their sum, have no room in it, times a power of 2, which
    changes no mean."""
    limits, most = np.finfo(dtype), float(weight.max())
    if not limits.tiny / limits.eps < most < limits.max / weight.size:
        weight = np.ldexp(weight.astype(np.float64), -math.frexp(most)[1])
    return weight.astype(dtype)


def _of_classes(targets: Array, class_weight: Any, independent: bool, classes: int | None) -> Array:
    labels = targets.dtype.kind in "iu"
    if not labels and targets.shape[1] == 1:  # one output separates two classes
        targets = np.concatenate([1 - targets, targets], axis=1)
    there = int(targets.max()) + 1 if labels else targets.shape[1]
    if isinstance(class_weight, str):
        table = _balanced(class_weight, targets, labels)
    elif classes is None and not isinstance(class_weight, Mapping):
        table = _class_table(class_weight, max(there, np.size(class_weight)))
    else:
        table = _class_table(class_weight, classes or there)
    if labels:
        return table[targets]
    if independent:
        return np.broadcast_to(table[:there], targets.shape)
    weight: Array = targets @ table[:there]
    return weight


def _balanced(word: str, targets: Array, labels: bool) -> Array:
    if word != "balanced":
        raise InputError(f"class_weight is {word!r}: expected a dict, numbers or 'balanced'")
    counts = np.bincount(targets) if labels else targets.sum(axis=0, dtype=np.float64)
    there = counts > 0
    table: Array = len(targets) / (max(there.sum(), 1) * np.where(there, counts, 1))
    return table


def _class_table(class_weight: Any, classes: int) -> Array:
    """The weight of each class, from a dict or a row of numbers."""
    given = class_weight
    if isinstance(given, Mapping):
        if not all(c in range(classes) and not isinstance(c, bool) for c in given):
            raise InputError(
                f"class_weight is {given!r}: expected classes as its keys, 0 to {classes - 1}"
            )
        given = [given.get(c, 1.0) for c in range(classes)]
    table = numeric("class_weight", given)
    if table.ndim != 1 or len(table) != classes or (table < 0).any() or not table.any():
        raise InputError(
            f"class_weight is {class_weight!r}: expected {classes} weights of 0 or more, not all 0"
        )
    return table
