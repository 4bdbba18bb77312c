"""What every picture needs: axes, colours, text as it is, and a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from glassnet.arrays import FilePath
from glassnet.errors import InputError
from glassnet.files import atomic_write
from glassnet.packages import need

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def new_axes() -> "Axes":
    """Axes in a new figure of their own."""
    # Figure, not pyplot: no state outside the figure, no screen needed.
    figure = need("matplotlib.figure", "drawing").Figure(figsize=(6, 4), layout="constrained")
    axes: Axes = figure.subplots()
    return axes


def save(ax: "Axes", path: FilePath) -> None:
    """Write the figure of these axes to a file, in the format that its ending names."""
    figure: Any = ax.get_figure()
    kind = picture_kind(path)
    with atomic_write(path) as file:
        figure.savefig(file, format=kind, dpi=150)


def picture_kind(path: FilePath) -> str:
    """The format that a file's ending names, png without one; InputError where there is none."""
    kind = Path(path).suffix.lstrip(".") or "png"
    known = sorted(need("matplotlib.backend_bases", "drawing").FigureCanvasBase.filetypes)
    if kind.lower() not in known:
        raise InputError(f"{path}: there are no pictures of the kind {kind!r}: {', '.join(known)}")
    return kind


def colorbar(picture: Any, ax: "Axes", label: str) -> None:
    """What the colours of a picture mean, beside its axes."""
    figure: Any = ax.get_figure()
    figure.colorbar(picture, ax=ax, label=plain(label))


def plain(text: Any) -> str:
    """Text as it is: matplotlib reads what stands between dollars as mathematics."""
    return str(text).replace("$", r"\$")
