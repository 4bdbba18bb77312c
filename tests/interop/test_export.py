"""Networks for other libraries: run as a user would, from the files alone."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.data import load
from glassnet.interop import export
from glassnet.interop.spellings import SPELLINGS
from glassnet.nn.layers import LAYERS
from glassnet.nn.optimizers import OPTIMIZERS

SCRIPTS = ("numpy", "torch", "keras")
RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 2, 3)).astype(np.float32)
MORE: dict[str, list[dict[str, Any]]] = {
    "ELU": [{"alpha": 0.5}],
    "LeakyReLU": [{"slope": 0.3}],
    "GaussianNoise": [{"std": 2.0}],  # more than Keras takes
}

TASKS: dict[str, tuple[list[gn.Layer], Any, dict[str, Any]]] = {
    "classes": ([gn.Dense(3)], np.arange(40) % 3, {}),
    "two classes": ([gn.Dense(1)], np.arange(40) % 2, {"loss": "binary_cross_entropy"}),
    "labels": ([gn.Dense(3)], (RNG.random((40, 3)) > 0.5).astype(float),
               {"loss": "binary_cross_entropy"}),
    "a quantile": ([gn.Dense(1)], X.sum(axis=(1, 2)), {"loss": "quantile:q=0.9,unit=2"}),
    "a value": ([gn.Dense(1)], X.sum(axis=(1, 2)), {"loss": "huber"}),
    "values": ([gn.Dense(2), gn.Scale([2.0, 3.0], [1.0, 0.0])], X.sum(axis=1)[:, :2],
               {"loss": "mean_squared:unit=2.0"}),
    "values of two kinds": ([gn.Dense(2)], X.sum(axis=1)[:, :2],
                            {"loss": {"kind": "MeanAbsolute", "unit": [2.0, 0.5]}}),
    "classes by distances": ([gn.Dense(3)], np.arange(40) % 3, {"loss": "mean_squared"}),
}  # fmt: skip


def made(task: str = "classes", layers: list[gn.Layer] | None = None, **how: Any) -> gn.Sequential:
    last, y, loss = TASKS[task]
    again = [type(each).from_config(each.config()) for each in last]
    middle = [gn.Flatten(), gn.Dense(6, "tanh")] if layers is None else layers
    net = gn.Sequential([*middle, *again], input_shape=(2, 3), seed=0)
    net.fit(X, y, epochs=1, **loss, **how)
    return net


def cases(kind: str) -> Iterator[tuple[gn.Sequential, Any]]:
    """Networks with each example of a layer, whose parameters are all random, and samples."""
    of, rng = LAYERS[kind], np.random.default_rng(1)
    shape = of.example_input
    for settings in [*of.examples, *MORE.get(kind, [])]:
        net = trained([of(**settings)], shape, integers=settings.get("count"))
        wide = 8 * rng.normal(size=(12, *shape)).astype(np.float32)  # far into the bends
        yield net, rng.integers(0, settings["count"], (12, *shape)) if "count" in settings else wide


def trained(layers: list[Any], shape: Any, integers: int | None = None) -> gn.Sequential:
    """A network that tells three classes, of random parameters."""
    rng = np.random.default_rng(0)
    net = gn.Sequential([*layers, gn.Flatten(), gn.Dense(3)], input_shape=shape, seed=0)
    x = rng.integers(0, integers, (6, *shape)) if integers else rng.normal(size=(6, *shape))
    net.fit(x, np.arange(6) % 3, epochs=1)
    for name, values in net.parameters.items():
        spread = rng.uniform(0.5, 1.5, values.shape) * np.sign(0.1 + values) / len(values) ** 0.5
        net.parameters[name] = np.abs(spread) if name.endswith("var") else spread
    return net


def imported(path: Path) -> ModuleType:
    """The script as it is now: what was compiled of a file may be of one as long in its place."""
    module = ModuleType(path.stem)
    module.__file__ = str(path)
    exec(compile(path.read_text(encoding="utf-8"), path, "exec"), vars(module))
    return module


def outputs(form: str, script: ModuleType, x: Any) -> Any:
    if form == "numpy":
        return script.outputs(x)
    model = script.network()
    if form == "torch":
        import torch

        model.eval()
        with torch.no_grad():
            return model(torch.as_tensor(x)).numpy()
    return model.predict(x, verbose=0)


def there(form: str) -> None:
    """Skip where the library is not installed."""
    if form == "torch":
        pytest.importorskip("torch")
    if form == "keras":
        pytest.importorskip("keras")


@pytest.mark.parametrize("form", SCRIPTS)
@pytest.mark.parametrize("kind", SPELLINGS)
def test_every_layer_gives_the_same(tmp_path: Path, form: str, kind: str) -> None:
    there(form)
    for number, (net, x) in enumerate(cases(kind)):
        script, _ = export(net, form, tmp_path / f"net{number}")
        np.testing.assert_allclose(outputs(form, imported(script), x), net(x), rtol=1e-5, atol=1e-5)


def test_every_layer_is_spelled() -> None:
    own = {name for name, kind in LAYERS.items() if kind.__module__.startswith("glassnet.")}
    assert set(SPELLINGS) == own - {"Chain", "Residual", "Concat"}


@pytest.mark.parametrize("form", SCRIPTS)
@pytest.mark.parametrize("task", TASKS)
def test_every_task_predicts_the_same(tmp_path: Path, form: str, task: str) -> None:
    there(form)
    net = made(task)
    path, _ = export(net, form, tmp_path / "net")
    script = imported(path)
    found = script.predict(X) if form == "numpy" else script.predict(script.network(), X)
    assert np.asarray(found) == pytest.approx(net.predict(X), abs=1e-5)
    if form == "numpy" and net.loss is not None and net.loss.from_logits:
        assert script.predict_proba(X) == pytest.approx(net.predict_proba(X), abs=1e-6)
    assert hasattr(script, "predict_proba") == bool(
        form == "numpy" and net.loss and net.loss.from_logits
    )


def test_the_numpy_script_needs_numpy_alone_and_is_short(tmp_path: Path) -> None:
    data = load("digits")
    layers = [gn.Scale(data.scale), gn.Flatten(), gn.Dense(64, "relu"), gn.Dropout(0.2),
              gn.Dense(32, "gelu"), gn.Dense(10)]  # fmt: skip
    net = gn.Sequential(layers, input_shape=(8, 8), seed=0)
    net.fit(data.x_train, data.y_train, epochs=2)
    net.classes = tuple(f"the {name}" for name in data.classes)
    script, arrays = export(net, "numpy", tmp_path / "digits.py")
    assert (script.name, arrays.name) == ("digits.py", "digits.npz")
    assert len(script.read_text().splitlines()) < 60
    lines = script.read_text().splitlines()
    assert max(len(line) for line in lines if not line.startswith("CLASSES")) <= 100
    np.save(tmp_path / "some.npy", data.x_test[:20])
    hide = "import sys; sys.modules.update(dict.fromkeys(('glassnet', 'scipy', 'safetensors')))"
    words = [sys.executable, "-W", "error", "-c",
             f"{hide}; import runpy; sys.argv = ['digits.py', 'some.npy']; "
             "runpy.run_path('digits.py', run_name='__main__')"]  # fmt: skip
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [net.classes[k] for k in net.predict(data.x_test[:20])]
    assert done.stderr == ""


@pytest.mark.parametrize("form", ["torch", "keras"])
@pytest.mark.parametrize("rule", sorted(OPTIMIZERS))
def test_training_goes_on_there(tmp_path: Path, form: str, rule: str) -> None:
    there(form)
    data = load("moons", samples=400)
    layers = [gn.Dense(16, "relu"), gn.Dense(2)]
    net = gn.Sequential(layers, input_shape=2, seed=0)
    rate = "" if rule == "lbfgs" else ":weight_decay=0.001"
    net.fit(data.x_train, data.y_train, epochs=2, optimizer=rule + rate)
    x, y = data.x_train.astype(np.float32), data.y_train
    before = net.evaluate(x, y)["loss"]
    script = imported(export(net, form, tmp_path / "moons")[0])
    model = script.network()
    if form == "torch":
        assert script.train(model, x, y, epochs=60, batch_size=len(x)) < before
    else:
        assert model.evaluate(x, script.targets(y), verbose=0) == pytest.approx(before, abs=1e-5)
        history = script.train(model, x, y, epochs=10)
        assert history.history["loss"][-1] < before


@pytest.mark.parametrize("form", ["torch", "keras"])
@pytest.mark.parametrize("task", TASKS)
def test_the_loss_is_the_same(tmp_path: Path, task: str, form: str) -> None:
    there(form)
    net = made(task)
    script = imported(export(net, form, tmp_path / "net")[0])
    model = script.network()
    y = TASKS[task][1]
    before = net.evaluate(X, y)["loss"]
    after = script.train(model, X, y, epochs=1, batch_size=len(X))
    first = after if form == "torch" else after.history["loss"][0]
    assert first == pytest.approx(before, rel=1e-4)


class Sine(gn.Layer):
    def forward(self, x: Any, rng: Any = None) -> tuple[Any, Any]:
        return np.sin(x), x

    def backward(self, dy: Any, saved: Any) -> Any:
        return dy * np.cos(saved)


@pytest.mark.parametrize("form", SCRIPTS)
def test_what_cannot_be_exported_is_told(tmp_path: Path, form: str) -> None:
    net = made(layers=[gn.Flatten(), Sine()])
    with pytest.raises(
        gn.GlassnetError, match=r"layer 1 is Sine, which has no spelling .*spell\(Sine, "
    ):
        export(net, form, tmp_path / "net")
    untrained = gn.Sequential([gn.Dense(2)], input_shape=3)
    with pytest.raises(gn.GlassnetError, match="no loss yet"):
        export(untrained, form, tmp_path / "net")
    assert not list(tmp_path.iterdir())


def test_a_form_that_nobody_knows(tmp_path: Path) -> None:
    with pytest.raises(gn.GlassnetError, match="did you mean 'numpy'"):
        export(made(), "nunpy", tmp_path / "net")


def test_the_same_network_gives_the_same_script(tmp_path: Path) -> None:
    first, _ = export(made(), "numpy", tmp_path / "a")
    text = first.read_text()
    assert export(made(), "numpy", tmp_path / "a")[0].read_text() == text
