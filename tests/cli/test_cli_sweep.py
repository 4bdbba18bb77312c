"""`glassnet sweep`: what is tried, what it says, and how it goes on after an interruption."""

import csv
import itertools
import json
import re
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from glassnet.base.numerals import numeral
from glassnet.data import load
from tests.cli.process import run, start, succeed

MOONS = ("sweep", "moons", "--samples", "300", "--epochs", "3")


def rows(folder: Path, name: str = "moons-sweep") -> list[dict[str, str]]:
    with (folder / name / "runs.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def said(folder: Path, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(succeed(folder, *words, "--json").stdout)
    return found


def test_every_combination_is_tried_from_every_seed(tmp_path: Path) -> None:
    words = ("--hidden", "4:7,12x3", "--lr", "1e-3,0.01", "--activation", "relu,tanh")
    succeed(tmp_path, *MOONS, *words, "--trials", "2", "--seed", "5")
    tried = [(r["hidden"], r["lr"], r["activation"], r["seed"]) for r in rows(tmp_path)]
    every = itertools.product(("4", "5", "6", "12x3"), ("1e-3", "0.01"), ("relu", "tanh"), "56")
    assert sorted(tried) == sorted(every)
    assert {r["epochs"] for r in rows(tmp_path)} == {"3"}
    assert all(0 <= float(r["val_accuracy"]) <= 1 for r in rows(tmp_path))


def test_the_best_by_the_validation_part_is_trained_as_train_does(tmp_path: Path) -> None:
    words = ("--hidden", "1,2,16,32", "--lr", "0.001,0.02")
    found = said(tmp_path, *MOONS, *words)
    table = pd.DataFrame(rows(tmp_path)).astype({"val_accuracy": float, "val_loss": float})
    means = table.groupby(["hidden", "lr"])[["val_accuracy", "val_loss"]].mean()
    best = means.sort_values(["val_accuracy", "val_loss"], ascending=[False, True]).index[0]
    assert (found["best"]["hidden"], found["best"]["lr"]) == best
    assert found["val_accuracy"] == pytest.approx(means.val_accuracy.max(), abs=1e-6)
    alone = ("train", "moons", "--samples", "300", "--epochs", "3", "--hidden", best[0],
             "--lr", best[1], "--json", "--out", "alone")  # fmt: skip
    figures = json.loads(succeed(tmp_path, *alone).stdout.splitlines()[-1])
    assert found["test_accuracy"] == figures["test_accuracy"]
    data = load("moons", samples=300)
    kept = gn.load(tmp_path / "moons-sweep" / "best.safetensors")
    assert kept.evaluate(data.x_test, data.y_test)["accuracy"] == found["test_accuracy"]
    assert (tmp_path / "moons-sweep" / "sweep.png").read_bytes().startswith(b"\x89PNG")


def test_the_table_says_how_sure_each_figure_is(tmp_path: Path) -> None:
    done = succeed(tmp_path, *MOONS, "--hidden", "4,16")
    assert "moons: 2 settings, 3 networks of each" in done.stdout
    assert "best of 2 settings" in done.stdout
    assert "min to max" in done.stdout  # of three networks
    many = succeed(tmp_path, *MOONS, "--hidden", "4,16", "--trials", "5").stdout
    assert "95 % of the mean" in many
    assert all(float(end) <= 1 for end in re.findall(r" to (\d\.\d{4})", done.stdout + many))
    trained, command, last, files = done.stdout.splitlines()[-4:]
    assert re.fullmatch(r"the best, hidden (4|16), trained by this command:", trained)
    assert command.startswith("  glassnet train moons --samples 300 --hidden ")
    assert re.search(r"  test accuracy \S+ \(always the commonest class: \S+\)$", last)
    written = "best.safetensors, recipe.toml, report.txt, runs.csv and sweep.png"
    assert files == f"wrote {written} in moons-sweep"


def test_settings_drawn_by_chance_come_from_the_ranges(tmp_path: Path) -> None:
    words = ("--lr", "1e-4:1e-1", "--dropout", "0:0.5", "--hidden", "4,8", "--random", "40")
    succeed(tmp_path, *MOONS, *words, "--trials", "1")
    found = rows(tmp_path)
    rates = np.array([float(r["lr"]) for r in found])
    assert len(found) == 40
    assert 1e-4 <= rates.min() < rates.max() <= 1e-1
    assert 10 < (rates < 10**-2.5).sum() < 30  # evenly in the logarithm
    drops = np.array([float(r["dropout"]) for r in found])
    assert 10 < (drops < 0.25).sum() < 30
    assert {r["hidden"] for r in found} == {"4", "8"}


def test_settings_drawn_from_ranges_all_differ(tmp_path: Path) -> None:
    """So narrow a range that four digits have four numbers."""
    words = ("--lr", "0.01:0.010004", "--random", "60", "--trials", "1", "--hidden", "1,2,3")
    done = succeed(tmp_path, *MOONS[:-1], "1", *words)
    assert "moons: 60 settings, 1 network of each" in done.stdout
    tried = [(r["lr"], r["hidden"]) for r in rows(tmp_path)]
    assert len(tried) == len(set(tried)) == 60
    assert all(0.01 <= float(rate) <= 0.010004 for rate, _ in tried)


def test_more_by_chance_than_there_are_says_so(tmp_path: Path) -> None:
    done = succeed(tmp_path, *MOONS, "--hidden", "2,3", "--random", "9", "--trials", "1")
    assert "moons: 2 settings (all there are), 1 network of each" in done.stdout


def test_halving_tells_of_all_settings(tmp_path: Path) -> None:
    words = (*MOONS[:-1], "9", "--hidden", "2:11", "--trials", "1", "--halving")
    done = succeed(tmp_path, *words)
    assert "best of 9 settings" in done.stdout
    table = [line.split() for line in done.stdout.splitlines() if re.match(r"\s+\d", line)]
    assert [line[1] for line in table] == ["9", "3", "3", "1", "1", "1", "1", "1", "1"]
    found = said(tmp_path, *words, "--out", "again")
    assert found["settings"] == 9
    assert found["best"]["hidden"] == table[0][0]


def test_chance_takes_no_combination_twice(tmp_path: Path) -> None:
    succeed(
        tmp_path, *MOONS, "--hidden", "2:10", "--lr", "0.1,0.01", "--random", "9", "--trials", "1"
    )
    tried = [(r["hidden"], r["lr"]) for r in rows(tmp_path)]
    assert len(tried) == len(set(tried)) == 9


def test_a_sweep_may_be_of_rules_with_settings_and_of_values(tmp_path: Path) -> None:
    x = np.random.default_rng(0).standard_normal((200, 3))
    table = np.column_stack([x, 100 * x.sum(axis=1)])
    np.savetxt(tmp_path / "own.csv", table, delimiter=",", header="a,b,c,y", comments="")
    rules = "adam:beta1=0.8,beta2=0.99,momentum:beta=0.8,sgd"
    words = ("--optimizer", rules, "--batch-size", "8,full", "--lr", "0.01", "--parquet")
    found = said(tmp_path, "sweep", "own.csv", "--epochs", "2", *words)
    tried = rows(tmp_path, "own-sweep")
    assert {r["optimizer"] for r in tried} == {
        "adam:beta1=0.8,beta2=0.99", "momentum:beta=0.8", "sgd",
    }  # fmt: skip
    assert {r["batch_size"] for r in tried} == {"8", "full"}
    errors = pd.DataFrame(tried).astype({"val_mean_absolute": float})
    least = errors.groupby(["optimizer", "batch_size"]).val_mean_absolute.mean().min()
    assert found["val_mean_absolute"] == pytest.approx(least, rel=1e-6)
    by_rule = pd.DataFrame(tried).astype({"val_r2": float}).groupby(["optimizer", "batch_size"])
    best = by_rule.val_r2.mean()[(found["best"]["optimizer"], found["best"]["batch_size"])]
    assert found["val_r2"] == pytest.approx(best, rel=1e-6)
    report = succeed(tmp_path, "sweep", "own.csv", "--epochs", "2", *words[:-1]).stdout
    _, table = report.split("settings by validation mean absolute error")
    assert "R²" in table.split("trained by this command")[0] and f" {numeral(best, 0.5)} " in table
    kept = pd.read_parquet(tmp_path / "own-sweep" / "runs.parquet")
    assert len(kept) == len(tried) == 18
    assert kept.val_mean_absolute.to_numpy() == pytest.approx(errors.val_mean_absolute.to_numpy())


def test_memory_does_not_change_a_figure(tmp_path: Path) -> None:
    found = [
        said(tmp_path, *MOONS, "--hidden", "4,8", "--memory", size, "--out", size)["values"]
        for size in ("1G", "40K")
    ]
    assert found[0] == found[1]


def test_networks_that_diverge_are_told_and_come_last(tmp_path: Path) -> None:
    words = ("--optimizer", "sgd", "--lr", "0.1,1e30", "--loss", "mean_squared")
    done = succeed(tmp_path, *MOONS, *words)
    assert "all 3 diverged" in done.stdout
    assert [r["val_loss"] for r in rows(tmp_path) if r["lr"] == "1e30"] == ["", "", ""]
    every = run(tmp_path, *MOONS, *words[:2], "--lr", "1e30,1e31", *words[4:], "--out", "wild")
    assert every.returncode == 2
    assert "every network diverged" in every.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_sweep_cut_short_goes_on_where_it_was(tmp_path: Path, how: signal.Signals) -> None:
    words = [*MOONS[:-1], "60", "--hidden", "3:60", "--trials", "4", "--json"]
    expected = said(tmp_path, *words[:-1], "--out", "whole")
    path = tmp_path / "moons-sweep" / "runs.csv"
    process = start(tmp_path, *words)
    while not path.exists() or path.read_bytes().count(b"\n") < 2:
        time.sleep(0.01)
    process.send_signal(how)
    ended = process.communicate()
    err = ended.stderr
    done = path.read_bytes().count(b"\n") - 1
    assert 0 < done < 57 * 4
    assert ended.stdout == ""
    if how is signal.SIGINT:
        assert ended.returncode == 130
        assert (
            "finished runs are kept in moons-sweep/runs.csv: the same command resumes the sweep"
            in err
        )
        assert err.splitlines()[-1] == "glassnet: interrupted"
        assert "Traceback" not in err
    again = said(tmp_path, *words[:-1])
    assert again["values"] == expected["values"]
    assert again["best"] == expected["best"]
    assert len(rows(tmp_path)) == 57 * 4
    kept = path.read_bytes()
    assert said(tmp_path, *words[:-1])["best"] == expected["best"]
    assert path.read_bytes() == kept  # nothing was left to do


def test_more_values_add_to_the_runs_that_are_there(tmp_path: Path) -> None:
    succeed(tmp_path, *MOONS, "--hidden", "4,8")
    before = rows(tmp_path)
    succeed(tmp_path, *MOONS, "--hidden", "4,8,16")
    assert rows(tmp_path)[:6] == before
    assert len(rows(tmp_path)) == 9
    other = run(tmp_path, *MOONS, "--hidden", "4,8", "--bias", "--no-bias")
    assert other.returncode == 2
    assert "holds another sweep (settings differ): name another folder with --out" in other.stderr
    other = run(tmp_path, *MOONS[:3], "301", *MOONS[4:], "--hidden", "4,8")
    assert "(data differ)" in other.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "nothing to sweep: give an option several values"),
        (("--hidden", "8"), "nothing to sweep"),
        (("--hidden", "40:3"), "--hidden 40:3 has no number: expected FIRST:END"),
        (("--hidden", "3:9:0"), "--hidden 3:9:0 has no number"),
        (("--hidden", "8,8"), "--hidden has 8 twice"),
        (("--hidden", "8,many"), "--hidden is 'many'"),
        (("--hidden", "0:5"), "hidden"),
        (("--activation", "relu,tahn"), "did you mean 'tanh'"),
        (("--lr", "1e-3,fast"), "'fast' is not a number"),
        (("--lr", "1e-3:1e-1"), "--lr is a range: give --random N"),
        (("--lr", "0:1", "--random", "5"), "LOW above 0"),
        (("--dropout", "0.5:0.1", "--random", "5"), "LOW of at least 0 and below HIGH"),
        (("--hidden", "4,8", "--random", "0"), "--random"),
        (("--hidden", "4,8", "--random", "1"), "--random"),
        (("--hidden", "3:4"), "--hidden 3:4 has one number, 3, as the end is excluded"),
        (("--hidden", "8,"), "with an empty value: remove a comma"),
        (("--lr", "0.01,1e-2"), "lr 0.01 and lr 1e-2 are the same setting"),
        (("--optimizer", "adam,adam:beta1=0.9"), "are the same setting: leave out one of them"),
        (("--batch-size", "8,08"), "are the same setting"),
        (("--hidden", "4,8", "--halving"), "--halving needs 3 or more settings and epochs"),
        (("--hidden", "4,8", "--jobs", "2", "--dask", "tcp://h:1"), "give one of them"),
        (("--hidden", "4,8", "--trials", "0"), "--trials"),
        (("--hidden", "4,8", "--jobs", "0"), "--jobs"),
        (
            ("--hidden", "4,8", "--memory", "much"),
            "--memory: 'much' is not a size: expected one such as 512M",
        ),
        (("--hidden", "4,8", "--validation", "0"), "a sweep chooses by the validation part"),
        (("--hidden", "4,8", "--optimizer", "lbfgs"), "lbfgs trains one network at a time"),
        (("--hidden", "4,8", "--out", "file"), "cannot create the folder file"),
    ],
)
def test_what_cannot_be_swept_is_told(tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    (tmp_path / "file").write_text("")
    done = run(tmp_path, *MOONS, *words)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [("train",), ("sweep", "--hidden", "2,4", "--trials", "1")])
def test_the_test_part_chooses_nothing(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Whatever is in it, the networks are the same."""
    rng, vectors = np.random.default_rng(0), []
    for name, flip in (("rows", False), ("right", False), ("wrong", True)):
        x = rng.normal(size=(60, 2))
        lines = [f"{a},{b},{'no' if (a > 0) == flip else 'yes'}" for a, b in x]
        (tmp_path / f"{name}.csv").write_text("\n".join(["a,b,class", *lines]), encoding="utf-8")
    command, *options = words
    for test in ("right", "wrong"):
        said = succeed(tmp_path, command, "rows.csv", *options, "--epochs", "3", "--test",
                       f"{test}.csv", "--out", test).stdout  # fmt: skip
        file = tmp_path / (f"{test}/best" if command == "sweep" else test)
        vectors.append((gn.load(f"{file}.safetensors").parameters.vector, said.rsplit(" ", 1)[0]))
    np.testing.assert_array_equal(vectors[0][0], vectors[1][0])
    assert vectors[0][1] != vectors[1][1]  # it is judged by it, though
