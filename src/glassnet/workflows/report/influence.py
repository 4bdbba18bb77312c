"""Which columns the predictions rest on: importance of the table's own columns."""

from collections.abc import Iterator

import numpy as np

from glassnet.base.arrays import spread
from glassnet.base.numerals import column
from glassnet.inspection import plots
from glassnet.inspection.document import Table
from glassnet.inspection.gallery_page import Picture
from glassnet.inspection.importance import Importance, importance
from glassnet.inspection.report_page import Section
from glassnet.inspection.rows import columns
from glassnet.nn.metrics.names import metric_name
from glassnet.workflows.report.data import short
from glassnet.workflows.report.material import Material

REPEATS = 5
MOST_COLUMNS = 500  # of more columns none is looked at
ROWS_MIXED = 1_000_000  # rows times columns times repeats
FEWEST_ROWS = 200
MOST_SHOWN = 100  # columns of a table
OPEN = 10  # of them at once
LETTERS = 20  # of a name in a picture


def section(given: Material) -> Section:
    """The most important columns first."""
    found = _found(given)
    if found is None:
        return Section("Importance of columns", lines=tuple(_why_not(given)))
    line = (
        f"How much worse {metric_name(found.metric)} gets on {found.rows:,} rows if the values of "
        f"one column are shuffled among them: mean and standard deviation (±) of {REPEATS} times. "
        "Of two columns that say the same, each may look unimportant because the other remains."
    )
    names = tuple(short(name) for name in found.columns)
    shorter = tuple(short(name, LETTERS) for name in found.columns)
    hint = "Dots: the mean; bars: one standard deviation of the repeats."
    drawn = Picture("Result", "Importance of columns", hint,
                    lambda: plots.importance(found._replace(columns=shorter)))  # fmt: skip
    return Section(
        "Importance of columns", lines=(line,), tables=(_table(found, names),), pictures=(drawn,)
    )


def _found(given: Material) -> Importance | None:
    """That of a sample of the rows, so small that it takes seconds."""
    if not given.is_judged or given.rows_and_targets[0].ndim != 2:
        return None
    x, y = given.rows_and_targets
    count = len(columns(given.network))
    if count > MOST_COLUMNS or len(x) < 2:
        return None
    some = spread(len(x), max(FEWEST_ROWS, ROWS_MIXED // (count * REPEATS)))
    metric = "r2" if not given.task.has_probabilities else "log_loss"
    if given.task.has_probabilities and not given.has_probabilities:
        metric = "accuracy"
    return importance(given.network, np.asarray(x[some]), y[some], metric, REPEATS)


def _why_not(given: Material) -> Iterator[str]:
    """Why there is none, if there are rows."""
    if not given.is_judged:
        return
    if given.rows_and_targets[0].ndim != 2:
        shape = " × ".join(map(str, given.rows_and_targets[0].shape[1:]))
        yield f"Importance is of columns, and these samples of {shape} numbers have none."
    elif len(given.rows_and_targets[0]) > 1:
        yield (
            f"There are more than {MOST_COLUMNS} columns: glassnet importance MODEL DATA looks "
            "at them, and takes its time."
        )


def _table(found: Importance, names: tuple[str, ...]) -> tuple[str, Table]:
    means, stds = column(found.mean.tolist()), column(found.std.tolist())
    rows = tuple(
        (name, mean, f"± {std}") for name, mean, std in zip(names, means, stds, strict=True)
    )[:MOST_SHOWN]
    left_out = len(names) - len(rows)
    more = f", the first {MOST_SHOWN} of {len(names):,}" if left_out else ""
    title = f"How much worse {metric_name(found.metric)} is without the column{more}"
    return title, Table(("column", "mean", "std"), rows, OPEN)
