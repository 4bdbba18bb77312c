"""Waves of numbers: the formula, where they start, and what is refused."""

import math

import numpy as np
import pytest

import glassnet as gn


def test_the_formula_term_by_term() -> None:
    layer = gn.PeriodicEmbedding(2, 3, std=0.5, columns=[3, 1])
    net = gn.Sequential([layer], input_shape=4, seed=0, dtype=np.float64)
    net.parameters["0.c"] = np.arange(4.0).reshape(2, 2)
    x = np.random.default_rng(0).normal(size=(5, 4))
    y = net(x)
    W, b, V, c = (net.parameters[f"0.{name}"] for name in "WbVc")
    np.testing.assert_array_equal(y[:, :4], x)
    for row, unit in np.ndindex(5, 2):
        for place, column in enumerate([3, 1]):
            waves = np.cos(2 * math.pi * (W[place] * x[row, column] + b[place]))
            expected = (waves * V[place, :, unit]).sum() + c[place, unit]
            assert y[row, 4 + 2 * place + unit] == pytest.approx(expected, abs=1e-12)


def test_it_starts_in_many_phases_and_few_waves() -> None:
    net = gn.Sequential([gn.PeriodicEmbedding(3, 64, std=0.1)], input_shape=20, seed=0)
    W, b, V, c = (net.parameters[f"0.{name}"] for name in "WbVc")
    assert W.std() == pytest.approx(0.1, rel=0.1)
    assert -0.5 <= b.min() < -0.45 and 0.45 < b.max() <= 0.5
    assert np.abs(V).max() <= 1 / 8 and not c.any()


def test_waves_resolve_what_a_dense_layer_cannot() -> None:
    """Whether the whole part of a number is even, where two hidden layers of it alone fail."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-4, 4, (1500, 1))
    y = np.floor(x[:, 0]).astype(int) % 2

    def accuracy(*first: gn.Layer) -> float:
        net = gn.Sequential([*first, gn.Dense(16, "relu"), gn.Dense(2)], input_shape=1, seed=0)
        net.fit(x, y, epochs=40, optimizer="adam:learning_rate=0.01")
        return net.evaluate(x, y)["accuracy"]

    assert accuracy(gn.PeriodicEmbedding(8, 32, std=0.5)) > 0.95
    assert accuracy() < 0.9


@pytest.mark.parametrize(
    ("columns", "shape", "said"),
    [
        ([4], (4,), "expected different numbers from 0 to 3"),
        ([1, 1], (4,), "expected different numbers from 0 to 3"),
        ([], (4,), "at least one"),
        ([-1], (4,), "expected different numbers from 0 to 3"),
        (None, (4, 4), "put a Flatten before it"),
    ],
)
def test_columns_that_are_not_there(
    columns: list[int] | None, shape: tuple[int, ...], said: str
) -> None:
    with pytest.raises(gn.GlassnetError, match=said):
        gn.Sequential([gn.PeriodicEmbedding(columns=columns)], input_shape=shape)
