"""Pictures of training: curves, and what goes through the layers."""

from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.base.errors import GlassnetError
from glassnet.inspection import plots
from tests.inspection.seen import facts_of, faults, legend_of, name_of

HISTORY = {"loss": [3.0, 2.0, 1.0], "val_loss": [3.5, 2.0, 2.5], "accuracy": [0.1, 0.5, 0.9]}


def test_curves_draw_training_and_validation() -> None:
    ax = plots.curves(HISTORY)
    training, validation, _ = ax.get_lines()
    assert training.get_ydata().tolist() == HISTORY["loss"]
    assert validation.get_ydata().tolist() == HISTORY["val_loss"]
    assert training.get_xdata().tolist() == [1, 2, 3]
    assert [line.get_marker() for line in (training, validation)] == ["", ""]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "loss")
    assert legend_of(ax) == ["training", "validation", "best 2, epoch 2"]
    assert name_of(ax) == "Loss by epoch"
    (once,) = plots.curves({"loss": [1.0]}).get_lines()
    assert once.get_marker() == "o"  # a line of one point would not be seen


def test_a_loss_is_drawn_in_its_logarithm() -> None:
    assert plots.curves(HISTORY).get_yscale() == "log"
    assert plots.curves(HISTORY, "accuracy").get_yscale() == "linear"
    assert plots.curves({"loss": [0.0, 1.0]}).get_yscale() == "linear"  # 0 has none
    near = plots.curves({"loss": [1.0, 1.01]})  # within one power of ten there are numbers too
    near.get_figure().canvas.draw()
    assert len([t for t in near.get_yticks() if 1 <= t <= 1.01]) >= 3


def test_the_best_epoch_and_the_test_are_marked() -> None:
    history = {"accuracy": [0.1, 0.2, 0.3], "val_accuracy": [0.2, 0.6, 0.4]}
    ax = plots.curves(history, "accuracy", tested={"loss": 1.0, "accuracy": 0.55})
    _, _, best, test = ax.get_lines()
    assert (best.get_xdata()[0], best.get_ydata()[0]) == (2, 0.6)
    assert [*test.get_ydata()] == [0.55, 0.55]
    assert legend_of(ax)[2:] == ["best 0.6, epoch 2", "test 0.55"]
    held_out = plots.curves(history, "accuracy", held_out="test")
    assert legend_of(held_out)[:2] == ["training", "test"]
    lost = plots.curves({"loss": [1.0, 2.0], "val_loss": [np.nan, np.nan]})
    assert legend_of(lost) == ["training", "validation"]  # there is no best


@pytest.mark.parametrize("unit", [1e-6, 1.0, 47112.3, 3e7])
def test_legends_have_room_whatever_the_numbers(unit: float) -> None:
    history = {"loss": [unit, 2 * unit], "val_loss": [2 * unit, unit]}
    history |= {"mean_absolute": [unit, 3 * unit], "val_mean_absolute": [unit, unit]}
    for figure in ("loss", "mean_absolute"):
        tested = {"loss": 1.5 * unit, "mean_absolute": 1.5 * unit}
        ax = plots.curves(history, figure, tested=tested)
        assert faults(ax.get_figure()) == []
        assert len(legend_of(ax)) == 4
        if unit == 47112.3:
            assert legend_of(ax)[-1] == "test 70,668"


def test_of_many_runs_there_is_a_median_and_a_band() -> None:
    runs = [{"loss": [float(n), 2.0 * n]} for n in range(1, 12)]
    runs[-1]["loss"].append(9.0)  # one that went on
    ax = plots.curves(runs)
    (line,) = ax.get_lines()
    assert line.get_ydata().tolist() == [6, 12, 9]  # of those that came so far
    low, high = ax.collections[0].get_paths()[0].get_extents().intervaly
    assert (low, high) == (2, 20)  # from 10 to 90 % of the runs, at the first and second epoch
    assert legend_of(ax) == ["training"]
    assert facts_of(ax) == "median of 11 networks, band: the middle 80 %"


def test_a_band_shows_nothing_that_no_run_has() -> None:
    runs = [{"loss": [0.1]}, {"loss": [0.1]}, {"loss": [0.1]}, {"loss": [9.0]}]
    low, _ = plots.curves(runs).collections[0].get_paths()[0].get_extents().intervaly
    assert low == pytest.approx(0.1)  # the mean less a deviation would be below 0


def test_a_training_has_a_panel_for_each_metric_and_one_legend() -> None:
    history = HISTORY | {"val_accuracy": [0.1, 0.3, 0.2]}
    ax = plots.training(history, "digits", tested={"loss": 1.5, "accuracy": 0.25})
    figure = ax.get_figure()
    assert [each.get_ylabel() for each in figure.axes] == ["loss", "accuracy"]
    assert [each.get_xlabel() for each in figure.axes] == ["", "epoch"]
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["training", "validation"]
    within = [[t.get_text() for t in each.get_legend().get_texts()] for each in figure.axes]
    assert within == [["best 2, epoch 2", "test 1.5"], ["best 0.3, epoch 2", "test 0.25"]]
    assert (name_of(ax), facts_of(ax)) == ("Training curves", "digits")


