"""Ranks by table, mean ranks with their critical difference, and seconds, as one picture."""

import math
import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from benchmarks.tables.contenders import CONTENDERS
from benchmarks.tables.ranks import critical_difference, means, ranks
from benchmarks.tables.report import measured
from benchmarks.tables.results import Result, shared
from glassnet.base.colours import LIGHT

OURS = "glassnet"  # with which the names of our contenders begin
WORSE = LinearSegmentedColormap.from_list("worse", [LIGHT.ground, LIGHT.plain])


def draw(found: Sequence[Result], timed: Sequence[Result]) -> Figure:
    """Panels with a row for each contender, the best on top: ranks, and any seconds there are."""
    who = measured(found)
    tables, ranked = ranks(means(shared(found, who), "score"), who, rising=True)
    order = np.argsort(ranked.mean(axis=0), kind="stable")
    ordered, ranked = [who[place] for place in order], ranked[:, order]
    columns = 3 if timed else 2
    figure = Figure(figsize=(4.3 * columns, 1.8 + 0.42 * len(who)), layout="constrained")
    panels = figure.subplots(1, columns, width_ratios=(3, 2, 1.5)[:columns])
    _by_table(panels[0], ranked, tables)
    _means(panels[1], ordered, ranked.mean(axis=0), critical_difference(len(who), len(tables)))
    if timed:
        _seconds(panels[2], ordered, means(timed, "fit"))
    panels[0].set_yticks(range(len(who)), [CONTENDERS[name] for name in ordered])
    for panel in panels[1:]:
        panel.set_yticks(range(len(who)), [""] * len(who))
        panel.set_ylim(len(who) - 0.5, -0.5)
    return figure


def _by_table(panel: Any, ranked: np.ndarray, tables: list[str]) -> None:
    """The rank in each table: light is good."""
    panel.imshow(ranked.T, cmap=WORSE, aspect="auto", vmin=1, vmax=ranked.shape[1])
    dark = 1 + 0.8 * (ranked.shape[1] - 1)
    for (table, place), rank in np.ndenumerate(ranked):
        colour = LIGHT.ground if rank > dark else LIGHT.ink
        panel.text(table, place, f"{rank:g}", ha="center", va="center", fontsize=8, color=colour)
    panel.set_xticks(range(len(tables)), tables, rotation=90, fontsize=8)
    panel.set_title("rank by accuracy or R², 1 is the best", fontsize=10)


def _means(panel: Any, who: Sequence[str], mean: np.ndarray, apart: float) -> None:
    """Mean ranks; a bar reaches half the critical difference to each side."""
    for place, (name, rank) in enumerate(zip(who, mean, strict=True)):
        panel.errorbar(rank, place, xerr=apart / 2, fmt="o", color=_colour(name), capsize=3)
    panel.set_title(f"mean rank; critical difference {apart:.1f}", fontsize=10)
    panel.set_xlabel("no overlap: different (Nemenyi, 5 %)", fontsize=8)
    panel.grid(axis="x", linewidth=0.4)


def _seconds(panel: Any, who: Sequence[str], fit: dict[str, dict[str, float]]) -> None:
    """The seconds of each table as dots, and their median as a line."""
    for place, name in enumerate(who):
        row = [of[name] for of in fit.values() if not math.isnan(of.get(name, math.nan))]
        panel.scatter(row, [place] * len(row), s=10, color=_colour(name), alpha=0.7)
        if row:
            panel.plot([statistics.median(row)] * 2, [place - 0.3, place + 0.3], color=LIGHT.ink)
    if panel.lines:
        panel.set_xscale("log")
    panel.set_title(f"seconds to fit, {len(fit)} tables", fontsize=10)
    panel.grid(axis="x", linewidth=0.4)


def _colour(name: str) -> str:
    return LIGHT.names[0] if name.startswith(OURS) else LIGHT.plain
