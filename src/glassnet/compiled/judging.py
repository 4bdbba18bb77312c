"""The loss of a batch's outputs, its derivative, and a metric."""

import math
from typing import Any

from glassnet.compiled.compiler import inner
from glassnet.compiled.formulas import judge
from glassnet.compiled.views import piece_of
from glassnet.nn.functions import exp

CROSS_ENTROPY = 100  # smaller numbers are losses by output
NO_METRIC, ACCURACY, LABEL_ACCURACY, ABSOLUTE_ERROR = range(4)


@inner
def judge_rows(
    kind: Any, metric: Any, z: Any, dz: Any, begin: Any, labels: Any, targets: Any, weights: Any,
    whole: Any, smoothing: Any, unit: Any, constants: Any, t: Any, share: Any,
) -> Any:  # fmt: skip
    """dL/dz for these rows, which start with sample `begin`; returns what they add to the loss and
    the metric.

    `whole` is the total weight of the batch; t and share are memory for one row.
    """
    outputs, value, right = len(t), 0.0, 0.0
    rows = len(z) // outputs
    if kind == CROSS_ENTROPY:
        shift(z, dz, rows, outputs)
        for i in range(len(dz)):
            dz[i] = exp(dz[i])
    share_of_row(weights, begin, whole, share)
    for i in range(rows):
        row, at = begin + i, i * outputs
        own, slope = piece_of(z, at, outputs), piece_of(dz, at, outputs)
        if len(weights):
            share_of_row(weights, row, whole, share)
        target_of_row(labels, targets, row, t, smoothing)
        if kind == CROSS_ENTROPY:
            value += cross_entropy(own, slope, t, share[0])
        else:
            value += judge(kind, own, t, slope, unit, share, constants)
        right += metric_of_row(metric, own, t)
    return value, right


@inner
def total_weight(weights: Any, begin: Any, batch: Any) -> Any:
    """The total weight of a batch's samples; infinite if it is zero."""
    if len(weights) == 0:
        return float(batch)
    total = 0.0
    for i in range(begin, begin + batch):
        for j in range(weights.shape[1]):
            total += weights[i, j]
    total /= weights.shape[1]
    return total if total != 0 else math.inf


@inner
def share_of_row(weights: Any, row: Any, whole: Any, share: Any) -> None:
    """The weight of each output of a sample in the mean."""
    for j in range(len(share)):
        if len(weights) == 0:
            share[j] = 1 / whole
        else:
            share[j] = weights[row, min(j, weights.shape[1] - 1)] / whole


@inner
def shift(z: Any, shifted: Any, rows: Any, outputs: Any) -> None:
    """z minus the maximum of its row."""
    for i in range(rows):
        own, less = piece_of(z, i * outputs, outputs), piece_of(shifted, i * outputs, outputs)
        largest = own[0]
        for j in range(1, outputs):
            largest = max(largest, own[j])
        for j in range(outputs):
            less[j] = own[j] - largest


@inner
def target_of_row(labels: Any, targets: Any, row: Any, t: Any, smoothing: Any) -> None:
    """A sample's target as numbers: one-hot for a label, 0 or 1 if there is one output."""
    count = len(t)
    if len(labels) == 0:
        for j in range(count):
            t[j] = targets[row, j]
    else:
        for j in range(count):
            t[j] = 0
        t[labels[row] if count > 1 else 0] = 1 if count > 1 else labels[row]
    if smoothing > 0:
        for j in range(count):
            t[j] = (1 - smoothing) * t[j] + smoothing / count


@inner
def cross_entropy(z: Any, dz: Any, t: Any, share: Any) -> Any:
    """The loss of a sample; replaces e^(z − max z) in dz by dL/dz = softmax(z) − t."""
    largest, total = z[0], z.dtype.type(0)
    for j in range(len(z)):
        largest = max(largest, z[j])
        total += dz[j]
    value, factor = math.log(total), share / total
    for j in range(len(z)):
        if t[j] != 0:
            value -= t[j] * (z[j] - largest)
        dz[j] = dz[j] * factor - t[j] * share
    return float(value * share)


@inner
def metric_of_row(kind: Any, z: Any, t: Any) -> Any:
    """What a sample adds to the sum of the metric; for metrics of single outputs, their mean."""
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
