"""How sure a metric is: its interval if the rows were drawn again."""

import math
from collections.abc import Iterable

import numpy as np

from glassnet.base.arrays import spread
from glassnet.base.progress import work
from glassnet.nn.metrics import SCORES, Judged

REPEATS = 1000  # times that the rows are drawn, at most
FEWEST = 200  # times, at least
ROWS_DRAWN = 2_000_000  # all in all; of many rows, fewer times
MOST_ROWS = 50_000  # of more rows, evenly spread ones
ENDS = (0.025, 0.975)


def intervals(given: Judged, names: Iterable[str], seed: int = 0) -> dict[str, tuple[float, float]]:
    """The 95 % interval of each metric: the bootstrap's percentiles (Efron, 1979).

    As many rows as there are are drawn from them with replacement, up to 1,000 times, and each time
    the metrics are computed. More than 50,000 rows are taken as 50,000 evenly spread ones, whose
    interval is wider. A metric that is never defined is left out.

    - `given`: predictions beside what was right.
    - `names`: of the metrics.
    - `seed=0`: of the draws.

    >>> y = np.arange(100.0)[:, None]
    >>> found = intervals(Judged(y, y + np.where(y % 2, 1.0, -2.0)), ["mean_absolute_error"])
    >>> low, high = found["mean_absolute_error"]
    >>> 1.35 < low < 1.5 < high < 1.65
    True
    """
    wanted = {name: SCORES[name] for name in names}
    given = _rows(given, spread(len(given.y), MOST_ROWS))
    count, rng = len(given.y), np.random.default_rng(seed)
    repeats = max(FEWEST, min(REPEATS, ROWS_DRAWN // count))
    found = np.full((repeats, len(wanted)), math.nan)
    with work("resampling rows", repeats, "times") as drawing:
        for each in found:
            some = _rows(given, rng.integers(count, size=count))
            each[:] = [score(some) for score in wanted.values()]
            drawing.add()
    defined = {
        name: column[np.isfinite(column)]
        for name, column in zip(wanted, found.T, strict=True)
        if np.isfinite(column).any()
    }
    return {
        name: (float(low), float(high))
        for name, column in defined.items()
        for low, high in [np.quantile(column, ENDS)]
    }


def _rows(given: Judged, rows: "np.ndarray | slice") -> Judged:
    p = None if given.p is None else given.p[rows]
    return Judged(given.y[rows], given.predicted[rows], p)
