"""Tables and curves as HTML, for notebooks: nothing else is needed to see them."""

import math
from collections.abc import Mapping, Sequence

from glassnet.base.colours import LIGHT

WIDTH, HEIGHT, MARGIN = 420, 160, 60


class Html(str):
    """What is HTML already."""

    __slots__ = ()


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose first column is a name; cells are text, or `Html`.

    >>> table(["layer", "bytes"], [["0 Dense", "24"]])
    '<table><tr><th>layer</th><th>bytes</th></tr><tr><td>0 Dense</td><td>24</td></tr></table>'
    """
    head = "".join(f"<th>{escape(text)}</th>" for text in headings)
    lines = ["".join(f"<td>{escape(text)}</td>" for text in row) for row in rows]
    return "<table>" + "".join(f"<tr>{line}</tr>" for line in (head, *lines)) + "</table>"


def curves(figures: Mapping[str, Sequence[float]]) -> str:
    """Figures of every epoch as lines in one picture, SVG, with their names and last values, and
    the ends of its axes; what is not finite is left out."""
    finite = [v for values in figures.values() for v in values if math.isfinite(v)]
    if not finite:
        return ""
    low, high = min(finite), max(finite)
    drawn, names = [], []
    for colour, (name, values) in zip(LIGHT.parts * len(figures), figures.items(), strict=False):
        points = " ".join(
            f"{_place(k, 0, max(1, len(values) - 1)) * WIDTH:.1f},"
            f"{(1 - _place(v, low, high)) * HEIGHT:.1f}"
            for k, v in enumerate(values)
            if math.isfinite(v)
        )
        drawn.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )
        names.append(f'<span style="color:{colour}">{escape(name)} {values[-1]:z.4g}</span>')
    length = max(map(len, figures.values()))
    drawn += [_text(-6, 10, f"{high:z.4g}", "end"), _text(-6, HEIGHT, f"{low:z.4g}", "end")]
    drawn += [_text(0, HEIGHT + 16, "epoch 1", "start"), _text(WIDTH, HEIGHT + 16, length, "end")]
    wide, tall = WIDTH + MARGIN + 4, HEIGHT + 24
    box = f'viewBox="-{MARGIN} -4 {wide} {tall}" width="{wide}" height="{tall}"'
    return f"<div>{' &nbsp; '.join(names)}<br><svg {box}>{''.join(drawn)}</svg></div>"


def _text(x: int, y: int, text: object, anchor: str) -> str:
    font = 'font-size="11" fill="currentColor" opacity=".7"'
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" {font}>{text}</text>'


def _place(value: float, low: float, high: float) -> float:
    """Where a value lies between two others, 0 to 1; in the middle where they are the same."""
    return (value - low) / (high - low) if high > low else 0.5


def bar(share: float, text: str, colour: str = LIGHT.names[2]) -> Html:
    """A bar that is full at 1, and what it says.

    >>> "width:25%" in bar(0.25, "1 of 4")
    True
    """
    inner = f'<span style="display:block;height:100%;width:{share:.0%};background:{colour}"></span>'
    style = "display:inline-block;width:6em;height:.7em;background:rgba(128,128,128,.25)"
    whole = f'<span style="{style}">{inner}</span> {escape(text)}'
    return Html(f'<span style="white-space:nowrap">{whole}</span>')


def escape(text: str) -> str:
    """Text as it is; the module is imported when there is something to show."""
    if isinstance(text, Html):
        return text
    import html

    return html.escape(text)
