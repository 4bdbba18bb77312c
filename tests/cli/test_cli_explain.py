"""`glassnet explain`: on a screen, as a page, as JSON; and what cannot be explained."""

import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

import glassnet as gn
from glassnet.cli.app import run
from glassnet.cli.parts import show_parts
from glassnet.data import load
from glassnet.inspection.walkthrough import walk
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


def test_two_moons_are_short(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == ("One step of two moons, 2-4-2: sample 10, target upper, prediction lower")
    assert len(lines) <= 55 and max(map(len, lines)) <= 160
    assert any("θ ← θ − η g = " in line for line in lines)
    assert any(line.startswith("backward 0 Dense(4)") for line in lines)


@pytest.mark.parametrize("recipe", SMALL)
def test_recipes_are_explained(recipe: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", recipe, "--sample", "3", "--batch", "4"]) == 0
    assert "4 samples" in capsys.readouterr().out


@pytest.mark.mnist
def test_a_recipe_of_mnist_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "mnist-minibatch-adam"]) == 0
    out = capsys.readouterr().out
    assert "x[0] 28 × 28" in out
    assert "m̂ = m / (1 − β₁ᵗ) = " in out and "v ← β₂ v + (1 − β₂) g² = " in out


def test_json_is_the_trace(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "--json", "--seed", "1"]) == 0
    record = json.loads(capsys.readouterr().out)
    first = record["layers"][0]
    x, W, b = (np.array(a) for a in (first["input"], *first["parameters"].values()))
    np.testing.assert_allclose(first["output"], x @ W + b, rtol=1e-5)
    assert record["rule"]["kind"] == "SGD" and record["value_after"] < record["value"]


