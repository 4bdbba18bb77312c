"""A trace is the engine's own step, to the bit; and its explanation adds up."""

import copy
import itertools
import math
import re
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.base.configurable import formula
from glassnet.inspection.document import aligned, number
from glassnet.inspection.update import worked_step
from glassnet.inspection.walkthrough import walk
from glassnet.nn.optimizers import OPTIMIZERS
from glassnet.training.callbacks.history import History

RNG = np.random.default_rng(0)
X = RNG.normal(size=(7, 5))
LABELS = RNG.integers(0, 3, 7)
IMAGES = RNG.integers(0, 255, (7, 4, 4)).astype(np.uint8)
NETWORKS: dict[str, Any] = {
    "dense": ([gn.Dense(6, "tanh"), gn.Dense(3)], X, LABELS, {}),
    "one output": ([gn.Dense(6, "relu"), gn.Dense(1)], X, LABELS > 0,
                   {"loss": "binary_cross_entropy"}),
    "values": ([gn.Dense(4, "gelu"), gn.Dense(2), gn.Scale(2.0, 1.0)], X, X[:, :2],
               {"loss": "huber"}),
    "images": ([gn.Scale(1 / 255), gn.Flatten(), gn.Dense(6, "silu"), gn.Dense(3)], IMAGES,
               LABELS, {}),
    "noise": ([gn.Dense(9, "sigmoid"), gn.Dropout(0.5), gn.Dense(3)], X, LABELS, {}),
    "pictures": ([gn.Reshape((4, 4, 1)), gn.Conv2D(3), gn.BatchNorm(), gn.ReLU(), gn.MaxPool2D(),
                  gn.Conv2D(4, 2, stride=2, groups=1, bias=False), gn.GlobalAveragePool(),
                  gn.Dense(3)], IMAGES / 255, LABELS, {}),
    "sequences": ([gn.Embedding(9, 4), gn.Conv1D(6, groups=2, activation="relu"),
                   gn.LayerNorm(), gn.GlobalMaxPool(), gn.Dense(3)],
                  RNG.integers(0, 9, (7, 5)), LABELS, {}),
    "no bias": ([gn.Dense(4, bias=False), gn.Softplus(), gn.Dense(3)], X, LABELS, {}),
}  # fmt: skip
STEP_RULES = [name for name in OPTIMIZERS if name != "lbfgs"]


def made(name: str, dtype: str = "float32") -> tuple[gn.Sequential, Any, Any, Any]:
    layers, x, y, how = NETWORKS[name]
    net = gn.Sequential(copy.deepcopy(layers), input_shape=x.shape[1:], seed=0, dtype=dtype)
    return net, x, y, how


class Gradients:
    """What the engine has behind its step."""

    def on_train_batch_end(self, batch: int, logs: Any) -> None:
        self.loss = logs["loss"]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rule", STEP_RULES)
@pytest.mark.parametrize("name", NETWORKS)
def test_a_trace_is_the_step_that_fit_takes(name: str, rule: str, dtype: str) -> None:
    net, x, y, how = made(name, dtype)
    start = net.parameters.vector.copy()
    trace = net.trace(x, y, optimizer=rule, **how)
    np.testing.assert_array_equal(net.parameters.vector, start)  # the network stays as it is
    watcher = Gradients()
    twin = copy.deepcopy(net)
    twin.fit(x, y, epochs=1, batch_size="full", optimizer=rule, callbacks=[watcher], **how)
    for key, value in twin.parameters.items():
        np.testing.assert_array_equal(trace.after[key], value)
        np.testing.assert_array_equal(trace.before[key], net.parameters[key])
    assert trace.value == watcher.loss
    assert trace.value_after == pytest.approx(twin.evaluate(x, y)["loss"], rel=1e-6)


