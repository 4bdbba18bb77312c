"""The update of many networks' weights, each with its own constants, and the bounds on gradients
and weights.

The constants of each lane are repeated along rows of length `PIECE`, so that a plain loop over
weights can use them.
"""

import math
from typing import Any

from glassnet.compiled.compiler import exact, inner
from glassnet.compiled.formulas import RULES, choice, taken
from glassnet.compiled.lanes.chain import BEGIN, BIAS, DENSE, INPUTS, KIND, UNITS, WEIGHTS, ZEROS
from glassnet.compiled.views import piece_of

PIECE = 256
NUMBERS = 8  # of a rule: its formula's constants, decay, shrinking, and the limit of g
DECAY, SHRINK, MOST = 5, 6, 7


def _ruling(kind: Any) -> tuple[Any, str]:
    moments = ["", ", m[i]", ", m[i], v[i]"][len(kind.moments)]
    count = taken(kind.of_number, 2 + len(kind.moments), "").count("[")
    constants = "".join(f", own[{number}, i]" for number in range(count))
    gradient = f"g[i] + own[{DECAY}, i] * now"
    if kind.squares:
        gradient = f"held({gradient}, own[{MOST}, i])"
    return (
        kind.of_number,
        f"""\
for i in range(len(theta)):
    now = theta[i] - own[{SHRINK}, i] * theta[i]
    gradient = {gradient}
    theta[i]{moments} = f(now, gradient{moments}{constants})""",
    )


rule = exact(choice("rule", "theta, m, v, g, own", map(_ruling, RULES)))


@inner
def same(own: Any, before: Any) -> Any:
    """Whether the constants of a step are those of the step before."""
    equal = True
    for number in range(own.shape[0]):
        for lane in range(own.shape[1]):
            equal = equal and own[number, lane] == before[number, lane]
    return equal


@inner
def spread_numbers(own: Any, decaying: Any, plain: Any) -> None:
    """Repeat each lane's constants of this step along two rows: one for weights, and one for
    biases, which do not decay."""
    numbers, lanes = own.shape
    for number in range(numbers):
        for piece in range(PIECE // lanes):
            for lane in range(lanes):
                each = own[number, lane]
                decaying[number, piece * lanes + lane] = each
                decays = number == DECAY or number == SHRINK  # noqa: PLR1714 (one loop for both)
                plain[number, piece * lanes + lane] = 0 if decays else each


@inner
def learn(
    table: Any, first: Any, kind: Any, theta: Any, g: Any, m: Any, v: Any, decaying: Any,
    plain: Any, lanes: Any,
) -> None:  # fmt: skip
    """Update all weights and biases along g."""
    for op in range(first, len(table)):
        if table[op, KIND] == DENSE:
            at, bias, units = table[op, WEIGHTS], table[op, BIAS], table[op, UNITS]
            count = table[op, INPUTS] * units * lanes
            learn_part(kind, theta, g, m, v, at * lanes, count, decaying)
            if bias != ZEROS:
                learn_part(kind, theta, g, m, v, bias * lanes, units * lanes, plain)


@inner
def learn_part(
    kind: Any, theta: Any, g: Any, m: Any, v: Any, begin: Any, count: Any, own: Any
) -> None:
    """Update some numbers from an index on."""
    for at in range(begin, begin + count, PIECE):
        size = min(PIECE, begin + count - at)
        ms = piece_of(m, at, size) if len(m) else m
        vs = piece_of(v, at, size) if len(v) else v
        rule(kind, piece_of(theta, at, size), ms, vs, piece_of(g, at, size), own)


@inner
def mask_padding(g: Any, mask: Any) -> None:
    """Set weights that a network does not have to 0."""
    for i in range(len(mask)):
        g[i] *= mask[i]


@exact
def shorten(g: Any, norm: Any, largest: Any, squares: Any, factor: Any) -> None:
    """Clip each network's g to at most `norm`. A gradient that is not finite is kept."""
    lanes, begin = len(factor), BEGIN * len(factor)
    for i in range(PIECE):
        largest[i], squares[i] = 0, 0
    for at in range(begin, len(g), PIECE):
        each = piece_of(g, at, min(PIECE, len(g) - at))
        for i in range(len(each)):
            largest[i] = max(largest[i], abs(each[i]))
    for i in range(lanes, PIECE):
        largest[i % lanes] = max(largest[i % lanes], largest[i])
    for i in range(PIECE):
        largest[i] = largest[i % lanes] if largest[i % lanes] > 0 else 1
    for at in range(begin, len(g), PIECE):
        each = piece_of(g, at, min(PIECE, len(g) - at))
        for i in range(len(each)):
            scaled = each[i] / largest[i]
            squares[i] += scaled * scaled
    for i in range(lanes, PIECE):
        squares[i % lanes] += squares[i]
    for lane in range(lanes):
        length = math.sqrt(squares[lane]) * float(largest[lane])
        factor[lane] = norm / length if math.isfinite(length) and length > norm else 1
    for i in range(PIECE):
        largest[i] = factor[i % lanes]
    for at in range(begin, len(g), PIECE):
        each = piece_of(g, at, min(PIECE, len(g) - at))
        for i in range(len(each)):
            each[i] *= largest[i]


@exact
def keep_within(table: Any, theta: Any, norms: Any, squares: Any) -> None:
    """Scale down the weights of each unit to at most its network's norm."""
    lanes = len(norms)
    for op in range(len(table)):
        if table[op, KIND] != DENSE:
            continue
        begin, inputs, count = (
            table[op, WEIGHTS] * lanes,
            table[op, INPUTS],
            table[op, UNITS] * lanes,
        )
        factor = piece_of(squares, 0, count)
        for i in range(count):
            factor[i] = 0
        for row in range(inputs):
            w = piece_of(theta, begin + row * count, count)
            for i in range(count):
                factor[i] += float(w[i]) * float(w[i])
        longer = False
        for i in range(count):
            norm = norms[i % lanes]
            longer = longer or factor[i] > norm * norm
            factor[i] = norm / math.sqrt(factor[i]) if factor[i] > norm * norm else 1.0
        for row in range(inputs if longer else 0):
            w = piece_of(theta, begin + row * count, count)
            for i in range(count):
                w[i] *= factor[i]


@inner
def clear_subnormals(moment: Any, lane: Any, lanes: Any, smallest: Any) -> None:
    """Set every number of a network below the smallest normal number of its type to 0."""
    for i in range(lane, len(moment), lanes):
        moment[i] = moment[i] if abs(moment[i]) >= smallest else moment[i] * 0


@inner
def keep(theta: Any, m: Any, v: Any, before: Any) -> None:
    """Copy all three into `before`."""
    n = len(theta)
    for i in range(n):
        before[i] = theta[i]
    for i in range(len(m)):
        before[n + i] = m[i]
    for i in range(len(v)):
        before[2 * n + i] = v[i]


@inner
def put_back(rows: Any, theta: Any, m: Any, v: Any, before: Any) -> None:
    """Restore the networks that have no samples in this step."""
    lanes, n = len(rows), len(theta)
    for lane in range(lanes):
        if rows[lane] == 0:
            for i in range(lane, n, lanes):
                theta[i] = before[i]
            for i in range(lane, len(m), lanes):
                m[i] = before[n + i]
            for i in range(lane, len(v), lanes):
                v[i] = before[2 * n + i]
