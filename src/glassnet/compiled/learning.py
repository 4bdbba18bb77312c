"""The update of all weights, and the bounds on gradients and weights."""

import math
from typing import Any

import numpy as np

from glassnet.compiled.compiler import exact, inner
from glassnet.compiled.crew import begin_of
from glassnet.compiled.formulas import rule
from glassnet.compiled.table import (
    BIAS,
    COLUMNS,
    DENSE,
    DY,
    FREQUENCIES,
    IN,
    INPUTS,
    KIND,
    MIXTURES,
    UNITS,
    WAVES,
    WEIGHTS,
)
from glassnet.compiled.views import matrix_in, piece_of
from glassnet.compiled.waves import B, C, V, W, waves_at


@inner
def numbers_of(own: Any, step: Any, decays: Any) -> Any:
    """The rule's constants for a step. Weights decay, biases do not."""
    applies = own.dtype.type(decays)
    return (
        own[step, 0], own[step, 1], own[step, 2], own[step, 3], own[step, 4],
        own[step, 5] * applies, own[step, 6] * applies, own[step, 7],
    )  # fmt: skip


@inner
def learn(
    table: Any, first: Any, kind: Any, theta: Any, g: Any, m: Any, v: Any, own: Any, step: Any,
    part: Any, parts: Any,
) -> None:  # fmt: skip
    """Update along g: for every dense layer, the weights of some inputs and some biases; of waves,
    all of some columns."""
    one = np.ones(1, theta.dtype)
    for op in range(first, len(table)):
        if table[op, KIND] == WAVES:
            learn_waves(table, op, kind, theta, g, m, v, own, step, part, parts)
        if table[op, KIND] != DENSE:
            continue
        inputs, units = table[op, INPUTS], table[op, UNITS]
        low, high = begin_of(part, parts, inputs), begin_of(part + 1, parts, inputs)
        at = table[op, WEIGHTS] + low * units
        dw = piece_of(g, at, (high - low) * units)
        learn_piece(kind, theta, m, v, at, dw, one, numbers_of(own, step, True), False)
        if table[op, BIAS] >= 0:
            low, high = begin_of(part, parts, units), begin_of(part + 1, parts, units)
            at = table[op, BIAS] + low
            db = piece_of(g, at, high - low)
            learn_piece(kind, theta, m, v, at, db, one, numbers_of(own, step, False), False)


@inner
def learn_waves(
    table: Any, op: Any, kind: Any, theta: Any, g: Any, m: Any, v: Any, own: Any, step: Any,
    part: Any, parts: Any,
) -> None:  # fmt: skip
    """The same for waves. W and V decay, b and c do not."""
    one, columns = np.ones(1, theta.dtype), table[op, COLUMNS]
    low, high = begin_of(part, parts, columns), begin_of(part + 1, parts, columns)
    for parameter in (W, B, V, C):
        at = waves_at(table, op, parameter, low)
        d = piece_of(g, at, waves_at(table, op, parameter, high) - at)
        decays = parameter in (W, V)
        learn_piece(kind, theta, m, v, at, d, one, numbers_of(own, step, decays), False)


@inner
def learn_alone(
    table: Any, first: Any, kind: Any, theta: Any, m: Any, v: Any, x: Any, room: Any, own: Any,
    step: Any,
) -> None:  # fmt: skip
    """Update for a batch of one sample, with the gradient xᵢ dyⱼ computed on the way. If x is 0 and
    neither a moment nor decay changes a weight, it is skipped."""
    one = np.ones(1, theta.dtype)
    still = len(m) == 0 and own[step, 5] == 0 and own[step, 6] == 0
    for op in range(first, len(table)):
        if table[op, KIND] != DENSE:
            continue
        factors = piece_of(room, table[op, IN], table[op, INPUTS]) if op else x
        dy, numbers = piece_of(room, table[op, DY], table[op, UNITS]), numbers_of(own, step, True)
        learn_piece(kind, theta, m, v, table[op, WEIGHTS], dy, factors, numbers, still)
        if table[op, BIAS] >= 0:
            numbers = numbers_of(own, step, False)
            learn_piece(kind, theta, m, v, table[op, BIAS], dy, one, numbers, False)


