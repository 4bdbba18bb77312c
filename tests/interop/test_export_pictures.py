"""Networks over pictures and sequences in other libraries: the same numbers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_export import imported, outputs, there, trained

import glassnet as gn
from glassnet.interop import to_keras, to_torch
from glassnet.interop.export import SCRIPTS, export

every_form = pytest.mark.parametrize("form", [*SCRIPTS, "onnx"])


def random_layer(rng: np.random.Generator) -> tuple[gn.Layer, Any]:
    """A convolution or pooling of random settings, and a shape in which a window fits."""
    axes = int(rng.integers(1, 3))
    groups = int(rng.integers(1, 4))

    def sizes(low: int, high: int) -> Any:
        one = int(rng.integers(low, high))
        each = tuple(int(n) for n in rng.integers(low, high, axes))
        return each if axes == 2 and rng.random() < 0.5 else one

    kernel = sizes(1, 5)
    shape = (*(int(n) for n in rng.integers(9, 13, axes)), 2 * groups)
    how = {"stride": sizes(1, 4), "padding": ["same", "valid"][rng.integers(2)]}
    if rng.random() < 0.5:
        how["padding"] = int(rng.integers(0, np.min(kernel)))
    if rng.random() < 0.5:
        kind = [gn.Conv1D, gn.Conv2D][axes - 1]
        dilation, bias = sizes(1, 3), bool(rng.random() < 0.7)
        filters = groups * int(rng.integers(1, 3))
        return kind(filters, kernel, dilation=dilation, groups=groups, bias=bias, **how), shape
    pools = [(gn.MaxPool1D, gn.AveragePool1D), (gn.MaxPool2D, gn.AveragePool2D)][axes - 1]
    return pools[rng.integers(2)](kernel, **how), shape


NETWORKS: dict[str, Callable[[], tuple[list[Any], Any]]] = {
    "a LeNet": lambda: (
        [
            gn.Conv2D(6, 5, activation="tanh"), gn.AveragePool2D(),
            gn.Conv2D(16, 5, padding="valid", activation="tanh"), gn.AveragePool2D(),
            gn.Flatten(), gn.Dense(20, "tanh"),
        ],
        (16, 16, 1),
    ),
    "a row of everything": lambda: (
        [
            gn.Scale(0.5, [0.1, 0.2, 0.3]), gn.Conv2D(8, stride=2, bias=False), gn.BatchNorm(),
            gn.ReLU(), gn.MaxPool2D(3, stride=2, padding="same"), gn.Conv2D(8, groups=8),
            gn.LayerNorm(), gn.Conv2D(4, 1), gn.GroupNorm(2), gn.UpSample2D((1, 2)),
            gn.ZeroPad2D(((0, 1), (2, 0))), gn.RMSNorm(), gn.Dropout(0.3), gn.Permute((1, 0, 2)),
            gn.Conv2D(5, 2), gn.GlobalMaxPool(), gn.BatchNorm(),
        ],
        (11, 9, 3),
    ),
    "residuals": lambda: (
        [
            gn.Conv2D(4),
            gn.Residual([gn.Conv2D(4), gn.BatchNorm(), gn.ReLU(), gn.Conv2D(4)]), gn.ReLU(),
            gn.Residual(
                [gn.Conv2D(8, stride=2), gn.GroupNorm(4)], [gn.Conv2D(8, 1, stride=2)]
            ),
            gn.Concat([gn.Conv2D(2, 1), [gn.MaxPool2D(3, 1, "same"), gn.Conv2D(2, 1)], []]),
            gn.Chain([gn.LayerNorm(), gn.GELU()]), gn.GlobalAveragePool(),
        ],
        (7, 8, 2),
    ),
    "rows made into pictures": lambda: (
        [gn.Reshape((4, 6, 1)), gn.Conv2D(3), gn.Permute((2, 0, 1)), gn.Flatten()], (24,),
    ),
    "words": lambda: (
        [gn.Embedding(9, 4), gn.Conv1D(6, 2, activation="relu"), gn.MaxPool1D(2),
         gn.Residual([gn.Conv1D(6, 3, dilation=2)]), gn.GlobalAveragePool()], (7,),
    ),
}  # fmt: skip


def made(name: str) -> tuple[gn.Sequential, Any]:
    """The network of this name, and samples for it."""
    rng = np.random.default_rng(2)
    layers, shape = NETWORKS[name]()
    if name == "words":
        return trained(layers, shape, integers=9), rng.integers(0, 9, (5, *shape))
    return trained(layers, shape), rng.normal(size=(5, *shape)).astype(np.float32)


def given_there(net: gn.Sequential, form: str, x: Any, folder: Path) -> Any:
    """What the exported network gives: outputs, or of ONNX probabilities."""
    there(form)
    path = export(net, form, folder / "net")[0]
    if form != "onnx":
        return outputs(form, imported(path), x)
    session = pytest.importorskip("onnxruntime").InferenceSession(str(path))
    return session.run(["probabilities"], {"x": x})[0]


def assert_alike(net: gn.Sequential, form: str, x: Any, folder: Path) -> None:
    expected = net.predict_proba(x) if form == "onnx" else net(x)
    found = given_there(net, form, x, folder)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@every_form
@pytest.mark.parametrize("seed", range(12))
def test_windows_of_random_settings(tmp_path: Path, form: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(2 if form == "keras" else 6):
        layer, shape = random_layer(rng)
        x = rng.normal(size=(3, *shape)).astype(np.float32)
        assert_alike(trained([layer], shape), form, x, tmp_path)


@every_form
@pytest.mark.parametrize("name", NETWORKS)
def test_whole_networks_give_the_same(tmp_path: Path, form: str, name: str) -> None:
    assert_alike(*made(name)[:1], form, made(name)[1], tmp_path)


@pytest.mark.parametrize("name", ["a LeNet", "rows made into pictures", "words"])
def test_the_numpy_script_stays_short(tmp_path: Path, name: str) -> None:
    lines = export(made(name)[0], "numpy", tmp_path / "net")[0].read_text().splitlines()
    assert len(lines) <= 100
    assert max(map(len, lines)) <= 100


def test_a_script_has_the_functions_that_it_calls_and_no_others(tmp_path: Path) -> None:
    net = trained([gn.MaxPool2D(), gn.LayerNorm()], (4, 4, 2))
    text = export(net, "numpy", tmp_path / "net")[0].read_text()
    defined = [line.split("(")[0][4:] for line in text.splitlines() if line.startswith("def ")]
    assert defined == ["softmax", "patches", "max_pool", "layer_norm", "outputs", "predict_proba",
                       "predict"]  # fmt: skip


def test_two_transpositions_that_cancel_are_left_out(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    layers = [gn.Conv2D(4), gn.BatchNorm(), gn.MaxPool2D(), gn.Conv2D(2), gn.GlobalMaxPool()]
    (path,) = export(trained(layers, (8, 8, 3)), "onnx", tmp_path / "net")
    kinds = [node.op_type for node in onnx.load(str(path)).graph.node]
    assert kinds[:6] == ["Transpose", "Conv", "BatchNormalization", "MaxPool", "Conv",
                         "GlobalMaxPool"]  # fmt: skip
    assert kinds.count("Transpose") == 1


def test_pytorch_is_told_of_the_odd_zero(tmp_path: Path) -> None:
    net = trained([gn.Conv2D(4, 3, stride=2)], (8, 8, 3))
    text = export(net, "torch", tmp_path / "net")[0].read_text()
    assert "nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(3, 4, 3, stride=2)),  # the odd zero" in text


@pytest.mark.parametrize("form", ["torch", "keras"])
def test_training_goes_on_there(tmp_path: Path, form: str) -> None:
    there(form)
    net, x = made("residuals")
    net.fit(x, np.arange(5) % 3, epochs=1, optimizer="adamw:learning_rate=0.03,weight_decay=0.01")
    script = imported(export(net, form, tmp_path / "net")[0])
    model = script.network()
    script.train(model, x, np.arange(5) % 3, epochs=40)
    assert (np.asarray(script.predict(model, x)) == np.arange(5) % 3).all()


@pytest.mark.filterwarnings("ignore:__array__ implementation")  # in Keras itself
@pytest.mark.parametrize(("form", "library"), [("torch", to_torch), ("keras", to_keras)])
@pytest.mark.parametrize("name", NETWORKS)
def test_weights_come_back_by_their_names(
    tmp_path: Path, form: str, library: Any, name: str
) -> None:
    there(form)
    net, _ = made(name)
    model = imported(export(net, form, tmp_path / "net")[0]).network()
    found = library.weights_of(net, model)
    assert list(found) == list(net.parameters)
    for each, values in net.parameters.items():
        np.testing.assert_array_equal(found[each], values)


@pytest.mark.parametrize("rule", ["adam", "momentum:learning_rate=0.05,weight_decay=0.01"])
def test_pytorch_takes_the_same_steps(tmp_path: Path, rule: str) -> None:
    there("torch")
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(12, 8, 8, 2)), np.arange(12) % 3
    layers = [gn.Conv2D(4, stride=2, bias=False), gn.BatchNorm(), gn.ReLU(), gn.MaxPool2D(),
              gn.Residual([gn.Conv2D(4), gn.GroupNorm(2)]), gn.Flatten(), gn.Dense(3)]  # fmt: skip
    net = gn.Sequential(layers, input_shape=(8, 8, 2), seed=0, dtype="float64")
    net.fit(x, y, epochs=1, optimizer=rule)
    script = imported(export(net, "torch", tmp_path / "net")[0])
    model = script.network()
    script.train(model, x, y, epochs=5)
    net.fit(x, y, epochs=5, optimizer=rule)  # both with moments that start afresh
    found = to_torch.weights_of(net, model)
    for name, values in net.parameters.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-6, atol=1e-8, err_msg=name)
