"""Networks as ONNX files, run by onnxruntime from the file alone."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from test_export import TASKS, Sine, X, cases, imported, made

import glassnet as gn
from glassnet.cli.app import run
from glassnet.data import Dataset, load
from glassnet.interop import export
from glassnet.interop.spellings import SPELLINGS
from glassnet.workflows.networks import network_of
from glassnet.workflows.recipes.loader import load_recipe, names
from glassnet.workflows.run import load_data

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")


def run_onnx(path: Path, **inputs: Any) -> dict[str, Any]:
    onnx.checker.check_model(str(path), full_check=True)
    session = onnxruntime.InferenceSession(str(path))
    assert [each.name for each in session.get_inputs()] == list(inputs)
    found = session.run(None, inputs)
    return {each.name: value for each, value in zip(session.get_outputs(), found, strict=True)}


@pytest.mark.parametrize("kind", SPELLINGS)
def test_every_layer_gives_the_same(tmp_path: Path, kind: str) -> None:
    for net, x in cases(kind):
        (path,) = export(net, "onnx", tmp_path / "net")
        found = run_onnx(path, x=x)["probabilities"]
        np.testing.assert_allclose(found, net.predict_proba(x), rtol=1e-5, atol=1e-5)
        assert len(run_onnx(path, x=x[:1])["label"]) == 1  # any number of samples


@pytest.mark.parametrize("task", TASKS)
def test_every_task_answers_the_same(tmp_path: Path, task: str) -> None:
    net = made(task)
    (path,) = export(net, "onnx", tmp_path / "net.onnx")
    found = run_onnx(path, x=X)
    if net.task == "values":
        assert found["prediction"] == pytest.approx(net.predict(X), rel=1e-5, abs=1e-5)
        return
    assert found["label"].tolist() == net.predict(X).tolist()
    if net.loss is not None and net.loss.from_logits:
        assert found["probabilities"] == pytest.approx(net.predict_proba(X), abs=1e-5)


def images() -> Dataset:
    """As many pixels as MNIST's have."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (200, 28, 28), dtype=np.uint8)
    y = rng.integers(0, 10, 200)
    return Dataset("images", x, y, x[:0], y[:0], tuple("0123456789"), scale=1 / 255)


@pytest.mark.parametrize("name", names())
def test_every_recipes_network(tmp_path: Path, name: str) -> None:
    recipe = load_recipe(name)
    data = images() if "mnist" in recipe.data.name else load_data(recipe.data)
    net = network_of(recipe.network, 0, data)
    net.fit(data.x_train[:200], data.y_train[:200], epochs=1)
    net.schema = None  # rows as encoded; a table's columns are tested below
    (path,) = export(net, "onnx", tmp_path / name)
    x = data.x_train[:50].astype(np.float32)
    found = run_onnx(path, x=x)
    assert found["probabilities"] == pytest.approx(net.predict_proba(x), abs=1e-5)
    assert found["label"].tolist() == [net.classes[k] for k in net.predict(x)]
    script, _ = export(net, "numpy", tmp_path / name)
    assert imported(script).outputs(x) == pytest.approx(net(x), abs=1e-5)
    assert len(script.read_text().splitlines()) <= 100


def table(rows: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    start = np.datetime64("1899-12-28")
    days = start + rng.integers(0, 80_000, rows).astype("timedelta64[D]")
    days[:6] = ["2000-02-29", "1900-02-28", "1900-03-01", "2000-12-31", "2024-01-01", "1904-12-31"]
    times = days + rng.integers(0, 86_400, rows).astype("timedelta64[s]")
    frame = pd.DataFrame({
        "age": rng.integers(18, 90, rows).astype(float), "income": rng.normal(3e4, 1e4, rows),
        "city": rng.choice(["Bern", "Ulm", "Graz", "a, b"], rows), "born": days.astype("M8[s]"),
        "seen": times.astype("M8[s]"),
    })  # fmt: skip
    frame["label"] = np.where(frame.age + 40 * (frame.city == "Ulm") > 60, "yes", "no")
    for name in ("age", "city", "born"):
        frame.loc[rng.random(rows) < 0.1, name] = None
    return frame


def inputs(frame: pd.DataFrame) -> dict[str, Any]:
    """The columns as a user hands them over."""
    found: dict[str, Any] = {}
    for name in frame.columns[:-1]:
        column = frame[name]
        if column.dtype.kind == "M":
            stamps = column.to_numpy().astype("M8[us]")
            values: Any = (stamps - np.datetime64("1970-01-01", "us")) / np.timedelta64(1, "D")
        elif column.dtype.kind == "f":
            values = column.to_numpy()
        else:
            values = column.fillna("").to_numpy().astype(object)
        found[name] = values[:, None]
    return found


def test_a_table_goes_in_as_its_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    frame = table()
    frame.to_csv("own.csv", index=False)
    assert run(["train", "own.csv", "--epochs", "3", "--quiet"]) == 0
    assert run(["export", "own.safetensors", "--to", "onnx"]) == 0
    net = gn.load("own.safetensors")
    assert net.schema is not None
    kinds = {type(column).__name__ for column in net.schema.columns}
    assert kinds == {"Number", "Category", "Date"}
    new = table(500).assign(city=lambda f: f.city.where(f.age != 30, "Rome"))  # not in training
    new.to_csv("new.csv", index=False)
    read = pd.read_csv("new.csv", dtype={"city": str})
    expected = net.predict_proba(read)
    found = run_onnx(Path("own-onnx.onnx"), **inputs(new))
    assert found["probabilities"] == pytest.approx(expected, abs=1e-5)
    assert found["label"].tolist() == [net.classes[k] for k in net.predict(read)]


USER = """
import numpy as np, onnxruntime, sys
session = onnxruntime.InferenceSession("digits.onnx")
label, probabilities = session.run(None, {"x": np.load("some.npy").astype(np.float32)})
print(*label)
assert not any(name.startswith("glassnet") for name in sys.modules)
"""


def test_the_exported_digits_are_run_from_the_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["train", "digits", "--epochs", "5", "--quiet"]) == 0
    assert run(["export", "digits.safetensors", "--to", "onnx", "--out", "digits.onnx"]) == 0
    data = load("digits")
    np.save("some.npy", data.x_test)
    done = subprocess.run([sys.executable, "-c", USER], capture_output=True, text=True, check=True)
    net = gn.load("digits.safetensors")
    assert done.stdout.split() == [net.classes[k] for k in net.predict(data.x_test)]


def test_what_cannot_be_exported_is_told(tmp_path: Path) -> None:
    net = made(layers=[gn.Flatten(), Sine()])
    with pytest.raises(
        gn.GlassnetError, match=r"layer 1 is Sine, which has no spelling .*spell\(Sine, "
    ):
        export(net, "onnx", tmp_path / "net")
    assert not list(tmp_path.iterdir())
