"""Waves of numbers (`PeriodicEmbedding`), compiled: one column after another, over all rows of a
batch at a time, so that a vector holds the same wave of several rows. Nothing is kept for backward:
computing a wave again takes less time than reading it from memory.

The parameters W, b, V and c stand one after another in θ, each ordered by column.
"""

import math
from typing import Any

import numpy as np

from glassnet.compiled.compiler import any_order, inner
from glassnet.compiled.crew import begin_of
from glassnet.compiled.table import (
    CHOSEN,
    COLUMNS,
    FREQUENCIES,
    INPUTS,
    MIXTURES,
    UNITS,
    WEIGHTS,
)
from glassnet.compiled.turns import cos_turns, sin_turns
from glassnet.compiled.views import matrix_in, piece_of

W, B, V, C = range(4)  # the parameters in their order


@inner
def waves_at(table: Any, op: Any, parameter: Any, column: Any) -> Any:
    """Index in θ of what a column has of W, b, V or c."""
    columns, waves, mixtures = table[op, COLUMNS], table[op, FREQUENCIES], table[op, MIXTURES]
    begin, size = table[op, WEIGHTS], waves
    if parameter == B:
        begin += columns * waves
    elif parameter == V:
        begin, size = begin + 2 * columns * waves, waves * mixtures
    elif parameter == C:
        begin, size = begin + columns * waves * (2 + mixtures), mixtures
    return begin + column * size


@inner
def waves_forward(table: Any, op: Any, theta: Any, x: Any, y: Any, rows: Any) -> None:
    """y = x and the e = cos(2π (W x + b)) V + c of each column."""
    inputs, waves, mixtures = table[op, INPUTS], table[op, FREQUENCIES], table[op, MIXTURES]
    xs, ys = matrix_in(x, 0, rows, inputs), matrix_in(y, 0, rows, table[op, UNITS])
    t, z, e = np.empty(rows, x.dtype), np.empty(rows, x.dtype), np.empty((mixtures, rows), x.dtype)
    for i in range(rows):
        for k in range(inputs):
            ys[i, k] = xs[i, k]
    for column in range(table[op, COLUMNS]):
        w = piece_of(theta, waves_at(table, op, W, column), waves)
        b = piece_of(theta, waves_at(table, op, B, column), waves)
        v = piece_of(theta, waves_at(table, op, V, column), waves * mixtures)
        c = piece_of(theta, waves_at(table, op, C, column), mixtures)
        copy_column(xs, table[op, CHOSEN + column], t)
        for u in range(mixtures):
            e[u, :] = c[u]
        for f in range(waves):
            cosines(w[f], b[f], t, z)
            for u in range(mixtures):
                add_multiple(v[f * mixtures + u], z, e[u])
        for u in range(mixtures):
            for i in range(rows):
                ys[i, inputs + column * mixtures + u] = e[u, i]


@inner
def waves_backward(table: Any, op: Any, theta: Any, x: Any, dy: Any, dx: Any, rows: Any) -> None:
    """dx = dy beside e + Σ da W, where da = −2π de Vᵀ sin(2π (W x + b))."""
    inputs, waves, mixtures = table[op, INPUTS], table[op, FREQUENCIES], table[op, MIXTURES]
    xs, dxs = matrix_in(x, 0, rows, inputs), matrix_in(dx, 0, rows, inputs)
    dys = matrix_in(dy, 0, rows, table[op, UNITS])
    t, d, total = np.empty(rows, x.dtype), np.empty(rows, x.dtype), np.empty(rows, x.dtype)
    de = np.empty((mixtures, rows), x.dtype)
    for i in range(rows):
        for k in range(inputs):
            dxs[i, k] = dys[i, k]
    for column in range(table[op, COLUMNS]):
        w = piece_of(theta, waves_at(table, op, W, column), waves)
        b = piece_of(theta, waves_at(table, op, B, column), waves)
        v = piece_of(theta, waves_at(table, op, V, column), waves * mixtures)
        chosen = table[op, CHOSEN + column]
        copy_column(xs, chosen, t)
        for u in range(mixtures):
            copy_column(dys, inputs + column * mixtures + u, de[u])
        total[:] = 0
        for f in range(waves):
            slopes(w[f], b[f], piece_of(v, f * mixtures, mixtures), t, de, d)
            add_multiple(w[f], d, total)
        for i in range(rows):
            dxs[i, chosen] += total[i]


