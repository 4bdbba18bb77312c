"""Model files: all comes back, nothing half-written, nothing believed."""

import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import glassnet as gn
from glassnet.base import files
from glassnet.nn.layers import LAYERS

X = np.random.default_rng(0).normal(size=(30, 2, 3))
Y = np.arange(30) % 3


OF_NUMBERS = [kind for kind in LAYERS.values() if kind.input_dtype != "int"]
OF_INDICES = [kind for kind in LAYERS.values() if kind.input_dtype == "int"]


def everything() -> list[gn.Layer]:
    """A network of every kind of layer."""
    middle = []
    for kind in OF_NUMBERS:
        shape = kind.example_input
        middle += [gn.Dense(math.prod(shape)), gn.Reshape(shape)]
        middle += [kind.from_config(kind.examples[0]), gn.Flatten()]
    return [gn.Flatten(), *middle, gn.Dense(3, bias=False, init="he_normal")]


def trained(dtype: Any = np.float32, **settings: Any) -> gn.Sequential:
    net = gn.Sequential([gn.Flatten(), gn.Dense(5, "relu"), gn.Dense(3)], seed=0, dtype=dtype)
    net.fit(X, Y, epochs=2, **settings)
    net.classes = ("red", "green", "blue")
    return net


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_kind_of_layer_comes_back(tmp_path: Path, dtype: Any) -> None:
    net = gn.Sequential(everything(), input_shape=(2, 3), seed=1, dtype=dtype)
    net.save(tmp_path / "net.safetensors")
    again = gn.load(tmp_path / "net.safetensors")
    assert type(again) is gn.Sequential
    assert {type(layer) for layer in again.layers} == set(OF_NUMBERS)
    assert again.config() == net.config()
    assert again(X).tobytes() == net(X).tobytes()
    assert again.dtype == dtype


@pytest.mark.parametrize("kind", OF_INDICES)
def test_a_layer_of_indices_comes_back(tmp_path: Path, kind: type[gn.Layer]) -> None:
    layers = [kind.from_config(kind.examples[0]), gn.Flatten(), gn.Dense(2)]
    net = gn.Sequential(layers, input_shape=kind.example_input, seed=1)
    net.save(tmp_path / "net.safetensors")
    indices = np.zeros((3, *kind.example_input), int)
    assert gn.load(tmp_path / "net.safetensors")(indices).tobytes() == net(indices).tobytes()


@pytest.mark.parametrize("loss", ["cross_entropy:label_smoothing=0.1", "mean_squared"])
def test_what_was_learned_comes_back(tmp_path: Path, loss: str) -> None:
    net = trained(loss=loss)
    net.save(tmp_path / "net.safetensors")
    again = gn.load(tmp_path / "net.safetensors")
    assert again.loss is not None
    assert net.loss is not None
    assert again.loss.config() == net.loss.config()
    assert (again.task, again.classes) == ("classes", ("red", "green", "blue"))
    np.testing.assert_array_equal(again.predict(X), net.predict(X))
    assert again.evaluate(X, Y) == net.evaluate(X, Y)


def test_a_network_that_never_learned_comes_back(tmp_path: Path) -> None:
    net = gn.Sequential([gn.Dense(2)], input_shape=3, seed=0)
    net.save(tmp_path / "net.safetensors")
    assert gn.load(tmp_path / "net.safetensors").loss is None


def test_the_weights_are_plain_safetensors(tmp_path: Path) -> None:
    net = trained()
    net.save(tmp_path / "net.safetensors")
    tensors = load_file(tmp_path / "net.safetensors")
    assert set(tensors) == set(net.parameters)
    np.testing.assert_array_equal(tensors["1.W"], net.parameters["1.W"])


