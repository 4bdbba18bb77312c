"""How predictions depend on one column, all others being as they are."""

from typing import Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array, spread
from glassnet.base.configurable import choose, named, positive_int
from glassnet.base.errors import InputError
from glassnet.data.tables.columns import Category, Column
from glassnet.inspection.document import number
from glassnet.inspection.rows import cells, columns
from glassnet.nn.losses import Loss
from glassnet.nn.network import Network
from glassnet.nn.task import VALUES

ENDS = 0.05  # share of the rows at both ends of a column that is left out
FEW = 20  # values of a column, of which none is left out
MOST_ROWS = 1000  # over which predictions are averaged; of more rows, evenly spread ones


class Dependence(NamedTuple):
    """The mean prediction for each of some values of a column.

    - `column`: its name.
    - `values`: as the table has them, from low to high, or the most frequent first.
    - `places`: the same as numbers, None if they are none.
    - `mean`: of the predictions (values, outputs): probabilities of classes, or values.
    - `outputs`: the names of what is predicted.
    """

    column: str
    values: tuple[str, ...]
    places: tuple[float, ...] | None
    mean: Array
    outputs: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<Dependence on {self.column!r} at {len(self.values)} values>"


@named
def dependence(network: Network, x: Any, column: str, points: int = 20) -> Dependence:
    """Partial dependence (Friedman, 2001): the mean of f(v, rest) over the rows, for values v of a
    column in every row.

    Values are quantiles of the column from 5 % to 95 %, or all if there are few. A column
    that is related to others gets values here that they may never have together.

    - `network`: a trained one, of rows of numbers or of a table.
    - `x`: samples, over which the mean is taken.
    - `column`: its name; "feature 0" and so on if features have none.
    - `points=20`: how many values at most.

    Raises `InputError` for a name that is not there, and for pictures.

    >>> from glassnet import Dense, Sequential
    >>> x = np.random.default_rng(0).normal(size=(200, 2))
    >>> net = Sequential([Dense(1)], input_shape=2, seed=0)
    >>> history = net.fit(x, 3 * x[:, 0], epochs=100, optimizer="adam:learning_rate=0.05")
    >>> found = dependence(net, x, "feature 0", points=2)
    >>> slope = np.diff(found.mean[:, 0]) / np.diff(found.places)
    >>> slope.round(2).tolist()
    [3.0]
    """
    points = positive_int("points", points)
    x = network.check_inputs(x)
    if x.ndim != 2:
        raise InputError(f"dependence is of columns, and samples have shape {x.shape[1:]}")
    named = dict(columns(network))
    place = named[choose("column", column, named)]
    blocks = _values(x[:][:, place], _kind(network, column), points)
    rest = x[spread(len(x), MOST_ROWS)]
    outputs: tuple[str, ...] = ()
    mean = []
    for block in blocks:
        rest[:, place] = block
        predicted, outputs = _predicted(network, rest)
        mean.append(predicted.mean(axis=0, dtype=np.float64))
    texts, number_of = _written(network, rest[0], place, column, blocks)
    return Dependence(column, texts, number_of, np.array(mean), outputs)


def _kind(network: Network, column: str) -> Column | None:
    """What the schema says of a column of a table; None of an array."""
    schema = network.schema
    if schema is None or schema.block or schema.pixels:
        return None
    found: Column = next(each for each in schema.columns if each.name == column)
    return found


def _values(features: Array, kind: Column | None, points: int) -> Array:
    """The features of some values of a column (values, features), without that of a gap: of
    categories the most frequent; of few numbers all, else quantiles."""
    if kind is not None and kind.gaps and not isinstance(kind, Category):
        features = features[features[:, -1] == 0]
    found, counts = np.unique(features, axis=0, return_counts=True)
    if isinstance(kind, Category):
        return np.asarray(found[np.argsort(-counts, kind="stable")][:points])
    if len(found) <= min(FEW, points):
        return found
    rows = features[np.argsort(features[:, 0], kind="stable")]
    at = np.linspace(ENDS, 1 - ENDS, points) * (len(rows) - 1)
    chosen = rows[at.round().astype(int)]
    return np.asarray(chosen[np.append(True, np.diff(chosen[:, 0]) > 0)])


def _written(
    network: Network, row: Array, place: slice, column: str, blocks: Array
) -> tuple[tuple[str, ...], tuple[float, ...] | None]:
    """Values of a column as the table has them, and as numbers if they are."""
    texts = []
    for block in blocks:
        row = row.copy()
        row[place] = block
        own = [cell.value for cell in cells(network, row) if cell.name == column]
        texts.append(own[0] if own else number(float(block[0])))
    try:
        return tuple(texts), tuple(map(float, texts))
    except ValueError:
        return tuple(texts), None


def _predicted(network: Network, x: Array) -> tuple[Array, tuple[str, ...]]:
    """Probabilities with the names of their classes, of two the second alone; or values."""
    z, loss = network.outputs(x), network.trained_loss()
    task = network.task or VALUES
    if not task.has_probabilities or type(loss).probabilities is Loss.probabilities:
        several = z.shape[1] > 1
        target = network.target or "prediction"
        return z, tuple(f"{target}_{n}" if several else target for n in range(z.shape[1]))
    p = loss.probabilities(z)
    names = tuple(map(str, network.classes or range(p.shape[1])))
    return (p[:, 1:], names[1:]) if task.exclusive and len(names) == 2 else (p, names)
