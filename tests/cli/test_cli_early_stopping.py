"""Early stopping by default: what ends a training of one's own data, and what commands say."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from glassnet.cli.app import run
from glassnet.training.callbacks.history import INTERRUPTED
from glassnet.training.trainer import Trainer
from tests.undrawn import not_drawn

LINE = re.compile(
    r"kept epoch (\d+) of (\d+) \(at most (\d+)\): lowest loss on 48 validation samples"
)
MANY = (
    r"trained for \d+ to \d+ of at most 200 epochs; kept each network's best, \d+ to \d+: lowest "
    r"loss on 20 % of its training samples"
)


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder with a table whose classes no network tells apart without error."""
    monkeypatch.chdir(tmp_path)
    x = np.random.default_rng(0).normal(size=(300, 3))
    rough = x.sum(axis=1) + np.random.default_rng(1).normal(size=300)
    table = pd.DataFrame(x.round(3), columns=["a", "b", "c"])
    table.assign(label=np.where(rough > 0, "yes", "no")).to_csv("own.csv", index=False)
    with not_drawn():
        yield


def said(capsys: pytest.CaptureFixture[str], words: str, code: int = 0) -> str:
    assert run(words.split()) == code, capsys.readouterr().err
    return capsys.readouterr().out


def objects(capsys: pytest.CaptureFixture[str], words: str) -> list[Any]:
    return [json.loads(line) for line in said(capsys, f"{words} --json").splitlines()]


def test_a_table_of_ones_own_ends_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    found = LINE.search(said(capsys, "train own.csv --preset none --validation 0.2 --lr 0.005"))
    assert found is not None
    best, epochs, most = map(int, found.groups())
    assert (epochs, most) == (best + 20, 200)
    again = objects(capsys, "train own.csv --preset none --validation 0.2 --lr 0.005")
    assert len(again) == epochs + 1
    assert again[-1]["early_stopping"] == {
        "metric": "loss", "most": 200, "epochs": [epochs], "best": [best],
        "judged_by": "48 validation samples",
    }  # fmt: skip
    losses = [line["val_loss"] for line in again[:-1]]
    assert losses.index(min(losses)) + 1 == best
    network = gn.load("own.safetensors")
    assert network.trained["figures"]["val_loss"] == min(losses)


@pytest.mark.parametrize(
    ("words", "epochs"),
    [
        ("moons --samples 300", 20),
        ("own.csv --no-early-stopping --hidden 16", 20),
        ("own.csv --validation 0", 20),
        ("own.csv --preset table --networks 1 --no-early-stopping --hidden 4", 200),
        ("moons --samples 300 --preset table --networks 1 --validation 0 --hidden 4", 200),
    ],
)
def test_what_does_not(capsys: pytest.CaptureFixture[str], words: str, epochs: int) -> None:
    *lines, result = objects(capsys, f"train {words}")
    assert len(lines) == epochs
    assert "early_stopping" not in result


@pytest.mark.parametrize("words", ["--early-stopping", "--patience 20"])
def test_data_that_come_with_it_end_by_themselves_if_asked(
    capsys: pytest.CaptureFixture[str], words: str
) -> None:
    *lines, result = objects(capsys, f"train moons --samples 300 --noise 0.4 --lr 0.05 {words}")
    assert 20 < len(lines) < 200
    assert result["early_stopping"]["judged_by"] == "44 validation samples"  # a fifth of 225


def test_epochs_are_the_most(capsys: pytest.CaptureFixture[str]) -> None:
    printed = said(capsys, "train own.csv --preset none --epochs 3 --validation 0.3")
    assert "(at most 3): lowest loss on 72 validation samples" in printed
    assert "3/3" in printed
    assert "kept" not in said(capsys, "train own.csv --epochs 3 --quiet")


def test_a_metric_stops_it(capsys: pytest.CaptureFixture[str]) -> None:
    printed = said(
        capsys,
        "train own.csv --preset none --validation 0.2 --metric balanced_accuracy --patience 4",
    )
    assert "highest balanced accuracy on 48 validation samples" in printed


