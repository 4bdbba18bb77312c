"""What `MLPClassifier` and `MLPRegressor` share: scikit-learn's methods, and who does the work."""

from typing import Any, Self

from sklearn.base import BaseEstimator, ClassifierMixin, _fit_context
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from glassnet.base.arrays import Array, check_unmasked
from glassnet.base.errors import InputError
from glassnet.sequential import Sequential
from glassnet.sklearn import parameters as settings
from glassnet.sklearn.callbacks import CallbackSupportMixin, with_callbacks
from glassnet.sklearn.ensembles import EnsembleFitting
from glassnet.sklearn.fitted_network import NetworkViews, attach
from glassnet.sklearn.fitting import Fitting, ResumePoint
from glassnet.sklearn.predicting import Predictor
from glassnet.sklearn.training_data import check_training_data
from glassnet.stack import Stack


class Estimator(CallbackSupportMixin, BaseEstimator):  # type: ignore[misc]
    """The base of both estimators: a `Fitting` trains its networks, a `Predictor` asks them.

    A subclass is one of scikit-learn's estimators too, and says what outputs mean.
    """

    coefs_: list[Array]
    intercepts_: list[Array]
    estimators_: list[Any]  # of an ensemble
    best_loss_: float | None
    best_validation_score_: float | None
    loss_curve_: list[float]
    validation_loss_curve_: list[float] | None
    validation_scores_: list[float] | None
    _schema: Any  # of a table, else None
    _views: NetworkViews  # these are coefs_ and intercepts_
    _optimizer: ResumePoint

    # ---- what each kind of estimator says of its outputs

    def _decode(self, logits: Array) -> Any:
        """The predictions that these logits (samples, outputs) mean."""
        raise NotImplementedError(f"{type(self).__name__} has no _decode(logits)")

    def _reshape(self, outputs: Array) -> Array:
        """Outputs (samples, outputs) in the shape of predictions."""
        raise NotImplementedError(f"{type(self).__name__} has no _reshape(outputs)")

    # ---- fitting

    @with_callbacks  # type: ignore[untyped-decorator]
    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, *, validation_data: Any = None
    ) -> Self:
        """Train on X and y; returns the estimator.

        - `X`: (samples, features), or what `layers` and `preprocess` take.
        - `y`: (samples,) or (samples, outputs).
        - `sample_weight`: one number of 0 or more for each row; 2 counts as the row given twice.
        - `validation_data`: (X, y), (X, y, sample_weight) or the share of rows to hold out; its
          loss and score are recorded after every epoch.
        """
        return self._fit(X, y, sample_weight, validation_data=validation_data)

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        incremental: bool = False,
        validation_data: Any = None,
    ) -> Self:
        """Train; scikit-learn's `partial_fit` calls this with `incremental`."""
        settings.check(self)
        if incremental:
            self._check_solver()
        many = self.n_ensemble > 1
        begun = hasattr(self, "coefs_")
        if many:
            begun = len(getattr(self, "estimators_", ())) == self.n_ensemble
        first = not begun or not (self.warm_start or incremental)
        data = check_training_data(self, X, y, sample_weight, validation_data, incremental, first)
        self._random_state = check_random_state(self.random_state)
        (EnsembleFitting if many else Fitting)(self, data, first, incremental).run()
        return self

    def _check_solver(self) -> bool:
        """Whether there is a `partial_fit`: the AttributeError says why not."""
        if not settings.stochastic(self):
            raise AttributeError("partial_fit learns batch by batch, and the solver lbfgs does not")
        if self.early_stopping and self.early_stopping != settings.AUTO:
            raise AttributeError("partial_fit does not support early_stopping=True")
        if isinstance(getattr(self, "class_weight", None), str):
            raise AttributeError(
                "class_weight='balanced' would count the classes of one call alone: give "
                "partial_fit a dict, or sample_weight"
            )
        return True

    # ---- predicting

    def predict(self, X: Any) -> Any:
        """The classes, labels or values of each row of X (samples, features)."""
        return self._predict(X)

    def _predict(self, X: Any, check_input: bool = True) -> Any:
        return self._decode(Predictor(self).logits(X, check_input))

    def _forward_pass_fast(self, X: Any, check_input: bool = True) -> Array:
        return Predictor(self).outputs(X, check_input)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """The accuracy, or R² of values, on rows X with their targets y, weighted by
        `sample_weight`.
        """
        check_unmasked("y", y)
        check_unmasked("sample_weight", sample_weight)
        return float(super().score(X, y, sample_weight))

    def _check_ensemble(self) -> bool:
        """Whether there is a `predict_std`: the AttributeError says why not."""
        fitted = hasattr(self, "coefs_") or hasattr(self, "estimators_")
        if not (hasattr(self, "estimators_") if fitted else self.n_ensemble > 1):
            raise AttributeError("one network has no spread: fit with n_ensemble=2 or more")
        return True

    @available_if(_check_ensemble)  # type: ignore[untyped-decorator]
    def predict_std(self, X: Any) -> Array:
        """The standard deviation of an ensemble's probabilities (samples, classes), or values, for
        each row of X.

        It is the one of a sample (n − 1). Only ensembles have this method.
        """
        check_is_fitted(self)
        deviation: Array = Predictor(self).of_members(X).std(axis=0, ddof=1)
        return self._reshape(deviation)

    # ---- copies and tags

    def __getstate__(self) -> dict[str, Any]:
        """The network holds the parameters: coefs_ and intercepts_, its views, are left out."""
        state: dict[str, Any] = dict(super().__getstate__())
        if hasattr(self, "coefs_"):
            state["_network"] = Predictor(self).network()
            for views in ("_views", "coefs_", "intercepts_"):
                state.pop(views, None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        network = state.pop("_network", None)
        super().__setstate__(state)
        if network is not None:
            attach(self, network)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        if self.preprocess is not None:
            tags.input_tags.sparse = False
            tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = True
        return tags

    # ---- to glassnet and back

    @classmethod
    def for_tables(cls, **parameters: Any) -> Self:
        """An estimator for tables as they come, with the preset of `glassnet train --preset table`.

        - `parameters`: they take the place of the preset's.

        >>> from glassnet.sklearn import MLPClassifier
        >>> model = MLPClassifier.for_tables(n_ensemble=2)
        >>> model.waves, model.n_ensemble, model.preprocess
        (3, 2, 'auto')
        """
        task = "classes" if issubclass(cls, ClassifierMixin) else "values"
        return cls(**{**settings.for_tables(task), **parameters})

    def to_network(self) -> Sequential:
        """A copy of the fitted network: to explain, save, export, train further.

        Raises InputError for an ensemble (use `to_stack`) and for the loss "poisson".
        """
        check_is_fitted(self)
        if not hasattr(self, "coefs_"):
            raise InputError("an ensemble has many networks: to_stack() gives them all")
        if self.out_activation_ == "exp":
            raise InputError(
                "loss is 'poisson', whose network predicts the logarithm of the expected count: "
                "no layer computes the exponential after it"
            )
        network = Predictor(self).network().copy()
        settings.describe_outputs(self, network)
        return network

    def to_stack(self) -> Stack:
        """Copies of the fitted network or networks as a stack: to predict, save, train further."""
        check_is_fitted(self)
        members = getattr(self, "estimators_", [self])
        return Stack(member.to_network() for member in members)

    @classmethod
    def from_sklearn(cls, fitted: Any) -> Self:
        """An estimator with the weights and attributes of a `fitted` one of scikit-learn.

        Raises `InputError` for an estimator of another kind, or one that is not fitted.
        """
        theirs: Any = next(
            kind for kind in cls.__mro__ if kind.__module__.startswith("sklearn.neural_network")
        )
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
