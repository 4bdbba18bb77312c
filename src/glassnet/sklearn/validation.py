"""What an estimator is validated on, and the curves and the stopping that follow from it."""

from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse
from sklearn.base import is_classifier
from sklearn.metrics import accuracy_score, check_scoring, r2_score
from sklearn.model_selection import train_test_split
from sklearn.utils import _safe_indexing, check_array
from sklearn.utils.validation import _check_sample_weight

from glassnet.base.arrays import Array, check_unmasked
from glassnet.base.errors import InputError
from glassnet.nn.losses import Loss
from glassnet.sklearn import parameters as settings
from glassnet.sklearn.objective import SparseRows
from glassnet.sklearn.predicting import Predictor
from glassnet.training.callbacks.protocol import Logs

MIN_RATE = 1e-6  # "adaptive" stops instead of going below it
PROGRESS_BAR = 2  # this `verbose` shows a progress bar and lines of glassnet's
ONE_EPOCH = "one epoch, as partial_fit does"
FEWEST_HELD_OUT = 10  # rows, below which "auto" does not let them stop a training


class ValidationData(NamedTuple):
    """Rows to validate on, with their targets both as the loss takes them and as labels."""

    X: Any
    targets: Array
    y: Any  # labels or values, as a score takes them
    weight: Any
    raw: Any  # the rows before any preprocessing, for scorers


def check_validation_data(estimator: Any, given: Any, outputs: int) -> float | ValidationData:
    """The share of rows, or (X, y) or (X, y, sample_weight), checked; `targets` are (samples,
    outputs), not yet as a loss takes them."""
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
    rows = Predictor(estimator).rows(raw)
    y, targets = _check_targets(estimator, y, outputs)
    if len(rows) != len(targets):
        raise InputError(
            f"validation_data: X has {len(rows)} samples and y has {len(targets)}, expected as "
            "many in y as in X"
        )
    weight = None
    if weights and weights[0] is not None:
        empty = np.empty((len(rows), 1))
        weight = _check_sample_weight(weights[0], empty, dtype=rows.dtype, ensure_non_negative=True)
    return ValidationData(rows, targets, y, weight, raw)


def _check_targets(estimator: Any, y: Any, outputs: int) -> tuple[Any, Array]:
    """The targets as given, and as (samples, outputs)."""
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
                f"validation_data: y has the class {new[0]}, which is not in the training data: "
                f"expected {', '.join(map(str, estimator.classes_))}"
            )
    targets = binarizer.transform(y)
    targets = (targets.toarray() if issparse(targets) else targets).astype(bool)
    return y, targets.reshape(len(targets), -1)


def share_to_hold_out(estimator: Any, rows: int) -> float | None:
    """The share of so many rows that early stopping holds out, if it does."""
    e = estimator
    if not (settings.stops_early(e) and settings.stochastic(e)):
        return None
    few = rows * e.validation_fraction < FEWEST_HELD_OUT
    return None if few and e.early_stopping == settings.AUTO else e.validation_fraction


def hold_out(estimator: Any, data: Any) -> tuple[Array, ValidationData]:
    """The numbers of the rows to train on, and the validation data made of all others."""
    e = estimator
    rows, held_out = train_test_split(
        np.arange(len(data.y)),
        random_state=e._random_state,
        test_size=data.validation,
        stratify=data.y if _stratified(e, data) else None,
    )
    if len(held_out) < 2:
        raise ValueError(
            "The validation set is too small. Increase 'validation_fraction' or the size of "
            "your dataset."
        )
    X, targets = data.X[held_out], data.y[held_out]
    return rows, ValidationData(
        X=SparseRows(X) if issparse(X) else X,
        targets=targets,
        y=e._label_binarizer.inverse_transform(targets) if is_classifier(e) else targets,
        weight=None if data.weight is None else data.weight[held_out],
        raw=_safe_indexing(_table_or_array(e, data), held_out),
    )


def _stratified(estimator: Any, data: Any) -> bool:
    """Whether each class is held out in its share; "auto" does without where a class is too rare
    for that."""
    e = estimator
    if not is_classifier(e) or e.n_outputs_ != 1:
        return False
    if e.early_stopping != settings.AUTO:
        return True
    _, counts = np.unique(data.y, return_counts=True)
    return bool(counts.min() > 1)


def _table_or_array(estimator: Any, data: Any) -> Any:
    """The rows as given if scorers need their columns, else as they were checked."""
    X = data.raw[0]
    if hasattr(X, "iloc"):
        return X
    return np.asarray(X) if estimator._schema else data.X