@inner
def waves_gradients(
    table: Any, op: Any, theta: Any, g: Any, x: Any, dy: Any, rows: Any, more: Any, part: Any,
    parts: Any,
) -> None:  # fmt: skip
    """dW = Σ da x, db = Σ da, dV = zᵀ de and dc = Σ de over the batch, for some columns."""
    inputs, waves, mixtures = table[op, INPUTS], table[op, FREQUENCIES], table[op, MIXTURES]
    xs, dys = matrix_in(x, 0, rows, inputs), matrix_in(dy, 0, rows, table[op, UNITS])
    t, d, z = np.empty(rows, x.dtype), np.empty(rows, x.dtype), np.empty(rows, x.dtype)
    de, columns = np.empty((mixtures, rows), x.dtype), table[op, COLUMNS]
    for column in range(begin_of(part, parts, columns), begin_of(part + 1, parts, columns)):
        at_w, at_b = waves_at(table, op, W, column), waves_at(table, op, B, column)
        at_v, at_c = waves_at(table, op, V, column), waves_at(table, op, C, column)
        v = piece_of(theta, at_v, waves * mixtures)
        copy_column(xs, table[op, CHOSEN + column], t)
        for u in range(mixtures):
            copy_column(dys, inputs + column * mixtures + u, de[u])
            put(g, at_c + u, total_of(de[u]), more)
        for f in range(waves):
            w, b = theta[at_w + f], theta[at_b + f]
            slopes(w, b, piece_of(v, f * mixtures, mixtures), t, de, d)
            put(g, at_w + f, dot(d, t), more)
            put(g, at_b + f, total_of(d), more)
            cosines(w, b, t, z)
            for u in range(mixtures):
                put(g, at_v + f * mixtures + u, dot(z, de[u]), more)


# ---- of a column, over all rows


@inner
def copy_column(rows: Any, column: Any, out: Any) -> None:
    """Copy a column of rows."""
    for i in range(len(out)):
        out[i] = rows[i, column]


@inner
def cosines(w: Any, b: Any, t: Any, z: Any) -> None:
    """z = cos(2π (w t + b))."""
    for i in range(len(t)):
        z[i] = cos_turns(w * t[i] + b)


@inner
def slopes(w: Any, b: Any, v: Any, t: Any, de: Any, d: Any) -> None:
    """da = −2π de Vᵀ sin(2π (w t + b)) of one wave."""
    turn = t.dtype.type(-2 * math.pi)
    first = turn * v[0]
    for i in range(len(t)):
        d[i] = first * de[0, i]
    for u in range(1, len(v)):
        add_multiple(turn * v[u], de[u], d)
    for i in range(len(t)):
        d[i] *= sin_turns(w * t[i] + b)


@inner
def add_multiple(factor: Any, x: Any, total: Any) -> None:
    """Add factor · x."""
    for i in range(len(total)):
        total[i] += factor * x[i]


@inner
def put(g: Any, at: Any, value: Any, more: Any) -> None:
    """Write a number of the gradient, or with `more` add it."""
    g[at] = g[at] + value if more else value


@any_order
def dot(x: Any, y: Any) -> Any:
    """Σ xᵢ yᵢ."""
    total = x.dtype.type(0)
    for i in range(len(x)):
        total += x[i] * y[i]
    return total


@any_order
def total_of(x: Any) -> Any:
    """Σ xᵢ."""
    total = x.dtype.type(0)
    for i in range(len(x)):
        total += x[i]
    return total
