"""The gradients of all weights at once, or of those of some inputs."""

from typing import Any

from glassnet.compiled.blas import gemm_within
from glassnet.compiled.compiler import inner
from glassnet.compiled.crew import begin_of
from glassnet.compiled.products import product_across
from glassnet.compiled.table import (
    BIAS,
    DENSE,
    DY,
    IN,
    INPUTS,
    KIND,
    NARROW,
    UNITS,
    WAVES,
    WEIGHTS,
)
from glassnet.compiled.views import matrix_in, piece_of
from glassnet.compiled.waves import waves_gradients


@inner
def gradients(
    blas: Any, table: Any, first: Any, theta: Any, g: Any, across: Any, samples: Any, room: Any,
    rows: Any, more: Any, part: Any, parts: Any,
) -> None:  # fmt: skip
    """Write the gradients over `rows` samples into g, or with `more` add them: of every operation
    with weights, the part asked for. Of a dense layer they are dW = xᵀ dy and db = Σ dy."""
    for op in range(first, len(table)):
        if table[op, KIND] not in (DENSE, WAVES):
            continue
        x = piece_of(room, table[op, IN], rows * table[op, INPUTS]) if op else samples
        dy = piece_of(room, table[op, DY], rows * table[op, UNITS])
        if table[op, KIND] == WAVES:
            waves_gradients(table, op, theta, g, x, dy, rows, more, part, parts)
        elif parts == 1:
            weight_gradient(blas, table, op, g, across, x, dy, rows, more)
        else:
            part_of_weight_gradient(blas, table, op, g, across, x, dy, rows, more, part, parts)
        if table[op, BIAS] >= 0:  # never of waves
            bias_gradient(table, op, g, dy, rows, more, part, parts)


@inner
def weight_gradient(
    blas: Any, table: Any, op: Any, g: Any, across: Any, x: Any, dy: Any, rows: Any, more: Any
) -> None:
    """dW = xᵀ dy. With few units it is computed as (dyᵀ x)ᵀ, whose rows are longer."""
    at, inputs, units = table[op, WEIGHTS], table[op, INPUTS], table[op, UNITS]
    xs, dys = matrix_in(x, 0, rows, inputs), matrix_in(dy, 0, rows, units)
    if table[op, NARROW]:
        product_across(blas, dys, xs, matrix_in(across, at, units, inputs), more)
        turn_back(across, g, at, inputs, units, 0, inputs)
    else:
        product_across(blas, xs, dys, matrix_in(g, at, inputs, units), more)


@inner
def part_of_weight_gradient(
    blas: Any, table: Any, op: Any, g: Any, across: Any, x: Any, dy: Any, rows: Any, more: Any,
    part: Any, parts: Any,
) -> None:  # fmt: skip
    """The same for the weights of some inputs, by BLAS."""
    at, inputs, units = table[op, WEIGHTS], table[op, INPUTS], table[op, UNITS]
    low, high = begin_of(part, parts, inputs), begin_of(part + 1, parts, inputs)
    if table[op, NARROW]:
        shape = units, high - low, rows
        gemm_within(blas, shape, dy, 0, units, x, low, inputs, across, at + low, inputs, more)
        turn_back(across, g, at, inputs, units, low, high)
    else:
        shape = high - low, units, rows
        gemm_within(blas, shape, x, low, inputs, dy, 0, units, g, at + low * units, units, more)


@inner
def turn_back(across: Any, g: Any, at: Any, inputs: Any, units: Any, low: Any, high: Any) -> None:
    """dW from its transpose, for the inputs from low to high."""
    turned, dw = matrix_in(across, at, units, inputs), matrix_in(g, at, inputs, units)
    for j in range(units):
        for i in range(low, high):
            dw[i, j] = turned[j, i]


@inner
def bias_gradient(
    table: Any, op: Any, g: Any, dy: Any, rows: Any, more: Any, part: Any, parts: Any
) -> None:
    """db = Σ dy over the batch, for some units."""
    units = table[op, UNITS]
    low = begin_of(part, parts, units)
    count = begin_of(part + 1, parts, units) - low
    db = piece_of(g, table[op, BIAS] + low, count)
    for j in range(count):
        db[j] = db[j] if more else 0
    for i in range(rows):
        row = piece_of(dy, i * units + low, count)
        for j in range(count):
            db[j] += row[j]


@inner
def turn(table: Any, theta: Any, turned: Any, part: Any, parts: Any) -> None:
    """Keep Wᵀ of layers with few units, because its rows are longer."""
    for op in range(len(table)):
        if table[op, KIND] == DENSE and table[op, NARROW]:
            at, inputs, units = table[op, WEIGHTS], table[op, INPUTS], table[op, UNITS]
            w, across = matrix_in(theta, at, inputs, units), matrix_in(turned, at, units, inputs)
            for i in range(begin_of(part, parts, inputs), begin_of(part + 1, parts, inputs)):
                for j in range(units):
                    across[j, i] = w[i, j]
