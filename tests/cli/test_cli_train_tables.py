"""Tables and arrays in files, trained on as a user does."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from tests.cli.process import Done, run, succeed
from tests.cli.tables import (
    FEW,
    TEN,
    description,
    kinds,
    predictions,
    probabilities,
    score,
)


def test_digits_in_a_csv_file_are_images(files: Path, trained: dict[str, Done]) -> None:
    assert score(trained["digits"], "accuracy") >= 0.95
    network = gn.load(files / "digits.safetensors")
    assert (network.input_shape, network.classes) == ((8, 8), TEN)
    assert "target 'target' (by its name)" in trained["digits"].stdout
    assert "64 pixels: images of 8 × 8" in trained["digits"].stdout


def test_iris_with_its_index_and_names(files: Path, trained: dict[str, Done]) -> None:
    assert score(trained["iris"], "accuracy") >= 0.9
    assert "left out the first column: it is the index" in trained["iris"].stdout
    network = gn.load(files / "iris.safetensors")
    assert network.classes == ("setosa", "versicolor", "virginica")
    assert network.input_shape == (4,)
    assert (files / "iris.png").read_bytes().startswith(b"\x89PNG")


def test_a_mixed_table_of_many_columns(files: Path, trained: dict[str, Done]) -> None:
    said = trained["mixed"].stdout
    assert score(trained["mixed"], "accuracy") >= 0.85  # one column alone gives less than 0.7
    for line in (
        "left out 'customer_id': it is the index",
        "'opened': dates written as %d.%m.%Y",
        "left out 'country': always CH",
        "left out 'remark': text of",
        "target 'outcome' (asked for)",
    ):
        assert line in said
    assert gn.load(files / "mixed.safetensors").classes == ("goes", "stays")


def test_diabetes_is_a_regression(files: Path, trained: dict[str, Done]) -> None:
    assert "regression" in trained["diabetes"].stdout
    assert score(trained["diabetes"], "mean absolute error") < 55
    judged = json.loads(succeed(files, "evaluate", "diabetes.safetensors", "diabetes.csv", "--json")
                        .stdout)  # fmt: skip
    assert judged["r2"] > 0.4


def test_r2_on_rows_that_training_did_not_have(files: Path, tmp_path: Path) -> None:
    table = pd.read_csv(files / "diabetes.csv")
    table[:350].to_csv(tmp_path / "learn.csv", index=False)
    table[350:].to_csv(tmp_path / "new.csv", index=False)
    words = "--hidden none --epochs 60 --lr 0.01 --quiet --validation 0 --test new.csv"
    succeed(tmp_path, "train", "learn.csv", *words.split())
    judged = json.loads(
        succeed(tmp_path, "evaluate", "learn.safetensors", "new.csv", "--json").stdout
    )
    assert judged["rows"] == 92
    assert judged["r2"] > 0.4  # least squares has 0.5


@pytest.mark.parametrize("ending", ["tsv", "csv.gz", "parquet"])
def test_the_same_table_in_another_kind_of_file(
    ending: str, files: Path, tmp_path: Path, plain: bytes
) -> None:
    table = pd.read_csv(files / "mixed.csv", na_values="?")[:500]
    path = tmp_path / f"part.{ending}"
    if ending == "parquet":
        table.to_parquet(path)
    else:
        table.to_csv(path, index=False, sep="\t" if ending == "tsv" else ",")
    succeed(tmp_path, "train", path.name, "--target", "outcome", *FEW)
    (tmp_path / "plain.safetensors").write_bytes(plain)
    made, wanted = (gn.load(tmp_path / f"{name}.safetensors") for name in ("part", "plain"))
    assert made.trained.pop("data") == path.name
    assert wanted.trained.pop("data") == "part.csv"
    assert made.trained["recipe"].pop("data") != wanted.trained["recipe"].pop("data")
    assert made.meaning() == wanted.meaning()
    assert made.parameters.vector.tobytes() == wanted.parameters.vector.tobytes()


@pytest.fixture(scope="module")
def plain(files: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The network that the CSV file gives."""
    folder = tmp_path_factory.mktemp("plain")
    pd.read_csv(files / "mixed.csv", na_values="?")[:500].to_csv(folder / "part.csv", index=False)
    succeed(folder, "train", "part.csv", "--target", "outcome", *FEW)
    return (folder / "part.safetensors").read_bytes()


def test_arrays_in_files(files: Path) -> None:
    for name, shape in (("digits.npy", (64,)), ("flat.npz", (64,)), ("images.npz", (8, 8))):
        out = f"from-{Path(name).suffix[1:]}{len(shape)}.safetensors"
        done = succeed(files, "train", name, "--epochs", "8", "--quiet", "--out", out)
        assert score(done, "accuracy") >= 0.93, name
        network = gn.load(files / out)
        assert (network.input_shape, network.classes) == (shape, TEN), name
    done = succeed(files, "predict", "from-npy1.safetensors", "digits.npy", "--proba")
    table = np.load(files / "digits.npy")
    expected = gn.load(files / "from-npy1.safetensors").predict_proba(table[:, :64])
    assert probabilities(predictions(done)).tobytes() == expected.tobytes()


