"""Both engines take the same steps, but for rounding."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import glassnet as gn
from tests.compiled.random_trainings import trainings

pytest.importorskip("numba", reason="compiled steps need Numba")

SLOWLY = [HealthCheck.too_slow]


def trained(training: Any, dtype: str, engine: str, epochs: int) -> tuple[gn.Sequential, Any]:
    layers, shape, how, (x, y) = training
    copies = [type(layer).from_config(layer.config()) for layer in layers]
    net = gn.Sequential(copies, input_shape=shape, seed=3, dtype=dtype)
    history = net.fit(x, y, epochs=epochs, engine=engine, **how)
    assert history.engine == engine
    return net, history


def agree(training: Any, dtype: str, epochs: int, tolerance: float) -> None:
    one, by_numpy = trained(training, dtype, "numpy", epochs)
    other, compiled = trained(training, dtype, "compiled", epochs)
    a, b = one.parameters.vector, other.parameters.vector
    np.testing.assert_allclose(b, a, rtol=0, atol=tolerance * max(1.0, float(np.abs(a).max())))
    for name in by_numpy:
        if name not in ("seconds", "accuracy"):
            np.testing.assert_allclose(
                compiled[name], by_numpy[name], rtol=10 * tolerance, atol=tolerance
            )
    assert one.rng.bit_generator.state == other.rng.bit_generator.state


@settings(max_examples=150, deadline=None, suppress_health_check=SLOWLY, derandomize=True)
@given(trainings("float64"))
def test_in_float64_they_agree_to_1e_12(training: Any) -> None:
    agree(training, "float64", 2, 1e-12)


@settings(max_examples=100, deadline=None, suppress_health_check=SLOWLY, derandomize=True)
@given(trainings("float32"))
def test_in_float32_they_agree_to_1e_5_after_an_epoch(training: Any) -> None:
    agree(training, "float32", 1, 1e-5)


@pytest.mark.parametrize("batch_size", [1, 4])
def test_dense_layers_in_a_row_agree(batch_size: int) -> None:
    """The gradient of the second needs the output of the first after it has gone back."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((20, 4)), rng.standard_normal((20, 2))
    layers = [gn.Dense(5), gn.Dense(3), gn.Dense(2)]
    agree((layers, (4,), {"batch_size": batch_size}, (x, y)), "float64", 3, 1e-12)


@pytest.mark.parametrize("size", [513, 1500])
@pytest.mark.parametrize("tile", [100, 512, 10_000])
def test_batches_larger_than_a_tile_agree(
    size: int, tile: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glassnet.compiled.program.TILE", tile)
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((1500, 30)), rng.integers(0, 3, 1500)
    layers = [gn.Dense(40, "tanh"), gn.Dropout(0.2), gn.Dense(3, "relu"), gn.Dense(17), gn.Dense(3)]
    how = {"batch_size": size, "sample_weight": rng.random(1500), "optimizer": "adam"}
    agree((layers, (30,), how, (x, y)), "float64", 5, 1e-12)
