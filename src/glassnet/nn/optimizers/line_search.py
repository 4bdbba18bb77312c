"""How far to go along a direction: the line search of Moré & Thuente (1994)."""

import math
from collections.abc import Callable
from typing import NamedTuple

# Wolfe's conditions (1969): f(s) ≤ f(0) + c₁ s f′(0) and |f′(s)| ≤ c₂ |f′(0)|.
SUFFICIENT_DECREASE = 1e-3
CURVATURE = 0.9
NARROW = 0.1  # an interval that is relatively narrower than this is not searched further
LONGEST = 1e10
TRIALS = 20


class Trial(NamedTuple):
    """A step along the direction, and what the function is there."""

    step: float
    value: float
    slope: float

    def tilted(self, slope: float) -> "Trial":
        """The same, of the function less slope · step."""
        return Trial(self.step, self.value - slope * self.step, self.slope - slope)


def line_search(along: Callable[[float], tuple[float, float]], begin: Trial, step: float) -> bool:
    """Try steps until one is good enough, the last that `along` was evaluated at; False if none is.

    `along` gives value and slope at a step; `begin` is the step of 0, where the slope is negative;
    `step` is the first to try. Good enough is

        f(s) ≤ f(0) + 10⁻³ s f′(0)   with   |f′(s)| ≤ 0.9 |f′(0)|,

    or where the interval that holds such a step has become too narrow to search.

    >>> tried = []
    >>> def parabola(step):
    ...     tried.append(step)
    ...     return (step - 3) ** 2, 2 * (step - 3)
    >>> line_search(parabola, Trial(0.0, 9.0, -6.0), step=0.1)
    True
    >>> tried
    [0.1, 0.5]
    """
    promised = SUFFICIENT_DECREASE * begin.slope
    best = other = begin
    between = narrow = False  # whether best and other have a minimum between them, and are close
    descending = True
    low, high = 0.0, 5 * step
    width = before = LONGEST
    for _ in range(TRIALS):
        now = Trial(step, *along(step))
        enough = now.value <= begin.value + step * promised
        if narrow or (enough and abs(now.slope) <= CURVATURE * -begin.slope):
            return True
        # Until a step has won enough, a minimum is looked for of what is won beyond the promise.
        descending = descending and not (enough and now.slope >= 0)
        tilt = promised if descending and now.value <= best.value and not enough else 0.0
        a, b, c = (end.tilted(tilt) for end in (best, other, now))
        step, between = _next_step(a, b, c, between, low, high)
        best, other = (end.tilted(-tilt) for end in _interval(a, b, c))
        low, high = step + 1.1 * (step - best.step), step + 4 * (step - best.step)
        if between:
            if abs(other.step - best.step) >= 0.66 * before:
                step = (best.step + other.step) / 2
            before, width = width, abs(other.step - best.step)
            low, high = sorted((best.step, other.step))
        step = min(max(step, 0.0), LONGEST)
        narrow = between and (not low < step < high or high - low <= NARROW * high)
        step = best.step if narrow else step
    return False


def _interval(best: Trial, other: Trial, now: Trial) -> tuple[Trial, Trial]:
    """The best end and the other one, with what is known now."""
    if now.value > best.value:
        return best, now
    return now, (best if now.slope * best.slope < 0 else other)


def _next_step(
    best: Trial, other: Trial, now: Trial, between: bool, low: float, high: float
) -> tuple[float, bool]:
    """The step to try next, and whether a minimum is known to be between two ends.

    It is where the cubic through two values and slopes has its minimum, or the line through two
    slopes its zero; how far each is trusted depends on what is known.
    """

    def distance(step: float) -> float:
        return abs(step - now.step)

    if now.value > best.value:  # too far: there is a minimum before
        cubic, parabola = _cubic(best, now), _parabola(best, now)
        near = abs(cubic - best.step) <= abs(parabola - best.step)
        return cubic if near else cubic + (parabola - cubic) / 2, True
    if now.slope * best.slope < 0:  # uphill from here: the same
        return max(_secant(now, best), _cubic(now, best), key=distance), True
    onward = high if now.step > best.step else low
    if abs(now.slope) >= abs(best.slope):  # downhill, no less steep
        return _cubic(now, other) if between else onward, between
    cubic, secant = _cubic(now, best), _secant(now, best)
    if (cubic - now.step) * (now.step - best.step) <= 0:
        cubic = onward
    if not between:
        return min(max(max(secant, cubic, key=distance), low), high), False
    step, limit = min(secant, cubic, key=distance), now.step + 0.66 * (other.step - now.step)
    return (min if now.step > best.step else max)(limit, step), True


def _cubic(a: Trial, b: Trial) -> float:
    """Where the cubic through values and slopes at a and b is least; infinite if nowhere."""
    theta = 3 * (a.value - b.value) / (b.step - a.step) + a.slope + b.slope
    scale = max(abs(theta), abs(a.slope), abs(b.slope))
    square = (theta / scale) ** 2 - (a.slope / scale) * (b.slope / scale)
    gamma = math.copysign(scale * math.sqrt(max(square, 0.0)), b.step - a.step)
    below = gamma - a.slope + gamma + b.slope
    share = (gamma - a.slope + theta) / below if below and gamma else -math.inf
    return a.step + share * (b.step - a.step)


def _parabola(a: Trial, b: Trial) -> float:
    """Where the parabola through both values and the slope at a is least."""
    mean = (a.value - b.value) / (b.step - a.step)
    return a.step + a.slope / (mean + a.slope) / 2 * (b.step - a.step)


def _secant(a: Trial, b: Trial) -> float:
    """Where the line through both slopes is 0."""
    return a.step + a.slope / (a.slope - b.slope) * (b.step - a.step)
