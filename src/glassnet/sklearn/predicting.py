"""What predicts for an estimator: its networks' outputs for rows that were checked."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.validation import _check_n_features, check_is_fitted, validate_data

from glassnet.base.arrays import Array, check_unmasked
from glassnet.base.frames import is_table
from glassnet.nn.functions import sigmoid, softmax
from glassnet.sequential import Sequential
from glassnet.sklearn import parameters as settings
from glassnet.sklearn import tables
from glassnet.sklearn.fitted_network import attach, synchronise
from glassnet.sklearn.objective import SparseRows
from glassnet.sklearn.shapes import as_rows, as_samples

FLOATS = (np.float64, np.float32)

# From logits to predictions, and back.
OUTPUTS: dict[str, Callable[[Array], Array]] = {
    "softmax": softmax,
    "logistic": sigmoid,
    "exp": np.exp,
    "identity": lambda z: z,
}
INVERSES: dict[str, Callable[[Array], Array]] = {
    "softmax": np.log,
    "logistic": lambda p: np.log(p) - np.log1p(-p),
    "exp": np.log,
    "identity": lambda z: z,
}


class Predictor:
    """Predicts with the fitted networks of one estimator, and leaves the estimator as it is."""

    __slots__ = ("estimator",)

    def __init__(self, estimator: Any) -> None:
        self.estimator = estimator

    def network(self) -> Sequential:
        """The network whose weights are the estimator's `coefs_` and `intercepts_`."""
        e = self.estimator
        if not hasattr(e, "_views"):  # weights that scikit-learn trained
            attach(e, settings.network_for_shapes(e, [W.shape for W in e.coefs_]))
        return synchronise(e)

    def outputs(self, X: Any, check_input: bool = True) -> Array:
        """Probabilities or values (samples, outputs)."""
        logits = self.logits(X, check_input)
        return OUTPUTS[self.estimator.out_activation_](logits)

    def logits(self, X: Any, check_input: bool = True) -> Array:
        """The outputs before the last activation; an ensemble's are those of its mean output."""
        e = self.estimator
        if not hasattr(e, "coefs_"):
            check_is_fitted(e)  # which takes longer than a small network
            with np.errstate(divide="ignore"):
                return INVERSES[e.out_activation_](self.of_members(X, check_input).mean(axis=0))
        return self.network().outputs(self.rows(X, check_input))

    def of_members(self, X: Any, check_input: bool = True) -> Array:
        """The outputs of every network of an ensemble (networks, samples, outputs)."""
        e = self.estimator
        rows, activate = self.rows(X, check_input), OUTPUTS[e.out_activation_]
        networks = [Predictor(member).network() for member in e.estimators_]
        return np.stack([activate(network.outputs(rows)) for network in networks])

    def rows(self, X: Any, check_input: bool = True) -> Any:
        """The rows as a network takes them, checked."""
        check_unmasked("X", X)
        e = self.estimator
        if check_input and getattr(e, "_schema", None) is not None:
            return self.encode(X)
        X = as_rows(e, X)
        if check_input and not self._needs_no_check(X):
            X = validate_data(e, X, accept_sparse=["csr", "csc"], reset=False, dtype=FLOATS)
        return SparseRows(X) if issparse(X) else as_samples(e, X)

    def encode(self, X: Any) -> Array:
        """The rows of a table as numbers; an array must have as many columns as in training."""
        frame = tables.as_frame(X)
        if not is_table(X):
            _check_n_features(self.estimator, frame, reset=False)
        return tables.encode(frame, self.estimator._schema)

    def _needs_no_check(self, X: Any) -> bool:
        """Whether there is nothing to check or to convert."""
        e = self.estimator
        return (
            type(X) is np.ndarray
            and X.dtype in FLOATS
            and X.ndim == 2
            and len(X) > 0
            and X.shape[1] == e.n_features_in_
            and not hasattr(e, "feature_names_in_")
            and bool(np.isfinite(X).all())
        )
