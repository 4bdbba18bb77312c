"""Many training steps in one call: for each batch the forward pass, loss, backward pass and
update."""

import math
from typing import Any

import numpy as np

from glassnet.compiled.compiler import inline, inner, kernel
from glassnet.compiled.crew import begin_of, meet
from glassnet.compiled.gathering import copy_rows, samples_at
from glassnet.compiled.gradients import gradients, turn
from glassnet.compiled.judging import CROSS_ENTROPY, judge_rows, total_weight
from glassnet.compiled.learning import (
    clear_subnormals,
    keep_within,
    learn,
    learn_alone,
    penalise,
    shorten,
)
from glassnet.compiled.table import KIND, OUT, UNITS, WAVES
from glassnet.compiled.views import matrix_in, piece_of
from glassnet.compiled.walk import backward, forward, rows_of
from glassnet.nn.optimizers.base import STEPS_BETWEEN_CLEARING


@kernel
def descend(
    blas: Any, table: Any, numbers: Any, first: Any, loss: Any, loss_numbers: Any, unit: Any,
    smoothing: Any, value_factor: Any, slope_factor: Any, metric: Any, kind: Any, clip: Any,
    limit: Any, penalty: Any, smallest: Any, theta: Any, g: Any, m: Any, v: Any, turned: Any,
    across: Any, room: Any, back: Any, x: Any, order: Any, gathered: Any, labels: Any, targets: Any,
    weights: Any, noise: Any, size: Any, tile: Any, t: Any, own: Any, figures: Any, sums: Any,
    place: Any, member: Any, threads: Any,
) -> Any:  # fmt: skip
    """Take a step for every `size` samples, starting with step t; returns how many were taken.

    The samples are the rows of x that `order` names, or all rows of x if it is empty. A step whose
    loss is not finite is not taken, nor is any after it. `own` has the rule's constants for every
    step; `figures` receives the loss and the metric of each. The gradient of the loss is multiplied
    by `slope_factor`, its value also by `value_factor`; `penalty` is the α of a term α / 2n ‖W‖²,
    where n is the total weight of the samples.

    A step is divided into as many parts as `sums` has rows; a row holds what its part adds to loss,
    metric and penalty. This is thread `member` of `threads`, which all make this call with the same
    arguments and meet at `place`.
    """
    parts, outputs = len(sums), table[len(table) - 1, UNITS]
    count = len(order) if len(order) else len(x)
    drawn = len(noise) // count  # random numbers of a sample, for dropout
    target, share = np.empty(outputs, theta.dtype), np.empty(outputs, theta.dtype)
    prepare(table, theta, turned, parts, place, member, threads)
    plain = parts == 1
    for op in range(first, len(table)):
        plain = plain and table[op, KIND] != WAVES
    for step in range(len(own)):
        begin = step * size
        batch = min(size, count - begin)
        heard = noise[begin * drawn : (begin + batch) * drawn]
        weight = total_weight(weights, begin, batch)
        whole = weight * (1 if loss == CROSS_ENTROPY else outputs) / slope_factor
        alone = plain and batch == 1 and clip == 0 and penalty == 0 and step + 1 < len(own)
        samples = samples_at(x, order, gathered, begin, 0, 1)
        value, right = 0.0, 0.0
        for at in range(0, batch, tile):
            rows = min(tile, batch - at)
            for part in range(member, parts, threads):
                low, high = begin_of(part, parts, rows), begin_of(part + 1, parts, rows)
                own_samples = samples_at(x, order, gathered, begin + at, low, high)
                gather_part(x, order, begin + at + low, high - low, own_samples)
                own_back = rows_of(back, 0, low, high - low, len(back) // tile)
                sums[part, 0], sums[part, 1] = there_and_back(
                    blas, table, numbers, first, loss, loss_numbers, unit, smoothing, metric, theta,
                    turned, room, own_back, own_samples, labels, targets, weights, heard, whole,
                    batch, begin, at, low, high - low, target, share,
                )  # fmt: skip
            meet(place, threads)
            for part in range(parts):
                value, right = value + sums[part, 0], right + sums[part, 1]
            if not math.isfinite(value):
                return step
            samples = samples_at(x, order, gathered, begin + at, 0, rows)
            for part in range(member, 0 if alone else parts, threads):
                gradients(
                    blas, table, first, theta, g, across, samples, room, rows, at > 0, part, parts
                )
            if at + tile < batch:
                meet(place, threads)
        value *= value_factor
        value += bend(table, theta, g, penalty / weight, clip, sums, place, member, threads)
        if member == 0:
            figures[step, 0], figures[step, 1] = value, right / batch
        for part in range(member, parts, threads):
            if alone:
                learn_alone(table, first, kind, theta, m, v, samples, room, own, step)
            else:
                learn(table, first, kind, theta, g, m, v, own, step, part, parts)
        finish(table, theta, m, v, limit, smallest, t + step, place, member, threads)
        prepare(table, theta, turned, parts, place, member, threads)
    return len(own)


@inline
def prepare(
    table: Any, theta: Any, turned: Any, parts: Any, place: Any, member: Any, threads: Any
) -> None:
    """Prepare the weights for a step. After this, all threads have finished the step before."""
    for part in range(member, parts, threads):
        turn(table, theta, turned, part, parts)
    meet(place, threads)


@inline
def gather_part(x: Any, order: Any, begin: Any, count: Any, samples: Any) -> None:
    """Copy the rows of x that `order` names, from index `begin` on, to where the step reads
    them."""
    if len(order) > 0:
        copy_rows(x, order, begin, count, matrix_in(samples, 0, count, x.shape[1]))


@inline
def there_and_back(
    blas: Any, table: Any, numbers: Any, first: Any, loss: Any, loss_numbers: Any, unit: Any,
    smoothing: Any, metric: Any, theta: Any, turned: Any, room: Any, back: Any, samples: Any,
    labels: Any, targets: Any, weights: Any, heard: Any, whole: Any, batch: Any, begin: Any,
    at: Any, low: Any, rows: Any, target: Any, share: Any,
) -> Any:  # fmt: skip
    """Forward pass, loss and backward pass for some rows of a batch; returns what they add to the
    loss and the metric."""
    forward(blas, table, numbers, theta, turned, samples, room, heard, batch, at, low, rows)
    z = rows_of(room, table[len(table) - 1, OUT], low, rows, len(target))
    value, right = judge_rows(
        loss, metric, z, piece_of(back, 0, len(z)), begin + at + low, labels, targets, weights,
        whole, smoothing, unit, loss_numbers, target, share,
    )  # fmt: skip
    backward(blas, table, numbers, first, theta, turned, room, back, heard, batch, at, low, rows)
    return value, right


@inline
def bend(
    table: Any, theta: Any, g: Any, penalty: Any, clip: Any, sums: Any, place: Any, member: Any,
    threads: Any,
) -> Any:  # fmt: skip
    """Add the penalty to the gradient and clip it, if that is asked for; returns the penalty."""
    value = 0.0
    if penalty > 0:
        for part in range(member, len(sums), threads):
            sums[part, 2] = penalise(table, theta, g, penalty, part, len(sums))
    if penalty > 0 or clip > 0:
        meet(place, threads)
    if penalty > 0:
        for part in range(len(sums)):
            value += sums[part, 2]
    if clip > 0:
        if member == 0:
            shorten(g, clip)
        meet(place, threads)
    return value


@inner
def finish(
    table: Any, theta: Any, m: Any, v: Any, limit: Any, smallest: Any, step: Any, place: Any,
    member: Any, threads: Any,
) -> None:  # fmt: skip
    """Work after the update that one thread does alone: bound the weights, clear tiny moments."""
    clears = step % STEPS_BETWEEN_CLEARING == 0
    if limit > 0 or clears:
        meet(place, threads)
        if member == 0:
            if limit > 0:
                keep_within(table, theta, limit)
            if clears:
                clear_subnormals(m, smallest)
                clear_subnormals(v, smallest)
        meet(place, threads)
