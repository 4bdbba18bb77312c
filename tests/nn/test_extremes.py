"""Numbers whose squares are too large or too small for float32, against float64."""

from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.nn.optimizers import OPTIMIZERS, optimizer
from glassnet.training.step import clip

SQUARING = ["adagrad", "rmsprop", "adam", "adamw"]
RULES = [name for name in OPTIMIZERS if name != "lbfgs"]
SIZES = [1e-30, 1e-12, 1.0, 1e12, 3e19, 1e25, 3e37]


def walked(rule: gn.Optimizer, gradients: Any, dtype: Any) -> np.ndarray:
    """Where a rule goes from 0 along these gradients."""
    theta = np.zeros(np.shape(gradients)[1:], dtype)
    moments = rule.start(theta)
    with np.errstate(over="ignore", invalid="ignore"):
        for t, g in enumerate(gradients, 1):
            rule.step(theta, np.array(g, dtype), moments, t, rule.learning_rate)
    return theta


@pytest.mark.parametrize("size", [1e12, 3e19, 1e25, 3e37])
@pytest.mark.parametrize("name", SQUARING)
def test_a_large_gradient_takes_the_step_that_it_takes_in_float64(name: str, size: float) -> None:
    pattern = np.array([[1, -1, 1, 1e-30], [1, -1, -1, 1], [1, 1, 1, 1]])
    for steps in (1, 2, 3):
        expected = walked(optimizer(name), pattern[:steps] * size, np.float64)
        got = walked(optimizer(name), pattern[:steps] * size, np.float32)
        np.testing.assert_allclose(got, expected, rtol=1e-5)
        assert (got != 0).any()


@pytest.mark.parametrize("name", SQUARING)
def test_a_parameter_learns_on_after_one_large_gradient(name: str) -> None:
    """Behind it the others are as good as 0, in float64 too: but θ moves, and is a number."""
    gradients = [[1e25, 1.0]] + [[1.0, 1.0]] * 200
    got = walked(optimizer(name), gradients, np.float32)
    expected = walked(optimizer(name), gradients, np.float64)
    np.testing.assert_allclose(got, expected, rtol=1e-4)


@pytest.mark.parametrize("name", SQUARING)
def test_many_large_gradients_in_a_row_do_not_freeze_it(name: str) -> None:
    gradients = np.full((3000, 1), 5e18)
    got = walked(optimizer(name), gradients, np.float32)
    np.testing.assert_allclose(got, walked(optimizer(name), gradients, np.float64), rtol=1e-3)


@pytest.mark.parametrize("epsilon", [0.0, 1e-60])
@pytest.mark.parametrize("name", SQUARING)
def test_without_epsilon_no_gradient_is_no_step(name: str, epsilon: float) -> None:
    """The limit of 0 / (0 + ε); and where there is a gradient, the step is that of the formula."""
    rule = optimizer({"kind": name, "epsilon": epsilon})
    gradients = np.array([[0, 0, 1e-30, 1e-12, 1.0], [0, 1.0, 1e-30, -3e-12, 2.0]])
    got = walked(rule, gradients, np.float32)
    assert got[0] == 0
    assert abs(got[2]) < 10 * rule.learning_rate
    expected = walked(optimizer({"kind": name, "epsilon": 1e-100}), gradients, np.float64)
    np.testing.assert_allclose(got[[1, 3, 4]], expected[[1, 3, 4]], rtol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", SQUARING)
def test_a_training_without_epsilon_ends_in_numbers(name: str, dtype: str) -> None:
    """As of images, whose first column is always 0; and long after gradients have become 0."""
    x = np.random.default_rng(0).normal(size=(60, 4)) * [0, 1, 1, 1]
    y = (x[:, 1] > 0).astype(int)
    net = gn.Sequential([gn.Dense(8, "relu"), gn.Dense(2)], input_shape=4, seed=0, dtype=dtype)
    before = net.parameters["0.W"][0].copy()
    rule = {"kind": name, "epsilon": 0.0, "weight_decay": 0.0}
    history = net.fit(x, y, epochs=60, batch_size=10, optimizer=rule)
    assert np.isfinite(net.parameters.vector).all()
    np.testing.assert_array_equal(net.parameters["0.W"][0], before)
    assert history["loss"][-1] < history["loss"][0]


@pytest.mark.parametrize("name", RULES)
def test_an_infinite_gradient_is_no_large_one(name: str) -> None:
    got = walked(optimizer(name), [[np.inf, 1.0], [1.0, 1.0]], np.float32)
    assert not np.isfinite(got[0])
    assert np.isfinite(got[1])


@pytest.mark.parametrize("shape", [(2,), (3, 1000)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [*SIZES, 1e-42])
@pytest.mark.parametrize("norm", [1e-20, 1.0, 1e30])
def test_clipping_in_every_size(shape: Any, dtype: Any, size: float, norm: float) -> None:
    g = np.random.default_rng(0).uniform(-1, 1, shape).astype(dtype) * dtype(size)
    wide = g.astype(np.longdouble)
    expected = wide * np.minimum(1, norm / np.sqrt((wide * wide).sum(axis=-1, keepdims=True)))
    clip(g, norm)
    np.testing.assert_allclose(g, expected.astype(dtype), rtol=3e-6, atol=np.finfo(dtype).tiny)


def test_clipping_in_float64_beyond_the_range_of_squares() -> None:
    g = np.array([[3e200, 4e200], [3e-200, 4e-200], [0.0, 0.0]])
    clip(g, 1.0)
    np.testing.assert_allclose(g, [[0.6, 0.8], [3e-200, 4e-200], [0, 0]])
    tiny = np.array([3e-200, 4e-200])
    clip(tiny, 5e-201)
    np.testing.assert_allclose(tiny, [3e-201, 4e-201])


@pytest.mark.parametrize("norm", [1.0, 1e39, 1e300])
def test_clipping_of_none_and_of_what_is_not_finite(norm: float) -> None:
    zero, bad = np.zeros(3, np.float32), np.array([np.inf, 1.0, np.nan], np.float32)
    clip(zero, norm)
    clip(bad, norm)
    assert zero.tolist() == [0, 0, 0]
    np.testing.assert_array_equal(bad, np.array([np.inf, 1, np.nan], np.float32))
    short = np.array([3.0, 4.0], np.float32)
    clip(short, max(norm, 5.0))
    assert short.tolist() == [3, 4]


@pytest.mark.parametrize("many", [False, True])
def test_a_training_with_a_huge_gradient_takes_a_step(many: bool) -> None:
    """x = 1e25: the gradient is 2 z x with z = 0 − 1e-5, too long to be squared in float32."""
    x, y = np.full((4, 1), 1e25), np.full((4, 1), 1e-5)
    for how in ({"clip_norm": 1.0, "optimizer": "sgd:learning_rate=1e-35"}, {"optimizer": "adam"}):
        net = gn.Sequential([gn.Dense(1, init="zeros", bias=False)], input_shape=1, seed=0)
        subject: Any = gn.Stack([net]) if many else net
        subject.fit(x, y, epochs=1, batch_size="full", **how)
        step = 1e-35 if "clip_norm" in how else 1e-3
        assert net.parameters.vector.tolist() == pytest.approx([step], rel=1e-5)
