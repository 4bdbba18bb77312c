"""From a fitted estimator's rows to its predictions, and the network that makes them."""

import operator
from collections.abc import Callable
from typing import Any, Self

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import _check_n_features, check_is_fitted, validate_data

from glassnet.base.arrays import Array, check_unmasked
from glassnet.base.errors import InputError
from glassnet.nn.functions import sigmoid, softmax
from glassnet.sequential import Sequential
from glassnet.sklearn import parameters as settings
from glassnet.sklearn import tables
from glassnet.sklearn.fitted_network import NetworkViews, views_of
from glassnet.sklearn.objective import SparseRows
from glassnet.stack import Stack

THEIRS = "sklearn.neural_network"
FLOATS = (np.float64, np.float32)

# From outputs to predictions, and back.
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


class Predicting(BaseEstimator):  # type: ignore[misc]
    """The methods of an estimator that go from inputs to outputs."""

    coefs_: list[Array]
    intercepts_: list[Array]
    estimators_: list[Any]  # of an ensemble
    out_activation_: str
    n_features_in_: int
    _schema: Any  # of a table, else None
    _views: NetworkViews  # made of these very coefs_ and intercepts_

    # ---- the network of coefs_ and intercepts_

    def _network(self) -> Sequential:
        """The network whose weights coefs_ and intercepts_ are, even if they were replaced."""
        if not hasattr(self, "_views"):
            self._hold(settings.of_shapes(self, [W.shape for W in self.coefs_]))
            return self._network()
        network, coefs, intercepts = self._views
        now, known = [*self.coefs_, *self.intercepts_], [*coefs, *intercepts]
        if len(now) != len(known) or not all(map(operator.is_, now, known)):
            for view, values in zip(known, now, strict=True):
                if view.shape != np.shape(values):
                    raise InputError(
                        f"coefs_ or intercepts_ has an array of shape {np.shape(values)} where "
                        f"the network has {view.shape}"
                    )
                view[...] = values
            self._tell()
        return network

    def _hold(self, network: Sequential) -> None:
        """Take the network; if there are coefs_ already, with their values."""
        self._views = views_of(network)
        if not hasattr(self, "coefs_"):
            self._tell()

    def _tell(self) -> None:
        """Let coefs_ and intercepts_ be the network's own."""
        self.coefs_, self.intercepts_ = list(self._views.coefs), list(self._views.intercepts)

    def __getstate__(self) -> dict[str, Any]:
        """The network has the parameters; coefs_ and intercepts_ are views of them."""
        state: dict[str, Any] = dict(super().__getstate__())
        if hasattr(self, "coefs_"):
            state["_views"] = self._network()
            del state["coefs_"], state["intercepts_"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        network = state.pop("_views", None)
        super().__setstate__(state)
        if network is not None:
            self._hold(network)

    # ---- forward

    def _forward_pass_fast(self, X: Any, check_input: bool = True) -> Array:
        z = self._logits(X, check_input)
        return OUTPUTS[self.out_activation_](z)

    def _logits(self, X: Any, check_input: bool = True) -> Array:
        """What comes before the last activation; of an ensemble, what its mean would come from."""
        if not hasattr(self, "coefs_"):
            check_is_fitted(self)  # which takes longer than a small network
            with np.errstate(divide="ignore"):
                return INVERSES[self.out_activation_](self._each(X, check_input).mean(axis=0))
        return self._network().outputs(self._rows(X, check_input))

    def _each(self, X: Any, check_input: bool = True) -> Array:
        """The predictions of every network of an ensemble, (networks, samples, outputs)."""
        rows, activate = self._rows(X, check_input), OUTPUTS[self.out_activation_]
        networks = [member._network() for member in self.estimators_]
        return np.stack([activate(network.outputs(rows)) for network in networks])

    def _rows(self, X: Any, check_input: bool = True) -> Any:
        """The rows as a network takes them."""
        check_unmasked("X", X)
        if check_input and getattr(self, "_schema", None) is not None:
            return self._encoded(X)
        if check_input and not self._as_it_should_be(X):
            X = validate_data(self, X, accept_sparse=["csr", "csc"], reset=False, dtype=FLOATS)
        return SparseRows(X) if issparse(X) else X

    def _encoded(self, X: Any) -> Array:
        """The rows of a table as numbers; an array has as many columns as in training."""
        frame = tables.as_frame(X)
        if not hasattr(X, "iloc"):
            _check_n_features(self, frame, reset=False)
        return tables.encoded(frame, self._schema)

    def _as_it_should_be(self, X: Any) -> bool:
        """Whether there is nothing to check or to convert."""
        return (
            type(X) is np.ndarray
            and X.dtype in FLOATS
            and X.ndim == 2
            and len(X) > 0
            and X.shape[1] == self.n_features_in_
            and not hasattr(self, "feature_names_in_")
            and bool(np.isfinite(X).all())
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        if self.preprocess is not None:
            tags.input_tags.sparse = False
            tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = True
        return tags

    def predict(self, X: Any) -> Any:
        """What each row (samples, features) is taken for: see the class."""
        return self._predict(X)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """The accuracy, or R² of values, on rows X with their targets y."""
        check_unmasked("y", y)
        check_unmasked("sample_weight", sample_weight)
        return float(super().score(X, y, sample_weight))

    def _predict(self, X: Any, check_input: bool = True) -> Any:
        return self._predictions(self._logits(X, check_input))

    def _predictions(self, z: Array) -> Any:
        """What is meant by these outputs before their activation; each kind has its own."""
        raise NotImplementedError(f"{type(self).__name__} has no _predictions(z)")

    def _check_ensemble(self) -> bool:
        """Whether there is a `predict_std`: AttributeError says why not."""
        fitted = hasattr(self, "coefs_") or hasattr(self, "estimators_")
        if not (hasattr(self, "estimators_") if fitted else self.n_ensemble > 1):
            raise AttributeError("one network has no spread: fit with n_ensemble=2 or more")
        return True

    @available_if(_check_ensemble)  # type: ignore[untyped-decorator]
    def predict_std(self, X: Any) -> Array:
        """How far an ensemble's networks are apart: the standard deviation of their probabilities
        (samples, classes), or of their values; of a sample, n − 1.

        Only ensembles have this method.
        """
        check_is_fitted(self)
        apart: Array = self._each(X).std(axis=0, ddof=1)
        return self._shaped(apart)

    def _shaped(self, outputs: Array) -> Array:
        """Outputs in the shape of predictions."""
        return outputs

    # ---- to glassnet and back

    def to_network(self) -> Sequential:
        """The fitted network, apart from this estimator: to explain, save, export, train further.

        Raises InputError for an ensemble, which `to_stack` gives, and for the loss "poisson".
        """
        check_is_fitted(self)
        if not hasattr(self, "coefs_"):
            raise InputError("an ensemble has many networks: to_stack() gives them all")
        if self.out_activation_ == "exp":
            raise InputError(
                "loss is 'poisson', whose network gives the logarithm of what is expected: there "
                "is no layer for the exponential after it"
            )
        network = self._network().copy()
        settings.give_meaning(self, network)
        return network

    def to_stack(self) -> Stack:
        """The fitted networks of an ensemble, or the one, as a stack: to ask, save, train on."""
        check_is_fitted(self)
        members = getattr(self, "estimators_", [self])
        return Stack(member.to_network() for member in members)

    @classmethod
    def from_sklearn(cls, fitted: Any) -> Self:
        """Take over a trained estimator of scikit-learn, unchanged.

        Raises InputError for one of another kind, or that is not fitted.
        """
        theirs: Any = next(kind for kind in cls.__mro__ if kind.__module__.startswith(THEIRS))
        if type(fitted) is not theirs or not hasattr(fitted, "coefs_"):
            raise InputError(
                f"{cls.__name__}.from_sklearn: got {fitted!r}, expected a fitted "
                f"{theirs.__name__} of scikit-learn"
            )
        made: Any = cls(**fitted.get_params())
        made.__dict__ |= {name: v for name, v in vars(fitted).items() if name != "_optimizer"}
        made.coefs_ = [W.copy() for W in fitted.coefs_]
        made.intercepts_ = [b.copy() for b in fitted.intercepts_]
        return made  # type: ignore[no-any-return]