def test_a_folder_of_idx_files(files: Path) -> None:
    done = succeed(files, "train", "idx", "--epochs", "8")
    assert "1,400 training samples, 397 test samples" in done.stdout
    assert score(done, "accuracy") > 0.85
    judged = json.loads(succeed(files, "evaluate", "idx.safetensors", "idx", "--json").stdout)
    assert judged["rows"] == 397
    assert judged["accuracy"] == pytest.approx(score(done, "accuracy"), abs=1e-4)
    assert len(predictions(succeed(files, "predict", "idx.safetensors", "idx"))) == 397


def test_circles_with_their_options(tmp_path: Path) -> None:
    words = "train circles --samples 1000 --noise 0.05 --hidden 16 --lr 0.01 --quiet"
    done = succeed(tmp_path, *words.split())
    assert score(done, "accuracy") > 0.95
    said = description(tmp_path, "circles", "--samples", "1000")
    assert said["rows"] == {"training": 750, "test": 250}


def test_several_targets_of_numbers(files: Path) -> None:
    words = "train several.csv --target sum --target cross --drop high --drop far --hidden 16"
    done = succeed(
        files, *words.split(), "--epochs", "40", "--lr", "0.01", "--out", "two.safetensors"
    )
    assert "regression with several outputs" in done.stdout
    network = gn.load(files / "two.safetensors")
    assert network.output_shape == (2,)
    table = pd.read_csv(files / "several.csv")
    said = predictions(succeed(files, "predict", "two.safetensors", "several.csv"))
    assert list(said.columns) == ["sum", "cross"]
    for name in said:
        assert np.corrcoef(said[name].astype(float), table[name])[0, 1] > 0.95
        assert abs(said[name].astype(float).mean() - table[name].mean()) < 0.5


def test_several_labels_at_once(files: Path) -> None:
    from sklearn.metrics import f1_score, log_loss

    words = "train several.csv --target high --target far --drop sum --drop cross --epochs 30"
    done = succeed(files, *words.split(), "--lr", "0.01", "--out", "labels.safetensors")
    assert "multi-label" in done.stdout
    table = pd.read_csv(files / "several.csv")
    said = predictions(succeed(files, "predict", "labels.safetensors", "several.csv", "--proba"))
    assert list(said.columns) == ["high", "far", "p_high", "p_far"]
    targets = table[["high", "far"]].to_numpy().astype(int)
    p = probabilities(said).astype(float)
    assert ((p > 0.5) == targets).mean() > 0.9
    assert (said[["high", "far"]].to_numpy().astype(int) == (p > 0.5)).all()
    judged = json.loads(
        succeed(files, "evaluate", "labels.safetensors", "several.csv", "--json").stdout
    )
    assert judged["accuracy"] == pytest.approx(((p > 0.5) == targets).mean())
    assert judged["exact_match"] == pytest.approx(((p > 0.5) == targets).all(axis=1).mean())
    assert judged["log_loss"] == pytest.approx(
        np.mean([log_loss(targets[:, n], p[:, n]) for n in range(2)]), rel=1e-4
    )
    assert judged["classes"]["far"]["f1"] == pytest.approx(f1_score(targets[:, 1], p[:, 1] > 0.5))


def test_task_drop_and_kinds_overrule(files: Path) -> None:
    said = description(files, "digits.csv", "--task", "regression")
    assert said["task"] == "regression"
    assert said["values"]["target"]["max"] == 9
    said = description(
        files, "mixed.csv", "--target", "outcome", "--drop", "amount 1", "--drop", "opened",
        "--as", "count0=category", "--as", "amount 2=raw", "--as", "customer_id=number",
        "--as", "renewed=date:%Y-%m-%d", "--as", "flag*=category",
    )  # fmt: skip
    kind = kinds(said)
    assert (kind["amount 1"], kind["opened"]) == ("left out", "left out")
    assert (kind["count0"], kind["customer_id"], kind["renewed"]) == ("category", "number", "date")
    assert {kind[f"flag{n}"] for n in range(6)} == {"category"}
    assert kind["amount 2"] in ("raw", "number")
    assert "left out 'amount 1': as asked" in said["decisions"]


