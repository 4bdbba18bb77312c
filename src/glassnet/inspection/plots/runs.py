"""Pictures of the results of many runs: what was varied, and how much results differ."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.confidence import estimate
from glassnet.base.configurable import named
from glassnet.inspection.plots.figures import (
    colorbar,
    explained,
    framed,
    new_axes,
    palette,
    plain,
)
from glassnet.inspection.plots.scales import logarithmic, whole
from glassnet.inspection.plots.titles import titled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NUMBERED = 100  # cells of a heat map, above which their numbers would not be read
SLOTS = 60  # places along an axis for dots that are stacked
ROW = 0.7  # inches for a group of dots


@named
def swept(
    values: Sequence[float],
    figures: Sequence[Sequence[float]],
    xlabel: str,
    ylabel: str = "test accuracy",
    ax: "Axes | None" = None,
) -> "Axes":
    """A metric against what was varied: the mean of the trials, and a bar from least to most.

    - `values`: what was varied.
    - `figures`: for each value the metric of each run.
    - `xlabel`, `ylabel="test accuracy"`: the names of both.
    - `ax`: axes to draw into; by default those of a new figure.
    """
    ax = ax or new_axes()
    means = [float(np.mean(trials)) for trials in figures]
    below = [mean - min(trials) for mean, trials in zip(means, figures, strict=True)]
    above = [max(trials) - mean for mean, trials in zip(means, figures, strict=True)]
    ax.errorbar(values, means, yerr=[below, above], color=palette(ax).plain, marker=".", capsize=2,
                elinewidth=0.8)  # fmt: skip
    if all(float(value).is_integer() for value in values):
        whole(ax)
    trials = max(map(len, figures))
    bars = f"mean of {trials} networks, bar: least to most" if trials > 1 else ""
    framed(ax, xlabel, ylabel)
    return titled(ax, f"{ylabel[:1].upper()}{ylabel[1:]} by {xlabel}", bars)


@named
def heat(
    figures: Array,
    rows: Sequence[str],
    columns: Sequence[str],
    names: Sequence[str],
    label: str,
    ax: "Axes | None" = None,
) -> "Axes":
    """A metric against two things that were varied, (rows, columns); NaN stays empty.

    - `figures`: the metric, (rows, columns).
    - `rows`, `columns`: what was varied, in words.
    - `names`: the names of both.
    - `label`: the name of the metric.
    - `ax`: axes to draw into; by default those of a new figure.
    """
    ax = ax or new_axes()
    picture = ax.imshow(figures, cmap="viridis", aspect="auto")
    ax.set_yticks(range(len(rows)), [plain(each) for each in rows])
    long = max(map(len, columns)) * len(columns) > SLOTS // 2
    ax.set_xticks(range(len(columns)), [plain(each) for each in columns], rotation=90 * long)
    framed(ax, names[1], names[0]).grid(visible=False)
    middle = np.nanmean(picture.get_clim())
    few = figures.size <= NUMBERED
    for (row, column), value in np.ndenumerate(figures):
        if few and not np.isnan(value):
            colour = "black" if value > middle else "white"
            ax.text(column, row, f"{value:z.3g}", ha="center", va="center", color=colour)
    colorbar(picture, ax, label)
    return titled(ax, f"{label[:1].upper()}{label[1:]} by {names[0]} and {names[1]}")


@named
def spread(figures: Sequence[float], xlabel: str, ax: "Axes | None" = None) -> "Axes":
    """A metric of repeated runs: a histogram, and the mean as a line.

    - `figures`: the metric of each run.
    - `xlabel`: its name.
    - `ax`: axes to draw into; by default those of a new figure.
    """
    ax = ax or new_axes()
    colour = palette(ax)
    bins = int(np.clip(len(np.histogram_bin_edges(figures, "fd")) - 1, 8, 30))
    ax.hist(figures, bins=bins, color=colour.plain, edgecolor=colour.ground, linewidth=0.6)
    mean = float(np.mean(figures))
    ax.axvline(mean, color=colour.ink, linestyle="--", label=f"mean {mean:z.3f}")
    whole(ax, "y")
    framed(ax, xlabel, "networks", grid="y")
    apart = f"standard deviation {np.std(figures, ddof=1):.4f}" if len(figures) > 1 else ""
    return titled(ax, f"{xlabel[:1].upper()}{xlabel[1:]} of {len(figures)} networks", apart)


@named
def strip(groups: Mapping[str, Sequence[float]], xlabel: str, ax: "Axes | None" = None) -> "Axes":
    """A dot for every run, equal ones stacked, each group in its row, and the group's mean and 95 %
    interval of the mean below it; of fewer than 5 runs, the bar goes from least to most.

    - `groups`: the metric of each run, by the name of its group.
    - `xlabel`: the name of the metric.
    - `ax`: axes to draw into; by default those of a new figure.
    """
    ax = ax or new_axes(2.2 + ROW * len(groups))
    colour = palette(ax)
    together = np.concatenate([np.asarray(values, float) for values in groups.values()])
    low, high = float(together.min()), float(together.max())
    stacks = {name: _stacked(values, low, high) for name, values in groups.items()}
    tallest = max(int(heights.max()) for _, heights in stacks.values())
    step = min(0.06, 0.6 / max(1, tallest))
    for place, (name, (x, heights)) in enumerate(stacks.items()):
        ax.plot(x, place - step * heights, ".", color=colour.plain, markersize=9, markeredgewidth=0)
        found = estimate(groups[name], xlabel)
        if found.runs > 1:
            bar = "from least to most" if found.is_range else "95 % interval of the mean"
            label = f"mean, and its bar: {bar}"
            ends = [[found.mean - found.low], [found.high - found.mean]]
            ax.errorbar(found.mean, place + 0.16, xerr=ends, color=colour.ink, marker="o",
                        capsize=5, label=label if place == 0 else "_")  # fmt: skip
    ax.set_yticks(range(len(groups)), [plain(name) for name in groups])
    ax.set_ylim(len(groups) - 0.65, -step * tallest - 0.1)
    ax.tick_params(axis="y", length=0)
    framed(ax, xlabel, "", grid="x", legend=False).spines["left"].set_visible(False)
    explained(ax)
    count = sum(map(len, groups.values()))
    return titled(ax, f"{xlabel[:1].upper()}{xlabel[1:]} of {count} networks")


def _stacked(values: Sequence[float], low: float, high: float) -> tuple[Array, Array]:
    """Where each dot stands, and how many are below it in its slot."""
    x = np.sort(np.asarray(values, dtype=float))
    slots = np.round((x - low) / ((high - low) or 1.0) * SLOTS).astype(int)
    first = np.searchsorted(slots, slots)
    return x, np.arange(len(x)) - first


@named
def rates(
    values: Sequence[float], losses: Sequence[float], suggestion: float, ax: "Axes | None" = None
) -> "Axes":
    """The loss after training with each learning rate, both in their logarithms, those that
    diverged as crosses above, and the rate to take.

    - `values`: the learning rates.
    - `losses`: the loss of each; NaN or infinite for one that diverged.
    - `suggestion`: the rate to take.
    - `ax`: axes to draw into; by default those of a new figure.
    """
    ax = ax or new_axes()
    colour = palette(ax)
    at, found = np.asarray(values, dtype=float), np.asarray(losses, dtype=float)
    kept = np.isfinite(found)
    ax.plot(at[kept], found[kept], ".-", color=colour.plain, label="loss after the last epoch")
    ax.axvline(suggestion, color=colour.ink, linestyle="--", label=f"suggested: {suggestion:.2g}")
    if not kept.all():
        across: Any = ax.get_xaxis_transform()
        ax.plot(at[~kept], np.full((~kept).sum(), 0.97), "x", color=colour.wrong, transform=across,
                label="diverged")  # fmt: skip
    logarithmic(ax, "x", at)
    logarithmic(ax, "y", found[kept])
    framed(ax, "learning rate", "loss after the last epoch")
    return titled(ax, "Loss by learning rate", f"{len(at)} learning rates")
