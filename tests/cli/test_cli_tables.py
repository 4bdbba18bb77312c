"""Real tables and arrays in files: trained on, predicted, judged and described as a user does."""

import gzip
import io
import json
import os
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import glassnet as gn

COMMAND = [sys.executable, "-m", "glassnet"]
PEAK = (
    "import resource, subprocess, sys; code = subprocess.call(sys.argv[1:]); "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(code)"
)
"""A small program that runs another and prints the most memory it had, in KiB."""

Done = subprocess.CompletedProcess[str]
TEN = tuple("0123456789")
FEW = ("--epochs", "2", "--hidden", "8")


SERVER = """
import gc, json, os, sys, traceback
import matplotlib.pyplot, pandas, sklearn.compose, sklearn.impute, sklearn.metrics
import sklearn.feature_selection, sklearn.pipeline, sklearn.preprocessing
import glassnet.cli.app
from glassnet.cli import main

gc.freeze()
for line in sys.stdin:
    folder, words, out, err = json.loads(line)
    child = os.fork()
    if child == 0:
        os.chdir(folder)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for number, name in ((1, out), (2, err)):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        sys.argv, code = ["glassnet", *words], 1
        try:
            main()
        except SystemExit as end:
            code = end.code
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # without the half second that Python takes to tidy up
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""Runs every command in a process of its own, in which the heavy packages are imported already."""

