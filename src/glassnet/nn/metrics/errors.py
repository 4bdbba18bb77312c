"""Metrics of a distance: of probabilities from what happened, of values from those predicted."""

import math

import numpy as np

from glassnet.base.arrays import Array


def log_loss(labels: Array, p: Array, weight: Array | None = None) -> float:
    """The mean of −log p of the class that it was.

    Probabilities are kept within ε and 1 − ε of their type, so that one that was surely wrong
    costs much, not infinitely much.

    - `labels`: classes by number (rows,).
    - `p`: the probability of each class (rows, classes).
    - `weight`: how much each row counts; without it, all the same.

    >>> round(log_loss(np.array([0, 1]), np.array([[0.5, 0.5], [0.0, 1.0]])), 4)
    0.3466
    """
    epsilon = np.finfo(p.dtype).eps
    chosen = p[np.arange(len(labels)), labels].clip(epsilon, 1 - epsilon)
    return float(np.average(-np.log(chosen), weights=weight))


def brier(labels: Array, p: Array, weight: Array | None = None) -> float:
    """The mean of Σ_k (p_k − t_k)², t the one-hot row of the class that it was; of two classes half
    of it, which is (p − t)² of either (Brier, 1950).

    - `labels`, `p`, `weight`: as for `log_loss`.

    >>> brier(np.array([0, 1]), np.array([[0.5, 0.5], [0.0, 1.0]]))
    0.125
    """
    squares = ((p - np.eye(p.shape[1])[labels]) ** 2).sum(axis=1)
    return float(np.average(squares, weights=weight)) / (2 if p.shape[1] == 2 else 1)


def mean_absolute_error(y: Array, predicted: Array, weight: Array | None = None) -> float:
    """The mean of |ŷ − y|, over rows and outputs.

    - `y`, `predicted`: values (rows,) or (rows, outputs).
    - `weight`: how much each row counts; without it, all the same.

    >>> mean_absolute_error(np.array([1.0, 2.0]), np.array([1.0, 5.0]))
    1.5
    """
    return float(np.average(np.abs(predicted - y), axis=0, weights=weight).mean())


def root_mean_squared_error(y: Array, predicted: Array, weight: Array | None = None) -> float:
    """√ of the mean of (ŷ − y)² over rows; of several outputs the mean.

    - `y`, `predicted`, `weight`: as for `mean_absolute_error`.

    >>> root_mean_squared_error(np.array([1.0, 2.0]), np.array([4.0, 5.0]))
    3.0
    """
    return float(np.sqrt(np.average((predicted - y) ** 2, axis=0, weights=weight)).mean())


def r2(y: Array, predicted: Array, weight: Array | None = None) -> float:
    """1 − Σ (ŷ − y)² / Σ (y − ȳ)²: 1 is exact, 0 no better than always the mean ȳ; of several
    outputs the mean. NaN for fewer than two rows. Values that are all the same give 1 if they are
    predicted exactly, else 0.

    - `y`, `predicted`, `weight`: as for `mean_absolute_error`.

    >>> r2(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 4.0]))
    0.5
    """
    if len(y) < 2:
        return math.nan
    left = np.atleast_1d(np.average((predicted - y) ** 2, axis=0, weights=weight))
    spread = np.average((y - np.average(y, axis=0, weights=weight)) ** 2, axis=0, weights=weight)
    spread = np.atleast_1d(spread)
    explained = 1 - np.divide(left, spread, out=np.ones(len(left)), where=spread > 0)
    return float(np.where((spread == 0) & (left == 0), 1.0, explained).mean())
