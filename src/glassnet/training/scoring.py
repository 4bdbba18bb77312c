"""Metrics that need all predictions at once, computed on the validation part after an epoch."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.errors import InputError, InputTypeError
from glassnet.nn.losses import Loss
from glassnet.nn.metrics import SCORES, Judged, Score, score_named
from glassnet.nn.task import Task

Asked = bool | Sequence[str]  # of a fit: whether there are metrics, or which besides the usual ones


def check_asked(given: Any) -> Asked:
    """The metrics of a fit: True, False or names; InputTypeError for anything else."""
    if isinstance(given, (bool, np.bool_)):
        return bool(given)
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, (list, tuple)) or not all(isinstance(each, str) for each in names):
        raise InputTypeError(
            f"metrics is {given!r}, expected True, False or names such as ['roc_auc', 'f1']"
        )
    return [score_named(name).name for name in names] or False


def scores_of(
    asked: Asked, callbacks: Iterable[Any], loss: Loss, task: Task, validation: bool
) -> dict[str, Score]:
    """The metrics that are asked for by name, and those that callbacks watch, by their names.

    Raises InputError for one that this training cannot have.
    """
    named = [] if isinstance(asked, bool) else [score_named(name, task).name for name in asked]
    if named and not validation:
        raise InputError(
            f"metrics has {named[0]}, which is computed on a validation part, and there is none: "
            "give validation=0.1, or (x, y)"
        )
    watched = (str(getattr(each, "watches", None)) for each in callbacks)
    ours = (name.removeprefix("val_") for name in watched if name.startswith("val_"))
    besides = [name for name in ours if name in SCORES and name not in task.metrics]
    scores = {name: score_named(name, task) for name in [*named, *besides]}
    for name, score in scores.items():
        if score.needs_probabilities and type(loss).probabilities is Loss.probabilities:
            raise InputError(
                f"the metric {name} needs probabilities, which {type(loss).__name__} does not "
                "give: expected the loss cross_entropy or binary_cross_entropy"
            )
    return scores


def judged(task: Task, loss: Loss, z: Array, targets: Array, weight: Array | None = None) -> Judged:
    """Outputs z (rows, outputs) and targets as the loss has them, to be compared by a metric.

    Probabilities are computed in float64: those of float32 are 1 for all that is nearly sure.
    """
    if not task.has_probabilities:
        return Judged(targets, np.asarray(z, np.float64), None, weight)
    p = None
    if type(loss).probabilities is not Loss.probabilities:
        p = loss.probabilities(np.asarray(z, np.float64))
    else:  # only its size counts
        p = np.zeros((len(z), max(2, z.shape[-1])))
    y = _labels(targets) if task.exclusive else np.asarray(targets > 0.5, np.int64)
    return Judged(y, task.decide(z), p, weight)


def _labels(targets: Array) -> Array:
    """The class of each row, from labels or from probabilities."""
    if targets.dtype.kind in "iu":
        return targets
    if targets.shape[-1] == 1:
        return np.asarray(targets[:, 0] > 0.5, np.int64)
    found: Array = targets.argmax(axis=-1)
    return found


def compute(scores: Mapping[str, Score], given: Judged) -> dict[str, float]:
    """Each metric of these predictions."""
    return {name: score(given) for name, score in scores.items()}
