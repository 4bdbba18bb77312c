"""Pictures of networks: what they predict, which mistakes they make, what they have learned."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.base.errors import GlassnetError
from glassnet.data import load
from glassnet.inspection import plots
from tests.inspection.seen import facts_of, faults, name_of


@pytest.fixture(scope="module")
def digits() -> tuple[gn.Sequential, Any]:
    data = load("digits")
    net = gn.Sequential(
        [gn.Scale(data.scale), gn.Flatten(), gn.Dense(12, "relu"), gn.Dense(10)], seed=0
    )
    net.fit(data.x_train, data.y_train, epochs=4)
    return net, data


def test_an_activation_is_drawn_with_its_derivative() -> None:
    ax = plots.activation(gn.ReLU())
    curve, derivative = ax.get_lines()
    x = curve.get_xdata().ravel()
    assert curve.get_ydata().ravel() == pytest.approx(np.maximum(x, 0))
    assert derivative.get_ydata().ravel().tolist() == (x > 0).astype(float).tolist()
    assert name_of(ax) == "ReLU and its derivative"


def test_a_confusion_matrix_colours_the_mistakes() -> None:
    ax = plots.confusion(np.array([[5, 1], [0, 9]]), ("no", "yes"))
    assert [text.get_text() for text in ax.texts] == ["5", "1", "9"]
    cells = ax.get_images()[0].get_array()
    assert cells.mask.tolist() == [[True, False], [False, True]]  # the diagonal has no colour
    assert cells[0, 1] == pytest.approx(1 / 6) and cells[1, 0] == 0
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["no", "yes"]
    assert (name_of(ax), facts_of(ax)) == ("Confusion matrix", "1 of 15 wrong")
    many = plots.confusion(np.eye(30, dtype=int), [str(n) for n in range(30)])
    assert not many.texts  # numbers that nobody could read


def test_mistakes_are_the_most_confident_ones() -> None:
    images = np.arange(4.0)[:, None, None] * np.ones((4, 3, 3))
    p = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.3, 0.7]])
    ax = plots.mistakes(images, np.array([1, 1, 1, 0]), p, ("a", "b"))
    said = ["b taken\nfor a, 90 %", "a taken\nfor b, 70 %", "b taken\nfor a, 60 %"]
    assert [t.get_text() for t in ax.texts] == said
    assert [image.get_array().max() for image in ax.get_images()] == [0, 3, 1]
    assert facts_of(ax) == "3 of 3"
    assert ax.get_ylim()[1] == 0 and min(image.get_extent()[3] for image in ax.get_images()) < 30
    long = plots.mistakes(images, np.array([1, 1, 1, 0]), p, ("ankle boot", "sneaker"))
    assert long.texts[0].get_text() == "sneaker taken\nfor ankle boot,\n90 %"
    with pytest.raises(GlassnetError, match="no mistakes"):
        plots.mistakes(images, p.argmax(axis=1), p)


def test_weights_are_images_where_inputs_are(digits: Any) -> None:
    net, _ = digits
    ax = plots.weights(net)
    sheet = ax.get_images()[0].get_array()
    assert sheet.shape == (3 * 9 - 1, 4 * 9 - 1)
    np.testing.assert_array_equal(sheet[:8, 9:17], net.parameters["2.W"][:, 1].reshape(8, 8))
    assert facts_of(ax) == "64-12-10 · 12 of 12 units"
    with pytest.raises(GlassnetError, match="no dense layer"):
        plots.weights(gn.Sequential([gn.ReLU()], input_shape=3))


def test_weights_of_a_small_table_are_cells_in_the_order_of_their_norms() -> None:
    flat = gn.Sequential([gn.Dense(3)], input_shape=5, seed=0)
    W = flat.parameters["0.W"]
    W *= [1, 100, 10]
    ax = plots.weights(flat)
    np.testing.assert_array_equal(ax.get_images()[0].get_array(), W[:, [1, 2, 0]])
    assert [tick.get_text() for tick in ax.get_yticklabels()][:2] == ["x₁", "x₂"]


def test_weights_of_a_large_table_are_norms() -> None:
    net = gn.Sequential([gn.Dense(128)], input_shape=40, seed=0)
    net.feature_names = tuple(f"column {n}" for n in range(40))
    norms = np.linalg.norm(net.parameters["0.W"], axis=1)
    ax = plots.weights(net)
    widths = [bar.get_width() for bar in ax.patches]
    assert widths == pytest.approx(np.sort(norms)[::-1][:20])
    assert ax.get_yticklabels()[0].get_text() == f"column {norms.argmax()}"
    assert facts_of(ax).endswith("the 20 largest of 40 inputs")


def test_regions_are_what_the_network_predicts_and_how_surely() -> None:
    data = load("moons", samples=400)
    net = gn.Sequential([gn.Dense(16, "tanh"), gn.Dense(2)], seed=0)
    net.fit(data.x_train, data.y_train, epochs=40, optimizer="adam:learning_rate=0.05")
    ax = plots.regions(net, data.x_test, data.y_test, data.classes)
    filled = [c for c in ax.collections if getattr(c, "filled", False)]
    assert len(filled) == 2
    p = net.predict_proba(data.x_test)
    for point, (first, second) in zip(data.x_test[:20], p.tolist(), strict=False):
        for class_, lead in enumerate((first - second, second - first)):
            inside = [path.contains_point(point) for path in filled[class_].get_paths()]
            assert inside == [k == int(lead * 5) and lead > 0 for k in range(5)]
    low, high = ax.get_xlim()
    wide = np.ptp(data.x_test[:, 0])
    assert high - low == pytest.approx(1.2 * wide)  # the canvas is used
    assert ax.get_aspect() == "auto"
    assert facts_of(ax) == "2-16-2 · 99.0% of 100 right"
    with pytest.raises(GlassnetError, match="two features"):
        plots.regions(net, np.zeros((3, 5)), np.zeros(3))


def test_calibration_compares_what_is_said_with_what_is_right() -> None:
    said = np.repeat([0.65, 0.95], 100)
    targets = np.r_[np.zeros(60), np.ones(40), np.zeros(90), np.ones(10)].astype(int)
    ax = plots.calibration(np.stack([said, 1 - said], axis=1), targets)
    dots = ax.containers[0].lines[0]
    assert dots.get_xdata() == pytest.approx([0.65, 0.95])
    assert dots.get_ydata() == pytest.approx([0.6, 0.9])
    assert facts_of(ax) == "200 samples · mean distance 0.050"
    bars = ax.containers[0].lines[2][0].get_segments()
    assert bars[0][:, 1] == pytest.approx([0.502, 0.691], abs=5e-4)  # Wilson's, of 60 in 100
    below = ax.get_figure().axes[1]
    counts = [bar.get_height() for bar in below.patches]
    assert counts == [0, 0, 0, 100, 0, 0, 0, 0, 0, 100]
    low, high = ax.get_xlim()
    assert 0.45 < low < 0.5 and 1 < high < 1.05  # of two classes the winner has a half at least
    given = plots.new_axes()
    assert plots.calibration(np.eye(3), np.arange(3), given) is given
    assert given.get_xlim()[0] == pytest.approx(1 / 3, abs=0.03)


def test_values_are_drawn_against_targets_with_their_residuals() -> None:
    targets, predictions = np.array([1.0, 2.0, 4.0]), np.array([1.5, 2.0, 3.0])
    ax = plots.predicted(targets, predictions)
    assert ax.collections[0].get_offsets().tolist() == [[1, 1.5], [2, 2], [4, 3]]
    assert ax.get_lines()[0].get_xdata().tolist() == [1, 4]
    below = ax.get_figure().axes[1]
    assert below.collections[0].get_offsets().tolist() == [[1, 0.5], [2, 0], [4, -1]]
    assert facts_of(ax) == "R² 0.732 · mean absolute error 0.5"  # 1 − 1.25 / 4.667
    large = plots.predicted(targets * 1e7, predictions * 1e7)
    large.get_figure().canvas.draw()
    for axis in (large.xaxis, large.yaxis, large.get_figure().axes[1].xaxis):
        assert axis.get_offset_text().get_text() == ""
    assert "40M" in [tick.get_text() for tick in large.get_yticklabels()]
    near = plots.predicted(1e3 + targets / 1e3, 1e3 + predictions / 1e3)
    near.get_figure().canvas.draw()
    assert near.xaxis.get_offset_text().get_text() == ""


# ---- diagrams


def test_a_diagram_draws_each_weight_of_a_small_network(tmp_path: Path) -> None:
    net = gn.Sequential([gn.Dense(4, "relu"), gn.Dense(2)], input_shape=3, seed=0)
    ax = plots.diagram(net)
    lines = ax.get_lines()
    assert len(lines) == 3 * 4 + 4 * 2
    W = net.parameters["0.W"]
    assert lines[0].get_linewidth() == pytest.approx(2.5 * abs(W[0, 0]) / np.abs(W).max())
    assert lines[0].get_color() == plots.palette(ax).signs[int(W[0, 0] > 0)]
    below = [t.get_text() for t in ax.texts][-3:]
    assert below == ["3 inputs", "4 hidden", "2 outputs"]
    plots.save(ax, tmp_path / "net.svg")
    assert (tmp_path / "net.svg").read_text().startswith("<?xml")


def test_layers_of_a_deep_diagram_have_room_for_their_names() -> None:
    layers = [gn.Dense(n) for n in (6, 30, 8, 12, 1)]
    ax = plots.diagram(gn.Sequential(layers, input_shape=4, seed=0))
    assert faults(ax.get_figure()) == []
    assert [t.get_text() for t in ax.texts][-1] == "1\noutput"


def test_a_diagram_draws_the_strongest_weights_of_a_large_one() -> None:
    net = gn.Sequential([gn.Dense(50), gn.Dense(3)], input_shape=11, seed=0)
    net.feature_names = tuple(f"column {n}" for n in range(11))
    net.classes = ("ash", "birch", "cedar")
    ax = plots.diagram(net)
    assert len(ax.get_lines()) == 30 + 30
    said = [t.get_text() for t in ax.texts]
    assert said[-3:] == ["11 inputs,\n10 drawn", "50 hidden,\n10 drawn", "3 outputs"]
    assert [*net.classes] == said[10:13]
    V = np.abs(net.parameters["1.W"])
    hidden = np.sort(np.argsort(-V.max(axis=1))[:10])  # those with the strongest to an output
    W = np.abs(net.parameters["0.W"][:, hidden])
    inputs = np.sort(np.argsort(-W.max(axis=1))[:10])
    assert said[:10] == [f"column {k}" for k in inputs]
    widths = sorted(line.get_linewidth() for line in ax.get_lines()[:30])
    strongest = np.sort(W[inputs], axis=None)[-30:]
    assert widths == pytest.approx(2.5 * strongest / strongest[-1])
    assert "the 30 strongest weights between two layers" in facts_of(ax)


def test_a_diagram_of_images_has_an_image_for_inputs(digits: Any) -> None:
    net, data = digits
    images = [a.offsetbox for a in plots.diagram(net).artists if hasattr(a, "offsetbox")]
    assert len(images) == 1 + 10  # the input, and the units that are drawn
    W = net.parameters["2.W"]
    norms = np.linalg.norm(W, axis=1).reshape(8, 8)
    np.testing.assert_allclose(images[-1].get_data(), norms, rtol=1e-6)
    first = images[0].get_data()
    assert any(np.array_equal(first, column.reshape(8, 8)) for column in W.T)
    given = [a.offsetbox for a in plots.diagram(net, sample=data.x_test[0]).artists]
    np.testing.assert_array_equal(given[-1].get_data(), data.x_test[0])


def test_a_diagram_opens_chains_and_refuses_branches() -> None:
    layers = [gn.Chain([gn.Dense(4, "relu"), gn.Chain([gn.Dense(2)])])]
    ax = plots.diagram(gn.Sequential(layers, input_shape=3, seed=0))
    assert [t.get_text() for t in ax.texts][-3:] == ["3 inputs", "4 hidden", "2 outputs"]
    branching = gn.Sequential([gn.Dense(3), gn.Residual([gn.Dense(3)])], input_shape=3, seed=0)
    with pytest.raises(gn.errors.InputError, match=r"layer 1 \(Residual\) has branches"):
        plots.diagram(branching)


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


def test_the_first_dense_layer_of_waves_has_names_of_columns() -> None:
    net = gn.Sequential([gn.PeriodicEmbedding(2, columns=[1]), gn.Dense(3)], input_shape=2, seed=0)
    net.feature_names = ("age", "income")
    ax = plots.weights(net)
    named = [label.get_text() for label in ax.get_yticklabels()]
    assert named == ["age", "income", "income, wave 1", "income, wave 2"]
