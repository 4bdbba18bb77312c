"""Losses of classes and labels: cross-entropies, from logits."""

from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.errors import InputError
from glassnet.nn.functions import row_sums, sigmoid, softmax, softplus, subtract_row_max
from glassnet.nn.losses.base import Loss, one_hot, one_hot_labels
from glassnet.nn.task import CLASSES, LABELS, Task


class CrossEntropy(Loss):
    """Softmax and cross-entropy from logits, for one of several classes.

        p = softmax(z)      L = −Σ tᵢ log pᵢ      dL/dz = p − t

    - `label_smoothing=0`: ε, which replaces t by (1 − ε) t + ε / classes (Szegedy et al., 2016).

    >>> value, dz = CrossEntropy()(np.array([[2.0, 0.0]]), np.array([0]))
    >>> round(float(value), 4), dz.round(4).tolist()
    (0.1269, [[-0.1192, 0.1192]])
    """

    from_logits = "softmax"

    def __init__(self, label_smoothing: float = 0.0) -> None:
        self.label_smoothing = self.number("label_smoothing", label_smoothing, "[0, 1)")

    def formula(self, z: Array, t: Array) -> tuple[Array, Array]:
        shifted = subtract_row_max(z)
        dz = np.exp(shifted)
        total = row_sums(dz)
        each = np.log(total)
        each -= np.vecdot(t, shifted)[..., None]
        dz /= total
        dz -= t
        return each, dz

    def rows(self, targets: Array, z: Array) -> Array:
        classes, smoothing = z.shape[-1], self.label_smoothing
        if targets.dtype.kind in "iu":
            return one_hot(targets, classes, z.dtype, smoothing)
        return targets if smoothing == 0 else (1 - smoothing) * targets + smoothing / classes

    def check_rows(self, y: Array) -> None:
        wrong = (np.abs(y.sum(axis=1) - 1) > 1e-3) | (y < 0).any(axis=1)
        if wrong.any():
            row = int(wrong.argmax())
            raise InputError(
                f"y[{row}] sums to {float(y[row].sum()):.4g}: expected one-hot rows or "
                "probabilities (for several labels at once, use binary_cross_entropy)"
            )

    def task(self, targets: Array) -> Task:
        return CLASSES

    def probabilities(self, z: Array) -> Array:
        return softmax(z)

    def targets(self, y: Any, outputs: int, dtype: Any = np.float32) -> Array:
        if outputs == 1:
            raise InputError(
                "cross_entropy needs one output per class and the last layer has 1: use two, "
                "or the loss binary_cross_entropy"
            )
        targets = super().targets(y, outputs, dtype)
        labels = one_hot_labels(targets)
        return targets if labels is None else labels


class BinaryCrossEntropy(Loss):
    """Sigmoid and binary cross-entropy from logits, each output an independent label.

        p = σ(z)      L = −t log p − (1 − t) log(1 − p) = log(1 + eᶻ) − z t
        dL/dz = p − t

    The mean is over samples and outputs. One output: labels 0 and 1. Several: independent labels
    in rows of 0 and 1, or integer labels, which are taken as one-hot.

    >>> value, dz = BinaryCrossEntropy()(np.array([[2.0], [0.0]]), np.array([1, 0]))
    >>> round(float(value), 4), dz.round(4).ravel().tolist()
    (0.41, [-0.0596, 0.25])
    """

    from_logits = "sigmoid"

    def formula(self, z: Array, t: Array) -> tuple[Array, Array]:
        return self.of_number(z, t)

    @staticmethod
    def of_number(z: Any, t: Any) -> tuple[Any, Any]:
        """The loss of one output, and its derivative."""
        return softplus(z) - z * t, sigmoid(z) - t

    def check_rows(self, y: Array) -> None:
        outside = (y < 0) | (y > 1)
        if outside.any():
            row = int(outside.any(axis=1).argmax())
            raise InputError(f"y[{row}] has values outside 0 to 1: expected 0, 1 or probabilities")

    def task(self, targets: Array) -> Task:
        one_class = targets.dtype.kind in "iu" or targets.shape[-1] == 1
        return CLASSES if one_class else LABELS

    def probabilities(self, z: Array) -> Array:
        p = sigmoid(z)
        return np.concatenate([1 - p, p], axis=-1) if p.shape[-1] == 1 else p

    def _takes_labels(self, outputs: int) -> bool:
        return True
