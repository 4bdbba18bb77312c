"""Pictures of networks: what they predict, which mistakes they make, what they have learned."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.errors import InputError
from glassnet.inspection.plots.data import samples, scatter
from glassnet.inspection.plots.figures import (
    both_ways,
    colorbar,
    colours,
    framed,
    ground,
    ink,
    new_axes,
    plain,
    shades,
    sheet,
)
from glassnet.nn.layers import Layer
from glassnet.nn.layers.containers import in_sequence
from glassnet.nn.network import Network

if TYPE_CHECKING:
    from matplotlib.axes import Axes

UNITS_DRAWN = 10  # of a layer in a diagram
LONG = 12  # letters, which a name above an image may have
GRID = 200  # points a side, of decision regions


def activation(layer: Layer, ax: "Axes | None" = None) -> "Axes":
    """An activation and its derivative from −4 to 4, as the layer itself computes them."""
    ax = ax or new_axes()
    x = np.linspace(-4, 4, 401)[:, None]  # one input a row: Softmax is 1 throughout
    y, saved = layer.forward(x)
    first, second = colours(ax)[:2]
    ax.plot(x, y, color=first, label=type(layer).__name__)
    ax.plot(x, layer.backward(np.ones_like(x), saved), color=second, label="derivative")
    return framed(ax, "x", "y")


def confusion(matrix: Array, classes: Sequence[str], ax: "Axes | None" = None) -> "Axes":
    """How often each class (row) was taken for each (column); colours are shares of the row."""
    ax = ax or new_axes()
    share = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    ax.imshow(share, cmap=shades(ax, colours(ax)[0]), vmin=0, vmax=1)
    names = [plain(each) for each in classes]
    ax.set_xticks(range(len(names)), names, rotation=90 if max(map(len, names)) > 3 else 0)
    ax.set_yticks(range(len(names)), names)
    for (row, column), count in np.ndenumerate(matrix):
        colour = ground(ax) if share[row, column] > 0.5 else ink(ax)
        ax.text(column, row, str(count) if count else "", ha="center", va="center", color=colour)
    framed(ax, "predicted class", "true class").grid(visible=False)
    return ax


def mistakes(
    images: Array, labels: Array, p: Array, classes: Sequence[str] = (), ax: "Axes | None" = None
) -> "Axes":
    """The ten images whose wrong prediction has the highest probability p (samples, classes)."""
    names = classes or [str(n) for n in range(p.shape[1])]
    predictions = p.argmax(axis=1)
    wrong = np.flatnonzero(predictions != labels)
    if not len(wrong):
        raise InputError("there are no mistakes to draw: every prediction is right")
    worst = wrong[np.argsort(-p[wrong, predictions[wrong]], kind="stable")][:10]
    captions = [
        f"{_short(names[taken])} {p[k, taken]:.0%}\nnot {_short(names[labels[k]])}"
        for k, taken in zip(worst, predictions[worst], strict=True)
    ]
    ax = samples(images[worst], captions, ax)
    for text in ax.texts:
        text.set_fontsize(8)
    return ax


def _short(name: str) -> str:
    return name if len(name) <= LONG else f"{name[: LONG - 1]}…"


def weights(network: Network, ax: "Axes | None" = None, most: int = 16) -> "Axes":
    """What each unit of the first layer with weights looks for: its weights, as an image if inputs
    are images, else as a column."""
    ax = ax or new_axes()
    _ = network.parameters
    matrices = (layer.weight_matrix() for _, layer in network.walk())
    W = next((each for each in matrices if each is not None), None)
    if W is None:
        raise InputError("this network has no dense layer, whose weights could be drawn")
    far = float(np.abs(W).max()) or 1.0
    shape = network.input_shape or ()
    if len(shape) == 2:
        grid = sheet([column.reshape(shape) for column in W.T[:most]])
        picture = ax.imshow(grid, cmap=both_ways(ax), vmin=-far, vmax=far)
        ax.set_axis_off()
    else:
        picture = ax.imshow(W, cmap=both_ways(ax), vmin=-far, vmax=far, aspect="auto")
        framed(ax, "unit", "input").grid(visible=False)
        names = network.schema.features if network.schema else network.feature_names
        if len(names) == len(W) <= 30:
            ax.set_yticks(range(len(W)), [plain(name) for name in names])
        else:
            ax.locator_params(axis="y", integer=True)
        ax.locator_params(axis="x", integer=True)
    colorbar(picture, ax, "weight")
    return ax


def regions(
    network: Network, x: Array, labels: Array, classes: Sequence[str] = (), ax: "Axes | None" = None
) -> "Axes":
    """What a network of two inputs predicts at each point, and the samples x (samples, 2)."""
    if x.ndim != 2 or x.shape[1] != 2:
        raise InputError(f"regions: x has shape {x.shape}, expected two features, (samples, 2)")
    ax = ax or new_axes()
    low, high = x.min(axis=0), x.max(axis=0)
    low, high = low - 0.1 * (high - low), high + 0.1 * (high - low)
    across, up = (np.linspace(low[k], high[k], GRID) for k in (0, 1))
    points = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    predictions = network.predict(points).reshape(GRID, GRID)
    count = max(int(predictions.max()), int(labels.max())) + 1
    of = colours(ax)
    filled = [of[k % len(of)] for k in range(count)]
    ax.contourf(across, up, predictions, np.arange(count + 1) - 0.5, colors=filled, alpha=0.25)
    return scatter(x, labels, classes, ax)


def calibration(p: Array, labels: Array, ax: "Axes | None" = None, bins: int = 10) -> "Axes":
    """How often predictions are right, against their probability p (samples, classes); on the line
    both are equal."""
    ax = ax or new_axes()
    said, right = p.max(axis=1), p.argmax(axis=1) == labels
    place = np.minimum((said * bins).astype(int), bins - 1)
    counts = np.bincount(place, minlength=bins)
    there = counts > 0
    mean = np.bincount(place, said, bins)[there] / counts[there]
    share = np.bincount(place, right, bins)[there] / counts[there]
    error = float(np.abs(mean - share) @ counts[there] / len(p))
    ax.plot([0, 1], [0, 1], color="gray", linestyle="--", label="perfect calibration")
    ax.plot(mean, share, "o-", color=colours(ax)[0], label=f"mean distance {error:.3f}")
    return framed(ax, "probability of the prediction", "share of right predictions")


def diagram(network: Network, ax: "Axes | None" = None) -> "Axes":
    """Units as dots and weights as lines: their width is the weight's size, orange above 0, blue
    below. The first and last units of wide layers are drawn. Layers must follow one another."""
    ax = ax or new_axes()
    matrices = _matrices(network)
    widths = [len(matrices[0]), *(W.shape[-1] for W in matrices)]
    shown = [_units(width) for width in widths]
    places = [np.linspace(1, 0, len(units) + 2)[1:-1] for units in shown]
    below, above = colours(ax)[:2]
    for k, W in enumerate(matrices):
        far = float(np.abs(W).max()) or 1.0
        for i, y in zip(shown[k], places[k], strict=True):
            for j, target in zip(shown[k + 1], places[k + 1], strict=True):
                w = float(W[i, j]) / far
                colour = above if w > 0 else below
                ax.plot([k, k + 1], [y, target], color=colour, linewidth=2.5 * abs(w), zorder=1)
    for k, (width, units) in enumerate(zip(widths, shown, strict=True)):
        ax.scatter(
            [k] * len(units), places[k], s=90, color=ground(ax), edgecolors=ink(ax), zorder=2
        )
        what = "inputs" if k == 0 else "outputs" if k == len(matrices) else "hidden"
        ax.text(k, -0.02, f"{width} {what}", ha="center", va="top")
        if len(units) < width:
            ax.text(k, float(np.mean(places[k][4:6])), "⋮", ha="center", va="center", zorder=3)
    ax.set_axis_off()
    return ax


def _matrices(network: Network) -> list[Array]:
    """The weights between one layer of units and the next."""
    _ = network.parameters
    found = []
    for name, layer in in_sequence(network.root.parts()):
        if layer.parts():
            raise InputError(
                f"a diagram draws layers that follow one another, and {network.label(name)} has "
                "branches: summary() shows these"
            )
        if layer.kernels() is not None:
            raise InputError(
                f"a diagram draws dense layers, and {network.label(name)} is none: draw its "
                "kernels, or feature maps"
            )
        if (W := layer.weight_matrix()) is not None:
            found.append(W)
    if not found:
        raise InputError("this network has no dense layer to draw")
    return found


def _units(width: int) -> list[int]:
    """All units of a layer, or the first and the last of a wide one."""
    half = UNITS_DRAWN // 2
    return (
        list(range(width)) if width <= UNITS_DRAWN else [*range(half), *range(width - half, width)]
    )
