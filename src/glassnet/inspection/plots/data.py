"""Pictures of data: images, and points in the plane."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.inspection.plots.figures import (
    colorbar,
    colours,
    framed,
    ink,
    new_axes,
    plain,
    shades,
)

LONGEST = 24  # characters of a category's name

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def samples(
    images: Array, labels: Sequence[Any] | Array, ax: "Axes | None" = None, columns: int = 5
) -> "Axes":
    """The first ten images (samples, height, width), perhaps with channels as a fourth axis, in a
    grid, each with its label above it; labels may have several lines. Bytes in three channels are
    red, green and blue; of other channels the mean is drawn."""
    shown = images[: 2 * columns]
    height, width = images.shape[1:3]
    lines = max(str(label).count("\n") + 1 for label in labels[: 2 * columns])
    gap = max(3, height // 4) * lines  # room for the label
    rows = -(-len(shown) // columns)
    sheet = np.full((rows * (height + gap), columns * (width + gap)), np.nan)
    if shown.ndim == 4 and shown.shape[3] == 3 and shown.dtype == np.uint8:
        sheet = np.zeros((*sheet.shape, 4), np.uint8)  # transparent between the images
        shown = np.insert(shown, 3, 255, axis=3)
    elif shown.ndim == 4:
        shown = shown.mean(axis=3)
    ax = ax or new_axes(6 * sheet.shape[0] / sheet.shape[1] + 0.2)
    for index, image in enumerate(shown):
        top = (index // columns) * (height + gap) + gap
        left = (index % columns) * (width + gap) + gap // 2
        sheet[top : top + height, left : left + width] = image
        ax.text(left + width / 2, top - 1, plain(labels[index]), ha="center", va="bottom")
    ax.imshow(sheet, cmap=shades(ax, ink(ax)))
    ax.set_axis_off()
    return ax


def scatter(
    x: Array,
    labels: Array,
    classes: Sequence[str] = (),
    ax: "Axes | None" = None,
    names: Sequence[str] = (),
) -> "Axes":
    """Two features of every sample, x (samples, 2), coloured by class; `names` are the features'.

    Without names both are coordinates, drawn to the same scale.
    """
    ax = ax or new_axes()
    of = colours(ax)
    for label in np.unique(labels):
        name = plain(classes[label] if len(classes) else f"class {label}")
        points = x[labels == label]
        colour = of[int(label) % len(of)]
        ax.scatter(points[:, 0], points[:, 1], s=9, color=colour, label=name, alpha=0.7, lw=0)
    return _planar(ax, names, legend=True)


def valued(
    x: Array, values: Array, label: str, names: Sequence[str] = (), ax: "Axes | None" = None
) -> "Axes":
    """Two features of every sample, x (samples, 2), coloured by a value."""
    ax = ax or new_axes()
    points = ax.scatter(x[:, 0], x[:, 1], s=9, c=values, cmap="viridis", alpha=0.8, lw=0)
    colorbar(points, ax, label)
    return _planar(ax, names, legend=False)


def shares(
    groups: Array,
    names: Sequence[str],
    labels: Array,
    classes: Sequence[str],
    column: str = "",
    ax: "Axes | None" = None,
    legend: bool = True,
) -> "Axes":
    """For each group of samples, whole numbers that `names` name, the shares of the classes;
    `column` is what the groups are by."""
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
        ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    return ax


def means(
    groups: Array,
    names: Sequence[str],
    values: Array,
    label: str,
    column: str = "",
    ax: "Axes | None" = None,
) -> "Axes":
    """For each group of samples, whole numbers that `names` name, the mean of a value with the
    standard deviation around it; `column` is what the groups are by."""
    ax = ax or new_axes()
    counts = np.bincount(groups, minlength=len(names))
    of = [values[groups == n] if counts[n] else np.array([np.nan]) for n in range(len(names))]
    ax.errorbar([each.mean() for each in of], np.arange(len(names)), color=colours(ax)[0],
                xerr=[each.std() for each in of], fmt="o", elinewidth=1.5)  # fmt: skip
    return _grouped(ax, names, counts, f"{label}, mean ± deviation", column)


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


def predicted(targets: Array, predictions: Array, ax: "Axes | None" = None) -> "Axes":
    """Predicted values against true ones; on the line they are the same."""
    ax = ax or new_axes()
    ends = [min(targets.min(), predictions.min()), max(targets.max(), predictions.max())]
    ax.plot(ends, ends, color="gray", linestyle="--", label="exact")
    ax.scatter(targets, predictions, s=9, color=colours(ax)[0], alpha=0.6, lw=0)
    return framed(ax, "target", "prediction")


def _planar(ax: "Axes", names: Sequence[str], legend: bool) -> "Axes":
    if not names:
        ax.set_aspect("equal")
    first, second = names or ("x₁", "x₂")
    framed(ax, first, second, legend=False)
    if legend:  # beside the points, which may be anywhere
        ax.legend(frameon=False, markerscale=2, loc="center left", bbox_to_anchor=(1, 0.5))
    return ax
