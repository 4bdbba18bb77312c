"""Folds: parts of the training rows, each held out in its turn."""

from dataclasses import replace

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.errors import InputError
from glassnet.base.optional import need
from glassnet.data import Dataset
from glassnet.nn.task import task_named


def without_fold(data: Dataset, rows: Array) -> Dataset:
    """The data whose training part lacks a fold, which is the test part.

    - `data`: whose training part is divided.
    - `rows`: of the fold, by their numbers there.

    >>> numbers = Dataset("ten", np.zeros((10, 1)), np.arange(10.0), np.zeros((0, 1)), np.zeros(0))
    >>> part = without_fold(numbers, np.array([0, 7]))
    >>> part.y_train, part.y_test
    (array([1., 2., 3., 4., 5., 6., 8., 9.]), array([0., 7.]))
    """
    others = np.setdiff1d(np.arange(len(data.x_train)), rows)
    x, y = data.x_train, data.y_train
    return replace(data, x_train=x[others], y_train=y[others], x_test=x[rows], y_test=y[rows])


def fold_rows(data: Dataset, folds: int, seed: int) -> list[Array]:
    """The numbers of the training rows in each fold, which holds each class in its share.

    - `folds`: how many.
    - `seed`: of the order of rows.

    Raises `InputError` if there are not as many rows.

    >>> numbers = Dataset("ten", np.zeros((10, 1)), np.arange(10.0), np.zeros((0, 1)), np.zeros(0))
    >>> [len(rows) for rows in fold_rows(numbers, 5, seed=0)]
    [2, 2, 2, 2, 2]
    """
    samples = len(data.x_train)
    if not 2 <= folds <= samples:
        raise InputError(f"folds is {folds}: expected 2 to {samples}, the samples that there are")
    selection = need("sklearn.model_selection", "folds")
    kind = selection.KFold
    if task_named(data.task).exclusive:
        least = np.bincount(data.y_train).min()
        kind = selection.StratifiedKFold if least >= folds else kind
    found = kind(folds, shuffle=True, random_state=seed).split(np.zeros(samples), data.y_train)
    return [rows for _, rows in found]
