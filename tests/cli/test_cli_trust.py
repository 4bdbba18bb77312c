"""What commands say of how far to trust a network: by class, threshold, interval and column."""

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from glassnet.base.numerals import numeral
from glassnet.cli import evaluation
from glassnet.cli.app import run as program
from glassnet.cli.evaluation import uneven
from glassnet.workflows.evaluate import evaluate
from tests.cli.process import Done, run, succeed
from tests.cli.tables import predictions

QUICK = ("--hidden", "8", "--lr", "0.01", "--epochs", "15", "--validation", "0.3")


def refuse(folder: Path, *words: str) -> Done:
    done = run(folder, *words)
    assert done.returncode == 2 and done.stderr.startswith("glassnet: ")
    return done


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table, of which a tenth is "yes"."""
    place = tmp_path_factory.mktemp("trust")
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1500, 2)).round(3)
    plan = rng.choice(["basic", "pro"], 1500)
    p = 1 / (1 + np.exp(3.2 - 2 * x[:, 0]))
    sold = np.where(rng.uniform(size=1500) < p, "yes", "no")
    cost = (10 * x[:, 0] + rng.exponential(5, 1500)).round(2)
    frame = pd.DataFrame({"x1": x[:, 0], "x2": x[:, 1], "plan": plan, "cost": cost, "sold": sold})
    frame.to_csv(place / "t.csv", index=False)
    new = frame.head(4).assign(plan=["basic", "gold", "gold", "pro"], x1=[0.0, 0.1, 99.0, -99.0])
    new.to_csv(place / "new.csv", index=False)
    return place


@pytest.fixture(scope="module")
def sold(folder: Path) -> Done:
    words = ("train", "t.csv", "--drop", "cost", "--out", "sold.safetensors")
    return succeed(folder, *words, *QUICK, "--metric", "auc")


@pytest.fixture(scope="module")
def cost(folder: Path) -> Done:
    words = ("train", "t.csv", "--target", "cost", "--drop", "sold", "--out", "cost.safetensors")
    return succeed(folder, *words, *QUICK, "--metric", "r2")


def test_training_on_uneven_classes_says_so(sold: Done) -> None:
    assert "metrics by class" in sold.stdout
    rows = re.findall(r"^  (?:no|yes)(?: +\d\.\d+){3} +(\d+)$", sold.stdout, re.MULTILINE)
    no, yes = map(int, rows)
    assert f"\nclasses are uneven: {no} of {no + yes} rows are 'no'; " in sold.stdout
    assert "test ROC AUC 0." in sold.stdout


def test_of_many_classes_the_commonest_mistakes_are_listed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    classes = [f"kind {k}" for k in range(40)]
    matrix = 5 * np.eye(40, dtype=int)
    matrix[3, 7], matrix[38, 2] = 2, 1300
    evaluation.confusion(matrix, classes)
    lines = capsys.readouterr().out.splitlines()
    assert "commonest mistakes among 40 classes (all: evaluate --json)" in lines
    assert [line.split() for line in lines[-2:]] == [
        ["kind", "38", "kind", "2", "1,300"],
        ["kind", "3", "kind", "7", "2"],
    ]
    evaluation.confusion(np.diag(np.arange(40)), classes)
    assert capsys.readouterr().out == ""
    evaluation.confusion(matrix[:29, :29], classes[:29])
    assert "confusion matrix" in capsys.readouterr().out


def test_how_many_of_the_rarest_are_found_and_what_finds_more() -> None:
    def lines(confusion: list[list[int]]) -> list[str]:
        classes = range(len(confusion))
        net = gn.Sequential([gn.Dense(len(classes))], seed=0)
        net.fit(np.eye(len(classes)), [*classes], epochs=1)
        net.classes = ("a", "b", "c")[: len(classes)]
        y = np.repeat(classes, np.sum(confusion, axis=1))
        predicted = np.concatenate([np.repeat(classes, row) for row in confusion])
        return list(uneven(evaluate(net, np.eye(len(classes))[predicted], y)))

    assert lines([[50, 0], [0, 50]]) == []
    first, more = lines([[89, 1], [8, 2]])
    assert first == "classes are uneven: 90 of 100 rows are 'a'; 2 of the 10 'b' are found"
    assert more.startswith("to find more, train with --class-weight balanced, or predict with a -")
    assert lines([[89, 1], [4, 6]])[1:] == []
    assert lines([[90, 0, 0], [0, 5, 0], [2, 0, 0]]) == [
        "classes are uneven: 90 of 97 rows are 'a'; 0 of the 2 'c' are found",
        "to find more, train with --class-weight balanced",
    ]


def test_training_on_values_says_how_far_off_they_are(folder: Path, cost: Done) -> None:
    assert "90% of 360 held-out samples lie within ± " in cost.stdout
    assert "test R² 0." in cost.stdout
    said = predictions(succeed(folder, "predict", "cost.safetensors", "t.csv", "--interval", "0.9"))
    assert list(said) == ["cost", "cost_low", "cost_high"]
    low, high = said["cost_low"].astype(float), said["cost_high"].astype(float)
    inside = pd.read_csv(folder / "t.csv")["cost"].between(low, high)
    assert 0.85 < inside.mean() < 0.96


def test_class_weights_by_name_are_in_the_file_and_find_more(folder: Path, sold: Done) -> None:
    words = ("train", "t.csv", "--drop", "cost", *QUICK, "--out", "weighted.safetensors")
    succeed(folder, *words, "--class-weight", "no=1,yes=6")
    both = [gn.load(folder / f"{name}.safetensors") for name in ("sold", "weighted")]
    table = pd.read_csv(folder / "t.csv")
    found = [(net.predict(table)[table["sold"] == "yes"] == 1).mean() for net in both]
    assert found[1] > found[0] + 0.2
    balanced = succeed(folder, *words, "--class-weight", "balanced", "--json").stdout
    assert json.loads(balanced.splitlines()[-1])["test_accuracy"] < 0.93
    said = refuse(folder, *words, "--class-weight", "yess=2").stderr
    wrong = "--class-weight: there is no class 'yess': did you mean 'yes'? Classes: no, yes"
    assert wrong in said
    values = ("train", "t.csv", "--target", "cost", "--class-weight", "balanced")
    assert "--class-weight is for classes, and cost has numbers" in refuse(folder, *values).stderr
    said = refuse(folder, *words, "--class-weight", "even").stderr
    assert "expected balanced, or numbers for classes by name, as in no=1,yes=5" in said
    said = refuse(folder, *words, "--class-weight", "yes=much").stderr
    assert "'much' is not a number" in said


def test_evaluate_says_what_thresholds_come_to(folder: Path, sold: Done) -> None:
    done = succeed(folder, "evaluate", "sold.safetensors", "t.csv")
    assert "'yes' from a probability on (predict --threshold)" in done.stdout
    assert done.stdout.count("best F1") == 1 and "average precision 0." in done.stdout
    said = json.loads(succeed(folder, "evaluate", "sold.safetensors", "t.csv", "--json").stdout)
    assert said["most_frequent"] == "no"
    commonest = (pd.read_csv(folder / "t.csv")["sold"] == "no").mean()
    assert said["base_rate"] == commonest
    assert f"always the commonest class: {numeral(commonest)})" in done.stdout
    low = next(each for each in said["thresholds"] if each["threshold"] == 0.2)
    predicted = predictions(
        succeed(folder, "predict", "sold.safetensors", "t.csv", "--threshold", "0.2")
    )
    assert (predicted["sold"] == "yes").sum() == low["predicted"]
    said = refuse(folder, "predict", "sold.safetensors", "t.csv", "--threshold", "20").stderr
    assert "threshold is 20: expected a probability above 0 and below 1" in said


def written(folder: Path, form: str) -> list[str]:
    """The new rows in another form, as DATA and options of a command."""
    new = pd.read_csv(folder / "new.csv")
    write = {
        "csv": lambda path: new.to_csv(path, index=False),
        "tsv": lambda path: new.to_csv(path, index=False, sep="\t"),
        "json": lambda path: new.to_json(path, orient="records"),
        "jsonl": lambda path: new.to_json(path, orient="records", lines=True),
        "parquet": lambda path: new.to_parquet(path, index=False),
        "feather": new.to_feather,
        "xlsx": lambda path: new.to_excel(path, index=False),
        "comma.csv": lambda path: new.to_csv(path, index=False, sep=";", decimal=","),
    }
    if form == "sqlite":
        with closing(sqlite3.connect(folder / "new.db")) as base:
            new.to_sql("rows", base, index=False, if_exists="replace")
        return ["sqlite:///new.db::rows"]
    write[form](folder / f"new.{form}")
    return [f"new.{form}", *(["--decimal", ","] if form == "comma.csv" else [])]


FORMS = ("csv", "tsv", "json", "jsonl", "parquet", "feather", "xlsx", "comma.csv", "sqlite")


@pytest.mark.parametrize("form", FORMS)
def test_rows_that_training_did_not_have_are_counted(
    folder: Path, sold: Done, form: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(folder)
    assert program(["predict", "sold.safetensors", *written(folder, form)]) == 0
    notes = capsys.readouterr().err.splitlines()
    assert "note: 3 of 4 rows have a value not seen in training" in notes
    assert any(note.startswith("note: 2 rows have 'x1' outside -") for note in notes)
    assert any("1 new value in 'plan'" in note and "2 rows: 'gold'" in note for note in notes)


def test_probabilities_are_calibrated_if_that_helps(folder: Path) -> None:
    words = ("train", "t.csv", "--drop", "cost", "--hidden", "64,64", "--epochs", "200",
             "--lr", "0.01", "--validation", "0.3", "--no-early-stopping")  # fmt: skip
    done = succeed(folder, *words, "--out", "c.safetensors")
    assert "probabilities calibrated: temperature " in done.stdout
    assert gn.load(folder / "c.safetensors")[-1].name == "scale"
    plain = succeed(folder, *words, "--out", "p.safetensors", "--no-calibrate")
    assert "calibrated" not in plain.stdout
    assert gn.load(folder / "p.safetensors")[-1].name == "dense"
    table = pd.read_csv(folder / "t.csv")
    one, other = (gn.load(folder / f"{name}.safetensors").predict(table) for name in "cp")
    assert (one == other).all()
    said = json.loads(succeed(folder, "evaluate", "c.safetensors", "t.csv", "--json").stdout)
    before = json.loads(succeed(folder, "evaluate", "p.safetensors", "t.csv", "--json").stdout)
    assert said["uncalibrated_log_loss"] == pytest.approx(before["log_loss"], rel=1e-5)
    assert said["log_loss"] != before["log_loss"] and "uncalibrated_log_loss" not in before
    judged = succeed(folder, "evaluate", "c.safetensors", "t.csv").stdout
    assert f"log loss {numeral(said['log_loss'])} (before calibration: " in judged
    loss = [float(each.stdout.split("test loss ")[1].split()[0]) for each in (done, plain)]
    assert loss[0] < loss[1]


def test_columns_that_change_no_class_lead_to_another_metric(folder: Path, sold: Done) -> None:
    network = gn.load(folder / "sold.safetensors")
    network.parameters.vector[:] /= 1000
    network.parameters["2.b"][0] = 1
    network.save(folder / "sure.safetensors")
    words = ("t.csv", "--repeats", "2", "--metric", "accuracy")
    said = succeed(folder, "importance", "sure.safetensors", *words).stdout
    assert said.endswith("no column changes a predicted class: --metric log_loss looks at "
                         "probabilities\n")  # fmt: skip
    done = succeed(folder, "importance", "sold.safetensors", *words)
    assert "no column changes" not in done.stdout
    done = succeed(folder, "importance", "sure.safetensors", *words[:3])
    assert "how much worse log loss is without the column" in done.stdout


def test_importance_and_dependence(folder: Path, sold: Done) -> None:
    done = succeed(folder, "importance", "sold.safetensors", "t.csv", "--metric", "log_loss")
    lines = [line.split() for line in done.stdout.splitlines()]
    order = [line[0] for line in lines if line and line[0] in ("x1", "x2", "plan")]
    assert order[0] == "x1" and sorted(order) == ["plan", "x1", "x2"]
    words = ("importance", "sold.safetensors", "t.csv", "--json", "--repeats", "3")
    said = json.loads(succeed(folder, *words).stdout)
    assert said["metric"] == "log_loss" and said["rows"] == 1500, "the classes are uneven"
    assert set(said["columns"]["x1"]) == {"mean", "std"}
    for words in (["importance"], ["dependence", "--column", "plan"], ["dependence"]):
        kind, *more = words
        succeed(folder, "plot", kind, "sold.safetensors", "t.csv", "--out", f"{kind}.png", *more)
        assert (folder / f"{kind}.png").stat().st_size > 10_000
    said = refuse(
        folder, "plot", "dependence", "sold.safetensors", "t.csv", "--column", "plam"
    ).stderr
    assert "unknown column 'plam': did you mean 'plan'" in said


def test_cross_validation_repeats_and_sweeps_by_a_metric(folder: Path) -> None:
    words = ("t.csv", "--drop", "cost", "--hidden", "4", "--epochs", "3", "--metric", "auc")
    done = succeed(folder, "cv", *words, "--folds", "3", "--class-weight", "balanced")
    assert "ROC AUC 0." in done.stdout
    assert "test ROC AUC 0." in succeed(folder, "repeat", *words, "--times", "3").stdout
    done = succeed(folder, "sweep", *words, "--lr", "0.00001,0.03", "--trials", "2")
    assert "best of 2 settings by validation ROC AUC" in done.stdout
    assert "the best, lr 0.03, trained by this command:\n  glassnet train t.csv " in done.stdout
    words = ("train", *words[:-4], "--epochs", "300", "--metric", "auc", "--patience", "3")
    epochs = [json.loads(line) for line in succeed(folder, *words, "--json").stdout.splitlines()]
    auc = [epoch["val_roc_auc"] for epoch in epochs[:-1]]
    assert len(auc) == int(np.argmax(auc)) + 4 < 300
    refused = refuse(folder, "lr-find", *words[1:-4], "--metric", "auc").stderr
    assert "lr-find chooses by the loss: leave out --metric" in refused
    refused = refuse(folder, "train", "t.csv", "--drop", "cost", "--metric", "r2").stderr
    assert "the metric r2 is for values" in refused
    refused = refuse(folder, "train", "t.csv", "--metric", "acuracy").stderr
    assert "did you mean 'accuracy'" in refused
