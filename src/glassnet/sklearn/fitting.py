"""What takes the place of scikit-learn's training: from `fit` to the fitted weights."""

import warnings
from typing import Any, NamedTuple, Self

import numpy as np
from scipy.sparse import issparse
from sklearn.base import _fit_context, is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import _safe_indexing, check_random_state
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import _check_sample_weight

from glassnet.base.arrays import Array, check_unmasked
from glassnet.base.errors import DivergedError
from glassnet.nn.losses import Loss
from glassnet.nn.optimizers import LBFGS, Moments, Optimizer
from glassnet.sklearn import ensembles, tables
from glassnet.sklearn import parameters as settings
from glassnet.sklearn.callbacks import CallbackSupportMixin, monitors, parted, with_callbacks
from glassnet.sklearn.objective import (
    TOO_OFTEN,
    Draws,
    PenalisedLBFGSTrainer,
    PenalisedTrainer,
    ResumedTrainer,
    SparseRows,
)
from glassnet.sklearn.predicting import Predicting
from glassnet.sklearn.validation import BAR, Convergence, ValidationData, given_validation
from glassnet.training.callbacks.progress import Progress
from glassnet.training.trainer import INTERRUPTED, Sets

NOT_FINITE = (
    "Solver produced non-finite parameter weights. The input data may contain large values and "
    "need to be preprocessed."
)


class Kept(NamedTuple):
    """Where a training ended, for one that continues."""

    rule: Optimizer
    moments: Moments
    epochs: int
    steps: int
    learning_rate: float


class Data(NamedTuple):
    """What an estimator was given, checked: y (samples, outputs) is what its outputs are to be.

    `validation` is a share, data, or None; `raw` the rows and targets as they came.
    """

    X: Any
    y: Array
    weight: Any
    validation: Any
    raw: tuple[Any, Any]


class Task(NamedTuple):
    """What a network learns: from which rows of the data, by which loss, with which callbacks."""

    sets: Sets
    rows: Any  # None for all
    loss: Loss
    callbacks: list[Any]

    @property
    def samples(self) -> int:
        """How many rows."""
        return len(self.sets[0]) if self.rows is None else len(self.rows)


