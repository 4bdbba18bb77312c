"""Pictures: what is drawn, into which axes, and into which file."""

from pathlib import Path

import numpy as np
import pytest

import glassnet as gn
from glassnet import plots
from glassnet.errors import GlassnetError

HISTORY = {"loss": [3.0, 2.0, 1.0], "val_loss": [3.5, 2.5, 2.0], "accuracy": [0.1, 0.5, 0.9]}


def test_curves_draw_training_and_validation() -> None:
    ax = plots.curves(HISTORY)
    training, validation = ax.get_lines()
    assert training.get_ydata().tolist() == HISTORY["loss"]
    assert validation.get_ydata().tolist() == HISTORY["val_loss"]
    assert training.get_xdata().tolist() == [1, 2, 3]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "loss")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["training", "validation"]


def test_every_picture_draws_into_the_axes_it_is_given() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 20)
    drawn = {
        "curves": lambda ax: plots.curves(HISTORY, "accuracy", ax),
        "samples": lambda ax: plots.samples(rng.random((20, 8, 8)), labels, ax),
        "scatter": lambda ax: plots.scatter(rng.random((20, 2)), labels, "abc", ax),
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


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(GlassnetError, match="cannot write"):
        plots.save(plots.curves(HISTORY), tmp_path / "none" / "x.png")
