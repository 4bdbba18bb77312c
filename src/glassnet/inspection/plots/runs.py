"""Pictures of training: curves, and figures of many runs."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.confidence import bounds, estimate
from glassnet.base.errors import InputError
from glassnet.inspection.plots.figures import (
    FEW,
    colorbar,
    colours,
    framed,
    ground,
    new_axes,
    plain,
    side_by_side,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Runs = Mapping[str, Sequence[float]] | Sequence[Mapping[str, Sequence[float]]]

NUMBERED = 100  # cells of a heat map, above which their numbers would not be read
FIGURES = ("loss", "accuracy", "mean_absolute")


def curves(
    runs: Runs,
    figure: str = "loss",
    ax: "Axes | None" = None,
    held_out: str = "validation",
) -> "Axes":
    """A figure of every epoch, in training and held out: `loss` and `val_loss`, for example.

    `runs` is one history, or those of many runs: their mean as a line, and a band of one standard
    deviation around it, which ends where the metric does (a loss at 0, an accuracy at 0 and 1).
    """
    ax = ax or new_axes()
    lines = {"training": figure, held_out: f"val_{figure}"}
    for colour, (name, column) in zip(colours(ax), lines.items(), strict=False):
        _line(ax, _columns(runs, column), name, colour, bounds(figure))
    return _by_epoch(ax, figure)


def compared(
    named: Mapping[str, Runs],
    figure: str = "loss",
    ax: "Axes | None" = None,
    held_out: str = "validation",
) -> "Axes":
    """The same of several trainings, by name: a colour for each, and what is held out as a dashed
    line without a band."""
    ax = ax or new_axes()
    for colour, (name, runs) in zip(cycle(colours(ax)), named.items(), strict=False):
        _line(ax, _columns(runs, figure), plain(name), colour, bounds(figure))
        held = _columns(runs, f"val_{figure}")
        _line(ax, held, f"{plain(name)}, {held_out}", colour)
    return _by_epoch(ax, figure)


def training(runs: Runs, title: str = "", held_out: str = "validation") -> "Axes":
    """Loss and, if there is one, accuracy, side by side; the axes of the loss."""
    figures = [name for name in FIGURES if _columns(runs, name)]
    if not figures:
        raise InputError("there is no 'loss' to draw: give the history of a training")
    every = side_by_side(len(figures), title=title, height=3.6)
    for ax, figure in zip(every, figures, strict=True):
        curves(runs, figure, ax, held_out)
    return every[0]


def _columns(runs: Runs, column: str) -> list[Sequence[float]]:
    """This figure of every run that has it."""
    histories = [runs] if isinstance(runs, Mapping) else runs
    return [history[column] for history in histories if column in history]


def _line(
    ax: "Axes",
    columns: Sequence[Sequence[float]],
    label: str,
    colour: str,
    band: tuple[float, float] | None = None,
) -> None:
    """One run as a line; of many the mean of those that came so far, and one deviation around
    within the bounds of the band. Without a band the line is dashed."""
    if not columns:
        return
    length = max(map(len, columns))
    epochs, sheet = np.arange(1, length + 1), np.full((len(columns), length), np.nan)
    for place, column in enumerate(columns):
        sheet[place, : len(column)] = column
    mean = np.nanmean(sheet, axis=0)
    if len(columns) > 1 and band:
        label, apart = f"{label}, mean of {len(columns)} ± deviation", np.nanstd(sheet, axis=0)
        low, high = np.clip([mean - apart, mean + apart], *band)
        ax.fill_between(epochs, low, high, color=colour, alpha=0.2, lw=0)
    marker = "." if length < FEW and len(columns) == 1 else ""
    ax.plot(epochs, mean, "-" if band else "--", color=colour, label=label, marker=marker)


def _by_epoch(ax: "Axes", figure: str) -> "Axes":
    if not ax.lines:
        raise InputError(f"there is no {figure!r} to draw: give the history of a training")
    ax.locator_params(axis="x", integer=True)
    return framed(ax, "epoch", figure.replace("_", " "))


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
    ax.errorbar(values, means, yerr=[below, above], color=colours(ax)[0], marker=".", capsize=2,
                elinewidth=0.8)  # fmt: skip
    return framed(ax, xlabel, ylabel)


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
    framed(ax, names[1], names[0]).grid(visible=False)
    middle = np.nanmean(picture.get_clim())
    few = figures.size <= NUMBERED
    for (row, column), value in np.ndenumerate(figures):
        if few and not np.isnan(value):
            colour = "black" if value > middle else "white"
            ax.text(column, row, f"{value:z.3g}", ha="center", va="center", color=colour)
    colorbar(picture, ax, label)
    return ax


def spread(figures: Sequence[float], xlabel: str, ax: "Axes | None" = None) -> "Axes":
    """The same figure of repeated runs: a histogram, and the mean as a line."""
    ax = ax or new_axes()
    bar, line = colours(ax)[:2]
    ax.hist(figures, bins=max(5, len(figures) // 5), color=bar, alpha=0.7, edgecolor=ground(ax))
    mean = float(np.mean(figures))
    ax.axvline(mean, color=line, linewidth=2, label=f"mean {mean:z.3f}")
    return framed(ax, xlabel, "networks", grid="y")


def strip(groups: Mapping[str, Sequence[float]], ylabel: str, ax: "Axes | None" = None) -> "Axes":
    """A dot for every run, side by side within its group, and the group's mean and 95 % interval
    of the mean as a bar; of fewer than 5 runs, the bar goes from least to most."""
    ax = ax or new_axes()
    dot, line = colours(ax)[:2]
    for place, values in enumerate(groups.values()):
        apart = np.random.default_rng(0).uniform(-0.15, 0.15, len(values))  # so that all are seen
        ax.plot(place + apart, values, ".", color=dot, alpha=0.5)
        found = estimate(values, ylabel)
        if found.runs > 1:
            ends = [[found.mean - found.low], [found.high - found.mean]]
            ax.errorbar(place, found.mean, yerr=ends, color=line, marker="o", capsize=6)
    ax.set_xticks(range(len(groups)), [plain(name) for name in groups])
    ax.set_xlim(-0.5, len(groups) - 0.5)
    return framed(ax, "", ylabel, grid="y")


def rates(
    values: Sequence[float], losses: Sequence[float], suggestion: float, ax: "Axes | None" = None
) -> "Axes":
    """The loss of each learning rate, those that diverged left out, and the one to take."""
    ax = ax or new_axes()
    line, chosen = colours(ax)[:2]
    ax.plot(values, losses, ".-", color=line)
    ax.axvline(suggestion, color=chosen, linestyle="--")
    side = -1 if suggestion**2 > values[0] * values[-1] else 1  # where there is more room
    ax.annotate(f"take {suggestion:.2g}", (suggestion, 0.98), xycoords=("data", "axes fraction"),
                xytext=(4 * side, 0), textcoords="offset points", va="top",
                ha="left" if side > 0 else "right")  # fmt: skip
    ax.set_xscale("log")
    if np.nanmax(losses) > 0:
        ax.set_yscale("log", nonpositive="mask")
    return framed(ax, "learning rate", "loss after the last epoch")
