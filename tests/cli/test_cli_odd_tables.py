"""Odd tables: unusual encodings, names, labels, dates and sizes."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from tests.cli.process import run, succeed
from tests.cli.tables import (
    FEW,
    description,
    description_of,
    kinds,
    predictions,
    probabilities,
    score,
)


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
    done = succeed(folder, "train", "t.csv", "--epochs", "20", "--lr", "0.01", "--hidden", "8")
    assert score(done, "accuracy") > 0.9
    return (folder / "t.safetensors").read_bytes()


def test_the_form_of_a_file_changes_nothing(tmp_path: Path, usual: bytes) -> None:
    (tmp_path / "m.safetensors").write_bytes(usual)
    network = gn.load(tmp_path / "m.safetensors")
    table = pd.read_csv(io.StringIO(text("a,b,c")))
    for name, content in SAME.items():
        (tmp_path / "t.csv").write_bytes(content)
        done = succeed(tmp_path, "predict", "m.safetensors", "t.csv", "--proba")
        assert done.stderr == "", name
        p = probabilities(predictions(done))
        assert p.tobytes() == network.predict_proba(table).tobytes(), name


@pytest.mark.parametrize("name", ["a byte order mark", "old Mac line ends", "spaces"])
def test_the_form_of_a_file_changes_no_training(name: str, tmp_path: Path, usual: bytes) -> None:
    (tmp_path / "t.csv").write_bytes(SAME[name])
    succeed(tmp_path, "train", "t.csv", "--epochs", "20", "--lr", "0.01", "--hidden", "8")
    assert (tmp_path / "t.safetensors").read_bytes() == usual


def test_columns_with_any_name(tmp_path: Path) -> None:
    names = ["nan", "größe in cm", "a=b", "名前", "NA", "Über, alles", "null", "label"]
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.integers(0, 5, (200, 8)), columns=names)
    table["label"] = np.where(table["nan"] > 2, "yes", "no")
    table.to_csv(tmp_path / "t.csv", index=False)
    words = ("--as", "a=b=category", "--as", "größe in cm=raw", "--drop", "名前")
    done = succeed(tmp_path, "train", "t.csv", *words, "--epochs", "30", "--lr", "0.02")
    assert score(done, "accuracy") > 0.9
    schema = gn.load(tmp_path / "t.safetensors").schema
    assert schema is not None
    assert schema.names == ("nan", "größe in cm", "a=b", "NA", "Über, alles", "null")
    assert "a=b=3" in schema.features
    assert len(predictions(succeed(tmp_path, "predict", "t.safetensors", "t.csv"))) == 200
    assert description(tmp_path, "t.csv", "--target", "nan", "--drop", "label")["target"] == "nan"


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
        succeed(tmp_path, "train", "t.csv", *FEW, "--quiet")
        words = "evaluate t.safetensors t.csv"
    done = succeed(tmp_path, *words.split())
    assert names[0] in done.stdout
    assert names[1] in done.stdout


def test_quotes_hold_line_ends(tmp_path: Path) -> None:
    table = pd.DataFrame({"a": range(90), "t": ['one\n"two", three', "four\r\n,", "x"] * 30})
    table["c"] = np.where(table["t"] == "x", "u", "v")
    table.to_csv(tmp_path / "t.csv", index=False)
    done = succeed(tmp_path, "train", "t.csv", "--epochs", "40", "--lr", "0.02", "--quiet")
    assert score(done, "accuracy") == 1
    said = description(tmp_path, "t.csv")
    assert kinds(said)["t"] == "category"
    assert said["rows"]["training"] + said["rows"]["test"] == 90


def test_huge_integers_are_numbers(tmp_path: Path) -> None:
    table = pd.DataFrame({"a": [10**30 + n * 10**28 for n in range(60)]}, dtype=object)
    table["b"] = [2**64 - 1 - n for n in range(60)]
    table["c"] = [n % 2 for n in range(60)]
    said = description_of(tmp_path, table)
    assert kinds(said) == {"a": "number", "b": "number", "c": "target"}
    said = description_of(tmp_path, table[["b", "c", "a"]], "--target", "a")
    assert said["task"] == "regression"
    assert said["values"]["a"]["min"] == pytest.approx(1e30)


@pytest.mark.skipif(
    int(pd.__version__.split(".")[0]) < 3, reason="pandas 2 ends with the year 2262"
)
def test_dates_of_any_century(tmp_path: Path) -> None:
    table = pd.DataFrame({"d": [f"{1000 + 30 * n}-03-0{n % 9 + 1}" for n in range(60)]})
    table["e"] = [f"0{n % 9 + 1}.12.{1850 + 10 * n}" for n in range(60)]
    table["c"] = ["old" if n < 30 else "new" for n in range(60)]
    assert kinds(description_of(tmp_path, table)) == {"d": "date", "e": "date", "c": "target"}
    done = succeed(tmp_path, "train", "t.csv", "--epochs", "60", "--lr", "0.02", "--quiet")
    assert score(done, "accuracy") > 0.9
    said = predictions(succeed(tmp_path, "predict", "t.safetensors", "t.csv"))
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
    table = pd.DataFrame({"label": [values[n % count] for n in range(120)]})
    table["a"] = [n % count for n in range(120)]
    table["b"] = [n * 7 % 13 for n in range(120)]
    table.to_csv(tmp_path / "t.csv", index=False)
    done = succeed(tmp_path, "train", "t.csv", "--epochs", "40", "--lr", "0.02", "--quiet")
    assert score(done, "accuracy") == 1
    assert gn.load(tmp_path / "t.safetensors").classes == classes
    said = predictions(succeed(tmp_path, "predict", "t.safetensors", "t.csv", "--proba"))
    assert list(said.columns) == ["label", *(f"p_{each}" for each in classes)]
    wanted = [str(int(v)) if isinstance(v, float) else str(v) for v in table["label"]]
    assert said["label"].tolist() == wanted


def test_small_tables(tmp_path: Path) -> None:
    (tmp_path / "three.csv").write_text("a,b,c\n1,2,.1\n2,3,.2\n3,5,.4\n", encoding="utf-8")
    succeed(tmp_path, "train", "three.csv", "--validation", "0", *FEW)
    assert len(predictions(succeed(tmp_path, "predict", "three.safetensors", "three.csv"))) == 3
    done = run(tmp_path, "train", "three.csv", *FEW)  # without the option it works or says which
    assert done.returncode == 0 or "--validation 0" in done.stderr, done.stderr


def test_one_feature_alone(tmp_path: Path) -> None:
    table = pd.DataFrame({"a": [n % 10 for n in range(100)], "c": ["u", "v"] * 50})
    assert description_of(tmp_path, table)["sample"]["shape"] == [1]
    done = succeed(tmp_path, "train", "t.csv", "--epochs", "2")
    assert "test accuracy" in done.stdout


def test_rows_that_repeat_and_features_of_text_alone(tmp_path: Path) -> None:
    table = pd.DataFrame({"k": ["u", "v"] * 40, "l": ["p", "q"] * 40, "c": ["x", "y"] * 40})
    table.to_csv(tmp_path / "t.csv", index=False)
    done = succeed(tmp_path, "train", "t.csv", "--epochs", "30", "--lr", "0.02", "--quiet")
    assert score(done, "accuracy") == 1


@pytest.mark.slow
def test_thousands_of_columns(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.integers(0, 9, (60, 3_000)))
    table.columns = [f"c{n}" for n in range(3_000)]
    table["y"] = np.where(table["c17"] > 4, "high", "low")
    table.to_csv(tmp_path / "wide.csv", index=False)
    succeed(tmp_path, "train", "wide.csv", *FEW, "--quiet")
    assert gn.load(tmp_path / "wide.safetensors").input_shape == (3_000,)
    assert len(predictions(succeed(tmp_path, "predict", "wide.safetensors", "wide.csv"))) == 60


def test_a_category_of_thousands_of_values(tmp_path: Path) -> None:
    table = pd.DataFrame({"k": [f"k{n % 5000}" for n in range(10_000)]})
    table["l"] = [f"l{n % 120}" for n in range(10_000)]
    table["a"] = [n % 7 for n in range(10_000)]
    table["y"] = [n % 2 for n in range(10_000)]
    said = description_of(tmp_path, table)
    becomes = {each["name"]: each["features"] for each in said["columns"]}
    assert becomes["k"] == 0
    assert becomes["l"] == 120
    assert [each for each in said["decisions"] if "'k'" in each and "rare" in each]


def test_an_index_without_a_name_and_columns_that_only_look_like_one(tmp_path: Path) -> None:
    table = pd.DataFrame({"": range(60), "Id": [n * 3 for n in range(60)]})
    table["c"] = ["x", "y"] * 30
    said = description_of(tmp_path, table)
    assert [each["kind"] for each in said["columns"]] == ["left out", "number", "target"]
    table[""] = [n * 7 % 61 for n in range(60)]
    said = description_of(tmp_path, table)
    assert [each["kind"] for each in said["columns"]] == ["number", "number", "target"]


def test_rows_without_a_target_are_left_out_and_counted(tmp_path: Path) -> None:
    table = pd.DataFrame({"a": range(100), "c": ["x", None, "y", "x", "y"] * 20})
    said = description_of(tmp_path, table)
    assert said["rows"]["training"] + said["rows"]["test"] == 80
    assert "80 rows × 2 columns read, 20 left out: 20 without a target" in said["decisions"]
