"""Pictures of what predictions rest on: how important columns are, and what depends on one."""

from typing import TYPE_CHECKING

import numpy as np

from glassnet.base.configurable import named
from glassnet.inspection.dependence import Dependence
from glassnet.inspection.importance import Importance
from glassnet.inspection.plots.figures import colours, framed, new_axes, palette, plain
from glassnet.inspection.plots.titles import titled
from glassnet.nn.metrics.names import metric_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_COLUMNS = 20  # that are drawn, the most important ones
MOST_OUTPUTS = 8  # whose lines are drawn
BAR = 0.26  # inches


@named
def importance(found: Importance, ax: "Axes | None" = None) -> "Axes":
    """How much worse a metric is if the values of a column are mixed up: the mean as a dot, one
    standard deviation to both sides as a bar; the most important columns first.

    - `found`: what `importance` found.
    - `ax`: axes to draw into; by default those of a new figure.
    """
    shown = min(len(found.columns), MOST_COLUMNS)
    ax = ax or new_axes(1.7 + BAR * shown)
    colour, places = palette(ax), np.arange(shown)
    ax.axvline(0, color=colour.quiet, linewidth=0.8)
    ax.errorbar(found.mean[:shown], places, xerr=found.std[:shown], fmt="o", color=colour.plain,
                capsize=3)  # fmt: skip
    ax.set_yticks(places, [plain(name) for name in found.columns[:shown]])
    ax.set_ylim(shown - 0.5, -0.5)
    metric = metric_name(found.metric)
    framed(ax, f"how much worse {metric} is without the column", "", grid="x", legend=False)
    left_out = len(found.columns) - shown
    more = f"{left_out} less important columns left out" if left_out else ""
    repeats = found.drops.shape[1]
    facts = f"{metric} {found.score:.4g}", f"{found.rows:,} rows, {repeats} times each", more
    return titled(ax, "Importance of columns", *facts)


@named
def dependence(found: Dependence, ax: "Axes | None" = None) -> "Axes":
    """The mean prediction against the values of one column: a line for each class or output.

    - `found`: what `dependence` found.
    - `ax`: axes to draw into; by default those of a new figure.
    """
    ax = ax or new_axes()
    places = found.places or range(len(found.values))
    style = (".-", 6) if found.places else ("o", 9)  # and how large its dots are
    lines = list(zip(found.outputs, found.mean.T, strict=True))
    for colour, (name, mean) in zip(colours(ax), lines[:MOST_OUTPUTS], strict=False):
        ax.plot(places, mean, style[0], color=colour, label=plain(name), markersize=style[1])
    if not found.places:
        long = max(map(len, found.values)) * len(found.values) > 45
        ax.set_xticks(places, [plain(value) for value in found.values], rotation=90 * long)
    left_out = len(lines) - min(len(lines), MOST_OUTPUTS)
    framed(ax, found.column, "mean prediction")
    more = f"{left_out} more outputs left out" if left_out else ""
    return titled(ax, f"Partial dependence on {found.column}", more)
