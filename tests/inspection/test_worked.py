"""Worked examples: their arithmetic is right, and their shares are those of backward."""

import itertools
import json
import math
import re
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.inspection.attribution import attribute
from glassnet.inspection.document import number
from glassnet.inspection.following import follow
from glassnet.inspection.formulas import short
from glassnet.inspection.html_report import page
from glassnet.inspection.reasons import described
from glassnet.inspection.update import put_in
from glassnet.inspection.walkthrough import walk
from glassnet.nn.layers import LAYERS
from glassnet.nn.layers.base import layer_from

CASES = [
    pytest.param({"kind": name, **settings}, kind.example_input, id=f"{name}-{number}")
    for name, kind in LAYERS.items()
    for number, settings in enumerate(kind.examples)
]


def made(config: Any, shape: Any) -> tuple[Any, Any, Any, Any, Any]:
    """A layer in a network of its own, and a step's x, y, saved and dy."""
    rng = np.random.default_rng(3)
    net = gn.Sequential([layer_from(config)], input_shape=shape, seed=1, dtype="float64")
    for name, values in net.parameters.items():
        if not name.endswith("var"):
            values[...] += rng.normal(size=values.shape) / 2
    layer = net.layers[0]
    x = rng.normal(size=(3, *shape))
    if layer.input_dtype == "int":
        x = rng.integers(0, config["count"], (3, *shape))
    y, saved = layer.forward(x, net.rng)
    return layer, x, y, saved, rng.normal(size=y.shape)


