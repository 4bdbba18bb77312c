"""Pictures of training: curves, and figures of many runs."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from glassnet.arrays import Array
from glassnet.estimates import estimate
from glassnet.markup import COLOURS
from glassnet.packages import need
from glassnet.plots.figures import colorbar, new_axes, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NUMBERED = 100  # cells of a heat map, above which their numbers would not be read


def curves(
    history: Mapping[str, Sequence[float]],
    figure: str = "loss",
    ax: "Axes | None" = None,
    held_out: str = "validation",
) -> "Axes":
    """A figure of every epoch, in training and held out: `loss` and `val_loss`, for example."""
    ax = ax or new_axes()
    lines = {"training": figure, held_out: f"val_{figure}"}
    for colour, (label, name) in zip(COLOURS, lines.items(), strict=False):
        if name in history:
            epochs = np.arange(1, len(history[name]) + 1)
            marker = "." if len(epochs) < 30 else ""
            ax.plot(epochs, history[name], color=colour, label=label, marker=marker)
    ax.set_xlabel("epoch")
    ax.locator_params(axis="x", integer=True)
    ax.set_ylabel(figure.replace("_", " "))
    ax.grid(alpha=0.3)
    ax.legend()
    return ax


def training(
    history: Mapping[str, Sequence[float]], title: str = "", held_out: str = "validation"
) -> "Axes":
    """Loss and, where there is one, accuracy, side by side; the axes of the loss."""
    figures = [name for name in ("loss", "accuracy", "mean_absolute") if name in history]
    row = need("matplotlib.figure", "drawing").Figure(
        figsize=(5 * len(figures), 3.6), layout="constrained"
    )
    row.suptitle(plain(title))
    all_axes = row.subplots(1, len(figures), squeeze=False)[0]
    for ax, figure in zip(all_axes, figures, strict=True):
        curves(history, figure, ax, held_out)
    first: Axes = all_axes[0]
    return first


def swept(
    values: Sequence[float],
    figures: Sequence[Sequence[float]],
    xlabel: str,
    ylabel: str = "test accuracy",
    ax: "Axes | None" = None,
) -> "Axes":
    """A figure against what was varied: the mean of the trials, and a bar from least to most."""
    ax = ax or new_axes()
    means = [float(np.mean(trials)) for trials in figures]
    below = [mean - min(trials) for mean, trials in zip(means, figures, strict=True)]
    above = [max(trials) - mean for mean, trials in zip(means, figures, strict=True)]
    ax.errorbar(values, means, yerr=[below, above], color=COLOURS[0], marker=".", capsize=2,
                ecolor=COLOURS[5])  # fmt: skip
    ax.set_xlabel(xlabel)
    ax.set_ylabel(ylabel)
    ax.grid(alpha=0.3)
    return ax


def heat(
    figures: Array,
    rows: Sequence[str],
    columns: Sequence[str],
    names: Sequence[str],
    label: str,
    ax: "Axes | None" = None,
) -> "Axes":
    """A figure against two things that were varied, (rows, columns); NaN stays empty.

    `names` are those of rows and columns, `label` that of the figure.
    """
    ax = ax or new_axes()
    picture = ax.imshow(figures, cmap="viridis", aspect="auto")
    ax.set_yticks(range(len(rows)), [plain(each) for each in rows])
    ax.set_xticks(range(len(columns)), [plain(each) for each in columns])
    ax.set_ylabel(plain(names[0]))
    ax.set_xlabel(plain(names[1]))
    middle = np.nanmean(picture.get_clim())
    few = figures.size <= NUMBERED
    for (row, column), value in np.ndenumerate(figures):
        if few and not np.isnan(value):
            colour = "black" if value > middle else "white"
            ax.text(column, row, f"{value:.3g}", ha="center", va="center", color=colour)
    colorbar(picture, ax, label)
    return ax


def spread(figures: Sequence[float], xlabel: str, ax: "Axes | None" = None) -> "Axes":
    """The same figure of repeated runs: a histogram, and the mean as a line."""
    ax = ax or new_axes()
    ax.hist(figures, bins=max(5, len(figures) // 5), color=COLOURS[5], edgecolor="white")
    mean = float(np.mean(figures))
    ax.axvline(mean, color=COLOURS[0], label=f"mean {mean:.3f}")
    ax.set_xlabel(xlabel)
    ax.set_ylabel("networks")
    ax.legend()
    return ax


def strip(groups: Mapping[str, Sequence[float]], ylabel: str, ax: "Axes | None" = None) -> "Axes":
    """A dot for every run, side by side within its group, and the group's mean and 95 % interval
    of the mean as a bar."""
    ax = ax or new_axes()
    for place, values in enumerate(groups.values()):
        apart = np.random.default_rng(0).uniform(-0.15, 0.15, len(values))  # so that all are seen
        ax.plot(place + apart, values, ".", color=COLOURS[5], alpha=0.7)
        found = estimate(values)
        if found.runs > 1:
            half = found.high - found.mean
            ax.errorbar(place, found.mean, yerr=half, color=COLOURS[0], marker="o", capsize=6)
    ax.set_xticks(range(len(groups)), [plain(name) for name in groups])
    ax.set_xlim(-0.5, len(groups) - 0.5)
    ax.set_ylabel(ylabel)
    ax.grid(alpha=0.3, axis="y")
    return ax


def rates(
    values: Sequence[float], losses: Sequence[float], suggestion: float, ax: "Axes | None" = None
) -> "Axes":
    """The loss of each learning rate, those that diverged left out, and the one to take."""
    ax = ax or new_axes()
    ax.plot(values, losses, ".-", color=COLOURS[0])
    ax.axvline(suggestion, color=COLOURS[1], linestyle="--", label=f"{suggestion:.2g}")
    ax.set_xscale("log")
    ax.set_xlabel("learning rate")
    ax.set_ylabel("loss after the last epoch")
    ax.grid(alpha=0.3)
    ax.legend()
    return ax
