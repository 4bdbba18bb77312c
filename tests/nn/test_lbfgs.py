"""L-BFGS and its line search against SciPy's, which are of the same papers."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

from glassnet.base.arrays import Array
from glassnet.nn.optimizers.lbfgs import State, iterate
from glassnet.nn.optimizers.line_search import Trial, line_search

Function = Callable[[Array], tuple[float, Array]]
Path = tuple[list[float], int]  # the value after each iteration, and how often it was asked for


def valley(x: Array) -> tuple[float, Array]:
    """Rosenbrock's, where steps must turn."""
    across, along = x[1:] - x[:-1] ** 2, 1 - x[:-1]
    g = np.zeros_like(x)
    g[1:] += 200 * across
    g[:-1] -= 400 * x[:-1] * across + 2 * along
    return float(100 * across @ across + along @ along), g


def hills(x: Array) -> tuple[float, Array]:
    """With many minima."""
    return float(np.sum(np.sin(5 * x) + x**2 / 10)), 5 * np.cos(5 * x) + x / 5


def corner(x: Array) -> tuple[float, Array]:
    """Ever steeper toward its minimum."""
    return float(np.sum(np.abs(x) ** 1.3)), 1.3 * np.sign(x) * np.abs(x) ** 0.3


def slope(x: Array) -> tuple[float, Array]:
    """A convex one that is nearly straight far out."""
    return float(np.logaddexp(0, x).sum() + x @ x / 100), 1 / (1 + np.exp(-x)) + x / 50


def ours(
    function: Function, start: Array, iterations: int, history: int
) -> tuple[list[float], int]:
    asked = 0

    def counted(x: Array) -> tuple[float, Array]:
        nonlocal asked
        asked += 1
        return function(x)

    place: State | None = State(start, *counted(start))
    values = []
    for _ in range(iterations):
        assert place is not None
        place = iterate(counted, place, history)
        if place is None:
            break
        values.append(place.value)
    return values, asked


def theirs(function: Function, start: Array, iterations: int, history: int) -> Path:
    values: list[float] = []

    def note(intermediate_result: Any) -> None:
        values.append(intermediate_result.fun)

    how = {"maxiter": iterations, "maxcor": history, "maxfun": 10**6}
    found = minimize(function, start, jac=True, method="L-BFGS-B", callback=note, options=how)
    return values, found.nfev


@pytest.mark.parametrize("scale", [0.01, 1.0, 5.0])
@pytest.mark.parametrize("history", [1, 3, 10])
@pytest.mark.parametrize("function", [valley, hills, corner, slope])
def test_it_goes_the_way_of_scipy(function: Function, history: int, scale: float) -> None:
    start = np.random.default_rng(7).normal(size=8) * scale
    own, asked = ours(function, start.copy(), 15, history)
    other, asked_there = theirs(function, start.copy(), 15, history)
    np.testing.assert_allclose(own, other, rtol=1e-9, atol=1e-12)
    assert len(own) >= 4
    assert asked in (asked_there, asked_there + 1)  # where it ends for lack of any better


def test_a_minimum_is_left_as_it_is() -> None:
    assert iterate(hills, State(np.ones(2), 1.0, np.full(2, 1e-6)), 10) is None
    assert iterate(hills, State(np.ones(2), 1.0, np.ones(2), before=1.0 + 1e-12), 10) is None


def test_no_step_where_the_gradient_is_wrong() -> None:
    place = State(np.ones(2), 2.0, -np.ones(2))  # of x @ x it points up
    assert iterate(lambda x: (float(x @ x), -x), place, 10) is None


def test_a_line_without_a_minimum_is_given_up() -> None:
    tried = []

    def falling(step: float) -> tuple[float, float]:
        tried.append(step)
        return -step, -1.0

    assert line_search(falling, Trial(0.0, 0.0, -1.0), 1.0) is False
    assert len(tried) == 20
