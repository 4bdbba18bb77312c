"""A network as columns of a picture: its inputs, and each layer with what follows it in place."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from glassnet.base.arrays import Shape
from glassnet.data import Dataset
from glassnet.lab.meaning import names_of_outputs, probable
from glassnet.nn.layers import Layer
from glassnet.nn.parameters import Parameter
from glassnet.nn.summary import Row
from glassnet.sequential import Sequential

MOST_UNITS = 12  # of a column that are drawn
MOST_TERMS = 8  # of a sum of parameters that is written out


class Column(NamedTuple):
    """Layers drawn as one: `layers[0]` makes its units, the others do something with each.

    - `layers`: their numbers; the inputs may have none.
    - `shows`: the layer whose outputs are drawn, -1 for the inputs themselves.
    - `shape`: of what is drawn.
    - `units`: how many are drawn, of `of`. An input picture is one.
    """

    layers: tuple[int, ...]
    shows: int
    shape: Shape
    units: int
    of: int


def columns_of(network: Sequential, input_shape: Shape) -> list[Column]:
    """The columns from left to right."""
    shapes = network.shapes(input_shape)
    groups: list[list[int]] = [[]]
    for n, layer in enumerate(network.layers):
        if _joins(layer, shapes[n], shapes[n + 1]):
            groups[-1].append(n)
        else:
            groups.append([n])
    return [_column(group, shapes, k == 0) for k, group in enumerate(groups)]


def _joins(layer: Layer, before: Shape, after: Shape) -> bool:
    """Whether a layer belongs to the one before it: it does something with each of its numbers, or
    puts them into another shape."""
    if layer.parts() or "W" in layer.build(before):
        return False
    return before == after or (not layer.build(before) and math.prod(before) == math.prod(after))


def _column(group: Sequence[int], shapes: Sequence[Shape], inputs: bool) -> Column:
    places = [-1, *group] if inputs else list(group)
    axes = [len(shapes[n + 1]) for n in places]
    most = axes[0] if inputs and axes[0] > 1 else max(axes)
    fitting = [n for n, count in zip(places, axes, strict=True) if count == most]
    shows = fitting[0] if inputs else fitting[-1]
    shape = shapes[shows + 1]
    count = 1 if inputs and len(shape) > 1 else shape[-1]
    return Column(tuple(group), shows, shape, min(count, MOST_UNITS), count)


# ---- what the page is told of them


def of_columns(network: Sequential, data: Dataset) -> list[dict[str, Any]]:
    """Each column: its layers, shapes, names of units, parameters and multiply-adds."""
    assert network.input_shape is not None
    columns = columns_of(network, network.input_shape)
    shapes = network.shapes(network.input_shape)
    summary = network.summary()
    rows = {row.name: row for row in summary.rows}
    found = []
    for k, column in enumerate(columns):
        own = [rows[str(n)] for n in column.layers]
        found.append({
            "layers": list(column.layers),
            "shows": column.shows,
            "shape": list(column.shape),
            "output": list(shapes[max(column.layers, default=-1) + 1]),
            "units": column.units,
            "of": column.of,
            "names": _names(k, columns, data),
            "gives": "logit" if k == len(columns) - 1 and probable(network) else "",
            "count": sum(row.parameters for row in own),
            "sum": in_numbers(_specs(network, column.layers)),
            "multiply_adds": sum(row.multiply_adds for row in own),
            "inside": _inside(summary.shown, column),
        })  # fmt: skip
    return found


def _inside(rows: Sequence[Row], column: Column) -> list[dict[str, Any]]:
    """The layers of which a layer is made, if it is: indented by depth."""
    return [
        {
            "depth": row.name.count(".") - 1,
            "name": row.name,
            "words": f"{row.name.rpartition('.')[0]}.{row.layer.strip()}",
            "shape": list(row.output_shape),
            "count": row.parameters,
        }
        for row in rows
        if "." in row.name and int(row.name.partition(".")[0]) in column.layers
    ]


def _names(k: int, columns: Sequence[Column], data: Dataset) -> list[str]:
    """Of features and outputs; other units have none."""
    column = columns[k]
    if k == 0:
        return feature_names(data)[: column.units] if len(column.shape) == 1 else []
    if k == len(columns) - 1:
        return names_of_outputs(data)[: column.units]
    return []


def feature_names(data: Dataset) -> list[str]:
    """The names of the features, or x0, x1, …"""
    return list(data.feature_names) or [f"x{n}" for n in range(data.input_shape[0])]


def _specs(network: Sequential, layers: Sequence[int]) -> Iterator[Parameter]:
    specs: Mapping[str, Parameter] = network.parameters.specs
    return (spec for name, spec in specs.items() if int(name.partition(".")[0]) in layers)


def in_numbers(specs: Iterator[Parameter]) -> str:
    """How many parameters there are, as a sum over them; of one number or many, that number.

    >>> from glassnet.nn.initializers import Zeros
    >>> in_numbers(iter([Parameter((2, 4), Zeros()), Parameter((4,), Zeros())]))
    '2 × 4 + 4 = 12'
    """
    shapes = [spec.shape for spec in specs]
    terms = " + ".join(" × ".join(map(str, shape)) for shape in shapes)
    total = f"{sum(math.prod(shape) for shape in shapes):,}"
    return total if terms in (total, "") or len(shapes) > MOST_TERMS else f"{terms} = {total}"
