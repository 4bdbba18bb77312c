"""Many steps of training in one call: batch after batch forward, judged, back, and the rule."""

import math
from typing import Any

import numpy as np

from glassnet.compiled.compiler import kernel
from glassnet.compiled.judging import CROSS_ENTROPY, judge_rows, total_weight
from glassnet.compiled.learning import clear_subnormals, keep_within, learn, penalise, shorten
from glassnet.compiled.views import piece_of
from glassnet.compiled.walk import DROPOUT, KIND, OUT, UNITS, backward, forward, turn
from glassnet.nn.optimizers.base import STEPS_BETWEEN_CLEARING


@kernel
def descend(
    blas: Any, table: Any, numbers: Any, first: Any, loss: Any, loss_numbers: Any, unit: Any,
    smoothing: Any, value_factor: Any, slope_factor: Any, metric: Any, kind: Any, clip: Any,
    limit: Any, penalty: Any, smallest: Any, theta: Any, g: Any, m: Any, v: Any, turned: Any,
    across: Any, room: Any, back: Any, x: Any, labels: Any, targets: Any, weights: Any, noise: Any,
    size: Any, tile: Any, t: Any, own: Any, figures: Any,
) -> Any:  # fmt: skip
    """Take a step for every `size` rows of x, the first of them step t; returns how many.

    A step whose loss is not finite is not taken, and none after it. `own` has the numbers of the
    rule for every step; `figures` gets the loss and the metric of each. The gradient of the loss is
    multiplied by `slope_factor`, and its value by `value_factor` more; `penalty` is the α of an
    α / 2n ‖W‖² that is added to it, where n is what the samples weigh.
    """
    outputs, count, width = table[len(table) - 1, UNITS], x.shape[0], x.shape[1]
    target, share = np.empty(outputs, theta.dtype), np.empty(outputs, theta.dtype)
    noise_of_sample = 0
    for op in range(len(table)):
        noise_of_sample += table[op, UNITS] if table[op, KIND] == DROPOUT else 0
    inputs = piece_of(x, 0, width)
    for step in range(len(own)):
        begin = step * size
        batch = min(size, count - begin)
        heard = noise[begin * noise_of_sample : (begin + batch) * noise_of_sample]
        weight = total_weight(weights, begin, batch)
        whole = weight * (1 if loss == CROSS_ENTROPY else outputs) / slope_factor
        alone = batch == 1 and clip == 0 and penalty == 0 and step + 1 < len(own)
        turn(table, theta, turned)
        value, right = 0.0, 0.0
        for at in range(0, batch, tile):
            rows = min(tile, batch - at)
            inputs = piece_of(x, (begin + at) * width, rows * width)
            forward(blas, table, numbers, theta, turned, inputs, room, heard, batch, at, rows)
            z = piece_of(room, table[len(table) - 1, OUT], rows * outputs)
            added, more_right = judge_rows(
                loss, metric, z, piece_of(back, 0, rows * outputs), begin + at, labels, targets,
                weights, whole, smoothing, unit, loss_numbers, target, share,
            )  # fmt: skip
            value, right = value + added, right + more_right
            if not math.isfinite(value):
                return step
            backward(
                blas, table, numbers, first, theta, g, turned, across, inputs, room, back, heard,
                batch, at, rows, at > 0, alone,
            )  # fmt: skip
        value *= value_factor
        if penalty > 0:
            value += penalise(table, theta, g, penalty / weight)
        figures[step, 0], figures[step, 1] = value, right / batch
        if clip > 0:
            shorten(g, clip)
        learn(table, first, kind, theta, g, m, v, inputs, room, own, step, alone)
        if limit > 0:
            keep_within(table, theta, limit)
        if (t + step) % STEPS_BETWEEN_CLEARING == 0:
            clear_subnormals(m, smallest)
            clear_subnormals(v, smallest)
    return len(own)
