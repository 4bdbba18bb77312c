"""Metrics of `evaluate` are scikit-learn's, and `data` describes what is read."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from glassnet.base.numerals import numeral
from tests.cli.process import Done, succeed
from tests.cli.tables import (
    TEN,
    description,
    kinds,
    predictions,
    probabilities,
)


@pytest.mark.parametrize("name", ["digits", "iris", "mixed"])
def test_figures_are_those_of_scikit_learn(
    name: str, files: Path, trained: dict[str, Done]
) -> None:
    from sklearn import metrics

    model, file = f"{name}.safetensors", f"{name}.csv"
    target = {"digits": "target", "iris": "species", "mixed": "outcome"}[name]
    judged = json.loads(succeed(files, "evaluate", model, file, "--json").stdout)
    text = succeed(files, "evaluate", model, file).stdout
    said = predictions(succeed(files, "predict", model, file, "--proba"))
    targets = pd.read_csv(files / file)[target].astype(str)
    classes = [column[2:] for column in said if column.startswith("p_")]
    p = probabilities(said).astype(np.float64)
    p /= p.sum(axis=1, keepdims=True)
    auc = (
        metrics.roc_auc_score(targets == classes[1], p[:, 1])
        if len(classes) == 2
        else metrics.roc_auc_score(targets, p, multi_class="ovr")
    )
    expected = {
        "rows": len(targets),
        "accuracy": metrics.accuracy_score(targets, said[target]),
        "balanced_accuracy": metrics.balanced_accuracy_score(targets, said[target]),
        "log_loss": metrics.log_loss(targets, p, labels=classes),
        "roc_auc": auc,
    }
    for key, value in expected.items():
        assert judged[key] == pytest.approx(value, rel=1e-6), key
    matrix = metrics.confusion_matrix(targets, said[target], labels=classes)
    assert judged["confusion_matrix"] == matrix.tolist()
    table = metrics.classification_report(targets, said[target], output_dict=True, zero_division=0)
    for each in classes:
        ours, theirs = judged["classes"][each], table[each]
        assert ours["rows"] == theirs["support"]
        for here, there in (("precision", "precision"), ("recall", "recall"), ("f1", "f1-score")):
            assert ours[here] == pytest.approx(theirs[there])
    commonest = targets.value_counts(normalize=True).iloc[0]
    assert judged["base_rate"] == pytest.approx(commonest)
    beside = f"(always the commonest class: {numeral(commonest)})"
    accuracy = numeral(float(expected["accuracy"]))
    assert f"rows {len(targets):,}\naccuracy {accuracy} {beside}\n" in text
    assert f"\nlog loss {numeral(float(expected['log_loss']))}" in text
    assert f"\nROC AUC {numeral(float(auc))}\n" in text


def test_figures_of_values_are_those_of_scikit_learn(files: Path, trained: dict[str, Done]) -> None:
    from sklearn import metrics

    model, file = "diabetes.safetensors", "diabetes.csv"
    judged = json.loads(succeed(files, "evaluate", model, file, "--json").stdout)
    said = predictions(succeed(files, "predict", model, file))["target"].astype(float)
    targets = pd.read_csv(files / file)["target"]
    assert judged["mean_absolute_error"] == pytest.approx(
        metrics.mean_absolute_error(targets, said), rel=1e-6
    )
    assert judged["root_mean_squared_error"] == pytest.approx(
        metrics.root_mean_squared_error(targets, said), rel=1e-6
    )
    assert judged["r2"] == pytest.approx(metrics.r2_score(targets, said), rel=1e-6)
    of_mean = (targets - targets.mean()).abs().mean()
    assert judged["mean_predictor"] == pytest.approx(of_mean)
    text = succeed(files, "evaluate", model, file).stdout
    error = numeral(judged["mean_absolute_error"])
    assert f"\nmean absolute error {error} (always the mean: {numeral(of_mean)})\n" in text
    assert f"\nR² {numeral(judged['r2'])}\n" in text


def test_metrics_on_rows_that_were_learned_from_are_said_to_be_too_good(
    tmp_path: Path,
) -> None:
    rows = [f"{k},{'yes' if k % 3 else 'no'}" for k in range(60)]
    for name in ("mine.csv", "new.csv"):
        (tmp_path / name).write_text("\n".join(["a,b", *rows]), "utf-8")
    succeed(tmp_path, "train", "mine.csv", "--epochs", "1")
    again = succeed(tmp_path, "evaluate", "mine.safetensors", "./mine.csv", "--json")
    assert json.loads(again.stdout)["rows"] == 60
    said = " ".join(again.stderr.split())
    assert said == (
        "note: the network learned from rows of ./mine.csv, so these metrics are better than for "
        "new rows; glassnet summary shows those of its test part"
    )
    assert "learned from" not in succeed(tmp_path, "evaluate", "mine.safetensors", "new.csv").stderr


def test_a_dataset_by_name_is_judged_by_its_test_part_and_needs_no_such_note(
    files: Path, trained: dict[str, Done]
) -> None:
    assert not succeed(files, "evaluate", "digits.safetensors", "digits").stderr


def test_data_describes_and_draws(files: Path, tmp_path: Path) -> None:
    done = succeed(tmp_path, "data", str(files / "mixed.csv"), "--target", "outcome")
    assert done.stdout.startswith("mixed: 2,400 training rows, 600 test rows\n")
    for name in pd.read_csv(files / "mixed.csv", nrows=1).columns:
        assert any(line.split("  ")[1] == name for line in done.stdout.splitlines() if "  " in line)
    assert "classification of outcome" in done.stdout
    assert done.stdout.endswith("\nwrote mixed-data.png\n")
    assert [path.name for path in tmp_path.iterdir()] == ["mixed-data.png"]
    assert (tmp_path / "mixed-data.png").read_bytes().startswith(b"\x89PNG")


def test_data_as_json(files: Path, tmp_path: Path) -> None:
    words = (str(files / "mixed.csv"), "--target", "outcome", "--out", "here.png")
    said = description(tmp_path, *words)
    assert said["picture"] == "here.png"
    assert (tmp_path / "here.png").exists()
    table = pd.read_csv(files / "mixed.csv", na_values="?")
    by_name = {each["name"]: each for each in said["columns"]}
    assert list(by_name) == list(table.columns)
    for name, column in by_name.items():
        assert column["missing"] == table[name].isna().sum(), name
    kind = kinds(said)
    assert kind["outcome"] == "target"
    assert kind["customer_id"] == "left out"
    for name in ("customer_id", "country", "remark", "outcome"):
        assert by_name[name]["features"] == 0
    assert {name for name, each in kind.items() if each == "date"} == {"opened", "renewed"}
    assert sum(each["features"] for each in by_name.values()) == said["sample"]["shape"][0]
    assert sum(said["classes"].values()) == said["rows"]["training"] == 2400
    assert [each for each in said["decisions"] if "customer_id" in each]


@pytest.mark.parametrize("source", ["digits.csv", "images.npz", "digits.npy", "diabetes.csv"])
def test_data_of_images_arrays_and_values(source: str, files: Path, tmp_path: Path) -> None:
    said = description(tmp_path, str(files / source))
    stem = source.partition(".")[0]
    assert said["picture"] == f"{stem}-data.png"
    assert (tmp_path / said["picture"]).read_bytes().startswith(b"\x89PNG")
    if stem == "diabetes":
        assert said["task"] == "regression"
        assert said["values"]["target"]["min"] == 25
    else:
        assert tuple(said["classes"]) == TEN
        assert sum(said["classes"].values()) == said["rows"]["training"]
    shape = {"digits.csv": [8, 8], "images.npz": [8, 8], "digits.npy": [64], "diabetes.csv": [10]}
    assert said["sample"]["shape"] == shape[source]
