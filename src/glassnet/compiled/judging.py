"""The loss of a row of outputs, its derivative, and how right the row is."""

import math
from typing import Any

from glassnet.compiled.compiler import inner
from glassnet.compiled.formulas import judge
from glassnet.compiled.walk import shifted_exp

CROSS_ENTROPY = 100  # what is less is a loss of numbers by its number
NO_METRIC, ACCURACY, LABEL_ACCURACY, ABSOLUTE_ERROR = range(4)


@inner
def target_of_row(labels: Any, targets: Any, row: Any, t: Any, smoothing: Any) -> None:
    """The target of a sample as numbers: of a label one-hot, of one output 0 or 1."""
    count = len(t)
    for j in range(count):
        if len(labels) == 0:
            t[j] = (1 - smoothing) * targets[row, j] + smoothing / count
        elif count == 1:
            t[j] = labels[row]
        else:
            t[j] = (1 - smoothing) * (labels[row] == j) + smoothing / count


@inner
def loss_of_row(kind: Any, z: Any, t: Any, dz: Any, unit: Any, share: Any, constants: Any) -> Any:
    """The loss of a sample and dL/dz, each output's times its share of the mean."""
    if kind != CROSS_ENTROPY:
        return judge(kind, z, t, dz, unit, share, constants)
    largest, total = shifted_exp(z, dz)
    value, factor = math.log(total), share[0] / total
    for j in range(len(z)):
        if t[j] != 0:
            value -= t[j] * (z[j] - largest)
        dz[j] = dz[j] * factor - t[j] * share[0]
    return float(value * share[0])


@inner
def metric_of_row(kind: Any, z: Any, t: Any) -> Any:
    """What a sample adds to the sum of the metric: over its outputs where those count one by one."""
    count, total = len(t), 0.0
    if kind == ACCURACY and count > 1:
        best, wanted = 0, 0
        for j in range(1, count):
            best = j if z[j] > z[best] else best
            wanted = j if t[j] > t[wanted] else wanted
        return 1.0 if best == wanted else 0.0
    if kind == NO_METRIC:
        return total
    for j in range(count):
        if kind == ABSOLUTE_ERROR:
            total += abs(z[j] - t[j])
        else:
            total += (z[j] > 0) == (t[j] > 0.5)
    return total / count
