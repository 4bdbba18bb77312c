"""Forward and backward through any chain of layers, compiled.

A chain is a table with a row for each operation: what it does, and where its weights and outputs
are (`table.py`).
"""

from typing import Any

from glassnet.compiled.compiler import inner
from glassnet.compiled.formulas import curve, slope
from glassnet.compiled.products import product, product_of_rows
from glassnet.compiled.table import (
    BIAS,
    DENSE,
    DROPOUT,
    DY,
    FROM_OUTPUT,
    IN,
    INPUTS,
    KIND,
    NARROW,
    NOISE,
    OUT,
    SOFTMAX,
    UNITS,
    WAVES,
    WEIGHTS,
)
from glassnet.compiled.views import matrix_in, piece_of
from glassnet.compiled.waves import waves_backward, waves_forward
from glassnet.nn.functions import exp

# ---- forward


@inner
def forward(
    blas: Any, table: Any, numbers: Any, theta: Any, turned: Any, samples: Any, room: Any,
    noise: Any, batch: Any, at: Any, low: Any, rows: Any,
) -> None:  # fmt: skip
    """Apply every operation to `rows` samples in `room`, starting with row `low`; row 0 is number
    `at` of its batch. The noise of the batch is ordered by operation, then by sample."""
    for op in range(len(table)):
        kind, units = table[op, KIND], table[op, UNITS]
        count = rows * units
        x = rows_of(room, table[op, IN], low, rows, table[op, INPUTS]) if op else samples
        y = rows_of(room, table[op, OUT], low, rows, units)
        if kind == DENSE:
            dense(blas, table, op, theta, turned, x, y, rows)
        elif kind == WAVES:
            waves_forward(table, op, theta, x, y, rows)
        elif kind == DROPOUT:
            own = piece_of(noise, table[op, NOISE] * batch + (at + low) * units, count)
            drop(x, y, own, numbers[op, 0])
        elif kind == SOFTMAX:
            for i in range(rows):
                softmax(piece_of(x, i * units, units), piece_of(y, i * units, units))
        else:
            curve(kind, x, y, (numbers[op, 0], numbers[op, 1]))


@inner
def rows_of(vector: Any, begin: Any, low: Any, rows: Any, width: Any) -> Any:
    """Some rows of a matrix that starts at an index of a vector, as one piece."""
    return piece_of(vector, begin + low * width, rows * width)


@inner
def dense(
    blas: Any, table: Any, op: Any, theta: Any, turned: Any, x: Any, y: Any, rows: Any
) -> None:
    """y = x W + b."""
    at, inputs, units = table[op, WEIGHTS], table[op, INPUTS], table[op, UNITS]
    xs, ys = matrix_in(x, 0, rows, inputs), matrix_in(y, 0, rows, units)
    spread_bias(table, op, theta, ys)
    if table[op, NARROW]:
        product_of_rows(blas, xs, matrix_in(turned, at, units, inputs), ys, True)
    else:
        product(blas, xs, matrix_in(theta, at, inputs, units), ys, True)


@inner
def spread_bias(table: Any, op: Any, theta: Any, ys: Any) -> None:
    """Set every row to b, or to 0 if there is no bias."""
    at = table[op, BIAS]
    b = piece_of(theta, max(at, 0), ys.shape[1])
    for i in range(ys.shape[0]):
        for j in range(ys.shape[1]):
            ys[i, j] = b[j] if at >= 0 else 0


@inner
def drop(x: Any, y: Any, noise: Any, rate: Any) -> None:
    """y = x / (1 − rate) where the noise is at least the rate, and 0 elsewhere."""
    least, kept = noise.dtype.type(rate), x.dtype.type(1) - rate
    for i in range(len(x)):
        y[i] = x[i] * x.dtype.type(noise[i] >= least) / kept


@inner
def softmax(x: Any, y: Any) -> None:
    """yᵢ = e^xᵢ / Σⱼ e^xⱼ for one row."""
    _, total = shifted_exp(x, y)
    for j in range(len(y)):
        y[j] /= total


@inner
def shifted_exp(z: Any, p: Any) -> Any:
    """p = e^(z − max z); returns the maximum and Σ p."""
    largest, total = z[0], z.dtype.type(0)
    for j in range(1, len(z)):
        largest = max(largest, z[j])
    for j in range(len(z)):
        p[j] = exp(z[j] - largest)
    for j in range(len(z)):
        total += p[j]
    return largest, total


# ---- backward


@inner
def backward(
    blas: Any, table: Any, numbers: Any, first: Any, theta: Any, turned: Any, room: Any, back: Any,
    noise: Any, batch: Any, at: Any, low: Any, rows: Any,
) -> None:  # fmt: skip
    """From dL/dz at the start of `back` to the dy of every operation with weights, for the same
    rows."""
    here, there = 0, len(back) // 2
    for op in range(len(table) - 1, first - 1, -1):
        kind, inputs, units = table[op, KIND], table[op, INPUTS], table[op, UNITS]
        count = rows * units
        dy = piece_of(back, here, count)
        if kind in (DENSE, WAVES):
            kept = rows_of(room, table[op, DY], low, rows, units)
            for i in range(count):
                kept[i] = dy[i]
            if op > first:
                dx = piece_of(back, there, rows * inputs)
                if kind == DENSE:
                    dense_backward(blas, table, op, theta, turned, dy, dx, rows)
                else:
                    x = rows_of(room, table[op, IN], low, rows, inputs)
                    waves_backward(table, op, theta, x, dy, dx, rows)
                here, there = there, here
        elif kind == DROPOUT:
            own = piece_of(noise, table[op, NOISE] * batch + (at + low) * units, count)
            drop(dy, dy, own, numbers[op, 0])
        else:
            x = rows_of(room, table[op, IN], low, rows, inputs)
            y = rows_of(room, table[op, OUT], low, rows, units)
            if kind == SOFTMAX:
                for i in range(rows):
                    softmax_backward(piece_of(y, i * units, units), piece_of(dy, i * units, units))
            else:
                kept = y if table[op, FROM_OUTPUT] else x
                slope(kind, kept, dy, (numbers[op, 0], numbers[op, 1]))


@inner
def dense_backward(
    blas: Any, table: Any, op: Any, theta: Any, turned: Any, dy: Any, dx: Any, rows: Any
) -> None:
    """dx = dy Wᵀ."""
    at, inputs, units = table[op, WEIGHTS], table[op, INPUTS], table[op, UNITS]
    dys, dxs = matrix_in(dy, 0, rows, units), matrix_in(dx, 0, rows, inputs)
    if table[op, NARROW]:
        product(blas, dys, matrix_in(turned, at, units, inputs), dxs, False)
    else:
        product_of_rows(blas, dys, matrix_in(theta, at, inputs, units), dxs, False)


@inner
def softmax_backward(y: Any, dy: Any) -> None:
    """dx = y (dy − Σⱼ dyⱼ yⱼ) for one row; overwrites dy."""
    total = y.dtype.type(0)
    for j in range(len(y)):
        total += dy[j] * y[j]
    for j in range(len(y)):
        dy[j] = y[j] * (dy[j] - total)
