"""Pictures of samples that are images: a sheet of them, each below its caption."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.configurable import named
from glassnet.base.errors import InputError
from glassnet.base.optional import need
from glassnet.inspection.plots.figures import WIDTH, new_axes, palette, plain, shades
from glassnet.inspection.plots.titles import titled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHEET = 20  # images on a sheet, at most
TEN, COLUMNS = 10, 5
LONG = 12  # letters, which a name above an image may have
# In points: the sheet's width, the letters, a line's height, the gap, an image's height.
ACROSS, LETTERS, LINE, GAP, HIGHEST = 0.95 * 72 * WIDTH, 10.0, 13.0, 7.0, 96.0


@named
def samples(
    images: Array, labels: Sequence[Any] | Array, ax: "Axes | None" = None, columns: int = COLUMNS
) -> "Axes":
    """Images (samples, height, width), perhaps with channels as a fourth axis, in a grid, each with
    its label above it: one of each class, or of few classes several, ten in all; the first ten if
    labels are no classes. Bytes in three channels are red, green and blue; of other channels the
    mean is drawn.

    - `images`: (samples, height, width[, channels]).
    - `labels`: of the samples; they may have several lines.
    - `ax`: axes to draw into; by default those of a new figure.
    - `columns=5`: at most.
    """
    chosen = one_of_each(labels)
    ax = captioned(images[chosen], [str(labels[place]) for place in chosen], ax, columns)
    return titled(ax, "Samples", f"{len(chosen)} of {len(labels):,}")


@named
def one_of_each(labels: Sequence[Any] | Array) -> list[int]:
    """Places of the first sample of each class, and in their turn of the second, third …; ten, or
    as many as there are classes up to 20. Of more different labels, the first ten.

    - `labels`: of the samples.

    >>> one_of_each([1, 1, 0, 1, 0])
    [2, 4, 0, 1, 3]
    """
    kinds, codes = np.unique(np.asarray(labels), return_inverse=True)
    if len(kinds) > SHEET or kinds.dtype.kind == "f":
        return list(range(min(TEN, len(codes))))
    order = np.argsort(codes, kind="stable")
    turn = np.empty(len(codes), int)
    turn[order] = np.arange(len(codes)) - np.searchsorted(codes[order], codes[order])
    chosen = np.lexsort((codes, turn))[: max(TEN, len(kinds))]
    places: list[int] = chosen[np.lexsort((turn[chosen], codes[chosen]))].tolist()
    return places


@named
def mistakes(
    images: Array, labels: Array, p: Array, classes: Sequence[str] = (), ax: "Axes | None" = None
) -> "Axes":
    """The ten images whose wrong prediction has the highest probability p (samples, classes).

    - `images`: (samples, height, width[, channels]).
    - `labels`: of the samples.
    - `p`: the predicted probabilities, (samples, classes).
    - `classes=()`: the names of the labels.
    - `ax`: axes to draw into; by default those of a new figure.
    """
    names = classes or [str(n) for n in range(p.shape[1])]
    predictions = p.argmax(axis=1)
    wrong = np.flatnonzero(predictions != labels)
    if not len(wrong):
        raise InputError("there are no mistakes to draw: every prediction is right")
    worst = wrong[np.argsort(-p[wrong, predictions[wrong]], kind="stable")][:TEN]
    pairs = [(_short(names[labels[k]]), _short(names[predictions[k]])) for k in worst]
    between = " " if max(len(taken) for _, taken in pairs) <= LONG // 3 else "\n"
    captions = [
        f"{true} taken\nfor {taken},{between}{100 * p[k].max():.0f} %"
        for k, (true, taken) in zip(worst, pairs, strict=True)
    ]
    columns = _columns(captions, len(captions))
    shown = max(columns, len(captions) // columns * columns)  # whole rows
    ax = captioned(images[worst[:shown]], captions[:shown], ax)
    return titled(ax, "Most confident mistakes", f"{len(captions[:shown])} of {len(wrong):,}")


def _short(name: str) -> str:
    return name if len(name) <= LONG else f"{name[: LONG - 1]}…"


@named
def captioned(
    images: Array, captions: Sequence[str], ax: "Axes | None" = None, columns: int = COLUMNS
) -> "Axes":
    """All of these images in a grid, each below its caption, which may have several lines; as many
    columns as their captions leave room for.

    - `images`: (images, height, width[, channels]).
    - `captions`: one for each.
    - `ax`: axes to draw into; by default those of a new figure.
    - `columns=5`: at most.
    """
    columns = _columns(captions, columns)
    cell = ACROSS / columns
    head = LINE * max(caption.count("\n") + 1 for caption in captions) + 2
    height, width = images.shape[1:3]
    side = min((cell - GAP) / width, HIGHEST / height)  # of a pixel
    row = head + side * height + GAP
    total = row * -(-len(images) // columns) - GAP
    ax = ax or new_axes(total / 72 + 0.65)
    shown, scale = _drawable(ax, images)
    for place, (image, caption) in enumerate(zip(shown, captions, strict=True)):
        left = place % columns * cell + (cell - side * width) / 2
        top = place // columns * row + head
        ax.imshow(image, extent=(left, left + side * width, top + side * height, top), **scale)
        ax.text(left + side * width / 2, top - 2, plain(caption), ha="center", va="bottom")
    ax.set_xlim(0, ACROSS)
    ax.set_ylim(total, 0)
    ax.set_aspect("equal")
    ax.set_axis_off()
    return ax


def _columns(captions: Sequence[str], most: int) -> int:
    """How many of them fit beside each other."""
    lines = {line for caption in captions for line in caption.split("\n") if line}
    path = need("matplotlib.textpath", "drawing").TextPath
    widest = max((path((0, 0), plain(line), size=LETTERS).get_extents().width for line in lines),
                 default=0.0)  # fmt: skip
    return max(1, min(most, COLUMNS, int(ACROSS // (widest + GAP)), len(captions)))


def _drawable(ax: "Axes", images: Array) -> tuple[Array, dict[str, Any]]:
    """Images as matplotlib takes them, and their one scale."""
    if images.ndim == 4 and images.shape[3] == 3 and images.dtype == np.uint8:
        return images, {}
    grey = images.mean(axis=3) if images.ndim == 4 else images
    ends = {"vmin": float(grey.min()), "vmax": float(grey.max())}
    return grey, {"cmap": shades(ax, palette(ax).ink), **ends}
