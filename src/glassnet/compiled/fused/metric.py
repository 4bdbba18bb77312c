"""Metrics in one pass over the rows of outputs."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.compiled.compiler import kernel
from glassnet.nn.metrics import Metric, accuracy


@kernel
def share_of_right_labels(z: Any, labels: Any) -> Any:
    """The share of rows whose first largest output is at the label."""
    right = 0
    for i in range(len(labels)):
        best = 0
        for j in range(1, z.shape[1]):
            best = j if z[i, j] > z[i, best] else best
        right += best == labels[i]
    return right / len(labels)


def fused_accuracy(z: Array, targets: Array) -> Any:
    """The share of correct predictions, as `accuracy` computes it."""
    if targets.dtype.kind in "iu" and z.shape[-1] > 1:
        return share_of_right_labels(np.ascontiguousarray(z), targets)
    return accuracy(z, targets)


FUSED: dict[Any, Metric] = {accuracy: fused_accuracy}


def fused_metrics(metrics: Mapping[str, Metric]) -> dict[str, Metric]:
    """The metrics, compiled if they have a compiled form."""
    return {name: FUSED.get(metric, metric) for name, metric in metrics.items()}
