"""Initializers: their distributions, on a matrix large enough to see them."""

from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.nn.initializers import INITIALIZERS, fans, initializer

INPUTS, OUTPUTS = 300, 200
VARIANCE = {
    "normal:std=0.3": 0.09,
    "uniform:low=-2,high=1": 9 / 12,
    "glorot_normal": 2 / (INPUTS + OUTPUTS),
    "glorot_uniform": 2 / (INPUTS + OUTPUTS),
    "he_normal": 2 / INPUTS,
    "he_uniform": 2 / INPUTS,
    "lecun_normal": 1 / INPUTS,
    "lecun_uniform": 1 / INPUTS,
    "fan_out_normal": 1 / OUTPUTS,
    "orthogonal": 1 / INPUTS,
    "constant:value=3": 0.0,
    "zeros": 0.0,
}
MEAN = {"constant:value=3": 3.0, "uniform:low=-2,high=1": -0.5}


def draw(name: str, shape: tuple[int, ...] = (INPUTS, OUTPUTS), seed: int = 0) -> np.ndarray:
    return initializer(name)(np.random.default_rng(seed), shape)


def test_none_is_left_out() -> None:
    assert {name.partition(":")[0] for name in VARIANCE} == set(INITIALIZERS)


@pytest.mark.parametrize("name", VARIANCE)
def test_mean_and_variance(name: str) -> None:
    values = draw(name)
    assert values.shape == (INPUTS, OUTPUTS)
    assert values.var() == pytest.approx(VARIANCE[name], rel=0.03)
    tolerance = 4 * np.sqrt(VARIANCE[name] / values.size) + 1e-12
    assert values.mean() == pytest.approx(MEAN.get(name, 0.0), abs=tolerance)


@pytest.mark.parametrize("name", [name for name in VARIANCE if "uniform" in name])
def test_uniform_ones_have_edges(name: str) -> None:
    values, half = draw(name), np.sqrt(3 * VARIANCE[name])
    middle = MEAN.get(name, 0.0)
    assert values.min() == pytest.approx(middle - half, rel=0.001)
    assert values.max() == pytest.approx(middle + half, rel=0.001)


@pytest.mark.parametrize("name", [name for name in VARIANCE if "normal" in name])
def test_normal_ones_are_bell_shaped(name: str) -> None:
    values = draw(name) / np.sqrt(VARIANCE[name])
    shares = [np.mean(np.abs(values) < z) for z in (1, 2, 3)]
    np.testing.assert_allclose(shares, [0.6827, 0.9545, 0.9973], atol=0.005)


def test_fans_of_a_kernel_count_its_window() -> None:
    assert fans((3, 5, 4, 8)) == (15 * 4, 15 * 8)
    assert draw("he_normal", (3, 5, 40, 80)).var() == pytest.approx(2 / (15 * 40), rel=0.03)


@pytest.mark.parametrize("name", VARIANCE)
def test_values_are_float64_until_the_network_rounds_them(name: str) -> None:
    assert draw(name, (4, 3)).dtype == np.float64


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4)])
def test_orthogonal_rows_or_columns(shape: tuple[int, int]) -> None:
    W = draw("orthogonal:gain=2", shape)
    small = W.T @ W if shape[0] >= shape[1] else W @ W.T
    np.testing.assert_allclose(small, 4 * np.eye(min(shape)), atol=1e-12)


def test_orthogonal_matrices_prefer_no_side() -> None:
    """Without a correction, QR's own signs make every diagonal start negative."""
    firsts = [draw("orthogonal", (3, 3), seed)[0, 0] for seed in range(200)]
    assert 70 < np.sum(np.array(firsts) > 0) < 130


@pytest.mark.parametrize("name", VARIANCE)
def test_the_seed_decides(name: str) -> None:
    np.testing.assert_array_equal(draw(name, seed=1), draw(name, seed=1))
    if VARIANCE[name]:
        assert (draw(name, seed=1) != draw(name, seed=2)).any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_precision_starts_from_the_same_weights(dtype: Any) -> None:
    net = gn.Sequential([gn.Dense(4)], input_shape=3, seed=5, dtype=dtype)
    double = gn.Sequential([gn.Dense(4)], input_shape=3, seed=5, dtype=np.float64)
    np.testing.assert_array_equal(net.parameters.vector, double.parameters.vector.astype(dtype))


def test_networks_in_one_start_apart_and_the_first_as_if_alone() -> None:
    net = gn.Sequential([gn.Dense(4)], seed=5)
    net.build((3,), leading=(2,))
    first = net.parameters.vector[0]
    alone = gn.Sequential([gn.Dense(4)], input_shape=3, seed=5)
    np.testing.assert_array_equal(first, alone.parameters.vector)
    assert (net.parameters["0.W"][0] != net.parameters["0.W"][1]).all()


@pytest.mark.parametrize(
    "name", sorted(set(INITIALIZERS) - {"zeros", "constant", "normal", "uniform"})
)
def test_biases_have_no_inputs_to_scale_by(name: str) -> None:
    with pytest.raises(gn.GlassnetError, match="use zeros, constant, normal or uniform for biases"):
        gn.Sequential([gn.Dense(4, bias_init=name)], input_shape=3)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("he", "unknown initializer 'he'"),
        ("henorml", "did you mean 'he_normal'"),
        ("zeros:x=1", "Choices: none"),
        ("normal:sd=1", "did you mean 'std'"),
        ("normal:std", "expected name:key=value"),
        ({"std": 1}, "a dict with 'kind'"),
        (3, "expected a Initializer|expected an Initializer"),
    ],
)
def test_names_that_are_not_there(given: Any, says: str) -> None:
    with pytest.raises(gn.GlassnetError, match=says):
        initializer(given)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("normal:std=-1", "std"),
        ("normal:std=nan", "std"),
        ("normal:std=small", "std"),
        ("uniform:low=1,high=-1", "low"),
        ("constant:value=inf", "value"),
        ("orthogonal:gain=big", "gain"),
    ],
)
def test_a_layer_refuses_settings_that_make_no_sense(given: str, named: str) -> None:
    with pytest.raises(gn.GlassnetError, match=named):
        gn.Dense(3, init=given)


@pytest.mark.parametrize("name", VARIANCE)
def test_the_description_makes_it_again(name: str) -> None:
    made = initializer(name)
    assert initializer(made.config()).config() == made.config()
    assert initializer(made) is made
