"""Pictures of data and of many runs: which samples, which means, which bars."""

import numpy as np
import pytest

from glassnet.inspection import plots
from tests.inspection.seen import facts_of, faults, legend_of, name_of


def test_samples_show_one_of_each_class() -> None:
    images = np.arange(30.0)[:, None, None] * np.ones((30, 4, 4))
    labels = [7, 8, 7, 9, 7, 8, 1, 1, 0, *[7] * 20, 3]
    ax = plots.samples(images, labels)
    assert [text.get_text() for text in ax.texts] == list("0113777889")
    shown = [int(image.get_array().max()) for image in ax.get_images()]
    assert shown == [8, 6, 7, 29, 0, 2, 4, 1, 5, 3]
    assert (name_of(ax), facts_of(ax)) == ("Samples", "10 of 30")


@pytest.mark.parametrize(
    ("labels", "chosen"),
    [
        ([3, 3, 3, 1, 2], [3, 4, 0, 1, 2]),
        ([*range(25)], [*range(10)]),  # too many to show one of each
        ([0.5, 0.25, 0.125], [0, 1, 2]),  # values are no classes
        (["b", "a", "b"], [1, 0, 2]),
        ([*range(15), *range(15)], [*range(15)]),
        ([0] * 30, [*range(10)]),
    ],
)
def test_one_of_each(labels: list[float], chosen: list[int]) -> None:
    assert plots.one_of_each(labels) == chosen


def test_captions_have_room() -> None:
    images = np.zeros((10, 8, 8))
    for text, columns in (("6", 5), ("a caption of 20 chars", 3), ("x" * 50, 1)):
        ax = plots.captioned(images, [text] * 10)
        left = {round(image.get_extent()[0], 6) for image in ax.get_images()}
        assert len(left) == columns
        assert faults(ax.get_figure()) == []
    tops = sorted({image.get_extent()[3] for image in plots.captioned(images, ["6"] * 10).images})
    assert tops[0] < 16  # no empty space above the first captions


def test_swept_shows_means_and_the_range_of_the_trials() -> None:
    ax = plots.swept([3, 4], [[0.5, 0.7], [0.9, 0.9]], "hidden units")
    (bars,) = ax.containers
    line, _, (ranges,) = bars.lines
    assert line.get_ydata() == pytest.approx([0.6, 0.9])
    assert ranges.get_segments()[0][:, 1] == pytest.approx([0.5, 0.7])
    ax.get_figure().canvas.draw()
    assert all(float(tick).is_integer() for tick in ax.get_xticks())
    assert name_of(ax) == "Test accuracy by hidden units"
    assert facts_of(ax) == "mean of 2 networks, bar: least to most"


def test_a_heat_map_has_a_number_in_each_cell_that_was_measured() -> None:
    ax = plots.heat(np.array([[0.5, np.nan], [0.25, 1.0]]), "ab", "cd", ("row", "column"), "metric")
    assert [text.get_text() for text in ax.texts] == ["0.5", "0.25", "1"]
    assert [(t.get_position()) for t in ax.texts] == [(0, 0), (0, 1), (1, 1)]
    assert (ax.get_ylabel(), ax.get_xlabel()) == ("row", "column")
    assert name_of(ax) == "Metric by row and column"


def test_rates_are_logarithmic_and_named() -> None:
    ax = plots.rates([1e-3, 1e-2, 1e-1, 1.0], [1.0, 0.1, 50.0, np.nan], 1e-2)
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert legend_of(ax) == ["loss after the last epoch", "suggested: 0.01", "diverged"]
    line, _, crosses = ax.get_lines()
    assert line.get_xdata().tolist() == [1e-3, 1e-2, 1e-1]
    assert crosses.get_xdata().tolist() == [1.0]
    whole = plots.rates([1e-3, 1e-2], [1.0, 0.1], 1e-2)
    assert legend_of(whole) == ["loss after the last epoch", "suggested: 0.01"]


def test_dots_of_equal_results_are_stacked() -> None:
    ax = plots.strip({"a": [0.9, 0.9, 0.9, 0.5], "b": [0.7]}, "accuracy")
    dots = ax.get_lines()[0]
    assert dots.get_xdata().tolist() == [0.5, 0.9, 0.9, 0.9]
    heights = dots.get_ydata()
    assert heights[1] > heights[2] > heights[3] and heights[0] == heights[1] == 0
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["a", "b"]
    assert (name_of(ax), ax.get_xlabel()) == ("Accuracy of 5 networks", "accuracy")
    many = plots.strip({"a": [0.5] * 100}, "accuracy").get_lines()[0].get_ydata()
    assert np.ptp(many) < 1  # they stay within their row
    assert legend_of(plots.strip({"a": [0.1, 0.2] * 3}, "x")) == [
        "mean, and its bar: 95 % interval of the mean"
    ]


def test_a_histogram_of_networks_counts_them() -> None:
    figures = [*np.linspace(0.8, 0.9, 40), *np.linspace(0.95, 1.0, 60)]
    ax = plots.spread(figures, "test accuracy")
    assert sum(bar.get_height() for bar in ax.patches) == 100
    assert legend_of(ax) == [f"mean {np.mean(figures):.3f}"]
    assert name_of(ax) == "Test accuracy of 100 networks"
