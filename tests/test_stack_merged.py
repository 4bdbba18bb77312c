"""A stack as one network: the mean of the outputs of all."""

from pathlib import Path

import numpy as np
import pytest

import glassnet as gn
from glassnet.mlp import mlp
from tests import own_layers

X = np.random.default_rng(0).standard_normal((60, 5))
Y = X[:, :3].argmax(axis=1)


def mean_of(stack: gn.Stack) -> np.ndarray:
    return np.mean([network(X) for network in stack.sound], axis=0)


def test_networks_of_several_widths_that_normalise() -> None:
    layers = "dense {}, batchnorm, relu, dense 3"
    stack = gn.Stack(
        gn.Sequential(layers.format(width), seed=width, input_shape=5, dtype=np.float64)
        for width in (4, 7, 7)
    )
    stack.fit(X, Y, epochs=3)
    one = stack.merged()
    np.testing.assert_allclose(one(X), mean_of(stack), rtol=1e-12)
    assert one.dtype == np.float64 and one.evaluate(X, Y)["accuracy"] > 0.3
    p = np.prod([network.predict_proba(X) for network in stack], axis=0) ** (1 / 3)
    np.testing.assert_allclose(one.predict_proba(X), p / p.sum(axis=1, keepdims=True))


def test_values_come_in_their_unit() -> None:
    stack = gn.Stack(mlp((5,), [4], 1, unit=3.0, center=100.0, seed=k) for k in range(3))
    stack.fit(X, X[:, 0] * 3 + 100, epochs=2)
    np.testing.assert_allclose(stack.merged().predict(X), stack.predict(X), rtol=1e-5)


def test_it_is_saved_and_loaded_and_learns_further_as_any_other(tmp_path: Path) -> None:
    stack = gn.Stack(mlp((5,), [6], 3, seed=k) for k in range(2))
    stack.fit(X, Y, epochs=2)
    one, before = stack.merged(), stack[0].parameters.vector.copy()
    one.save(tmp_path / "one.safetensors")
    again = gn.load(tmp_path / "one.safetensors")
    np.testing.assert_array_equal(again.predict_proba(X), one.predict_proba(X))
    history = one.fit(X, Y, epochs=20)
    assert history["loss"][-1] < history["loss"][0]
    np.testing.assert_array_equal(stack[0].parameters.vector, before)


def test_layers_of_ones_own_are_kept() -> None:
    stack = gn.Stack(
        gn.Sequential([own_layers.PerFeature(), gn.Dense(3)], input_shape=5, seed=k)
        for k in range(2)
    )
    stack.fit(X, Y, epochs=1)
    np.testing.assert_allclose(stack.merged()(X), mean_of(stack), rtol=1e-5)


def test_what_diverged_is_left_out() -> None:
    stack = gn.Stack(mlp((5,), [6], 3, seed=k) for k in range(3))
    stack.fit(X, Y, epochs=2, optimizer="sgd", learning_rate=[0.1, 1e30, 0.1])
    assert stack.diverged == (1,)
    one = stack.merged()
    assert one.layers[1].config()["shape"] == [2, 3]
    np.testing.assert_allclose(one(X), mean_of(stack), rtol=1e-5)
    stack.diverged = (0, 1, 2)
    with pytest.raises(gn.GlassnetError, match="every network of this stack diverged"):
        stack.merged()
