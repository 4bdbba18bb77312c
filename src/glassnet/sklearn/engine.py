"""What takes the place of scikit-learn's training and of its forward pass."""

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple, Self

import numpy as np
from scipy.sparse import issparse
from sklearn.base import BaseEstimator, is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import train_test_split
from sklearn.utils.validation import check_is_fitted, validate_data

from glassnet.arrays import Array
from glassnet.convert import from_sklearn
from glassnet.errors import DivergedError, InputError
from glassnet.functions import sigmoid, softmax
from glassnet.losses import BinaryCrossEntropy, CrossEntropy, Loss, MeanSquared
from glassnet.mlp import mlp
from glassnet.optimizers import LBFGS, Moments, Optimizer
from glassnet.sequential import Sequential
from glassnet.sklearn.descent import Descent, Minimising, Orders, Penalised, SparseRows
from glassnet.sklearn.losses import Poisson
from glassnet.sklearn.rules import EarlyEpsilon, Velocity
from glassnet.training import INTERRUPTED

ACTIVATIONS: dict[str, Any] = {
    "logistic": "sigmoid",
    "tanh": "tanh",
    "relu": "relu",
    "identity": None,
}
OUTPUTS: dict[str, Callable[[Array], Array]] = {
    "softmax": softmax,
    "logistic": sigmoid,
    "exp": np.exp,
    "identity": lambda z: z,
}
LEAST_RATE = 1e-6  # "adaptive" ends below it


class Kept(NamedTuple):
    """Where a training ended, for one that goes on."""

    rule: Optimizer
    moments: Moments
    steps: int
    rate: float
    orders: Orders | None


