"""How good the predictions are: metrics with intervals and baselines, by class, as a matrix."""

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from glassnet.base.arrays import Array, spread
from glassnet.base.confidence import wilson
from glassnet.base.numerals import numeral
from glassnet.inspection import gallery
from glassnet.inspection.document import Table
from glassnet.inspection.gallery_page import Picture
from glassnet.inspection.report_page import Section
from glassnet.nn.metrics import SCORES, rises
from glassnet.nn.metrics.names import metric_name
from glassnet.workflows.baseline import BESIDE
from glassnet.workflows.evaluate import PER_CLASS
from glassnet.workflows.report.bootstrap import intervals
from glassnet.workflows.report.data import share, short
from glassnet.workflows.report.material import Material

HEAD = ("metric", "value", "95 % interval", "baseline")
UNKNOWN = "–"
MOST_CLASSES = 40  # of a matrix that can be read
MOST_ROWS = 200  # of a table of classes
POINTS = 1000  # of a picture
LETTERS = 16  # of a class in a picture


class Measured(NamedTuple):
    """A metric, its 95 % interval, and what the best prediction without the inputs comes to; NaN
    for what is not known."""

    name: str
    value: float
    low: float = math.nan
    high: float = math.nan
    baseline: float = math.nan

    @property
    def interval(self) -> str:
        """Its ends in words."""
        if math.isnan(self.low):
            return UNKNOWN
        return f"{numeral(self.low, self.value)} to {numeral(self.high, self.value)}"


def measured(given: Material) -> list[Measured]:
    """The metrics on the rows; without rows those that the file keeps of its test."""
    found = given.evaluation
    if found is None:
        return _kept(given)
    judged, base = given.judged(), baselines(given)
    names = [
        name
        for name in found.figures
        if name not in BESIDE
        and (given.has_probabilities or name not in SCORES or not SCORES[name].needs_probabilities)
    ]
    ends = intervals(judged, [name for name in names if name in SCORES])
    if given.task.exclusive:
        low, high = wilson(found.figures["accuracy"], found.rows)
        ends["accuracy"] = float(low), float(high)
    return [
        Measured(name, found.figures[name], *ends.get(name, (math.nan, math.nan)),
                 base.get(name, math.nan))
        for name in names
    ]  # fmt: skip


def _kept(given: Material) -> list[Measured]:
    """The metrics of the test that the file keeps; an interval of accuracy needs no rows, but
    their number."""
    tested = given.network.trained.get("test")
    if not isinstance(tested, Mapping):
        return []
    found = [Measured(str(n), float(v)) for n, v in tested.items() if isinstance(v, (int, float))]
    rows = given.record.rows["test"] if given.record else 0
    if not (rows and given.task.exclusive):
        return found
    return [
        each._replace(low=float(low), high=float(high))
        if each.name == "accuracy" and 0 <= each.value <= 1
        else each
        for each in found
        for low, high in [wilson(min(max(each.value, 0), 1), rows)]
    ]


def baselines(given: Material) -> dict[str, float]:
    """What each metric is if the inputs are not looked at: always the commonest class, with the
    shares of the classes as probabilities; of values always their mean."""
    y = given.rows_and_targets[1]
    if not given.task.has_probabilities:
        values = np.reshape(y, (len(y), -1)).astype(np.float64)
        off = values - values.mean(axis=0)
        square = float(np.sqrt((off**2).mean(axis=0)).mean())
        return {"mean_absolute_error": float(np.abs(off).mean()),
                "root_mean_squared_error": square, "r2": 0.0}  # fmt: skip
    if not given.task.exclusive:
        ones = np.mean(y, axis=0, dtype=float)
        right = float(np.maximum(ones, 1 - ones).mean())
        entropy = float(np.mean([_entropy(np.array([p, 1 - p])) for p in ones]))
        return {"accuracy": right, "log_loss": entropy, "roc_auc": 0.5}
    shares = np.bincount(y, minlength=2) / len(y)
    found = {"accuracy": float(shares.max()), "log_loss": _entropy(shares), "roc_auc": 0.5,
             "balanced_accuracy": 1 / int((shares > 0).sum())}  # fmt: skip
    return found | ({"average_precision": float(shares[1])} if len(shares) == 2 else {})


