"""Pictures: what is drawn, into which axes, and into which file."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.base.errors import GlassnetError
from glassnet.cli.app import run
from glassnet.cli.plot import KINDS
from glassnet.data import load
from glassnet.inspection import gallery, plots

HISTORY = {"loss": [3.0, 2.0, 1.0], "val_loss": [3.5, 2.5, 2.0], "accuracy": [0.1, 0.5, 0.9]}


def test_curves_draw_training_and_validation() -> None:
    ax = plots.curves(HISTORY)
    training, validation = ax.get_lines()
    assert training.get_ydata().tolist() == HISTORY["loss"]
    assert validation.get_ydata().tolist() == HISTORY["val_loss"]
    assert training.get_xdata().tolist() == [1, 2, 3]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "loss")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["training", "validation"]


def test_of_many_runs_there_is_a_mean_and_a_band() -> None:
    short, long = {"loss": [1.0, 2.0]}, {"loss": [3.0, 4.0, 5.0]}
    ax = plots.curves([short, long])
    (line,) = ax.get_lines()
    assert line.get_ydata().tolist() == [2, 3, 5]  # the mean of those that came so far
    low, high = ax.collections[0].get_paths()[0].get_extents().intervaly
    assert (low, high) == (1, 5)  # one deviation is 1 where both are, and 0 where one is
    assert [t.get_text() for t in ax.get_legend().get_texts()] == [
        "training, mean of 2 ± deviation"
    ]


def test_trainings_are_compared_by_name() -> None:
    ax = plots.compared({"a": HISTORY, "b": [HISTORY, HISTORY]})
    names = [t.get_text() for t in ax.get_legend().get_texts()]
    assert names == ["a", "a, validation", "b, mean of 2 ± deviation", "b, validation"]
    first, held, second, _ = ax.get_lines()
    assert first.get_color() == held.get_color() != second.get_color()
    assert (first.get_linestyle(), held.get_linestyle()) == ("-", "--")


@pytest.mark.parametrize("draw", [plots.curves, plots.training, plots.compared])
def test_without_a_history_there_is_nothing_to_draw(draw: Any) -> None:
    with pytest.raises(GlassnetError, match="there is no 'loss' to draw"):
        draw({})


def test_a_dark_ground_has_other_colours() -> None:
    with plots.dark():
        dark = plots.curves(HISTORY)
    light = plots.curves(HISTORY)
    grounds = [np.mean(ax.get_facecolor()[:3]) for ax in (dark, light)]
    assert grounds[0] < 0.2 and grounds[1] == 1
    inks = [ax.xaxis.label.get_color() for ax in (dark, light)]
    assert inks == ["#eeeeee", "black"]
    assert dark.get_lines()[0].get_color() != light.get_lines()[0].get_color()
    own = plots.new_axes()
    own.set_facecolor("black")  # whoever made it so
    assert plots.curves(HISTORY, ax=own).get_lines()[0].get_color() == plots.colours(dark)[0]


def test_what_a_training_did_is_drawn_layer_by_layer() -> None:
    watch = gn.Watch()
    with pytest.raises(GlassnetError, match="nothing yet"):
        plots.gradient_norms(watch)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 3)), rng.integers(0, 2, 60)
    gn.Sequential([gn.Dense(4, "tanh"), gn.Dense(2)], seed=0).fit(x, y, epochs=5, callbacks=[watch])
    for draw, figures in (
        (plots.gradient_norms, watch.gradient_norms),
        (plots.update_ratios, watch.update_ratios),
    ):
        lines = {line.get_label(): line.get_ydata().tolist() for line in draw(watch).get_lines()}
        assert lines == figures and list(lines) == ["0 Dense", "2 Dense"]
    watch.first = 4  # gone on with
    assert plots.gradient_norms(watch).get_lines()[0].get_xdata().tolist() == [4, 5, 6, 7, 8]
    ax = plots.histograms(watch, "outputs", "1 Tanh")
    (mesh,) = ax.collections
    shares = mesh.get_array()
    assert shares.shape == (40, 5) and np.allclose(shares.sum(axis=0), 1)
    every = plots.histograms(watch, "outputs").get_figure().axes
    assert [each.get_title() for each in every] == ["0 Dense", "1 Tanh", "2 Dense"]
    own = plots.new_axes()
    assert plots.histograms(watch, "weights", ax=own) is own and own.get_title() == "0 Dense"
    with pytest.raises(GlassnetError, match="unknown layer"):
        plots.histograms(watch, "weights", "9 Dense")
    watch.values["outputs"]["1 Tanh"] = [np.array([np.inf, np.nan])] * 5
    plots.histograms(watch, "outputs", "1 Tanh")  # what is no number is left out


def test_every_picture_draws_into_the_axes_it_is_given() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 20)
    drawn = {
        "curves": lambda ax: plots.curves(HISTORY, "accuracy", ax),
        "samples": lambda ax: plots.samples(rng.random((20, 8, 8)), labels, ax),
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


def test_an_activation_is_drawn_with_its_derivative() -> None:
    curve, derivative = plots.activation(gn.ReLU()).get_lines()
    x = curve.get_xdata().ravel()
    assert curve.get_ydata().ravel() == pytest.approx(np.maximum(x, 0))
    assert derivative.get_ydata().ravel().tolist() == (x > 0).astype(float).tolist()


def test_samples_show_ten_images_with_their_labels() -> None:
    images = np.zeros((30, 4, 4))
    images[9] = 7
    ax = plots.samples(images, [str(i) for i in range(30)])
    assert [text.get_text() for text in ax.texts] == [str(i) for i in range(10)]
    sheet = ax.get_images()[0].get_array()
    assert np.ma.filled(sheet, 0).sum() == 7 * 16


def test_swept_shows_means_and_the_range_of_the_trials() -> None:
    ax = plots.swept([3, 4], [[0.5, 0.7], [0.9, 0.9]], "hidden units")
    (bars,) = ax.containers
    line, _, (ranges,) = bars.lines
    assert line.get_ydata() == pytest.approx([0.6, 0.9])
    assert ranges.get_segments()[0][:, 1] == pytest.approx([0.5, 0.7])


def test_a_heat_map_has_a_number_in_each_cell_that_was_measured() -> None:
    ax = plots.heat(np.array([[0.5, np.nan], [0.25, 1.0]]), "ab", "cd", ("row", "column"), "figure")
    assert [text.get_text() for text in ax.texts] == ["0.5", "0.25", "1"]
    assert [(t.get_position()) for t in ax.texts] == [(0, 0), (0, 1), (1, 1)]
    assert (ax.get_ylabel(), ax.get_xlabel()) == ("row", "column")


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


# ---- of networks


@pytest.fixture(scope="module")
def digits() -> tuple[gn.Sequential, Any]:
    data = load("digits")
    net = gn.Sequential(
        [gn.Scale(data.scale), gn.Flatten(), gn.Dense(12, "relu"), gn.Dense(10)], seed=0
    )
    net.fit(data.x_train, data.y_train, epochs=4)
    return net, data


def test_a_confusion_matrix_has_its_counts() -> None:
    ax = plots.confusion(np.array([[5, 1], [0, 9]]), ("no", "yes"))
    assert [text.get_text() for text in ax.texts] == ["5", "1", "", "9"]
    assert ax.get_images()[0].get_array().tolist() == [[5 / 6, 1 / 6], [0, 1]]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["no", "yes"]


def test_mistakes_are_the_most_confident_ones(digits: Any) -> None:
    images = np.arange(4.0)[:, None, None] * np.ones((4, 3, 3))
    p = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.3, 0.7]])
    ax = plots.mistakes(images, np.array([1, 1, 1, 0]), p, ("a", "b"))
    assert [t.get_text() for t in ax.texts] == ["a 90%\nnot b", "b 70%\nnot a", "a 60%\nnot b"]
    with pytest.raises(GlassnetError, match="no mistakes"):
        plots.mistakes(images, p.argmax(axis=1), p)


def test_weights_are_images_where_inputs_are(digits: Any) -> None:
    net, _ = digits
    sheet = plots.weights(net).get_images()[0].get_array()
    assert sheet.shape == (3 * 9 - 1, 4 * 9 - 1)
    np.testing.assert_array_equal(sheet[:8, 9:17], net.parameters["2.W"][:, 1].reshape(8, 8))
    flat = gn.Sequential([gn.Dense(3)], input_shape=5, seed=0)
    np.testing.assert_array_equal(
        plots.weights(flat).get_images()[0].get_array(), flat.parameters["0.W"]
    )
    with pytest.raises(GlassnetError, match="no dense layer"):
        plots.weights(gn.Sequential([gn.ReLU()], input_shape=3))


@pytest.mark.parametrize(("what", "layers"), [("outputs", 3), ("weights", 2), ("gradients", 2)])
def test_distributions_have_a_line_for_each_layer(digits: Any, what: str, layers: int) -> None:
    net, data = digits
    ax = plots.distributions(net.trace(data.x_train[:50], data.y_train[:50]), what)
    assert len(ax.get_legend().get_texts()) == layers
    with pytest.raises(GlassnetError, match="did you mean 'outputs'"):
        plots.distributions(net.trace(data.x_train[:5], data.y_train[:5]), "inputs")


def test_regions_are_what_the_network_predicts() -> None:
    data = load("moons", samples=400)
    net = gn.Sequential([gn.Dense(16, "tanh"), gn.Dense(2)], seed=0)
    net.fit(data.x_train, data.y_train, epochs=40, optimizer="adam:learning_rate=0.05")
    ax = plots.regions(net, data.x_test, data.y_test, data.classes)
    filled = ax.collections[0]
    for point, predicted in zip(data.x_test[:20], net.predict(data.x_test[:20]), strict=True):
        inside = [path.contains_point(point) for path in filled.get_paths()]
        assert inside[predicted] and not inside[1 - predicted]
    assert [t.get_text() for t in ax.get_legend().get_texts()] == list(data.classes)
    with pytest.raises(GlassnetError, match="two features"):
        plots.regions(net, np.zeros((3, 5)), np.zeros(3))


def test_calibration_compares_what_is_said_with_what_is_right() -> None:
    said = np.repeat([0.65, 0.95], 100)
    targets = np.r_[np.zeros(60), np.ones(40), np.zeros(90), np.ones(10)].astype(int)
    ax = plots.calibration(np.stack([said, 1 - said], axis=1), targets)
    line = ax.get_lines()[1]
    assert line.get_xdata() == pytest.approx([0.65, 0.95])
    assert line.get_ydata() == pytest.approx([0.6, 0.9])
    assert line.get_label() == "mean distance 0.050"


def test_a_diagram_draws_each_weight_of_a_small_network(tmp_path: Path) -> None:
    net = gn.Sequential([gn.Dense(4, "relu"), gn.Dense(2)], input_shape=3, seed=0)
    ax = plots.diagram(net)
    lines = ax.get_lines()
    assert len(lines) == 3 * 4 + 4 * 2
    W = net.parameters["0.W"]
    assert lines[0].get_linewidth() == pytest.approx(2.5 * abs(W[0, 0]) / np.abs(W).max())
    assert lines[0].get_color() == plots.colours(ax)[1 if W[0, 0] > 0 else 0]
    assert [t.get_text() for t in ax.texts] == ["3 inputs", "4 hidden", "2 outputs"]
    wide = plots.diagram(gn.Sequential([gn.Dense(50), gn.Dense(2)], input_shape=784, seed=0))
    assert len(wide.get_lines()) == 10 * 10 + 10 * 2
    assert [t.get_text() for t in wide.texts].count("⋮") == 2
    plots.save(ax, tmp_path / "net.svg")
    assert (tmp_path / "net.svg").read_text().startswith("<?xml")


def test_a_diagram_opens_chains_and_refuses_branches() -> None:
    layers = [gn.Chain([gn.Dense(4, "relu"), gn.Chain([gn.Dense(2)])])]
    ax = plots.diagram(gn.Sequential(layers, input_shape=3, seed=0))
    assert [t.get_text() for t in ax.texts] == ["3 inputs", "4 hidden", "2 outputs"]
    branching = gn.Sequential([gn.Dense(3), gn.Residual([gn.Dense(3)])], input_shape=3, seed=0)
    with pytest.raises(gn.errors.InputError, match=r"layer 1 \(Residual\) has branches"):
        plots.diagram(branching)


def test_the_page_leaves_out_a_diagram_of_branches() -> None:
    data = gn.data.load("moons")
    plain = gn.Sequential([gn.Dense(4, "relu"), gn.Dense(2)], seed=0)
    branching = gn.Sequential([gn.Residual([gn.Dense(2)]), gn.Dense(2)], seed=0)
    drawn = [
        gallery.pictures(net, net.fit(data.x_train, data.y_train, epochs=1), data)
        for net in (plain, branching)
    ]
    assert set(drawn[0]) - set(drawn[1]) == {"Network diagram"}
    assert "First-layer weights" in drawn[1]


def test_new_pictures_draw_into_the_axes_they_are_given(digits: Any) -> None:
    net, data = digits
    p = net.predict_proba(data.x_test)
    for draw in (
        lambda ax: plots.confusion(np.eye(3, dtype=int), "abc", ax),
        lambda ax: plots.mistakes(data.x_test, data.y_test, p, data.classes, ax),
        lambda ax: plots.weights(net, ax),
        lambda ax: plots.calibration(p, data.y_test, ax),
        lambda ax: plots.diagram(net, ax),
    ):
        ax = plots.new_axes()
        assert draw(ax) is ax


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
        for dark in ([], ["--dark"]):
            assert run(["plot", kind, *words, *dark]) == 0
            assert Path(f"{stem}-{kind}.png").read_bytes().startswith(b"\x89PNG")
    assert run(["plot", "scatter", "iris", "--features", "petal width (cm), sepal width (cm)"]) == 0
    assert run(["plot", "curves", "one.jsonl", "one.jsonl", "--out", "two.svg"]) == 0
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
        (["occlusion", "cnn.safetensors", "digits", "--row", "999"], "--row 999: expected a row"),
        (["mistakes", "digits.safetensors", "--row", "1"], "--row is for feature-maps"),
        (["scatter", "digits"], "expected rows"),
        (["scatter", "iris", "--features", "petal width (cm)"], "expected two names"),
        (["scatter", "iris", "--features", "petal,sepal"], "unknown feature"),
        (["samples", "digits", "--features", "a,b"], "--features is for scatter"),
        (["activation", "rleu"], "did you mean 'relu'"),
        (["curves", "own.csv"], "expected the output of `glassnet train --json`"),
        (["curves", "none.jsonl"], "cannot read it"),
        (
            ["diagram", "digits.safetensors", "--out", "x.docx"],
            "no pictures of the kind 'docx': expected .png, .svg or .pdf",
        ),
    ]:
        assert run(["plot", *words]) == 2
        assert message in capsys.readouterr().err


def test_values_are_drawn_against_targets() -> None:
    ax = plots.predicted(np.array([1.0, 2.0, 4.0]), np.array([1.5, 2.0, 3.0]))
    assert ax.collections[0].get_offsets().tolist() == [[1, 1.5], [2, 2], [4, 3]]
    assert ax.get_lines()[0].get_xdata().tolist() == [1, 4]


@pytest.mark.parametrize(
    ("source", "most"), [("digits", 12), ("moons", 13), ("iris", 10), ("own.csv", 9)]
)
def test_a_training_has_its_folder_of_pictures(
    source: str, most: int, tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{n},{n % 7},{3 * n + n % 7 + 0.5}\n" for n in range(80))
    Path("own.csv").write_text(f"a,b,price\n{rows}")
    assert run(["train", source, "--epochs", "2", "--plot", "seen"]) == 0
    assert f"wrote seen/index.html with {most} pictures" in capsys.readouterr().out
    page = Path("seen/index.html").read_text()
    drawn = {path.name for path in Path("seen").iterdir()} - {"index.html"}
    dark = {name for name in drawn if "-dark." in name}
    assert len(dark) == most and dark == {name.replace(".", "-dark.") for name in drawn - dark}
    assert all(f'src="{name}"' in page for name in drawn - dark)
    assert all(f'srcset="{name}" media="(prefers-color-scheme: dark)"' in page for name in dark)
    assert run(["train", source, "--epochs", "1", "--plot", "own.csv/seen", "--quiet"]) == 2
    assert "cannot make" in capsys.readouterr().err


def test_a_recipe_has_one_too(tmp_path: Path) -> None:
    run(["run", "iris", "--quick", "--plot", str(tmp_path)])
    page = (tmp_path / "iris" / "index.html").read_text()
    assert "every epoch of every network" in page and "Network diagram" in page


def test_a_film_has_a_picture_of_each_epoch(tmp_path: Path) -> None:
    from PIL import Image

    data = load("moons", samples=100)
    net = gn.Sequential([gn.Dense(4, "tanh"), gn.Dense(2)], seed=0)
    film = plots.Film(data.x_train, data.y_train, data.classes, every=2)
    with pytest.raises(GlassnetError, match="nothing yet"):
        film.save(tmp_path / "film.gif")
    net.fit(data.x_train, data.y_train, epochs=6, callbacks=[film])
    after = net.parameters.vector.copy()
    film.save(tmp_path / "film.gif")
    np.testing.assert_array_equal(net.parameters.vector, after)
    assert [epoch for epoch, _ in film.frames] == [0, 2, 4, 6]
    with Image.open(tmp_path / "film.gif") as picture:
        assert picture.n_frames == 4
    film.save(tmp_path / "film.mp4")
    assert (tmp_path / "film.mp4").read_bytes()[4:8] == b"ftyp"
    with pytest.raises(GlassnetError, match=r"\.gif or an \.mp4"):
        film.save(tmp_path / "film.png")
    with pytest.raises(GlassnetError, match="expected \\(samples, 2\\)"):
        plots.Film(np.zeros((3, 4)), [0, 1, 0])
