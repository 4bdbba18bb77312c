"""Explanations as pages: HTML that needs nothing else, no network and no JavaScript."""

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import groupby, zip_longest

from glassnet.base.arrays import Array
from glassnet.inspection.document import Bar, Part, Picture, Shown, Table, aligned, strengths
from glassnet.inspection.html_drawings import drawn_network, drawn_picture, heat_map
from glassnet.inspection.html_style import LEVELS, PAGE, PARTS

MOST = 1024  # numbers in a table; more are drawn as a heat map
LEGEND = (
    '<p class="hint">Orange numbers are above 0, blue ones below; the stronger the colour, the '
    "larger. Samples count from 1, and places in an array from 0, as in W[0, 1].</p>\n"
)
RAISED = '<p class="hint">Orange raises the output that won, blue lowers it.</p>\n'
FOLLOWED = (
    '<p class="hint">One weight is followed through all layers, framed in green. All arrays of a '
    "layer show the same units: its y is what the next layer multiplies by the rows of its W, and "
    "its dx is the dy of the layer above it.</p>\n"
)
WIDE = 8  # columns of a table; more are closer together
TEN = 10  # numbers in a line
BESIDE = 5  # columns of a diagram that fit beside a sample
WAYS = {"forward": "Forward", "backward": "Backward"}


def page(title: str, parts: Sequence[Part]) -> str:
    """A whole page that explains."""
    return frame(title, legend(parts) + body(parts))


def frame(title: str, inside: str) -> str:
    """A page with this heading, and this inside."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{PAGE}{PARTS}</style>\n</head>\n<body>\n"
        f"<main>\n<h1>{escape(title)}</h1>\n{inside}\n</main>\n</body>\n</html>\n"
    )


def legend(parts: Sequence[Part]) -> str:
    """What colours and frames mean."""
    step = any(part.way for part in parts)
    hints = LEGEND + FOLLOWED * any(part.way == "update" for part in parts) if step else RAISED
    return f'<div class="gn">{hints}</div>'


def body(parts: Sequence[Part]) -> str:
    """What stands in the page: the parts of a step in rows, forward and backward of a layer beside
    each other if there is room; other parts side by side."""
    if any(part.way for part in parts):
        return f'<div class="gn"><div class="step">{"".join(_step(parts))}</div></div>'
    return side_by_side(parts)


def side_by_side(parts: Sequence[Part]) -> str:
    """Parts beside each other if there is room, such as one operation of a step and a number of it,
    worked out."""
    return f'<div class="gn"><div class="parts">{"".join(map(_part, parts))}</div></div>'


def shown(parts: Sequence[Part]) -> str:
    """The same in a notebook's cell."""
    return f"<style>{PARTS}</style>{legend(parts)}{body(parts)}"


# ---- the rows of a step


def _step(parts: Sequence[Part]) -> Iterator[str]:
    """Cells in the order in which they are read; the number of its row puts a layer's backward
    beside its forward."""
    layers = list(dict.fromkeys(part.layer for part in parts if part.way == "forward"))
    rows = {"": 1, "loss": len(layers) + 3, "update": len(layers) + 4}
    begun: set[str] = set()
    for (way, layer), group in groupby(parts, key=lambda part: (part.way, part.layer)):
        some = list(group)
        if way in WAYS and way not in begun:
            begun.add(way)
            yield f'<div class="way {way}" style="--row: 2">{WAYS[way]}</div>'
            if way == "backward":
                yield _without(parts, layers)
        goes = " goes" if any(s.name.startswith("dx") for part in some for s in part.arrays) else ""
        row = rows[way] if way in rows else layers.index(layer) + 3
        inside = "".join(map(_part, some))
        yield f'<div class="cell {way or "head"}{goes}" style="--row: {row}">{inside}</div>'


def _without(parts: Sequence[Part], layers: Sequence[str]) -> str:
    """A cell for the layers before the first whose gradient is needed, if there are any."""
    needed = {part.layer for part in parts if part.way == "backward"}
    before = [layer for layer in layers if layer not in needed]
    if not before:
        return ""
    *some, last = before
    which = f"Layers {', '.join(some)} and {last} need" if some else f"Layer {last} needs"
    text = f"{which} no gradient: there are no parameters so far."
    return f'<div class="cell backward none" style="--row: 3"><p class="hint">{text}</p></div>'


def _part(part: Part) -> str:
    """A section; those over both columns have a left and a right side."""
    words = _formula(part.formula) + "".join(f"<p>{escape(line)}</p>" for line in part.lines)
    arrays = list(map(_array, part.arrays))
    last = arrays.pop() if part.way == "loss" else ""
    figures = "".join([*map(_picture, part.pictures), *arrays])
    left = words + (f'<div class="arrays">{figures}</div>' if figures else "")
    table = (named_table(part.table) if part.table else "") + _bars(part.bars, part.full)
    drawn = drawn_network(part.network) if part.network else ""
    wide = len(part.network) > BESIDE
    right = last + drawn * (not wide)
    if part.way == "update":
        right = table
    else:
        left += table + drawn * wide
    heading = f"<h2>{escape(part.title)}</h2>"
    if not right:
        return f"<section>{heading}{left}</section>"
    sides = f'<div>{left}</div><div class="right">{right}</div>'
    return f'<section><div class="two">{heading}{sides}</div></section>'


