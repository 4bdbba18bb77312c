"""The names of metrics, as people say them."""

SAID = {
    "mean_absolute": "mean absolute error", "val_mean_absolute": "val mean absolute error",
    "r2": "R²", "val_r2": "val R²", "roc_auc": "ROC AUC", "val_roc_auc": "val ROC AUC", "f1": "F1",
}  # fmt: skip


def metric_name(figure: str) -> str:
    """A metric in words.

    >>> metric_name("mean_absolute"), metric_name("val_loss"), metric_name("r2")
    ('mean absolute error', 'val loss', 'R²')
    """
    return SAID.get(figure, figure.replace("_", " "))
