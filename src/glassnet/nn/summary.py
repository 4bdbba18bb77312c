"""A network in a table: what each layer makes and what it costs."""

import math
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np

from glassnet.base.arrays import Array, Shape
from glassnet.base.colours import LIGHT
from glassnet.base.html import bar, table
from glassnet.nn.layers.base import Layer
from glassnet.nn.layers.words import MANY
from glassnet.nn.parameters import Parameters

HEADINGS = ("layer", "output shape", "parameters", "multiply-adds", "bytes")

INDENT = "  "

HALF, FEW = 0.5, 0.1  # of the units
DECADES, VANISHING = 6, 4  # that a gradient's bar spans, and below which it hardly teaches


class Row(NamedTuple):
    """One layer: numbers are for one sample, bytes those of its parameters. Parts of a container
    are indented, and what they have is counted in its row, too."""

    layer: str
    output_shape: Shape
    parameters: int
    multiply_adds: int
    bytes: int
    name: str = ""


class Summary(NamedTuple):
    """The rows, and their totals; prints as a table, in which one of many parts that are alike
    stands for all, such as networks whose mean is taken."""

    rows: tuple[Row, ...]
    total: Row
    note: str = ""

    def __str__(self) -> str:
        cells = self.cells()
        widths = [max(len(line[i]) for line in (HEADINGS, *cells)) for i in range(len(HEADINGS))]
        lines = [_line(HEADINGS, widths), *(_line(row, widths) for row in cells)]
        rule = "─" * len(lines[0])
        note = [self.note] if self.note else []
        return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1], *note])

    def cells(self) -> list[tuple[str, ...]]:
        """The texts below `HEADINGS`: a row for each layer, or for many that are alike, and last
        their totals."""
        return [_cells(row) for row in (*self.shown, self.total)]

    @property
    def shown(self) -> tuple[Row, ...]:
        """The rows, of which one stands for many parts that are alike."""
        return tuple(_folded(self.rows))

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        """The same in a notebook."""
        *rows, total = self.cells()
        return table(HEADINGS, [*map(_indented, rows), total])

    def beside(self, headings: Sequence[str], columns: Sequence[Sequence[str]]) -> str:
        """The table as HTML, with more columns beside it: a few cells for each layer, none of which
        stands for others."""
        cells = [_indented(_cells(row)) for row in self.rows]
        rows = [(*own, *more) for own, more in zip(cells, columns, strict=True)]
        return table((*HEADINGS, *headings), [*rows, _cells(self.total)])


def summarize(root: Layer, input_shape: Shape, parameters: Parameters) -> Summary:
    """The table of a network's layers, for samples of this shape."""
    rows = tuple(_rows(root, input_shape, parameters))
    top = [row for row in rows if "." not in row.name]
    total = Row(
        "total",
        root.output_shape(input_shape),
        sum(row.parameters for row in top),
        sum(row.multiply_adds for row in top),
        sum(row.bytes for row in top),
    )
    return Summary(rows, total)


def _rows(
    container: Layer, input_shape: Shape, parameters: Parameters, before: str = ""
) -> Iterator[Row]:
    """A row for each part of a container, and after it the rows of its own parts."""
    indent = INDENT * before.count(".")
    shapes = container.part_shapes(input_shape)
    for (name, layer), shape in zip(container.parts(), shapes, strict=True):
        place = f"{before}{name}"
        views = parameters.of(place).values()
        yield Row(
            f"{indent}{name} {type(layer).__name__}",
            layer.output_shape(shape),
            sum(view.size for view in views),
            layer.multiply_adds(shape),
            sum(view.nbytes for view in views),
            place,
        )
        yield from _rows(layer, shape, parameters, f"{place}.")


def _folded(rows: Sequence[Row]) -> list[Row]:
    """The rows, of which the first of many parts that are alike stands for all; layers without
    parts keep their rows."""
    found = list[Row]()
    for _, run in groupby(_parts(rows), key=_kinds):
        (first, *below), *others = run
        if len(others) + 1 < MANY or not below:
            for part in ([first, *below], *others):
                found += [part[0], *_folded(part[1:])]
            continue
        number, _, kind = first.layer.strip().partition(" ")
        last = others[-1][0].name.rpartition(".")[-1]
        label = f"{INDENT * first.name.count('.')}{number} to {last} {kind}, each"
        found += [first._replace(layer=label), *_folded(below)]
    return found


def _parts(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """The rows of each part, with those of its own parts."""
    part = list[Row]()
    for row in rows:
        if part and row.name.count(".") == part[0].name.count("."):
            yield part
            part = []
        part.append(row)
    if part:
        yield part


def _kinds(part: Sequence[Row]) -> list[Row]:
    """What parts that are alike have in common: all but where they stand."""
    first, place = part[0], len(part[0].name)
    own = first.layer.strip().partition(" ")[-1]
    below = [row._replace(name=row.name[place:]) for row in part[1:]]
    return [first._replace(layer=own, name=""), *below]


def _indented(cells: Sequence[str]) -> tuple[str, ...]:
    """Cells of which HTML keeps the indentation."""
    name = cells[0].lstrip()
    return "\N{NO-BREAK SPACE}" * (len(cells[0]) - len(name)) + name, *cells[1:]


def health(summary: Summary, gradient: Parameters) -> tuple[Sequence[str], list[Sequence[str]]]:
    """Headings, and bars for each layer: how many of its units learned in the last step, which
    those do not whose gradient is 0, and how large the weights' gradients are beside each other.

    Nothing before the first step.
    """
    weights = [_weights(row.name, gradient) for row in summary.rows]
    sizes = [float(np.sqrt(np.mean(np.square(w, dtype=float)))) if w.size else 0.0 for w in weights]
    if not any(sizes):
        return (), [()] * len(weights)
    bars = [
        _bars(w, size / max(sizes), size) if w.size else ("", "")
        for w, size in zip(weights, sizes, strict=True)
    ]
    return ("units that learned in the last step", "gradient"), bars


def _weights(name: str, gradient: Parameters) -> Array:
    """The gradient of a layer's weights (inputs, units); empty if it has none of its own."""
    specs = gradient.specs
    own = [
        values
        for key, values in gradient.of(name).items()
        if "." not in key and specs[f"{name}.{key}"].decay
    ]
    return own[0].reshape(-1, own[0].shape[-1]) if own else np.empty((0, 0))


def _bars(weights: Array, beside: float, size: float) -> Sequence[str]:
    learned = np.any(weights != 0, axis=0)
    share = float(learned.mean())
    green, orange, red = LIGHT.names[2], LIGHT.names[4], LIGHT.names[1]
    colour = green if share > HALF else orange if share > FEW else red
    place = max(0.0, 1 + math.log10(beside) / DECADES) if beside else 0.0
    return (
        bar(share, f"{learned.sum()} of {learned.size}", colour),
        bar(place, f"{size:.1e}", green if place > 1 - VANISHING / DECADES else orange),
    )


def _cells(row: Row) -> tuple[str, ...]:
    shape = " × ".join(map(str, row.output_shape))
    return row.layer, shape, f"{row.parameters:,}", f"{row.multiply_adds:,}", f"{row.bytes:,}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first = f"{cells[0]:<{widths[0]}}"
    return "   ".join([first, *(f"{c:>{w}}" for c, w in zip(cells[1:], widths[1:], strict=True))])
