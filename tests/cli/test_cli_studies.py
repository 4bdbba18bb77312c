"""`repeat`, `cv` and `lr-find`: many networks from one command, and what they say of a figure."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from glassnet.base.numerals import numeral
from glassnet.data import load
from glassnet.mlp import mlp
from tests.cli.process import run, succeed

FEW = ("--epochs", "3", "--hidden", "8")
MOONS = ("moons", "--samples", "400", *FEW)
ALWAYS = r"always the commonest class: 0\.\d{4}"


def said(folder: Path, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(succeed(folder, *words, "--json").stdout)
    return found


def test_repeat_trains_what_train_trains_from_one_seed_after_another(tmp_path: Path) -> None:
    found = said(tmp_path, "repeat", *MOONS, "--times", "3", "--seed", "5")
    for seed, value in enumerate(found["values"], start=5):
        alone = succeed(tmp_path, "train", *MOONS, "--seed", str(seed), "--quiet")
        assert float(alone.stdout.split("accuracy ")[1].split()[0]) == pytest.approx(
            value, abs=5e-5
        )
    assert found["figure"] == "test accuracy"
    assert found["mean"] == pytest.approx(np.mean(found["values"]))
    assert found["std"] == pytest.approx(np.std(found["values"], ddof=1))
    assert (tmp_path / "moons-repeated.png").read_bytes().startswith(b"\x89PNG")


def test_repeat_says_how_sure_the_figure_is(tmp_path: Path) -> None:
    few = succeed(tmp_path, "repeat", *MOONS, "--times", "4", "--out", "strip.png").stdout
    assert re.search(
        rf"^test accuracy .* min .*, max .* \(4 networks\)\n{ALWAYS}\n\d+\.\d s\n", few
    )
    done = succeed(tmp_path, "repeat", *MOONS, "--times", "6", "--out", "strip.png")
    first, always, second, third = done.stdout.splitlines()
    assert first.startswith("test accuracy 0.")
    assert "95 % interval of the mean" in first
    assert "(6 networks)" in first
    assert re.fullmatch(ALWAYS, always)
    assert second.startswith("min ")
    assert third == "replaced strip.png"


def own_values(folder: Path) -> None:
    """A table of numbers whose last column follows from the others."""
    x = np.random.default_rng(0).standard_normal((120, 3))
    rows = np.column_stack([x, 100 * x.sum(axis=1)])
    np.savetxt(folder / "own.csv", rows, delimiter=",", header="a,b,c,y", comments="")


def test_repeat_of_a_regression_counts_in_the_targets_unit(tmp_path: Path) -> None:
    own_values(tmp_path)
    found = said(tmp_path, "repeat", "own.csv", *FEW, "--times", "3")
    assert found["figure"] == "test mean_absolute"
    assert 1 < found["mean"] < 500
    data = load(tmp_path / "own.csv")
    of_mean = np.abs(data.y_test - data.y_test.mean()).mean()
    assert found["mean_predictor"] == pytest.approx(of_mean)
    assert len(found["r2"]) == 3
    text = succeed(tmp_path, "repeat", "own.csv", *FEW, "--times", "3").stdout.splitlines()
    assert text[0].startswith(f"test mean absolute error {numeral(found['mean'])} ± ")
    assert text[1].startswith(f"test R² {numeral(float(np.mean(found['r2'])))} ± ")
    assert text[2] == f"always the mean: {numeral(of_mean)}"


def test_repeat_runs_a_recipe_by_its_name(tmp_path: Path) -> None:
    found = said(tmp_path, "repeat", "recipe:iris", "--times", "2")
    assert len(found["values"]) == 2
    assert found["figure"] == "training accuracy"
    done = run(tmp_path, "repeat", "recipe:iris", "--hidden", "8", "--lr", "0.1")
    assert done.returncode == 2
    assert "leave out --hidden, --lr" in done.stderr
    done = run(tmp_path, "repeat", "recipe:none")
    assert done.returncode == 2
    assert "none" in done.stderr


def test_cv_judges_each_network_by_the_fold_it_has_not_seen(tmp_path: Path) -> None:
    done = succeed(tmp_path, "cv", *MOONS, "--folds", "4")
    lines = done.stdout.splitlines()
    assert lines[-1] == "4 folds of 300 samples"
    data = load("moons", samples=400)
    from sklearn.model_selection import StratifiedKFold

    accuracies = []
    folds = StratifiedKFold(4, shuffle=True, random_state=0).split(data.x_train, data.y_train)
    for seed, (rows, held) in enumerate(folds):
        net = mlp((2,), [8], 2, seed=seed)
        net.fit(data.x_train[rows], data.y_train[rows], epochs=3)
        accuracies.append(net.evaluate(data.x_train[held], data.y_train[held])["accuracy"])
    assert f"accuracy {np.mean(accuracies):.4f} ± {np.std(accuracies, ddof=1):.4f}" in done.stdout
    commonest = max(np.bincount(data.y_train)) / len(data.y_train)
    assert lines[-2] == f"always the commonest class: {numeral(commonest)}"


def test_cv_as_json_says_what_the_lines_say(tmp_path: Path) -> None:
    words = ("cv", *MOONS, "--folds", "4")
    found, lines = said(tmp_path, *words), succeed(tmp_path, *words).stdout
    assert (found["folds"], found["samples"]) == (4, 300)
    accuracy = found["accuracy"]
    assert len(accuracy["values"]) == accuracy["runs"] == 4
    assert accuracy["mean"] == pytest.approx(np.mean(accuracy["values"]))
    assert f"accuracy {numeral(accuracy['mean'])} ± " in lines
    assert f"always the commonest class: {numeral(found['base_rate'])}" in lines
    assert "diverged" not in found


def test_cv_of_values_has_an_r_squared_and_what_the_mean_gives(tmp_path: Path) -> None:
    own_values(tmp_path)
    lines = succeed(tmp_path, "cv", "own.csv", *FEW, "--folds", "3").stdout.splitlines()
    y = load(tmp_path / "own.csv").y_train
    assert [line.partition(" ± ")[0].rpartition(" ")[0] for line in lines[:3]] == [
        "loss", "mean absolute error", "R²",
    ]  # fmt: skip
    assert lines[3] == f"always the mean: {numeral(float(np.abs(y - y.mean()).mean()))}"


def test_lr_find_suggests_a_rate_that_trains_well(tmp_path: Path) -> None:
    done = succeed(tmp_path, "lr-find", *MOONS, "--count", "13", "--out", "lr.png")
    lines = done.stdout.splitlines()
    assert len(lines) == 15
    assert lines[13] == "each number is a mean over 10 trainings, each judged by 30 samples"
    (taken,) = [line for line in lines if "suggested" in line]
    rate, loss = float(taken.split()[0]), float(taken.split()[2])
    assert 1e-3 < rate <= 1
    assert loss < float(lines[0].split()[2])
    assert (tmp_path / "lr.png").read_bytes().startswith(b"\x89PNG")


def flowers(folder: Path, rows: slice = slice(None)) -> None:
    """The table of docs/train.md."""
    iris = load("iris", test=0.0)
    table = pd.DataFrame(iris.x_train, columns=list("abcd")).assign(
        species=[iris.classes[label] for label in iris.y_train]
    )
    table.iloc[rows].to_csv(folder / "flowers.csv")


@pytest.mark.parametrize("words", [(), ("--to", "10")])
def test_lr_find_suggests_no_rate_that_blew_up(tmp_path: Path, words: tuple[str, ...]) -> None:
    flowers(tmp_path)
    done = succeed(tmp_path, "lr-find", "flowers.csv", "--epochs", "3", *words)
    lines = [line.split() for line in done.stdout.splitlines()[:32]]
    rates, losses = ([float(line[k].replace(",", "")) for line in lines] for k in (0, 2))
    (place,) = [k for k, line in enumerate(lines) if "suggested" in line]
    assert max(losses[: place + 1]) <= 1.1 * losses[0]
    assert losses[place] < 1.3 * min(losses)
    assert rates[place] < 0.1
    figures = succeed(tmp_path, "train", "flowers.csv", "--lr", str(rates[place]), "--quiet").stdout
    assert float(figures.split("accuracy ")[1].split()[0]) > 0.95


@pytest.mark.parametrize(
    ("every", "words", "message"),
    [
        (1, ("--from", "10", "--to", "1e6", "--count", "9"), "the smallest rate is the best"),
        (1, ("--to", "1e-4", "--count", "9"), "the largest rate is the best"),
        (10, ("--validation", "0.3"), "each rate is judged by few samples"),
    ],
)
def test_lr_find_warns_of_a_guess(
    tmp_path: Path, every: int, words: tuple[str, ...], message: str
) -> None:
    flowers(tmp_path, slice(None, None, every))
    done = succeed(tmp_path, "lr-find", "flowers.csv", *FEW, *words)
    assert message in done.stderr


def test_lr_find_names_the_rates_that_diverge(tmp_path: Path) -> None:
    words = ("--optimizer", "sgd", "--loss", "mean_squared", "--from", "0.01", "--to", "1e9")
    x = np.random.default_rng(0).standard_normal((120, 3))
    rows = np.column_stack([x, x.sum(axis=1)])
    np.savetxt(tmp_path / "own.csv", rows, delimiter=",", header="a,b,c,y", comments="")
    done = succeed(tmp_path, "lr-find", "own.csv", *FEW, *words, "--count", "12")
    assert done.stdout.splitlines()[11].endswith("diverged")
    assert "suggested" in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("repeat", "moons", "--times", "1"), "--times"),
        (("repeat", "nothing.csv"), "nothing.csv"),
        (("repeat", "moons", "--out", "no/where.png"), "no folder"),
        (("repeat", *MOONS, "--lr", "1e30", "--optimizer", "sgd"), "every network diverged"),
        (("repeat", *MOONS, "--optimizer", "lbfgs"), "lbfgs"),
        (("cv", *MOONS, "--folds", "1"), "--folds"),
        (("cv", *MOONS, "--folds", "1000"), "300"),
        (("cv", *MOONS, "--validation", "0.2"), "leave out --validation"),
        (("lr-find", *MOONS, "--from", "1", "--to", "0.1"), "from < to"),
        (("lr-find", *MOONS, "--to", "inf"), "both finite"),
        (
            ("lr-find", *MOONS, "--optimizer", "sgd", "--from", "1e30", "--to", "1e35"),
            "diverged with the smallest rate, 1e+30",
        ),
        (("lr-find", *MOONS, "--lr", "0.1"), "leave out --lr"),
        (("lr-find", *MOONS, "--out", "curve.doc"), "no pictures of the kind"),
    ],
)
def test_nonsense_is_one_line(tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    done = run(tmp_path, *words)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_stack_is_among_the_public_names() -> None:
    assert gn.Stack.__name__ in gn.__all__