def _formula(text: str) -> str:
    """Formulas, each in one piece if there is room; spaces part those in one line."""
    lines = [re.split(" {3,}", line) for line in text.splitlines()]
    rows = (
        "<div>" + "".join(f"<span>{escape(each)}</span>" for each in line) + "</div>"
        for line in lines
    )
    return f'<div class="formula">{"".join(rows)}</div>' if text else ""


# ---- arrays and pictures


def _array(shown: Shown) -> str:
    caption = f"<figcaption><b>{escape(shown.name)}</b> {escape(shown.where)}</figcaption>"
    rows = shown.rows if len(shown.values) > 1 else ()
    table = _numbers(shown.values, rows, shown.columns, shown.mark)
    return f"<figure>{caption}{table}{_rest(shown)}</figure>"


def _rest(shown: Shown) -> str:
    """What is not in the window, folded: as numbers, or of many as a heat map."""
    if shown.whole is None:
        return ""
    height, width = shown.whole.shape
    if shown.whole.size > MOST:
        drawn = f'<div class="box">{heat_map(shown.whole, shown.name)}</div>'
    elif height == 1:
        drawn = _in_tens(shown.whole)
    else:
        drawn = _numbers(shown.whole, range(height), range(width))
    return f"<details><summary>{escape(shown.rest)}, {height} × {width}</summary>{drawn}</details>"


def _numbers(
    values: Array, rows: Sequence[int], columns: Sequence[int], mark: tuple[int, int] | None = None
) -> str:
    """A table of numbers with the places of its columns, and of its rows if there are several."""
    every = zip(aligned(values), strengths(values).tolist(), strict=True)
    cells = [
        [
            _cell(text, share, mark == (row, column))
            for column, (text, share) in enumerate(zip(texts, shares, strict=True))
        ]
        for row, (texts, shares) in enumerate(every)
    ]
    return _grid(cells, [str(n) for n in rows], [str(n) for n in columns])


def _in_tens(values: Array) -> str:
    """One row of numbers, ten in a line."""
    cells = [
        _cell(text, share, False)
        for text, share in zip(aligned(values)[0], strengths(values)[0].tolist(), strict=True)
    ]
    starts = range(0, len(cells), TEN)
    lines = [cells[start : start + TEN] for start in starts]
    return _grid(lines, [str(start) for start in starts], [f"+{n}" for n in range(TEN)])


def _grid(cells: Sequence[Sequence[str]], rows: Sequence[str], columns: Sequence[str]) -> str:
    """Cells below the names of their columns, and beside those of their rows, if they have any."""
    kind = ' class="many"' if len(columns) > WIDE else ""
    head = "<td></td>" * bool(rows) + "".join(f"<th>{name}</th>" for name in columns)
    lines = [
        f"<tr>{f'<th>{name}</th>' if rows else ''}{''.join(line)}</tr>"
        for name, line in zip_longest(rows, cells)
    ]
    return f'<div class="box"><table{kind}><tr>{head}</tr>{"".join(lines)}</table></div>'


def _cell(text: str, share: float, followed: bool) -> str:
    level = round(abs(share) * LEVELS)
    kinds = [f"{'o' if share > 0 else 'u'}{level}"] * (level > 0) + ["z"] * (share == 0)
    kinds += ["f"] * followed
    kind = f' class="{" ".join(kinds)}"' if kinds else ""
    return f"<td{kind}>{escape(text.strip())}</td>"


def _picture(picture: Picture) -> str:
    caption = f"<figcaption><b>{escape(picture.name)}</b> {escape(picture.where)}</figcaption>"
    return f"<figure>{caption}{drawn_picture(picture)}</figure>"


# ---- tables and bars


def named_table(table: Table) -> str:
    """A table with headings; what is not open at once is folded."""
    first, more = table.rows[: table.open], table.rows[table.open :]
    folded = ""
    if more:
        said = f"{len(more)} more of {len(table.rows)}"
        folded = f"<details><summary>{said}</summary>{_named(table, more)}</details>"
    return _named(table, first) + folded


def _named(table: Table, rows: Iterable[Sequence[str]]) -> str:
    kinds = [' class="text"' if name in table.text else "" for name in table.head]
    headings = "".join(
        f"<th{kind}>{escape(name)}</th>" if name else "<td></td>"
        for name, kind in zip(table.head, kinds, strict=True)
    )
    lines = "".join(
        "<tr>"
        + "".join(f"<td{kind}>{escape(cell)}</td>" for cell, kind in zip(row, kinds, strict=True))
        + "</tr>"
        for row in rows
    )
    table_of = f'<table class="named"><tr>{headings}</tr>{lines}</table>'
    return f'<div class="box" tabindex="0">{table_of}</div>'


def _bars(bars: Sequence[Bar], full: float) -> str:
    if not bars:
        return ""
    ends = [0.0, full, *(end for bar in bars for end in (bar.start, bar.end))]
    low, high = min(ends), max(ends)
    unit = 100 / (high - low or 1)
    lines = []
    for bar in bars:
        left, right = sorted((bar.start, bar.end))
        kind = "" if bar.total else ' class="up"' if bar.end > bar.start else ' class="down"'
        strong = ' class="strong"' if bar.strong else ""
        lines.append(
            f"<span{strong}>{escape(bar.label)}</span>"
            f'<span class="track"><i{kind} style="left: {(left - low) * unit:z.2f}%; '
            f'width: {(right - left) * unit:z.2f}%"></i><b style="left: {-low * unit:z.2f}%"></b>'
            f"</span><span{strong}>{escape(bar.text)}</span>"
        )
    return f'<div class="bars">{"".join(lines)}</div>'
