"""Checks of the data that an estimator is to be judged by."""

from numbers import Real
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.base import is_classifier
from sklearn.utils import check_array
from sklearn.utils.validation import _check_sample_weight

from glassnet.base.arrays import Array, check_unmasked
from glassnet.base.errors import InputError
from glassnet.sklearn.watching import Held


def given_validation(estimator: Any, given: Any, outputs: int) -> float | Held:
    """The share of rows, or (X, y) or (X, y, sample_weight), checked; targets are not yet as a loss
    takes them."""
    if isinstance(given, Real) and 0 < float(given) < 1:
        return float(given)
    if not isinstance(given, (tuple, list)) or len(given) not in (2, 3):
        raise InputError(
            "validation_data: expected (X, y), (X, y, sample_weight) or the share of rows to "
            "hold out, above 0 and below 1"
        )
    raw, y, *weights = given
    check_unmasked("validation y", y)
    check_unmasked("validation weights", weights[0] if weights else None)
    rows = estimator._rows(raw)
    truth, targets = _targets(estimator, y, outputs)
    if len(rows) != len(targets):
        raise InputError(
            f"validation_data: X has {len(rows)} samples and y has {len(targets)}: expected as many"
        )
    weight = None
    if weights and weights[0] is not None:
        given = weights[0], np.empty((len(rows), 1))
        weight = _check_sample_weight(*given, dtype=rows.dtype, ensure_non_negative=True)
    return Held(rows, targets, truth, weight, raw)


def _targets(estimator: Any, y: Any, outputs: int) -> tuple[Any, Array]:
    """As given, and as (samples, outputs)."""
    if not is_classifier(estimator):
        values = check_array(y, ensure_2d=False, dtype="numeric", input_name="validation y")
        targets = values.reshape(len(values), -1)
        if targets.shape[1] != outputs:
            raise InputError(
                f"validation_data: y has {targets.shape[1]} columns, expected {outputs}, as in "
                "training"
            )
        return values, targets
    binarizer = estimator._label_binarizer
    if not binarizer.y_type_.startswith("multilabel"):
        y = np.ravel(y)
        new = np.setdiff1d(y, estimator.classes_)
        if len(new):
            raise InputError(
                f"validation_data: y has the class {new[0]}, which training has not: expected "
                f"{', '.join(map(str, estimator.classes_))}"
            )
    targets = binarizer.transform(y)
    targets = (targets.toarray() if issparse(targets) else targets).astype(bool)
    return y, targets.reshape(len(targets), -1)