class Engine(BaseEstimator):  # type: ignore[misc]
    """The methods between `fit` and the fitted weights, and from inputs to outputs."""

    coefs_: list[Array]
    intercepts_: list[Array]
    best_loss_: float
    best_validation_score_: float
    _no_improvement_count: int
    _net: tuple[Sequential, list[Array], list[Array]]  # made of these very lists
    _optimizer: Kept
    _held: Any  # what is held out to stop by, while fit runs
    _best: Array  # and the best parameters until now

    # ---- the network behind coefs_ and intercepts_

    def _network(self) -> Sequential:
        """The network whose weights coefs_ and intercepts_ are; made anew where they were set."""
        known = getattr(self, "_net", None)
        if known is None or known[1] is not self.coefs_ or known[2] is not self.intercepts_:
            self._make_network()
        return self._net[0]

    def _make_network(self) -> None:
        shapes = [W.shape for W in self.coefs_]
        hidden = [units for _, units in shapes[:-1]]
        network = mlp(
            (shapes[0][0],),
            hidden,
            shapes[-1][1],
            activation=ACTIVATIONS[self.activation],
            dtype=np.result_type(*self.coefs_),
        )
        parameters = network.parameters
        keys = [name.partition(".")[0] for name in parameters if name.endswith("W")]
        for key, W, b in zip(keys, self.coefs_, self.intercepts_, strict=True):
            parameters[f"{key}.W"], parameters[f"{key}.b"] = W, b
        self.coefs_ = [parameters[f"{key}.W"] for key in keys]
        self.intercepts_ = [parameters[f"{key}.b"] for key in keys]
        self._net = network, self.coefs_, self.intercepts_

    def __getstate__(self) -> dict[str, Any]:
        """All but the network, whose weights are coefs_ and intercepts_."""
        state = dict(super().__getstate__())
        state.pop("_net", None)
        return state

    @classmethod
    def from_sklearn(cls, fitted: Any) -> Self:
        """Take over a trained estimator of scikit-learn, unchanged.

        Raises InputError for one of another kind, or that is not fitted.
        """
        theirs: Any = next(kind for kind in cls.__mro__ if kind.__module__.startswith("sklearn"))
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

    def to_network(self) -> Sequential:
        """The fitted network, apart from this estimator: to save, export or train further."""
        return from_sklearn(self)

    # ---- forward

    def _forward_pass_fast(self, X: Any, check_input: bool = True) -> Array:
        z = self._logits(X, check_input)
        return OUTPUTS[self.out_activation_](z)

    def _logits(self, X: Any, check_input: bool = True) -> Array:
        """What the network puts out, before the last activation."""
        if not hasattr(self, "coefs_"):
            check_is_fitted(self)  # which takes longer than a small network, and raises here
        if check_input and not self._as_it_should_be(X):
            types = (np.float64, np.float32)
            X = validate_data(self, X, accept_sparse=["csr", "csc"], reset=False, dtype=types)
        rows: Any = SparseRows(X) if issparse(X) else X
        return self._network().outputs(rows)

    def _as_it_should_be(self, X: Any) -> bool:
        """Whether there is nothing to check or to convert."""
        return (
            type(X) is np.ndarray
            and X.dtype in (np.float64, np.float32)
            and X.ndim == 2
            and len(X) > 0
            and X.shape[1] == self.n_features_in_
            and not hasattr(self, "feature_names_in_")
            and bool(np.isfinite(X).all())
        )

    # ---- training

    def _fit_stochastic(self, X: Any, y: Array, sample_weight: Any, *rest: Any) -> None:
        incremental = rest[-1]
        if self.early_stopping and incremental:
            raise ValueError("partial_fit does not support early_stopping=True")
        if self.early_stopping:
            X, y, sample_weight, self._held = self._held_out(X, y, sample_weight)
        kept = self._kept() if incremental or self.warm_start else None
        network, samples = self._network(), len(y)
        orders = kept.orders if kept else Orders(self._random_state) if self.shuffle else None
        self.n_iter_ = 0
        descent: Descent = self._trainer(
            Descent, network, X, y, sample_weight, kept.rule if kept else self._rule(),
            batch_size=self._batch_size(samples), epochs=1 if incremental else self.max_iter,
            after_epoch=lambda loss: self._after_epoch(descent, loss, samples), orders=orders,
        )  # fmt: skip
        descent.rate = self.learning_rate_init
        if kept:
            descent.moments, descent.steps_before, descent.rate = kept[1:4]
        self._best = network.parameters.vector.copy()
        self._run(descent)
        steps = descent.steps_before + self.n_iter_ * descent.steps_per_epoch
        self._optimizer = Kept(descent.optimizer, descent.moments, steps, descent.rate, orders)
        if self.early_stopping:
            network.parameters.vector[...] = self._best
            del self._held
        del self._best
        if self.n_iter_ == self.max_iter and not incremental and descent.stopped is None:
            self._warn_of_the_end()

    def _kept(self) -> Kept | None:
        """Where the training before ended, if it can go on: by the same rule, shuffling or not."""
        kept: Kept | None = getattr(self, "_optimizer", None)
        if kept is None or kept.rule.config() != self._rule().config():
            return None
        return kept if self.shuffle == (kept.orders is not None) else None

    def _fit_lbfgs(self, X: Any, y: Array, sample_weight: Any, *rest: Any) -> None:
        self.loss_curve_: list[float] = []
        minimising: Minimising = self._trainer(
            Minimising, self._network(), X, y, sample_weight, LBFGS(),
            batch_size=len(y), epochs=self.max_iter, after_epoch=self.loss_curve_.append,
        )  # fmt: skip
        minimising.flat, minimising.most = self.tol, self.max_fun
        self._run(minimising)
        self.n_iter_, self.loss_ = len(self.loss_curve_), self.loss_curve_[-1]
        if self.n_iter_ == self.max_iter or minimising.stopped not in (None, INTERRUPTED):
            self._warn_of_the_end()

    def _trainer(
        self, kind: Any, network: Sequential, X: Any, y: Array, weight: Any, rule: Optimizer,
        **settings: Any,
    ) -> Any:  # fmt: skip
        loss, scale, targets = self._objective(y, network.dtype)
        train: tuple[Any, ...] = (SparseRows(X) if issparse(X) else X, targets)
        if weight is not None:
            train = (*train, np.asarray(weight, network.dtype))
        network.loss, network.task = loss, loss.task(targets)
        return kind(network, train, loss, rule, alpha=self.alpha, scale=scale, **settings)

    def _objective(self, y: Array, dtype: Any) -> tuple[Loss, tuple[float, float], Array]:
        """Our loss, what makes its value and its gradient scikit-learn's, and the targets."""
        outputs = y.shape[1]
        if self.out_activation_ == "softmax":
            return CrossEntropy(), (1, 1), y.argmax(axis=1)
        if self.out_activation_ == "logistic":  # which adds up the labels
            return BinaryCrossEntropy(), (outputs, outputs), y.astype(dtype)
        if self.out_activation_ == "exp":
            return Poisson(), (outputs, outputs), y.astype(dtype)
        # The value is a mean over outputs, and the gradient is that of their sum.
        return MeanSquared(), (1 / 2, outputs / 2), y.astype(dtype)

    def _rule(self) -> Optimizer:
        if self.solver == "sgd":
            return Velocity(self.learning_rate_init, self.momentum, self.nesterovs_momentum)
        return EarlyEpsilon(self.learning_rate_init, self.beta_1, self.beta_2, self.epsilon)

    def _batch_size(self, samples: int) -> int:
        if self.batch_size == "auto":
            return min(200, samples)
        if self.batch_size > samples:
            warnings.warn(
                f"batch_size is {self.batch_size} and there are {samples} samples: all of them "
                "are one batch",
                stacklevel=4,
            )
        return int(min(self.batch_size, samples))

    def _run(self, trainer: Penalised) -> None:
        try:
            trainer.fit()
        except DivergedError as error:
            raise ValueError(
                f"Solver produced non-finite parameter weights: {error} The input data may contain "
                "large values and need to be preprocessed."
            ) from error
        if trainer.stopped == INTERRUPTED:
            warnings.warn("Training interrupted by user.", stacklevel=4)

    def _warn_of_the_end(self) -> None:
        warnings.warn(
            f"{self.solver} was not done after {self.n_iter_} iterations, the most that max_iter "
            "or max_fun allow: raise them, or scale the data",
            ConvergenceWarning,
            stacklevel=4,
        )

    def _held_out(self, X: Any, y: Array, weight: Any) -> tuple[Any, Array, Any, Any]:
        """What is left to train on, and what is held out to stop by."""
        stratify = y if is_classifier(self) and self.n_outputs_ == 1 else None
        arrays = [X, y] if weight is None else [X, y, weight]
        parts = train_test_split(
            *arrays,
            random_state=self._random_state,
            test_size=self.validation_fraction,
            stratify=stratify,
        )
        if len(parts[3]) < 2:
            raise ValueError(
                "The validation set is too small. Increase 'validation_fraction' or the size of "
                "your dataset."
            )
        truth = (
            self._label_binarizer.inverse_transform(parts[3]) if is_classifier(self) else parts[3]
        )
        own, held = (None, None) if weight is None else parts[4:]
        return parts[0], parts[2], own, (parts[1], truth, held)

    # ---- after each epoch

    def _after_epoch(self, descent: Descent, loss: float, samples: int) -> None:
        """Note the loss, look whether it still improves, and change the rate where it is time."""
        self.n_iter_ += 1
        self.t_ += samples
        self.loss_ = loss
        self.loss_curve_.append(loss)
        if self.verbose:
            print(f"Iteration {self.n_iter_}, loss = {loss:.8f}")
        self._count_no_improvement(descent.network.parameters.vector)
        if self.solver == "sgd" and self.learning_rate == "invscaling":
            descent.rate = self.learning_rate_init / (self.t_ + 1) ** self.power_t
        if self._no_improvement_count > self.n_iter_no_change:
            what = "Validation score" if self.early_stopping else "Training loss"
            self._stop_or_slow(
                descent,
                f"{what} did not improve more than tol={self.tol:f} for "
                f"{self.n_iter_no_change} consecutive epochs.",
            )

    def _count_no_improvement(self, theta: Array) -> None:
        if not self.early_stopping:
            worse = self.loss_ > self.best_loss_ - self.tol
            self.best_loss_ = min(self.best_loss_, self.loss_)
        else:
            X, y, weight = self._held
            score = self._score(X, y, sample_weight=weight)
            self.validation_scores_.append(score)
            if self.verbose:
                print(f"Validation score: {score:f}")
            worse = score < self.best_validation_score_ + self.tol
            if score > self.best_validation_score_:
                self.best_validation_score_ = score
                self._best[...] = theta
        self._no_improvement_count = self._no_improvement_count + 1 if worse else 0

    def _score(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        # Before scikit-learn 1.9 its own could not take names of classes.
        answers = self._predict(X, check_input=False)
        if answers.dtype.kind == "f" and not np.isfinite(answers).all():
            return np.nan
        score = accuracy_score if is_classifier(self) else r2_score
        return score(y, answers, sample_weight=sample_weight)

    def _stop_or_slow(self, descent: Descent, reason: str) -> None:
        adaptive = self.solver == "sgd" and self.learning_rate == "adaptive"
        if not adaptive or descent.rate <= LEAST_RATE:
            if self.verbose:
                print(f"{reason} Stopping.")
            descent.stop(reason)
            return
        descent.rate /= 5
        self._no_improvement_count = 0
        if self.verbose:
            print(f"{reason} Setting learning rate to {descent.rate:f}")