class ConvergenceMonitor:
    """A callback that records an estimator's curves, and ends training when nothing improves.

    It records `loss_`, `loss_curve_`, `n_iter_` and `t_`; with validation data also
    `validation_loss_curve_` and `validation_scores_`, which it adds to the logs.
    """

    trainer: Any

    def __init__(
        self,
        estimator: Any,
        loss: Loss,
        samples: int,
        validation: ValidationData | None,
        incremental: bool,
    ) -> None:
        self.estimator, self.loss, self.samples = estimator, loss, samples
        self.validation, self.incremental = validation, incremental
        self.early = validation is not None and settings.stops_early(estimator)
        self.by_loss = settings.stops_by(estimator) == "loss"
        # L-BFGS has stopping rules of its own.
        self.stops_itself = not settings.stochastic(estimator) and not self.early
        self.scorer = None
        if validation is not None and estimator.scoring not in (None, "loss"):
            self.scorer = check_scoring(estimator, estimator.scoring)

    def on_train_begin(self, logs: Logs) -> None:
        """Take the parameters as they are for the best ones so far."""
        self.best = self.trainer.network.parameters.vector.copy()

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Record loss and score, check whether they improve, change the rate if it is time."""
        e = self.estimator
        e.n_iter_ += 1
        e.loss_ = float(logs["loss"])
        e.loss_curve_.append(e.loss_)
        self.print(f"Iteration {e.n_iter_}, loss = {e.loss_:.8f}")
        if self.validation is not None:
            self.validate(self.validation, logs)
        if self.stops_itself:
            return
        e.t_ += self.samples
        e._no_improvement_count = 0 if self.improved() else e._no_improvement_count + 1
        if e.solver == "sgd" and e.learning_rate == "invscaling":
            self.set_rate(e.learning_rate_init / (e.t_ + 1) ** e.power_t)
        if e._no_improvement_count > e.n_iter_no_change:
            self.stop_or_slow_down()
        if self.incremental:
            self.trainer.stop(ONE_EPOCH)

    def on_train_end(self, logs: Logs) -> None:
        """Restore the best parameters, if training stopped early by them."""
        if self.early:
            self.trainer.network.parameters.vector[...] = self.best

    def validate(self, validation: ValidationData, logs: Logs) -> None:
        """Record the loss and the score on the validation data."""
        e = self.estimator
        logits = self.trainer.network.outputs(validation.X)
        value = float(self.loss(logits, validation.targets, validation.weight)[0])
        score = -value if e.scoring == "loss" else self.score(logits, validation)
        e.validation_loss_curve_.append(value)
        e.validation_scores_.append(score)
        logs |= {"val_loss": value, "val_score": score}
        self.print(f"Validation score: {score:f}")

    def score(self, logits: Array, validation: ValidationData) -> float:
        """The score of the scorer that was asked for, else accuracy or R²."""
        weight = validation.weight
        if self.scorer is not None:
            more = {} if weight is None else {"sample_weight": weight}
            return float(self.scorer(self.estimator, validation.raw, validation.y, **more))
        predictions = self.estimator._decode(logits)
        if predictions.dtype.kind == "f" and not np.isfinite(predictions).all():
            return np.nan
        score = accuracy_score if is_classifier(self.estimator) else r2_score
        return float(score(validation.y, predictions, sample_weight=weight))

    def improved(self) -> bool:
        """Whether this epoch beats the best one by `tol`; record a new best in any case."""
        e = self.estimator
        if not self.early:
            worse = e.loss_ > e.best_loss_ - e.tol
            e.best_loss_ = min(e.best_loss_, e.loss_)
            return not worse
        score = -e.validation_loss_curve_[-1] if self.by_loss else e.validation_scores_[-1]
        worse = score < e.best_validation_score_ + e.tol
        if score > e.best_validation_score_:
            e.best_validation_score_ = score
            self.best[...] = self.trainer.network.parameters.vector
        return not worse

    def stop_or_slow_down(self) -> None:
        """Stop training, or with "adaptive" continue at a fifth of the rate."""
        e = self.estimator
        what = "Validation score" if self.early else "Training loss"
        reason = (
            f"{what} did not improve more than tol={e.tol:f} for {e.n_iter_no_change} consecutive "
            "epochs."
        )
        adaptive = e.solver == "sgd" and e.learning_rate == "adaptive"
        if not adaptive or self.trainer.first_rate <= MIN_RATE:
            self.print(f"{reason} Stopping.")
            self.trainer.stop(reason)
            return
        self.set_rate(self.trainer.first_rate / 5)
        e._no_improvement_count = 0
        self.print(f"{reason} Setting learning rate to {self.trainer.first_rate:f}")

    def set_rate(self, rate: float) -> None:
        """Set the learning rate from the next epoch on."""
        self.trainer.first_rate = self.trainer.learning_rate = rate

    def print(self, line: str) -> None:
        """Print a line as scikit-learn does, unless there is a progress bar."""
        if self.estimator.verbose not in (False, PROGRESS_BAR):
            print(line)