def test_trainings_are_compared_by_name() -> None:
    ax = plots.compared({"a": HISTORY, "b": [HISTORY, HISTORY]})
    assert legend_of(ax) == ["a", "b, median of 2", "training", "validation"]
    first, held, second, *_ = ax.get_lines()
    assert first.get_color() == held.get_color() != second.get_color()
    assert (first.get_linestyle(), held.get_linestyle()) == ("-", "--")
    both = plots.all_compared({"a": HISTORY, "b": {"loss": [1.0], "accuracy": [0.5]}})
    assert [each.get_ylabel() for each in both.get_figure().axes] == ["loss", "accuracy"]


@pytest.mark.parametrize("draw", [plots.curves, plots.training, plots.compared, plots.all_compared])
def test_without_a_history_there_is_nothing_to_draw(draw: Any) -> None:
    with pytest.raises(GlassnetError, match="there is no 'loss' to draw"):
        draw({})


# ---- layer by layer


def watched() -> gn.Watch:
    watch = gn.Watch()
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 3)), rng.integers(0, 2, 60)
    net = gn.Sequential([gn.Dense(4, "relu"), gn.Dense(2)], seed=0)
    net.fit(x, y, epochs=5, callbacks=[watch])
    return watch


def test_what_a_training_did_is_drawn_layer_by_layer() -> None:
    with pytest.raises(GlassnetError, match="nothing yet"):
        plots.gradient_norms(gn.Watch())
    watch = watched()
    for draw, name, figures in (
        (plots.gradient_norms, "Gradient norm by layer", watch.gradient_norms),
        (plots.update_ratios, "Relative update by layer", watch.update_ratios),
    ):
        ax = draw(watch)
        lines = {line.get_label(): line.get_ydata().tolist() for line in ax.get_lines()}
        assert lines == figures and list(lines) == ["0 Dense", "2 Dense"]
        assert (ax.get_yscale(), name_of(ax)) == ("log", name)
    watch.first = 4  # gone on with
    assert plots.gradient_norms(watch).get_lines()[0].get_xdata().tolist() == [4, 5, 6, 7, 8]


def test_a_legend_names_few_of_many_layers() -> None:
    watch = watched()
    watch.gradient_norms = {f"{n} Dense": [1.0 + n, 2.0] for n in range(30)}
    ax = plots.gradient_norms(watch)
    assert len(ax.get_lines()) == 30
    names = legend_of(ax)
    assert len(names) == 8 and names[0] == "0 Dense" and names[-1] == "29 Dense"


def test_histograms_are_columns_of_shares() -> None:
    watch = watched()
    ax = plots.histograms(watch, "weights", "0 Dense")
    (mesh,) = ax.collections
    shares = mesh.get_array()
    assert shares.shape == (40, 5) and np.allclose(shares.sum(axis=0), 1)
    assert name_of(ax) == "Weights of 0 Dense"
    *every, bar = plots.histograms(watch, "outputs").get_figure().axes
    assert [each.get_title().partition(":")[0] for each in every] == [
        "0 Dense",
        "1 ReLU",
        "2 Dense",
    ]
    assert bar.get_ylabel() == "share in one bin"
    scales = {each.collections[0].norm.vmax for each in every}
    assert len(scales) == 1  # one bar explains them all
    own = plots.new_axes()
    assert (
        plots.histograms(watch, "weights", ax=own) is own and name_of(own) == "Weights of 0 Dense"
    )
    with pytest.raises(GlassnetError, match="unknown layer"):
        plots.histograms(watch, "weights", "9 Dense")
    watch.values["outputs"]["1 ReLU"] = [np.array([np.inf, np.nan])] * 5
    plots.histograms(watch, "outputs", "1 ReLU")  # what is no number is left out


def test_zeros_are_a_number_and_not_a_bar() -> None:
    watch = watched()
    watch.values["outputs"]["1 ReLU"] = [np.array([0.0, 0.0, 0.0, 1.0, 2.0])] * 5
    ax = plots.histograms(watch, "outputs", "1 ReLU")
    assert facts_of(ax) == "60% are 0"
    shares = ax.collections[0].get_array()
    assert shares[0].tolist() == shares[-1].tolist() == [0.5] * 5  # of the two that are not 0
    several = plots.histograms(watch, "outputs").get_figure().axes
    assert several[1].get_title() == "1 ReLU: 60% are 0"


def test_of_many_layers_some_have_a_panel() -> None:
    watch = watched()
    watch.values["outputs"] = {f"{n} Dense": [np.arange(9.0)] * 5 for n in range(20)}
    ax = plots.histograms(watch, "outputs")
    assert len(ax.get_figure().axes) == 8 + 1
    assert facts_of(ax) == "8 of 20 layers"


@pytest.mark.parametrize(("what", "layers"), [("outputs", 3), ("weights", 2), ("gradients", 2)])
def test_distributions_have_a_panel_for_each_layer(what: str, layers: int) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 3)), rng.integers(0, 2, 60)
    net = gn.Sequential([gn.Dense(4, "relu"), gn.Dense(2)], input_shape=3, seed=0)
    ax = plots.distributions(net.trace(x, y), what)
    assert len(ax.get_figure().axes) == layers
    assert name_of(ax) == f"{what.capitalize()} by layer, in one step"
    if what == "outputs":
        counts = sum(patch.get_height() for patch in ax.get_figure().axes[1].patches)
        assert counts == (net.trace(x, y).layers[1].output != 0).sum()  # zeros are in the title
    with pytest.raises(GlassnetError, match="unknown numbers of a step 'inputs'"):
        plots.distributions(net.trace(x, y), "inputs")
