"""What every picture needs: axes, a ground and its colours, text as it is, and a file."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

import numpy as np

from glassnet.base.arrays import Array, FilePath
from glassnet.base.colours import DARK, LIGHT, Palette
from glassnet.base.configurable import checked, named
from glassnet.base.errors import InputError
from glassnet.base.files import atomic_write
from glassnet.base.optional import need

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Grid = Literal["both", "x", "y"]
KINDS = ("png", "svg", "pdf")
OWN = "glassnet"  # the label of figures that are made here
# Inches. Every figure is as wide, so that matplotlib's 10 points are one size in all of them.
WIDTH, HEIGHT = 5.0, 4.0
DPI = 180
LINE = 62  # characters of a line of a legend
FACES = ("figure.facecolor", "axes.facecolor", "savefig.facecolor", "legend.facecolor")
TEXTS = ("text.color", "axes.labelcolor", "axes.titlecolor", "axes.edgecolor", "xtick.color",
         "ytick.color", "legend.labelcolor")  # fmt: skip


@named
def new_axes(height: float = HEIGHT) -> "Axes":
    """Axes in a new figure of their own.

    - `height=4`: of the figure, in inches.
    """
    return panels(1, height=height)[0]


@named
def panels(
    count: int, across: int = 2, height: float = HEIGHT, ratios: Sequence[float] = (), **shared: Any
) -> list["Axes"]:
    """Several axes in a new figure.

    - `count`: how many.
    - `across=2`: side by side.
    - `height=4`: of the figure, in inches.
    - `ratios=()`: the heights of its rows beside each other.
    - `shared`: "sharex" and "sharey" of matplotlib.
    """
    across = min(count, across)
    rows = -(-count // across)
    # Figure, not pyplot: no state outside the figure, no screen needed.
    figure = need("matplotlib.figure", "drawing").Figure(
        figsize=(WIDTH, height), layout="constrained", label=OWN
    )
    grid = figure.subplots(rows, across, squeeze=False, height_ratios=ratios or None, **shared)
    every = list(grid.flat)
    for ax in every[count:]:
        ax.remove()
    for ax in every[:count]:  # a notebook shows the picture, though pyplot knows nothing of it
        ax._repr_png_ = partial(_png, figure)
    return every[:count]


def _png(figure: Any) -> bytes:
    file = BytesIO()
    figure.savefig(file, format="png", dpi=100)
    return file.getvalue()


@checked
@contextmanager
def dark(on: bool = True) -> Iterator[None]:
    """Pictures that are drawn within have a dark ground: `with plots.dark(): plots.curves(…)`.

    - `on=True`: False for a light ground.
    """
    colours = dict.fromkeys(FACES, DARK.ground) | dict.fromkeys(TEXTS, DARK.ink)
    with need("matplotlib", "drawing").rc_context(colours if on else {}):
        yield


@named
def palette(ax: "Axes") -> Palette:
    """The colours for the ground of these axes, whoever made them.

    - `ax`: the axes.
    """
    red, green, blue, opaque = need("matplotlib.colors", "drawing").to_rgba(ax.get_facecolor())
    return DARK if opaque > 0.5 and 0.299 * red + 0.587 * green + 0.114 * blue < 0.5 else LIGHT


@named
def colours(ax: "Axes") -> tuple[str, ...]:
    """Those for names side by side: classes, or trainings compared.

    - `ax`: the axes, whose ground decides.
    """
    return palette(ax).names


def shades(ax: "Axes", *ends: str) -> Any:
    """A colour map from the ground to a colour, or from one colour over the ground to another."""
    names = [*ends[:-1], palette(ax).ground, ends[-1]]
    return need("matplotlib.colors", "drawing").LinearSegmentedColormap.from_list("shades", names)


def both_ways(ax: "Axes") -> Any:
    """A colour map for weights: blue below 0, the ground at 0, orange above."""
    return shades(ax, *palette(ax).signs)


def by_depth(ax: "Axes", count: int) -> list[Any]:
    """A colour for each layer, from the first to the last of them."""
    ends = (0.3, 1.0) if palette(ax) is DARK else (0.0, 0.8)
    return list(need("matplotlib", "drawing").colormaps["viridis"](np.linspace(*ends, count)))


@checked
def framed(
    ax: "Axes", xlabel: str, ylabel: str, legend: bool = True, grid: Grid = "both"
) -> "Axes":
    """The axes with their names, a faint grid, no lines where nothing is, and a legend.

    - `ax`: the axes.
    - `xlabel`, `ylabel`: their names.
    - `legend=True`: whether to add one.
    - `grid="both"`: lines across "x", "y" or both.
    """
    ax.set_xlabel(plain(xlabel))
    ax.set_ylabel(plain(ylabel))
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(alpha=0.25, axis=grid)
    ax.set_axisbelow(True)
    if legend:
        explained(ax)
    return ax


@named
def explained(*every: "Axes") -> None:
    """One legend for these axes: below them in a figure that was made here for them, else within
    the first.

    - `every`: the axes.
    """
    found: dict[str, Any] = {}
    for ax in every:
        handles, names = ax.get_legend_handles_labels()
        found |= dict(zip(names, handles, strict=True))
    if not found:
        return
    figure: Any = every[0].get_figure()
    if not is_own(every[0], len(every)):
        every[0].legend(frameon=False)
        return
    for old in figure.legends:
        old.remove()
    columns = next(n for n in range(len(found), 0, -1) if n == 1 or _length(list(found), n) <= LINE)
    figure.legend(found.values(), found.keys(), loc="outside lower center", ncols=columns,
                  frameon=False, columnspacing=1.2, borderaxespad=0.2)  # fmt: skip


def _length(names: Sequence[str], columns: int) -> int:
    """Characters of a line of a legend that has these columns, each with a mark before it."""
    split = np.array_split(np.array([len(name) for name in names]), columns)
    return int(sum(part.max() + 6 for part in split))


def is_own(ax: "Axes", count: int = 1) -> bool:
    """Whether these axes are in a figure that was made here for so many of them."""
    figure: Any = ax.get_figure()
    others = [each for each in figure.axes if each.get_label() != "<colorbar>"]
    return bool(figure.get_label() == OWN and len(others) == count)


@named
def save(ax: "Axes", path: FilePath) -> None:
    """Write the figure of these axes to a file, in the format that its ending names; the same
    figure is the same file.

    - `ax`: the axes, or one of them.
    - `path`: of a .png, .svg or .pdf.
    """
    kind = picture_kind(path)
    with atomic_write(path) as file:
        write(ax, file, kind)


def write(ax: "Axes", file: IO[bytes], kind: str) -> None:
    """Write the figure of these axes; the same figure is the same bytes.

    - `ax`: the axes, or one of them.
    - `file`: an open file.
    - `kind`: "png", "svg" or "pdf".
    """
    figure: Any = ax.get_figure()
    undated = {"metadata": {"Date": None}} if kind.lower() == "svg" else {}
    names = {"svg.hashsalt": "glassnet"}  # else those within an SVG are by chance
    with need("matplotlib", "drawing").rc_context(names), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # text of the user's that the font has not
        figure.savefig(file, format=kind, dpi=DPI, **undated)


@named
def picture_kind(path: FilePath) -> str:
    """The format that a file's ending names, png without one.

    - `path`: of the file.

    Raises `InputError` for any other.
    """
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


def colorbar(picture: Any, ax: "Axes", label: str, *more: "Axes") -> None:
    """What the colours of a picture mean, beside its axes, and perhaps beside more of them."""
    figure: Any = ax.get_figure()
    bar = figure.colorbar(picture, ax=[ax, *more] if more else ax, label=plain(label))
    bar.outline.set_visible(False)


def plain(text: Any) -> str:
    """Text as it is: matplotlib reads what stands between dollars as mathematics, and takes no
    names of files that are not text."""
    return str(text).replace("$", r"\$").encode("utf-8", "backslashreplace").decode("utf-8")
