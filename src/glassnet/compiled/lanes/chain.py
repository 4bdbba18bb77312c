"""Forward and backward through a chain of layers, for many networks at once.

A chain is a table with a row for each operation. Outputs of operations are kept in `room`, ordered
(units, samples, lanes), with a vector for each number.
"""

from typing import Any

import numpy as np

from glassnet.compiled.compiler import inner
from glassnet.compiled.formulas import curve, slope
from glassnet.compiled.lanes.tiles import product
from glassnet.compiled.views import address_of, piece_of
from glassnet.nn.functions import exp

DENSE, DROPOUT, SOFTMAX = 100, 101, 102  # smaller numbers are activations
KIND, INPUTS, UNITS, WEIGHTS, BIAS, FROM_OUTPUT, IN, OUT, ASIDE = range(9)
# The first vectors of θ and of g; a layer without a bias uses the zeros instead.
ZEROS, ONES, BEGIN = map(np.int64, range(3))
# Strides, typed so that one compiled product serves all: Numba would compile a plain 0 or 1 apart.
STAY, NEXT = np.int64(0), np.int64(1)


# ---- forward


@inner
def forward(table: Any, numbers: Any, theta: Any, room: Any, rows: Any, lanes: Any) -> None:
    """Apply every operation to `rows` samples of each network. Inputs and dropout masks are in
    place already."""
    run = rows * lanes
    for op in range(len(table)):
        kind, units = table[op, KIND], table[op, UNITS]
        x = piece_of(room, table[op, IN], table[op, INPUTS] * run)
        y = piece_of(room, table[op, OUT], units * run)
        if kind == DENSE:
            dense(table, op, theta, x, y, rows, lanes)
        elif kind == DROPOUT:
            kept = piece_of(room, table[op, ASIDE], units * run)
            for i in range(units * run):
                y[i] = x[i] * kept[i]
        elif kind == SOFTMAX:
            softmax(x, y, piece_of(room, table[op, ASIDE], 2 * run), units, run)
        else:
            curve(kind, x, y, (numbers[op, 0], numbers[op, 1]))


@inner
def dense(table: Any, op: Any, theta: Any, x: Any, y: Any, rows: Any, lanes: Any) -> None:
    """y = x W + b."""
    inputs, units = table[op, INPUTS], table[op, UNITS]
    weights = address_of(theta, table[op, WEIGHTS] * lanes)
    bias = address_of(theta, table[op, BIAS] * lanes)
    many = STAY if table[op, BIAS] == ZEROS else NEXT
    product(
        address_of(x, ZEROS), NEXT, rows, weights, units, NEXT, bias, STAY, many,
        address_of(y, ZEROS), NEXT, rows, rows, units, inputs, x.dtype.type(1),
    )  # fmt: skip


@inner
def softmax(x: Any, y: Any, aside: Any, units: Any, run: Any) -> None:
    """yᵢ = e^xᵢ / Σⱼ e^xⱼ for every sample."""
    total = piece_of(aside, run, run)
    shifted_exp(x, y, piece_of(aside, 0, run), total, units, run)
    for j in range(units):
        each = piece_of(y, j * run, run)
        for i in range(run):
            each[i] /= total[i]


@inner
def shifted_exp(z: Any, p: Any, largest: Any, total: Any, units: Any, run: Any) -> None:
    """p = e^(z − max z) for every sample, with its maximum and Σ p."""
    for i in range(run):
        largest[i] = z[i]
        total[i] = 0
    for j in range(1, units):
        each = piece_of(z, j * run, run)
        for i in range(run):
            largest[i] = max(largest[i], each[i])
    for j in range(units):
        each, power = piece_of(z, j * run, run), piece_of(p, j * run, run)
        for i in range(run):
            power[i] = exp(each[i] - largest[i])
        for i in range(run):
            total[i] += power[i]


# ---- backward


@inner
def backward(
    table: Any, numbers: Any, first: Any, theta: Any, g: Any, room: Any, back: Any, rows: Any,
    more: Any, lanes: Any,
) -> None:  # fmt: skip
    """From dL/dz at the start of `back`: write the gradients into g, or with `more` add them."""
    run = rows * lanes
    here, there = 0, len(back) // 2
    for op in range(len(table) - 1, first - 1, -1):
        kind, inputs, units = table[op, KIND], table[op, INPUTS], table[op, UNITS]
        x = piece_of(room, table[op, IN], inputs * run)
        y = piece_of(room, table[op, OUT], units * run)
        dy = piece_of(back, here, units * run)
        if kind == DENSE:
            dense_gradients(table, op, g, x, dy, rows, more, lanes)
            if op > first:
                dx = piece_of(back, there, inputs * run)
                dense_backward(table, op, theta, dy, dx, rows, lanes)
                here, there = there, here
        elif kind == DROPOUT:
            kept = piece_of(room, table[op, ASIDE], units * run)
            for i in range(units * run):
                dy[i] *= kept[i]
        elif kind == SOFTMAX:
            softmax_backward(y, dy, piece_of(room, table[op, ASIDE], run), units, run)
        else:
            kept = y if table[op, FROM_OUTPUT] else x
            slope(kind, kept, dy, (numbers[op, 0], numbers[op, 1]))


@inner
def dense_gradients(
    table: Any, op: Any, g: Any, x: Any, dy: Any, rows: Any, more: Any, lanes: Any
) -> None:
    """dW = xᵀ dy,  db = Σ dy over the batch."""
    inputs, units, one = table[op, INPUTS], table[op, UNITS], x.dtype.type(1)
    dW, db = address_of(g, table[op, WEIGHTS] * lanes), address_of(g, table[op, BIAS] * lanes)
    ones, zeros, again = address_of(g, ONES * lanes), address_of(g, ZEROS), NEXT if more else STAY
    from_dy = address_of(dy, ZEROS)
    product(
        address_of(x, ZEROS), rows, NEXT, from_dy, NEXT, rows, dW if more else zeros,
        again * units, again, dW, units, NEXT, inputs, units, rows, one,
    )  # fmt: skip
    if table[op, BIAS] != ZEROS:
        product(
            ones, STAY, STAY, from_dy, NEXT, rows, db if more else zeros, STAY, again, db, STAY,
            NEXT, NEXT, units, rows, one,
        )  # fmt: skip


@inner
def dense_backward(
    table: Any, op: Any, theta: Any, dy: Any, dx: Any, rows: Any, lanes: Any
) -> None:
    """dx = dy Wᵀ."""
    inputs, units, zeros = table[op, INPUTS], table[op, UNITS], address_of(theta, ZEROS)
    product(
        address_of(dy, ZEROS), NEXT, rows, address_of(theta, table[op, WEIGHTS] * lanes), NEXT,
        units, zeros, STAY, STAY, address_of(dx, ZEROS), NEXT, rows, rows, inputs, units,
        dy.dtype.type(1),
    )  # fmt: skip


@inner
def softmax_backward(y: Any, dy: Any, total: Any, units: Any, run: Any) -> None:
    """dx = y (dy − Σⱼ dyⱼ yⱼ) for every sample; overwrites dy."""
    for i in range(run):
        total[i] = 0
    for j in range(units):
        each, d = piece_of(y, j * run, run), piece_of(dy, j * run, run)
        for i in range(run):
            total[i] += d[i] * each[i]
    for j in range(units):
        each, d = piece_of(y, j * run, run), piece_of(dy, j * run, run)
        for i in range(run):
            d[i] = each[i] * (d[i] - total[i])
