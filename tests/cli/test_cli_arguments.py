"""MODEL and DATA in the wrong place: one line says what was given, what is expected, and the
command, which works."""

import shlex
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from glassnet.cli.app import run

FIRST = "expected a model (.safetensors) first: "
AFTER = "expected DATA after the model: "
MEANT = {  # words → what they are, and the command that was meant
    "evaluate t.csv t.csv": ("t.csv is a table", "evaluate t.safetensors t.csv"),
    "predict t.csv t.safetensors": ("t.csv is a table", "predict t.safetensors t.csv"),
    "predict ./t.csv t.safetensors": ("t.csv is a table", "predict t.safetensors t.csv"),
    "evaluate t.csv t.safetensors --json": ("t.csv is", "evaluate t.safetensors t.csv --json"),
    "importance t.csv t.safetensors": ("t.csv is a table", "importance t.safetensors t.csv"),
    "report t.csv": ("t.csv is a table", "report t.safetensors"),
    "report t.csv t.safetensors": ("t.csv is a table", "report t.safetensors t.csv"),
    "explain t.csv t.safetensors": ("t.csv is a table", "explain t.safetensors t.csv"),
    "explain moons m.safetensors": ("moons is a dataset", "explain m.safetensors moons"),
    "plot confusion t.csv t.safetensors": ("t.csv", "plot confusion t.safetensors t.csv"),
    "plot weights t.csv": ("t.csv is a table", "plot weights t.safetensors"),
    "export t.csv --to numpy": ("t.csv is a table", "export t.safetensors --to numpy"),
    "summary t.csv": ("t.csv is a table", "summary t.safetensors"),
    "predict runs t.csv": ("runs is the folder of a run", "predict runs/own.safetensors t.csv"),
    "explain runs": ("runs is the folder of a run", "explain runs/own.safetensors"),
    "evaluate p.png t.safetensors": ("p.png is a picture", None),
    "evaluate a.npy t.csv": ("a.npy is a file of arrays", None),
    "predict r.toml t.csv": ("r.toml is a recipe", None),
    "serve moons": ("moons is a dataset", None),
    "evaluate empty t.csv": ("empty is a folder", None),
}
TWICE = {
    "evaluate t.safetensors t.safetensors": "evaluate t.safetensors t.csv",
    "predict m.safetensors t.safetensors": "predict m.safetensors moons",
    "importance t.safetensors m.safetensors": "importance t.safetensors t.csv",
    "explain t.safetensors t.safetensors --row 1": "explain t.safetensors t.csv --row 1",
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table, its model, one of moons, the folder of a run, and what is neither."""
    place = tmp_path_factory.mktemp("arguments")
    rows = "".join(f"{n % 9},{n % 4},{'ab'[n % 9 > 4]}\n" for n in range(80))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        Path("t.csv").write_text(f"x,z,label\n{rows}", encoding="utf-8")
        quick = ["--epochs", "1", "--hidden", "4", "--quiet"]
        assert run(["train", "t.csv", *quick]) == 0
        assert run(["train", "moons", "--samples", "200", *quick, "--out", "m.safetensors"]) == 0
        assert run(["train", "t.csv", *quick, "--run-dir", "runs", "--name", "own"]) == 0
        Image.new("L", (8, 8)).save("p.png")
        np.save("a.npy", np.eye(3))
        Path("r.toml").write_text("", encoding="utf-8")
        Path("empty").mkdir()
    return place


@pytest.fixture(autouse=True)
def _here(models: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(models)
    yield


def refused(words: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert run(shlex.split(words)) == 2
    printed = capsys.readouterr()
    assert not printed.out
    (line,) = printed.err.splitlines()
    return line


@pytest.mark.parametrize("words", MEANT)
def test_what_is_no_model_is_named_with_the_command(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    what, command = MEANT[words]
    said, _, meant = refused(words, capsys).partition(FIRST)
    assert said.startswith(f"glassnet: {what}") and meant.startswith("glassnet ")
    if command is not None:
        assert meant == f"glassnet {command}"
        assert run(shlex.split(meant)[1:]) == 0, capsys.readouterr().err


@pytest.mark.parametrize("words", TWICE)
def test_a_second_model_is_no_data(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    said, _, meant = refused(words, capsys).partition(AFTER)
    assert "t.safetensors is a model too" in said or "m.safetensors is a model too" in said
    assert meant == f"glassnet {TWICE[words]}"
    assert run(shlex.split(meant)[1:]) == 0, capsys.readouterr().err


def test_the_folder_of_a_run_is_no_data(capsys: pytest.CaptureFixture[str]) -> None:
    said = refused("evaluate t.safetensors runs", capsys)
    assert said.endswith(f"runs is the folder of a run, {AFTER}glassnet evaluate t.safetensors "
                         "t.csv")  # fmt: skip


@pytest.mark.parametrize("command", ["predict", "evaluate", "importance", "report"])
def test_a_picture_is_no_row(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(f"{command} t.safetensors p.png", capsys) == (
        "glassnet: p.png is a picture, and t.safetensors predicts the rows of a table: expected "
        "DATA like those it was trained on, such as t.csv"
    )


def test_a_table_is_no_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, light in (("dark", 0), ("light", 200)):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for n in range(12):
            shade = Image.new("L", (6, 6), light + n)
            shade.save(tmp_path / "pictures" / name / f"{n}.png")
    model = tmp_path / "shades.safetensors"
    words = ["train", str(tmp_path / "pictures"), "--epochs", "1", "--quiet", "--out", str(model)]
    assert run(words) == 0
    capsys.readouterr()
    said = refused(f"predict {model} t.csv", capsys)
    assert f"t.csv is a table, and {model} predicts pictures: expected DATA like those" in said


def test_what_is_not_there_is_asked_for_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert "no file gone.csv" in refused("evaluate gone.csv t.csv", capsys)
    assert "no file t: did you mean t.safetensors?" in refused("predict t t.csv", capsys)
