"""What is no file: URLs, and the paths of files that are not there, as a user typed them."""

import pytest

from glassnet.base.errors import DataError
from glassnet.cli.app import run
from glassnet.data import load
from glassnet.workflows.predict import read

URL = "https://example.org/own.csv"
OTHER = "ftp://example.org/own.csv"
SAID = (
    " is a URL: expected the path of a file; only data may come from http://, https://, sqlite:/// "
    "and postgresql://\n"
)


@pytest.mark.parametrize(
    "words",
    [
        ["train", OTHER],
        ["data", OTHER],
        ["predict", URL, "own.csv"],
        ["predict", "own.safetensors", OTHER],
        ["evaluate", "own.safetensors", OTHER],
        ["run", URL],
        ["train", "iris", "--test", OTHER],
        ["train", "iris", f"--checkpoint={URL}", "--resume"],
        ["train", "iris", "--out", URL],
        ["summary", URL],
        ["export", URL, "--to", "numpy"],
        ["sweep", OTHER],
    ],
    ids=" ".join,
)
def test_a_url_keeps_its_slashes_and_is_refused(words, capsys):
    assert run(words) == 2
    assert capsys.readouterr().err in (f"glassnet: {URL}{SAID}", f"glassnet: {OTHER}{SAID}")


def test_a_column_may_be_called_as_a_url_is(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{i % 7},{i * i % 5},{'xy'[i % 2]}\n" for i in range(40))
    (tmp_path / "t.csv").write_text(f"{URL},b,http://y\n{rows}")
    assert run(["data", "t.csv", "--target", "http://y", f"--drop={URL}"]) == 0
    assert f"left out '{URL}': as asked" in capsys.readouterr().out


def test_in_python_too():
    for action in (lambda: load(OTHER), lambda: load("iris", test=OTHER)):
        with pytest.raises(DataError, match="is a URL: expected the path of a file"):
            action()
    with pytest.raises(DataError, match="is a URL"):
        next(read(None, OTHER))


@pytest.mark.parametrize("source", ["iris", "digits", "moons"])
def test_no_message_shows_how_python_writes_a_path(source, capsys):
    assert run(["train", source, "--test", "nofile.csv"]) == 2
    said = capsys.readouterr().err
    assert "PosixPath" not in said and "'nofile.csv'" in said
    assert "test fraction: expected a number from 0 up to but not including 1" in said


def test_a_column_without_a_name_is_not_offered(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"r{i},{i * i % 7},{'xy'[i % 2]}\n" for i in range(20))
    (tmp_path / "t.csv").write_text(f",a,b\n{rows}")
    assert run(["train", "t.csv", "--target", "zzz"]) == 2
    assert "has no column 'zzz': choose one of a, b\n" in capsys.readouterr().err
