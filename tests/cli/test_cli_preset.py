"""`train --preset`, `--patience` and `--networks`."""

import json
from pathlib import Path
from typing import Any

import pytest

import glassnet as gn
from glassnet.base.presets import PRESETS
from glassnet.cli import presets
from glassnet.cli.app import run
from glassnet.data import load
from glassnet.nn.optimizers import optimizer

TRAIN = ("train", "moons", "--samples", "300", "--seed", "1", "--json")


def trained(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[list[Any], gn.Sequential]:
    assert run([*TRAIN, *words]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return lines[:-1], gn.load(lines[-1]["model"])


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_preset_sets_what_is_not_given(capsys: pytest.CaptureFixture[str]) -> None:
    epochs, network = trained(capsys, "--preset", "table", "--epochs", "20", "--hidden", "8")
    assert len(epochs) == 20  # as given, although that is the default without a preset
    assert len(network.layers[0].branches) == PRESETS["table"]["training"]["networks"]
    kinds = [type(layer).__name__ for layer in network.layers[0].branches[0].layers]
    assert kinds == ["PeriodicEmbedding", "Dense", "ReLU", "Dropout", "Dense"]
    assert network.layers[0].branches[0].layers[1].units == 8
    assert network.predict([[0.0, 0.0], [1.0, 0.0]]).shape == (2,)


@pytest.mark.parametrize(
    ("target", "options", "rates"),
    [
        ("label", (), {0.15}),
        ("price", (), set()),  # its noise is more than precise values have
        ("price", ("--preset", "table", "--dropout", "0.3"), {0.3}),
    ],
)
def test_values_are_predicted_without_dropout(
    target: str, options: tuple[str, ...], rates: set[float]
) -> None:
    rows = "".join(f"{n},{n % 7},{'ab'[n % 2]},{3 * n + n % 7 + 0.5}\n" for n in range(60))
    Path("own.csv").write_text(f"first,second,label,price\n{rows}")
    words = ["--target", target, "--epochs", "1", "--quiet", *options]
    assert run(["train", "own.csv", *words]) == 0
    layers = [layer for _, layer in gn.load("own.safetensors").walk()]
    assert {layer.rate for layer in layers if isinstance(layer, gn.Dropout)} == rates
    assert any(isinstance(layer, gn.PeriodicEmbedding) for layer in layers)


def test_waves_are_of_numbers_alone(capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"{n % 3}x,{n % 7}.5,{n},{'ab'[n % 2]}\n" for n in range(40))
    Path("own.csv").write_text(f"word,first,second,label\n{rows}")
    assert run(["train", "own.csv", "--preset", "table", "--networks", "1", "--epochs", "1"]) == 0
    assert gn.load("own.safetensors").layers[0].columns == [3, 4]
    assert run(["train", "digits", "--preset", "table"]) == 2
    said = "--preset table is for the columns of a table, and digits has images: leave it out"
    assert said in capsys.readouterr().err


def test_layers_in_words_stay_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--preset", "table", "--networks", "1", "--layers", "dense 3, tanh", "--epochs", "2")
    _, network = trained(capsys, *words, "--no-calibrate")
    assert [type(layer).__name__ for layer in network.layers] == ["Dense", "Tanh", "Dense"]
    usual = optimizer(PRESETS["table"]["training"]["optimizer"]).config()
    assert network.trained["settings"]["optimizer"] == usual


def test_a_decay_leaves_the_rate_of_the_preset(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--preset", "table", "--networks", "1", "--weight-decay", "0.1", "--epochs", "1")
    rule = trained(capsys, *words, "--no-calibrate")[1].trained["settings"]["optimizer"]
    usual = optimizer(PRESETS["table"]["training"]["optimizer"]).learning_rate
    assert (rule["learning_rate"], rule["weight_decay"]) == (usual, 0.1)


def test_patience_ends_a_training_at_its_best(capsys: pytest.CaptureFixture[str]) -> None:
    epochs, _ = trained(capsys, "--patience", "2", "--epochs", "400", "--lr", "0.05")
    losses = [line["val_loss"] for line in epochs]
    assert len(losses) < 400 and losses.index(min(losses)) == len(losses) - 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--preset", "tables"], "unknown preset 'tables': did you mean 'table'?"),
        (["--patience", "0"], "patience"),
        (["--networks", "0"], "networks"),
        (["--patience", "3", "--validation", "0"], "give --validation above 0"),
    ],
)
def test_wrong_values(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*TRAIN, *words]) == 2
    assert said in capsys.readouterr().err


BY_ITSELF = "a table: trained with the preset for tables"


@pytest.fixture
def own() -> None:
    """A table of a hundred rows."""
    rows = "".join(f"{n % 13},{n * n % 11},{'ab'[n * n % 11 > 4]}\n" for n in range(100))
    Path("own.csv").write_text(f"x,z,label\n{rows}", encoding="utf-8")


@pytest.mark.usefixtures("own")
def test_a_table_gets_it_by_itself_and_its_recipe_repeats_it_to_the_same_bytes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["train", "own.csv", "--epochs", "2", "--engine", "numpy"]
    assert run([*words, "--run-dir", "run"]) == 0
    assert BY_ITSELF in capsys.readouterr().out
    assert run(["run", "run/recipe.toml", "--out", "again"]) == 0
    whole = Path("run/own.safetensors").read_bytes()
    assert Path("again/recipe.safetensors").read_bytes() == whole
    assert run([*words, "--preset", "table"]) == 0  # whose name need not be said
    assert Path("own.safetensors").read_bytes() == whole


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    "words",
    [
        ["own.csv", "--preset", "none"], ["own.csv", "--hidden", "8"],
        ["own.csv", "--optimizer", "sgd"], ["own.csv", "--layers", "dense 8, relu"],
        ["own.csv", "--no-early-stopping"], ["iris"],
    ],
)  # fmt: skip
def test_it_is_left_out_where_something_else_is_said(
    capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert run(["train", *words, "--epochs", "1"]) == 0
    printed = capsys.readouterr().out
    assert BY_ITSELF not in printed and "networks" not in printed


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize("count", [1, 3])
def test_as_many_networks_as_are_asked_for(count: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["train", "own.csv", "--networks", f"{count}", "--epochs", "1"]) == 0
    printed = capsys.readouterr().out
    assert BY_ITSELF in printed and ("3 networks: the epochs" in printed) == (count == 3)
    first = gn.load("own.safetensors").layers[0]
    assert len(first.branches if count > 1 else [first]) == count


@pytest.mark.usefixtures("own")
def test_a_large_table_gets_fewer_networks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = len(load("own.csv").x_train)
    monkeypatch.setattr(presets, "WORK", 3.5 * rows * (load("own.csv").input_shape[0] + 50))
    assert run(["train", "own.csv", "--epochs", "1"]) == 0
    assert "3 networks: the epochs are those of the first" in capsys.readouterr().out
    monkeypatch.setattr(presets, "WORK", 1)
    assert run(["train", "own.csv", "--epochs", "1"]) == 0
    assert "networks:" not in capsys.readouterr().out
