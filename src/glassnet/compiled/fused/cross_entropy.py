"""Softmax and cross-entropy with their gradient, computed down the columns of a block of rows: a
vector then holds one number of each row, so that few classes do not leave it partly empty."""

import math
from typing import Any

import numpy as np

from glassnet.compiled.compiler import inner, kernel
from glassnet.compiled.judging import target_of_row, total_weight
from glassnet.nn.functions import exp

BLOCK, MOST = 4096, 64  # numbers and rows that are processed at once


@kernel
def cross_entropy(
    z: Any, labels: Any, targets: Any, weights: Any, smoothing: Any, unit: Any, constants: Any,
    dz: Any,
) -> Any:  # fmt: skip
    """The loss of all rows; writes its gradient into dz. `unit` and `constants` are for other
    losses."""
    rows, classes = z.shape
    block = max(1, min(MOST, BLOCK // classes))
    across, target = np.empty((classes, block), z.dtype), np.empty(classes, z.dtype)
    largest, totals = np.empty(block, z.dtype), np.empty(block, z.dtype)
    whole = total_weight(weights, 0, rows)
    plain = len(labels) > 0 and smoothing == 0
    value = 0.0
    for begin in range(0, rows, block):
        count = min(block, rows - begin)
        zs, dzs = z[begin : begin + count], dz[begin : begin + count]
        shifted_exp_of_rows(zs, across, largest, totals)
        for i in range(count):
            row = begin + i
            share = z.dtype.type((weights[row, 0] if len(weights) else 1) / whole)
            factor = share / totals[i]
            each = math.log(totals[i])
            for j in range(classes):
                dzs[i, j] = across[j, i] * factor
            if plain:
                label = labels[row]
                each -= zs[i, label] - largest[i]
                dzs[i, label] -= share
            else:
                target_of_row(labels, targets, row, target, smoothing)
                for j in range(classes):
                    if target[j] != 0:
                        each -= target[j] * (zs[i, j] - largest[i])
                    dzs[i, j] -= target[j] * share
            value += each * share
    return value


@inner
def shifted_exp_of_rows(z: Any, across: Any, largest: Any, totals: Any) -> None:
    """e^(z − max z) of each row, written to a column of `across`, with its maximum and its sum."""
    rows, classes = z.shape
    for i in range(rows):
        for j in range(classes):
            across[j, i] = z[i, j]
    for i in range(rows):
        largest[i] = across[0, i]
        totals[i] = 0
    for j in range(1, classes):
        for i in range(rows):
            largest[i] = max(largest[i], across[j, i])
    for j in range(classes):
        for i in range(rows):
            across[j, i] = exp(across[j, i] - largest[i])
        for i in range(rows):
            totals[i] += across[j, i]
