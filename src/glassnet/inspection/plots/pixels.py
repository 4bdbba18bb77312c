"""Pictures of networks that see pictures: kernels, feature maps, and which pixels matter."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.configurable import named
from glassnet.base.errors import InputError
from glassnet.inspection.attribution import attribute
from glassnet.inspection.plots.figures import (
    both_ways,
    colorbar,
    new_axes,
    palette,
    plain,
    shades,
    sheet,
)
from glassnet.inspection.plots.titles import titled
from glassnet.nn.layers import Layer
from glassnet.nn.layers.containers import in_sequence, walk
from glassnet.nn.network import Network

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RGB = 3  # channels that are colours
FAINT = 0.35  # how strong a picture is below what is drawn over it
CELL, BESIDE_NAMES = 0.8, 3.6  # inches of a channel's picture, and for all of a row
PATCHES = 9  # along a side, that cover a picture one after another


@named
def kernels(network: Network, ax: "Axes | None" = None, most: int = 36) -> "Axes":
    """The filters of the first convolution: in colours if they see three channels, 0 as grey; else
    orange above 0 and blue below, each filter's channels side by side.

    - `network`: one with a convolution that has its weights.
    - `ax`: axes to draw into; by default those of a new figure.
    - `most=36`: filters.
    """
    _ = network.parameters
    found = ((name, layer.kernels()) for name, layer in network.walk())
    name, W = next(((name, W) for name, W in found if W is not None), ("", None))
    if W is None:
        raise InputError("this network has no Conv2D, whose kernels could be drawn")
    ax = ax or new_axes()
    far = float(np.abs(W).max()) or 1.0
    channels, filters = W.shape[2:]
    if channels == RGB:
        ax.imshow(sheet([0.5 + W[..., f] / (2 * far) for f in range(min(filters, most))]))
    else:
        each = [W[..., c, f] for f in range(filters) for c in range(channels)]
        grid = sheet(each[:most], channels if channels > 1 else None)
        picture = ax.imshow(grid, cmap=both_ways(ax), vmin=-far, vmax=far)
        colorbar(picture, ax, "weight")
    ax.set_axis_off()
    facts = f"{network.label(name)}: {filters} of {' × '.join(map(str, W.shape[:3]))}"
    return titled(ax, "Kernels of the first convolution", facts, network=network)


@named
def feature_maps(network: Network, x: Any, ax: "Axes | None" = None, most: int = 8) -> "Axes":
    """What each layer makes of one sample x (height, width[, channels]): a row of its channels,
    those with the largest numbers, orange above 0 and blue below; the sample is above them.

    - `network`: a trained one.
    - `x`: the sample, (height, width[, channels]).
    - `ax`: axes to draw into; by default those of a new figure.
    - `most=8`: channels of each layer.
    """
    x = _one(network, x)
    maps = list(_maps(network, x))
    if not maps:
        raise InputError("this network has no layer whose output is a picture with channels")
    columns = min(most, max(y.shape[-1] for _, y in maps))
    ax = ax or new_axes(min(CELL, BESIDE_NAMES / columns) * (len(maps) + 1) + 0.7)
    ax.imshow(_seen(x[0]), cmap=_greys(ax, network), extent=_cell(0, 0, x[0]))
    names = ["the sample"]
    for row, (name, y) in enumerate(maps, 1):
        far = float(np.abs(y).max()) or 1.0
        strongest = np.argsort(-np.abs(y).mean(axis=(0, 1)), kind="stable")[:most]
        for column, channel in enumerate(sorted(strongest.tolist())):
            place = _cell(row, column, y)
            ax.imshow(y[..., channel], cmap=both_ways(ax), vmin=-far, vmax=far, extent=place)
        kind = network.label(name).partition(" ")[2]
        names.append(plain(f"{kind}\n{' × '.join(map(str, y.shape))}"))
    ax.set_xlim(0, columns)
    ax.set_ylim(-len(maps), 0.9)
    ax.set_xticks([])
    ax.set_yticks([0.45 - row for row in range(len(names))], names)
    ax.tick_params(length=0)
    ax.set_anchor("W")  # so that room is made for all of the names
    ax.spines[:].set_visible(False)
    facts = f"the {most} strongest channels" if any(y.shape[-1] > most for _, y in maps) else ""
    return titled(ax, "Feature maps of one sample", facts, network=network)


@named
def gradient_input(network: Network, x: Any, ax: "Axes | None" = None) -> "Axes":
    """Gradient × input of each pixel of one sample x, over it: orange raises the winning output,
    blue lowers it (Shrikumar et al., 2017).

    - `network`: a trained one.
    - `x`: the sample, (height, width[, channels]).
    - `ax`: axes to draw into; by default those of a new figure.
    """
    x = _one(network, x)
    found = attribute(network, x)
    assert found.features is not None
    ax = _over(network, ax, x[0], found.features, "share of the output, x ∂z/∂x")
    return titled(ax, "Gradient × input", _output(network, found.winner), network=network)


@named
def occlusion(
    network: Network, x: Any, ax: "Axes | None" = None, size: int | None = None
) -> "Axes":
    """By how much the winning output falls if a square of `size` pixels around each place of one
    sample x is covered with its mean, over the sample: orange where it falls (Zeiler & Fergus,
    2014).

    - `network`: a trained one.
    - `x`: the sample, (height, width[, channels]).
    - `ax`: axes to draw into; by default those of a new figure.
    - `size`: of the square, in pixels; by default two ninths of the shorter side.
    """
    x = _one(network, x)
    height, width = x.shape[1:3]
    size = size or max(2, -(-2 * min(height, width) // PATCHES))
    winner = int(network(x)[0].argmax())
    before = float(network(x)[0, winner])
    squares = list(_squares(height, width, size))
    covered = np.repeat(x, len(squares), axis=0)
    for each, square in zip(covered, squares, strict=True):
        each[square] = x.mean(axis=(1, 2))[0]
    falls = before - network(covered)[:, winner]
    total, times = np.zeros((height, width)), np.zeros((height, width))
    for fall, square in zip(falls.tolist(), squares, strict=True):
        total[square] += fall
        times[square] += 1
    ax = _over(network, ax, x[0], total / times, "fall of the output")
    facts = f"{_output(network, winner)}, {size} × {size} pixels covered"
    return titled(ax, "Occlusion", facts, network=network)


@named
def augmented(
    network: Network, x: Any, ax: "Axes | None" = None, count: int = 10, seed: int = 0
) -> "Axes":
    """One sample x, and what the layers that vary pictures in training make of it, time after
    time.

    - `network`: one with such layers in front.
    - `x`: the sample, (height, width[, channels]).
    - `ax`: axes to draw into; by default those of a new figure.
    - `count=10`: how many pictures.
    - `seed=0`: of what is drawn by chance.
    """
    x, first = _one(network, x), _first_random(network)
    if not first:
        raise InputError(
            "this network varies no pictures: expected a layer such as RandomShift(2) before its "
            "first weights"
        )
    rng = np.random.default_rng(seed)
    plain_x, varied = x, np.repeat(x, count - 1, axis=0)
    for layer in first:
        plain_x, varied = layer.forward(plain_x)[0], layer.forward(varied, rng)[0]
    ax = ax or new_axes(3.0)
    images = [_seen(each) for each in (*plain_x, *varied)]
    ax.imshow(sheet(images, min(5, count)), cmap=_greys(ax, network))
    kinds = ", ".join(type(layer).__name__ for layer in first if layer.random)
    ax.set_axis_off()
    facts = f"as it is, and {count - 1} times after {kinds}"
    return titled(ax, "One sample, augmented", facts, network=network)


@named
def varies(network: Network) -> bool:
    """Whether there are layers before its first weights that vary samples in training.

    - `network`: any.
    """
    return bool(_first_random(network))


# ---- what they share


def _one(network: Network, sample: Any) -> Array:
    """A batch of the one sample, checked; InputError if it is no picture."""
    x: Array = network.check_inputs(np.asarray(sample)[None]).astype(network.dtype)
    _ = network.parameters
    if x.ndim not in (3, 4):
        raise InputError(
            f"a sample has shape {x.shape[1:]}, expected a picture (height, width) or (height, "
            "width, channels)"
        )
    return x


def _maps(network: Network, x: Array) -> Iterator[tuple[str, Array]]:
    """The layers from the first kernels on whose output is a picture, and that output."""
    seeing = False
    for name, layer in in_sequence(network.root.parts()):
        x, _ = layer.forward(x)
        parts = [part for _, part in walk([(name, layer)])]
        seeing = seeing or any(part.kernels() is not None for part in parts)
        if seeing and x.ndim == 4:
            yield name, x[0]


def _cell(row: int, column: int, image: Array) -> tuple[float, float, float, float]:
    """Where a picture stands in a grid of squares: in the middle, as wide for its height as it
    is."""
    height, width = image.shape[:2]
    free = 0.9 * (1 - np.array([width, height]) / max(height, width)) / 2
    across, down = free.tolist()
    return column + across, column + 0.9 - across, down - row, 0.9 - row - down


def _first_random(network: Network) -> list[Layer]:
    """The layers before the first weights, up to the last that draws noise."""
    found = []
    for name, layer in in_sequence(network.root.parts()):
        if network.parameters.of(name):
            break
        found.append(layer)
    while found and not found[-1].random:
        found.pop()
    return found


def _squares(height: int, width: int, size: int) -> Iterator[tuple[slice, slice]]:
    """Overlapping squares, so many that every place is covered."""
    step = max(1, size // 2)
    for top in range(0, max(1, height - size + step), step):
        for left in range(0, max(1, width - size + step), step):
            yield slice(top, top + size), slice(left, left + size)


def _output(network: Network, winner: int) -> str:
    classes = network.classes
    return f"class {classes[winner]}" if len(classes) > winner else f"output {winner}"


def _seen(image: Array) -> Array:
    """A picture as it can be drawn: colours from 0 to 1, anything else as one channel."""
    if image.ndim == 3 and image.shape[-1] == RGB:
        low, high = float(image.min()), float(image.max())
        return (image - low) / (high - low or 1.0)
    return image.mean(axis=-1) if image.ndim == 3 else image


def _greys(ax: "Axes", network: Network) -> Any:
    """The shades of a channel: the largest number is the ink, but of pictures in files white."""
    photographs = network.schema is not None and network.schema.picture is not None
    return "gray" if photographs else shades(ax, palette(ax).ink)


def _over(network: Network, ax: "Axes | None", image: Array, shares: Array, label: str) -> "Axes":
    """A faint picture, and over it orange above 0 and blue below, the stronger the larger."""
    ax = ax or new_axes()
    shares = shares.sum(axis=-1) if shares.ndim == 3 else shares
    far = float(np.abs(shares).max()) or 1.0
    ax.imshow(_seen(image), cmap=_greys(ax, network), alpha=FAINT)
    strength = np.sqrt(np.abs(shares) / far)
    drawn = ax.imshow(shares, cmap=both_ways(ax), vmin=-far, vmax=far, alpha=strength)
    colorbar(drawn, ax, label)
    ax.set_axis_off()
    return ax
