"""What a picture says: its name, the facts below it, its legend, and where its words stand."""

from collections.abc import Iterator
from itertools import combinations
from typing import Any


def name_of(ax: Any) -> str:
    """The name above the picture."""
    return ax.get_figure().get_suptitle().split("\n")[0]


def facts_of(ax: Any) -> str:
    """What stands below the name, in one line."""
    found = [each for each in ax.get_figure().artists if each.get_gid() == "facts"]
    assert len(found) == 1
    return found[0].get_text().replace("\n", " ")


def legend_of(ax: Any) -> list[str]:
    """The names in the legend of the figure, or else of the axes."""
    (legend,) = [*ax.get_figure().legends, *filter(None, [ax.get_legend()])]
    return [text.get_text() for text in legend.get_texts()]


def words(figure: Any) -> Iterator[tuple[Any, Any]]:
    """Every text that is drawn, and the box around its letters."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer, hidden = canvas.get_renderer(), set(_left_out(figure))
    for text in figure.findobj(Text):
        if text.get_visible() and text.get_text().strip() and text not in hidden:
            yield text, text.get_window_extent(renderer)


def _left_out(figure: Any) -> Iterator[Any]:
    """Texts that are kept and not drawn: of ticks beyond the ends of their axis, and all that
    belongs to axes that are off."""
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            drawn = set(axis._update_ticks()) if ax.axison else set()
            ticks = {*axis.get_major_ticks(), *axis.get_minor_ticks()} - drawn
            yield from (label for tick in ticks for label in (tick.label1, tick.label2))
            if not ax.axison:
                yield axis.label


def faults(figure: Any) -> list[str]:
    """Texts that leave the picture, and pairs that overlap."""
    found, page = [*words(figure)], figure.bbox.padded(1)
    outside = [
        text.get_text()
        for text, box in found
        if box.x0 < page.x0 or box.y0 < page.y0 or box.x1 > page.x1 or box.y1 > page.y1
    ]
    overlapping = [
        f"{one.get_text()} × {other.get_text()}"
        for (one, a), (other, b) in combinations(found, 2)
        if a.padded(-1).overlaps(b.padded(-1)) and not _belong(one, other)
    ]
    return [*outside, *overlapping]


def _belong(one: Any, other: Any) -> bool:
    """The facts stand in the empty lines of the name."""
    return (
        "facts" in (one.get_gid(), other.get_gid()) and "\n " in one.get_text() + other.get_text()
    )
