"""How good predictions are: the metrics that people report, computed by scikit-learn."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.errors import DataError
from glassnet.base.optional import need
from glassnet.nn.metrics import confusion_matrix
from glassnet.nn.network import Network
from glassnet.nn.task import CLASSES, VALUES
from glassnet.training.callbacks.epoch_table import figure

PER_CLASS = ("precision", "recall", "f1", "rows")


@dataclass(frozen=True)
class Evaluation:
    """The metrics of a network on `rows` rows.

    `figures`: accuracy, balanced accuracy, log loss and ROC AUC (of several classes, the mean of
    each against the rest; left out if there is only one class); for values, in the target's
    unit, mean absolute error, root mean squared error and R². `classes` has precision, recall, F1
    and rows of each class or label, and `confusion` is the confusion matrix, true classes in rows.
    """

    rows: int
    figures: dict[str, float]
    classes: dict[str, dict[str, float]] = field(default_factory=dict)
    confusion: Array | None = None

    def __repr__(self) -> str:
        figures = ", ".join(f"{name} {figure(value)}" for name, value in self.figures.items())
        return f"<Evaluation of {self.rows:,} rows: {figures}>"

    def as_json(self) -> dict[str, Any]:
        """The same as plain data."""
        matrix = {} if self.confusion is None else {"confusion_matrix": self.confusion.tolist()}
        classes = {"classes": self.classes} if self.classes else {}
        return {"rows": self.rows, **self.figures, **classes, **matrix}


def evaluate(network: Network, z: Array, y: Array) -> Evaluation:
    """The metrics of outputs z (rows, outputs) against y: labels, 0 and 1 for each, or values."""
    task = network.task or VALUES
    if not task.has_probabilities:
        return _values(VALUES.decide(z), y)
    p = np.asarray(network.trained_loss().probabilities(z), dtype=np.float64)
    names = tuple(map(str, network.classes or range(p.shape[1])))
    if not task.exclusive:
        return _labels(p, y, names)
    return _classes(CLASSES.decide(z), p, y, names)


def _classes(predictions: Array, p: Array, y: Array, names: tuple[str, ...]) -> Evaluation:
    metrics = need("sklearn.metrics", "evaluation")
    labels = np.arange(len(names))
    matrix = confusion_matrix(y, predictions, len(names))
    found = matrix.sum(axis=1) > 0
    figures = {
        "accuracy": metrics.accuracy_score(y, predictions),
        "balanced_accuracy": float((np.diag(matrix)[found] / matrix.sum(axis=1)[found]).mean()),
        "log_loss": metrics.log_loss(y, p / p.sum(axis=1, keepdims=True), labels=labels),
    }
    if found.sum() > 1:
        figures["roc_auc"] = _roc_auc(y, p[:, found], labels[found])
    table = metrics.precision_recall_fscore_support(y, predictions, labels=labels, zero_division=0)
    return _evaluation(len(y), figures, names, table, matrix)


def _roc_auc(y: Array, p: Array, classes: Array) -> float:
    """Of two classes, of the second; of more, the mean of each class against the rest."""
    roc_auc_score = need("sklearn.metrics", "evaluation").roc_auc_score
    each = [roc_auc_score(y == label, p[:, place]) for place, label in enumerate(classes)]
    return float(np.mean(each if len(each) > 2 else each[1:]))


def _labels(p: Array, y: Array, names: tuple[str, ...]) -> Evaluation:
    metrics = need("sklearn.metrics", "evaluation")
    predictions = (p > 0.5).astype(np.int64)
    figures = {
        "accuracy": float((predictions == y).mean()),
        "exact_match": metrics.accuracy_score(y, predictions),
        "log_loss": float(
            np.mean([metrics.log_loss(y[:, n], p[:, n], labels=[0, 1]) for n in range(len(names))])
        ),
    }
    both = [n for n in range(len(names)) if 0 < y[:, n].mean() < 1]
    if both:
        figures["roc_auc"] = float(np.mean([metrics.roc_auc_score(y[:, n], p[:, n]) for n in both]))
    table = metrics.precision_recall_fscore_support(y, predictions, zero_division=0)
    return _evaluation(len(y), figures, names, table)


def _values(predictions: Array, y: Array) -> Evaluation:
    metrics = need("sklearn.metrics", "evaluation")
    if not np.isfinite(predictions).all():
        raise DataError("the network's predictions are not finite: is the model file whole?")
    figures = {
        "mean_absolute_error": metrics.mean_absolute_error(y, predictions),
        "root_mean_squared_error": metrics.root_mean_squared_error(y, predictions),
    }
    if len(y) > 1:
        figures["r2"] = metrics.r2_score(y, predictions)
    return Evaluation(len(y), {name: float(value) for name, value in figures.items()})


def _evaluation(
    rows: int,
    figures: dict[str, Any],
    names: tuple[str, ...],
    table: tuple[Array, ...],
    matrix: Array | None = None,
) -> Evaluation:
    classes = {
        name: {key: float(column[index]) for key, column in zip(PER_CLASS, table, strict=True)}
        for index, name in enumerate(names)
    }
    return Evaluation(rows, {k: float(v) for k, v in figures.items()}, classes, matrix)
