"""Pictures of what goes through the layers: in one step, and epoch by epoch."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.base.arrays import Array, spread
from glassnet.base.configurable import choose, named
from glassnet.base.errors import InputError
from glassnet.inspection.plots.figures import (
    by_depth,
    colorbar,
    framed,
    new_axes,
    palette,
    panels,
    plain,
    shades,
)
from glassnet.inspection.plots.scales import in_full, logarithmic, whole
from glassnet.inspection.plots.titles import headed, titled
from glassnet.inspection.trace import Trace
from glassnet.inspection.watch import Watch

if TYPE_CHECKING:
    from matplotlib.axes import Axes

USUAL = (1e-4, 1e-2)  # of a layer's weights, that one step changes
BINS = 40
PANELS = 8  # layers that have a panel each, at most
LINES = 8  # layers that a legend names, at most
ZEROS = 0.05  # share of exact zeros, from which they are a number and not a bar

Values = Mapping[str, Sequence[Array]]


@named
def gradient_norms(watch: Watch, ax: "Axes | None" = None) -> "Axes":
    """The norm of each layer's gradient, epoch by epoch.

    - `watch`: a `Watch` that a training had among its callbacks.
    - `ax`: axes to draw into; by default those of a new figure.
    """
    ax = _by_layer(ax or new_axes(), watch, watch.gradient_norms, "gradient norm ‖g‖")
    return titled(ax, "Gradient norm by layer")


@named
def update_ratios(watch: Watch, ax: "Axes | None" = None) -> "Axes":
    """How much of each layer's weights one step changes, epoch by epoch, and what is usual.

    - `watch`: a `Watch` that a training had among its callbacks.
    - `ax`: axes to draw into; by default those of a new figure.
    """
    ax = ax or new_axes()
    ax.axhspan(*USUAL, color="gray", alpha=0.15, lw=0, label="usual")
    _by_layer(ax, watch, watch.update_ratios, "update-to-weight ratio ‖Δθ‖ / ‖θ‖")
    return titled(ax, "Relative update by layer")


def _by_layer(
    ax: "Axes", watch: Watch, figures: Mapping[str, Sequence[float]], label: str
) -> "Axes":
    _need_epochs(figures)
    named = set(_some(list(figures), LINES))
    for (layer, values), colour in zip(figures.items(), by_depth(ax, len(figures)), strict=True):
        marker = "o" if len(values) == 1 else ""
        epochs = np.arange(len(values)) + watch.first
        shown = layer if layer in named else f"_{layer}"
        ax.plot(epochs, values, color=colour, marker=marker, label=shown)
    ends = ax.dataLim.intervaly  # with the band of what is usual
    logarithmic(ax, "y", np.concatenate([ends, *map(np.ravel, figures.values())]))
    whole(ax)
    return framed(ax, "epoch", label)


@named
def distributions(
    trace: Trace, what: str = "outputs", layer: str | None = None, ax: "Axes | None" = None
) -> "Axes":
    """How the "outputs", "weights" (no biases) or "gradients" of each layer are spread in one step,
    from the first layer that learns on: a panel for each, and exact zeros as a number.

    - `trace`: a step, from `network.trace(x, y)`.
    - `what="outputs"`: or "weights" or "gradients".
    - `layer`: one layer, such as "0 Dense"; without it, every layer has its own axes in a new
      figure.
    - `ax`: axes to draw one layer into, the first if none is named.
    """
    of: dict[str, Callable[[Any], list[Any]]] = {
        "outputs": lambda layer: [layer.output],
        "weights": lambda layer: [each for each in layer.parameters.values() if each.ndim > 1],
        "gradients": lambda layer: [*layer.gradients.values()],
    }
    choose("numbers of a step", what, of)
    learning = [layer for layer in trace.layers if layer.dy is not None]
    found = {f"{each.name} {each.kind}": of[what](each) for each in learning}
    values = {
        name: [np.concatenate([np.ravel(part) for part in parts])]
        for name, parts in found.items()
        if parts
    }
    title = f"{what.capitalize()} by layer, in one step"
    return _panels(values, layer, ax, title, lambda name, ax: _bars(ax, values[name][0], what))


@named
def histograms(watch: Watch, what: str = "outputs", layer: str | None = None,
               ax: "Axes | None" = None) -> "Axes":  # fmt: skip
    """How the "outputs", "weights" or "gradients" of a layer are spread, epoch by epoch: each
    column is a histogram, strong in colour where many of the numbers are. Exact zeros, if there are
    many, are given as a number, and colours tell the rest.

    - `watch`: a `Watch` that a training had among its callbacks.
    - `what="outputs"`: or "weights" or "gradients".
    - `layer`: one layer, such as "0 Dense"; without it, every layer has its own axes in a new
      figure.
    - `ax`: axes to draw one layer into, the first if none is named.
    """
    choose("numbers of a layer", what, watch.values or ("outputs", "weights", "gradients"))
    layers = watch.values.get(what, {})
    _need_epochs(layers)
    drawn: list[tuple[Any, Axes]] = []

    def draw(name: str, ax: "Axes") -> float:
        zeros, picture = _columns(ax, watch, layers[name], what)
        drawn.append((picture, ax))
        return zeros

    first = _panels(layers, layer, ax, f"{what.capitalize()} by layer and epoch", draw)
    most = max(picture.norm.vmax for picture, _ in drawn)
    for picture, _ in drawn:
        picture.norm.vmax = most  # one scale, so that one bar explains all
    more = [ax for _, ax in drawn[1:]]
    colorbar(drawn[0][0], drawn[0][1], "share in one bin", *more)
    return first


def _panels(
    values: Values, layer: str | None, ax: "Axes | None", title: str,
    draw: Callable[[str, "Axes"], float],
) -> "Axes":  # fmt: skip
    """Each layer in a panel of its own, named with its share of zeros; or one layer in `ax`."""
    if layer is not None:
        choose("layer", layer, values)
    chosen = [layer or next(iter(values))] if layer or ax else _some(list(values), PANELS)
    one = len(chosen) == 1
    rows = -(-len(chosen) // 2)
    every = [ax or new_axes()] if one else panels(len(chosen), height=1.2 + 1.8 * rows)
    notes = []
    for name, place in zip(chosen, every, strict=True):
        zeros = draw(name, place)
        note = f"{zeros:.0%} are 0" if zeros >= ZEROS else ""
        notes.append(note)
        if not one:
            place.set_title(plain(f"{name}: {note}" if note else name), fontsize="medium")
    if one:
        return titled(every[0], f"{title.partition(' by')[0]} of {chosen[0]}", *notes)
    left_out = f"{len(chosen)} of {len(values)} layers" if len(chosen) < len(values) else ""
    return headed(every[0], title, left_out)


def _bars(ax: "Axes", values: Array, what: str) -> float:
    """A histogram; the share of zeros, which are left out of it if there are many."""
    zeros, kept = _without_zeros(values)
    ax.hist(kept, bins=BINS, color=palette(ax).plain)
    ax.locator_params(axis="x", nbins=4)
    ax.locator_params(axis="y", nbins=4)
    in_full(ax, kept, "x")
    framed(ax, what, "count", legend=False)
    return zeros


def _columns(ax: "Axes", watch: Watch, values: Sequence[Array], what: str) -> tuple[float, Any]:
    """A histogram of each epoch as a column of colours; the share of zeros in the last."""
    zeros, _ = _without_zeros(values[-1])
    kept = [_without_zeros(each)[1] if zeros >= ZEROS else each for each in values]
    kept = [each[np.isfinite(each)] for each in kept]
    together = np.concatenate(kept)
    low, high = np.percentile(together if together.size else [0.0], [0.5, 99.5])
    low, high = (low, high) if high > low else (low - 0.5, high + 0.5)
    edges = np.linspace(low, high, BINS + 1)
    counts = [np.histogram(np.clip(each, low, high), edges)[0] for each in kept]
    apart = (watch.epochs[1] - watch.epochs[0]) / 2 if len(kept) > 1 else 0.5
    sides = [*(epoch - apart for epoch in watch.epochs), watch.epochs[-1] + apart]
    share = np.array([count / max(1, each.size) for count, each in zip(counts, kept, strict=True)])
    picture = ax.pcolormesh(sides, edges, share.T, cmap=shades(ax, palette(ax).ink), vmin=0,
                            vmax=np.percentile(share, 99))  # fmt: skip
    whole(ax)
    framed(ax, "epoch", what, legend=False).grid(visible=False)
    return zeros, picture


def _without_zeros(values: Array) -> tuple[float, Array]:
    """The share of exact zeros; and what is finite, without them if they are many."""
    finite = values[np.isfinite(values)]
    zeros = float((finite == 0).mean()) if finite.size else 0.0
    return zeros, finite[finite != 0] if zeros >= ZEROS else finite


def _some(names: list[str], most: int) -> list[str]:
    """At most so many, spread over all of them."""
    return [names[place] for place in spread(len(names), most)]


def _need_epochs(found: Mapping[str, Any]) -> None:
    if not found:
        raise InputError("Watch: there is nothing yet: give it to fit as a callback")
