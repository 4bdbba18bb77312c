"""Pictures, heat maps and diagrams in a page, as SVG and PNG that stand in it."""

import base64
import struct
import zlib
from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise

import numpy as np

from glassnet.base.arrays import Array
from glassnet.inspection.document import Column, Picture, Unit, number, strengths
from glassnet.inspection.html_style import BLUE, ORANGE

FAINT = 0.3  # ink below a heat map
SHADES = 15  # of each colour in a heat map
MOST_PIXELS = 2**17  # of a heat map; of more, means over squares
UNIT, GAP, ACROSS = 7, 18, 112  # of a diagram: radius, from unit to unit, from column to column
LARGER, ROOM = 1.5, 560  # so many times larger in so many pixels
LEAST = 72  # pixels of a column, on a phone
LINE = 14  # of text
MAP = 34  # the side of a map in a diagram


# ---- pictures


def drawn_picture(shown: Picture) -> str:
    """A picture as SVG, a square for each pixel that is not blank, with its number."""
    height, width = shown.pixels.shape[:2]
    ink = FAINT if shown.over is not None else 1.0
    pixels = "".join(_pixels(shown, ink))
    label = escape(f"{shown.name}, {width} × {height} pixels")
    return (
        f'<svg class="picture" viewBox="0 0 {width} {height}" shape-rendering="crispEdges" '
        f'role="img" aria-label="{label}">{pixels}</svg>'
    )


def _pixels(shown: Picture, ink: float) -> Iterator[str]:
    if shown.pixels.ndim == 3:
        yield from _in_colours(shown.pixels, ink)
    elif shown.kind == "heat":
        yield from _heat(shown.pixels)
    else:
        low = min(0.0, float(shown.pixels.min()))
        shares = strengths(shown.pixels - low)
        if shown.kind == "light":
            yield '<rect width="100%" height="100%" fill="#000"/>'
        colour = "#fff" if shown.kind == "light" else "currentColor"
        for (row, column), share in np.ndenumerate(shares):
            if share:
                value = number(float(shown.pixels[row, column]))
                yield _square(row, column, colour, ink * float(share), value)
    if shown.over is not None:
        yield from _heat(shown.over)


def _heat(values: Array) -> Iterator[str]:
    """Orange above 0 and blue below; by the root, so that small ones are seen."""
    for (row, column), share in np.ndenumerate(strengths(values)):
        if share:
            colour = f"rgb({ORANGE if share > 0 else BLUE})"
            value = number(float(values[row, column]))
            yield _square(row, column, colour, abs(float(share)) ** 0.5, value)


def _in_colours(pixels: Array, ink: float) -> Iterator[str]:
    for row, column in np.ndindex(*pixels.shape[:2]):
        red, green, blue = (round(255 * float(each)) for each in pixels[row, column])
        yield _square(row, column, f"#{red:02x}{green:02x}{blue:02x}", ink, "")


def _square(row: int, column: int, colour: str, strength: float, value: str) -> str:
    title = f"<title>{value}</title>" if value else ""
    return (
        f'<rect x="{column}" y="{row}" width="1" height="1" fill="{colour}" '
        f'fill-opacity="{strength:.2g}">{title}</rect>'
    )


# ---- heat maps of arrays with many numbers


