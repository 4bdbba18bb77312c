"""Samples that are rows of a table: the names and the values of their columns."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array
from glassnet.inspection.document import Table, number
from glassnet.nn.network import Network


class Cell(NamedTuple):
    """A column of a row: its name, its value as the table has it, and the features it becomes."""

    name: str
    value: str
    features: slice


def cells(network: Network, x: Array) -> list[Cell]:
    """The columns of one sample x (features,); none if they have no names."""
    if network.schema is not None:
        found, start = [], 0
        for name, value, count in network.schema.row(x):
            found.append(Cell(name, value, slice(start, start + count)))
            start += count
        return found
    names = network.feature_names if len(network.feature_names) == len(x) else ()
    return [
        Cell(str(name), number(float(value)), slice(n, n + 1))
        for n, (name, value) in enumerate(zip(names, x, strict=bool(names)))
    ]


def as_written(row: list[Cell], values: Mapping[str, Any]) -> list[Cell]:
    """The same columns with their values as the file has them, which may be gaps or words that the
    network knows as rare.

    >>> as_written([Cell("age", "39", slice(0, 1))], {"age": None})
    [Cell(name='age', value='missing', features=slice(0, 1, None))]
    """
    texts = {name: "missing" if value is None else str(value) for name, value in values.items()}
    return [cell._replace(value=texts.get(cell.name, cell.value)) for cell in row]


def columns(network: Network) -> list[tuple[str, slice]]:
    """The name of each column that samples (features,) are made of, and the features it became; of
    features without names, each is one.

    >>> from glassnet import Dense, Sequential
    >>> columns(Sequential([Dense(2)], input_shape=2, seed=0))
    [('feature 0', slice(0, 1, None)), ('feature 1', slice(1, 2, None))]
    """
    features = (network.input_shape or (0,))[-1]
    found = cells(network, np.zeros(features, network.dtype))
    if found:
        return [(cell.name, cell.features) for cell in found]
    return [(f"feature {n}", slice(n, n + 1)) for n in range(features)]


def table_of(network: Network, x: Array) -> Table | None:
    """Samples x (samples, features) as columns beside the names; with the numbers that the network
    receives for them, if these are different."""
    each = [cells(network, row) for row in x]
    if not each[0]:
        return None
    head = ["column", *(f"x[{n}]" if len(x) > 1 else "value" for n in range(len(x)))]
    rows = [[row[0].name, *(cell.value for cell in row)] for row in zip(*each, strict=True)]
    if network.schema is not None and len(x) == 1:
        head.append("as the network receives it")
        for row, cell in zip(rows, each[0], strict=True):
            row.append(", ".join(map(number, x[0][cell.features].tolist())))
    return Table(tuple(head), tuple(map(tuple, rows)))
