"""The losses of many networks' outputs, dL/dz, and a metric."""

from typing import Any

import numpy as np

from glassnet.compiled.compiler import exact, inner
from glassnet.compiled.formulas import NUMBER_LOSSES, choice, taken
from glassnet.compiled.judging import ABSOLUTE_ERROR, ACCURACY, CROSS_ENTROPY, NO_METRIC
from glassnet.compiled.lanes.chain import shifted_exp
from glassnet.compiled.lanes.logarithm import log
from glassnet.compiled.views import piece_of
from glassnet.nn.losses import RegressionLoss


def _judging(kind: Any) -> tuple[Any, str]:
    of_residual = issubclass(kind, RegressionLoss)
    variables = "(z[i] - t[i]) / unit" if of_residual else "z[i], t[i]"
    constants = taken(kind.of_number, 1 if of_residual else 2, "constants")
    return (
        kind.of_number,
        f"""\
for i in range(len(z)):
    value, derivative = f({variables}{constants})
    dz[i] = derivative / unit * share[i]
    sums[i] += value * share[i]""",
    )


judge = inner(
    choice("judge", "z, t, dz, sums, unit, share, constants", map(_judging, NUMBER_LOSSES))
)


@inner
def losses(
    kind: Any, z: Any, t: Any, dz: Any, sums: Any, aside: Any, unit: Any, share: Any, many: Any,
    constants: Any,
) -> None:  # fmt: skip
    """Write the contribution of every sample to its network's loss into `sums`, and dL/dz. `many`
    is 1 if each output has a weight of its own, else 0."""
    outputs, run = len(unit), len(sums)
    if kind == CROSS_ENTROPY:
        cross_entropy(z, t, dz, sums, aside, share, outputs)
        return
    for i in range(run):
        sums[i] = 0
    for j in range(outputs):
        judge(
            kind, piece_of(z, j * run, run), piece_of(t, j * run, run), piece_of(dz, j * run, run),
            sums, unit[j], piece_of(share, many * j * run, run), constants,
        )  # fmt: skip


@inner
def cross_entropy(z: Any, t: Any, dz: Any, sums: Any, aside: Any, share: Any, outputs: Any) -> None:
    """L = log Σ eᶻ − Σ tᵢ zᵢ and dL/dz = p − t, with the maximum subtracted from z."""
    run, lowest = len(sums), z.dtype.type(-np.finfo(z.dtype).max)
    largest, total = piece_of(aside, 0, run), piece_of(aside, run, run)
    shifted_exp(z, dz, largest, total, outputs, run)
    for i in range(run):
        sums[i] = log(total[i])
    for j in range(outputs):
        each, target = piece_of(z, j * run, run), piece_of(t, j * run, run)
        d = piece_of(dz, j * run, run)
        for i in range(run):
            sums[i] -= target[i] * max(each[i] - largest[i], lowest)
            d[i] = (d[i] / total[i] - target[i]) * share[i]
    for i in range(run):
        sums[i] *= share[i]


@exact
def sum_up(sums: Any, rows: Any, at: Any, totals: Any) -> None:
    """Add the contributions of each network's own samples to its total."""
    lanes = len(rows)
    for i in range(len(sums) // lanes):
        for lane in range(lanes):
            if at + i < rows[lane]:
                totals[lane] += sums[i * lanes + lane]


@inner
def in_float64(
    kind: Any, z: Any, t: Any, unit: Any, share: Any, many: Any, constants: Any, lane: Any,
    lanes: Any,
) -> Any:  # fmt: skip
    """The loss of one network's samples, if their sum is too large for float32."""
    outputs, run = len(unit), len(z) // len(unit)
    one = np.zeros((5, 1))
    for j in range(outputs):
        for i in range(lane, run, lanes):
            one[0, 0], one[1, 0] = z[j * run + i], t[j * run + i]
            one[2, 0] = share[many * j * run + i]
            if one[2, 0] > 0:
                judge(
                    kind, one[0], one[1], one[3], one[4], float(unit[j]), one[2],
                    (float(constants[0]),),
                )  # fmt: skip
    return one[4, 0]


@inner
def metrics(kind: Any, z: Any, t: Any, sums: Any, best: Any, outputs: Any) -> None:
    """What every sample adds to the sum of the metric, summed over outputs if they count
    separately."""
    run = len(sums)
    for i in range(run):
        sums[i] = 0
    if kind == NO_METRIC:
        return
    if kind == ACCURACY and outputs > 1:
        most_likely(z, t, sums, best, outputs)
        return
    half, zero, one = z.dtype.type(0.5), z.dtype.type(0), z.dtype.type(1)
    for j in range(outputs):
        each, target = piece_of(z, j * run, run), piece_of(t, j * run, run)
        if kind == ABSOLUTE_ERROR:
            for i in range(run):
                sums[i] += abs(each[i] - target[i])
        else:
            for i in range(run):
                sums[i] += one if (each[i] > zero) == (target[i] > half) else zero
    for i in range(run):
        sums[i] /= outputs


@inner
def most_likely(z: Any, t: Any, sums: Any, best: Any, outputs: Any) -> None:
    """1 where the largest output is at the largest target, counting the first of equal ones."""
    run, one, zero = len(sums), z.dtype.type(1), z.dtype.type(0)
    top, wanted = piece_of(best, 0, run), piece_of(best, run, run)
    for i in range(run):
        top[i], wanted[i], sums[i] = z[i], t[i], one
    for j in range(1, outputs):
        each, target = piece_of(z, j * run, run), piece_of(t, j * run, run)
        for i in range(run):
            higher, likelier = each[i] > top[i], target[i] > wanted[i]
            sums[i] = sums[i] if higher == likelier else zero
            sums[i] = one if higher and likelier else sums[i]
            top[i] = each[i] if higher else top[i]
            wanted[i] = target[i] if likelier else wanted[i]
