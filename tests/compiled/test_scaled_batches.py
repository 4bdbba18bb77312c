"""A network that begins by scaling its inputs gets them scaled when batches are gathered."""

from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.training.trainer import Trainer

pytest.importorskip("numba", reason="compiled steps need Numba")

from glassnet.compiled.gathering import Chosen, scaled
from glassnet.training.compiled_batches import CompiledBatches

SHAPE = (6, 5, 2)
BODIES = {
    "dense": lambda: [gn.Flatten(), gn.Dense(7, "tanh")],
    "pictures": lambda: [gn.Conv2D(3, activation="relu"), gn.MaxPool2D(), gn.Flatten()],
}
SCALES: dict[str, dict[str, Any]] = {
    "pixels": {"factor": 1 / 255},
    "shifted": {"factor": 0.01, "shift": -0.4},
    "channels": {"factor": [0.01, -0.02], "shift": [0.1, 0.3]},
}


def made(body: str, scale: dict[str, Any], within: bool = False, dtype: Any = "float64") -> Any:
    first: list[Any] = [gn.Scale(**scale), *BODIES[body]()]
    layers = [gn.Chain(first)] if within else first
    return gn.Sequential([*layers, gn.Dense(3)], input_shape=SHAPE, seed=4, dtype=dtype)


def pictures(kind: Any, count: int = 50) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.integers(0, 250, (count, *SHAPE)).astype(kind), rng.integers(0, 3, count)


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("kind", [np.uint8, np.float64, np.float32])
@pytest.mark.parametrize("size", [8, "full"])
def test_engines_agree(body: str, scale: str, kind: Any, size: Any) -> None:
    x, y = pictures(kind)
    found = []
    for engine in ("numpy", "compiled"):
        net = made(body, SCALES[scale], within=kind is np.uint8)
        history = net.fit(x, y, epochs=2, batch_size=size, engine=engine)
        found.append((net.parameters.vector, history["loss"]))
    for compiled, numpy in zip(found[1], found[0], strict=True):
        np.testing.assert_allclose(compiled, numpy, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("body", BODIES)
def test_the_scale_is_no_layer_of_the_step(body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has been done when the step begins, of bytes too, without an array of raw numbers."""
    seen: list[Any] = []
    gather = CompiledBatches._gather

    def noted(self: CompiledBatches, rows: Any) -> Any:
        seen.append(gather(self, rows)[0])
        return [seen[-1], *gather(self, rows)[1:]]

    monkeypatch.setattr(CompiledBatches, "_gather", noted)
    x, y = pictures(np.uint8)
    made(body, SCALES["shifted"]).fit(x, y, epochs=1, batch_size=8, engine="compiled")
    assert seen
    for rows in seen:
        assert isinstance(rows, Chosen)
        assert rows.scaled is not None
        np.testing.assert_allclose(rows.scaled, 0.01 * x[rows.rows] - 0.4, atol=1e-12)
        assert rows.gathered().dtype == np.float64
        np.testing.assert_array_equal(rows[2:4].gathered(), x[rows.rows][2:4])


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("broken", ["input", "weight"])
def test_divergence_is_reported_with_the_same_place(body: str, broken: str) -> None:
    x, y = pictures(np.float32)
    messages = []
    for engine in ("numpy", "compiled"):
        net = made(body, {"factor": 1e30 if broken == "input" else 1.0}, dtype="float32")
        if broken == "weight":
            net.parameters.vector[...] = 1e38
        with pytest.raises(gn.DivergedError) as raised:
            net.fit(1e10 * x if broken == "input" else x, y, epochs=1, batch_size=8, engine=engine)
        messages.append(str(raised.value))
    assert messages[0] == messages[1]
    assert "output of layer" in messages[0]


def test_averaged_weights_see_raw_inputs() -> None:
    x, y = pictures(np.uint8, 200)
    found = []
    for engine in ("numpy", "compiled"):
        layers = [gn.Scale(1 / 255), gn.Flatten(), gn.Dense(6, bias=False), gn.BatchNorm()]
        layers.append(gn.Dense(3))
        net = gn.Sequential(layers, input_shape=SHAPE, seed=1, dtype="float64")
        averaged = gn.AveragedWeights(start=1)
        net.fit(x, y, epochs=3, batch_size=10, engine=engine, callbacks=[averaged])
        found.append(net.parameters.vector)
    np.testing.assert_allclose(found[1], found[0], rtol=1e-9, atol=1e-10)


def test_one_pass_gives_plain_arrays() -> None:
    x, y = pictures(np.uint8)
    kept: list[Trainer] = []

    class Keep:
        trainer: Trainer

        def on_train_end(self, logs: Any) -> None:
            kept.append(self.trainer)

    made("pictures", SCALES["pixels"]).fit(x, y, epochs=1, engine="compiled", callbacks=[Keep()])
    seen = np.concatenate([batch[0].copy() for batch in kept[0].one_pass()])
    assert seen.dtype == np.float64
    np.testing.assert_array_equal(np.sort(seen, axis=None), np.sort(x, axis=None))


@pytest.mark.parametrize("rows", [1, 15, 16, 17, 50])
@pytest.mark.parametrize("width", [3, 255, 300])
def test_long_rows_are_scaled_alike(rows: int, width: int) -> None:
    rng = np.random.default_rng(0)
    x, scaling = rng.normal(size=(50, width)).astype(np.float32), rng.normal(size=(2, width))
    factor, shift = scaling.astype(np.float32)
    batches = CompiledBatches((x, np.arange(50)), rows, np.float32, scaling=(factor, shift))
    for chosen, labels in batches.epoch(np.random.default_rng(1)):
        there = chosen.scaled if isinstance(chosen, Chosen) else scaled(chosen, (factor, shift))
        np.testing.assert_array_equal(there, scaled(x[labels], (factor, shift)))
