"""Pictures of an order: what every threshold of a class's probability would come to."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.configurable import named
from glassnet.base.errors import InputError
from glassnet.inspection.plots.figures import colours, framed, new_axes, palette, plain
from glassnet.inspection.plots.titles import titled
from glassnet.nn.metrics import ranking

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST = 8  # classes that have a line each


class Line(NamedTuple):
    """A class against the others: its place, whether each sample is of it, its probabilities, and
    the area under its curve."""

    place: int
    positive: Array
    p: Array
    area: float


@named
def roc(p: Array, labels: Array, classes: Sequence[str], ax: "Axes | None" = None) -> "Axes":
    """The ROC curve: the share of a class that is found, against the share of the others that is
    taken for it, at every threshold of its probability (Hanley & McNeil, 1982). Of two classes the
    second has one; of more each against the others, of many those with the smallest areas.

    - `p`: the predicted probabilities, (samples, classes).
    - `labels`: of the samples.
    - `classes`: their names.
    - `ax`: axes to draw into; by default those of a new figure.
    """
    ax = ax or new_axes()
    ax.plot([0, 1], [0, 1], color="gray", linestyle="--", label="by chance")
    lines, facts = _lines(p, labels, ranking.roc_auc, "area", classes)
    for line, style in zip(lines, _styles(ax, lines, classes), strict=True):
        curve = ranking.roc_curve(line.positive, line.p)
        ax.plot(curve.false_positives, curve.true_positives, **style)
    _square(ax, "share of the others taken for it", "share found")
    return titled(ax, "ROC curve", *facts)


@named
def precision_recall(
    p: Array, labels: Array, classes: Sequence[str], ax: "Axes | None" = None
) -> "Axes":
    """Precision against recall: how many of those taken for a class are of it, against how many of
    it are found, at every threshold of its probability; for which classes, as in `roc`. The dashed
    line is the share of the class, which guessing comes to.

    - `p`, `labels`, `classes`, `ax`: as for `roc`.
    """
    ax = ax or new_axes()
    lines, facts = _lines(p, labels, ranking.average_precision, "average precision", classes)
    if len(lines) == 1:
        ax.axhline(float(lines[0].positive.mean()), color="gray", linestyle="--", label="by chance")
    for line, style in zip(lines, _styles(ax, lines, classes), strict=True):
        curve = ranking.precision_recall(line.positive, line.p)
        precision = np.append(curve.precision[0], curve.precision)
        ax.plot(np.append(0, curve.recall), precision, drawstyle="steps-pre", **style)
    _square(ax, "recall: share found", "precision: share that is right")
    return titled(ax, "Precision and recall", *facts)


def _lines(
    p: Array, labels: Array, area: Callable[..., float], name: str, classes: Sequence[str]
) -> tuple[list[Line], list[str]]:
    """The classes to draw, and the facts above the picture: the area under the curve, or the mean
    of all areas."""
    there = np.unique(labels)
    if len(there) < 2:
        raise InputError("all samples are of one class, expected two or more to tell apart")
    chosen = there if p.shape[1] > 2 else np.array([1])
    found = [Line(int(k), labels == k, p[:, k], area(labels == k, p[:, k])) for k in chosen]
    mean = float(np.mean([line.area for line in found]))
    if len(found) == 1:
        return found, [f"of {plain(classes[1])}", f"{name} {mean:.4f}"]
    worst = sorted(sorted(found, key=lambda line: line.area)[:MOST], key=lambda line: line.place)
    some = f"{MOST} of {len(found)} classes: those with the least" if len(found) > MOST else ""
    return worst, [f"mean {name} {mean:.4f}", some]


def _styles(ax: "Axes", lines: Sequence[Line], classes: Sequence[str]) -> list[dict[str, Any]]:
    """The colour of each class, and its name with the area under its curve."""
    if len(classes) == 2:
        return [{"color": palette(ax).ink}]
    return [
        {"color": colour, "label": f"{plain(classes[line.place])} {line.area:.3f}"}
        for line, colour in zip(lines, colours(ax), strict=False)
    ]


def _square(ax: "Axes", xlabel: str, ylabel: str) -> None:
    ax.set_xlim(-0.02, 1.02)
    ax.set_ylim(-0.02, 1.02)
    framed(ax, xlabel, ylabel)
