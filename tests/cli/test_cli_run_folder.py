"""What a command writes: named, never replaced in silence, and with --run-dir a folder a run."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import glassnet as gn
from glassnet.cli import run_folder
from glassnet.cli.app import run
from glassnet.cli.outputs import written
from glassnet.workflows.recipes.loader import load_recipe
from glassnet.workflows.spec import Data, Experiment
from tests.undrawn import not_drawn

MOONS = "moons --samples 300 --hidden 8"
IN_A_RUN = {"log.csv", "moons.png", "moons.safetensors", "recipe.toml", "report.txt"}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    with not_drawn():
        yield


def said(capsys: pytest.CaptureFixture[str], words: str, code: int = 0) -> str:
    """What the command prints to standard output."""
    assert run(words.split()) == code, capsys.readouterr().err
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The one line on standard error; nothing is written."""
    before = sorted(Path().rglob("*"))
    assert run([*words]) == 2
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    assert sorted(Path().rglob("*")) == before
    return error


def table() -> None:
    """A CSV file with a gap, a column of text and its target in front."""
    rows = [
        f"{'yes' if n * 7 % 11 > 4 else 'no'};{n},5;{'uvw'[n % 3]};{n % 7 or ''};{n}"
        for n in range(90)
    ]
    Path("own.csv").write_text("\n".join(["bought;a;k;b;id", *rows]), encoding="utf-8")


# ---- one folder a run


def test_the_recipe_of_a_run_repeats_it_to_the_same_bytes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    printed = said(capsys, f"train {MOONS} --epochs 3 --run-dir runs/first")
    assert {path.name for path in Path("runs/first").iterdir()} == IN_A_RUN
    line = "wrote moons.safetensors, moons.png, recipe.toml, log.csv and report.txt in runs/first"
    assert " ".join(printed.split()).endswith(line)
    said(capsys, "run runs/first/recipe.toml --out again")
    assert load_recipe("runs/first/recipe.toml").training.engine == "numpy"  # and not auto
    first, again = Path("runs/first/moons.safetensors"), Path("again/recipe.safetensors")
    assert again.read_bytes() == first.read_bytes()


def test_so_does_that_of_a_table_with_options(capsys: pytest.CaptureFixture[str]) -> None:
    table()
    said(capsys, "train own.csv --target bought --drop id --as b=raw --separator ; --decimal , "
                 "--test 0.25 --hidden 6 --optimizer nesterov:beta=0.8 --lr 0.03 --schedule cosine "
                 "--epochs 4 --seed 5 --run-dir run --name mine --quiet")  # fmt: skip
    said(capsys, "run run/recipe.toml --out again")
    assert (
        Path("again/recipe.safetensors").read_bytes() == Path("run/mine.safetensors").read_bytes()
    )


def test_so_does_that_of_several_networks_that_become_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said(capsys, f"train {MOONS} --epochs 4 --networks 3 --patience 2 --quiet --run-dir run")
    said(capsys, "run run/recipe.toml --out again")
    first, again = Path("run/moons.safetensors"), Path("again/recipe.safetensors")
    assert again.read_bytes() == first.read_bytes()


def test_a_second_run_gets_its_own_folder(capsys: pytest.CaptureFixture[str]) -> None:
    command = f"train {MOONS} --epochs 1 --quiet --run-dir a"
    said(capsys, command)
    before = {path: path.read_bytes() for path in Path("a").iterdir()}
    said(capsys, command)
    printed = said(capsys, f"{command} --json")
    assert {path: path.read_bytes() for path in Path("a").iterdir()} == before
    assert sorted(path.name for path in Path().iterdir()) == ["a", "a-2", "a-3"]
    assert json.loads(printed.splitlines()[-1])["folder"] == "a-3"
    models = [Path(name, "moons.safetensors").read_bytes() for name in ("a", "a-2", "a-3")]
    assert len(set(models)) == 1


