"""Pictures of data: points in the plane, and groups."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.configurable import checked, named
from glassnet.inspection.plots.figures import (
    colorbar,
    colours,
    explained,
    framed,
    new_axes,
    palette,
    plain,
)
from glassnet.inspection.plots.scales import in_full
from glassnet.inspection.plots.titles import titled

LONGEST = 24  # characters of a category's name
BINS = (8, 30)  # of a histogram, at least and at most

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@named
def scatter(
    x: Array,
    labels: Array,
    classes: Sequence[str] = (),
    ax: "Axes | None" = None,
    names: Sequence[str] = (),
) -> "Axes":
    """Two features of every sample, coloured by class.

    - `x`: (samples, 2).
    - `labels`: of the samples.
    - `classes=()`: the names of the labels.
    - `ax`: axes to draw into; by default those of a new figure.
    - `names=()`: of the two features; without them both are coordinates, drawn to the same scale.
    """
    ax = ax or new_axes()
    points(ax, x, labels, classes)
    if not names:
        ax.set_aspect("equal")
    first, second = names or ("x₁", "x₂")
    framed(ax, first, second)
    return titled(ax, "Two features by class", f"{len(x):,} samples")


def points(ax: "Axes", x: Array, labels: Array, classes: Sequence[str] = ()) -> None:
    """Every sample x (samples, 2) as a dot in the colour of its class."""
    of, ground = colours(ax), palette(ax).ground
    for label in np.unique(labels):
        name = plain(classes[label] if len(classes) else f"class {label}")
        some = x[labels == label]
        colour = of[int(label) % len(of)]
        ax.scatter(some[:, 0], some[:, 1], s=18, color=colour, label=name, edgecolors=ground,
                   linewidths=0.4)  # fmt: skip


@named
def valued(
    x: Array, values: Array, label: str, names: Sequence[str] = (), ax: "Axes | None" = None
) -> "Axes":
    """Two features of every sample, coloured by a value.

    - `x`: (samples, 2).
    - `values`: of the samples.
    - `label`: what the value is.
    - `names=()`: of the two features.
    - `ax`: axes to draw into; by default those of a new figure.
    """
    ax = ax or new_axes()
    dots = ax.scatter(x[:, 0], x[:, 1], s=18, c=values, cmap="viridis", alpha=0.8, lw=0)
    titled(ax, f"{label} by two features", f"{len(x):,} samples")
    colorbar(dots, ax, label)
    if not names:
        ax.set_aspect("equal")
    first, second = names or ("x₁", "x₂")
    return framed(ax, first, second, legend=False)


@checked
def shares(
    groups: Array,
    names: Sequence[str],
    labels: Array,
    classes: Sequence[str],
    column: str = "",
    ax: "Axes | None" = None,
    legend: bool = True,
) -> "Axes":
    """For each group of samples the shares of the classes.

    - `groups`: for each sample the number of its group.
    - `names`: of the groups.
    - `labels`: of the samples.
    - `classes`: their names.
    - `column=""`: what the groups are by.
    - `ax`: axes to draw into; by default those of a new figure.
    - `legend=True`: whether to add one.
    """
    ax = ax or new_axes()
    counts = np.zeros((len(names), len(classes)))
    np.add.at(counts, (groups, labels), 1)
    part = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    left = np.zeros(len(names))
    for label, (name, colour) in enumerate(zip(classes, _cycle(ax, len(classes)), strict=True)):
        ax.barh(np.arange(len(names)), part[:, label], left=left, color=colour, label=plain(name),
                height=0.7)  # fmt: skip
        left += part[:, label]
    _grouped(ax, names, counts.sum(axis=1), "share of rows", column)
    ax.set_xlim(0, 1)
    if legend:
        explained(ax)
    return titled(ax, f"Classes by {column or 'group'}")


@named
def means(
    groups: Array,
    names: Sequence[str],
    values: Array,
    label: str,
    column: str = "",
    ax: "Axes | None" = None,
) -> "Axes":
    """For each group of samples the mean of a value, with the standard deviation around it.

    - `groups`: for each sample the number of its group.
    - `names`: of the groups.
    - `values`: of each sample.
    - `label`: what the value is.
    - `column=""`: what the groups are by.
    - `ax`: axes to draw into; by default those of a new figure.
    """
    ax = ax or new_axes()
    counts = np.bincount(groups, minlength=len(names))
    of = [values[groups == n] if counts[n] else np.array([np.nan]) for n in range(len(names))]
    ax.errorbar([each.mean() for each in of], np.arange(len(names)), color=palette(ax).plain,
                xerr=[each.std() for each in of], fmt="o", elinewidth=1.5)  # fmt: skip
    in_full(ax, values, "x")
    _grouped(ax, names, counts, f"{label}, mean ± deviation", column)
    return titled(ax, f"{label} by {column or 'group'}")


def _grouped(ax: "Axes", names: Sequence[str], counts: Array, xlabel: str, ylabel: str) -> "Axes":
    """Groups from top to bottom, each with its number of rows."""
    rows = [plain(f"{_line(name)}  ({int(n):,})") for name, n in zip(names, counts, strict=True)]
    ax.set_yticks(np.arange(len(names)), rows)
    ax.set_ylim(len(names) - 0.5, -0.5)
    return framed(ax, xlabel, ylabel, legend=False, grid="x")


def _line(name: str) -> str:
    """A name in one line, cut if it is long."""
    line = " ".join(name.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _cycle(ax: "Axes", count: int) -> list[str]:
    return [colours(ax)[n % len(colours(ax))] for n in range(count)]


@named
def balance(
    training: Array,
    test: Array,
    classes: Sequence[str] = (),
    label: str = "target",
    ax: "Axes | None" = None,
) -> "Axes":
    """How targets are spread in the training and the test part: the share of each class, or the
    histograms of values.

    - `training`, `test`: the targets of the two parts.
    - `classes=()`: the names of the labels.
    - `label="target"`: what the targets are.
    - `ax`: axes to draw into; by default those of a new figure.
    """
    colour = palette(ax := ax or new_axes())
    parts = {"training": training, "test": test}
    there = {name: np.asarray(y) for name, y in parts.items() if len(y)}
    together = np.concatenate(list(there.values()))
    bins = int(np.clip(min(map(len, there.values())) ** 0.5, BINS[0], BINS[1]))
    edges = np.histogram_bin_edges(together.astype(float), bins)
    for k, ((name, y), shade) in enumerate(zip(there.items(), colour.parts, strict=False)):
        if classes:
            share = np.bincount(y, minlength=len(classes)) / len(y)
            places = np.arange(len(classes)) + 0.4 * (k - 0.5 * (len(there) - 1))
            ax.barh(places, share, height=0.4, color=shade, label=name)
        else:
            ax.hist(
                y,
                edges.tolist(),
                density=True,
                histtype="step",
                linewidth=1.5,
                color=shade,
                label=name,
            )
    if classes:
        ax.set_yticks(range(len(classes)), [plain(_line(each)) for each in classes])
        ax.set_ylim(len(classes) - 0.5, -0.5)
        framed(ax, "share of the part", label, grid="x")
    else:
        in_full(ax, together, "x")
        ax.set_yticks([])
        framed(ax, label, "density")
    return titled(ax, "Targets", f"{len(training):,} training and {len(test):,} test samples")
