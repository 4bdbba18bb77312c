"""What a report says of how to repeat its training, taken at its word."""

import html
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from glassnet.cli import terminal as show
from glassnet.cli.app import run

TABLE = """train ../own.csv --target bought --drop id --as b=category --separator ; --decimal ,
    --test 0.3 --hidden 7,5 --activation tanh --init he_normal --no-bias --dropout 0.1
    --optimizer nesterov:beta=0.8 --lr 0.02 --schedule cosine --batch-size 9 --epochs 5
    --validation 0.2 --patience 3 --class-weight balanced --clip-norm 2 --seed 11"""
UNUSUAL = {
    "a table": TABLE,
    "a made set": "train moons --samples 300 --noise 0.2 --layers 'dense 6, elu, dropout 0.2'"
                  " --networks 3 --max-norm 2 --epochs 4 --seed 5",
    "images": "train digits --model cnn --epochs 1 --batch-size 256 --loss mean_squared --seed 2",
    "a preset": "train ../own.csv --separator ; --decimal , --target bought --epochs 2",
}  # fmt: skip


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, beside a table."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"id": range(90), "a": rng.normal(size=90), "b": rng.integers(0, 3, 90)})
    frame["bought"] = np.where(frame["a"] + frame["b"] > 1, "yes", "no")
    frame.to_csv(tmp_path / "own.csv", index=False, sep=";", decimal=",")
    (tmp_path / "first").mkdir()
    monkeypatch.chdir(tmp_path / "first")
    return tmp_path


def elsewhere(place: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / name).mkdir()
    monkeypatch.chdir(place / name)


def taken(page: Path) -> tuple[list[str], str]:
    """The words of the command on a page, and its recipe."""
    text = page.read_text("utf-8")
    [marked] = re.findall(r'<code class="command">(.*?)</code>', text)
    command = re.sub("<.*?>", "", marked)
    [recipe] = re.findall(r'<pre class="command">(.*?)</pre>', text, re.S)
    program, *words = shlex.split(html.unescape(command))
    assert program == "glassnet"
    return words, html.unescape(recipe)


def theta(path: Path) -> bytes:
    return gn.load(path).parameters.vector.tobytes()


@pytest.mark.parametrize("kind", UNUSUAL)
def test_the_command_and_the_recipe_come_to_the_same_bytes(
    kind: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run([*shlex.split(UNUSUAL[kind]), "--quiet", "--report", "page.html"]) == 0
    [first] = (place / "first").glob("*.safetensors")
    words, recipe = taken(place / "first" / "page.html")
    elsewhere(place, "second", monkeypatch)
    assert run(words) == 0
    [second] = Path().glob("*.safetensors")
    assert second.read_bytes() == first.read_bytes()
    Path("again.toml").write_text(recipe, encoding="utf-8")
    assert run(["run", "again.toml", "--out", "again"]) == 0
    assert theta(Path("again/again.safetensors")) == theta(first)


def test_a_file_alone_says_it_too(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run([*shlex.split(TABLE), "--quiet", "--out", "own.safetensors"]) == 0
    assert run(["report", "own.safetensors"]) == 0
    page = place / "first" / "own-report.html"
    words, recipe = taken(page)
    said = page.read_text("utf-8")
    assert "<dt>Seed</dt><dd>11</dd>" in said and "<dt>Seed of the split</dt><dd>0</dd>" in said
    elsewhere(place, "second", monkeypatch)
    Path("again.toml").write_text(recipe, encoding="utf-8")
    assert words == ["run", "again.toml", "--out", "again"]
    assert run(words) == 0
    found = Path("again/again.safetensors").read_bytes()
    assert found == (place / "first" / "own.safetensors").read_bytes()


def test_the_engine_is_named_unless_it_was_typed(place: Path) -> None:
    train = ["train", "moons", "--samples", "200", "--epochs", "1", "--quiet"]
    assert run([*train, "--engine", "numpy", "--report", "typed.html"]) == 0
    assert run([*train, "--report", "auto.html"]) == 0
    typed, auto = (taken(place / "first" / f"{name}.html")[0] for name in ("typed", "auto"))
    assert typed.count("--engine") == auto.count("--engine") == 1
    engine = gn.load("moons.safetensors").trained["settings"]["engine"]
    assert auto[auto.index("--engine") + 1] == engine != "auto"


def test_a_target_that_was_asked_for_is_in_the_command(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f"{n},{'ab'[n % 2]},{'xy'[n % 3 > 1]}\n" for n in range(40))
    Path("two.csv").write_text(f"a,label,target\n{rows}", encoding="utf-8")
    monkeypatch.setattr(show, "can_ask", lambda: True)
    monkeypatch.setattr(show, "ask", lambda question, choices: "label")
    assert run(["train", "two.csv", "--epochs", "1", "--quiet", "--report", "page.html"]) == 0
    words, _ = taken(Path("page.html"))
    assert words[words.index("--target") + 1] == "label"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("train moons --samples 200", "<dt>Seed of the split</dt><dd>0</dd>"),
        ("train a.csv --test b.csv", "none: the test part is data of its own"),
        ("train t.npz", "<dd>0, if the data had no test part of their own</dd>"),
        ("train moons --samples 200 --networks 3 --seed 4", "4 to 6, one for each of 3 networks"),
    ],
)
@pytest.mark.usefixtures("place")
def test_the_seeds_are_said(words: str, says: str) -> None:
    rows = "".join(f"{n % 7},{'ab'[n % 2]}\n" for n in range(40))
    for name in "ab":
        Path(f"{name}.csv").write_text(f"x,label\n{rows}", encoding="utf-8")
    np.savez("t.npz", x=np.arange(80.0).reshape(40, 2), y=np.arange(40) % 2)
    assert run([*words.split(), "--epochs", "1", "--quiet", "--report", "page.html"]) == 0
    assert says in Path("page.html").read_text("utf-8")