def test_the_log_has_a_row_for_each_epoch_and_the_report_what_a_pipe_gets(
    capsys: pytest.CaptureFixture[str],
) -> None:
    printed = said(capsys, f"train {MOONS} --epochs 5 --run-dir a")
    with Path("a/log.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert [*rows[0]] == ["epoch", "seconds", "loss", "accuracy", "val_loss", "val_accuracy"]
    figures = gn.load("a/moons.safetensors").trained["figures"]
    assert {name: float(rows[-1][name]) for name in figures} == figures
    command, _, *lines = Path("a/report.txt").read_text(encoding="utf-8").splitlines()
    assert command == f"glassnet train {MOONS} --epochs 5 --run-dir a"
    without_times = [line[:7] + line[17:] for line in printed.splitlines()]
    assert [line[:7] + line[17:] for line in lines] == without_times


def test_a_resumed_run_logs_the_epochs_before_it_too(capsys: pytest.CaptureFixture[str]) -> None:
    command = f"train {MOONS} --epochs 3 --checkpoint c --every 1 --resume --run-dir"
    said(capsys, f"{command} a")
    assert "resuming from c" in said(capsys, f"{command} b")
    first, second = (Path(name, "log.csv").read_text(encoding="utf-8") for name in "ab")
    assert second.splitlines()[:3] == first.splitlines()[:3]
    assert len(second.splitlines()) == 4
    printed = said(capsys, f"train {MOONS} --epochs 1 --checkpoint c")
    assert "\nreplacing the checkpoint c\n" in printed


def test_other_studies_have_folders_too(capsys: pytest.CaptureFixture[str]) -> None:
    few = f"{MOONS} --epochs 2"
    printed = said(capsys, f"repeat {few} --times 3 --run-dir r")
    assert {p.name for p in Path("r").iterdir()} == {
        "recipe.toml", "report.txt", "moons-repeated.png",
    }  # fmt: skip
    mean = printed.split("test accuracy ")[1].split()[0]
    assert f" {mean} ± " in said(capsys, "run r/recipe.toml")
    assert f"test accuracy {mean}" in Path("r/report.txt").read_text(encoding="utf-8")
    printed = said(capsys, f"cv {few} --folds 3 --run-dir c")
    assert (
        Path("c/report.txt").read_text(encoding="utf-8").splitlines()[2:]
        == (printed.splitlines()[:-1])
    )
    assert printed.endswith("wrote c/recipe.toml and c/report.txt\n")
    assert load_recipe("c/recipe.toml").network.hidden == [8]


def test_the_best_of_a_sweep_is_repeated_from_its_recipe(
    capsys: pytest.CaptureFixture[str],
) -> None:
    command = "sweep moons --samples 300 --epochs 2 --hidden 4,6 --trials 1 --out s"
    first = said(capsys, command)
    said(capsys, "run s/recipe.toml --out again")
    assert Path("again/recipe.safetensors").read_bytes() == Path("s/best.safetensors").read_bytes()
    names = "best.safetensors, recipe.toml, report.txt"
    assert f"wrote {names}, runs.csv and sweep.png in s" in " ".join(first.split())
    second = " ".join(said(capsys, command).split())
    assert f"replaced {names} and sweep.png in s" in second


def test_no_password_gets_into_a_recipe(tmp_path: Path) -> None:
    address = "postgresql://ann:{}@host/base::people"
    data = Data(name="people", options={"test": address.format("secret"), "drop": ["a"]})
    text = run_folder.write_recipe(tmp_path, Experiment(data=data), 0).read_text(encoding="utf-8")
    assert "secret" not in text
    assert "postgresql://ann" in text


# ---- names


def test_a_name_is_of_the_model_and_its_picture(capsys: pytest.CaptureFixture[str]) -> None:
    printed = said(capsys, f"train {MOONS} --epochs 1 --name wide.v2")
    assert printed.endswith("wrote wide.v2.safetensors and wide.v2.png\n")
    said(capsys, f"train {MOONS} --epochs 1 --quiet --name wide.v2.safetensors")
    assert sorted(path.name for path in Path().iterdir()) == ["wide.v2.png", "wide.v2.safetensors"]


BAD = ["", " ", ".", "..", ".hidden", "end.", "a/b", "a\\b", "a:b", "a\nb", "x" * 300, "é" * 150]


@pytest.mark.parametrize("name", BAD)
def test_a_bad_name_is_refused(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert "--name " in refused(capsys, "train", *MOONS.split(), "--name", name)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--name a --out b", "leave out --name, or --out"),
        ("--run-dir a --out b", "leave out --run-dir, or --out"),
        ("--run-dir .", "expected the name of a folder"),
        ("--run-dir ..", "expected the name of a folder"),
        ("--run-dir file", "file is a file"),
        ("--run-dir file/a/b", "file is not a folder"),
    ],
)
def test_options_that_do_not_fit(
    capsys: pytest.CaptureFixture[str], words: str, message: str
) -> None:
    Path("file").touch()
    assert message in refused(capsys, "train", *MOONS.split(), *words.split())


# ---- what was there before


def test_what_is_replaced_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    table()
    model, data = "own.safetensors", "--target bought --separator ;"
    twice = {
        f"train own.csv {data} --epochs 1": "own.safetensors and own.png",
        f"data own.csv {data}": "own-data.png",
        f"predict {model} own.csv --separator ; --out p.csv": "p.csv with 90 rows",
        f"plot weights {model}": "own-weights.png",
        f"export {model} --to numpy": "own-numpy.py and own-numpy.npz",
        f"explain {model} own.csv --separator ; --html e.html": "e.html",
        f"lr-find own.csv {data} --epochs 1 --count 2": "own-lr.png",
        f"repeat own.csv {data} --epochs 1 --times 2": "own-repeated.png",
        f"train own.csv {data} --epochs 1 --plot page": "page/index.html with ",
    }
    for words, files in twice.items():
        if "--plot" not in words:
            first = said(capsys, words)
            assert "replaced" not in first, words
            assert "wrote" in first, words
        else:
            said(capsys, words)
        assert f"replaced {files}" in " ".join(said(capsys, words).split()), words


def test_one_of_two_files_is_new() -> None:
    a, b = Path("x/a"), Path("x/b")
    assert written([a, b], {b}) == "wrote x/a, replaced x/b"
    assert written([a, b, Path("x/c")], {b}) == "wrote a and c, replaced b in x"
    assert written([a, b, Path("c")]) == "wrote x/a, x/b and c"
