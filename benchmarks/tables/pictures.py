"""Ranks by table, mean ranks with their critical difference, and seconds, as one picture."""

import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from benchmarks.tables.ranks import critical_difference, means, ranks
from benchmarks.tables.report import measured, named
from benchmarks.tables.results import Result
from glassnet.base.colours import LIGHT


def draw(found: Sequence[Result]) -> Figure:
    """Three panels, in each a row for each contender, the best on top."""
    who = measured(found)
    tables, ranked = ranks(means(found, "score"), who, rising=True)
    order = np.argsort(ranked.mean(axis=0), kind="stable")
    figure = Figure(figsize=(13, 1.6 + 0.42 * len(who)), layout="constrained")
    cells, line, times = figure.subplots(1, 3, width_ratios=(3, 2, 1.5))
    _by_table(cells, ranked[:, order], tables)
    _means(line, ranked[:, order].mean(axis=0), critical_difference(len(who), len(tables)))
    fit = means(found, "fit")
    _seconds(times, [[fit[table][who[place]] for table in tables] for place in order])
    cells.set_yticks(range(len(who)), [named(who[place]) for place in order])
    for panel in (line, times):
        panel.set_yticks(range(len(who)), [""] * len(who))
        panel.set_ylim(len(who) - 0.5, -0.5)
    return figure


def _by_table(panel: Any, ranked: np.ndarray, tables: list[str]) -> None:
    """The rank in each table: light is good."""
    panel.imshow(ranked.T, cmap="Blues", aspect="auto", vmin=0, vmax=ranked.shape[1] + 1)
    dark = 0.6 * (ranked.shape[1] + 1)
    for (table, place), rank in np.ndenumerate(ranked):
        colour = "white" if rank > dark else "black"
        panel.text(table, place, f"{rank:g}", ha="center", va="center", fontsize=7, color=colour)
    panel.set_xticks(range(len(tables)), tables, rotation=90, fontsize=8)
    panel.set_title("rank in each table (accuracy or R²)", fontsize=10)


def _means(panel: Any, mean: np.ndarray, apart: float) -> None:
    """Mean ranks; a bar reaches half the critical difference to each side."""
    places = np.arange(len(mean))
    panel.errorbar(mean, places, xerr=apart / 2, fmt="o", color=LIGHT.names[0], capsize=3)
    panel.set_title(f"mean rank ± half the critical difference of {apart:.1f}", fontsize=10)
    panel.set_xlabel("contenders whose bars do not overlap differ (Nemenyi, 5 %)", fontsize=8)
    panel.grid(axis="x", linewidth=0.4)


def _seconds(panel: Any, rows: list[list[float]]) -> None:
    """The seconds of each table as dots, and their median as a line."""
    for place, row in enumerate(rows):
        panel.scatter(row, [place] * len(row), s=8, color=LIGHT.names[4], alpha=0.7)
        panel.plot([statistics.median(row)] * 2, [place - 0.3, place + 0.3], color="black")
    panel.set_xscale("log")
    panel.set_title("seconds to fit", fontsize=10)
