"""Metrics: figures for people, each a mean over samples."""

from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.base.arrays import Array

Metric = Callable[[Array, Array], Any]


def decide(z: Array, task: str) -> Array:
    """From outputs to answers: a class, a 0 or 1 for each label, or the values themselves.

    z is (…, batch, outputs). Classes: the largest output, or with one output whether it is above 0
    (a probability above one half). Values of a single output come back as (…, batch).

    >>> decide(np.array([[0.1, 2.0], [3.0, 1.0]]), "classes")
    array([1, 0])
    """
    if task == "classes":
        return z.argmax(axis=-1) if z.shape[-1] > 1 else (z[..., 0] > 0).astype(np.int64)
    if task == "labels":
        return (z > 0).astype(np.int64)
    return z[..., 0] if z.shape[-1] == 1 else z


def accuracy(z: Array, targets: Array) -> Any:
    """The share of right answers, one figure per network: classes by the largest output,
    independent labels counted one by one."""
    if targets.dtype.kind in "iu":
        return (decide(z, "classes") == targets).mean(axis=-1)
    if z.shape[-1] == 1:
        return label_accuracy(z, targets)
    return (z.argmax(axis=-1) == targets.argmax(axis=-1)).mean(axis=-1)


def label_accuracy(z: Array, targets: Array) -> Any:
    """The share of independent labels told rightly, over samples and labels."""
    return ((z > 0) == (targets > 0.5)).mean(axis=(-2, -1))


def absolute_error(z: Array, targets: Array) -> Any:
    """The mean of |z − t| over samples and outputs, in the targets' unit."""
    return np.abs(z - targets).mean(axis=(-2, -1), dtype=np.float64)


METRICS: dict[str, dict[str, Metric]] = {
    "classes": {"accuracy": accuracy},
    "labels": {"accuracy": label_accuracy},
    "values": {"mean_absolute": absolute_error},
}


def confusion_matrix(actual: Array, predicted: Array, classes: int) -> Array:
    """How often class i was taken for class j: (classes, classes), rows are the truth.

    >>> confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), classes=2)
    array([[1, 1],
           [0, 1]])
    """
    pairs = np.bincount(actual * classes + predicted, minlength=classes * classes)
    return pairs.reshape(classes, classes)
