"""Limited-memory BFGS, an iteration at a time  (Liu & Nocedal, 1989)."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.errors import InputError
from glassnet.nn.optimizers.base import Optimizer
from glassnet.nn.optimizers.line_search import Trial, line_search

GRADIENT_TOLERANCE = 1e-5  # below which no number of the gradient counts
VALUE_TOLERANCE = 2.22e-9  # below which no relative change of the value counts

Function = Callable[[Array], tuple[float, Array]]  # value and gradient at θ


class LBFGS(Optimizer):
    """Limited-memory BFGS: the whole data in every step, no learning rate  (Liu & Nocedal, 1989).

    One epoch is one iteration, in float64 whatever the network has.

    - `history=10`: how many past steps shape the next.
    - `weight_decay=0`: λ, as in `Optimizer`.

    >>> from glassnet import Dense, Sequential
    >>> x = np.linspace(-1, 1, 50)[:, None]
    >>> net = Sequential([Dense(8, "tanh"), Dense(1)], seed=0)
    >>> net.fit(x, x[:, 0] ** 2, optimizer=LBFGS(), epochs=50)["loss"][-1] < 1e-4
    True
    """

    def __init__(self, history: int = 10, *, weight_decay: float = 0.0) -> None:
        super().__init__(1.0, weight_decay=weight_decay)
        self.history = self.positive_int("history", history)

    def rule(self, *arrays: Any, **numbers: Any) -> None:
        raise InputError("lbfgs has no single step: it needs the whole loss, as fit gives it")


class State(NamedTuple):
    """Where the search is, and what it remembers of the way there; all in float64."""

    theta: Array
    value: float
    gradient: Array
    before: float | None = None  # the value one iteration before
    steps: tuple[Array, ...] = ()  # the last changes of θ
    turns: tuple[Array, ...] = ()  # and of the gradient along each


def iterate(
    function: Function, here: State, history: int, tolerance: float = GRADIENT_TOLERANCE
) -> State | None:
    """One iteration,  θ ← θ − a H g;  None if nothing improves any more.

    H is the inverse curvature that follows from the last `history` steps, a comes from a line
    search; if no number of the gradient is above `tolerance`, this is a minimum.

    >>> state = State(np.array([3.0]), 9.0, np.array([6.0]))
    >>> state = iterate(lambda x: (float(x @ x), 2 * x), state, history=10)
    >>> state = iterate(lambda x: (float(x @ x), 2 * x), state, history=10)
    >>> state.theta.round(6)
    array([0.])
    """
    if np.abs(here.gradient).max() <= tolerance:
        return None
    if here.before is not None:
        most = max(abs(here.before), abs(here.value), 1.0)
        if here.before - here.value <= VALUE_TOLERANCE * most:
            return None
    there = _descend(function, here)
    if there is None and here.steps:  # what is remembered leads nowhere: continue without it
        here = here._replace(steps=(), turns=())
        there = _descend(function, here)
    return None if there is None else _remember(here, there, history)


def _descend(function: Function, here: State) -> State | None:
    direction = _direction(here)
    slope = float(direction @ here.gradient)
    there = here

    def along(step: float) -> tuple[float, float]:
        nonlocal there
        theta = here.theta + step * direction
        there = State(theta, *function(theta), here.value)
        return there.value, float(there.gradient @ direction)

    first = 1 / math.sqrt(direction @ direction) if here.before is None else 1.0
    found = slope < 0 and line_search(along, Trial(0.0, here.value, slope), first)
    return there if found else None


def _direction(here: State) -> Array:
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


def _remember(here: State, there: State, history: int) -> State:
    """Add this step to the last ones, but where the function does not curve upwards along it."""
    steps, turns = here.steps, here.turns
    s, y = there.theta - here.theta, there.gradient - here.gradient
    if s @ y > np.finfo(float).eps * -(s @ here.gradient):
        steps, turns = (*steps, s)[-history:], (*turns, y)[-history:]
    return there._replace(steps=steps, turns=turns)
