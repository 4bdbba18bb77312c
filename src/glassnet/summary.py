"""A network in a table: what each layer makes and what it costs."""

from collections.abc import Sequence
from typing import NamedTuple

from glassnet.arrays import Shape
from glassnet.layers import Layer
from glassnet.markup import table
from glassnet.parameters import Parameters

HEADINGS = ("layer", "output shape", "parameters", "multiply-adds", "bytes")


class Row(NamedTuple):
    """One layer: figures are for one sample, bytes those of its parameters."""

    layer: str
    output_shape: Shape
    parameters: int
    multiply_adds: int
    bytes: int


class Summary(NamedTuple):
    """The rows, and their totals; prints as a table."""

    rows: tuple[Row, ...]
    total: Row

    def __str__(self) -> str:
        cells = [_cells(row) for row in (*self.rows, self.total)]
        widths = [max(len(line[i]) for line in (HEADINGS, *cells)) for i in range(len(HEADINGS))]
        lines = [_line(HEADINGS, widths), *(_line(row, widths) for row in cells)]
        rule = "─" * len(lines[0])
        return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1]])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        """The same in a notebook."""
        return table(HEADINGS, [_cells(row) for row in (*self.rows, self.total)])


def summarize(layers: Sequence[Layer], shapes: Sequence[Shape], parameters: Parameters) -> Summary:
    """The table of a network whose samples have `shapes` before each layer and after the last."""
    rows = []
    for index, layer in enumerate(layers):
        views = [view for name, view in parameters.items() if name.startswith(f"{index}.")]
        rows.append(
            Row(
                f"{index} {type(layer).__name__}",
                shapes[index + 1],
                sum(view.size for view in views),
                layer.multiply_adds(shapes[index]),
                sum(view.nbytes for view in views),
            )
        )
    total = Row(
        "total",
        shapes[-1],
        sum(row.parameters for row in rows),
        sum(row.multiply_adds for row in rows),
        sum(row.bytes for row in rows),
    )
    return Summary(tuple(rows), total)


def _cells(row: Row) -> tuple[str, ...]:
    shape = " × ".join(map(str, row.output_shape))
    return row.layer, shape, f"{row.parameters:,}", f"{row.multiply_adds:,}", f"{row.bytes:,}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first = f"{cells[0]:<{widths[0]}}"
    return "   ".join([first, *(f"{c:>{w}}" for c, w in zip(cells[1:], widths[1:], strict=True))])
