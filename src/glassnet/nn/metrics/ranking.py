"""Metrics of an order: do positives have higher scores than negatives, whatever the threshold?"""

import math
from typing import NamedTuple

import numpy as np

from glassnet.base.arrays import Array


def roc_auc(positive: Array, score: Array, weight: Array | None = None) -> float:
    """The probability that a positive has a higher score than a negative, equal ones counted half.

    It is the area under the ROC curve (Hanley & McNeil, 1982). NaN without a positive or a
    negative.

    - `positive`: whether each row is one (rows,).
    - `score`: higher for what is more likely positive (rows,).
    - `weight`: how often each row counts; without it, once.

    >>> roc_auc(np.array([False, True, True]), np.array([0.1, 0.1, 0.8]))
    0.75
    """
    _, positives, negatives = _by_score(positive, score, weight)
    pairs = positives.sum() * negatives.sum()
    if pairs == 0:
        return math.nan
    below = np.cumsum(negatives) - negatives
    return float((positives * (below + negatives / 2)).sum() / pairs)


def average_precision(positive: Array, score: Array, weight: Array | None = None) -> float:
    """The mean of precision over the positives: Σₙ (Rₙ − Rₙ₋₁) Pₙ, where Pₙ and Rₙ are precision
    and recall of the n highest scores. NaN without a positive.

    - `positive`, `score`, `weight`: as for `roc_auc`.

    >>> average_precision(np.array([False, True, True]), np.array([0.1, 0.1, 0.8]))
    0.8333333333333333
    """
    thresholds = precision_recall(positive, score, weight)
    if np.isnan(thresholds.recall).any():
        return math.nan
    steps = np.diff(thresholds.recall, prepend=0.0)
    return float((steps * thresholds.precision).sum())


class RocCurve(NamedTuple):
    """What is found if all rows of at least a threshold are taken for positives.

    - `threshold`: every score that there is, the highest first, after one that no row reaches.
    - `false_positives`: the share of the negatives that has at least that score.
    - `true_positives`: the share of the positives.
    """

    threshold: Array
    false_positives: Array
    true_positives: Array


def roc_curve(positive: Array, score: Array, weight: Array | None = None) -> RocCurve:
    """The shares of positives and negatives above every threshold (Hanley & McNeil, 1982); NaN
    without a positive or a negative.

    - `positive`, `score`, `weight`: as for `roc_auc`.

    >>> curve = roc_curve(np.array([False, True, True]), np.array([0.4, 0.1, 0.8]))
    >>> curve.false_positives.tolist(), curve.true_positives.tolist()
    ([0.0, 0.0, 1.0, 1.0], [0.0, 0.5, 0.5, 1.0])
    """
    scores, positives, negatives = (each[::-1] for each in _by_score(positive, score, weight))
    return RocCurve(np.append(math.inf, scores), _share_above(negatives), _share_above(positives))


def _share_above(counts: Array) -> Array:
    """Of counts by score, the highest first, the share from each score up; before it none."""
    above, total = np.append(0.0, np.cumsum(counts)), counts.sum()
    return above / total if total > 0 else np.full(len(above), math.nan)


class PrecisionRecall(NamedTuple):
    """Precision and recall if all rows of at least a threshold are taken for positives.

    - `threshold`: every score that there is, the highest first (thresholds,).
    - `predicted`: how many rows have at least that score.
    - `precision`, `recall`: at that threshold; recall is NaN if there is no positive.
    """

    threshold: Array
    predicted: Array
    precision: Array
    recall: Array

    @property
    def f1(self) -> Array:
        """2 P R / (P + R) at each threshold."""
        both = self.precision + self.recall
        found: Array = 2 * self.precision * self.recall / np.where(both > 0, both, 1)
        return found


def precision_recall(positive: Array, score: Array, weight: Array | None = None) -> PrecisionRecall:
    """Precision and recall at every threshold.

    - `positive`, `score`, `weight`: as for `roc_auc`.

    >>> curve = precision_recall(np.array([False, True, True]), np.array([0.4, 0.1, 0.8]))
    >>> curve.threshold.tolist(), curve.precision.round(2).tolist(), curve.recall.tolist()
    ([0.8, 0.4, 0.1], [1.0, 0.5, 0.67], [0.5, 0.5, 1.0])
    """
    scores, positives, negatives = (each[::-1] for each in _by_score(positive, score, weight))
    right, predicted = np.cumsum(positives), np.cumsum(positives + negatives)
    total = positives.sum()
    found = right / total if total > 0 else np.full(len(right), math.nan)
    share = np.divide(right, predicted, out=np.ones(len(right)), where=predicted > 0)
    return PrecisionRecall(scores, predicted, share, found)


def _by_score(positive: Array, score: Array, weight: Array | None) -> tuple[Array, Array, Array]:
    """Each score that there is, from low to high, and what its positives and negatives weigh."""
    weight = np.ones(len(score)) if weight is None else weight
    scores, place = np.unique(score, return_inverse=True)
    count = len(scores)
    positives = np.bincount(place, weight * positive, minlength=count)
    return scores, positives, np.bincount(place, weight * ~positive, minlength=count)
