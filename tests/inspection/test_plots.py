"""Pictures: into which axes, with what above them, in which colours, and into which file."""

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.base.colours import DARK, LIGHT
from glassnet.base.errors import GlassnetError
from glassnet.cli.app import run
from glassnet.cli.plot import KINDS
from glassnet.data import load
from glassnet.inspection import plots
from tests.inspection.seen import facts_of, legend_of, name_of
from tests.undrawn import not_drawn

HISTORY = {"loss": [3.0, 2.0, 1.0], "val_loss": [3.5, 2.5, 2.0], "accuracy": [0.1, 0.5, 0.9]}


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_pairs_of_colours_mean_one_thing(colours: Any) -> None:
    several = [*colours.names[:2], *colours.signs, *colours.parts, colours.wrong, colours.plain]
    assert len({*several, colours.ink, colours.ground, colours.quiet}) == 11
    assert len(set(colours.names)) == len(colours.names)


def test_a_dark_ground_has_other_colours() -> None:
    with plots.dark():
        dark = plots.curves(HISTORY)
    light = plots.curves(HISTORY)
    grounds = [np.mean(ax.get_facecolor()[:3]) for ax in (dark, light)]
    assert grounds[0] < 0.2 and grounds[1] == 1
    inks = [ax.xaxis.label.get_color() for ax in (dark, light)]
    assert inks == ["#eeeeee", "black"]
    lines = [ax.get_lines()[0].get_color() for ax in (dark, light)]
    assert lines == [DARK.parts[0], LIGHT.parts[0]]
    own = plots.new_axes()
    own.set_facecolor("black")  # whoever made it so
    assert plots.palette(own) is DARK and plots.colours(own) == DARK.names


def test_a_picture_has_its_name_and_what_is_known() -> None:
    ax = plots.curves(HISTORY)
    assert name_of(ax) == "Loss by epoch" and not ax.get_figure().artists
    with plots.about("digits", "64-8-10", "test accuracy 0.97"):
        ax = plots.confusion(np.eye(2, dtype=int), "ab")
    assert facts_of(ax) == "digits · 64-8-10 · test accuracy 0.97 · 0 of 2 wrong"
    assert facts_of(plots.confusion(np.eye(2, dtype=int), "ab")) == "0 of 2 wrong"
    with plots.about("a name of a file that is so long " * 2, "b"):
        ax = plots.confusion(np.eye(2, dtype=int), "ab")
    (facts,) = ax.get_figure().artists
    lines = facts.get_text().split("\n")
    assert len(lines) == 2 and max(map(len, lines)) <= 64
    with plots.about("own", "5-128-64-1", "test mean absolute error 49,040"):
        (facts,) = plots.predicted(np.arange(3.0), np.arange(3.0)).get_figure().artists
    assert facts.get_text().split("\n") == [
        "own · 5-128-64-1 · test mean absolute error 49,040 · R² 1.000",
        "mean absolute error 0",
    ]  # a line ends where a fact does
    dollars = plots.valued(np.zeros((2, 2)), np.zeros(2), "price ($)")
    assert name_of(dollars) == r"price (\$) by two features"  # so matplotlib shows it as it is


def test_a_network_says_what_it_was_trained_on() -> None:
    net = gn.Sequential([gn.Dense(4, "relu"), gn.Dense(2)], input_shape=2, seed=0)
    assert facts_of(plots.diagram(net)) == "2-4-2"
    net.trained = {"data": "some/own.csv", "test": {"loss": 0.1, "accuracy": 0.975}}
    assert facts_of(plots.diagram(net)) == "own · 2-4-2 · test accuracy 0.9750"
    cnn = gn.Sequential("reshape 8x8x1, conv 4, relu, flatten, dense 3", input_shape=64, seed=0)
    assert plots.in_short(cnn) == "Conv2D 4, Dense 3"
    long = gn.Sequential(", ".join(["reshape 8x8x1", *["conv 4"] * 9]), input_shape=64, seed=0)
    assert plots.in_short(long) == f"{long.parameters.vector.size:,} parameters"