def test_contributions_to_a_prediction(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", str(model), "digits", "--row", "6"]) == 0
    out = capsys.readouterr().out
    data, net = load("digits"), gn.load(model)
    predicted = net.classes[net.predict(data.x_test[5:6])[0]]
    assert f"Prediction: {predicted}" in out and f"target: {data.classes[data.y_test[5]]}" in out
    assert "Runner-up" in out and "pixel" in out
    assert run(["explain", str(model), "digits", "--row", "6", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert sum(record["probabilities"]) == pytest.approx(1, abs=1e-5)


def test_a_step_of_a_file_is_by_its_own_rule(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["explain", str(model), "digits", "--batch", "2"]) == 0
    assert "m ← β₁ m + (1 − β₁) g = " in capsys.readouterr().out


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
    assert run(["explain", out, file, "--row", "2"]) == 0
    said = capsys.readouterr().out
    assert "target: yes" in said
    assert re.search(r"^  size +1 ", said, re.MULTILINE)
    assert re.search(r"^  kind +b +0, 1$", said, re.MULTILINE)
    assert "Why row 2 of own.safetensors" in said
    assert re.search(r"^ +\d+ %  kind = b ", said, re.MULTILINE) and "%  size = 1 " in said
    assert run(["explain", out, file, "--row", "2", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["row"] == 2
    assert [(c["column"], c["value"]) for c in record["columns"]] == [("size", "1"), ("kind", "b")]
    assert sum(c["share"] for c in record["columns"]) == pytest.approx(1)
    terms = [*(c["contribution"] for c in record["columns"]), record["remainder"]]
    assert sum(terms) == pytest.approx(max(record["outputs"]), abs=1e-5)
    (tmp_path / "new.csv").write_text("kind,size\nb,1\n")
    assert run(["explain", out, str(tmp_path / "new.csv"), "--row", "1"]) == 0
    of_new, of_old = (text.split("Prediction: ")[1] for text in (capsys.readouterr().out, said))
    assert [word for word in of_new.split() if not set(word) & set("█░")] == [
        word for word in of_old.replace("(target)", "").split() if not set(word) & set("█░")
    ]
    assert run(["explain", out, file, "--batch", "3"]) == 0
    capsys.readouterr()
    assert run(["explain", out, "--row", "2"]) == 0  # on what it was trained on
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
        (["MODEL", "digits", "--row", "99999"], "--row 99999: expected a data row, 1 to 359"),
        (["MODEL", "moons", "--row", "1"], "expected"),
        (["gone.safetensors", "digits"], "no file"),
        (["--sample", "100000"], "expected samples within"),
        (["--sample", "0"], "--sample is 0, expected 1 or more"),
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


# ---- which sample, and which weight


def test_the_first_wrong_sample_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    data = load("moons", samples=200)
    net = gn.Sequential([gn.Dense(4, "tanh"), gn.Dense(2)], input_shape=2, seed=0)
    wrong = np.flatnonzero(net(data.x_train).argmax(axis=1) != data.y_train)
    assert wrong[0] == 9
    assert run(["explain", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["sample"] == 10
    np.testing.assert_allclose(record["x"], data.x_train[9:10], rtol=1e-6)
    assert run(["explain", "--sample", "10", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == record


def test_a_batch_begins_with_the_first_wrong_sample(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "--batch", "5"]) == 0
    assert ": samples 10 to 14, target upper, " in capsys.readouterr().out.splitlines()[0]
    assert run(["explain", "--batch", "150"]) == 0  # there are no more
    assert ": samples 1 to 150, target " in capsys.readouterr().out.splitlines()[0]


def test_of_a_file_too(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, net = load("digits"), gn.load(model)
    wrong = np.flatnonzero(net.predict(data.x_test) != data.y_test)
    assert run(["explain", str(model), "digits"]) == 0
    heading = capsys.readouterr().out.splitlines()[0]
    first = int(wrong[0])
    predicted = net.classes[net.predict(data.x_test[first : first + 1])[0]]
    assert f": sample {first + 1}, target {data.classes[data.y_test[first]]}, " in heading
    assert heading.endswith(f"prediction {predicted}")


def test_if_none_is_wrong_it_is_the_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sides = "".join(f"{n},{'left' if n < 0 else 'right'}\n" for n in range(-20, 20))
    values = "".join(f"{n},{n / 7}\n" for n in range(-20, 20))
    for rows, epochs in ((sides, 200), (values, 1)):
        (tmp_path / "own.csv").write_text(f"size,label\n{rows}")
        file, out = str(tmp_path / "own.csv"), str(tmp_path / "own.safetensors")
        words = ["--epochs", str(epochs), "--hidden", "8", "--no-early-stopping", "--out", out]
        assert run(["train", file, *words]) == 0
        capsys.readouterr()
        assert run(["evaluate", out, file]) == 0
        right = "accuracy 1.000 " in capsys.readouterr().out
        assert right == (rows is sides)
        assert run(["explain", out]) == 0
        assert ": sample 1, target " in capsys.readouterr().out.splitlines()[0]


def test_a_weight_can_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "--weight", "2.W[3, 0]"]) == 0
    out = capsys.readouterr().out
    assert "update of W[3, 0] in layer 2" in out and "the largest" not in out
    assert run(["explain", "--weight", "2.W[4, 0]"]) == 2
    assert "expected 2.W[0, 0] to 2.W[3, 1]" in capsys.readouterr().err


def test_numbers_wider_than_the_terminal_stand_in_blocks() -> None:
    net = gn.Sequential([gn.Dense(16, "tanh"), gn.Dense(2)], input_shape=3, seed=0)
    trace = net.trace([[0.5, -1.0, 2.0]], [1])
    to = io.StringIO()
    show_parts("a step", walk(trace), Console(width=60, file=to))
    lines = to.getvalue().splitlines()
    assert max(map(len, lines)) <= 60
    assert any(line.startswith("  y 1 × 16: 0 to ") for line in lines)
    for value in trace.layers[0].output[0]:
        assert any(f"{value:.4f}" in line for line in lines)


def test_more_units_than_are_shown_end_in_dots() -> None:
    net = gn.Sequential([gn.Dense(40, "tanh"), gn.Dense(2)], input_shape=3, seed=0)
    trace = net.trace([[0.5, -1.0, 2.0]], [1])
    to = io.StringIO()
    show_parts("a step", walk(trace, weight=("0.W", (1, 20))), Console(width=100, file=to))
    places = [*map(str, range(16, 24)), "…"]
    heads = [line for line in to.getvalue().splitlines() if line.split()[:9] == places]
    assert len(heads) >= 4