class Engine(Predicting, CallbackSupportMixin):  # type: ignore[misc]
    """The methods between `fit` and the fitted weights."""

    best_loss_: float | None
    best_validation_score_: float | None
    loss_curve_: list[float]
    validation_loss_curve_: list[float] | None
    validation_scores_: list[float] | None
    _optimizer: Kept

    @with_callbacks  # type: ignore[untyped-decorator]
    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, *, validation_data: Any = None
    ) -> Self:
        """Train on X (samples, features) and y (samples,) or (samples, outputs).

        - `sample_weight`: one number of 0 or more for each row; 2 counts as the row given twice.
        - `validation_data`: (X, y), (X, y, sample_weight) or the share of rows to hold out; after
          every epoch its loss and score are noted.
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
        settings.check(self)
        if incremental:
            self._check_solver()
        many = self.n_ensemble > 1
        begun = hasattr(self, "coefs_")
        if many:
            begun = len(getattr(self, "estimators_", ())) == self.n_ensemble
        first = not begun or not (self.warm_start or incremental)
        data = self._checked(X, y, sample_weight, validation_data, incremental, first)
        self._random_state = check_random_state(self.random_state)
        if many:
            ensembles.fit(self, data, first, incremental)
            return self
        self.__dict__.pop("estimators_", None)
        self._begin(data, first)
        self._learn(data, incremental)
        return self

    def _check_solver(self) -> bool:
        """Whether there is a `partial_fit`: AttributeError says why not."""
        if not settings.stochastic(self):
            raise AttributeError("partial_fit goes by batches, which the solver lbfgs does not")
        if self.early_stopping:
            raise AttributeError("partial_fit does not support early_stopping=True")
        if isinstance(getattr(self, "class_weight", None), str):
            raise AttributeError(
                "class_weight='balanced' would know the classes of one call alone: give "
                "partial_fit a dict, or sample_weight"
            )
        return True

    # ---- checks

    def _checked(
        self, X: Any, y: Any, weight: Any, validation: Any, incremental: bool, first: bool
    ) -> Data:
        for what, values in (("X", X), ("y", y), ("sample_weight", weight)):
            check_unmasked(what, values)
        raw, names = (X, y), None
        if self.preprocess is not None:
            names = tables.as_frame(X).columns
            if first:
                self._schema = tables.learned(X, self.preprocess)
            X = tables.encoded(X, self._schema) if first else self._encoded(X)
        elif first:
            self._schema = None
        X, y = self._validate_input(X, y, incremental, reset=first or names is not None)
        if names is not None:
            self.n_features_in_, self.feature_names_in_ = len(names), names.to_numpy(object)
        y = y.reshape(len(y), -1)
        if weight is not None:
            weight = _check_sample_weight(weight, X, dtype=X.dtype, ensure_non_negative=True)
        weight = self._class_weighted(y, weight, X.dtype)
        if validation is None and self.early_stopping and settings.stochastic(self):
            validation = self.validation_fraction
        elif validation is not None:
            validation = given_validation(self, validation, y.shape[1])
        return Data(X, y, weight, validation, raw)

    def _class_weighted(self, y: Array, weight: Any, dtype: Any) -> Any:
        """The weights of samples, times those of their classes."""
        of_classes = getattr(self, "class_weight", None)
        if of_classes is None:
            return weight
        found = compute_sample_weight(of_classes, self._label_binarizer.inverse_transform(y))
        return (found if weight is None else found * weight).astype(dtype)

    # ---- the network to train

    def _begin(self, data: Data, first: bool) -> None:
        """First weights, and figures that are none yet."""
        if not first:
            settings.check_same(self, self._network())
            return
        self.n_outputs_ = data.y.shape[1]
        hidden = [] if self.layers is not None else settings.hidden_layer_sizes(self)
        units = [data.X.shape[1], *hidden, self.n_outputs_]
        self._initialize(data.y, units, data.X.dtype)
        early = self.early_stopping and data.validation is not None
        falling = settings.stochastic(self) and not early
        self.loss_curve_, self._no_improvement_count = [], 0
        self.best_loss_ = np.inf if falling else None
        self.best_validation_score_ = -np.inf if early else None
        self.validation_loss_curve_ = self.validation_scores_ = None
        self.__dict__.pop("_optimizer", None)

    def _initialize(self, y: Array, layer_units: list[int], dtype: Any) -> None:
        """Weights that scikit-learn draws, or with `layers` those that the layers draw."""
        super()._initialize(y, layer_units, dtype)
        network = settings.network(self, layer_units[0], layer_units[-1], dtype)
        if self.layers is not None:
            del self.coefs_
        self._hold(network)
        self.n_layers_ = len(self._views.coefs) + 1
        self._network()  # takes over what scikit-learn drew

    # ---- training

    def _learn(self, data: Data, incremental: bool) -> None:
        task = self._task(data, incremental)
        rule, network = settings.rule(self), self._network()
        sets = task.sets if task.rows is None else tuple(a[task.rows] for a in task.sets)
        how = {
            "alpha": self.alpha,
            "callbacks": task.callbacks,
            "clip_norm": self.clip_norm,
            "schedule": settings.schedule(self),
            "shuffle": self.shuffle,
        }
        self.n_iter_ = 0
        if isinstance(rule, LBFGS):
            del how["clip_norm"], how["schedule"]
            self.loss_curve_ = []
            if self.validation_scores_ is not None:
                self.validation_loss_curve_, self.validation_scores_ = [], []
            minimising = PenalisedLBFGSTrainer(
                network, sets, task.loss, rule, epochs=self.max_iter, batch_size=len(sets[1]), **how
            )
            minimising.tolerance, minimising.most = self.tol, self.max_fun
            self._run(minimising)
        else:
            self._descend(network, sets, task.loss, rule, incremental, how)

    def _descend(
        self, network: Any, sets: Any, loss: Loss, rule: Optimizer, incremental: bool, how: Any
    ) -> None:
        """Batch by batch, from the first step or from the end of the training before."""
        kept = self._kept() if incremental or self.warm_start else None
        before = kept.epochs if kept else 0
        descent = ResumedTrainer(
            network, sets, loss, rule, batch_size=self._batch_size(len(sets[1])),
            epochs=max(self.max_iter, before + 1) if incremental else before + self.max_iter, **how,
        )  # fmt: skip
        if kept:
            descent.moments, descent.first_rate = kept.moments, kept.learning_rate
            descent.count_from(kept.epochs, kept.steps)
            descent.history["loss"] = list(self.loss_curve_)  # for schedules that follow it
            if self.validation_loss_curve_:
                descent.history["val_loss"] = list(self.validation_loss_curve_)
        else:
            network.rng = Draws(self._random_state)
        self._run(descent)
        epochs, steps = before + self.n_iter_, self.n_iter_ * descent.steps_per_epoch
        self._optimizer = Kept(
            rule, descent.moments, epochs, descent.steps_before + steps, descent.first_rate
        )

    def _kept(self) -> Kept | None:
        """Where the training before ended, if it was by the same rule."""
        kept: Kept | None = getattr(self, "_optimizer", None)
        return kept if kept and kept.rule.config() == settings.rule(self).config() else None

    def _task(self, data: Data, incremental: bool) -> Task:
        """What to learn from, what to validate by, and which callbacks to call."""
        rows, held = self._parts(data)
        loss, targets = settings.objective(self, data.y, data.X.dtype)
        X = SparseRows(data.X) if issparse(data.X) else data.X
        sets: Any = (X, targets) if data.weight is None else (X, targets, data.weight)
        if held is not None:
            held = held._replace(targets=settings.objective(self, held.targets, data.X.dtype)[1])
            if self.validation_scores_ is None:
                self.validation_loss_curve_, self.validation_scores_ = [], []
        watch = Convergence(self, loss, len(X) if rows is None else len(rows), held, incremental)
        callbacks = [watch, *([Progress()] if self.verbose == BAR else [])]
        callbacks += parted(self.callbacks)[1]
        if not incremental:
            callbacks += monitors(self, data.raw, data.weight, self.max_iter)
        return Task(sets, rows, loss, callbacks)

    def _parts(self, data: Data) -> tuple[Any, ValidationData | None]:
        """The rows to train on, None for all, and what to judge by."""
        if data.validation is None or isinstance(data.validation, ValidationData):
            return None, data.validation
        stratify = data.y if is_classifier(self) and self.n_outputs_ == 1 else None
        rows, held = train_test_split(
            np.arange(len(data.y)),
            random_state=self._random_state,
            test_size=data.validation,
            stratify=stratify,
        )
        if len(held) < 2:
            raise ValueError(
                "The validation set is too small. Increase 'validation_fraction' or the size of "
                "your dataset."
            )
        X, y, weight = (
            data.X[held],
            data.y[held],
            None if data.weight is None else data.weight[held],
        )
        given_targets = self._label_binarizer.inverse_transform(y) if is_classifier(self) else y
        seen = SparseRows(X) if issparse(X) else X
        given = data.raw[0] if self._schema or hasattr(data.raw[0], "iloc") else data.X
        return rows, ValidationData(seen, y, given_targets, weight, _safe_indexing(given, held))

    def _batch_size(self, samples: int) -> int:
        if self.batch_size == "auto":
            return min(200, samples)
        if self.batch_size > samples:
            warnings.warn(
                f"batch_size is {self.batch_size} and there are {samples} samples: all of them "
                "are one batch",
                stacklevel=7,
            )
        return int(min(self.batch_size, samples))

    def _run(self, trainer: PenalisedTrainer) -> None:
        try:
            trainer.fit()
        except DivergedError as error:
            self._diverged(str(error))
            return
        self._warn_of_the_end(trainer.stopped)

    def _diverged(self, how: str) -> None:
        """Raise, or with early stopping, which has kept the best weights, warn."""
        if not (self.early_stopping and self.validation_scores_ is not None):
            raise ValueError(f"{NOT_FINITE} {how}")
        self.validation_scores_.append(np.nan)
        warnings.warn(f"{how} The weights of the best epoch are kept.", ConvergenceWarning, 6)

    def _warn_of_the_end(self, stopped: str | None) -> None:
        """Where training ended before it was done."""
        if stopped == INTERRUPTED:
            warnings.warn("Training interrupted by user.", stacklevel=6)
        elif stopped == TOO_OFTEN or (stopped is None and self.n_iter_ == self.max_iter):
            warnings.warn(
                f"{self.solver} was not done after {self.n_iter_} iterations, the most that "
                "max_iter or max_fun allow: raise them, or scale the data",
                ConvergenceWarning,
                stacklevel=6,
            )
