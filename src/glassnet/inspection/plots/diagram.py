"""A network as a picture: units as dots, weights as lines, and its images where it sees images."""

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.configurable import named
from glassnet.base.errors import InputError
from glassnet.base.optional import need
from glassnet.inspection.plots.figures import both_ways, new_axes, palette, plain, shades
from glassnet.inspection.plots.networks import feature_names
from glassnet.inspection.plots.titles import titled
from glassnet.nn.layers.containers import in_sequence
from glassnet.nn.network import Network

if TYPE_CHECKING:
    from matplotlib.axes import Axes

UNITS_DRAWN = 10  # of a layer
STRONGEST = 30  # weights that are drawn between two layers
LONG = 18  # letters of a name
DEEP = 4  # layers of weights, from which the names of layers are narrow
# In points: how large the input's image is, and that of a unit's weights.
IMAGE, UNIT = 84.0, 20.0


class _Plan(NamedTuple):
    """What is drawn: the weights between layers of units, and which units of each."""

    matrices: list[Array]
    shown: list[Array]
    images: bool

    @property
    def widths(self) -> list[int]:
        return [len(self.matrices[0]), *(W.shape[-1] for W in self.matrices)]

    def places(self, layer: int) -> Array:
        """How high each unit of a layer stands, the first on top."""
        count = len(self.shown[layer])
        room = 2 if count < UNITS_DRAWN else 0  # above the first and below the last
        places: Array = np.linspace(1, 0, count + room)
        return places[1:-1] if room else places


@named
def diagram(network: Network, ax: "Axes | None" = None, sample: Array | None = None) -> "Axes":
    """Units as dots and weights as lines: their width is the weight's size, orange above 0, blue
    below. Of wide layers those units are drawn that the strongest weights lead to the outputs, and
    between two layers the 30 strongest weights. Layers must follow one another.

    A network of images has an image instead of inputs, a sample or else the norm of the weights at
    each pixel, and the units of its first layer are their weights as images.

    - `network`: one whose layers have weights already.
    - `ax`: axes to draw into; by default those of a new figure.
    - `sample`: an image to show as the input.
    """
    matrices = _matrices(network)
    shape = network.input_shape or ()
    plan = _plan(matrices, len(shape) == 2 and len(matrices[0]) == math.prod(shape))
    ax = ax or new_axes()
    ax.set_axis_off()
    ax.set_xlim(-0.1, len(matrices) + 0.1)
    ax.set_ylim(-0.12, 1.04)
    if plan.images:
        _draw_images(ax, network, plan, sample)
    for layer in range(plan.images, len(matrices)):
        _draw_weights(ax, plan, layer)
    for layer in range(2 if plan.images else 0, len(matrices) + 1):
        ax.scatter([layer] * len(plan.shown[layer]), plan.places(layer), s=70, zorder=2,
                   color=palette(ax).ground, edgecolors=palette(ax).ink)  # fmt: skip
    _name(ax, network, plan)
    drawn = any(np.size(W) > STRONGEST for W in matrices[plan.images :])
    facts = f"the {STRONGEST} strongest weights between two layers" if drawn else ""
    return titled(ax, "Network diagram", facts, network=network)


def _plan(matrices: list[Array], images: bool) -> _Plan:
    """From the outputs back: of each layer the units with the strongest weights to those drawn."""
    shown = [_largest(np.abs(matrices[-1]).max(axis=0))]
    for W in reversed(matrices):
        shown.insert(0, _largest(np.abs(W[:, shown[0]]).max(axis=1)))
    return _Plan(matrices, shown, images)


def _largest(scores: Array) -> Array:
    """The places of the largest, in their order."""
    return np.sort(np.argsort(-scores, kind="stable")[:UNITS_DRAWN])


def _draw_weights(ax: "Axes", plan: _Plan, layer: int) -> None:
    """The strongest weights between the units that are drawn of two layers, as lines."""
    sources, targets = plan.shown[layer], plan.shown[layer + 1]
    W = plan.matrices[layer][np.ix_(sources, targets)]
    far = float(np.abs(W).max()) or 1.0
    strongest = np.argsort(-np.abs(W), axis=None, kind="stable")[:STRONGEST]
    below, above = palette(ax).signs
    for place in np.sort(strongest):
        i, j = np.unravel_index(place, W.shape)
        w = float(W[i, j]) / far
        ends = [plan.places(layer)[i], plan.places(layer + 1)[j]]
        ax.plot([layer, layer + 1], ends, color=above if w > 0 else below, linewidth=2.5 * abs(w),
                zorder=1)  # fmt: skip


def _draw_images(ax: "Axes", network: Network, plan: _Plan, sample: Array | None) -> None:
    """The input as an image, and of the first layer's units their weights as images."""
    W, shape, units = plan.matrices[0], network.input_shape, plan.shown[1]
    seen = np.linalg.norm(W, axis=1).reshape(shape) if sample is None else np.asarray(sample)
    far = float(np.abs(W[:, units]).max()) or 1.0
    for k, place in zip(units, plan.places(1), strict=True):
        ax.plot([0, 1], [0.5, place], color=palette(ax).quiet, linewidth=0.5, alpha=0.6, zorder=0)
        _place(ax, W[:, k].reshape(shape), (1, place), UNIT, both_ways(ax), (-far, far))
    ends = float(seen.min()), float(seen.max())
    _place(ax, seen, (0, 0.5), IMAGE, shades(ax, palette(ax).ink), ends)


def _place(
    ax: "Axes", image: Array, place: Any, size: float, colours: Any, ends: tuple[float, float]
) -> None:
    """An image of this size in points around a place."""
    box = need("matplotlib.offsetbox", "drawing")
    held = box.OffsetImage(image, zoom=size / max(image.shape), cmap=colours, clim=ends,
                           interpolation="nearest")  # fmt: skip
    frame = {"edgecolor": palette(ax).quiet, "facecolor": palette(ax).ground, "linewidth": 0.6}
    ax.add_artist(box.AnnotationBbox(held, place, pad=0.1, bboxprops=frame, zorder=3))


def _name(ax: "Axes", network: Network, plan: _Plan) -> None:
    """Inputs and outputs by their names, and below each layer how many units it has."""
    last = len(plan.matrices)
    every = {0: feature_names(network, plan.widths[0]), last: _output_names(network, plan)}
    if plan.images:
        del every[0]
    for layer, names in every.items():
        side = -1 if layer == 0 else 1
        for k, place in zip(plan.shown[layer], plan.places(layer), strict=True):
            ax.annotate(_short(names[k]), (layer, place), (9 * side, 0), va="center",
                        textcoords="offset points", ha="right" if side < 0 else "left")  # fmt: skip
    for layer, width in enumerate(plan.widths):
        what = "input" if layer == 0 else "output" if layer == last else "hidden"
        what += "s" * (what != "hidden" and width > 1)
        between = "\n" if last >= DEEP else " "  # else neighbours would touch
        if plan.images and layer == 0:
            text = f"{' × '.join(map(str, network.input_shape or ()))}{between}inputs"
        else:
            drawn = len(plan.shown[layer])
            text = f"{width}{between}{what}" + (f",\n{drawn} drawn" if drawn < width else "")
        ax.text(layer, -0.08, text, ha="center", va="top")


def _output_names(network: Network, plan: _Plan) -> list[str]:
    count = plan.widths[-1]
    if len(network.classes) == count:
        return [plain(name) for name in network.classes]
    names = (network.target or "").split(", ")
    return [plain(name) for name in names] if len(names) == count else [""] * count


def _short(name: str) -> str:
    return name if len(name) <= LONG else f"{name[: LONG - 1]}…"


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
