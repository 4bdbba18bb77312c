"""The options for reading data are the same wherever a source is taken."""

import inspect
import json
import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from glassnet.cli.app import program, run
from glassnet.cli.options import data_options, file_options

ROWS = pd.DataFrame({"a": [n * 5 % 7 for n in range(60)], "k": ["u", "v"] * 30})
QUERY = "select a, k from people order by rowid"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The rows in a CSV file, in the second sheet of a workbook, and in a database."""
    monkeypatch.chdir(tmp_path)
    ROWS.to_csv("t.csv", index=False)
    np.save("x.npy", np.ones((4, 3)))
    net = gn.Sequential([gn.Dense(2)], input_shape=3, seed=0)
    net.fit(np.eye(3), [0, 1, 0], epochs=1)
    net.save("m.safetensors")
    ROWS.to_csv("odd.csv", index=False, sep="|", header=False)
    with pd.ExcelWriter("t.xlsx") as book:
        ROWS.assign(k="u").to_excel(book, sheet_name="First", index=False)
        ROWS.to_excel(book, sheet_name="Second", index=False)
    with sqlite3.connect("shop.db") as base:
        ROWS.to_sql("people", base, index=False)
    base.close()
    return tmp_path


def test_every_command_that_takes_data_takes_the_options_of_train() -> None:
    commands = program().commands
    whole = set(inspect.signature(data_options).parameters)
    for name in ("train", "data", "sweep", "cv", "lr-find", "repeat", "plot", "lab"):
        assert whole <= {option.name for option in commands[name].params}, name
    of_new_data = set(inspect.signature(file_options).parameters)
    for name in ("predict", "evaluate", "explain", "importance", "report"):
        assert of_new_data <= {option.name for option in commands[name].params}, name


WAYS = {
    "csv": ["t.csv"],
    "sheet": ["t.xlsx", "--sheet", "Second"],
    "query": ["sqlite:///shop.db", "--query", QUERY],
    "odd": ["odd.csv", "--separator", "|", "--no-header"],
}


@pytest.mark.parametrize("way", ["sheet", "query"])
def test_a_network_reads_new_data_in_every_command(
    way: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["train", "t.csv", "--epochs", "20", "--hidden", "8", "--quiet"]) == 0
    said = {}
    for name in ("csv", way):
        capsys.readouterr()
        for words in (
            ["predict", "t.safetensors", *WAYS[name]],
            ["evaluate", "t.safetensors", *WAYS[name], "--json"],
            ["explain", "t.safetensors", *WAYS[name], "--row", "3", "--json"],
            ["plot", "confusion", "t.safetensors", *WAYS[name], "--out", "p.png"],
            ["plot", "scatter", *WAYS[name], "--target", "k", "--out", "q.png"],
        ):
            assert run(words) == 0, capsys.readouterr().err
        said[name] = capsys.readouterr().out.replace("replaced", "wrote")
    assert said[way] == said["csv"]


PLAIN = pd.DataFrame({"price": [n * 72.5 for n in range(60)], "town": ["Zürich", "Genève"] * 30})
PLAIN.insert(1, "new", [n % 3 == 0 for n in range(60)])
PLAIN["rent"] = 2 * PLAIN["price"] + 1.5


def other_country(decimal: str, thousands: str) -> pd.DataFrame:
    """The same rows as somebody else writes them."""
    swap = str.maketrans({",": thousands, ".": decimal})
    numbers = PLAIN[["price", "rent"]].map(lambda n: f"{n:,.2f}".translate(swap))
    return PLAIN.assign(**numbers)


@pytest.fixture
def rents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A network of plain numbers, and its rows with decimal commas and in another encoding."""
    monkeypatch.chdir(tmp_path)
    PLAIN.to_csv("plain.csv", index=False)
    other_country(",", ".").to_csv("comma.csv", index=False, sep=";", encoding="cp1252")
    other_country(",", ".").to_parquet("comma.parquet", index=False)
    assert run(["train", "plain.csv", "--epochs", "3", "--hidden", "4", "--quiet"]) == 0
    return tmp_path


COMMA = ("--decimal", ",", "--thousands", ".")