# ---- of a recipe


def test_a_recipe_has_its_report(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["run", "iris", "--quick", "--out", "here", "--report", "iris.html"]) == 0
    assert "wrote iris.html" in capsys.readouterr().out
    page = Path("iris.html").read_text("utf-8")
    words, recipe = taken(Path("iris.html"))
    assert words == ["run", "iris", "--quick", "--out", "here", "--report", "iris.html"]
    assert re.search(
        r"<dt>Networks</dt><dd>this is the first; accuracy of all 0\.\d+ ± 0\.\d+", page
    )
    assert "Seed of the split" not in page  # no part is for a test
    for heading in ("Training", "Metrics", "Limits", "Repeat it"):
        assert f"<h2>{heading}</h2>" in page
    Path("again.toml").write_text(recipe, encoding="utf-8")
    assert run(["run", "again.toml", "--out", "again"]) == 0
    assert theta(Path("again/again.safetensors")) == theta(Path("here/iris.safetensors"))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("run --all --report page.html", "--report FILE is the page of one recipe"),
        ("run iris --report page.txt", "--report is page.txt, expected the name of an .html file"),
    ],
)
@pytest.mark.usefixtures("place")
def test_a_page_that_cannot_be_is_refused_before_the_work(
    words: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words.split()) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert says in line


# ---- files that nobody wrote so


@pytest.mark.parametrize(
    "recipe",
    [
        7,
        {"seed": 0},
        {"seed": "x", "data": {"name": "moons"}, "network": {}, "training": {}},
        {"seed": 0, "data": {"name": 3}, "network": {}, "training": {}},
        {"seed": 0, "data": {"name": "moons"}, "network": {"hidden": [None]}, "training": {}},
        {"seed": 0, "data": {"name": "moons"}, "network": {}, "training": {}, "title": "t"},
        {"seed": 0, "data": {"name": "m", "options": 3}, "network": {}, "training": {}},
    ],
)
def test_a_recipe_that_is_none_is_refused_in_a_line(
    recipe: Any, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    net = gn.Sequential([gn.Dense(2)], input_shape=2, seed=0)
    net.fit(np.eye(2), [0, 1], epochs=1)
    net.trained["recipe"] = recipe
    net.save("odd.safetensors")
    assert run(["report", "odd.safetensors"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("glassnet: trained recipe")
