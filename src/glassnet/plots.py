"""Pictures of data and of training, with matplotlib.

Every function draws into the `ax` it is given, or into a new figure, and returns the axes; `save`
writes the figure to a file.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.arrays import Array, FilePath
from glassnet.errors import InputError
from glassnet.estimates import estimate
from glassnet.files import atomic_write
from glassnet.layers import Layer
from glassnet.packages import need

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's colours (2008), told apart with any colour vision.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#000000")

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


def samples(
    images: Array, labels: Sequence[Any] | Array, ax: "Axes | None" = None, columns: int = 5
) -> "Axes":
    """The first ten images (samples, height, width) in a grid, each with its label above."""
    ax = ax or new_axes()
    shown = images[: 2 * columns]
    height, width = images.shape[1:3]
    gap = max(3, height // 4)  # room for the label
    rows = -(-len(shown) // columns)
    sheet = np.full((rows * (height + gap), columns * (width + gap)), np.nan)
    for index, image in enumerate(shown):
        top = (index // columns) * (height + gap) + gap
        left = (index % columns) * (width + gap) + gap // 2
        sheet[top : top + height, left : left + width] = image
        ax.text(left + width / 2, top - 1, _plain(labels[index]), ha="center", va="bottom")
    ax.imshow(sheet, cmap="gray_r")
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
    for label in np.unique(labels):
        name = _plain(classes[label] if len(classes) else f"class {label}")
        points = x[labels == label]
        colour = COLOURS[int(label) % len(COLOURS)]
        ax.scatter(points[:, 0], points[:, 1], s=4, color=colour, label=name, alpha=0.6)
    _name_axes(ax, names)
    ax.legend(markerscale=3)
    return ax


def valued(
    x: Array, values: Array, label: str, names: Sequence[str] = (), ax: "Axes | None" = None
) -> "Axes":
    """Two features of every sample, x (samples, 2), coloured by a value."""
    ax = ax or new_axes()
    points = ax.scatter(x[:, 0], x[:, 1], s=6, c=values, cmap="viridis", alpha=0.8)
    _name_axes(ax, names)
    _colorbar(points, ax, label)
    return ax


def _name_axes(ax: "Axes", names: Sequence[str]) -> None:
    if not names:
        ax.set_aspect("equal")
    first, second = names or ("x₁", "x₂")
    ax.set_xlabel(_plain(first))
    ax.set_ylabel(_plain(second))


def _colorbar(picture: Any, ax: "Axes", label: str) -> None:
    figure: Any = ax.get_figure()
    figure.colorbar(picture, ax=ax, label=_plain(label))


def _plain(text: Any) -> str:
    """Text as it is: matplotlib reads what stands between dollars as mathematics."""
    return str(text).replace("$", r"\$")


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
    ax.set_yticks(range(len(rows)), [_plain(each) for each in rows])
    ax.set_xticks(range(len(columns)), [_plain(each) for each in columns])
    ax.set_ylabel(_plain(names[0]))
    ax.set_xlabel(_plain(names[1]))
    middle = np.nanmean(picture.get_clim())
    few = figures.size <= NUMBERED
    for (row, column), value in np.ndenumerate(figures):
        if few and not np.isnan(value):
            colour = "black" if value > middle else "white"
            ax.text(column, row, f"{value:.3g}", ha="center", va="center", color=colour)
    _colorbar(picture, ax, label)
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
    ax.set_xticks(range(len(groups)), [_plain(name) for name in groups])
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


def activation(layer: Layer, ax: "Axes | None" = None) -> "Axes":
    """An activation and its derivative from −4 to 4, as the layer itself computes them."""
    ax = ax or new_axes()
    x = np.linspace(-4, 4, 401)[:, None]  # one input a row: Softmax is 1 throughout
    y, saved = layer.forward(x)
    name = type(layer).__name__
    ax.plot(x, y, color=COLOURS[0], label=name)
    ax.plot(x, layer.backward(np.ones_like(x), saved), color=COLOURS[1], label="derivative")
    ax.set_xlabel("x")
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
    row.suptitle(_plain(title))
    all_axes = row.subplots(1, len(figures), squeeze=False)[0]
    for ax, figure in zip(all_axes, figures, strict=True):
        curves(history, figure, ax, held_out)
    first: Axes = all_axes[0]
    return first


def new_axes() -> "Axes":
    """Axes in a new figure of their own."""
    # Figure, not pyplot: no state outside the figure, no screen needed.
    figure = need("matplotlib.figure", "drawing").Figure(figsize=(6, 4), layout="constrained")
    axes: Axes = figure.subplots()
    return axes


def save(ax: "Axes", path: FilePath) -> None:
    """Write the figure of these axes to a file, in the format that its ending names."""
    figure: Any = ax.get_figure()
    kind = picture_kind(path)
    with atomic_write(path) as file:
        figure.savefig(file, format=kind, dpi=150)


def picture_kind(path: FilePath) -> str:
    """The format that a file's ending names, png without one; InputError where there is none."""
    kind = Path(path).suffix.lstrip(".") or "png"
    known = sorted(need("matplotlib.backend_bases", "drawing").FigureCanvasBase.filetypes)
    if kind.lower() not in known:
        raise InputError(f"{path}: there are no pictures of the kind {kind!r}: {', '.join(known)}")
    return kind
