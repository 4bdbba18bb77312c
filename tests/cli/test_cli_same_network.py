"""The same table and options are about the same network in `train`, `cv`, `repeat` and `sweep`."""

import json
import shlex
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.cli import presets
from glassnet.cli.app import run
from glassnet.data import load
from glassnet.data.dataset import shares
from glassnet.mlp import mlp
from glassnet.stack import Stack
from glassnet.workflows import run as trainings
from glassnet.workflows.folds import fold_rows

OWN = "own.csv --epochs 2 --engine numpy"
BY_ITSELF = "a table: trained with the preset for tables (without it: --preset none)"


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with a table of 80 training rows."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    lines = [f"{x:.3f},{z:.3f},{'ny'[int(x * z + rng.normal() > 0)]}"
             for x, z in rng.normal(size=(100, 2))]  # fmt: skip
    Path("own.csv").write_text("\n".join(["x,z,label", *lines]), encoding="utf-8")


def said(capsys: pytest.CaptureFixture[str], words: str, code: int = 0) -> str:
    assert run(shlex.split(words)) == code, capsys.readouterr().err
    return capsys.readouterr().out


def found(capsys: pytest.CaptureFixture[str], words: str) -> Any:
    return json.loads(said(capsys, f"{words} --json").splitlines()[-1])


def test_what_is_repeated_is_what_train_makes(capsys: pytest.CaptureFixture[str]) -> None:
    """Of a small table, with folds; seeds are as far apart as those of one training."""
    words = f"{OWN} --networks 2"
    repeated = found(capsys, f"repeat {words} --times 2 --run-dir all")
    alone = [found(capsys, f"train {words} --seed {seed}") for seed in (0, 5)]
    assert repeated["values"] == [each["test_accuracy"] for each in alone]
    assert (repeated["preset"], repeated["networks"]) == ("table", 2)
    assert repeated["folds"]["epochs"] == [each["folds"]["epochs"] for each in alone]
    said(capsys, f"train {words}")
    said(capsys, "run all/recipe.toml --out again")
    first, own = (gn.load(f"{name}.safetensors") for name in ("again/recipe", "own"))
    np.testing.assert_array_equal(first.parameters.vector, own.parameters.vector)


def test_a_fold_is_predicted_by_the_mean_of_networks_that_have_not_seen_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = f"{OWN} --networks 2 --validation 0.25 --folds 3 --seed 1"
    accuracies = found(capsys, f"cv {words}")["accuracy"]["values"]
    data = load("own.csv")
    x, y = data.x_train, data.y_train
    for k, held in enumerate(fold_rows(data, 3, seed=1)):
        rows = np.setdiff1d(np.arange(len(x)), held)
        seed = 1 + 2 * k
        learned, out = shares(y[rows], 0.25, seed)
        stack = Stack(
            mlp((2,), [128, 128], 2, seed=each, dropout=0.15, first=[gn.PeriodicEmbedding(3)])
            for each in (seed, seed + 1)
        )
        stack.fit(
            x[rows], y[rows], samples=[learned] * 2, batch_size=128, epochs=2,
            validation=(x[rows][out], y[rows][out]), optimizer="adam:learning_rate=0.002",
            callbacks=[gn.EarlyStopping("val_loss", patience=10)],
        )  # fmt: skip
        score = stack.merged().evaluate(x[held], y[held])["accuracy"]
        assert accuracies[k] == pytest.approx(score)


def test_cv_says_what_was_trained(capsys: pytest.CaptureFixture[str]) -> None:
    printed = said(capsys, f"cv {OWN} --networks 2 --folds 2")
    networks = "2 networks in each fold: the mean of their outputs is tested"
    assert printed.startswith(f"{BY_ITSELF}\n{networks}\n")
    assert "each trained on all its rows for as long as is best for 5 folds of them, " in printed
    plain = said(capsys, f"cv {OWN} --preset none --folds 2")
    assert BY_ITSELF not in plain and "networks in each" not in plain
    assert "as is best for 5 folds" in plain  # as train does with small tables
    object_ = found(capsys, f"cv {OWN} --preset table --networks 1 --folds 2 --validation 0.2")
    assert object_["preset"] == "table" and "networks" not in object_
    assert len(object_["early_stopping"]["best"]) == 2


def test_folds_of_a_large_table_have_as_many_networks_as_their_rows_allow(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presets, "WORK", 3.5 * 40 * (2 + presets.SHARED))
    assert found(capsys, f"cv {OWN} --folds 2")["networks"] == 3
    said(capsys, f"train {OWN} --preset table")
    assert not hasattr(gn.load("own.safetensors").layers[0], "branches")  # 80 rows: 1.75 of them


def test_memory_changes_no_result(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (f"cv {OWN} --networks 2 --folds 2", f"repeat {OWN} --networks 2 --times 2"):
        first, second = (found(capsys, f"{words} --memory {size}") for size in ("1G", "200K"))
        values = [each.get("values") or each["loss"]["values"] for each in (first, second)]
        assert values[0] == pytest.approx(values[1], rel=1e-5)


@pytest.mark.parametrize("command", ["cv {} --folds 3", "repeat {} --times 3"])
def test_ctrl_c_leaves_what_is_finished(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    usual, calls = trainings.judged, list[int]()

    def pressed(*given: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            signal.raise_signal(signal.SIGINT)
        return usual(*given)

    monkeypatch.setattr(trainings, "judged", pressed)
    printed = said(capsys, command.format(f"{OWN} --networks 2"), code=130)
    assert "interrupted after 1 of 3 networks\n" in printed
    assert "accuracy 0." in printed


@pytest.mark.parametrize(
    "options",
    ["--lr 1e-3,0.01", "--hidden 8,16x8", "--batch-size 16,32 --preset none --validation 0.3",
     "--layers 'dense 8, relu' --layers 'dense 4, tanh'"],
)  # fmt: skip
def test_the_command_that_a_sweep_names_trains_its_best(
    options: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = f"sweep {OWN} {options} --networks 2 --trials 2 --seed 3 --out all"
    assert (BY_ITSELF in said(capsys, words)) == options.startswith(("--lr", "--hidden"))
    best = found(capsys, words)
    assert best["command"].startswith("glassnet train own.csv ")
    assert ("--preset table" in best["command"]) == options.startswith("--hidden")
    assert best["networks"] == 2
    figures = found(capsys, best["command"].removeprefix("glassnet "))
    assert figures["test_accuracy"] == best["test_accuracy"]
    whole = Path("own.safetensors").read_bytes()
    assert Path("all/best.safetensors").read_bytes() == whole
    said(capsys, "run all/recipe.toml --out again")
    assert Path("again/recipe.safetensors").read_bytes() == whole


def test_settings_are_compared_with_what_the_preset_says_of_the_others(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said(capsys, f"sweep {OWN} --hidden 8,16 --trials 1 --networks 1 --out all")
    text = Path("all/recipe.toml").read_text()
    for line in ("waves = 3", "dropout = 0.15", "learning_rate = 0.002", "batch_size = 128"):
        assert line in text


def test_lr_find_tries_rates_on_one_such_network(capsys: pytest.CaptureFixture[str]) -> None:
    words = "lr-find own.csv --count 2 --epochs 1"
    named, plain = (said(capsys, f"{words} --preset {each}") for each in ("table", "none"))
    itself = said(capsys, words)
    rates = [text.splitlines()[:2] for text in (itself, named, plain)]
    assert rates[0] == rates[1] != rates[2]
    assert run([*words.split(), "--networks", "3"]) == 2
    message = "lr-find trains one network with each rate: leave out --networks"
    assert message in capsys.readouterr().err
