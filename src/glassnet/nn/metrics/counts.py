"""Metrics of predicted classes. All follow from how often class i was taken for class j."""

from collections.abc import Iterable

import numpy as np

from glassnet.base.arrays import Array

UNEVEN = 1.5  # so many times as frequent as the rarest class, the commonest makes classes uneven


def is_uneven(rows: Iterable[float]) -> bool:
    """Whether the commonest class has at least 1.5 times as many rows as the rarest that occurs.

    >>> is_uneven([500, 480]), is_uneven([971, 29])
    (False, True)
    """
    there = [count for count in rows if count]
    return bool(there) and max(there) >= UNEVEN * min(there)


def confusion_matrix(
    actual: Array, predicted: Array, classes: int, weight: Array | None = None
) -> Array:
    """C: how often class i was taken for class j (classes, classes), true classes in rows.

    - `actual`, `predicted`: classes by number (rows,).
    - `classes`: how many there are.
    - `weight`: how often each row counts; without it, once.

    >>> confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), classes=2)
    array([[1, 1],
           [0, 1]])
    """
    pairs = np.bincount(actual * classes + predicted, weight, minlength=classes * classes)
    return pairs.reshape(classes, classes)


def precision(C: Array) -> Array:
    """Of the rows predicted as class k, the share that is k: C_kk / Σᵢ C_ik; 0 if there are none.

    >>> precision(np.array([[1, 1], [0, 1]]))
    array([1. , 0.5])
    """
    return _ratio(C.diagonal(), C.sum(axis=0))


def recall(C: Array) -> Array:
    """Of the rows of class k, the share predicted as k: C_kk / Σⱼ C_kj; 0 if there are none.

    >>> recall(np.array([[1, 1], [0, 1]]))
    array([0.5, 1. ])
    """
    return _ratio(C.diagonal(), C.sum(axis=1))


def f1(C: Array) -> Array:
    """The harmonic mean of precision and recall of class k: 2 C_kk / (Σᵢ C_ik + Σⱼ C_kj)
    (van Rijsbergen, 1979).

    >>> f1(np.array([[1, 1], [0, 1]])).round(4)
    array([0.6667, 0.6667])
    """
    return _ratio(2 * C.diagonal(), C.sum(axis=0) + C.sum(axis=1))


def f1_macro(C: Array) -> float:
    """The mean of F1 over the classes that occur or were predicted."""
    return float(f1(C)[C.sum(axis=0) + C.sum(axis=1) > 0].mean())


def balanced_accuracy(C: Array) -> float:
    """The mean of recall over the classes that occur (Brodersen et al., 2010): always predicting
    one of them gives 1 / classes.

    >>> balanced_accuracy(np.array([[98, 0], [2, 0]]))
    0.5
    """
    return float(recall(C)[C.sum(axis=1) > 0].mean())


def _ratio(part: Array, whole: Array) -> Array:
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
