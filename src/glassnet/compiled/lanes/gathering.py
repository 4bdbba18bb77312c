"""The samples of each network for one step, gathered into lanes: a vector for each number."""

from typing import Any

from glassnet.compiled.compiler import inner
from glassnet.compiled.lanes.chain import ASIDE, DROPOUT, KIND, UNITS
from glassnet.compiled.views import piece_of


@inner
def rows_of_step(counts: Any, step: Any, size: Any, rows: Any) -> Any:
    """How many samples each network has in this step, and the largest of these numbers."""
    most = 0
    for lane in range(len(rows)):
        rows[lane] = min(max(counts[lane] - step * size, 0), size)
        most = max(most, rows[lane])
    return most


@inner
def samples_of(order: Any, rows: Any, begin: Any, at: Any, found: Any) -> None:
    """The indices of the samples from number `at` of a batch on, which starts at `begin`, lane by
    lane for each. A network with fewer samples repeats the last of its batch, or its first."""
    lanes = len(rows)
    for lane in range(lanes):
        last = rows[lane] - 1
        for i in range(len(found) // lanes):
            place = begin + min(at + i, last) if last >= 0 else 0
            found[i * lanes + lane] = order[lane, place]


@inner
def gather(x: Any, samples: Any, width: Any, out: Any) -> None:
    """Copy these rows of x, which are contiguous, into (width, samples)."""
    run = len(samples)
    for i in range(run):
        row = piece_of(x, samples[i] * width, width)
        for j in range(width):
            out[j * run + i] = row[j]


@inner
def gather_targets(
    labels: Any, targets: Any, samples: Any, smoothing: Any, t: Any, aside: Any
) -> None:
    """The targets as numbers (outputs, samples): one-hot for a label, 0 or 1 if there is one
    output."""
    run = len(samples)
    outputs = len(t) // run
    one, rest = t.dtype.type(1), smoothing / t.dtype.type(outputs)
    if len(labels) == 0:
        gather(targets, samples, outputs, t)
        if smoothing > 0:
            for i in range(len(t)):
                t[i] = (one - smoothing) * t[i] + rest
        return
    for i in range(run):
        aside[i] = labels[samples[i]]
    for j in range(outputs):
        each, label = piece_of(t, j * run, run), t.dtype.type(j)
        for i in range(run):
            hit = one - smoothing + rest if aside[i] == label else rest
            each[i] = hit if outputs > 1 else aside[i]


@inner
def total_weights(
    weights: Any, width: Any, order: Any, rows: Any, begin: Any, outputs: Any, totals: Any
) -> None:
    """The total weight of each network's batch, over the outputs that the loss uses; 1 if it is
    zero. `width` is the number of weights of a sample, 0 if samples are not weighted."""
    for lane in range(len(rows)):
        total = 0.0
        for i in range(rows[lane] if width else 0):
            for j in range(width):
                total += weights[order[lane, begin + i] * width + j]
        total = total * outputs / width if width else float(rows[lane] * outputs)
        totals[lane] = total if total != 0 else 1.0


@inner
def gather_shares(
    weights: Any, width: Any, samples: Any, rows: Any, at: Any, totals: Any, share: Any
) -> None:
    """The weight of each output of a sample in its network's mean (outputs or 1, samples)."""
    lanes, run = len(rows), len(samples)
    for j in range(max(width, 1)):
        for i in range(run // lanes):
            for lane in range(lanes):
                here = i * lanes + lane
                weight = weights[samples[here] * width + j] if width else share.dtype.type(1)
                there = at + i < rows[lane]
                share[j * run + here] = weight / totals[lane] if there else 0


@inner
def noise_of_sample(table: Any) -> Any:
    """How many random numbers dropout needs for a sample."""
    count = 0
    for op in range(len(table)):
        count += table[op, UNITS] if table[op, KIND] == DROPOUT else 0
    return count


@inner
def gather_noise(
    table: Any, numbers: Any, noise: Any, places: Any, rows: Any, at: Any, room: Any, run: Any
) -> None:
    """The factors of dropout, from the noise of each network (networks, count), which was drawn for
    its own samples step by step and layer by layer; `places` says where this step's noise
    starts."""
    lanes, before, one, zero = len(rows), 0, room.dtype.type(1), room.dtype.type(0)
    for op in range(len(table)):
        if table[op, KIND] != DROPOUT:
            continue
        units, rate = table[op, UNITS], numbers[op, 0]
        kept, scale = piece_of(room, table[op, ASIDE], units * run), one / (one - rate)
        for lane in range(lanes):
            begin = lane * noise.shape[1] + places[lane] + before * rows[lane] + at * units
            for i in range(run // lanes):
                mine, there = piece_of(noise, begin + i * units, units), at + i < rows[lane]
                for j in range(units):
                    here = i * lanes + lane + j * run
                    kept[here] = scale if there and mine[j] >= rate else zero
        before += units