def test_several_networks_are_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    printed = said(capsys, "train own.csv --validation 0.2 --networks 3 --lr 0.005 --patience 5")
    ranges = r"trained for (\d+ to )?\d+ of at most 200 epochs; kept each network's best, "
    assert re.search(rf"{ranges}(\d+ to )?\d+: lowest loss on 48 validation samples", printed)


def test_the_recipe_of_a_run_and_its_checkpoint_come_to_the_same_bytes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = "train own.csv --preset none --validation 0.2 --lr 0.002 --engine numpy --patience 8"
    said(capsys, f"{words} --run-dir run --quiet")
    whole = Path("run/own.safetensors").read_bytes()
    said(capsys, "run run/recipe.toml --out again")
    assert Path("again/recipe.safetensors").read_bytes() == whole
    epochs = gn.load("run/own.safetensors").trained["epochs"]

    def begin_epoch(self: Trainer, begins: Any = Trainer.epoch) -> Any:
        if self.epoch_index == epochs - 4:  # when it has waited for some
            self.stop(INTERRUPTED)
        return begins(self)

    with monkeypatch.context() as patched:
        patched.setattr(Trainer, "epoch", begin_epoch)
        said(capsys, f"{words} --checkpoint c --every 1", code=130)
    assert Path("own.safetensors").read_bytes() != whole
    printed = said(capsys, f"{words} --checkpoint c --every 1 --resume")
    assert "resuming from c" in printed
    assert "  1/200 " not in printed
    assert Path("own.safetensors").read_bytes() == whole
    said(capsys, f"{words} --checkpoint c --every 1 --resume")  # of a training that has ended
    assert Path("own.safetensors").read_bytes() == whole


# ---- many networks


def test_cv_and_repeat_say_when_their_networks_stopped(capsys: pytest.CaptureFixture[str]) -> None:
    words = "own.csv --lr 0.005 --hidden 16 --validation 0.2"
    assert re.search(MANY, said(capsys, f"cv {words} --folds 4"))
    assert re.search(MANY, said(capsys, f"repeat {words} --times 4"))
    (found,) = objects(capsys, f"repeat {words} --times 4")
    assert len(found["early_stopping"]["best"]) == 4
    plain = said(capsys, "cv own.csv --folds 4 --no-early-stopping --hidden 16")
    assert "kept" not in plain


def test_a_sweep_says_which_epochs_it_kept_and_its_recipe_repeats_the_best(
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = "sweep own.csv --hidden 4,8 --lr 0.02 --preset none --validation 0.2 --out here"
    assert LINE.search(said(capsys, command))
    table = [row.split(",") for row in Path("here/runs.csv").read_text().splitlines()]
    assert table[0][-1] == "best_epoch"
    assert all(0 < int(row[-1]) < 200 for row in table[1:])
    before = Path("here/best.safetensors").read_bytes()
    said(capsys, command)  # from the runs that are there
    assert Path("here/best.safetensors").read_bytes() == before
    said(capsys, "run here/recipe.toml --out again")
    assert Path("again/recipe.safetensors").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("train own.csv --patience 3 --no-early-stopping", "--patience is for early stopping"),
        ("train own.csv --patience 0", "patience"),
        ("train own.csv --patience 3 --validation 0", "early stopping needs validation samples"),
        ("train own.csv --early-stopping --validation 0", "early stopping needs validation"),
        ("cv own.csv --no-early-stopping --validation 0.3", "leave out --validation"),
        ("lr-find own.csv --patience 3", "lr-find trains all rates for the same epochs"),
        ("lr-find own.csv --early-stopping", "lr-find trains all rates for the same epochs"),
        ("sweep own.csv --hidden 4,8 --validation 0", "give --validation a share"),
    ],
)
def test_nonsense_is_refused(capsys: pytest.CaptureFixture[str], words: str, message: str) -> None:
    before = sorted(Path().iterdir())
    assert run(words.split()) == 2
    error = capsys.readouterr().err
    assert message in error and len(error.splitlines()) == 1
    assert sorted(Path().iterdir()) == before


def test_lr_find_trains_every_rate_for_twenty_epochs(capsys: pytest.CaptureFixture[str]) -> None:
    printed = said(capsys, "lr-find own.csv --count 3 --hidden 4")
    assert printed == said(capsys, "lr-find own.csv --count 3 --hidden 4 --epochs 20").replace(
        "replaced", "wrote"
    )
