"""How good predictions are for a part of the data: metrics, and what they are for each class."""

from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.optional import need
from glassnet.data import Dataset
from glassnet.lab.meaning import names_of_outputs, task_of
from glassnet.lab.packed import finite
from glassnet.nn.metrics import confusion_matrix
from glassnet.nn.network import Network
from glassnet.training.trainer import Trainer

UNEVEN = 1.2  # times as many of one class as of another


def scores_of(network: Network, trainer: Trainer, z: Array, targets: Array) -> dict[str, Any]:
    """Loss and metrics of outputs z (rows, outputs), as the history has them at an epoch's end."""
    metrics = {name: metric(z, targets) for name, metric in trainer.metrics.items()}
    loss = finite([trainer.loss.mean(z, targets)])[0]
    return {"loss": loss, **{name: finite([value])[0] for name, value in metrics.items()}}


def detail_of(network: Network, data: Dataset, z: Array, y: Array) -> dict[str, Any]:
    """More of outputs z: the confusion matrix, or numbers for each label or value; and what comes
    of predicting the same for all."""
    task = task_of(network)
    if task.exclusive:
        return _of_classes(data, task.decide(z), y)
    if task.has_probabilities:
        return _of_labels(data, task.decide(z), y)
    return _of_values(data, z.astype(float), y.reshape(z.shape).astype(float))


def _of_classes(data: Dataset, predicted: Array, y: Array) -> dict[str, Any]:
    """Rows of the matrix are the true classes; the recall of a class without samples is None."""
    matrix = confusion_matrix(y, predicted, max(len(data.classes), 2))
    rows = matrix.sum(axis=1)
    counts = np.bincount(data.y_train, minlength=len(rows))
    common = int(counts.argmax())
    return {
        "confusion": matrix.tolist(),
        "recall": _shares(np.diag(matrix), rows),
        "base": {
            "class": names_of_outputs(data)[common],
            "accuracy": float((y == common).mean()),
            "uneven": bool(counts.max() > UNEVEN * counts.min()),
        },
    }


def _of_labels(data: Dataset, predicted: Array, y: Array) -> dict[str, Any]:
    right = (predicted == 1) & (y == 1)
    return {
        "exact": float((predicted == y).all(axis=1).mean()),
        "labels": [
            {"name": name, "rows": int(rows), "recall": recall, "precision": precision}
            for name, rows, recall, precision in zip(
                names_of_outputs(data), y.sum(axis=0), _shares(right.sum(axis=0), y.sum(axis=0)),
                _shares(right.sum(axis=0), predicted.sum(axis=0)), strict=True,
            )
        ],
    }  # fmt: skip


def _of_values(data: Dataset, z: Array, y: Array) -> dict[str, Any]:
    """R² and mean absolute error of each output; beside it, that of the training part's mean."""
    if not np.isfinite(z).all():
        return {"values": []}
    mean = data.y_train.reshape(len(data.y_train), -1).mean(axis=0)
    r2 = need("sklearn.metrics", "R²").r2_score
    several = len(y) > 1
    return {
        "values": [
            {
                "name": name,
                "r2": finite([r2(y[:, n], z[:, n])])[0] if several else None,
                "mean_absolute": float(np.abs(z[:, n] - y[:, n]).mean()),
                "of_mean": float(np.abs(mean[n] - y[:, n]).mean()),
            }
            for n, name in enumerate(names_of_outputs(data))
        ]
    }


def _shares(some: Array, all_: Array) -> list[float | None]:
    each = zip(some.tolist(), all_.tolist(), strict=True)
    return [part / whole if whole else None for part, whole in each]