def test_a_raw_number_stays_as_it_is(tmp_path: Path) -> None:
    table = pd.DataFrame({"a": range(100), "b": range(0, 300, 3), "y": ["u", "v"] * 50})
    table.to_csv(tmp_path / "t.csv", index=False)
    succeed(tmp_path, "train", "t.csv", "--as", "a=raw", "--as", "b=category", *FEW)
    schema = gn.load(tmp_path / "t.safetensors").schema
    assert schema is not None
    assert schema.columns[0].name == "a"
    assert schema.encode(table)[:, 0].tolist() == list(range(100))


def test_a_test_file_is_what_the_figures_are_of(files: Path, tmp_path: Path) -> None:
    table = pd.read_csv(files / "iris.csv", index_col=0)
    shuffled = table.sample(frac=1, random_state=0)
    shuffled[:100].to_csv(tmp_path / "learn.csv")
    shuffled[100:].to_csv(tmp_path / "judge.csv")
    done = succeed(
        tmp_path, "train", "learn.csv", "--test", "judge.csv", "--epochs", "30", "--lr", "0.01"
    )
    assert "100 training samples, 50 test samples" in done.stdout
    judged = json.loads(
        succeed(tmp_path, "evaluate", "learn.safetensors", "judge.csv", "--json").stdout
    )
    assert judged["rows"] == 50
    assert judged["accuracy"] == pytest.approx(score(done, "accuracy"), abs=1e-4)
    done = succeed(tmp_path, "train", "learn.csv", "--test", "0.4", *FEW)
    assert "61 training samples, 39 test samples" in done.stdout  # of each class its share


def test_separator_and_encoding_of_another_country(tmp_path: Path) -> None:
    rows = [f"{n};{n * 7 % 11};{['Zürich', 'Genève'][n % 2]};{'äö'[n % 2]}" for n in range(80)]
    text = "\r\n".join(["nr;größe;stadt;klasse", *rows])
    (tmp_path / "t.csv").write_bytes(text.encode("cp1252"))
    how = ("--separator", ";", "--encoding", "cp1252")
    done = succeed(
        tmp_path, "train", "t.csv", *how, "--epochs", "60", "--lr", "0.02", "--drop", "nr",
        "--target", "klasse", "--quiet",
    )  # fmt: skip
    assert score(done, "accuracy") > 0.9
    network = gn.load(tmp_path / "t.safetensors")
    assert network.classes == ("ä", "ö")
    said = predictions(
        succeed(tmp_path, "predict", "t.safetensors", "t.csv", *how, "--id", "stadt")
    )
    assert said["stadt"].tolist()[:2] == ["Zürich", "Genève"]
    assert "accuracy" in succeed(tmp_path, "evaluate", "t.safetensors", "t.csv", *how).stdout


def test_a_tab_can_be_said_as_the_message_says_it(tmp_path: Path) -> None:
    rows = "".join(f"{n}\t{n % 7}\t{'xy'[n % 2]}\t\n" for n in range(60))  # one more than above
    (tmp_path / "t.csv").write_text("a\tb\tc\n" + rows, encoding="utf-8")
    advice = run(tmp_path, "data", "t.csv").stderr.split("--separator ")[1].strip().strip("'")
    assert description(tmp_path, "t.csv", "--separator", advice)["target"] == "c"


def mnist(name: str, rows: int) -> np.ndarray:
    """The first rows of a file of MNIST, plain or zipped."""
    from glassnet.data.readers import idx

    folder = Path(os.environ["GLASSNET_DATA"]) / "mnist"
    path = folder / name
    return np.asarray(idx.read(path if path.exists() else folder / f"{name}.gz"))[:rows]


@pytest.mark.mnist
@pytest.mark.slow
def test_mnist_as_kaggle_gives_it(tmp_path: Path) -> None:
    names = [f"pixel{n}" for n in range(784)]
    x, y = mnist("train-images-idx3-ubyte", 3000), mnist("train-labels-idx1-ubyte", 3000)
    table = pd.DataFrame(x.reshape(-1, 784), columns=names)
    table.insert(0, "label", y)
    table.to_csv(tmp_path / "train.csv", index=False)
    x, y = mnist("t10k-images-idx3-ubyte", 1000), mnist("t10k-labels-idx1-ubyte", 1000)
    pd.DataFrame(x.reshape(-1, 784), columns=names).to_csv(tmp_path / "test.csv", index=False)
    done = succeed(tmp_path, "train", "train.csv", "--epochs", "8")
    assert "784 pixels: images of 28 × 28" in done.stdout
    assert score(done, "accuracy") > 0.88
    words = "predict train.safetensors test.csv --kaggle --out submission.csv"
    assert succeed(tmp_path, *words.split()).stderr == ""
    lines = (tmp_path / "submission.csv").read_text(encoding="utf-8").split("\n")
    assert lines[0] == "ImageId,Label"
    assert lines[-1] == ""
    said = pd.read_csv(tmp_path / "submission.csv")
    assert said["ImageId"].tolist() == list(range(1, 1001))
    assert (said["Label"] == y).mean() > 0.85