def test_the_same_network_gives_the_same_bytes(tmp_path: Path) -> None:
    trained().save(tmp_path / "a.safetensors")
    trained().save(tmp_path / "b.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


@pytest.mark.parametrize("broken", ["fsync", "replace", "open"])
def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    path = tmp_path / "net.safetensors"
    trained().save(path)
    before = path.read_bytes()

    def fail(*arguments: Any, **settings: Any) -> None:
        raise OSError(28, "No space left on device")

    owner = {"fsync": os, "replace": Path, "open": os}[broken]
    monkeypatch.setattr(owner, broken, fail)
    with pytest.raises(gn.GlassnetError, match=r"net.safetensors: No space left on device$"):
        trained(class_weight={0: 2.0}).save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_others_may_read_the_file(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    before = os.umask(0o022)
    try:
        trained().save(path)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(gn.GlassnetError, match="cannot write"):
        trained().save(tmp_path / "none" / "net.safetensors")


def spoil(path: Path, change: Any) -> None:
    """Write the file again with another header."""
    tensors, header = files.read(path)
    change(header)
    save_file(tensors, path, metadata={"glassnet": json.dumps(header)})


def keep(part: float) -> Any:
    return lambda path: path.write_bytes(path.read_bytes()[: int(part * path.stat().st_size)])


SPOILED: dict[str, tuple[Any, str]] = {
    "empty": (lambda path: path.write_bytes(b""), "not a model file"),
    "text": (lambda path: path.write_text("hello " * 50), "not a model file"),
    "cut in the header": (keep(0.1), "not a model file"),
    "cut in the weights": (keep(0.95), "not a model file"),
    "another program's": (
        lambda path: save_file({"a": np.zeros(2)}, path),
        "not one that glassnet wrote",
    ),
    "no JSON": (
        lambda path: save_file({"a": np.zeros(2)}, path, metadata={"glassnet": "{"}),
        "not a model file",
    ),
    "a list": (
        lambda path: save_file({"a": np.zeros(2)}, path, metadata={"glassnet": "[1]"}),
        "format",
    ),
    "of the future": (
        lambda path: spoil(path, lambda h: h.update(format=2)),
        "format 2, this version reads 1",
    ),
    "no network": (lambda path: spoil(path, lambda h: h.pop("network")), "cannot be loaded"),
    "unknown layer": (
        lambda path: spoil(path, lambda h: h["network"]["layers"][1].update(kind="Dens")),
        "did you mean 'Dense'",
    ),
    "unknown setting": (
        lambda path: spoil(path, lambda h: h["network"]["layers"][1].update(size=3)),
        "unknown setting of Dense 'size'",
    ),
    "other widths": (
        lambda path: spoil(path, lambda h: h["network"]["layers"][1].update(units=6)),
        "its tensors are not those of its layers",
    ),
    "a layer less": (
        lambda path: spoil(path, lambda h: h["network"]["layers"].pop()),
        "its tensors are not those of its layers",
    ),
    "too large for any memory": (
        lambda path: spoil(path, lambda h: h["network"]["layers"][1].update(units=10**15)),
        "its tensors are not those of its layers",
    ),
    "no input shape": (
        lambda path: spoil(path, lambda h: h["network"].update(input_shape=None)),
        "input_shape is None",
    ),
    "units of text": (
        lambda path: spoil(path, lambda h: h["network"]["layers"][1].update(units="5")),
        "units is '5'",
    ),
    "layers of text": (
        lambda path: spoil(path, lambda h: h["network"].update(layers="Dense")),
        "cannot be loaded",
    ),
    "no such dtype": (
        lambda path: spoil(path, lambda h: h["network"].update(dtype="float16")),
        "dtype is float16",
    ),
}


@pytest.mark.parametrize("case", SPOILED)
def test_a_spoiled_file_is_told(tmp_path: Path, case: str) -> None:
    change, says = SPOILED[case]
    path = tmp_path / "net.safetensors"
    trained().save(path)
    change(path)
    with pytest.raises(gn.GlassnetError, match=says) as error:
        gn.load(path)
    assert "\n" not in str(error.value)
    assert str(path) in str(error.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(gn.GlassnetError, match=r"no file .*none.safetensors"):
        gn.load(tmp_path / "none.safetensors")
    with pytest.raises(gn.GlassnetError):
        gn.load(tmp_path)


def test_files_of_every_earlier_version_load() -> None:
    """These were written by the code of their time; later code must not change them."""
    kept = Path(__file__).parent / "files"
    for version in range(1, files.FORMAT + 1):
        with np.load(kept / f"answers-{version}.npz") as answers:
            network = gn.load(kept / f"network-{version}.safetensors")
            stack = gn.Stack.load(kept / f"stack-{version}.safetensors")
            for found, name in ((network, "network"), (stack, "stack")):
                assert found.predict_proba(answers["x"]) == pytest.approx(answers[name], abs=1e-6)
        assert network.classes == ("red", "green", "blue")


def test_a_file_says_how_its_network_was_trained(tmp_path: Path) -> None:
    net = trained(optimizer="momentum:beta=0.8", batch_size=7)
    net.save(tmp_path / "net.safetensors")
    again = gn.load(tmp_path / "net.safetensors").trained
    assert again == net.trained
    assert (again["samples"], again["epochs"], again["seed"]) == (30, 2, 0)
    assert again["settings"]["optimizer"]["beta"] == 0.8
    assert again["settings"]["batch_size"] == 7
    assert again["figures"].keys() == {"loss", "accuracy"}
    _, header = files.read(tmp_path / "net.safetensors")
    assert header["versions"].keys() == {"glassnet", "numpy", "python"}
