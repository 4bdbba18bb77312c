"""Ranks over tables, and how far apart mean ranks must be to tell contenders apart."""

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata, studentized_range

from benchmarks.tables.results import Result

Means = dict[str, dict[str, float]]


def means(found: Iterable[Result], which: str) -> Means:
    """The mean over seeds by table and contender; none for a contender that failed in one."""
    values: dict[str, dict[str, list[float]]] = {}
    for result in found:
        of = values.setdefault(result["table"], {}).setdefault(result["contender"], [])
        of.append(result.get(which, math.nan))
    return {
        table: {who: float(np.mean(each)) for who, each in row.items()}
        for table, row in values.items()
    }


def ranks(table: Means, who: Sequence[str], rising: bool) -> tuple[list[str], NDArray[np.float64]]:
    """The tables that all have, and ranks (tables, contenders): 1 is the best, equal ones share the
    mean of their ranks, and one that failed comes last."""
    names = [name for name, row in table.items() if all(each in row for each in who)]
    worst = -math.inf if rising else math.inf
    rows = np.array([[table[name][each] for each in who] for name in names])
    rows = np.where(np.isnan(rows), worst, rows).reshape(len(names), len(who))
    return names, rankdata(-rows if rising else rows, axis=1)


def critical_difference(contenders: int, tables: int, alpha: float = 0.05) -> float:
    """How far mean ranks must lie apart to differ  (Nemenyi's test in Demšar, 2006).

        q √(k (k + 1) / (6 N)),  q: quantile of the studentized range over √2

    >>> round(critical_difference(5, 30), 3)
    1.114
    """
    q = studentized_range.ppf(1 - alpha, contenders, np.inf) / math.sqrt(2)
    return float(q * math.sqrt(contenders * (contenders + 1) / (6 * tables)))
