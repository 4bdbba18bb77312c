"""Checks of what an estimator is given to learn from."""

from typing import Any, NamedTuple

from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import _check_sample_weight

from glassnet.base.arrays import Array, check_unmasked
from glassnet.base.frames import as_pandas, is_table
from glassnet.sklearn import tables
from glassnet.sklearn.predicting import Predictor
from glassnet.sklearn.shapes import as_rows, as_samples, learn_shape
from glassnet.sklearn.validation import (
    ValidationData,
    check_validation_data,
    share_to_hold_out,
)


class TrainingData(NamedTuple):
    """Checked rows, targets y (samples, outputs) and weights, and what to validate on."""

    X: Any
    y: Array
    weight: Any
    validation: float | ValidationData | None  # a float is the share of rows to hold out
    raw: tuple[Any, Any]  # X and y as they were given


def check_training_data(
    estimator: Any,
    X: Any,
    y: Any,
    weight: Any,
    validation: Any,
    incremental: bool,
    first: bool,
) -> TrainingData:
    """The data as arrays; a `first` training also learns the columns, classes and their names."""
    e = estimator
    for what, values in (("X", X), ("y", y), ("sample_weight", weight)):
        check_unmasked(what, values)
    if e.preprocess is not None and is_table(X):
        X = as_pandas(X)
    raw, names = (X, y), None
    if e.preprocess is not None:
        names = tables.as_frame(X).columns
        if first:
            e._schema = tables.learn_schema(X, e.preprocess)
        X = tables.encode(X, e._schema) if first else Predictor(e).encode(X)
    elif first:
        e._schema = None
    if first:
        learn_shape(e, X)
    rows, y = e._validate_input(as_rows(e, X), y, incremental, reset=first or names is not None)
    X = as_samples(e, rows)
    if names is not None:
        e.n_features_in_, e.feature_names_in_ = len(names), names.to_numpy(object)
    y = y.reshape(len(y), -1)
    if weight is not None:
        weight = _check_sample_weight(weight, X, dtype=X.dtype, ensure_non_negative=True)
    weight = _times_class_weight(e, y, weight, X.dtype)
    if validation is None:
        validation = None if incremental else share_to_hold_out(e, len(y))
    else:
        validation = check_validation_data(e, validation, y.shape[1])
    return TrainingData(X, y, weight, validation, raw)


def _times_class_weight(estimator: Any, y: Array, weight: Any, dtype: Any) -> Any:
    """The weights of samples, times those of their classes."""
    class_weight = getattr(estimator, "class_weight", None)
    if class_weight is None:
        return weight
    labels = estimator._label_binarizer.inverse_transform(y)
    of_samples = compute_sample_weight(class_weight, labels)
    return (of_samples if weight is None else of_samples * weight).astype(dtype)
