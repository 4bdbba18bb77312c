"""What every picture needs: axes, a ground and its colours, text as it is, and a file."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from glassnet.base.arrays import Array, FilePath
from glassnet.base.errors import InputError
from glassnet.base.files import atomic_write
from glassnet.base.html import COLOURS, DARK_COLOURS, GROUNDS, INKS
from glassnet.base.optional import need

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Grid = Literal["both", "x", "y"]
KINDS = ("png", "svg", "pdf")
FEW = 30  # epochs, of which each has a dot
FACES = ("figure.facecolor", "axes.facecolor", "savefig.facecolor", "legend.facecolor")
TEXTS = ("text.color", "axes.labelcolor", "axes.titlecolor", "axes.edgecolor", "xtick.color",
         "ytick.color", "legend.labelcolor")  # fmt: skip


def new_axes(height: float = 4) -> "Axes":
    """Axes in a new figure of their own, as high as this in inches."""
    return side_by_side(1, 6, height=height)[0]


def side_by_side(count: int, width: float = 5, title: str = "", height: float = 4) -> list["Axes"]:
    """Axes side by side in a new figure; sizes are those of each, in inches."""
    # Figure, not pyplot: no state outside the figure, no screen needed.
    figure = need("matplotlib.figure", "drawing").Figure(
        figsize=(width * count, height), layout="constrained"
    )
    if title:
        figure.suptitle(plain(title))
    every = list(figure.subplots(1, count, squeeze=False)[0])
    for ax in every:  # a notebook shows the picture, though pyplot knows nothing of it
        ax._repr_png_ = partial(_png, figure)
    return every


def _png(figure: Any) -> bytes:
    file = BytesIO()
    figure.savefig(file, format="png", dpi=100)
    return file.getvalue()


@contextmanager
def dark(on: bool = True) -> Iterator[None]:
    """Pictures that are drawn within have a dark ground: `with plots.dark(): plots.curves(…)`."""
    ground, ink = GROUNDS[on], INKS[on]
    colours = dict.fromkeys(FACES, ground) | dict.fromkeys(TEXTS, ink)
    with need("matplotlib", "drawing").rc_context(colours if on else {}):
        yield


def is_dark(ax: "Axes") -> bool:
    """Whether the ground of these axes is dark, whoever made them."""
    red, green, blue, opaque = need("matplotlib.colors", "drawing").to_rgba(ax.get_facecolor())
    return bool(opaque > 0.5 and 0.299 * red + 0.587 * green + 0.114 * blue < 0.5)


def colours(ax: "Axes") -> tuple[str, ...]:
    """Okabe and Ito's colours, those first that stand out on the ground of these axes."""
    return DARK_COLOURS if is_dark(ax) else COLOURS


def ground(ax: "Axes") -> str:
    """The colour of the ground, where it shows through."""
    return GROUNDS[is_dark(ax)]


def ink(ax: "Axes") -> str:
    """The colour of text on it."""
    return INKS[is_dark(ax)]


def shades(ax: "Axes", *ends: str) -> Any:
    """A colour map from the ground to a colour, or from one colour over the ground to another."""
    names = [*ends[:-1], ground(ax), ends[-1]]
    return need("matplotlib.colors", "drawing").LinearSegmentedColormap.from_list("shades", names)


def both_ways(ax: "Axes") -> Any:
    """A colour map for weights: blue below 0, the ground at 0, orange above."""
    return shades(ax, colours(ax)[0], colours(ax)[1])


def framed(
    ax: "Axes", xlabel: str, ylabel: str, legend: bool = True, grid: Grid = "both"
) -> "Axes":
    """The axes with their names, a faint grid, no lines where nothing is, and a legend."""
    ax.set_xlabel(plain(xlabel))
    ax.set_ylabel(plain(ylabel))
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(alpha=0.25, axis=grid)
    ax.set_axisbelow(True)
    if legend and ax.get_legend_handles_labels()[0]:
        ax.legend(frameon=False)
    return ax


def save(ax: "Axes", path: FilePath) -> None:
    """Write the figure of these axes to a file, in the format that its ending names; the same
    figure is the same file."""
    figure: Any = ax.get_figure()
    kind = picture_kind(path)
    undated = {"metadata": {"Date": None}} if kind.lower() == "svg" else {}
    names = {"svg.hashsalt": "glassnet"}  # else those within an SVG are by chance
    with (
        atomic_write(path) as file,
        need("matplotlib", "drawing").rc_context(names),
        warnings.catch_warnings(),
    ):
        warnings.filterwarnings("ignore", "Glyph")  # text of the user's that the font has not
        figure.savefig(file, format=kind, dpi=150, **undated)


def picture_kind(path: FilePath) -> str:
    """The format that a file's ending names, png without one; InputError for any other."""
    kind = Path(path).suffix.lstrip(".") or "png"
    if kind.lower() not in KINDS:
        raise InputError(
            f"{path}: there are no pictures of the kind {kind!r}: expected .png, .svg or .pdf"
        )
    return kind


def sheet(images: Sequence[Array], columns: int | None = None) -> Array:
    """Pictures in a grid with a gap between them, as wide as high unless `columns` says otherwise;
    those in colours get a fourth channel, 0 in the gaps."""
    columns = columns or int(np.ceil(np.sqrt(len(images))))
    height, width, *colour = images[0].shape
    rows = -(-len(images) // columns)
    gap = max(1, height // 14)
    size = rows * (height + gap) - gap, columns * (width + gap) - gap
    grid = np.zeros((*size, 4)) if colour else np.full(size, np.nan)
    for number, image in enumerate(images):
        top, left = (number // columns) * (height + gap), (number % columns) * (width + gap)
        place = slice(top, top + height), slice(left, left + width)
        if colour:
            grid[(*place, slice(3))], grid[(*place, 3)] = image, 1
        else:
            grid[place] = image
    return grid


def colorbar(picture: Any, ax: "Axes", label: str) -> None:
    """What the colours of a picture mean, beside its axes."""
    figure: Any = ax.get_figure()
    bar = figure.colorbar(picture, ax=ax, label=plain(label))
    bar.outline.set_visible(False)


def plain(text: Any) -> str:
    """Text as it is: matplotlib reads what stands between dollars as mathematics."""
    return str(text).replace("$", r"\$")
