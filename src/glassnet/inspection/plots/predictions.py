"""Pictures of what a network predicts: which classes, how surely, which values, and where."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.confidence import wilson
from glassnet.base.configurable import named
from glassnet.base.errors import InputError
from glassnet.inspection.plots.data import points
from glassnet.inspection.plots.figures import (
    WIDTH,
    colours,
    explained,
    framed,
    new_axes,
    palette,
    panels,
    plain,
    shades,
)
from glassnet.inspection.plots.scales import in_full, short
from glassnet.inspection.plots.titles import headed, titled
from glassnet.nn.network import Network

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GRID = 200  # points a side, of decision regions
STEPS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)  # of the lead of a class, each in its shade
NUMBERS = 20  # classes, above which the counts of a confusion matrix would not be read


@named
def confusion(matrix: Array, classes: Sequence[str], ax: "Axes | None" = None) -> "Axes":
    """How often each class (row) was predicted as each (column). Mistakes are coloured, by their
    share of the row; the diagonal is not.

    - `matrix`: counts, (classes, classes).
    - `classes`: their names.
    - `ax`: axes to draw into; by default those of a new figure.
    """
    count = len(classes)
    ax = ax or new_axes(min(WIDTH, 2.2 + 0.28 * count))
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    wrong = np.where(np.eye(count, dtype=bool), np.nan, share)
    most = float(np.nanmax(wrong)) if count > 1 else 0.0
    colour = palette(ax)
    ax.imshow(wrong, cmap=shades(ax, colour.wrong), vmin=0, vmax=most or 1, aspect="auto")
    for k in range(count):
        ax.axhspan(k - 0.5, k + 0.5, k / count, (k + 1) / count, color=colour.plain, alpha=0.12,
                   lw=0)  # fmt: skip
    names = [plain(each) for each in classes]
    ax.set_xticks(range(count), names, rotation=90 if max(map(len, names)) * count > 45 else 0)
    ax.set_yticks(range(count), names)
    for (row, column), cell in np.ndenumerate(matrix):
        if cell and count <= NUMBERS:
            dark = row != column and share[row, column] > most / 2
            ax.text(column, row, str(cell), ha="center", va="center",
                    color=colour.ground if dark else colour.ink,
                    fontweight="bold" if row == column else None)  # fmt: skip
    framed(ax, "predicted class", "true class").grid(visible=False)
    total, right = int(matrix.sum()), int(np.trace(matrix))
    return titled(ax, "Confusion matrix", f"{total - right:,} of {total:,} wrong")


@named
def calibration(p: Array, labels: Array, ax: "Axes | None" = None, bins: int = 10) -> "Axes":
    """How often predictions are right, against their probability p (samples, classes), from 1 / C
    of C classes to 1; on the line both are equal. Bars are 95 % intervals (Wilson, 1927), and in
    a figure of their own the counts are below.

    - `p`: the predicted probabilities, (samples, classes).
    - `labels`: of the samples.
    - `ax`: axes to draw into; by default those of a new figure.
    - `bins=10`: how many ranges of probability.
    """
    found, least, below = reliability(p, labels, bins), 1 / p.shape[1], None
    counts = found.counts
    there = counts > 0
    if ax is None:
        ax, below = panels(2, across=1, ratios=(3, 1), sharex=True)
    colour = palette(ax)
    ax.plot([least, 1], [least, 1], color="gray", linestyle="--", label="perfect calibration")
    low, high = wilson(found.share, counts[there])
    reach = np.maximum([found.share - low, high - found.share], 0)
    ax.errorbar(found.mean, found.share, yerr=reach, fmt="o", color=colour.plain, capsize=3,
                label="share right, 95 % interval")  # fmt: skip
    margin = 0.03 * (1 - least)
    ax.set_xlim(least - margin, 1 + margin)
    ax.set_ylim(-0.03, 1.03)
    facts = f"{len(p):,} samples", f"mean distance {found.distance:.3f}"
    if below is None:
        framed(ax, "probability of the prediction", "share that is right")
        return titled(ax, "Calibration", *facts)
    edges = np.linspace(least, 1, bins + 1)
    below.bar(edges[:-1], counts, np.diff(edges), align="edge", color=colour.plain,
              edgecolor=colour.ground)  # fmt: skip
    if counts.max() > 20 * max(1, counts[there].min()):
        below.set_yscale("symlog", linthresh=1)
        below.set_yticks([0, 1, *(10**k for k in range(1, len(str(counts.max()))))])
        below.yaxis.set_major_formatter("{x:g}")
        below.minorticks_off()
    framed(ax, "", "share that is right", legend=False)
    framed(below, "probability of the prediction", "samples", legend=False, grid="y")
    explained(ax, below)
    return headed(ax, "Calibration", *facts)


class Reliability(NamedTuple):
    """Predictions by their probability: how many are in each range, and, of the ranges that have
    any, the mean probability and the share that is right. `distance` is the mean over predictions
    of how far these two lie apart (Naeini et al., 2015)."""

    counts: Array
    mean: Array
    share: Array
    distance: float


def reliability(p: Array, labels: Array, bins: int = 10) -> Reliability:
    """How often predictions of about the same probability are right.

    - `p`: the predicted probabilities, (samples, classes).
    - `labels`: of the samples.
    - `bins=10`: how many ranges of probability there are from 1 / classes to 1.

    >>> reliability(np.array([[0.9, 0.1], [0.9, 0.1]]), np.array([0, 1])).distance
    0.4
    """
    said, right, least = p.max(axis=1), p.argmax(axis=1) == labels, 1 / p.shape[1]
    place = np.clip(((said - least) / (1 - least) * bins).astype(int), 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    there = counts > 0
    mean = np.bincount(place, said, bins)[there] / counts[there]
    share = np.bincount(place, right, bins)[there] / counts[there]
    distance = float(np.abs(mean - share) @ counts[there] / len(p))
    return Reliability(counts, mean, share, distance)


@named
def regions(
    network: Network, x: Array, labels: Array, classes: Sequence[str] = (), ax: "Axes | None" = None
) -> "Axes":
    """What a network of two inputs predicts at each point, and the samples.

    The colour is the predicted class; the stronger it is, the further the probability of that class
    is above that of the next: in five steps of 0.2.

    - `network`: one with two inputs.
    - `x`: samples, (samples, 2).
    - `labels`: theirs.
    - `classes=()`: the names of the labels.
    - `ax`: axes to draw into; by default those of a new figure.
    """
    if x.ndim != 2 or x.shape[1] != 2:
        raise InputError(f"regions: x has shape {x.shape}, expected two features, (samples, 2)")
    ax = ax or new_axes()
    low, high = x.min(axis=0), x.max(axis=0)
    low, high = low - 0.1 * (high - low), high + 0.1 * (high - low)
    across, up = (np.linspace(low[k], high[k], GRID) for k in (0, 1))
    grid = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    p = _probabilities(network, grid)
    of = colours(ax)
    for k in range(p.shape[1]):
        lead = p[:, k] - np.delete(p, k, axis=1).max(axis=1)
        tint = shades(ax, of[k % len(of)])
        filled = [tint(0.12 + 0.5 * step) for step in STEPS[:-1]]
        ax.contourf(across, up, lead.reshape(GRID, GRID), STEPS, colors=filled)
        if k:
            ax.contour(across, up, lead.reshape(GRID, GRID), [0.0], colors=palette(ax).ink,
                       linewidths=0.8)  # fmt: skip
    points(ax, x, labels, classes)
    ax.set_xlim(low[0], high[0])
    ax.set_ylim(low[1], high[1])
    framed(ax, "x₁", "x₂").grid(visible=False)
    right = float((network.predict(x) == labels).mean())
    return titled(ax, "Decision regions", f"{right:.1%} of {len(x):,} right", network=network)


def _probabilities(network: Network, x: Array) -> Array:
    """Those of each class, (samples, classes)."""
    p = network.predict_proba(x)
    return p if p.shape[1] > 1 else np.concatenate([1 - p, p], axis=1)


@named
def predicted(targets: Array, predictions: Array, ax: "Axes | None" = None) -> "Axes":
    """Predicted values against true ones, which are the same on the line; in a figure of their own,
    with the residuals below, which show where a network is off.

    - `targets`, `predictions`: a value for each sample.
    - `ax`: axes to draw into; by default those of a new figure.
    """
    residual = predictions - targets
    below = None
    if ax is None:
        ax, below = panels(2, across=1, ratios=(2, 1), sharex=True)
    ends = [min(targets.min(), predictions.min()), max(targets.max(), predictions.max())]
    colour = palette(ax)
    ax.plot(ends, ends, color="gray", linestyle="--", label="exact")
    ax.scatter(targets, predictions, s=14, color=colour.plain, alpha=0.6, lw=0)
    in_full(ax, np.array(ends))
    facts = (
        f"R² {r_squared(targets, predictions):.3f}",
        f"mean absolute error {short(float(np.abs(residual).mean()))}",
    )
    if below is None:
        framed(ax, "target", "prediction")
        return titled(ax, "Predicted and true values", *facts)
    below.axhline(0, color="gray", linestyle="--")
    below.scatter(targets, residual, s=14, color=colour.plain, alpha=0.6, lw=0)
    in_full(below, residual, "y")
    in_full(below, np.array(ends), "x")
    framed(ax, "", "prediction", legend=False)
    framed(below, "target", "residual", legend=False)
    explained(ax, below)
    return headed(ax, "Predicted and true values", *facts)


@named
def r_squared(targets: Array, predictions: Array) -> float:
    """R² = 1 − Σ (y − ŷ)² / Σ (y − ȳ)²: the share of the variance that is explained; NaN if all
    targets are the same.

    - `targets`, `predictions`: a value for each sample.

    >>> r_squared(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 2.0]))
    0.5
    """
    y = np.asarray(targets, dtype=float)
    around = float(((y - y.mean(axis=0)) ** 2).sum())
    return 1 - float(((y - predictions) ** 2).sum()) / around if around else float("nan")
