"""Metrics: numbers that people compare."""

from glassnet.nn.metrics.counts import (
    balanced_accuracy,
    confusion_matrix,
    f1,
    f1_macro,
    precision,
    recall,
)
from glassnet.nn.metrics.errors import (
    brier,
    log_loss,
    mean_absolute_error,
    r2,
    root_mean_squared_error,
)
from glassnet.nn.metrics.means import Metric, absolute_error, accuracy, label_accuracy
from glassnet.nn.metrics.ranking import average_precision, roc_auc
from glassnet.nn.metrics.table import SCORES, Judged, Score, rises, score_named

__all__ = [
    "SCORES", "Judged", "Metric", "Score", "absolute_error", "accuracy", "average_precision",
    "balanced_accuracy", "brier", "confusion_matrix", "f1", "f1_macro", "label_accuracy",
    "log_loss", "mean_absolute_error", "precision", "r2", "recall", "rises", "roc_auc",
    "root_mean_squared_error", "score_named",
]  # fmt: skip
