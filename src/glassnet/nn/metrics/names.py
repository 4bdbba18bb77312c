"""The names of metrics, as people say them."""

SAID = {
    "mean_absolute": "mean absolute error", "val_mean_absolute": "val mean absolute error",
    "r2": "R²", "val_r2": "val R²", "roc_auc": "ROC AUC", "val_roc_auc": "val ROC AUC", "f1": "F1",
}  # fmt: skip


def in_words(figure: str) -> str:
    """A metric in words.

    >>> in_words("mean_absolute"), in_words("val_loss"), in_words("r2")
    ('mean absolute error', 'val loss', 'R²')
    """
    return SAID.get(figure, figure.replace("_", " "))
