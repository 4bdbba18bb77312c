"""What was measured as tables in Markdown: mean ranks, who is ahead of whom, every score."""

import math
import statistics
from collections.abc import Iterable, Sequence

import numpy as np

from benchmarks.tables.catalogue import TABLES
from benchmarks.tables.contenders import CONTENDERS
from benchmarks.tables.ranks import critical_difference, means, ranks
from benchmarks.tables.results import Result, shared

LEVEL = 5e-4  # scores that differ by less are equal when rounded as they are shown


def measured(found: Iterable[Result]) -> list[str]:
    """The contenders that were measured, in the order in which they are listed."""
    there = {result["contender"] for result in found}
    return [name for name in CONTENDERS if name in there]


def rows_of(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def report(found: Sequence[Result]) -> str:
    """Mean ranks, and each table's scores and seconds."""
    who = measured(found)
    both = shared(found, who)
    if not both:
        return "No split has a result of every contender yet."
    parts = [ranking(both, who), by_table(both, who, "score"), seconds(both, who)]
    return "\n\n".join(parts)


def ranking(found: Sequence[Result], who: Sequence[str]) -> str:
    """Mean ranks of contenders that were measured on the same splits, the best first."""
    score, error = means(found, "score"), means(found, "error")
    tables, by_score = ranks(score, who, rising=True)
    _, by_error = ranks(error, who, rising=False)
    rows = [
        [CONTENDERS[who[k]], f"{by_score[:, k].mean():.2f}", f"{by_error[:, k].mean():.2f}"]
        for k in np.argsort(by_score.mean(axis=0), kind="stable")
    ]
    apart = f"{critical_difference(len(who), len(tables)):.2f}" if len(who) > 1 else "–"
    head = ["", "mean rank by accuracy or R²", "by log loss or RMSE"]
    return f"{rows_of(head, rows)}\n\nTables: {len(tables)}. Critical difference: {apart}."


def against(found: Sequence[Result], ours: str, who: Sequence[str]) -> str:
    """On how many tables `ours` is ahead of each of the others, level with it, or behind."""
    head = ["beside", "tables", "better score", "level", "worse score", "lower error", "higher"]
    rows = []
    for name in who:
        if name != ours and (pair := shared(found, [ours, name])):
            score, error = means(pair, "score"), means(pair, "error")
            more = [_known(row[ours]) - _known(row[name]) for row in score.values()]
            less = [_lost(row[ours]) < _lost(row[name]) for row in error.values()]
            level = sum(abs(by) < LEVEL for by in more)
            better = sum(by >= LEVEL for by in more)
            counts = [len(more), better, level, len(more) - better - level, sum(less)]
            rows.append([CONTENDERS[name], *map(str, counts), str(len(less) - sum(less))])
    return rows_of(head, rows)


def _known(score: float) -> float:
    return -1e9 if math.isnan(score) else score


def _lost(error: float) -> float:
    return math.inf if math.isnan(error) else error


def by_table(found: Sequence[Result], who: Sequence[str], which: str) -> str:
    """The mean "score" or "error" of each table, the best in bold."""
    best = max if which == "score" else min
    rows = []
    for name, row in sorted(means(found, which).items(), key=lambda each: _by_task(each[0])):
        shown = {each: _short(row[each]) if each in row else "–" for each in who}
        known = [value for value in row.values() if not math.isnan(value)]
        top = _short(best(known)) if known else ""
        cells = [f"**{text}**" if text == top else text for text in shown.values()]
        rows.append([name, *cells])
    return rows_of(["", *(CONTENDERS[each] for each in who)], rows)


def _by_task(name: str) -> tuple[str, str]:
    return TABLES[name].task, name


def _short(value: float) -> str:
    """Three digits after the point, or the first five of a large number."""
    if math.isnan(value):
        return "failed"
    return f"{value:.3f}" if abs(value) < 100 else f"{value:,.1f}"


def seconds(found: Sequence[Result], who: Sequence[str]) -> str:
    """The seconds to fit each table, and the median of those to predict its test rows."""
    fit, predict = means(found, "fit"), means(found, "predict")
    rows = []
    for name in who:
        times = [row[name] for row in predict.values() if name in row]
        cells = (f"{row[name]:.2f}" if name in row else "–" for row in fit.values())
        rows.append([CONTENDERS[name], *cells, f"{statistics.median(times):.3f}"])
    return rows_of(["seconds to fit", *fit, "to predict"], rows)
