"""Ctrl-C in every command, at every stage: what is finished is kept, and nothing is half done."""

import json
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pytest

import glassnet as gn
from glassnet.cli import recipes, tally, train
from glassnet.cli.app import run
from glassnet.cli.tally import Tally
from glassnet.inspection import plots
from glassnet.sequential import Sequential
from tests.undrawn import not_drawn

FEW = "moons --samples 200 --epochs 5 --hidden 4 --engine numpy"
Said = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said) -> Iterator[None]:
    """A table, a network that was trained on it, and predictions from before."""
    monkeypatch.chdir(tmp_path)
    rows = [f"{n},{n % 7},{'xyz'[n % 3]},{'ab'[n % 2]}" for n in range(100)]
    Path("own.csv").write_text("\n".join(["n,size,k,label", *rows]), encoding="utf-8")
    with not_drawn():
        assert run(["train", "own.csv", "--epochs", "1", "--quiet"]) == 0
    Path("p.csv").write_text("the old predictions", encoding="utf-8")
    capsys.readouterr()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have others
    yield
    signal.signal(signal.SIGINT, before)


def press(*_: Any, **__: Any) -> None:
    signal.raise_signal(signal.SIGINT)


def pressing(after: int, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, with Ctrl-C within the call of this number, counted from 1."""
    calls = 0

    def call(*given: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        result = function(*given, **named)
        if calls == after:
            press()
        return result

    return call


def broken(words: str, capsys: Said) -> tuple[str, str]:
    """The output of an interrupted command, and what its last line says."""
    assert run(words.split()) == 130
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    assert err.splitlines()[-1].startswith("glassnet: interrupted")
    assert not list(Path().rglob(".glassnet-*"))
    return out, err.splitlines()[-1].removeprefix("glassnet: ")


def contents() -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}


# ---- what leaves nothing behind


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("train own.csv", "while reading own.csv, after 100 rows"),
        ("predict own.safetensors own.csv --out p.csv", "while predicting, after 100 rows"),
        ("evaluate own.safetensors own.csv", "while evaluating, after 100 rows"),
        ("plot confusion own.safetensors own.csv", "while reading own.csv, after 100 rows"),
        ("explain own.safetensors own.csv", "while looking for a sample, after 100 rows"),
        ("lab moons --epochs 1 --record l.html", r"while training, after 1 of \d+ steps"),
    ],
)
def test_it_says_where_it_was_and_writes_nothing(
    words: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    before = contents()
    monkeypatch.setattr(tally._Counted, "add", pressing(1, tally._Counted.add))
    out, last = broken(words, capsys)
    assert re.fullmatch(f"interrupted {said}", last)
    assert out == ""
    assert contents() == before


def test_checks_so_far_are_printed_without_a_verdict(
    monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    monkeypatch.setattr(tally._Counted, "add", pressing(2, tally._Counted.add))
    out, last = broken("check", capsys)
    assert out.count("gradient check of") == 2
    assert "all gradients" not in out
    assert re.fullmatch(r"interrupted while checking gradients, after 2 of \d+ checks", last)


def test_a_comparison_shows_the_libraries_that_are_done(
    monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    pytest.importorskip("torch")
    monkeypatch.setattr(tally._Counted, "add", pressing(4, tally._Counted.add))
    out, last = broken("compare moons --quick --epochs 3 --with torch", capsys)
    assert re.match(r"glassnet \S+: 3 epochs", out)
    assert "metrics of the" not in out
    assert last == "interrupted while training in torch, after 1 of 3 epochs"


# ---- one training


def test_an_unfinished_training_is_kept_untested(
    monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    monkeypatch.setattr(train.Progress, "on_epoch_end", pressing(2, train.Progress.on_epoch_end))
    out, last = broken(f"train {FEW} --run-dir a --plot page", capsys)
    assert "\ninterrupted after 2 of 5 epochs, not tested\n" in out
    assert "test accuracy" not in out
    assert last == "interrupted"
    assert len(Path("a/log.csv").read_text(encoding="utf-8").splitlines()) == 3
    assert "test accuracy" not in Path("a/report.txt").read_text(encoding="utf-8")
    network = gn.load("a/moons.safetensors")
    assert network.trained["epochs"] == 2
    assert "test" not in network.trained
    assert not list(Path("page").iterdir())


def test_with_a_checkpoint_the_same_command_continues_it(
    monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    monkeypatch.setattr(train.Progress, "on_epoch_end", pressing(2, train.Progress.on_epoch_end))
    out, _ = broken(f"train {FEW} --checkpoint c", capsys)
    assert out.endswith("\nthe same command with --resume continues it\n")
    assert run(f"train {FEW} --checkpoint c --resume".split()) == 0
    assert "test accuracy" in capsys.readouterr().out
    assert gn.load("moons.safetensors").trained["epochs"] == 5


def test_json_says_so_too(monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    lines = train.JsonLines
    monkeypatch.setattr(lines, "on_epoch_end", pressing(2, lines.on_epoch_end))
    out, _ = broken(f"train {FEW} --json", capsys)
    assert json.loads(out.splitlines()[-1]) == {
        "interrupted": "after 2 of 5 epochs",
        "model": "moons.safetensors",
        "curves": "moons.png",
    }


def test_in_its_first_epoch_it_leaves_the_old_network(
    monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    before = contents()
    steps = train.Progress.on_train_batch_end
    monkeypatch.setattr(train.Progress, "on_train_batch_end", pressing(1, steps))
    out, _ = broken("train own.csv --preset none --engine numpy", capsys)
    assert out.splitlines()[-1] == "interrupted after 0 of 200 epochs, not tested"
    assert contents() == before


def test_a_network_that_could_not_be_tested_is_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    monkeypatch.setattr(Sequential, "evaluate", press)
    out, last = broken(f"train {FEW}", capsys)
    assert out.endswith("\nwrote moons.safetensors, not tested\n")
    assert last == "interrupted while evaluating the test part"
    assert gn.load("moons.safetensors").trained["epochs"] == 5


def test_a_finished_network_is_reported_without_its_curves(
    monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    monkeypatch.setattr(plots, "save", press)
    out, _ = broken(f"train {FEW}", capsys)
    assert "test accuracy " in out
    assert out.endswith("interrupted while the curves were drawn\nwrote moons.safetensors\n")
    assert not Path("moons.png").exists()


def test_pictures_that_are_drawn_are_whole(monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    save = pressing(6, plots.save)  # the curves, then two pictures on both grounds
    monkeypatch.setattr(plots, "save", save)
    out, last = broken(f"train {FEW} --plot page", capsys)
    assert "test accuracy " in out
    assert "page" not in out
    assert re.fullmatch(r"interrupted while drawing pictures, after 2 of \d+ pictures", last)
    pictures = list(Path("page").iterdir())
    assert len(pictures) == 5
    assert all(plt.imread(path).size for path in pictures)


# ---- many trainings


@pytest.mark.parametrize("command", ["repeat", "cv", "run", "sweep", "lr-find"])
def test_no_accuracy_of_unfinished_networks(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    before = contents()
    monkeypatch.setattr(Tally, "add", pressing(3, Tally.add))
    if command == "run":
        epoch = recipes.Progress.on_epoch_end
        monkeypatch.setattr(recipes.Progress, "on_epoch_end", pressing(2, epoch))
    words = {
        "run": "run moons-repeated --quick --seed 3",
        "sweep": "sweep moons --samples 200 --epochs 500 --hidden 4,5",
    }
    out, _ = broken(words.get(command, f"{command} moons --samples 200 --epochs 500"), capsys)
    assert not re.search(r"accuracy +0\.\d", out.replace("val acc", ""))
    kept = {path for path in contents() if path.parts[0] != "moons-sweep"}
    assert kept == {*before}
    assert not list(Path().rglob("best.safetensors"))


def test_finished_networks_are_reported(monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    monkeypatch.setattr(Tally, "add", pressing(2 * 5 + 1, Tally.add))
    out, _ = broken(f"repeat {FEW} --times 4 --memory 1K", capsys)
    assert re.match(r"interrupted after 2 of 4 networks\ntest accuracy .* \(2 networks\)\n", out)
    assert out.endswith("\nwrote moons-repeated.png\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (f"repeat {FEW} --times 2", "test accuracy "),
        (f"lr-find {FEW} --count 2", "← suggested"),
        ("sweep moons --samples 200 --epochs 1 --hidden 2,3", "best of 2 settings"),
        ("data own.csv", "classes in the training part"),
    ],
)
def test_results_come_before_their_picture(
    words: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    monkeypatch.setattr(plots, "save", press)
    out, _ = broken(words, capsys)
    assert said in out
    assert "wrote" not in out
    assert {path.name for path in Path().rglob("*.png")} == {"own.png"}


def test_recipes_that_are_done_are_reported(monkeypatch: pytest.MonkeyPatch, capsys: Said) -> None:
    monkeypatch.setattr(recipes, "names", lambda: ["moons", "moons-repeated"])
    load = pressing(2, recipes.load_data)
    monkeypatch.setattr(recipes, "load_data", load)
    out, _ = broken("run --all --quick", capsys)
    assert re.search(r"\n +moons .* 0\.\d{4} +≥ 0\.88 ", out)
    assert "a smaller version" not in out  # of the recipe that was not begun
    assert out.splitlines()[-1] == "1 recipe not finished"
