"""Explanations as pages: HTML that needs nothing else, no network and no JavaScript."""

from collections.abc import Sequence
from html import escape

from glassnet.inspection.document import Part, Shown, aligned, strengths

PAGE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem;
       color: #1a1a1a; background: #fff; }
h1 { font-size: 1.4rem; }
img { max-width: 100%; }
@media (prefers-color-scheme: dark) { body { color: #eee; background: #16181c; } }
@media (min-width: 75rem) {
  body { max-width: 88rem; } .gn { columns: 2; column-gap: 3rem; }
  .gn section { break-inside: avoid; } .gn section:first-child h2 { margin-top: 0; } }
"""
# For parts of other pages: a ground and a colour of their own.
PARTS = """
.gn h2 { font-size: 1.05rem; margin: 1.2rem 0 .3rem; }
.gn pre { margin: .3rem 0; white-space: pre-wrap; font: .95rem/1.5 ui-monospace, monospace;
      border-left: 3px solid #0072b2; padding-left: .7rem; }
.gn p { margin: .2rem 0; font-family: ui-monospace, monospace; font-size: .9rem;
      overflow-wrap: anywhere; }
.gn .arrays { display: flex; flex-wrap: wrap; gap: .6rem 1.4rem; }
.gn figure { margin: .4rem 0; overflow-x: auto; }
.gn figcaption { font-size: .85rem; opacity: .75; }
.gn table { border-collapse: collapse; font: .85rem ui-monospace, monospace; }
.gn td { padding: .1rem .45rem; text-align: right; white-space: pre; border: 0; }
.gn .picture { border: 1px solid rgba(128, 128, 128, .4); }
.gn .picture td { width: var(--pixel); height: var(--pixel); padding: 0; }
"""
LEGEND = (
    "<p>Orange numbers are above 0, blue ones below; the stronger the colour, the larger.</p>\n"
)
PICTURE = 14.0  # rem, the longer side of a picture
BLUE, ORANGE = "0, 114, 178", "230, 159, 0"  # distinct with any colour vision


def page(title: str, parts: Sequence[Part]) -> str:
    """A whole page that explains."""
    return frame(title, LEGEND + body(parts))


def frame(title: str, inside: str) -> str:
    """A page with this heading, and this inside."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{PAGE}{PARTS}</style>\n</head>\n<body>\n"
        f"<h1>{escape(title)}</h1>\n{inside}\n</body>\n</html>\n"
    )


def body(parts: Sequence[Part]) -> str:
    """What stands in the page."""
    return '<div class="gn">' + "\n".join(map(_part, parts)) + "</div>"


def shown(parts: Sequence[Part]) -> str:
    """The same in a notebook's cell."""
    return f"<style>{PARTS}</style>{LEGEND}{body(parts)}"


def _part(part: Part) -> str:
    formula = f"<pre>{escape(part.formula)}</pre>" if part.formula else ""
    lines = "".join(f"<p>{escape(line)}</p>" for line in part.lines)
    arrays = "".join(map(_array, part.arrays))
    arrays = f'<div class="arrays">{arrays}</div>' if arrays else ""
    return f"<section><h2>{escape(part.title)}</h2>{formula}{lines}{arrays}</section>"


def _array(shown: Shown) -> str:
    shares = strengths(shown.values).tolist()
    cell = _pixel if shown.picture else _cell
    rows = "".join(
        "<tr>" + "".join(map(cell, texts, row)) + "</tr>"
        for texts, row in zip(aligned(shown.values), shares, strict=True)
    )
    caption = f"<figcaption><b>{escape(shown.name)}</b> {escape(shown.where)}</figcaption>"
    side = PICTURE / max(shown.values.shape)
    kind = f' class="picture" style="--pixel: {side:.2f}rem"' if shown.picture else ""
    return f"<figure>{caption}<table{kind}>{rows}</table></figure>"


def _cell(text: str, share: float) -> str:
    return f'<td style="background: {_colour(share, 0.55)}">{escape(text)}</td>'


def _pixel(text: str, share: float) -> str:
    return f'<td style="background: {_colour(share, 1)}" title="{text.strip()}"></td>'


def _colour(share: float, strength: float) -> str:
    return f"rgba({ORANGE if share > 0 else BLUE}, {strength * abs(share):.2f})"
