"""Losses: how wrong the outputs are, and the gradient that reduces it.

A loss takes the network's raw outputs z (logits) and the targets, and returns the mean over the
batch and its gradient dL/dz, together, since they share their work. Softmax and sigmoid are part of
the loss: fused with the logarithm they are stable for any finite input.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from glassnet.base.configurable import resolve
from glassnet.base.errors import InputError
from glassnet.nn.losses.base import Loss, one_hot, one_hot_labels
from glassnet.nn.losses.classification import BinaryCrossEntropy, CrossEntropy
from glassnet.nn.losses.regression import (
    Huber,
    MeanAbsolute,
    MeanSquared,
    Quantile,
    RegressionLoss,
)
from glassnet.nn.losses.weights import ClassWeight, sample_weights

__all__ = [
    "LOSSES", "BinaryCrossEntropy", "ClassWeight", "CrossEntropy", "Huber", "Loss", "MeanAbsolute",
    "MeanSquared", "Quantile", "RegressionLoss", "check_meant", "loss_function", "one_hot",
    "one_hot_labels", "sample_weights",
]  # fmt: skip

LOSSES: dict[str, type[Loss]] = {
    "cross_entropy": CrossEntropy,
    "binary_cross_entropy": BinaryCrossEntropy,
    "mean_squared": MeanSquared,
    "mean_absolute": MeanAbsolute,
    "huber": Huber,
    "quantile": Quantile,
}


def check_meant(given: Any, y: Any, outputs: int) -> None:
    """Raise `InputError` if a name of the field means a loss for two classes, and y has labels of
    more.

    - `given`: the loss as it was given.
    - `y`: labels (samples,), or rows (samples, outputs).

    >>> check_meant("bce", np.array([0, 2, 1]), outputs=3)
    Traceback (most recent call last):
    glassnet.base.errors.InputError: the loss 'bce' is for two classes, and there are 3: did you \
mean 'cross_entropy'? 'binary_cross_entropy' takes each class for itself
    """
    name = given.partition(":")[0] if isinstance(given, str) else "binary_cross_entropy"
    in_full = name in ("binary_cross_entropy", "BinaryCrossEntropy")
    if in_full or outputs <= 2 or not isinstance(loss_function(given), BinaryCrossEntropy):
        return
    y = np.asarray(y)
    if y.ndim == 1 or one_hot_labels(y) is not None:
        raise InputError(
            f"the loss {name!r} is for two classes, and there are {outputs}: did you mean "
            "'cross_entropy'? 'binary_cross_entropy' takes each class for itself"
        )


def loss_function(given: "str | Mapping[str, Any] | Loss", own: Iterable[type[Loss]] = ()) -> Loss:
    """A loss from its name, `"huber:delta=0.5"`, its config, or itself; `own` are more classes."""
    return resolve("loss", given, LOSSES | {kind.__name__: kind for kind in own}, Loss)
