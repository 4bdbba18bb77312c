"""The same arithmetic as PyTorch: kept values, and live where torch is installed."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.nn.layers import ACTIVATIONS, activation
from glassnet.nn.losses import loss_function, sample_weights

FOLDER = Path(__file__).parent / "golden"
GOLDEN = dict(np.load(FOLDER / "parity.npz"))
CLOSE = {"float32": 1e-5, "float64": 1e-10}
STEPS, BATCH = 20, 8

OPTIMIZERS: dict[str, gn.Optimizer] = {
    "sgd": gn.SGD(0.1),
    "sgd_decay": gn.SGD(0.1, weight_decay=0.05),
    "momentum": gn.Momentum(0.05),
    "nesterov": gn.Nesterov(0.05),
    "adagrad": gn.AdaGrad(0.05),
    "rmsprop": gn.RMSProp(0.01, rho=0.99),
    "adam": gn.Adam(0.01),
    "adamw": gn.AdamW(0.01, weight_decay=0.1),
}
LOSSES = {
    "cross_entropy": ("cross_entropy", "labels"),
    "cross_entropy_soft": ("cross_entropy", "soft"),
    "cross_entropy_smooth": ("cross_entropy:label_smoothing=0.1", "labels"),
    "cross_entropy_class_weight": ("cross_entropy", "labels"),
    "binary": ("binary_cross_entropy", "binary"),
    "mean_squared": ("mean_squared", "values"),
    "mean_absolute": ("mean_absolute", "values"),
    "huber": ("huber:delta=0.7", "values"),
    "quantile": ("quantile:q=0.8", "values"),
}

OURS = [name for name, e in ACTIVATIONS.items() if e.__module__.startswith("glassnet.")]
both_precisions = pytest.mark.parametrize("precision", CLOSE)


def data(name: str, precision: str) -> np.ndarray:
    values = GOLDEN[f"data/{name}"]
    return values if values.dtype.kind == "i" else values.astype(precision)


def agrees(ours: Any, case: str, precision: str) -> None:
    theirs = GOLDEN[case]
    assert np.shape(ours) == theirs.shape
    error = np.abs(np.asarray(ours) - theirs).max() / np.abs(theirs).max()
    assert error < CLOSE[precision], f"{case}: relative error {error:.1e}"


def network(precision: str) -> gn.Sequential:
    layers = [gn.Dense(8, "sigmoid"), gn.Dense(6, "relu"), gn.Dense(3)]
    net = gn.Sequential(layers, input_shape=5, dtype=precision)
    for number, index in enumerate((0, 2, 4)):
        net.parameters[f"{index}.W"] = data(f"W{number}", precision)
        net.parameters[f"{index}.b"] = data(f"b{number}", precision)
    return net


@both_precisions
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_twenty_steps_of_fit(name: str, precision: str) -> None:
    net, rule = network(precision), OPTIMIZERS[name]
    x, y = data("x", precision), data("y", precision)
    losses: list[float] = []
    gradients: list[np.ndarray] = []

    class Watch:
        def on_train_batch_end(self, batch: int, logs: dict[str, Any]) -> None:
            losses.append(logs["loss"])
            gradients.append(net.gradient.vector.copy())

    # Weight decay adds to the gradient vector, so the first gradient is compared without it.
    net.fit(x, y, optimizer=rule, batch_size=BATCH, epochs=1, shuffle=False, callbacks=[Watch()])
    assert len(losses) == STEPS
    case = f"train/{name}/{precision}"
    agrees(losses, f"{case}/losses", precision)
    agrees(net.parameters.vector, f"{case}/theta", precision)
    if name != "sgd_decay":
        agrees(gradients[0], f"{case}/gradient", precision)


DEEP: dict[str, Any] = {
    "pictures": (
        lambda: [
            gn.Conv2D(4, activation="relu"), gn.MaxPool2D(),
            gn.Conv2D(6, stride=2, groups=2, bias=False), gn.BatchNorm(), gn.Tanh(),
            gn.GroupNorm(3), gn.AveragePool2D(3, stride=1, padding=1),
            gn.ZeroPad2D(((0, 2), (1, 1))), gn.UpSample2D(), gn.GlobalAveragePool(), gn.Dense(3),
        ],
        (7, 8, 2),
    ),
    "sequences": (
        lambda: [
            gn.Embedding(7, 4), gn.Conv1D(5, dilation=2, padding="valid"), gn.LayerNorm(),
            gn.MaxPool1D(3, stride=2, padding=1), gn.RMSNorm(), gn.Flatten(), gn.Dense(3),
        ],
        9,
    ),
}  # fmt: skip


@both_precisions
@pytest.mark.parametrize("name", DEEP)
def test_twenty_steps_of_convolutions(name: str, precision: str) -> None:
    layers, shape = DEEP[name]
    net = gn.Sequential(layers(), input_shape=shape, dtype=precision)
    for each in net.parameters:
        net.parameters[each] = data(f"{name}/{each}", precision)
    losses: list[float] = []
    gradients: list[np.ndarray] = []

    class Watch:
        def on_train_batch_end(self, batch: int, logs: dict[str, Any]) -> None:
            losses.append(logs["loss"])
            gradients.append(net.gradient.vector.copy())

    x, y = data(f"{name}/x", precision), data(f"{name}/y", precision)
    net.fit(x, y, optimizer=gn.Adam(0.01), batch_size=BATCH, epochs=1, shuffle=False,
            callbacks=[Watch()])  # fmt: skip
    assert len(losses) == STEPS
    case = f"deep/{name}/{precision}"
    agrees(losses, f"{case}/losses", precision)
    agrees(gradients[0], f"{case}/gradient", precision)
    agrees(net.parameters.vector, f"{case}/theta", precision)


@both_precisions
@pytest.mark.parametrize("name", [*OURS, "gelu_tanh"])
def test_activations(name: str, precision: str) -> None:
    layer = gn.GELU(approximate=True) if name == "gelu_tanh" else activation(name)
    y, saved = layer.forward(data("inputs", precision))
    dx = layer.backward(data("slopes", precision), saved)
    assert y.dtype == dx.dtype == precision
    agrees(y, f"activate/{name}/{precision}/y", precision)
    agrees(dx, f"activate/{name}/{precision}/dx", precision)


@both_precisions
@pytest.mark.parametrize("name", LOSSES)
def test_losses(name: str, precision: str) -> None:
    loss, kind = LOSSES[name]
    targets, weight = data(kind, precision), None
    if name.endswith("class_weight"):
        table = data("class_weight", precision)
        weight = sample_weights(targets, class_weight=table, dtype=precision)
    value, dz = loss_function(loss)(data("z", precision), targets, weight)
    assert value.dtype == dz.dtype == precision
    agrees(value, f"lose/{name}/{precision}/value", precision)
    agrees(dz, f"lose/{name}/{precision}/dz", precision)


def test_no_activation_and_no_loss_is_left_out() -> None:
    from glassnet.nn.losses import LOSSES as ALL_LOSSES

    kept = {case.split("/")[1] for case in GOLDEN if case.startswith("activate/")}
    assert kept >= set(OURS)
    compared = {type(loss_function(loss)) for loss, _ in LOSSES.values()}
    assert compared == set(ALL_LOSSES.values())


def test_kept_values_are_what_torch_says_now() -> None:
    pytest.importorskip("torch", reason="torch is not installed: the kept values are compared")
    spec = importlib.util.spec_from_file_location("make_parity", FOLDER / "make_parity.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["make_parity"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    live = module.cases()
    assert set(live) == set(GOLDEN)
    for case, values in live.items():
        agrees(values, case, "float32" if "float32" in case else "float64")
