"""A formula of a number is what its layer, loss or rule does to arrays, and kernels compute it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import glassnet as gn
from glassnet.nn import functions
from glassnet.nn.layers import ACTIVATIONS
from glassnet.nn.losses import LOSSES
from glassnet.nn.optimizers import OPTIMIZERS, RateInVelocity

pytest.importorskip("numba", reason="compiled steps need Numba")

from numba import njit

from glassnet.compiled import formulas
from glassnet.compiled.compiler import inner

NUMBERS = arrays(np.float64, 12, elements=st.floats(-30, 30, width=32))
CURVES = [
    kind(**each)
    for kind in ACTIVATIONS.values()
    if kind.curve is not None
    for each in kind.examples
]
RULES = [kind() for kind in OPTIMIZERS.values() if kind.of_number] + [
    RateInVelocity(), RateInVelocity(nesterov=True),
]  # fmt: skip


@pytest.mark.parametrize("layer", CURVES, ids=repr)
@settings(max_examples=50, deadline=None)
@given(NUMBERS, NUMBERS)
def test_an_activation_is_its_formula(layer: Any, x: Any, dy: Any) -> None:
    y, saved = layer.forward(x)
    kept = y if layer.from_output else x
    np.testing.assert_allclose(layer.curve(x, *layer.constants), y, rtol=1e-12, atol=1e-13)
    dx = dy * layer.derivative(kept, *layer.constants)
    np.testing.assert_allclose(dx, layer.backward(dy, saved), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("layer", CURVES, ids=repr)
def test_a_kernel_computes_an_activation(layer: Any, dtype: str) -> None:
    numbers = [number for number, known in enumerate(formulas.CURVES) if known is type(layer)]
    x = np.concatenate([np.linspace(-100, 100, 4001), [0, 1e-30, -1e-30]]).astype(dtype)
    constants = np.array([*layer.constants, 0, 0][:2], dtype)
    y, dx = np.empty_like(x), np.ones_like(x)
    run_curve(numbers[0], x, y, constants)
    expected, _ = layer.forward(x.astype(np.float64))
    tolerance = 3e-7 if dtype == "float32" else 1e-14
    np.testing.assert_allclose(y, expected, rtol=tolerance, atol=tolerance)
    run_slope(numbers[0], y if layer.from_output else x, dx, constants)
    kept = (y if layer.from_output else x).astype(np.float64)
    np.testing.assert_allclose(
        dx, layer.derivative(kept, *layer.constants), rtol=2 * tolerance, atol=2 * tolerance
    )


@njit
def run_curve(kind: Any, x: Any, y: Any, constants: Any) -> None:
    formulas.curve(kind, x, y, (constants[0], constants[1]))


@njit
def run_slope(kind: Any, kept: Any, dy: Any, constants: Any) -> None:
    formulas.slope(kind, kept, dy, (constants[0], constants[1]))


@pytest.mark.parametrize("rule", RULES, ids=repr)
@settings(max_examples=50, deadline=None)
@given(NUMBERS, NUMBERS, st.integers(1, 1000))
def test_a_rule_is_its_formula(rule: Any, theta: Any, g: Any, t: int) -> None:
    one, moments = theta.copy(), {name: np.abs(g) / 2 for name in rule.moments}
    before = [moment.copy() for moment in moments.values()]
    rule.rule(one, g.copy(), *moments.values(), t=t, rate=0.1)
    found = rule.of_number(theta, g, *before, *rule.constants(t, 0.1, theta.dtype))
    for mine, its in zip(found if before else [found], [one, *moments.values()], strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-12, atol=1e-12)


def test_every_formula_of_glassnet_is_known_to_kernels() -> None:
    assert {each.curve for each in CURVES} == {each.curve for each in formulas.CURVES}
    assert {each.of_number for each in RULES} == {each.of_number for each in formulas.RULES}
    of_numbers = [kind.of_number for kind in LOSSES.values() if hasattr(kind, "of_number")]
    assert {*of_numbers} == {each.of_number for each in formulas.NUMBER_LOSSES}


@pytest.mark.parametrize("name", ["exp", "expm1", "tanh", "sigmoid", "softplus", "erf"])
def test_functions_are_right_to_the_last_bits_and_at_the_edges(name: str) -> None:
    function = getattr(functions, name)

    @inner
    def loop(x: Any, y: Any) -> None:
        for i in range(len(x)):
            y[i] = function(x[i])

    @njit
    def run(x: Any, y: Any) -> None:
        loop(x, y)

    edges = [0, -0.0, 1e-38, -1e-38, 88.7, -87.2, 1e4, -1e4, np.inf, -np.inf, np.nan]
    for dtype in ("float32", "float64"):
        x = np.concatenate([np.linspace(-88, 88, 20_001), np.geomspace(1e-20, 1, 999), edges])
        x = x.astype(dtype)
        y = np.empty_like(x)
        run(x, y)
        with np.errstate(all="ignore"):
            exact = function(x.astype(np.float64))
            expected = exact.astype(dtype)
            room = 4 * np.finfo(dtype).eps * np.abs(exact) + 2 * np.finfo(dtype).tiny
            close = np.abs(y - exact) <= room
        same = (y == expected) | (np.isnan(y) & np.isnan(expected))
        assert (close | same).all(), (x[~(close | same)], y[~(close | same)])


def test_a_rule_of_ones_own_that_inherits_a_formula_is_not_taken_for_it() -> None:
    class Slow(gn.SGD):
        def rule(self, theta: Any, g: Any, *, t: int, rate: Any) -> None:
            theta -= 0.1 * rate * g

    net = gn.Sequential([gn.Dense(2)], input_shape=2, seed=0)
    with pytest.raises(gn.errors.InputError, match="optimizer Slow has no compiled form"):
        net.fit(np.ones((4, 2)), [0, 1, 0, 1], optimizer=Slow(), engine="compiled")