def test_axes_of_the_users_have_the_name_as_their_title() -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    first, second = figure.subplots(1, 2)
    second.set_title("mine")
    for ax in (first, second):
        plots.curves(HISTORY, ax=ax)
    assert (first.get_title(), second.get_title()) == ("Loss by epoch", "mine")
    assert figure.get_suptitle() == "" and not figure.legends
    assert legend_of(first)[:2] == ["training", "validation"]
    left, _ = plots.panels(2)
    plots.curves(HISTORY, ax=left)
    assert left.get_title() == "Loss by epoch" and not left.get_figure().get_suptitle()


def test_every_figure_is_as_wide() -> None:
    for count, height in ((1, 4.0), (5, 7.0)):
        every = plots.panels(count, height=height)
        assert len(every) == len(every[0].get_figure().axes) == count
        assert every[0].get_figure().get_size_inches().tolist() == [5.0, height]


def step() -> Any:
    net = gn.Sequential([gn.Dense(2)], input_shape=2, seed=0)
    return net.trace(np.eye(2), [0, 1])


def test_every_picture_draws_into_the_axes_it_is_given() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 20)
    drawn = {
        "curves": lambda ax: plots.curves(HISTORY, "accuracy", ax),
        "samples": lambda ax: plots.samples(rng.random((20, 8, 8)), labels, ax),
        "distributions": lambda ax: plots.distributions(step(), ax=ax),
        "scatter": lambda ax: plots.scatter(rng.random((20, 2)), labels, "abc", ax),
        "shares": lambda ax: plots.shares(labels, "abc", labels, "abc", ax=ax),
        "means": lambda ax: plots.means(labels, "abc", rng.random(20), "height", ax=ax),
        "swept": lambda ax: plots.swept([1, 2], [[0.1, 0.3], [0.5]], "units", ax=ax),
        "spread": lambda ax: plots.spread([0.1, 0.2, 0.4], "accuracy", ax),
        "activation": lambda ax: plots.activation(gn.ReLU(), ax),
        "heat": lambda ax: plots.heat(rng.random((2, 3)), "ab", "cde", ("r", "c"), "accuracy", ax),
    }
    for name, draw in drawn.items():
        ax = plots.new_axes()
        assert draw(ax) is ax, name
        assert ax.has_data(), name