def _entropy(shares: Array) -> float:
    """−Σ p log p: the log loss of always predicting the shares."""
    there = shares[shares > 0]
    return float(-(there * np.log(there)).sum())


def section(given: Material, found: list[Measured]) -> Section:
    """Metrics, classes and pictures."""
    return Section(
        "Metrics",
        lines=tuple(_lines(given, found)),
        tables=tuple(_tables(given, found)),
        pictures=tuple(_pictures(given)),
    )


def _lines(given: Material, found: list[Measured]) -> Iterator[str]:
    evaluation = given.evaluation
    if evaluation is None:
        if found:
            yield "These are the metrics that the file keeps of its test."
        yield (
            "The report was made without data. The command glassnet report MODEL DATA adds "
            "what needs them: more metrics with their intervals, "
            + (
                "classes and their confusion, calibration"
                if given.task.has_probabilities
                else "predicted beside true values, the coverage of intervals"
            )
            + " and the importance of columns."
        )
        return
    where = f"{given.part} rows" if given.part in ("test", "training") else f"rows of {given.part}"
    exact = "for accuracy by Wilson's formula, for the others " if given.task.exclusive else ""
    yield (
        f"On {evaluation.rows:,} {where}. An interval says where the metric may lie on other rows "
        f"of the same kind: {exact}by the bootstrap. The baseline is a prediction that ignores the "
        f"inputs: {_without(given)} ↑: higher is better; ↓: lower is better."
    )
    name = evaluation.most_frequent
    if name is not None and evaluation.is_uneven:
        part = evaluation.classes[name]["rows"] / evaluation.rows
        yield (
            f"The classes are uneven: {share(part)} of these rows are {short(name)!r}. "
            "Accuracy hides how the rare classes fare, so look at each class."
        )


def _without(given: Material) -> str:
    """The best prediction without the inputs, in words."""
    if not given.task.has_probabilities:
        return "always the mean."
    if given.task.exclusive:
        return "always the commonest class, with the classes' shares as probabilities."
    return "always the commoner value of each label, with its share as probability."


def _tables(given: Material, found: list[Measured]) -> Iterator[tuple[str, Table]]:
    if found:
        part = given.part if given.is_judged else "test"
        rows = tuple(
            (f"{metric_name(each.name)}\xa0{'↑' if _rises(each.name) else '↓'}",
             numeral(each.value), each.interval,
             UNKNOWN if math.isnan(each.baseline) else numeral(each.baseline))
            for each in found
        )  # fmt: skip
        yield f"Metrics, {part}", Table(HEAD, rows)
    evaluation = given.evaluation
    if evaluation is not None and evaluation.classes:
        yield _by_class(given, evaluation.classes)


def _by_class(given: Material, classes: Mapping[str, Mapping[str, float]]) -> tuple[str, Table]:
    """Precision, recall and F1; recall is a share of the rows of a class, so it has an interval."""
    what = "class" if given.task.exclusive else "label"
    lines = []
    for name, each in list(classes.items())[:MOST_ROWS]:
        precision, recall, f1 = (f"{each[key]:.3f}" for key in PER_CLASS[:3])
        ends = wilson(each["recall"], each["rows"]) if each["rows"] else ()
        interval = " to ".join(f"{float(end):.3f}" for end in ends) or UNKNOWN
        lines.append((short(name), precision, recall, interval, f1, f"{each['rows']:,.0f}"))
    more = f", the first {MOST_ROWS} of {len(classes):,}" if len(classes) > MOST_ROWS else ""
    head = (what, "precision", "recall", "its 95 % interval", "f1", "rows")
    return f"Metrics by {what}{more}", Table(head, tuple(lines))


def _rises(name: str) -> bool:
    """Whether more of a metric is better."""
    return name == "exact_match" or rises(name)


def _pictures(given: Material) -> Iterator[Picture]:
    evaluation = given.evaluation
    if evaluation is None:
        return
    if evaluation.confusion is not None and len(given.classes) <= MOST_CLASSES:
        names = [short(name, LETTERS) for name in given.classes]
        yield gallery.confusion(evaluation.confusion, names)
    if not given.task.has_probabilities and given.z.shape[-1] == 1:
        y, some = given.rows_and_targets[1].ravel(), spread(evaluation.rows, POINTS)
        yield gallery.predicted(y[some], given.z.ravel()[some])