STARTED: dict[str, subprocess.Popen[str]] = {}


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[None]:
    environment = {**os.environ, "COLUMNS": "160"}
    with subprocess.Popen(
        [sys.executable, "-c", SERVER], env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        STARTED["server"] = process
        yield
        assert process.stdin is not None
        process.stdin.close()


def run(folder: Path, *words: str) -> Done:
    process = STARTED["server"]
    assert process.stdin is not None
    assert process.stdout is not None
    with tempfile.TemporaryDirectory() as place:
        out, err = Path(place, "out"), Path(place, "err")
        print(json.dumps([str(folder), words, str(out), str(err)]), file=process.stdin, flush=True)
        code = int(process.stdout.readline())
        said = [path.read_bytes().decode() for path in (out, err)]
    return subprocess.CompletedProcess(words, code, *said)


def ok(folder: Path, *words: str) -> Done:
    """The command, which has nothing to complain of."""
    done = run(folder, *words)
    assert done.returncode == 0, done.stderr
    for line in done.stderr.splitlines():
        assert line.startswith(("note: ", "health: ")), done.stderr
    return done


def figure(done: Done, name: str) -> float:
    return float(done.stdout.split(f"test {name} ")[1].split()[0])


def told(folder: Path, *words: str) -> dict[str, Any]:
    """What `data --json` says."""
    said: dict[str, Any] = json.loads(ok(folder, "data", *words, "--json").stdout)
    return said


def kinds(said: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each["kind"] for each in said["columns"]}


def answers(done: Done) -> pd.DataFrame:
    """The CSV that `predict` printed, as it is written."""
    return pd.read_csv(io.StringIO(done.stdout), dtype=str, keep_default_na=False)


def probabilities(table: pd.DataFrame) -> np.ndarray:
    chosen = [name for name in table if name.startswith("p_")]
    return table[chosen].to_numpy().astype(np.float32)


def mixed(rows: int = 3000) -> pd.DataFrame:
    """A table of 56 columns as companies have them; `outcome` depends on six of them."""
    rng = np.random.default_rng(7)
    columns: dict[str, Any] = {"customer_id": np.arange(5000, 5000 + rows)}
    for n in range(20):
        columns[f"amount {n}"] = rng.normal(10 * n, n + 1, rows).round(3)
    for n in range(8):
        columns[f"count{n}"] = rng.integers(0, 40 + n, rows)
    for n in range(10):
        columns[f"kind{n}"] = rng.choice([f"v{value}" for value in range(n + 2)], rows)
    for n in range(6):
        columns[f"flag{n}"] = rng.random(rows) < 0.4
    opened = pd.Timestamp("2015-01-01") + pd.to_timedelta(rng.integers(0, 2500, rows), "D")
    columns["opened"] = opened.strftime("%d.%m.%Y")
    renewed = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, rows), "D")
    columns["renewed"] = renewed.strftime("%Y-%m-%d")
    columns["country"] = "CH"
    columns["remark"] = [f"called on {n}, {'again, ' * (n % 3)}said “{n * n}”" for n in range(rows)]
    columns["Größe"] = rng.normal(170, 10, rows).round(1)
    table = pd.DataFrame(columns)
    table.insert(5, "outcome", "")
    rare = rng.random(rows) < 0.002
    table.loc[rare, "kind3"] = [f"only{n}" for n in range(rare.sum())]
    gaps = {name: rng.random(rows) < 0.1 for name in ("amount 3", "amount 4", "kind1", "renewed")}
    told = (
        1.2 * (table["amount 2"] - 20) / 3
        + 1.5 * (table["kind0"] == "v1")
        + 1.2 * table["flag2"]
        - 1.3 * (opened.year - 2018) / 2
        + 2.0 * gaps["amount 3"]
        - 1.2 * (table["Größe"] - 170) / 10
    )
    noise = rng.normal(0, 0.3, rows)
    table["outcome"] = np.where(told + noise > told.median(), "stays", "goes")
    for name, missing in gaps.items():
        table[name] = table[name].astype(object).where(~missing, "?")
    for n in range(8, 14):
        table[f"kind{n + 2}"] = rng.choice(["a", "b", None], rows)
    return table


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tables, as CSV and as the other kinds of files."""
    from sklearn.datasets import load_diabetes, load_digits, load_iris

    folder = tmp_path_factory.mktemp("files")
    digits = load_digits(as_frame=True)
    digits.frame.to_csv(folder / "digits.csv", index=False)
    np.save(folder / "digits.npy", digits.frame.to_numpy(np.float32))
    np.savez(folder / "flat.npz", x=digits.data.to_numpy(), y=digits.target.to_numpy())
    np.savez(folder / "images.npz", x=digits.images.astype(np.uint8), y=digits.target.to_numpy())
    iris = load_iris(as_frame=True)
    flowers = iris.data.assign(species=np.array(iris.target_names)[iris.target])
    flowers.to_csv(folder / "iris.csv")
    load_diabetes(as_frame=True).frame.to_csv(folder / "diabetes.csv", index=False)
    table = mixed()
    assert table.shape[1] >= 50
    table.to_csv(folder / "mixed.csv", index=False)
    rng, n = np.random.default_rng(0), 600
    a, b, c = rng.normal(size=(3, n)).round(4)
    several = pd.DataFrame(
        {
            "a": a, "b": b, "c": c, "sum": (3 * a + b + 50).round(3), "cross": (a - 2 * c).round(3),
            "high": (a + b > 0).astype(int), "far": b > c,
        }
    )  # fmt: skip
    several.to_csv(folder / "several.csv", index=False)
    (folder / "idx").mkdir()
    pixels = digits.images.astype(np.uint8)
    for part, rows in (("train", slice(None, 1400)), ("t10k", slice(1400, None))):
        x, y = pixels[rows], digits.target.to_numpy()[rows].astype(np.uint8)
        head = struct.pack(">BBBBIII", 0, 0, 8, 3, *x.shape)
        (folder / f"idx/{part}-images-idx3-ubyte").write_bytes(head + x.tobytes())
        head = struct.pack(">BBBBI", 0, 0, 8, 1, len(y))
        with gzip.open(folder / f"idx/{part}-labels-idx1-ubyte.gz", "wb") as file:
            file.write(head + y.tobytes())
    return folder


@pytest.fixture(scope="module")
def trained(files: Path) -> dict[str, Done]:
    """What training said of each table; the networks are in the folder."""
    return {
        "digits": ok(files, "train", "digits.csv", "--epochs", "12"),
        "iris": ok(files, "train", "iris.csv", "--hidden", "16", "--lr", "0.01", "--epochs", "50"),
        "mixed": ok(
            files, "train", "mixed.csv", "--target", "outcome", "--hidden", "32", "--epochs", "12",
            "--weight-decay", "0.01",
        ),
        "diabetes": ok(
            files, "train", "diabetes.csv", "--hidden", "16", "--epochs", "40", "--lr", "0.003"
        ),
    }  # fmt: skip


# ---- what is learned


def test_digits_in_a_csv_file_are_images(files: Path, trained: dict[str, Done]) -> None:
    assert figure(trained["digits"], "accuracy") >= 0.95
    network = gn.load(files / "digits.safetensors")
    assert (network.input_shape, network.classes) == ((8, 8), TEN)
    assert "target 'target' (by its name)" in trained["digits"].stdout
    assert "64 pixels: images of 8 × 8" in trained["digits"].stdout


def test_iris_with_its_index_and_names(files: Path, trained: dict[str, Done]) -> None:
    assert figure(trained["iris"], "accuracy") >= 0.9
    assert "left out the first column: it is the index" in trained["iris"].stdout
    network = gn.load(files / "iris.safetensors")
    assert network.classes == ("setosa", "versicolor", "virginica")
    assert network.input_shape == (4,)
    assert (files / "iris.png").read_bytes().startswith(b"\x89PNG")


def test_a_mixed_table_of_many_columns(files: Path, trained: dict[str, Done]) -> None:
    said = trained["mixed"].stdout
    assert figure(trained["mixed"], "accuracy") >= 0.85  # one column alone gives less than 0.7
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
    assert figure(trained["diabetes"], "mean absolute") < 55
    judged = json.loads(ok(files, "evaluate", "diabetes.safetensors", "diabetes.csv", "--json")
                        .stdout)  # fmt: skip
    assert judged["r2"] > 0.4


def test_r2_on_rows_that_training_did_not_have(files: Path, tmp_path: Path) -> None:
    table = pd.read_csv(files / "diabetes.csv")
    table[:350].to_csv(tmp_path / "learn.csv", index=False)
    table[350:].to_csv(tmp_path / "new.csv", index=False)
    words = "--hidden none --epochs 60 --lr 0.01 --quiet --validation 0 --test new.csv"
    ok(tmp_path, "train", "learn.csv", *words.split())
    judged = json.loads(ok(tmp_path, "evaluate", "learn.safetensors", "new.csv", "--json").stdout)
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
    ok(tmp_path, "train", path.name, "--target", "outcome", *FEW)
    (tmp_path / "plain.safetensors").write_bytes(plain)
    made, wanted = (gn.load(tmp_path / f"{name}.safetensors") for name in ("part", "plain"))
    assert made.trained.pop("data") == path.name
    assert wanted.trained.pop("data") == "part.csv"
    assert made.meaning() == wanted.meaning()
    assert made.parameters.vector.tobytes() == wanted.parameters.vector.tobytes()


@pytest.fixture(scope="module")
def plain(files: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The network that the CSV file gives."""
    folder = tmp_path_factory.mktemp("plain")
    pd.read_csv(files / "mixed.csv", na_values="?")[:500].to_csv(folder / "part.csv", index=False)
    ok(folder, "train", "part.csv", "--target", "outcome", *FEW)
    return (folder / "part.safetensors").read_bytes()


