"""What always predicting the same would reach: a network is worth what it adds to that."""

import numpy as np

from glassnet.base.arrays import Array
from glassnet.nn.metrics import r2
from glassnet.nn.network import Network
from glassnet.nn.task import VALUES, Task

BASELINES = {  # what they are called, and in words
    "base_rate": "always the commonest class",
    "label_base_rate": "always the commoner value of each label",
    "mean_predictor": "always the mean",
}
UNCALIBRATED = "uncalibrated_log_loss"  # that of the same network before its calibration
BESIDE = {**BASELINES, UNCALIBRATED: "before calibration"}  # in brackets after a metric


def baseline(task: Task, y: Array) -> dict[str, float]:
    """The metric of the best prediction that does not look at x, over these targets.

    For classes `base_rate`, the accuracy of always predicting the commonest one; for labels
    `label_base_rate`, that of always predicting the commoner value of each; for values
    `mean_predictor`, the mean absolute error of always predicting their mean. Nothing for a single
    value.

    - `task`: what y means.
    - `y`: classes, (rows, labels) of 0 and 1, or values.

    >>> from glassnet.nn.task import CLASSES
    >>> baseline(CLASSES, np.array([0, 1, 1, 1]))
    {'base_rate': 0.75}
    >>> baseline(VALUES, np.array([1.0, 2.0, 6.0]))
    {'mean_predictor': 2.0}
    """
    if task.exclusive:
        return {"base_rate": float(np.bincount(y).max() / len(y))}
    if task.has_probabilities:
        ones = np.mean(y, axis=0, dtype=float)
        return {"label_base_rate": float(np.maximum(ones, 1 - ones).mean())}
    if len(y) < 2:
        return {}
    mean = np.mean(y, axis=0, dtype=float)
    return {"mean_predictor": float(np.abs(y - mean).mean())}


def beside(network: Network, task: Task, x: Array, y: Array) -> dict[str, float]:
    """What stands beside the metrics of a network: the baseline and, of values, R².

    - `network`: trained for this task.
    - `task`: what y means.
    - `x`, `y`: samples, and their targets.
    """
    found = baseline(task, y)
    if task is VALUES and len(y) > 1:
        predictions = np.asarray(network.predict(x), dtype=float)
        if np.isfinite(predictions).all():
            found["r2"] = r2(y.reshape(len(y), -1), predictions.reshape(len(y), -1))
    return found
