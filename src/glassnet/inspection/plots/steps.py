"""Pictures of what goes through the layers: in one step, and epoch by epoch."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.base.configurable import choose
from glassnet.base.errors import InputError
from glassnet.inspection.plots.figures import (
    FEW,
    colorbar,
    colours,
    framed,
    new_axes,
    shades,
    side_by_side,
)
from glassnet.inspection.trace import Trace
from glassnet.inspection.watch import Watch

if TYPE_CHECKING:
    from matplotlib.axes import Axes

USUAL = (1e-4, 1e-2)  # of a layer's weights, that one step changes
BINS = 40


def distributions(trace: Trace, what: str = "outputs", ax: "Axes | None" = None) -> "Axes":
    """How the "outputs", "weights" or "gradients" of each layer are spread in one step, from the
    first layer that learns on."""
    ax = ax or new_axes()
    of: dict[str, Any] = {
        "outputs": lambda layer: [layer.output],
        "weights": lambda layer: layer.parameters.values(),
        "gradients": lambda layer: layer.gradients.values(),
    }
    choose("numbers of a step", what, of)
    layers = [layer for layer in trace.layers if layer.dy is not None]
    for layer, colour in zip(layers, cycle(colours(ax)), strict=False):
        values = [np.ravel(each) for each in of[what](layer)]
        if values:
            label = f"{layer.name} {layer.kind}"
            ax.hist(np.concatenate(values), bins=50, histtype="step", color=colour, label=label,
                    density=True)  # fmt: skip
    ax.set_yscale("log")
    return framed(ax, what, "density")


def gradient_norms(watch: Watch, ax: "Axes | None" = None) -> "Axes":
    """How long each layer's gradient is, epoch by epoch."""
    return _by_layer(ax or new_axes(), watch, watch.gradient_norms, "gradient norm ‖g‖")


def update_ratios(watch: Watch, ax: "Axes | None" = None) -> "Axes":
    """How much of each layer's weights one step changes, epoch by epoch, and what is usual."""
    ax = ax or new_axes()
    ax.axhspan(*USUAL, color="gray", alpha=0.15, lw=0, label="usual")
    return _by_layer(ax, watch, watch.update_ratios, "update-to-weight ratio ‖Δθ‖ / ‖θ‖")


def _by_layer(
    ax: "Axes", watch: Watch, figures: Mapping[str, Sequence[float]], label: str
) -> "Axes":
    _need_epochs(figures)
    for (layer, values), colour in zip(figures.items(), cycle(colours(ax)), strict=False):
        marker = "." if len(values) < FEW else ""
        epochs = np.arange(len(values)) + watch.first
        ax.plot(epochs, values, color=colour, marker=marker, label=layer)
    ax.set_yscale("log")
    ax.locator_params(axis="x", integer=True)
    return framed(ax, "epoch", label)


def histograms(watch: Watch, what: str = "outputs", layer: str | None = None,
               ax: "Axes | None" = None) -> "Axes":  # fmt: skip
    """How the "outputs", "weights" or "gradients" of a layer are spread, epoch by epoch: each
    column is a histogram, strong in colour where many of the numbers are.

    Without a `layer`, such as "0 Dense", every layer has its own axes in a new figure; with an
    `ax`, it is the first.
    """
    choose("numbers of a layer", what, watch.values or ("outputs", "weights", "gradients"))
    layers = watch.values.get(what, {})
    _need_epochs(layers)
    if layer is not None:
        choose("layer", layer, layers)
    if layer is not None or ax is not None:
        ax = ax or new_axes()
        colorbar(_columns(watch, what, layer or next(iter(layers)), ax), ax, "share of the numbers")
        return ax
    every = side_by_side(len(layers), 3.6)
    for each, place in zip(layers, every, strict=True):
        _columns(watch, what, each, place)
    return every[0]


def _columns(watch: Watch, what: str, layer: str, ax: "Axes") -> Any:
    """A histogram of each epoch as a column of colours."""
    kept = [values[np.isfinite(values)] for values in watch.values[what][layer]]
    together = np.concatenate(kept)
    low, high = np.percentile(together if together.size else [0.0], [0.5, 99.5])
    low, high = (low, high) if high > low else (low - 0.5, high + 0.5)
    edges = np.linspace(low, high, BINS + 1)
    counts = [np.histogram(np.clip(values, low, high), edges)[0] for values in kept]
    apart = (watch.epochs[1] - watch.epochs[0]) / 2 if len(kept) > 1 else 0.5
    sides = [*(epoch - apart for epoch in watch.epochs), watch.epochs[-1] + apart]
    share = np.array(counts).T / max(1, *(values.size for values in kept))
    picture = ax.pcolormesh(sides, edges, share, cmap=shades(ax, colours(ax)[0]),
                            vmax=np.percentile(share, 99))  # fmt: skip
    ax.locator_params(axis="x", integer=True)
    ax.set_title(layer)
    framed(ax, "epoch", what).grid(visible=False)
    return picture


def _need_epochs(found: Mapping[str, Any]) -> None:
    if not found:
        raise InputError("Watch: there is nothing yet: give it to fit as a callback")