def test_arrays_in_files(files: Path) -> None:
    for name, shape in (("digits.npy", (64,)), ("flat.npz", (64,)), ("images.npz", (8, 8))):
        out = f"from-{Path(name).suffix[1:]}{len(shape)}.safetensors"
        done = ok(files, "train", name, "--epochs", "8", "--quiet", "--out", out)
        assert figure(done, "accuracy") >= 0.93, name
        network = gn.load(files / out)
        assert (network.input_shape, network.classes) == (shape, TEN), name
    done = ok(files, "predict", "from-npy1.safetensors", "digits.npy", "--proba")
    table = np.load(files / "digits.npy")
    expected = gn.load(files / "from-npy1.safetensors").predict_proba(table[:, :64])
    assert probabilities(answers(done)).tobytes() == expected.tobytes()


def test_a_folder_of_idx_files(files: Path) -> None:
    done = ok(files, "train", "idx", "--epochs", "8")
    assert "1,400 training samples, 397 test samples" in done.stdout
    assert figure(done, "accuracy") > 0.85
    judged = json.loads(ok(files, "evaluate", "idx.safetensors", "idx", "--json").stdout)
    assert judged["rows"] == 397
    assert judged["accuracy"] == pytest.approx(figure(done, "accuracy"), abs=1e-4)
    assert len(answers(ok(files, "predict", "idx.safetensors", "idx"))) == 397


def test_circles_with_their_options(tmp_path: Path) -> None:
    words = "train circles --samples 1000 --noise 0.05 --hidden 16 --lr 0.01 --quiet"
    done = ok(tmp_path, *words.split())
    assert figure(done, "accuracy") > 0.95
    said = told(tmp_path, "circles", "--samples", "1000")
    assert said["rows"] == {"training": 750, "test": 250}


def test_several_targets_of_numbers(files: Path) -> None:
    words = "train several.csv --target sum --target cross --drop high --drop far --hidden 16"
    done = ok(files, *words.split(), "--epochs", "40", "--lr", "0.01", "--out", "two.safetensors")
    assert "regression with several outputs" in done.stdout
    network = gn.load(files / "two.safetensors")
    assert network.output_shape == (2,)
    table = pd.read_csv(files / "several.csv")
    said = answers(ok(files, "predict", "two.safetensors", "several.csv"))
    assert list(said.columns) == ["sum", "cross"]
    for name in said:
        assert np.corrcoef(said[name].astype(float), table[name])[0, 1] > 0.95
        assert abs(said[name].astype(float).mean() - table[name].mean()) < 0.5


def test_several_labels_at_once(files: Path) -> None:
    from sklearn.metrics import f1_score, log_loss

    words = "train several.csv --target high --target far --drop sum --drop cross --epochs 30"
    done = ok(files, *words.split(), "--lr", "0.01", "--out", "labels.safetensors")
    assert "multi-label" in done.stdout
    table = pd.read_csv(files / "several.csv")
    said = answers(ok(files, "predict", "labels.safetensors", "several.csv", "--proba"))
    assert list(said.columns) == ["high", "far", "p_high", "p_far"]
    truth = table[["high", "far"]].to_numpy().astype(int)
    p = probabilities(said).astype(float)
    assert ((p > 0.5) == truth).mean() > 0.9
    assert (said[["high", "far"]].to_numpy().astype(int) == (p > 0.5)).all()
    judged = json.loads(ok(files, "evaluate", "labels.safetensors", "several.csv", "--json").stdout)
    assert judged["accuracy"] == pytest.approx(((p > 0.5) == truth).mean())
    assert judged["exact_match"] == pytest.approx(((p > 0.5) == truth).all(axis=1).mean())
    assert judged["log_loss"] == pytest.approx(
        np.mean([log_loss(truth[:, n], p[:, n]) for n in range(2)]), rel=1e-4
    )
    assert judged["classes"]["far"]["f1"] == pytest.approx(f1_score(truth[:, 1], p[:, 1] > 0.5))