@pytest.mark.parametrize("file", ["comma.csv", "comma.parquet"])
def test_marks_and_encoding_of_a_new_file(
    rents: Path, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [*COMMA, *(["--encoding", "cp1252"] if file.endswith("csv") else [])]
    found = []
    Path("same.csv").write_bytes(Path("plain.csv").read_bytes())  # not the file learned from
    for words in (["same.csv"], [file, *options]):
        capsys.readouterr()
        assert run(["predict", "plain.safetensors", *words]) == 0
        assert run(["evaluate", "plain.safetensors", *words, "--json"]) == 0
        assert run(["importance", "plain.safetensors", *words, "--json", "--repeats", "1"]) == 0
        out = capsys.readouterr()
        assert run(["explain", "plain.safetensors", *words, "--row", "19", "--json"]) == 0
        why = json.loads(capsys.readouterr().out)
        values = {column["column"]: column.pop("value") for column in why["columns"]}
        assert values["price"] == ("1305.0" if words == ["same.csv"] else "1.305,00")
        found.append((out.out, out.err, why))
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), "expected a number, got"),
        (("--decimal", ","), "expected a number such as 1234,5, got '1.015,00'"),
        (("--decimal", ".", "--thousands", "'"), "expected a number such as 1'234.5, got '0,00'"),
        (("--decimal", ";"), "decimal is ';': expected one of '.' ','"),
        (("--decimal", ",", "--thousands", ","), "decimal and thousands are both ','"),
        ((*COMMA, "--sheet", "2"), "leave sheet out"),
    ],
)
def test_marks_that_a_new_file_does_not_have(
    rents: Path, options: tuple[str, ...], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["predict", "plain.safetensors", "comma.csv", "--encoding", "cp1252", *options]
    assert run(words) == 2
    said = capsys.readouterr()
    assert expected in said.err and len(said.err.splitlines()) == 1 and not said.out


def test_marks_of_training_are_the_default_and_an_option_wins(
    rents: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trained = ["train", "comma.csv", "--encoding", "cp1252", *COMMA, "--epochs", "3", "--quiet"]
    assert run([*trained, "--out", "c.safetensors"]) == 0
    other_country(".", "'").to_csv("swiss.csv", index=False)
    ways = {
        "as in training": ["comma.csv"],
        "UTF-8 all the same": ["utf.csv"],
        "with marks of its own": ["swiss.csv", "--decimal", ".", "--thousands", "'"],
    }
    Path("utf.csv").write_text(Path("comma.csv").read_text("cp1252"), "utf-8")
    found = {}
    for way, words in ways.items():
        capsys.readouterr()
        extra = ["--separator", ","] if words[0] == "swiss.csv" else []
        assert run(["predict", "c.safetensors", *words, *extra]) == 0, capsys.readouterr().err
        found[way] = capsys.readouterr()
    assert len({tuple(each) for each in found.values()}) == 1
    assert run(["predict", "c.safetensors", "comma.csv", "--decimal", "."]) == 2
    said = capsys.readouterr().err
    assert (
        "--decimal . contradicts column 'price', where that is the mark of thousands since "
        "training: give --thousands ',' too"
    ) in said
    Path("mark.csv").write_text(Path("comma.csv").read_text("cp1252"), "utf-8-sig")
    assert run(["predict", "c.safetensors", "mark.csv"]) == 0
    assert run(["predict", "c.safetensors", "mark.csv", "--encoding", "cp1252"]) == 2
    said = capsys.readouterr().err
    assert "is UTF-8 text, as its first bytes say, not cp1252: leave encoding out" in said


@pytest.mark.parametrize("way", ["sheet", "query", "odd"])
def test_a_recipe_names_sheets_and_queries(
    way: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = {
        "sheet": 'sheet = "Second"', "query": f'query = "{QUERY}"',
        "odd": 'separator = "|"\nheader = false',
    }[way]  # fmt: skip
    Path("own.toml").write_text(
        'title = "own"\nsource = "own"\n[data]\n'
        f'name = "{WAYS[way][0]}"\n[data.options]\n{options}\n'
        '[training]\nepochs = 1\n[figure]\npublished = "none"\nat_least = 0.0\n'
    )
    assert run(["run", "own.toml"]) == 0, capsys.readouterr().err
    if way == "sheet":
        text = Path("own.toml").read_text().replace("Second", "Third")
        Path("own.toml").write_text(text)
        assert run(["run", "own.toml"]) == 2
        assert "has no sheet 'Third': choose one of 'First', 'Second'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words, expected",
    [
        ("train t.csv --sheet 2", "leave sheet out"),
        ("train t.xlsx --separator ;", "leave separator out"),
        ("train sqlite:///shop.db::people --na -", "leave na out"),
        ("data t.csv --query select", "a query is for a database"),
        ("predict m.safetensors x.npy --decimal ,", "leave decimal out: it is for tables"),
        ("plot weights m.safetensors --sheet 2", "plot weights: leave out --sheet"),
        ("plot confusion m.safetensors --target k", "plot confusion: leave out --target"),
        ("explain moons-repeated --sheet 2", "a recipe has its own data: leave out --sheet"),
        ("lab moons-repeated --sheet 2 --record x.html", "leave sheet out"),
        ("lab sqlite:///shop.db::people --record x.html", "it reads files, not databases: write"),
        ("lab shop.db --query select --record x.html", "it reads files, not databases: write"),
        ("data shop.db", "is a database: give its address, sqlite:///shop.db::TABLE, or sqlite"),
    ],
)
def test_an_option_without_effect_is_refused(
    words: str, expected: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words.split()) == 2
    out = capsys.readouterr()
    assert expected in out.err
    assert len(out.err.splitlines()) == 1
    assert not Path("x.html").exists()


def test_the_lab_reads_a_sheet_as_train_does(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("starlette")
    words = "lab t.xlsx --sheet Second --target k --epochs 1 --record x.html"
    assert run(words.split()) == 0, capsys.readouterr().err
    assert '"sheet":"Second"' in Path("x.html").read_text().replace(" ", "")
    assert run(["data", *WAYS["sheet"], "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["classes"] == {"u": 24, "v": 24}
