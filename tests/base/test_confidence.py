"""Means of repeated figures: intervals within what a figure can be, ranges of few runs."""

import math

import numpy as np
import pytest

from glassnet.base.confidence import bounds, estimate
from glassnet.inspection import plots

MANY = [0.99, 1.0, 1.0, 1.0, 0.95, 1.0]  # an interval of 0.9684 to 1.0116


def test_the_interval_is_students() -> None:
    from scipy import stats

    figures = np.random.default_rng(0).normal(3, 2, 12)
    found = estimate(figures)
    low, high = stats.t.interval(0.95, 11, figures.mean(), stats.sem(figures))
    assert (found.low, found.high) == pytest.approx((low, high))
    assert not found.is_range


def test_an_interval_ends_where_the_figure_does() -> None:
    found = estimate(MANY, "val_accuracy")
    mean, std = np.mean(MANY), np.std(MANY, ddof=1)
    assert found.low == pytest.approx(mean - 2.570582 * std / math.sqrt(6))  # t of a printed table
    assert found.high == 1.0
    assert estimate(MANY).high == pytest.approx(2 * mean - found.low)
    losses = estimate([0.0, 0.0, 0.0, 0.0, 0.02, 1.0], "loss")
    assert losses.low == 0
    assert losses.high > 0.5
    assert estimate([0, 0, 0, 0, 40], "test mean_absolute").low == 0
    assert estimate([-2.0, 0, 0, 0, 0], "weight").low < -1


@pytest.mark.parametrize("figures", [[0.9, 1.0], [0.9, 1.0, 0.99], [0.9, 1.0, 0.95, 0.99]])
def test_of_fewer_than_five_runs_the_range_is_told(figures: list[float]) -> None:
    found = estimate(figures, "accuracy")
    assert (found.low, found.high, found.is_range) == (0.9, 1.0, True)
    assert str(found).endswith(f"min 0.9000, max 1.0000 ({len(figures)} networks)")
    assert "95 %" not in str(found)
    assert "95 % interval" in str(estimate([*figures, 0.9, 0.9, 0.9], "accuracy"))


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("accuracy", (0, 1)), ("val_accuracy", (0, 1)), ("test accuracy", (0, 1)),
        ("loss", (0, math.inf)), ("val_loss", (0, math.inf)), ("mean_absolute", (0, math.inf)),
        ("validation mean absolute", (0, math.inf)), ("", (-math.inf, math.inf)),
    ],
)  # fmt: skip
def test_what_a_figure_can_be(name: str, ends: tuple[float, float]) -> None:
    assert bounds(name) == ends


def test_pictures_show_nothing_beyond_the_bounds() -> None:
    ax = plots.strip({"a": MANY, "b": [0.9, 1.0, 1.0]}, "accuracy")
    bars = [c.get_segments()[0] for c in ax.collections]
    assert max(bar[:, 0].max() for bar in bars) == 1.0
    assert bars[1][:, 0].tolist() == [0.9, 1.0]
    runs = [{"loss": [0.0, 0.1], "accuracy": [1.0, 1.0]}, {"loss": [0.9, 3], "accuracy": [0.5, 1]}]
    for figure, (low, high) in (("loss", (0, math.inf)), ("accuracy", (0, 1))):
        (band,) = plots.curves(runs, figure).collections
        _, bottom, _, top = band.get_paths()[0].get_extents().extents
        assert low <= bottom <= top <= high