def heat_map(values: Array, name: str) -> str:
    """A picture with a pixel for each number: orange above 0, blue below, and clear at 0."""
    every = 1
    while values.size / every**2 > MOST_PIXELS:
        every += 1
    height, width = (n // every for n in values.shape)
    squares = values[: height * every, : width * every].astype(float)
    means = squares.reshape(height, every, width, every).mean(axis=(1, 3))
    said = f"{name}, {values.shape[0]} × {values.shape[1]}"
    said += f", means over {every} × {every}" if every > 1 else ""
    image = base64.b64encode(_png(means)).decode()
    zoom = max(1, min(8, 480 // max(height, width)))
    return (
        f'<img class="heat" alt="{escape(said)}" width="{zoom * width}" height="{zoom * height}" '
        f'src="data:image/png;base64,{image}">'
    )


def _png(values: Array) -> bytes:
    """A PNG whose palette has shades of blue, nothing, and shades of orange."""
    height, width = values.shape
    shades = np.rint(strengths(values) * SHADES).astype(np.int16) + SHADES
    rows = np.zeros((height, width + 1), np.uint8)  # each begins with the number of its filter
    rows[:, 1:] = shades
    colours = [BLUE] * SHADES + ["0, 0, 0"] + [ORANGE] * SHADES
    palette = bytes(int(each) for colour in colours for each in colour.split(", "))
    clear = bytes(
        round(255 * abs(shade) / SHADES) for shade in range(-SHADES, SHADES + 1)
    )  # fmt: skip
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = [
        (b"IHDR", header), (b"PLTE", palette), (b"tRNS", clear),
        (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b""),
    ]  # fmt: skip
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*each) for each in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


# ---- the network


def drawn_network(columns: Sequence[Column]) -> str:
    """Columns of units with the weights between them: the followed path is green."""
    middle = max(_height(column) for column in columns) / 2 + 6
    below = max(_height(column) / 2 + LINE * (len(column.labels) + 1) for column in columns)
    width, height = ACROSS * len(columns), round(middle + below + 8)
    inside: list[str] = []
    for index, (before, column) in enumerate(pairwise(columns)):
        inside += _between(index, before, column, middle)
    for index, column in enumerate(columns):
        inside += _column(index, column, middle)
    zoom = min(LARGER, max(1.0, ROOM / width))
    return (
        f'<div class="box"><svg class="network" style="min-width: {LEAST * len(columns)}px" '
        f'width="{zoom * width:.0f}" height="{zoom * height:.0f}" '
        f'viewBox="0 0 {width} {height}" '
        f'role="img" aria-label="the network, with the followed path">{"".join(inside)}'
        "</svg></div>"
    )


def _height(column: Column) -> float:
    return GAP * (len(column.units) + 2 * _cut(column)) if column.units else 1.6 * MAP


def _cut(column: Column) -> bool:
    """Whether only some of its units are drawn."""
    return len(column.units) < column.shape[0]


def _x(index: int) -> float:
    return ACROSS * (index + 0.5)


def _y(column: Column, place: int, middle: float) -> float:
    return middle + GAP * (place - (len(column.units) - 1) / 2)


def _between(index: int, before: Column, column: Column, middle: float) -> Iterator[str]:
    left, right = _x(index) + UNIT, _x(index + 1) - UNIT
    if column.weights is None:
        start = left if before.units else left + MAP / 2
        end = right if column.units else right - MAP / 2
        yield (
            f'<path d="M{start:.0f} {middle:.0f}H{end - 8:.0f}m-5 -4l5 4l-5 4" fill="none" '
            'stroke="currentColor" stroke-opacity=".6"/>'
        )
        return
    lines = []
    for (row, place), share in np.ndenumerate(strengths(column.weights)):
        followed = before.units[row].followed and column.units[place].followed
        colour = "#009e73" if followed else f"rgb({ORANGE if share > 0 else BLUE})"
        wide = 3 if followed else 0.4 + 1.8 * abs(float(share))
        value = number(float(column.weights[row, place]))
        here, there = _y(before, row, middle), _y(column, place, middle)
        lines.append(
            (followed, f'<path d="M{left:.0f} {here:.1f}L{right:.0f} {there:.1f}" '
             f'stroke="{colour}" stroke-width="{wide:.1f}"><title>{value}</title></path>')
        )  # fmt: skip
    yield from (line for _, line in sorted(lines, key=lambda each: each[0]))


def _column(index: int, column: Column, middle: float) -> Iterator[str]:
    x, half = _x(index), _height(column) / 2
    shape = " × ".join(map(str, column.shape))
    if column.units:
        shares = strengths(np.array([unit.value for unit in column.units]))
        for place, (unit, share) in enumerate(zip(column.units, shares.tolist(), strict=True)):
            yield _unit(x, _y(column, place, middle), unit, share)
        if _cut(column):
            ends = (-1, len(column.units))
            for place in ends:
                y = _y(column, place, middle) + 4
                yield f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="middle">⋮</text>'
    else:
        for shift in (6, 3, 0):
            corner, top = x - MAP / 2 + shift, middle - MAP / 2 - shift
            yield (
                f'<rect x="{corner:.0f}" y="{top:.0f}" width="{MAP}" height="{MAP}" '
                'fill="rgb(128, 128, 128)" fill-opacity=".25" stroke="currentColor" '
                'stroke-opacity=".6"/>'
            )
    for line, text in enumerate((*column.labels, shape)):
        y = middle + half + LINE * (line + 1)
        yield f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="middle">{escape(text)}</text>'


def _unit(x: float, y: float, unit: Unit, share: float) -> str:
    colour = f"rgba({ORANGE if share > 0 else BLUE}, {abs(share):.2f})"
    edge = (
        'stroke="#009e73" stroke-width="3"'
        if unit.followed
        else 'stroke="currentColor" stroke-opacity=".6"'
    )
    title = f"<title>{unit.place}: {number(unit.value)}</title>"
    return f'<circle cx="{x:.0f}" cy="{y:.1f}" r="{UNIT}" fill="{colour}" {edge}>{title}</circle>'
