"""The metrics by name, of predictions for all rows: what each needs, and which way is better."""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.configurable import choose
from glassnet.base.errors import InputError
from glassnet.base.synonyms import same
from glassnet.nn.metrics import counts, errors, ranking

PARTS = ("val_", "test_", "training_")  # in front of a metric's name, whose rows it is about


class Judged(NamedTuple):
    """Predictions beside what was right.

    - `y`: labels (rows,), 0 and 1 of independent labels (rows, labels), or values (rows, outputs).
    - `predicted`: the same, as predicted.
    - `p`: the probability of each class or label (rows, classes); None of values.
    - `weight`: how much each row counts; None: all the same.
    """

    y: Array
    predicted: Array
    p: Array | None = None
    weight: Array | None = None

    @property
    def probabilities(self) -> Array:
        """Those of the classes; of values there are none."""
        assert self.p is not None
        return self.p

    @property
    def confusion(self) -> Array:
        """How often class i was taken for class j."""
        return counts.confusion_matrix(
            self.y, self.predicted, self.probabilities.shape[1], self.weight
        )

    def each_label(self) -> Iterator["Judged"]:
        """Each of several independent labels, as two classes: not it, and it."""
        for y, predicted, p in zip(self.y.T, self.predicted.T, self.probabilities.T, strict=True):
            yield Judged(y, predicted, np.column_stack([1 - p, p]), self.weight)

    def one_class(self, rank: Callable[..., float]) -> float:
        """A metric of positives: of the second of two classes; of more, the mean of each class that
        occurs against the rest."""
        p, found = self.probabilities, np.unique(self.y)
        classes = found if p.shape[1] > 2 else np.array([1])
        return _mean([rank(self.y == k, p[:, k], self.weight) for k in classes])


class Score(NamedTuple):
    """A metric: its name, how it is computed, of which tasks, and whether more of it is better."""

    name: str
    formula: Callable[[Judged], float]
    tasks: tuple[str, ...]
    rises: bool

    def __call__(self, judged: Judged) -> float:
        """The metric; of independent labels the mean over those of which it is defined."""
        if judged.p is not None and judged.y.ndim == 2:
            return _mean([self.formula(each) for each in judged.each_label()])
        return self.formula(judged)

    @property
    def needs_probabilities(self) -> bool:
        """Whether the predicted classes alone do not do."""
        return self.name in ("log_loss", "brier", "roc_auc", "average_precision")


def _accuracy(judged: Judged) -> float:
    return float(np.average(judged.predicted == judged.y, weights=judged.weight))


def _f1(judged: Judged) -> float:
    """Of the second of two classes, or the mean over more."""
    C = judged.confusion
    return float(counts.f1(C)[1]) if len(C) == 2 else counts.f1_macro(C)


def _of_p(formula: Callable[..., float]) -> Callable[[Judged], float]:
    return lambda judged: formula(judged.y, judged.probabilities, judged.weight)


def _of_values(formula: Callable[..., float]) -> Callable[[Judged], float]:
    return lambda judged: formula(judged.y, judged.predicted, judged.weight)


def _mean(values: list[float]) -> float:
    """The mean of the values that are defined."""
    defined = [value for value in values if not math.isnan(value)]
    return float(np.mean(defined)) if defined else math.nan


CLASSED, VALUED = ("classes", "labels"), ("values",)

SCORES: dict[str, Score] = {
    name: Score(name, formula, tasks, rises)
    for name, formula, tasks, rises in [
        ("accuracy", _accuracy, CLASSED, True),
        ("balanced_accuracy", lambda j: counts.balanced_accuracy(j.confusion), CLASSED, True),
        ("log_loss", _of_p(errors.log_loss), CLASSED, False),
        ("roc_auc", lambda j: j.one_class(ranking.roc_auc), CLASSED, True),
        ("average_precision", lambda j: j.one_class(ranking.average_precision), CLASSED, True),
        ("f1", _f1, CLASSED, True),
        ("f1_macro", lambda j: counts.f1_macro(j.confusion), CLASSED, True),
        ("brier", _of_p(errors.brier), CLASSED, False),
        ("r2", _of_values(errors.r2), VALUED, True),
        ("root_mean_squared_error", _of_values(errors.root_mean_squared_error), VALUED, False),
        ("mean_absolute_error", _of_values(errors.mean_absolute_error), VALUED, False),
    ]
}


def score_named(name: str, task: str | None = None) -> Score:
    """The metric of this name; `mae`, `rmse`, `auc` and the like are understood.

    - `name`: of the metric.
    - `task`: what is learned, "classes", "labels" or "values"; without it, any metric.

    Raises `InputError` for a name that is not known, and for a metric of another task.

    >>> score_named("AUC", "classes").name, score_named("rmse").rises
    ('roc_auc', False)
    """
    score = SCORES[choose("metric", same(name, SCORES) or name, SCORES)]
    if task is not None and task not in score.tasks:
        own = ", ".join(each.name for each in SCORES.values() if task in each.tasks)
        raise InputError(
            f"the metric {score.name} is for {' and '.join(score.tasks)}, and the target has "
            f"{task}: expected one of {own}"
        )
    return score


def rises(name: str) -> bool:
    """Whether more of a metric is better. One that is not in the table rises if its name has
    "accuracy" in it.

    >>> rises("val_roc_auc"), rises("val_loss"), rises("my_accuracy")
    (True, False, True)
    """
    for part in PARTS:
        name = name.removeprefix(part)
    return SCORES[name].rises if name in SCORES else "accuracy" in name
