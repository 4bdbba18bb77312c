"""Pictures of what a network has learned: its activation, and its first weights."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from glassnet.base.arrays import Array, Shape
from glassnet.base.configurable import named
from glassnet.base.errors import InputError
from glassnet.inspection.plots.figures import (
    both_ways,
    colorbar,
    framed,
    new_axes,
    palette,
    plain,
    sheet,
)
from glassnet.inspection.plots.scales import whole
from glassnet.inspection.plots.titles import titled
from glassnet.nn.layers import Layer, PeriodicEmbedding
from glassnet.nn.network import Network

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CELLS = 30  # units or inputs whose weights are a cell each
BARS = 20  # inputs that have a bar each


@named
def activation(layer: Layer, ax: "Axes | None" = None) -> "Axes":
    """An activation and its derivative from −4 to 4, as the layer itself computes them.

    - `layer`: an activation, such as `Tanh()`.
    - `ax`: axes to draw into; by default those of a new figure.
    """
    ax = ax or new_axes()
    x = np.linspace(-4, 4, 401)[:, None]  # one input a row: Softmax is 1 throughout
    y, saved = layer.forward(x)
    colour, name = palette(ax), type(layer).__name__
    ax.plot(x, y, color=colour.ink, label=name)
    ax.plot(x, layer.backward(np.ones_like(x), saved), "--", color=colour.plain, label="derivative")
    framed(ax, "x", "y")
    return titled(ax, f"{name} and its derivative")


@named
def weights(network: Network, ax: "Axes | None" = None, most: int = 16) -> "Axes":
    """What each unit of the first layer with weights looks for: its weights as an image if inputs
    are images. Else a cell for each, units in the order of their norms, or of large layers the norm
    of each input's weights as a bar, largest first.

    - `network`: one whose layers have weights already.
    - `ax`: axes to draw into; by default those of a new figure.
    - `most=16`: units.
    """
    _ = network.parameters
    layers = [layer for _, layer in network.walk()]
    matrices = [layer.weight_matrix() for layer in layers]
    first = next((k for k, each in enumerate(matrices) if each is not None), None)
    if first is None:
        raise InputError("this network has no dense layer, whose weights could be drawn")
    W, shape = matrices[first], network.input_shape or ()
    assert W is not None
    if len(shape) == 2:
        ax = _as_images(W, shape, ax or new_axes(), most)
        facts = f"{min(most, W.shape[1])} of {W.shape[1]} units"
    elif max(W.shape) > CELLS:
        ax = _norms(W, ax, _names_after(layers[:first], network, len(W)))
        facts = f"the {BARS} largest of {len(W)} inputs" if len(W) > BARS else f"{len(W)} inputs"
    else:
        ax = _cells(W, ax or new_axes(), _names_after(layers[:first], network, len(W)))
        facts = f"{W.shape[1]} units in the order of their norms"
    return titled(ax, "First-layer weights", facts, network=network)


def feature_names(network: Network, count: int) -> list[str]:
    """The names of a network's inputs, or x₁, x₂ … if it has none."""
    names = network.schema.features if network.schema else network.feature_names
    if len(names) == count:
        return [plain(name) for name in names]
    lowered = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
    return [f"x{str(n).translate(lowered)}" for n in range(1, count + 1)]


def _names_after(layers: Sequence[Layer], network: Network, count: int) -> list[str]:
    """The names of what these first layers of a network give, so many numbers."""
    names = feature_names(network, (network.input_shape or (0,))[0])
    for layer in layers:
        names = layer.named(names) if isinstance(layer, PeriodicEmbedding) else names
    return names if len(names) == count else feature_names(network, count)


def _as_images(W: Array, shape: Shape, ax: "Axes", most: int) -> "Axes":
    """The first units' weights, each as an image."""
    far = float(np.abs(W).max()) or 1.0
    grid = sheet([column.reshape(shape) for column in W.T[:most]])
    picture = ax.imshow(grid, cmap=both_ways(ax), vmin=-far, vmax=far)
    ax.set_axis_off()
    colorbar(picture, ax, "weight")
    return ax


def _cells(W: Array, ax: "Axes", names: list[str]) -> "Axes":
    """A cell for each weight, the unit with the largest norm first."""
    far = float(np.abs(W).max()) or 1.0
    order = np.argsort(-np.linalg.norm(W, axis=0), kind="stable")
    picture = ax.imshow(W[:, order], cmap=both_ways(ax), vmin=-far, vmax=far, aspect="auto")
    framed(ax, "unit, by norm", "input", legend=False).grid(visible=False)
    ax.set_yticks(range(len(W)), names)
    whole(ax)
    colorbar(picture, ax, "weight")
    return ax


def _norms(W: Array, ax: "Axes | None", names: list[str]) -> "Axes":
    """A bar for each input, as long as its weights to all units are together."""
    norms = np.linalg.norm(W, axis=1)
    order = np.argsort(-norms, kind="stable")[:BARS]
    ax = ax or new_axes(1.2 + 0.21 * len(order))
    ax.barh(range(len(order)), norms[order], color=palette(ax).plain, height=0.7)
    ax.set_yticks(range(len(order)), [names[k] for k in order])
    ax.set_ylim(len(order) - 0.5, -0.5)
    return framed(ax, f"norm of the weights to {W.shape[1]} units", "", legend=False, grid="x")