def test_task_drop_and_kinds_overrule(files: Path) -> None:
    said = told(files, "digits.csv", "--task", "regression")
    assert said["task"] == "regression"
    assert said["values"]["target"]["max"] == 9
    said = told(
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
    ok(tmp_path, "train", "t.csv", "--as", "a=raw", "--as", "b=category", *FEW)
    schema = gn.load(tmp_path / "t.safetensors").schema
    assert schema is not None
    assert schema.columns[0].name == "a"
    assert schema.encode(table)[:, 0].tolist() == list(range(100))


def test_a_test_file_is_what_the_figures_are_of(files: Path, tmp_path: Path) -> None:
    table = pd.read_csv(files / "iris.csv", index_col=0)
    shuffled = table.sample(frac=1, random_state=0)
    shuffled[:100].to_csv(tmp_path / "learn.csv")
    shuffled[100:].to_csv(tmp_path / "judge.csv")
    done = ok(
        tmp_path, "train", "learn.csv", "--test", "judge.csv", "--epochs", "30", "--lr", "0.01"
    )
    assert "100 training samples, 50 test samples" in done.stdout
    judged = json.loads(ok(tmp_path, "evaluate", "learn.safetensors", "judge.csv", "--json").stdout)
    assert judged["rows"] == 50
    assert judged["accuracy"] == pytest.approx(figure(done, "accuracy"), abs=1e-4)
    done = ok(tmp_path, "train", "learn.csv", "--test", "0.4", *FEW)
    assert "61 training samples, 39 test samples" in done.stdout  # of each class its share


def test_separator_and_encoding_of_another_country(tmp_path: Path) -> None:
    rows = [f"{n};{n * 7 % 11};{['Zürich', 'Genève'][n % 2]};{'äö'[n % 2]}" for n in range(80)]
    text = "\r\n".join(["nr;größe;stadt;klasse", *rows])
    (tmp_path / "t.csv").write_bytes(text.encode("cp1252"))
    how = ("--separator", ";", "--encoding", "cp1252")
    done = ok(
        tmp_path, "train", "t.csv", *how, "--epochs", "60", "--lr", "0.02", "--drop", "nr",
        "--target", "klasse", "--quiet",
    )  # fmt: skip
    assert figure(done, "accuracy") > 0.9
    network = gn.load(tmp_path / "t.safetensors")
    assert network.classes == ("ä", "ö")
    said = answers(ok(tmp_path, "predict", "t.safetensors", "t.csv", *how, "--id", "stadt"))
    assert said["stadt"].tolist()[:2] == ["Zürich", "Genève"]
    assert "accuracy" in ok(tmp_path, "evaluate", "t.safetensors", "t.csv", *how).stdout


def test_a_tab_can_be_said_as_the_message_says_it(tmp_path: Path) -> None:
    rows = "".join(f"{n}\t{n % 7}\t{'xy'[n % 2]}\n" for n in range(60))
    (tmp_path / "t.csv").write_text("a\tb\tc\n" + rows, encoding="utf-8")
    advice = run(tmp_path, "data", "t.csv").stderr.split("--separator ")[1].strip().strip("'")
    assert told(tmp_path, "t.csv", "--separator", advice)["target"] == "c"


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
    done = ok(tmp_path, "train", "train.csv", "--epochs", "8")
    assert "784 pixels: images of 28 × 28" in done.stdout
    assert figure(done, "accuracy") > 0.88
    words = "predict train.safetensors test.csv --kaggle --out submission.csv"
    assert ok(tmp_path, *words.split()).stderr == ""
    lines = (tmp_path / "submission.csv").read_text(encoding="utf-8").split("\n")
    assert lines[0] == "ImageId,Label"
    assert lines[-1] == ""
    said = pd.read_csv(tmp_path / "submission.csv")
    assert said["ImageId"].tolist() == list(range(1, 1001))
    assert (said["Label"] == y).mean() > 0.85


# ---- answers


@pytest.mark.parametrize("name", ["digits", "iris", "mixed"])
def test_a_file_is_answered_as_a_table_in_memory(
    name: str, files: Path, trained: dict[str, Done], tmp_path: Path
) -> None:
    lines = (files / f"{name}.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "first_rows.csv").write_text("".join(lines[:301]), encoding="utf-8")
    table = pd.read_csv(tmp_path / "first_rows.csv", na_values="?")
    model = files / f"{name}.safetensors"
    done = ok(tmp_path, "predict", str(model), "first_rows.csv", "--proba")
    said, network = answers(done), gn.load(model)
    expected = network.predict_proba(table)
    assert probabilities(said).tobytes() == expected.tobytes()
    classes = [network.classes[label] for label in network.predict(table)]
    assert said.iloc[:, 0].tolist() == classes
    assert list(said.columns)[1:] == [f"p_{each}" for each in network.classes]
    assert done.stderr == ""


def test_values_are_answered_as_in_memory(files: Path, trained: dict[str, Done]) -> None:
    said = answers(ok(files, "predict", "diabetes.safetensors", "diabetes.csv"))
    expected = gn.load(files / "diabetes.safetensors").predict(pd.read_csv(files / "diabetes.csv"))
    assert said["target"].to_numpy().astype(np.float32).tobytes() == expected.tobytes()


def test_the_network_in_memory_gives_the_same_as_its_file(files: Path, tmp_path: Path) -> None:
    from glassnet.data import load
    from glassnet.workflows.recipes.schema import Data, Figure, Net, Recipe, Training
    from glassnet.workflows.run import train

    data = load(files / "mixed.csv", target="outcome")
    recipe = Recipe(
        title="mixed", source="a test", data=Data(name="mixed"), network=Net(hidden=[8]),
        training=Training(epochs=2), figure=Figure(published="", at_least=0),
    )  # fmt: skip
    network = train(recipe, data, seed=0).network
    table = pd.read_csv(files / "mixed.csv", na_values="?")[:200]
    expected = network.predict_proba(table)
    network.save(tmp_path / "kept.safetensors")
    table.to_csv(tmp_path / "rows.csv", index=False)
    done = ok(tmp_path, "predict", "kept.safetensors", "rows.csv", "--proba")
    assert probabilities(answers(done)).tobytes() == expected.tobytes()


def test_columns_are_found_by_name(files: Path, trained: dict[str, Done], tmp_path: Path) -> None:
    table = pd.read_csv(files / "iris.csv", index_col=0)[:20]
    model = str(files / "iris.safetensors")
    table.to_csv(tmp_path / "a.csv")
    mixed_up = table.drop(columns="species").iloc[:, ::-1]
    mixed_up.insert(2, "colour", "blue")
    mixed_up.to_csv(tmp_path / "b.csv", index=False)
    first = ok(tmp_path, "predict", model, "a.csv", "--proba")
    second = ok(tmp_path, "predict", model, "b.csv", "--proba")
    assert first.stdout == second.stdout
    assert first.stderr == ""
    assert len(second.stderr.splitlines()) == 1
    assert "'colour'" in second.stderr


def test_what_training_did_not_have_is_told(
    files: Path, trained: dict[str, Done], tmp_path: Path
) -> None:
    table = pd.read_csv(files / "mixed.csv", na_values="?")[:10]
    model = files / "mixed.safetensors"
    strange = table.copy()
    strange.loc[[2, 3], "kind0"] = "never seen"
    strange.loc[4, "kind3"] = "rare and new"  # counts as rare: training had rare ones
    strange.loc[5, "amount 2"] = np.nan
    strange.loc[6, "amount 3"] = np.nan  # training had gaps here
    strange.to_csv(tmp_path / "strange.csv", index=False)
    done = ok(tmp_path, "predict", str(model), "strange.csv", "--proba")
    notes = done.stderr.splitlines()
    assert len(notes) == 2, notes
    assert any("2 " in note and "'kind0'" in note for note in notes)
    assert any("1 " in note and "'amount 2'" in note for note in notes)
    network = gn.load(model)
    assert network.schema is not None
    encoded = pd.DataFrame(network.schema.encode(strange), columns=network.schema.features)
    assert not encoded.loc[[2, 3], [n for n in encoded if n.startswith("kind0=")]].any().any()
    assert encoded.loc[4, "kind3=other"] == 1
    median = network.schema.encode(strange.fillna({"amount 2": 20.0}))
    assert abs(encoded.loc[5, "amount 2"]) < 0.2
    assert encoded.loc[6, "amount 3=missing"] == 1
    assert encoded.drop(index=5).equals(pd.DataFrame(median, columns=encoded.columns).drop(index=5))
    assert probabilities(answers(done)).tobytes() == network.predict_proba(strange).tobytes()


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_answers_go_to_a_file(
    ending: str, files: Path, trained: dict[str, Done], tmp_path: Path
) -> None:
    model = str(files / "mixed.safetensors")
    words = ("--id", "customer_id", "--proba", "--out", f"answers.{ending}")
    done = ok(tmp_path, "predict", model, str(files / "mixed.csv"), *words)
    assert done.stdout == f"wrote 3,000 rows to answers.{ending}\n"
    assert [path.name for path in tmp_path.iterdir()] == [f"answers.{ending}"]
    path = tmp_path / f"answers.{ending}"
    said = pd.read_csv(path) if ending == "csv" else pd.read_parquet(path)
    assert list(said.columns) == ["customer_id", "outcome", "p_goes", "p_stays"]
    assert said["customer_id"].astype(int).tolist() == list(range(5000, 8000))
    assert np.allclose(said["p_goes"] + said["p_stays"], 1)
    assert set(said["outcome"]) == {"goes", "stays"}


def test_the_target_may_stand_in_front(files: Path, trained: dict[str, Done]) -> None:
    truth = pd.read_csv(files / "iris.csv")["species"].tolist()
    for ending, read in (("csv", pd.read_csv), ("parquet", pd.read_parquet)):
        words = f"predict iris.safetensors iris.csv --id species --out front.{ending}"
        ok(files, *words.split())
        said = read(files / f"front.{ending}")
        assert len(set(said.columns)) == 2
        assert "species.1" not in said.columns  # what pandas makes of a name that is there twice
        assert said.iloc[:, 0].tolist() == truth
        assert (said.iloc[:, 1] == truth).mean() > 0.9


def test_text_in_front_comes_as_it_is_written(tmp_path: Path) -> None:
    rows = "".join(f'"0{n}, ""é""",{n % 7},{"xy"[n % 2]}\n' for n in range(60))
    (tmp_path / "t.csv").write_text("code,b,c\n" + rows, encoding="utf-8")
    ok(tmp_path, "train", "t.csv", "--drop", "code", *FEW)
    said = answers(ok(tmp_path, "predict", "t.safetensors", "t.csv", "--id", "code"))
    assert said["code"].tolist() == [f'0{n}, "é"' for n in range(60)]


def peak(folder: Path, *words: str) -> tuple[str, int]:
    """What the command printed, and the most bytes it had in memory."""
    done = subprocess.run(
        [sys.executable, "-c", PEAK, *COMMAND, *words],
        cwd=folder, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    *said, kibibytes = done.stdout.splitlines()
    return "\n".join(said), int(kibibytes) * 1024


@pytest.mark.slow
def test_memory_does_not_grow_with_the_rows(
    files: Path, trained: dict[str, Done], tmp_path: Path
) -> None:
    table = pd.read_csv(files / "iris.csv", index_col=0).sample(
        20_000, replace=True, random_state=0
    )
    table.to_csv(tmp_path / "few.csv", index=False)
    few = (tmp_path / "few.csv").read_text(encoding="utf-8")
    header, _, body = few.partition("\n")
    (tmp_path / "many.csv").write_text(header + "\n" + body * 20, encoding="utf-8")
    model = str(files / "iris.safetensors")
    _, small = peak(tmp_path, "predict", model, "few.csv", "--proba", "--out", "a.csv")
    said, large = peak(tmp_path, "predict", model, "many.csv", "--proba", "--out", "b.csv")
    assert said == "wrote 400,000 rows to b.csv"
    assert large - small < 60e6
    first, all_rows = pd.read_csv(tmp_path / "a.csv"), pd.read_csv(tmp_path / "b.csv")
    assert len(all_rows) == 400_000
    assert all_rows[:20_000].equals(first)


@pytest.mark.slow
def test_training_on_a_gigabyte_stays_small(tmp_path: Path) -> None:
    path, rows, columns, step = tmp_path / "big.npy", 262_144, 1000, 8192
    rng = np.random.default_rng(0)
    try:
        header = {"descr": "<f4", "fortran_order": False, "shape": (rows, columns)}
        block = rng.normal(size=(step, columns)).astype(np.float32)
        block[:, -1] = block[:, 0] > 0
        with path.open("wb") as file:
            np.lib.format.write_array_header_1_0(file, header)
            for _ in range(rows // step):
                file.write(block.tobytes())
        assert path.stat().st_size > 2**30 * 0.97
        said, memory = peak(tmp_path, "train", "big.npy", "--epochs", "1", "--hidden", "8")
    finally:
        path.unlink(missing_ok=True)
    assert "209,715 training samples, 52,429 test samples" in said
    assert float(said.split("test accuracy ")[1].split()[0]) > 0.9
    assert memory < 600e6


# ---- figures


@pytest.mark.parametrize("name", ["digits", "iris", "mixed"])
def test_figures_are_those_of_scikit_learn(
    name: str, files: Path, trained: dict[str, Done]
) -> None:
    from sklearn import metrics

    model, file = f"{name}.safetensors", f"{name}.csv"
    target = {"digits": "target", "iris": "species", "mixed": "outcome"}[name]
    judged = json.loads(ok(files, "evaluate", model, file, "--json").stdout)
    text = ok(files, "evaluate", model, file).stdout
    said = answers(ok(files, "predict", model, file, "--proba"))
    truth = pd.read_csv(files / file)[target].astype(str)
    classes = [column[2:] for column in said if column.startswith("p_")]
    p = probabilities(said).astype(np.float64)
    p /= p.sum(axis=1, keepdims=True)
    auc = (
        metrics.roc_auc_score(truth == classes[1], p[:, 1])
        if len(classes) == 2
        else metrics.roc_auc_score(truth, p, multi_class="ovr")
    )
    expected = {
        "rows": len(truth),
        "accuracy": metrics.accuracy_score(truth, said[target]),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, said[target]),
        "log_loss": metrics.log_loss(truth, p, labels=classes),
        "roc_auc": auc,
    }
    for key, value in expected.items():
        assert judged[key] == pytest.approx(value, rel=1e-6), key
    matrix = metrics.confusion_matrix(truth, said[target], labels=classes)
    assert judged["confusion_matrix"] == matrix.tolist()
    table = metrics.classification_report(truth, said[target], output_dict=True, zero_division=0)
    for each in classes:
        ours, theirs = judged["classes"][each], table[each]
        assert ours["rows"] == theirs["support"]
        for here, there in (("precision", "precision"), ("recall", "recall"), ("f1", "f1-score")):
            assert ours[here] == pytest.approx(theirs[there])
    assert f"rows {len(truth):,}\naccuracy {expected['accuracy']:.4f}\n" in text
    assert f"log loss {expected['log_loss']:.4f}" in text
    assert f"roc auc {auc:.4f}" in text


def test_figures_of_values_are_those_of_scikit_learn(files: Path, trained: dict[str, Done]) -> None:
    from sklearn import metrics

    model, file = "diabetes.safetensors", "diabetes.csv"
    judged = json.loads(ok(files, "evaluate", model, file, "--json").stdout)
    said = answers(ok(files, "predict", model, file))["target"].astype(float)
    truth = pd.read_csv(files / file)["target"]
    assert judged["mean_absolute_error"] == pytest.approx(
        metrics.mean_absolute_error(truth, said), rel=1e-6
    )
    assert judged["root_mean_squared_error"] == pytest.approx(
        metrics.root_mean_squared_error(truth, said), rel=1e-6
    )
    assert judged["r2"] == pytest.approx(metrics.r2_score(truth, said), rel=1e-6)


# ---- descriptions


def test_data_describes_and_draws(files: Path, tmp_path: Path) -> None:
    done = ok(tmp_path, "data", str(files / "mixed.csv"), "--target", "outcome")
    assert done.stdout.startswith("mixed: 2,400 training rows, 600 test rows\n")
    for name in pd.read_csv(files / "mixed.csv", nrows=1).columns:
        assert any(line.split("  ")[1] == name for line in done.stdout.splitlines() if "  " in line)
    assert "classification of outcome" in done.stdout
    assert done.stdout.endswith("\nwrote mixed-data.png\n")
    assert [path.name for path in tmp_path.iterdir()] == ["mixed-data.png"]
    assert (tmp_path / "mixed-data.png").read_bytes().startswith(b"\x89PNG")


def test_data_as_json(files: Path, tmp_path: Path) -> None:
    words = (str(files / "mixed.csv"), "--target", "outcome", "--out", "here.png")
    said = told(tmp_path, *words)
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
    said = told(tmp_path, str(files / source))
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


# ---- what nasty users do


def plain_row(n: int) -> str:
    return f"{n % 11},{n % 7},{'xy'[n % 7 > 3]}"


def text(header: str, rows: int = 210) -> str:
    return "\n".join([header, *map(plain_row, range(rows))]) + "\n"


SAME = {
    "a byte order mark": ("\ufeff" + text("a,b,c")).encode(),
    "Windows line ends": text("a,b,c").replace("\n", "\r\n").encode(),
    "old Mac line ends": text("a,b,c").replace("\n", "\r").encode(),
    "UTF-16": text("a,b,c").encode("utf-16"),
    "no line end": text("a,b,c").rstrip("\n").encode(),
    "blank lines": text("a,b,c").replace("\n", "\n\n").encode(),
    "spaces": text(" a , b,c ").replace(",", " , ").encode(),
    "quotes": text('"a","b","c"').replace(",x", ',"x"').encode(),
}


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("usual")
    (folder / "t.csv").write_text(text("a,b,c"), encoding="utf-8")
    done = ok(folder, "train", "t.csv", "--epochs", "20", "--lr", "0.01", "--hidden", "8")
    assert figure(done, "accuracy") > 0.9
    return (folder / "t.safetensors").read_bytes()


def test_the_form_of_a_file_changes_nothing(tmp_path: Path, usual: bytes) -> None:
    (tmp_path / "m.safetensors").write_bytes(usual)
    network = gn.load(tmp_path / "m.safetensors")
    table = pd.read_csv(io.StringIO(text("a,b,c")))
    for name, content in SAME.items():
        (tmp_path / "t.csv").write_bytes(content)
        done = ok(tmp_path, "predict", "m.safetensors", "t.csv", "--proba")
        assert done.stderr == "", name
        p = probabilities(answers(done))
        assert p.tobytes() == network.predict_proba(table).tobytes(), name


@pytest.mark.parametrize("name", ["a byte order mark", "old Mac line ends", "spaces"])
def test_the_form_of_a_file_changes_no_training(name: str, tmp_path: Path, usual: bytes) -> None:
    (tmp_path / "t.csv").write_bytes(SAME[name])
    ok(tmp_path, "train", "t.csv", "--epochs", "20", "--lr", "0.01", "--hidden", "8")
    assert (tmp_path / "t.safetensors").read_bytes() == usual


def test_columns_with_any_name(tmp_path: Path) -> None:
    names = ["nan", "größe in cm", "a=b", "名前", "NA", "Über, alles", "null", "label"]
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.integers(0, 5, (200, 8)), columns=names)
    table["label"] = np.where(table["nan"] > 2, "yes", "no")
    table.to_csv(tmp_path / "t.csv", index=False)
    words = ("--as", "a=b=category", "--as", "größe in cm=raw", "--drop", "名前")
    done = ok(tmp_path, "train", "t.csv", *words, "--epochs", "30", "--lr", "0.02")
    assert figure(done, "accuracy") > 0.9
    schema = gn.load(tmp_path / "t.safetensors").schema
    assert schema is not None
    assert schema.names == ("nan", "größe in cm", "a=b", "NA", "Über, alles", "null")
    assert "a=b=3" in schema.features
    assert len(answers(ok(tmp_path, "predict", "t.safetensors", "t.csv"))) == 200
    assert told(tmp_path, "t.csv", "--target", "nan", "--drop", "label")["target"] == "nan"


@pytest.mark.parametrize("words", ["data t.csv", "train t.csv --epochs 1", "evaluate"])
@pytest.mark.parametrize("marks", ["[]", "$$"])
def test_brackets_and_dollars_are_letters_like_others(
    words: str, marks: str, tmp_path: Path
) -> None:
    left, right = marks
    names = [f"{left}red{right}", f"{left}/b_{{^{right}", "\\x"]
    table = pd.DataFrame({name: [1.5 * n % 7 for n in range(120)] for name in names})
    table["k[/u]"] = ["[/a]", "$x_{1$", "b"] * 40
    table["y$"] = [names[0], names[1]] * 60
    table.to_csv(tmp_path / "t.csv", index=False)
    if words == "evaluate":
        ok(tmp_path, "train", "t.csv", *FEW, "--quiet")
        words = "evaluate t.safetensors t.csv"
    done = ok(tmp_path, *words.split())
    assert names[0] in done.stdout
    assert names[1] in done.stdout


def test_quotes_hold_line_ends(tmp_path: Path) -> None:
    table = pd.DataFrame({"a": range(90), "t": ['one\n"two", three', "four\r\n,", "x"] * 30})
    table["c"] = np.where(table["t"] == "x", "u", "v")
    table.to_csv(tmp_path / "t.csv", index=False)
    done = ok(tmp_path, "train", "t.csv", "--epochs", "40", "--lr", "0.02", "--quiet")
    assert figure(done, "accuracy") == 1
    said = told(tmp_path, "t.csv")
    assert kinds(said)["t"] == "category"
    assert said["rows"]["training"] + said["rows"]["test"] == 90


def told_of(folder: Path, table: pd.DataFrame, *words: str) -> dict[str, Any]:
    table.to_csv(folder / "t.csv", index=False)
    return told(folder, "t.csv", *words)


def test_huge_integers_are_numbers(tmp_path: Path) -> None:
    table = pd.DataFrame({"a": [10**30 + n * 10**28 for n in range(60)]}, dtype=object)
    table["b"] = [2**64 - 1 - n for n in range(60)]
    table["c"] = [n % 2 for n in range(60)]
    said = told_of(tmp_path, table)
    assert kinds(said) == {"a": "number", "b": "number", "c": "target"}
    said = told_of(tmp_path, table[["b", "c", "a"]], "--target", "a")
    assert said["task"] == "regression"
    assert said["values"]["a"]["min"] == pytest.approx(1e30)


@pytest.mark.skipif(
    int(pd.__version__.split(".")[0]) < 3, reason="pandas 2 ends with the year 2262"
)
def test_dates_of_any_century(tmp_path: Path) -> None:
    table = pd.DataFrame({"d": [f"{1000 + 30 * n}-03-0{n % 9 + 1}" for n in range(60)]})
    table["e"] = [f"0{n % 9 + 1}.12.{1850 + 10 * n}" for n in range(60)]
    table["c"] = ["old" if n < 30 else "new" for n in range(60)]
    assert kinds(told_of(tmp_path, table)) == {"d": "date", "e": "date", "c": "target"}
    done = ok(tmp_path, "train", "t.csv", "--epochs", "60", "--lr", "0.02", "--quiet")
    assert figure(done, "accuracy") > 0.9
    said = answers(ok(tmp_path, "predict", "t.safetensors", "t.csv"))
    assert said["c"][0] == "old"


LABELS = {
    "booleans": ([True, False], ("False", "True")),
    "signs": ([-1, 1], ("-1", "1")),
    "floats": ([0.0, 1.0], ("0", "1")),
    "with gaps": ([9, 1, 5], ("1", "5", "9")),
    "yes and no": (["yes", "no"], ("no", "yes")),
    "numbers as words": (["10", "9", "x"], ("9", "10", "x")),
}


@pytest.mark.parametrize("name", LABELS)
def test_any_labels_come_back_as_they_were(name: str, tmp_path: Path) -> None:
    values, classes = LABELS[name]
    count = len(values)
    table = pd.DataFrame({"y": [values[n % count] for n in range(120)]})
    table["a"] = [n % count for n in range(120)]
    table["b"] = [n * 7 % 13 for n in range(120)]
    table.to_csv(tmp_path / "t.csv", index=False)
    done = ok(tmp_path, "train", "t.csv", "--epochs", "40", "--lr", "0.02", "--quiet")
    assert figure(done, "accuracy") == 1
    assert gn.load(tmp_path / "t.safetensors").classes == classes
    said = answers(ok(tmp_path, "predict", "t.safetensors", "t.csv", "--proba"))
    assert list(said.columns) == ["y", *(f"p_{each}" for each in classes)]
    wanted = [str(int(v)) if isinstance(v, float) else str(v) for v in table["y"]]
    assert said["y"].tolist() == wanted


def test_small_tables(tmp_path: Path) -> None:
    (tmp_path / "three.csv").write_text("a,b,c\n1,2,.1\n2,3,.2\n3,5,.4\n", encoding="utf-8")
    ok(tmp_path, "train", "three.csv", "--validation", "0", *FEW)
    assert len(answers(ok(tmp_path, "predict", "three.safetensors", "three.csv"))) == 3
    done = run(tmp_path, "train", "three.csv", *FEW)  # without the option it works or says which
    assert done.returncode == 0 or "--validation 0" in done.stderr, done.stderr


def test_one_feature_alone(tmp_path: Path) -> None:
    table = pd.DataFrame({"a": [n % 10 for n in range(100)], "c": ["u", "v"] * 50})
    assert told_of(tmp_path, table)["sample"]["shape"] == [1]
    done = ok(tmp_path, "train", "t.csv", "--epochs", "2")
    assert "test accuracy" in done.stdout


def test_rows_that_repeat_and_features_of_text_alone(tmp_path: Path) -> None:
    table = pd.DataFrame({"k": ["u", "v"] * 40, "l": ["p", "q"] * 40, "c": ["x", "y"] * 40})
    table.to_csv(tmp_path / "t.csv", index=False)
    done = ok(tmp_path, "train", "t.csv", "--epochs", "30", "--lr", "0.02", "--quiet")
    assert figure(done, "accuracy") == 1


@pytest.mark.slow
def test_ten_thousand_columns(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.integers(0, 9, (60, 10_000)))
    table.columns = [f"c{n}" for n in range(10_000)]
    table["y"] = np.where(table["c17"] > 4, "high", "low")
    table.to_csv(tmp_path / "wide.csv", index=False)
    ok(tmp_path, "train", "wide.csv", *FEW, "--quiet")
    assert gn.load(tmp_path / "wide.safetensors").input_shape == (10_000,)
    assert len(answers(ok(tmp_path, "predict", "wide.safetensors", "wide.csv"))) == 60


def test_a_category_of_thousands_of_values(tmp_path: Path) -> None:
    table = pd.DataFrame({"k": [f"k{n % 5000}" for n in range(10_000)]})
    table["l"] = [f"l{n % 120}" for n in range(10_000)]
    table["a"] = [n % 7 for n in range(10_000)]
    table["y"] = [n % 2 for n in range(10_000)]
    said = told_of(tmp_path, table)
    becomes = {each["name"]: each["features"] for each in said["columns"]}
    assert becomes["k"] == 0
    assert 1 <= becomes["l"] <= 51
    assert [each for each in said["decisions"] if "'k'" in each and "rare" in each]


def test_an_index_without_a_name_and_columns_that_only_look_like_one(tmp_path: Path) -> None:
    table = pd.DataFrame({"": range(60), "Id": [n * 3 for n in range(60)]})
    table["c"] = ["x", "y"] * 30
    said = told_of(tmp_path, table)
    assert [each["kind"] for each in said["columns"]] == ["left out", "number", "target"]
    table[""] = [n * 7 % 61 for n in range(60)]
    said = told_of(tmp_path, table)
    assert [each["kind"] for each in said["columns"]] == ["number", "number", "target"]


def test_rows_without_a_target_are_left_out_and_counted(tmp_path: Path) -> None:
    table = pd.DataFrame({"a": range(100), "c": ["x", None, "y", "x", "y"] * 20})
    said = told_of(tmp_path, table)
    assert said["rows"]["training"] + said["rows"]["test"] == 80
    assert "left out 20 rows without a target" in said["decisions"]