@inner
def learn_piece(
    kind: Any, theta: Any, m: Any, v: Any, at: Any, g: Any, factors: Any, numbers: Any, still: Any
) -> None:
    """Update rows of θ from an index on, each along g times its factor."""
    rows, count = len(factors), len(g)
    ms = matrix_in(m, at if len(m) else 0, rows, count)
    vs = matrix_in(v, at if len(v) else 0, rows, count)
    rule(kind, matrix_in(theta, at, rows, count), ms, vs, g, factors, numbers, still)


@exact
def penalise(table: Any, theta: Any, g: Any, factor: Any, part: Any, parts: Any) -> Any:
    """Add the gradient of ½ factor ‖W‖² to g, for the weights of some inputs; returns its value."""
    total = 0.0
    for op in range(len(table)):
        if table[op, KIND] == DENSE:
            inputs, units = table[op, INPUTS], table[op, UNITS]
            low, high = begin_of(part, parts, inputs), begin_of(part + 1, parts, inputs)
            at, count = table[op, WEIGHTS] + low * units, (high - low) * units
            total += penalise_piece(theta, g, factor, at, count)
        elif table[op, KIND] == WAVES:
            columns = table[op, COLUMNS]
            low, high = begin_of(part, parts, columns), begin_of(part + 1, parts, columns)
            for parameter in (W, V):
                at = waves_at(table, op, parameter, low)
                count = waves_at(table, op, parameter, high) - at
                total += penalise_piece(theta, g, factor, at, count)
    return factor * total / 2


@exact
def penalise_piece(theta: Any, g: Any, factor: Any, at: Any, count: Any) -> Any:
    """Add factor W to g for some weights; returns ‖W‖²."""
    w, dw, total = piece_of(theta, at, count), piece_of(g, at, count), 0.0
    for i in range(count):
        dw[i] += factor * w[i]
        total += w[i] * w[i]
    return total


@exact
def shorten(g: Any, norm: Any) -> None:
    """Clip g to at most `norm`. A gradient that is not finite is kept for the report."""
    largest = 0.0
    for i in range(len(g)):
        largest = max(largest, np.float64(abs(g[i])))
    if not 0 < largest < math.inf:
        return
    squares = 0.0
    for i in range(len(g)):
        squares += (g[i] / largest) ** 2
    length = math.sqrt(squares) * largest
    if length > norm:
        for i in range(len(g)):
            g[i] *= norm / length


@exact
def keep_within(table: Any, theta: Any, norm: Any) -> None:
    """Scale down the weights of each unit to at most `norm`."""
    for op in range(len(table)):
        if table[op, KIND] == DENSE:
            begin, inputs, units = table[op, WEIGHTS], table[op, INPUTS], table[op, UNITS]
            shorten_columns(matrix_in(theta, begin, inputs, units), norm)
        elif table[op, KIND] == WAVES:
            columns, waves, mixtures = (
                table[op, COLUMNS],
                table[op, FREQUENCIES],
                table[op, MIXTURES],
            )
            w, v = waves_at(table, op, W, 0), waves_at(table, op, V, 0)
            shorten_columns(matrix_in(theta, w, columns, waves), norm)
            shorten_columns(matrix_in(theta, v, columns * waves, mixtures), norm)


@exact
def shorten_columns(w: Any, norm: Any) -> None:
    """Scale down each column of a matrix to at most `norm`."""
    for j in range(w.shape[1]):
        squares = 0.0
        for i in range(w.shape[0]):
            squares += np.float64(w[i, j]) ** 2
        if squares > norm * norm:
            for i in range(w.shape[0]):
                w[i, j] *= norm / math.sqrt(squares)


@inner
def clear_subnormals(moment: Any, smallest: Any) -> None:
    """Set every number below the smallest normal number of its type to 0."""
    for i in range(len(moment)):
        moment[i] = moment[i] if abs(moment[i]) >= smallest else moment[i] * 0
