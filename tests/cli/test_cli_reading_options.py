"""The options for reading data are the same wherever a source is taken."""

import inspect
import json
import sqlite3
from pathlib import Path

import pandas as pd
import pytest

from glassnet.cli.app import program, run
from glassnet.cli.options import data_options, file_options

ROWS = pd.DataFrame({"a": [n * 5 % 7 for n in range(60)], "k": ["u", "v"] * 30})
QUERY = "select a, k from people order by rowid"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The rows in a CSV file, in the second sheet of a workbook, and in a database."""
    monkeypatch.chdir(tmp_path)
    ROWS.to_csv("t.csv", index=False)
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
    for name in ("predict", "evaluate", "explain", "importance"):
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
        ("plot weights m.safetensors --sheet 2", "plot weights: leave out --sheet"),
        ("plot confusion m.safetensors --target k", "plot confusion: leave out --target"),
        ("explain moons-repeated --sheet 2", "a recipe has its own data: leave out --sheet"),
        ("lab moons-repeated --sheet 2 --record x.html", "leave sheet out"),
        ("lab sqlite:///shop.db::people --record x.html", "is a URL: expected the path of a file"),
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
