"""`glassnet explain`: on a screen, as a page, as JSON; and what cannot be explained."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import glassnet as gn
from glassnet.cli.app import run
from glassnet.data import load
from glassnet.workflows.recipes.loader import load_recipe, names

SMALL = [name for name in names() if "mnist" not in load_recipe(name).data.name]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    data = load("digits")
    net = gn.Sequential([gn.Flatten(), gn.Dense(16, "relu"), gn.Dense(10)], seed=0)
    net.fit(data.x_train, data.y_train, epochs=2)
    net.classes = data.classes
    net.save(tmp_path / "digits.safetensors")
    return tmp_path / "digits.safetensors"


def test_two_moons_fit_on_a_screen(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 45 and max(map(len, lines)) <= 120
    assert any("θ ← θ − η g = " in line for line in lines)
    assert any(line.startswith("backward 0 Dense(4)") for line in lines)


@pytest.mark.parametrize("recipe", SMALL)
def test_recipes_are_explained(recipe: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", recipe, "--sample", "3", "--batch", "4"]) == 0
    assert "4 samples" in capsys.readouterr().out


@pytest.mark.mnist
def test_a_recipe_of_mnist_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "mnist-minibatch-adam"]) == 0
    assert "x[0] 28 × 28" in capsys.readouterr().out


def test_json_is_the_trace(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "--json", "--seed", "1"]) == 0
    record = json.loads(capsys.readouterr().out)
    first = record["layers"][0]
    x, W, b = (np.array(a) for a in (first["input"], *first["parameters"].values()))
    np.testing.assert_allclose(first["output"], x @ W + b, rtol=1e-5)
    assert record["rule"]["kind"] == "SGD" and record["value_after"] < record["value"]


class Tags(HTMLParser):
    """Whether every tag is closed, and what a page asks for from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "meta":
            self.open.append(tag)
        self.outside += [str(v) for k, v in attrs if k in ("src", "href")] + [tag] * (
            tag in ("script", "link")
        )

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("what", ["step", "row"])
def test_a_page_needs_nothing_else(what: str, model: Path, tmp_path: Path) -> None:
    words = ["explain"] if what == "step" else ["explain", str(model), "digits", "--row", "2"]
    assert run([*words, "--html", str(tmp_path / "page.html")]) == 0
    text = (tmp_path / "page.html").read_text()
    tags = Tags()
    tags.feed(text)
    assert tags.open == [] and tags.outside == [] and "url(" not in text
    assert 'name="viewport"' in text and len(re.findall("<table", text)) >= 2


def test_contributions_to_a_prediction(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", str(model), "digits", "--row", "5"]) == 0
    out = capsys.readouterr().out
    data, net = load("digits"), gn.load(model)
    predicted = net.classes[net.predict(data.x_test[5:6])[0]]
    assert f"Prediction: {predicted}" in out and f"target: {data.classes[data.y_test[5]]}" in out
    assert "Runner-up" in out and "pixel" in out
    assert run(["explain", str(model), "digits", "--row", "5", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert sum(record["probabilities"]) == pytest.approx(1, abs=1e-5)


def test_a_step_of_a_file_is_by_its_own_rule(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["explain", str(model), "digits", "--batch", "2"]) == 0
    assert "m ← β₁ m + g" in capsys.readouterr().out


def test_a_file_that_does_not_say_how_it_was_trained_is_explained_too(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network = gn.load(model)
    network.trained = {}
    network.save(model)
    assert run(["explain", str(model), "digits"]) == 0
    assert "θ ← θ − η g = " in capsys.readouterr().out


def test_a_table_has_its_columns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"{n},{'ab'[n % 2]},{'yes' if n % 2 else 'no'}\n" for n in range(60))
    (tmp_path / "own.csv").write_text(f"size,kind,label\n{rows}")
    file, out = str(tmp_path / "own.csv"), str(tmp_path / "own.safetensors")
    assert run(["train", file, "--epochs", "3", "--hidden", "4", "--out", out]) == 0
    capsys.readouterr()
    assert run(["explain", out, file, "--row", "1"]) == 0
    said = capsys.readouterr().out
    assert "kind=b = 1" in said and "target: yes" in said
    assert run(["explain", out, file, "--batch", "3"]) == 0
    capsys.readouterr()
    assert run(["explain", out, "--row", "1"]) == 0  # on what it was trained on
    assert capsys.readouterr().out == said
    (tmp_path / "own.csv").unlink()
    assert run(["explain", out]) == 2
    assert "no file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["moon"], "did you mean"),
        (["moons", "digits"], "leave out 'digits'"),
        (["MODEL"], "give DATA too"),
        (["MODEL", "digits", "--row", "99999"], "--row 99999: expected samples within 0 to 358"),
        (["MODEL", "moons", "--row", "1"], "expected"),
        (["gone.safetensors", "digits"], "no file"),
        (["--sample", "100000"], "expected samples within"),
        (["--sample", "-1"], "--sample"),
        (["--batch", "0"], "--batch"),
        (["--html", "/no/such/folder/page.html"], "--html: there is no folder"),
    ],
)
def test_what_cannot_be_explained_is_one_line(
    words: list[str], message: str, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [str(model) if word == "MODEL" else word for word in words]
    assert run(["explain", *words]) == 2
    printed = capsys.readouterr()
    assert message in printed.err and printed.err.count("\n") == 1 and not printed.out
