"""Metrics of a step: each a mean over the samples of a batch."""

from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.base.arrays import Array

Metric = Callable[[Array, Array], Any]


def accuracy(z: Array, targets: Array) -> Any:
    """The share of right predictions, one number per network: classes by the largest output,
    independent labels counted one by one."""
    if targets.dtype.kind in "iu":
        decided = z.argmax(axis=-1) if z.shape[-1] > 1 else z[..., 0] > 0
        return (decided == targets).mean(axis=-1)
    if z.shape[-1] == 1:
        return label_accuracy(z, targets)
    return (z.argmax(axis=-1) == targets.argmax(axis=-1)).mean(axis=-1)


def label_accuracy(z: Array, targets: Array) -> Any:
    """The share of independent labels predicted correctly, over samples and labels."""
    return ((z > 0) == (targets > 0.5)).mean(axis=(-2, -1))


def absolute_error(z: Array, targets: Array) -> Any:
    """The mean of |z − t| over samples and outputs, in the targets' unit."""
    return np.abs(z - targets).mean(axis=(-2, -1), dtype=np.float64)
