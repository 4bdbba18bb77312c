"""Losses: how wrong the outputs are, and the gradient that reduces it.

A loss takes the network's raw outputs z (logits) and the targets, and returns the mean over the
batch and its gradient dL/dz, together, since they share their work. Softmax and sigmoid are part of
the loss: fused with the logarithm they are stable for any finite input.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from glassnet.base.configurable import resolve
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
    "MeanSquared", "Quantile", "RegressionLoss", "loss_function", "one_hot", "one_hot_labels",
    "sample_weights",
]  # fmt: skip

LOSSES: dict[str, type[Loss]] = {
    "cross_entropy": CrossEntropy,
    "binary_cross_entropy": BinaryCrossEntropy,
    "mean_squared": MeanSquared,
    "mean_absolute": MeanAbsolute,
    "huber": Huber,
    "quantile": Quantile,
}


def loss_function(given: "str | Mapping[str, Any] | Loss", own: Iterable[type[Loss]] = ()) -> Loss:
    """A loss from its name, `"huber:delta=0.5"`, its config, or itself; `own` are more classes."""
    return resolve("loss", given, LOSSES | {kind.__name__: kind for kind in own}, Loss)