def places(shape: Any) -> list[tuple[int, ...]]:
    """The corners of an array and its middle: windows lie partly in the padding there."""
    return [(0,) * len(shape), tuple(n - 1 for n in shape), tuple(n // 2 for n in shape)]


def value_of(text: str) -> float:
    """What a pocket calculator makes of it; NaN if it is no arithmetic."""
    if not re.fullmatch(r"[-−+·/√()0-9.e ]+", text):
        return math.nan
    plain = text.replace("·", "*").replace("−", "-").replace("√", "math.sqrt")
    return float(eval(plain, {"math": math}))


def check_arithmetic(lines: list[str]) -> int:
    """Hold every "… = 1 + 2 = 3" to what it says; how many there were."""
    compared = 0
    for line in lines:
        for part in re.split("[,;:] ", re.sub(r"\[[^]]*\]", "", line)):
            values = [value_of(text) for text in part.split(" = ")]
            for before, after in itertools.pairwise(values):
                if not (math.isnan(before) or math.isnan(after)):
                    assert before == pytest.approx(after, rel=2e-4, abs=2e-5), line
                    compared += 1
    return compared


def last_number(line: str) -> float:
    return float(re.findall(r"= (-?[0-9.e+-]+)", line)[-1])


@pytest.mark.parametrize(("config", "shape"), CASES)
def test_a_worked_example_adds_up(config: Any, shape: Any) -> None:
    layer, x, y, saved, dy = made(config, shape)
    for place in places(y.shape):
        forward = layer.worked_forward(place, x, y, saved)
        backward = layer.worked_backward(place, x, dy, saved)
        assert (forward is None) == (backward is None)
        if forward is None:
            continue
        check_arithmetic(put_in(forward.lines, forward.numbers))
        check_arithmetic(put_in(backward.lines, backward.numbers))
        if "y" in forward.numbers:
            (line,) = [
                line for line in put_in(forward.lines, forward.numbers) if line.startswith("y[")
            ]
            assert last_number(line) == pytest.approx(y[place], rel=1e-5)


@pytest.mark.parametrize(("config", "shape"), CASES)
def test_every_layer_is_explained(config: Any, shape: Any) -> None:
    rng = np.random.default_rng(0)
    layer = layer_from(config)
    x = rng.normal(size=(6, *shape))
    if layer.input_dtype == "int":
        x = rng.integers(0, config["count"], (6, *shape))
    net = gn.Sequential([layer, gn.Flatten(), gn.Dense(2)], input_shape=shape, seed=0)
    trace = net.trace(x, np.arange(6) % 2)
    assert json.loads(json.dumps(trace.as_json()))["value"] == trace.value
    titles = [part.title for part in walk(trace)]
    if layer.name != "chain":  # of which only the parts are shown
        assert any(title.startswith(f"forward 0 {short(layer)}:") for title in titles)
    assert page("One step", walk(trace)).count("<section>") == len(titles)
    net.fit(x, np.arange(6) % 2, epochs=1)
    found = attribute(net, x[:1])
    assert (found.features is None) == (layer.input_dtype == "int")
    last = described(found, (), ())[-1]
    assert last.lines or last.bars


@pytest.mark.parametrize(
    ("kind", "pairs"),
    [
        ("Conv2D", 1), ("Conv1D", 1), ("AveragePool2D", 1), ("GlobalAveragePool", 1),
        ("BatchNorm", 2), ("LayerNorm", 2), ("GroupNorm", 2), ("RMSNorm", 2),
        ("Dense", 1), ("Dropout", 1), ("Scale", 1), ("Softmax", 1),
    ],
)  # fmt: skip
def test_the_arithmetic_is_there_to_be_checked(kind: str, pairs: int) -> None:
    layer, x, y, saved, _ = made(
        {"kind": kind, **LAYERS[kind].examples[0]}, LAYERS[kind].example_input
    )
    found = layer.worked_forward((0,) * y.ndim, x, y, saved)
    assert check_arithmetic(put_in(found.lines, found.numbers)) >= pairs


@pytest.mark.parametrize("batch", [1, 3, 40])
@pytest.mark.parametrize("inputs", [2, 4, 30])
def test_a_dense_layers_lines_are_the_numbers_of_the_trace(batch: int, inputs: int) -> None:
    rng = np.random.default_rng(batch)
    net = gn.Sequential([gn.Dense(9, "tanh"), gn.Dense(3)], input_shape=inputs, seed=0)
    trace = net.trace(rng.normal(size=(batch, inputs)), np.arange(batch) % 3)
    second, path = trace.layers[2], follow(trace)
    (n, j), i = path.places["2"], path.places["1"][1]
    forward, backward = (part for part in walk(trace) if part.layer == "2")
    lines = {line.partition(" = ")[0]: line for line in (*forward.lines, *backward.lines)}
    values = {
        f"y[{n}, {j}]": second.output[n, j], f"dW[{i}, {j}]": second.gradients["W"][i, j],
        f"db[{j}]": second.gradients["b"][j], f"dx[{n}, {i}]": second.dx[n, i],
    }  # fmt: skip
    assert lines.keys() == values.keys()
    for name, value in values.items():
        assert f"= {number(float(value))}" in lines[name].partition("; ")[0][-14:], lines[name]
        put_in = check_arithmetic([lines[name]])
        assert put_in == 1 or (name.startswith("db") and batch == 1)
        terms = lines[name].split(" = ")[2]
        most = {"y": 9, "dW": batch, "db": batch, "dx": 3}[name.partition("[")[0]]
        assert terms.count(" + ") == min(most, 4) - 1 + name.startswith("y") or most == 1
        assert (f"over the other {most - 3}" in lines[name]) == (most > 4)
    first = next(part for part in walk(trace) if part.way == "backward" and part.layer == "0")
    assert not any(line.startswith("dx[") for line in first.lines)


def test_an_activations_line_is_the_number_of_the_trace() -> None:
    net = gn.Sequential([gn.Dense(5, "relu"), gn.Dense(2)], input_shape=3, seed=0)
    trace = net.trace(np.random.default_rng(0).normal(size=(4, 3)), [0, 1, 0, 1])
    relu, (n, j) = trace.layers[1], follow(trace).places["1"]
    forward, backward = (part for part in walk(trace) if part.layer == "1")
    x, y, dy, dx = (float(v[n, j]) for v in (relu.input, relu.output, relu.dy, relu.dx))
    assert forward.lines == tuple(put_in([f"y[{n}, {j}] = relu {{x}} = {{y}}"], {"x": x, "y": y}))
    assert backward.lines == tuple(put_in(
        [f"dx[{n}, {j}] = dy · slope = {{dy}} · {{slope}} = {{dx}}"],
        {"dy": dy, "slope": float(y > 0), "dx": dx},
    ))  # fmt: skip


CONVOLUTIONS = [case for case in CASES if str(case.id).startswith("Conv")]


@pytest.mark.parametrize(("config", "shape"), CONVOLUTIONS)
def test_products_of_the_patch_make_the_pixel(config: Any, shape: Any) -> None:
    layer, x, y, saved, _ = made(config, shape)
    for place in places(y.shape):
        found = layer.worked_forward(place, x, y, saved)
        patch, kernel, products = found.arrays.values()
        np.testing.assert_allclose(products, patch * kernel)
        assert found.numbers["own"] == pytest.approx(products.sum())
        total = found.numbers["own"] + found.numbers["others"] + found.numbers.get("b", 0)
        assert total == pytest.approx(y[place])


@pytest.mark.parametrize(("config", "shape"), CONVOLUTIONS)
def test_a_pixels_share_is_what_backward_gives_for_it_alone(config: Any, shape: Any) -> None:
    layer, x, y, saved, dy = made(config, shape)
    for place in places(y.shape):
        alone = np.zeros_like(dy)
        alone[place] = dy[place]
        dx = layer.backward(alone, saved)
        found = layer.worked_backward(place, x, dy, saved)
        to_W, to_x = found.arrays.values()
        own = int(re.findall(r"to dW\[.*?(\d+), \d+\]", found.lines[0])[0])
        np.testing.assert_allclose(to_W, layer.dW[..., own, place[-1]])
        channel = int(re.findall(r"channel (\d+)", found.lines[0])[0])
        got = dx[dx[..., channel] != 0, channel]
        assert np.isin(got.round(12), to_x.round(12)).all() and got.size
        assert got.size == to_x.size or "zeros outside" in found.lines[0]


@pytest.mark.parametrize("kind", ["MaxPool2D", "MaxPool1D", "AveragePool2D", "AveragePool1D"])
def test_a_pools_share_is_what_backward_gives_for_it_alone(kind: str) -> None:
    for settings in LAYERS[kind].examples:
        config = {"kind": kind, **settings}
        layer, x, y, saved, dy = made(config, LAYERS[kind].example_input)
        for place in places(y.shape):
            alone = np.zeros_like(dy)
            alone[place] = dy[place]
            dx = layer.backward(alone, saved)
            (shares,) = layer.worked_backward(place, x, dy, saved).arrays.values()
            (window,) = layer.worked_forward(place, x, y, saved).arrays.values()
            assert window.shape == shares.shape
            assert np.sort(shares[shares != 0]) == pytest.approx(np.sort(dx[dx != 0]))
            assert (window * shares).sum() == pytest.approx((x * dx).sum())  # at the same places


@pytest.mark.parametrize("kind", ["BatchNorm", "LayerNorm", "GroupNorm", "RMSNorm"])
def test_a_normalized_numbers_dx_is_that_of_backward(kind: str) -> None:
    for settings in LAYERS[kind].examples:
        config = {"kind": kind, **settings}
        layer, x, y, saved, dy = made(config, LAYERS[kind].example_input)
        dx = layer.backward(dy, saved)
        for place in places(y.shape):
            found = layer.worked_backward(place, x, dy, saved)
            assert last_number(put_in(found.lines, found.numbers)[-1]) == pytest.approx(
                dx[place], rel=1e-5
            )


def test_running_statistics_are_those_after_the_step() -> None:
    layer, x, y, saved, _ = made({"kind": "BatchNorm", "momentum": 0.5}, (3, 2, 4))
    found = layer.worked_forward((0, 1, 1, 2), x, y, saved)
    layer.observe(saved)
    assert last_number(put_in(found.lines, found.numbers)[-1]) == pytest.approx(
        layer.mean[2], rel=1e-5
    )


def test_by_hand() -> None:
    net = gn.Sequential(
        [gn.Conv2D(1, padding="valid", bias_init="constant:value=0.5"), gn.MaxPool2D(2)],
        input_shape=(4, 4, 1),
    )
    net.parameters["0.W"][:, :, 0, 0] = [[1, 0, -1], [2, 0, -2], [1, 0, -1]]
    x = np.zeros((1, 4, 4, 1), np.float32)
    x[0, :, 0, 0] = 1, 2, 3, 4
    convolution, pool = net.layers
    y, saved = convolution.forward(x)
    found = convolution.worked_forward((0, 0, 0, 0), x, y, saved)
    assert found is not None
    assert put_in(found.lines, found.numbers) == [
        "the patch: rows 0 to 2, columns 0 to 2 of x[0], channel 0",
        "the kernel: W[:, :, 0, 0]; Σ patch · kernel = 8",
        "y[0, 0, 0, 0] = 8 + 0.5 = 8.5",
    ]
    plain = gn.Sequential([gn.Conv2D(1, padding="valid", bias=False)], input_shape=(4, 4, 1))
    plain.parameters["0.W"] = net.parameters["0.W"]
    y_plain, saved = plain.layers[0].forward(x)
    found = plain.layers[0].worked_forward((0, 0, 0, 0), x, y_plain, saved)
    assert found is not None  # the sum is the output: it is not given twice, rounded differently
    assert put_in(found.lines, found.numbers)[1:] == [
        "the kernel: W[:, :, 0, 0]",
        "y[0, 0, 0, 0] = Σ patch · kernel = 8",
    ]
    z, kept = pool.forward(y)
    pooled = pool.worked_backward((0, 0, 0, 0), y, np.full_like(z, 2), kept)
    assert pooled is not None
    np.testing.assert_array_equal(pooled.arrays["dx from this dy"], [[0, 0], [2, 0]])
