"""Networks of a stack in compiled steps learn what each learns alone by NumPy."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import glassnet as gn
from glassnet.nn.layers import ACTIVATIONS
from glassnet.nn.optimizers import OPTIMIZERS

pytest.importorskip("numba", reason="Numba compiles the steps of a stack")

WITHIN = {"float64": 1e-12, "float32": 1e-5}
RULES = [name for name in OPTIMIZERS if name != "lbfgs"]
LOSSES = [
    "cross_entropy", "cross_entropy:label_smoothing=0.1", "binary_cross_entropy",
    "mean_squared", "mean_absolute", "huber:delta=0.5",
    "quantile:q=0.83",  # gradients of a batch never cancel: adagrad would divide rounding by itself
]  # fmt: skip
EVERY_STEP = [
    "cosine", "cosine_log", "one_cycle", "warm_up:epochs=0.5", "warm_up:epochs=0.5,then=cosine",
    "warm_up:epochs=0.5,then=on_plateau",
]  # fmt: skip


def targets_for(loss: str, rng: np.random.Generator, samples: int, outputs: int) -> Any:
    if loss.startswith("cross"):
        if rng.random() < 0.5:
            return rng.integers(0, outputs, samples)
        return rng.dirichlet(np.ones(outputs), samples)
    if loss.startswith("binary"):
        return rng.integers(0, 2, (samples, outputs)).astype(float)
    return rng.standard_normal((samples, outputs))


@st.composite
def trainings(draw: st.DrawFn) -> dict[str, Any]:
    """Networks, what they learn from, and how."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    loss = draw(st.sampled_from(LOSSES))
    outputs = draw(st.integers(2 if loss.startswith("cross") else 1, 4))
    activations = draw(st.lists(st.sampled_from(sorted(ACTIVATIONS)), max_size=3))
    dropout, bias = draw(st.sampled_from([0.0, 0.0, 0.3])), draw(st.booleans())
    count = draw(st.integers(2, 19))
    same = draw(st.booleans())
    widths = [[int(rng.integers(1, 9)) for _ in activations] for _ in range(count)]
    samples = draw(st.integers(3, 40))
    size = draw(st.integers(1, 12))
    rule = draw(st.sampled_from(RULES))
    how: dict[str, Any] = {
        "batch_size": size, "loss": loss,
        "optimizer": f"{rule}:weight_decay={draw(st.sampled_from([0.0, 0.01]))}",
        "clip_norm": draw(st.sampled_from([None, None, 0.1])),
        "shuffle": draw(st.booleans()), "metrics": draw(st.booleans()),
        "schedule": draw(st.sampled_from(["constant", "exponential", *EVERY_STEP])),
    }  # fmt: skip
    if draw(st.booleans()):
        how["sample_weight"] = rng.uniform(0, 2, samples)
    own: dict[str, Any] = {"learning_rate": rng.uniform(0.001, 0.02, count).tolist()}
    if draw(st.booleans()):
        own["max_norm"] = rng.uniform(0.3, 2, count).tolist()
    if draw(st.booleans()):
        own["samples"] = [
            rng.choice(samples, rng.integers(1, samples + 1), replace=False) for _ in range(count)
        ]
    return {
        "how": how, "own": own, "x": rng.standard_normal((samples, 3)),
        "y": targets_for(loss, rng, samples, outputs),
        "layers": [(widths[0 if same else k], activations, dropout, bias) for k in range(count)],
        "outputs": outputs, "most": -(-samples // size),
    }  # fmt: skip


def made(case: dict[str, Any], dtype: str) -> list[gn.Sequential]:
    networks = []
    for seed, (widths, activations, dropout, bias) in enumerate(case["layers"]):
        layers: list[Any] = [gn.Dropout(dropout)]
        for width, activation in zip(widths, activations, strict=True):
            layers += [gn.Dense(width, activation, bias=bias, bias_init="normal" if bias else
                                "zeros"), gn.Dropout(dropout)]  # fmt: skip
        layers.append(gn.Dense(case["outputs"]))
        networks.append(gn.Sequential(layers, input_shape=3, seed=seed, dtype=dtype))
    return networks


def check_each(case: dict[str, Any], dtype: str, epochs: int) -> None:
    """Train together in lanes and each alone by NumPy: parameters and histories agree."""
    x, y, how = case["x"], case["y"], {**case["how"], "epochs": epochs}
    stack = gn.Stack(made(case, dtype))
    histories = stack.fit(x, y, **how, **case["own"])
    within = {"rtol": WITHIN[dtype], "atol": WITHIN[dtype]}
    for k, alone in enumerate(made(case, dtype)):
        own = {name: each[k] for name, each in case["own"].items()}
        rows = own.pop("samples", slice(None))
        rule = gn.nn.optimizers.optimizer(how["optimizer"])
        rule.learning_rate = own.pop("learning_rate")
        weight = how.get("sample_weight")
        more = {"sample_weight": weight[rows]} if weight is not None else {}
        history = alone.fit(x[rows], y[rows], **{**how, **own, **more, "optimizer": rule})
        found = stack[k].parameters.vector
        np.testing.assert_allclose(found, alone.parameters.vector, **within)
        assert histories[k].keys() == history.keys()
        for name in history.keys() - {"seconds"}:
            np.testing.assert_allclose(histories[k][name], history[name], **within)


QUIET = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@settings(max_examples=60, **QUIET)  # type: ignore[arg-type]
@given(trainings())
def test_every_network_is_as_it_is_alone_by_numpy_in_float64(case: dict[str, Any]) -> None:
    check_each(case, "float64", epochs=max(1, 20 // case["most"]))


@settings(max_examples=60, **QUIET)  # type: ignore[arg-type]
@given(trainings())
def test_every_network_is_as_it_is_alone_by_numpy_in_float32(case: dict[str, Any]) -> None:
    check_each(case, "float32", epochs=1)