@pytest.mark.parametrize("name", NETWORKS)
def test_what_a_layer_made_is_what_the_next_was_given(name: str) -> None:
    net, x, y, how = made(name)
    trace = net.trace(x, y, **how)
    layers = trace.layers
    for before, behind in itertools.pairwise(layers):
        np.testing.assert_array_equal(before.output, behind.input)
        if behind.dx is not None:
            np.testing.assert_array_equal(before.dy, behind.dx)
    np.testing.assert_array_equal(layers[-1].output, trace.z)
    np.testing.assert_array_equal(layers[-1].dy, trace.dz)
    first = next(layer for layer in layers if layer.gradients)
    assert first.dx is None and first.dy is not None
    dense = layers[-1] if layers[-1].kind == "Dense" else layers[-2]
    np.testing.assert_allclose(dense.gradients["W"], dense.input.T @ dense.dy, rtol=1e-5, atol=1e-6)
    if not any(layer.random or layer.observes for _, layer in net.walk()):
        np.testing.assert_array_equal(net(x), trace.z)


@pytest.mark.parametrize("name", NETWORKS)
def test_differences_agree_with_backward(name: str) -> None:
    net, x, y, how = made(name, "float64")
    trace = net.trace(x, y, sample_weight=np.arange(1.0, 8.0), **how)
    for layer in trace.layers:
        for own, gradient in layer.gradients.items():
            place = tuple(size // 2 for size in gradient.shape)
            found = trace.difference(f"{layer.name}.{own}", place)
            assert found == pytest.approx(gradient[place], rel=1e-6, abs=1e-7)


def value_of(text: str) -> float:
    """What a pocket calculator makes of it."""
    text = re.sub(r"√\(?([^ ()]+)\)?", r"math.sqrt(\1)", text)
    text = text.replace("²", "**2").replace("·", "*").replace("−", "-")
    return float(eval(text, {"math": math}))


@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("kind", [OPTIMIZERS[name].__name__ for name in STEP_RULES])
def test_the_rules_line_adds_up(kind: str, decay: float) -> None:
    net, x, y, _ = made("dense")
    rule = {"kind": kind, "learning_rate": 0.3, "weight_decay": decay}
    trace = net.trace(x, y, optimizer=rule)
    for name, gradient in trace.stepped_by.items():
        place = tuple(size // 2 for size in gradient.shape)
        lines, numbers = worked_step(trace, name, place)
        assert lines[-1].endswith(number(numbers["after"]))
        decays = decay > 0 and name.endswith("W")
        assert len(lines) == len(trace.rule.worked) + decays
        for line in lines:
            *_, worked, result = line.split(" = ")
            assert value_of(worked) == pytest.approx(float(result), rel=2e-5, abs=1e-6), line


def test_every_rule_has_its_lines() -> None:
    assert all(kind.worked for name, kind in OPTIMIZERS.items() if name != "lbfgs")


def test_a_rule_of_ones_own_tells_its_step_too() -> None:
    class Signed(gn.Optimizer):
        """θ ← θ − η sign(g)."""

        worked = ("θ ← θ − η sign(g) = {θ} − {η} · sign {g} = {after}",)

        def rule(self, theta: Any, g: Any, *, t: int, rate: Any) -> None:
            theta -= rate * np.sign(g)

    net, x, y, _ = made("dense")
    trace = net.trace(x, y, optimizer=Signed(0.1))
    lines, _ = worked_step(trace, *trace.steepest())
    assert lines[0].startswith("θ ← θ − η sign(g) = ")


def test_a_shortened_gradient_is_told() -> None:
    net, x, y, _ = made("dense")
    trace = net.trace(x, y, clip_norm=0.01, optimizer="sgd:learning_rate=1")
    length = np.sqrt(sum(float((g**2).sum()) for g in trace.stepped_by.values()))
    assert length == pytest.approx(0.01, rel=1e-4)
    name, place = trace.steepest()
    moved = trace.before[name][place] - trace.after[name][place]
    assert moved == pytest.approx(trace.stepped_by[name][place], rel=1e-4)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_walk_goes_there_and_back(name: str) -> None:
    net, x, y, how = made(name)
    parts = walk(net.trace(x, y, optimizer="adam", **how), ["a", "b", "c"])
    ways = [part.title.split()[:2] for part in parts]
    count = len(net.layers)
    assert [way for way in ways if way[0] == "forward"] == [
        ["forward", f"{k}"] for k in range(count)
    ]
    back = [int(way[1]) for way in ways if way[0] == "backward"]
    assert back == sorted(back, reverse=True) and back[0] == count - 1
    assert parts[-1].title.startswith("update of W[")
    assert parts[-1].table is not None and "by differences" in parts[-1].table.head
    assert any("worked out" in part.title for part in parts) == (name in ("pictures", "sequences"))


def test_numbers_have_as_many_decimals_as_they_need() -> None:
    assert aligned(np.array([[1.0, -20.0]])) == [["  1", "-20"]]
    assert aligned(np.array([[0.5, -1e-9]])) == [["0.5000", "0.0000"]]
    assert aligned(np.array([[1e-7]])) == [["1.00e-07"]]
    assert aligned(np.array([[np.nan, 1.0]]))[0][0].strip() == "nan"


def test_formulas_are_those_of_the_docstrings() -> None:
    assert formula(gn.Dense).splitlines()[0] == "forward    y = x W + b"
    assert formula(gn.Adam).startswith("m ← β₁ m + (1 − β₁) g")
    assert len(formula(gn.Adam).splitlines()) == 3  # the paper's alone
    assert formula(gn.Flatten).startswith("Each sample as one row")
    assert formula(gn.ReLU).startswith("y = max(0, x)")


def test_what_has_no_step_is_refused() -> None:
    net, x, y, _ = made("dense")
    with pytest.raises(gn.GlassnetError, match="lbfgs takes no single step"):
        net.trace(x, y, optimizer="lbfgs")
    with pytest.raises(gn.GlassnetError, match="x has shape"):
        net.trace(x[:, :2], y)
    with pytest.raises(gn.GlassnetError, match="label 9"):
        net.trace(x, np.full(7, 9))


def test_it_says_what_it_is() -> None:
    net, x, y, _ = made("dense")
    trace = net.trace(x, y)
    assert repr(trace).startswith("<trace of a step: 3 layers, 7 samples, loss ")
    assert repr(trace.layers[0]) == "<0 Dense(6): (7, 5) to (7, 6)>"
    record = trace.as_json()
    assert record["layers"][0]["gradients"]["W"] == trace.layers[0].gradients["W"].tolist()
    assert record["rule"]["kind"] == "SGD" and record["value"] == trace.value
    assert isinstance(net.fit(x, y, epochs=1), History)


def test_targets_are_named_as_on_the_command_line() -> None:
    net, x, y, how = made("dense")
    assert "target: class" in net.trace(x, y)._repr_html_()
    net.classes = ("ash", "birch", "cedar")
    names = ", ".join(net.classes[label] for label in y[:4])
    assert f"7 samples, target: {names} …" in net.trace(x, y)._repr_html_()
    net, x, y, how = made("one output")
    net.classes = ("no", "yes")
    page = net.trace(x[:3], y[:3], **how)._repr_html_()
    assert f"target: {', '.join(net.classes[int(label)] for label in y[:3])}<" in page


def test_targets_of_labels_and_values_are_rows() -> None:
    net = gn.Sequential([gn.Dense(2)], input_shape=5, seed=0)
    net.classes = ("wet", "cold")
    both = net.trace(X[:2], [[1, 1], [0, 0]], loss="binary_cross_entropy")
    assert "target: wet, cold; none<" in both._repr_html_()
    values = net.trace(X[:2], [[0.5, 2.0], [1.0, -3.0]])
    assert "target: 0.5, 2; 1, -3<" in values._repr_html_()