@pytest.mark.parametrize(("ending", "begins"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_save_writes_the_format_of_the_ending(tmp_path: Path, ending: str, begins: bytes) -> None:
    path = tmp_path / f"picture.{ending}"
    plots.save(plots.training(HISTORY, "digits"), path)
    assert path.read_bytes().startswith(begins)
    assert list(tmp_path.iterdir()) == [path]


def test_the_same_picture_is_the_same_file(tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg", "a.png", "b.png"):
        plots.save(plots.curves(HISTORY), tmp_path / name)
    for ending in ("svg", "png"):
        first, second = (tmp_path / f"{name}.{ending}" for name in "ab")
        assert first.read_bytes() == second.read_bytes()


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(GlassnetError, match="cannot write"):
        plots.save(plots.curves(HISTORY), tmp_path / "none" / "x.png")


def test_the_command_draws_every_kind(tmp_path: Path, capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["train", "digits", "--epochs", "2", "--quiet"]) == 0
    assert run(["train", "moons", "--epochs", "2", "--quiet"]) == 0
    rows = "".join(f"{n},{n % 7},{3 * n + n % 7 + 0.5}\n" for n in range(80))
    Path("own.csv").write_text(f"a,b,price\n{rows}")
    assert run(["train", "own.csv", "--epochs", "2", "--quiet"]) == 0
    capsys.readouterr()
    assert run(["train", "digits", "--epochs", "2", "--json", "--out", "one"]) == 0
    Path("one.jsonl").write_text(capsys.readouterr().out)
    net = gn.Sequential([gn.Reshape((8, 8, 1)), gn.RandomShift(1), gn.Conv2D(4), gn.Flatten(),
                         gn.Dense(10)], seed=0)  # fmt: skip
    data = load("digits")
    net.classes = data.classes
    net.fit(data.x_train, data.y_train, epochs=1)
    net.save("cnn.safetensors")
    pixels = ("feature-maps", "gradient-input", "occlusion", "augmented")
    own = {
        **{kind: ["cnn.safetensors", "digits", "--row", "3"] for kind in pixels},
        "kernels": ["cnn.safetensors"],
        "regions": ["moons.safetensors", "moons"],
        "predicted": ["own.safetensors", "own.csv"],
        "importance": ["own.safetensors", "own.csv"],
        "dependence": ["own.safetensors", "own.csv"],
        "samples": ["digits"],
        "scatter": ["own.csv"],
        "activation": ["leaky_relu:slope=0.1"],
        "curves": ["one.jsonl"],
        "diagram": ["digits.safetensors"],
        "weights": ["digits.safetensors"],
    }
    for kind in KINDS:
        words = own.get(kind, ["digits.safetensors", "digits"])
        stem = Path(words[0].partition(":")[0]).stem
        for dark, drawing in (([], not_drawn()), (["--dark"], contextlib.nullcontext())):
            with drawing:
                assert run(["plot", kind, *words, *dark]) == 0
            assert Path(f"{stem}-{kind}.png").read_bytes().startswith(b"\x89PNG")
    assert run(["plot", "scatter", "iris", "--features", "petal width (cm), sepal width (cm)"]) == 0
    assert run(["plot", "curves", "one.jsonl", "own.safetensors", "--out", "two.svg"]) == 0
    assert run(["plot", "curves", "own.safetensors"]) == 0
    capsys.readouterr()
    assert run(["plot", "confusion", "digits.safetensors"]) == 0  # on what it was trained on
    gn.Sequential([gn.Dense(2)], input_shape=2, seed=0).save("plain.safetensors")
    capsys.readouterr()
    for words, message in [
        (["confusion", "plain.safetensors"], "give DATA too"),
        (["colours", "digits.safetensors"], "unknown kind of picture"),
        (["regions", "digits.safetensors", "digits"], "expected two features"),
        (["mistakes", "moons.safetensors", "moons"], "expected images"),
        (["diagram", "none.safetensors"], "no file"),
        (["predicted", "digits.safetensors", "digits"], "predicts classes, expected values"),
        (["diagram", "digits.safetensors", "digits"], "plot diagram takes MODEL, and was given"),
        (["samples", "own.csv"], "expected images"),
        (["kernels", "digits.safetensors"], "no Conv2D"),
        (["feature-maps", "digits.safetensors", "digits"], "no layer whose output is a picture"),
        (["augmented", "digits.safetensors", "digits"], "varies no pictures"),
        (["occlusion", "moons.safetensors", "moons"], "expected a picture"),
        (
            ["occlusion", "cnn.safetensors", "digits", "--row", "999"],
            "expected a data row",
        ),
        (["mistakes", "digits.safetensors", "--row", "2"], "--row is for feature-maps"),
        (["scatter", "digits"], "expected rows"),
        (["scatter", "iris", "--features", "petal width (cm)"], "expected two names"),
        (["scatter", "iris", "--features", "petal,sepal"], "unknown feature"),
        (["samples", "digits", "--features", "a,b"], "--features is for scatter"),
        (["activation", "rleu"], "did you mean 'relu'"),
        (["curves", "own.csv"], "expected a network that `train` wrote, or the output of"),
        (["curves", "plain.safetensors"], "it keeps no curves"),
        (["curves", "none.jsonl"], "cannot read it"),
        (
            ["diagram", "digits.safetensors", "--out", "x.docx"],
            "no pictures of the kind 'docx': expected .png, .svg or .pdf",
        ),
    ]:
        assert run(["plot", *words]) == 2
        assert message in capsys.readouterr().err
