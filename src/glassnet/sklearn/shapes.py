"""Samples with a shape of their own, such as pictures: scikit-learn's checks see rows of them."""

from math import prod
from typing import Any

import numpy as np

from glassnet.base.arrays import Shape
from glassnet.base.errors import InputError


def learn_shape(estimator: Any, X: Any) -> None:
    """Keep the shape of one sample as `_sample_shape`; None for rows of features.

    Only `layers` take other shapes: for anything else scikit-learn's own check says so.
    """
    shape = () if estimator.layers is None else _shape(X)
    estimator._sample_shape = shape if len(shape) > 1 else None


def as_rows(estimator: Any, X: Any) -> Any:
    """X (samples, …) as (samples, features), for checks; InputError if a sample has another shape
    than in training."""
    shape = sample_shape(estimator)
    if shape is None:
        return X
    if _shape(X) != shape:
        raise InputError(f"X has samples of shape {_shape(X)}, expected {shape}, as in training")
    return np.asarray(X).reshape(-1, prod(shape))


def as_samples(estimator: Any, rows: Any) -> Any:
    """Rows that were checked in the shape that the network takes."""
    shape = sample_shape(estimator)
    return rows if shape is None else rows.reshape(-1, *shape)


def sample_shape(estimator: Any) -> Shape | None:
    """The shape of one sample in training, None for a row of features."""
    shape: Shape | None = getattr(estimator, "_sample_shape", None)
    return shape


def _shape(X: Any) -> Shape:
    """The shape of one sample of what may be an array, a table or lists."""
    return tuple(X.shape if hasattr(X, "shape") else np.asarray(X).shape)[1:]
