"""What was measured as text: mean ranks, and each table's scores."""

import math
import statistics
from collections.abc import Sequence

import numpy as np

from benchmarks.tables.catalogue import TABLES
from benchmarks.tables.contenders import CONTENDERS, contender
from benchmarks.tables.ranks import critical_difference, means, ranks
from benchmarks.tables.results import Result


def named(name: str) -> str:
    """A contender's name for people, or that of its module if it cannot be imported."""
    try:
        return str(contender(name).NAME)
    except ImportError:
        return name


def measured(found: Sequence[Result]) -> list[str]:
    """The contenders that were measured, in the order in which they are listed."""
    there = {result["contender"] for result in found}
    return [name for name in CONTENDERS if name in there]


def report(found: Sequence[Result]) -> str:
    """Mean ranks, seconds, and a line for each table, in Markdown."""
    who = measured(found)
    score, error = means(found, "score"), means(found, "error")
    tables, by_score = ranks(score, who, rising=True)
    _, by_error = ranks(error, who, rising=False)
    if not tables:
        return "No table has a result of every contender yet."
    seconds = {which: means(found, which) for which in ("fit", "predict")}
    lines = ["| contender | mean rank, score | mean rank, error | fit, s | predict, s |",
             "| --- | --- | --- | --- | --- |"]  # fmt: skip
    for place in np.argsort(by_score.mean(axis=0), kind="stable"):
        name = who[place]
        times = [statistics.median(of[t][name] for t in tables) for of in seconds.values()]
        lines.append(
            f"| {named(name)} | {by_score[:, place].mean():.2f} | {by_error[:, place].mean():.2f} "
            f"| {times[0]:.2f} | {times[1]:.3f} |"
        )
    apart = f"{critical_difference(len(who), len(tables)):.2f}" if len(who) > 1 else "–"
    lines.append(f"\n{len(tables)} tables; critical difference {apart}; seconds are medians.\n")
    return "\n".join([*lines, *_by_table(score, tables, who)])


def _by_table(score: dict[str, dict[str, float]], tables: list[str], who: list[str]) -> list[str]:
    lines = [f"| table | {' | '.join(map(named, who))} |", "| --- " * (len(who) + 1) + "|"]
    for name in sorted(tables, key=lambda name: (TABLES[name].task, name)):
        best = max(value for value in score[name].values() if not math.isnan(value))
        cells = [
            f"**{value:.3f}**" if round(value, 3) == round(best, 3) else f"{value:.3f}"
            for value in (score[name][each] for each in who)
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines
