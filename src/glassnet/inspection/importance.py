"""Which columns a network's predictions rest on: how much worse they are without one."""

from typing import Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array, spread
from glassnet.base.configurable import named, positive_int
from glassnet.base.errors import InputError
from glassnet.base.progress import work
from glassnet.inspection.rows import columns
from glassnet.nn.metrics import score_named
from glassnet.nn.metrics.counts import is_uneven
from glassnet.nn.network import Network
from glassnet.nn.task import VALUES, Task
from glassnet.training.scoring import judged

MOST_ROWS = 10_000  # of more rows so many are looked at, evenly spread


class Importance(NamedTuple):
    """How much a metric gets worse if the values of one column are mixed up among the rows.

    - `columns`: their names, the most important first.
    - `drops`: by how much the metric is worse each time (columns, repeats); below 0 it is better.
    - `metric`: its name.
    - `score`: the metric with all columns as they are.
    - `rows`: how many rows were looked at.
    """

    columns: tuple[str, ...]
    drops: Array
    metric: str
    score: float
    rows: int

    @property
    def mean(self) -> Array:
        """The importance of each column: the mean of its drops (columns,)."""
        found: Array = self.drops.mean(axis=1)
        return found

    @property
    def std(self) -> Array:
        """The standard deviation of a column's drops (columns,)."""
        found: Array = self.drops.std(axis=1)
        return found

    def __repr__(self) -> str:
        first = f", {self.columns[0]!r} first" if self.columns else ""
        return f"<Importance of {len(self.columns)} columns for {self.metric}{first}>"


@named
def importance(
    network: Network,
    x: Any,
    y: Any,
    metric: str | None = None,
    repeats: int = 10,
    seed: int = 0,
) -> Importance:
    """Permutation importance (Breiman, 2001; of any model: Fisher et al., 2019).

    A column's values change rows at random, so that they have the same distribution and no relation
    to the target any more: importance = s − s', the metric before and after. A column of a table
    that became several numbers, such as a category, is moved as one. Two columns that say the same
    share what either would have alone.

    - `network`: a trained one, of rows of numbers or of a table.
    - `x`, `y`: samples and targets, better those of a test part.
    - `metric`: by default accuracy, log loss if classes are uneven, or R² of values. Where most
      rows are of one class, a column may change many probabilities and hardly any predicted class.
    - `repeats=10`: how often each column is mixed up.
    - `seed=0`: of the random order.

    Raises `InputError` for pictures, and for a metric of a different task.

    >>> from glassnet import Dense, Sequential
    >>> x = np.random.default_rng(0).normal(size=(500, 3))
    >>> y = (x[:, 1] > 0).astype(int)
    >>> net = Sequential([Dense(2)], input_shape=3, seed=0)
    >>> history = net.fit(x, y, epochs=30)
    >>> found = importance(net, x, y)
    >>> found.columns[0], bool(found.mean[0] > 0.3)
    ('feature 1', True)
    """
    repeats, loss = positive_int("repeats", repeats), network.trained_loss()
    task = network.task or VALUES
    x, targets = _some(*_checked(network, x, y))
    score = score_named(metric or _usual(task, y), task)

    named, rng = columns(network), np.random.default_rng(seed)
    with work("mixing up columns", len(named) * repeats, "times") as mixing:

        def measure(given: Array) -> float:
            mixing.add()
            return score(judged(task, loss, network.outputs(given), targets))

        after = [[measure(mixed(x, place, rng)) for _ in range(repeats)] for _, place in named]
    before = score(judged(task, loss, network.outputs(x), targets))
    drops = (before - np.array(after)) * (1 if score.rises else -1)
    order = np.argsort(-drops.mean(axis=1), kind="stable")
    names = tuple(named[k][0] for k in order)
    return Importance(names, drops[order], score.name, before, len(x))


def _usual(task: Task, y: Any) -> str:
    """The metric that is looked at if none is asked for."""
    if not task.has_probabilities:
        return "r2"
    uneven = task.exclusive and is_uneven(np.unique(y, return_counts=True)[1].tolist())
    return "log_loss" if uneven else "accuracy"


def _checked(network: Network, x: Any, y: Any) -> tuple[Array, Array]:
    x = network.check_inputs(x)
    if x.ndim != 2:
        raise InputError(
            f"importance is of columns, and samples have shape {x.shape[1:]}: for pictures see "
            "occlusion"
        )
    return x, network.trained_loss().targets(y, network.output_shape[0], np.float64)


def _some(x: Array, targets: Array) -> tuple[Array, Array]:
    """All rows, or of very many some."""
    rows = spread(len(x), MOST_ROWS)
    return x[rows], targets[rows]


def mixed(x: Array, place: slice, rng: np.random.Generator) -> Array:
    """Rows x (rows, features) with these features from other rows."""
    moved = x.copy()
    moved[:, place] = x[rng.permutation(len(x)), place]
    return moved
