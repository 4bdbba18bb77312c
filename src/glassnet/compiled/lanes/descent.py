"""Many steps of many networks in one call: forward pass, loss, backward pass and update."""

import math
from typing import Any

import numpy as np

from glassnet.compiled.compiler import inner, kernel
from glassnet.compiled.judging import CROSS_ENTROPY, NO_METRIC
from glassnet.compiled.lanes.chain import INPUTS, OUT, UNITS, backward, forward
from glassnet.compiled.lanes.gathering import (
    gather,
    gather_noise,
    gather_shares,
    gather_targets,
    noise_of_sample,
    rows_of_step,
    samples_of,
    total_weights,
)
from glassnet.compiled.lanes.judging import in_float64, losses, metrics, sum_up
from glassnet.compiled.lanes.learning import (
    PIECE,
    clear_subnormals,
    keep,
    keep_within,
    learn,
    mask_padding,
    put_back,
    same,
    shorten,
    spread_numbers,
)
from glassnet.compiled.views import piece_of
from glassnet.nn.optimizers.base import STEPS_BETWEEN_CLEARING


@kernel
def descend_in_lanes(
    table: Any, numbers: Any, first: Any, loss: Any, loss_numbers: Any, unit: Any, smoothing: Any,
    metric: Any, kind: Any, clip: Any, norms: Any, smallest: Any, theta: Any, g: Any, m: Any,
    v: Any, before: Any, mask: Any, room: Any, back: Any, judged: Any, spread: Any, squares: Any,
    samples: Any, x: Any, labels: Any, targets: Any, weights: Any, width: Any, order: Any,
    counts: Any, noise: Any, size: Any, tile: Any, begin: Any, own: Any, times: Any, figures: Any,
) -> None:  # fmt: skip
    """Take steps of an epoch from step `begin` on, as many as `own` has rows of the rule's
    constants.

    θ, g and the moments have a vector of lanes for each number. `x`, `targets` and `weights` are
    flat, and `order` says which of their rows each network uses. `times` has the number of each
    network's first step; `figures`, initially 0, receives the loss and the metric of each step and
    network.
    """
    lanes, outputs = own.shape[2], table[len(table) - 1, UNITS]
    inputs, columns = table[0, INPUTS], 1 if loss == CROSS_ENTROPY else outputs
    most, noisy = tile * lanes, noise_of_sample(table)
    many, apart = (1, outputs) if width > 1 else (0, 1)
    rows, places = np.zeros(lanes, np.int64), np.zeros(lanes, np.int64)
    totals, longest = np.empty(lanes), np.empty(PIECE, theta.dtype)
    factor = np.empty(lanes, theta.dtype)
    for step in range(len(own)):
        batch = rows_of_step(counts, begin + step, size, rows)
        start = (begin + step) * size
        total_weights(weights, width, order, rows, start, columns, totals)
        for at in range(0, batch, tile):
            count = min(tile, batch - at)
            run = count * lanes
            these = piece_of(samples, 0, run)
            samples_of(order, rows, start, at, these)
            gather(x, these, inputs, piece_of(room, 0, inputs * run))
            if noisy > 0:
                gather_noise(table, numbers, noise, places, rows, at, room, run)
            forward(table, numbers, theta, room, count, lanes)
            z = piece_of(room, table[len(table) - 1, OUT], outputs * run)
            t = piece_of(judged, 0, outputs * run)
            share = piece_of(judged, outputs * most, apart * run)
            rest = piece_of(judged, 2 * outputs * most, 3 * run)
            gather_targets(labels, targets, these, smoothing, t, rest)
            gather_shares(weights, width, these, rows, at, totals, share)
            dz = piece_of(back, 0, outputs * run)
            judge_tile(
                loss,
                loss_numbers,
                unit,
                metric,
                z,
                t,
                dz,
                share,
                many,
                rest,
                rows,
                at,
                figures[step],
            )
            backward(table, numbers, first, theta, g, room, back, count, at > 0, lanes)
        if len(mask) > 0:
            mask_padding(g, mask)
        if clip > 0:
            shorten(g, clip, longest, squares, factor)
        if step == 0 or not same(own[step], own[step - 1]):
            spread_numbers(own[step], spread[0], spread[1])
        apply(
            table, first, kind, norms, smallest, theta, g, m, v, before, spread, squares, rows,
            times, step,
        )  # fmt: skip
        for lane in range(lanes):
            places[lane] += rows[lane] * noisy
            figures[step, 1, lane] /= max(rows[lane], 1)


@inner
def judge_tile(
    loss: Any, loss_numbers: Any, unit: Any, metric: Any, z: Any, t: Any, dz: Any, share: Any,
    many: Any, rest: Any, rows: Any, at: Any, figures: Any,
) -> None:  # fmt: skip
    """dL/dz for a tile of samples, which starts with number `at` of the batch. Adds what they
    contribute to each network's loss and metric in this step."""
    lanes, run = len(rows), len(rest) // 3
    sums, aside = piece_of(rest, 0, run), piece_of(rest, run, 2 * run)
    value, right, before = figures[0], figures[1], np.empty(lanes)
    losses(loss, z, t, dz, sums, aside, unit, share, many, loss_numbers)
    for lane in range(lanes):
        before[lane] = value[lane]
    sum_up(sums, rows, at, value)
    for lane in range(lanes if loss != CROSS_ENTROPY else 0):
        if not math.isfinite(value[lane]):
            value[lane] = before[lane] + in_float64(
                loss, z, t, unit, share, many, loss_numbers, lane, lanes
            )
    if metric != NO_METRIC:
        metrics(metric, z, t, sums, aside, len(unit))
        sum_up(sums, rows, at, right)


@inner
def apply(
    table: Any, first: Any, kind: Any, norms: Any, smallest: Any, theta: Any, g: Any, m: Any,
    v: Any, before: Any, spread: Any, squares: Any, rows: Any, times: Any, step: Any,
) -> None:  # fmt: skip
    """Update the weights and apply the bounds. Networks without samples in this step stay
    unchanged."""
    lanes, idle = len(rows), False
    for lane in range(lanes):
        idle = idle or rows[lane] == 0
    if idle:
        keep(theta, m, v, before)
    learn(table, first, kind, theta, g, m, v, spread[0], spread[1], lanes)
    if len(norms) > 0:
        keep_within(table, theta, norms, squares)
    if idle:
        put_back(rows, theta, m, v, before)
    for lane in range(lanes):
        if (times[lane] + step) % STEPS_BETWEEN_CLEARING == 0 and rows[lane] > 0:
            clear_subnormals(m, lane, lanes, smallest)
            clear_subnormals(v, lane, lanes, smallest)
