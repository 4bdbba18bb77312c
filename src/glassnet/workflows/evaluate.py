"""How good predictions are: the metrics that people report, and what they would be by luck."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.configurable import named
from glassnet.base.errors import DataError
from glassnet.base.numerals import numeral
from glassnet.nn import metrics
from glassnet.nn.metrics import SCORES, Judged
from glassnet.nn.metrics.counts import is_uneven
from glassnet.nn.metrics.ranking import precision_recall
from glassnet.nn.task import CLASSES, LABELS, VALUES
from glassnet.sequential import Sequential
from glassnet.training.scoring import judged
from glassnet.workflows.baseline import UNCALIBRATED, baseline
from glassnet.workflows.temperature import uncalibrated

PER_CLASS = ("precision", "recall", "f1", "rows")
OF_CLASSES = ("accuracy", "balanced_accuracy", "log_loss", "roc_auc")
OF_VALUES = ("mean_absolute_error", "root_mean_squared_error", "r2")
TENTHS = tuple(round(0.1 * k, 1) for k in range(1, 10))  # thresholds that are always shown


class AtThreshold(NamedTuple):
    """What comes of predicting the second of two classes from this probability on.

    - `threshold`: the probability.
    - `predicted`: how many rows have it, or more.
    - `precision`, `recall`, `f1`: of the second class.
    - `best`: whether it has the highest F1 of all thresholds that there are.
    """

    threshold: float
    predicted: int
    precision: float
    recall: float
    f1: float
    best: bool = False


@dataclass(frozen=True)
class Evaluation:
    """The metrics of a network on `rows` rows.

    `figures`: accuracy, that of always predicting the commonest class (`base_rate`), balanced
    accuracy, log loss, that before calibration if the network is calibrated, and ROC AUC (of
    several classes, the mean of each against the rest; left out if there is only one class), of
    two classes average precision too; for values, in the target's unit, mean absolute error, that
    of always predicting the mean, root mean squared error and R².
    `classes` has precision, recall, F1 and rows of each class or label, `confusion` is the
    confusion matrix, true classes in rows, and `thresholds` what two classes would come to if the
    second were predicted from another probability on.
    """

    rows: int
    figures: dict[str, float]
    classes: dict[str, dict[str, float]] = field(default_factory=dict)
    confusion: Array | None = None
    thresholds: tuple[AtThreshold, ...] = ()

    def __repr__(self) -> str:
        figures = ", ".join(f"{name} {numeral(value)}" for name, value in self.figures.items())
        return f"<Evaluation of {self.rows:,} rows: {figures}>"

    @property
    def most_frequent(self) -> str | None:
        """The commonest class; None unless each row has one class."""
        if self.confusion is None:
            return None
        return max(self.classes, key=lambda each: self.classes[each]["rows"])

    @property
    def is_uneven(self) -> bool:
        """Whether the commonest class has at least 1.5 times as many rows as the rarest."""
        return self.confusion is not None and is_uneven(
            [each["rows"] for each in self.classes.values()]
        )

    def as_json(self) -> dict[str, Any]:
        """The same as plain data."""
        found: dict[str, Any] = {"rows": self.rows, **self.figures}
        if self.most_frequent is not None:
            found["most_frequent"] = self.most_frequent
        if self.classes:
            found["classes"] = self.classes
        if self.confusion is not None:
            found["confusion_matrix"] = self.confusion.tolist()
        if self.thresholds:
            found["thresholds"] = [each._asdict() for each in self.thresholds]
        return found


@named
def evaluate(network: Sequential, z: Array, y: Array) -> Evaluation:
    """The metrics of a network's outputs.

    - `network`: a trained one.
    - `z`: its outputs (rows, outputs).
    - `y`: labels (rows,), 0 and 1 for each label (rows, labels), or values.

    >>> from glassnet import Dense
    >>> net = Sequential([Dense(2)], input_shape=1, seed=0)
    >>> history = net.fit([[0.0], [1.0]], [0, 1], epochs=1)
    >>> evaluate(net, np.array([[1.0, 0.0], [2.0, 0.0]]), np.array([0, 1])).figures["accuracy"]
    0.5
    """
    task = network.task or VALUES
    if not task.has_probabilities:
        return _values(VALUES.decide(z), y)
    loss = network.trained_loss()
    given = judged(task, loss, z, y)
    names = tuple(map(str, network.classes or range(given.probabilities.shape[1])))
    found = _classes(given, names) if task.exclusive else _labels(given, names)
    before = uncalibrated(network, z)
    if before is None or "log_loss" not in found.figures:
        return found
    more = {UNCALIBRATED: SCORES["log_loss"](judged(task, loss, before, y))}
    return replace(found, figures=_after("log_loss", found.figures, more))


def _classes(given: Judged, names: tuple[str, ...]) -> Evaluation:
    C = given.confusion
    two = len(names) == 2
    wanted = (*OF_CLASSES, "average_precision") if two else OF_CLASSES
    thresholds = tuple(at_thresholds(given.y == 1, given.probabilities[:, 1])) if two else ()
    figures = _after("accuracy", _figures(given, wanted), baseline(CLASSES, given.y))
    return Evaluation(len(given.y), figures, _by_class(C, names), C, thresholds)


def _labels(given: Judged, names: tuple[str, ...]) -> Evaluation:
    figures = _figures(given, ("accuracy", "log_loss", "roc_auc"))
    exact = float((given.predicted == given.y).all(axis=1).mean())
    classes: dict[str, dict[str, float]] = {}
    for name, each in zip(names, given.each_label(), strict=True):
        classes |= {name: _by_class(each.confusion, ("not it", name))[name]}
    more = {**baseline(LABELS, given.y), "exact_match": exact}
    return Evaluation(len(given.y), _after("accuracy", figures, more), classes)


def _values(predictions: Array, y: Array) -> Evaluation:
    if not np.isfinite(predictions).all():
        raise DataError("the network's predictions are not finite: is the model file whole?")
    given = Judged(np.asarray(y, np.float64), np.asarray(predictions, np.float64))
    figures = _figures(given, OF_VALUES)
    return Evaluation(len(y), _after("mean_absolute_error", figures, baseline(VALUES, given.y)))


def _after(name: str, figures: dict[str, float], more: dict[str, float]) -> dict[str, float]:
    """The metrics, with more of them after this one."""
    found: dict[str, float] = {}
    for each, value in figures.items():
        found |= {each: value, **(more if each == name else {})}
    return found


def _figures(given: Judged, wanted: Iterable[str]) -> dict[str, float]:
    """The metrics that are defined for these rows."""
    found = {name: SCORES[name](given) for name in wanted}
    return {name: value for name, value in found.items() if not math.isnan(value)}


def _by_class(C: Array, names: tuple[str, ...]) -> dict[str, dict[str, float]]:
    columns = metrics.precision(C), metrics.recall(C), metrics.f1(C), C.sum(axis=1)
    rows = zip(*(each.tolist() for each in columns), strict=True)
    return {n: dict(zip(PER_CLASS, row, strict=True)) for n, row in zip(names, rows, strict=True)}


def at_thresholds(positive: Array, p: Array) -> list[AtThreshold]:
    """Tenths as thresholds of the probability p of a class, and the one of the highest F1.

    >>> [best] = [t for t in at_thresholds(np.array([False, True]), np.array([0.2, 0.3])) if t.best]
    >>> best.threshold, best.f1
    (0.3, 1.0)
    """
    if not positive.any():
        return []
    curve = precision_recall(positive, p)
    best = float(curve.threshold[curve.f1.argmax()])
    columns = np.column_stack([curve.predicted, curve.precision, curve.recall, curve.f1])
    found = []
    for at in sorted({*TENTHS, best}):
        above = int((curve.threshold >= at).sum())
        count, precision, recall, f1 = columns[above - 1].tolist() if above else [0.0] * 4
        found.append(AtThreshold(at, int(count), precision, recall, f1, at == best))
    return found
