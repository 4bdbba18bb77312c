"""Limited-memory BFGS, an iteration at a time  (Liu & Nocedal, 1989)."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from glassnet.base.arrays import Array
from glassnet.nn.optimizers.line_search import Trial, line_search

FLAT = 1e-5  # a slope below this is none
STILL = 2.22e-9  # a relative change of the value below this is none

Function = Callable[[Array], tuple[float, Array]]  # value and gradient at θ


class Place(NamedTuple):
    """Where the search is, and what it remembers of the way there; all in float64."""

    theta: Array
    value: float
    gradient: Array
    before: float | None = None  # the value one iteration before
    steps: tuple[Array, ...] = ()  # the last changes of θ
    turns: tuple[Array, ...] = ()  # and of the gradient along each


def iterate(function: Function, here: Place, history: int, flat: float = FLAT) -> Place | None:
    """One iteration,  θ ← θ − a H g;  None where nothing improves any more.

    H is the inverse curvature as the last `history` steps tell it, a comes from a line search;
    where no slope is above `flat`, there is a minimum.

    >>> place = Place(np.array([3.0]), 9.0, np.array([6.0]))
    >>> place = iterate(lambda x: (float(x @ x), 2 * x), place, history=10)
    >>> place = iterate(lambda x: (float(x @ x), 2 * x), place, history=10)
    >>> place.theta.round(6)
    array([0.])
    """
    if np.abs(here.gradient).max() <= flat:
        return None
    if here.before is not None:
        most = max(abs(here.before), abs(here.value), 1.0)
        if here.before - here.value <= STILL * most:
            return None
    there = _descend(function, here)
    if there is None and here.steps:  # what is remembered leads nowhere, so go on without it
        here = here._replace(steps=(), turns=())
        there = _descend(function, here)
    return None if there is None else _remember(here, there, history)


def _descend(function: Function, here: Place) -> Place | None:
    direction = _direction(here)
    slope = float(direction @ here.gradient)
    there = here

    def along(step: float) -> tuple[float, float]:
        nonlocal there
        theta = here.theta + step * direction
        there = Place(theta, *function(theta), here.value)
        return there.value, float(there.gradient @ direction)

    first = 1 / math.sqrt(direction @ direction) if here.before is None else 1.0
    found = slope < 0 and line_search(along, Trial(0.0, here.value, slope), first)
    return there if found else None


def _direction(here: Place) -> Array:
    """−H g, by going through the pairs from the last to the first and back."""
    pairs = list(zip(here.steps, here.turns, strict=True))
    d, shares = -here.gradient, []
    for s, y in reversed(pairs):
        shares.append((s @ d) / (s @ y))
        d -= shares[-1] * y
    if pairs:
        s, y = pairs[-1]
        d *= (s @ y) / (y @ y)
    for s, y in pairs:
        d += (shares.pop() - (y @ d) / (s @ y)) * s
    return d


def _remember(here: Place, there: Place, history: int) -> Place:
    """Add this step to the last ones, but where the function does not curve upwards along it."""
    steps, turns = here.steps, here.turns
    s, y = there.theta - here.theta, there.gradient - here.gradient
    if s @ y > np.finfo(float).eps * -(s @ here.gradient):
        steps, turns = (*steps, s)[-history:], (*turns, y)[-history:]
    return there._replace(steps=steps, turns=turns)
