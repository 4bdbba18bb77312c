"""The data that an estimator is validated by, and what follows from it after every epoch."""

from numbers import Real
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import issparse
from sklearn.base import is_classifier
from sklearn.metrics import accuracy_score, check_scoring, r2_score
from sklearn.utils import check_array
from sklearn.utils.validation import _check_sample_weight

from glassnet.base.arrays import Array, check_unmasked
from glassnet.base.errors import InputError
from glassnet.nn.losses import Loss
from glassnet.sklearn import parameters as settings
from glassnet.training.callbacks.protocol import Logs

LEAST_RATE = 1e-6  # "adaptive" ends below it
BAR = 2  # this much of `verbose` is a progress bar, and lines of ours
ONE_EPOCH = "one epoch, as partial_fit does"


class ValidationData(NamedTuple):
    """What a training is validated by: rows, and targets as the loss takes them and as given."""

    X: Any
    targets: Array
    given_targets: Any
    weight: Any
    raw: Any  # the rows before any preprocessing, for scorers


def given_validation(estimator: Any, given: Any, outputs: int) -> float | ValidationData:
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
    given_targets, targets = _targets(estimator, y, outputs)
    if len(rows) != len(targets):
        raise InputError(
            f"validation_data: X has {len(rows)} samples and y has {len(targets)}: expected as many"
        )
    weight = None
    if weights and weights[0] is not None:
        given = weights[0], np.empty((len(rows), 1))
        weight = _check_sample_weight(*given, dtype=rows.dtype, ensure_non_negative=True)
    return ValidationData(rows, targets, given_targets, weight, raw)


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
                f"validation_data: y has the class {new[0]}, which training did not have: expected "
                f"{', '.join(map(str, estimator.classes_))}"
            )
    targets = binarizer.transform(y)
    targets = (targets.toarray() if issparse(targets) else targets).astype(bool)
    return y, targets.reshape(len(targets), -1)


class Convergence:
    """A callback that keeps an estimator's metrics, and ends its training when nothing improves.

    It keeps `loss_`, `loss_curve_`, `n_iter_`, `t_`, and with validation data
    `validation_loss_curve_` and `validation_scores_`, which enter the logs too.
    """

    trainer: Any

    def __init__(
        self,
        estimator: Any,
        loss: Loss,
        samples: int,
        held: ValidationData | None,
        incremental: bool,
    ) -> None:
        self.estimator, self.loss, self.samples, self.held = estimator, loss, samples, held
        self.incremental = incremental
        self.early = held is not None and estimator.early_stopping
        # L-BFGS knows when it is done.
        self.patient = not settings.stochastic(estimator) and not self.early
        self.scorer = None
        if held is not None and estimator.scoring not in (None, "loss"):
            self.scorer = check_scoring(estimator, estimator.scoring)

    def on_train_begin(self, logs: Logs) -> None:
        """The best until now are the parameters as they are."""
        self.best = self.trainer.network.parameters.vector.copy()

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Note the metrics, check whether they still improve, change the rate when it is time."""
        e = self.estimator
        e.n_iter_ += 1
        e.loss_ = float(logs["loss"])
        e.loss_curve_.append(e.loss_)
        self.say(f"Iteration {e.n_iter_}, loss = {e.loss_:.8f}")
        if self.held is not None:
            self.judge(self.held, logs)
        if self.patient:
            return
        e.t_ += self.samples
        e._no_improvement_count = e._no_improvement_count + 1 if self.worse() else 0
        if e.solver == "sgd" and e.learning_rate == "invscaling":
            self.set_rate(e.learning_rate_init / (e.t_ + 1) ** e.power_t)
        if e._no_improvement_count > e.n_iter_no_change:
            self.stop_or_slow()
        if self.incremental:
            self.trainer.stop(ONE_EPOCH)

    def on_train_end(self, logs: Logs) -> None:
        """The best parameters back."""
        if self.early:
            self.trainer.network.parameters.vector[...] = self.best

    def judge(self, held: ValidationData, logs: Logs) -> None:
        """Loss and score of the rows that are held out."""
        e = self.estimator
        z = self.trainer.network.outputs(held.X)
        value = float(self.loss(z, held.targets, held.weight)[0])
        score = -value if e.scoring == "loss" else self.score(z, held)
        e.validation_loss_curve_.append(value)
        e.validation_scores_.append(score)
        logs |= {"val_loss": value, "val_score": score}
        self.say(f"Validation score: {score:f}")

    def score(self, z: Array, held: ValidationData) -> float:
        """By the given scorer, else accuracy or R²."""
        if self.scorer is not None:
            weight = {} if held.weight is None else {"sample_weight": held.weight}
            return float(self.scorer(self.estimator, held.raw, held.given_targets, **weight))
        predictions = self.estimator._predictions(z)
        if predictions.dtype.kind == "f" and not np.isfinite(predictions).all():
            return np.nan
        score = accuracy_score if is_classifier(self.estimator) else r2_score
        return float(score(held.given_targets, predictions, sample_weight=held.weight))

    def worse(self) -> bool:
        """Whether this epoch is no better than the best before; which is then the new best."""
        e = self.estimator
        if not self.early:
            worse = e.loss_ > e.best_loss_ - e.tol
            e.best_loss_ = min(e.best_loss_, e.loss_)
            return bool(worse)
        score = e.validation_scores_[-1]
        worse = score < e.best_validation_score_ + e.tol
        if score > e.best_validation_score_:
            e.best_validation_score_ = score
            self.best[...] = self.trainer.network.parameters.vector
        return bool(worse)

    def stop_or_slow(self) -> None:
        """End, or with "adaptive" take a fifth of the rate."""
        e = self.estimator
        what = "Validation score" if self.early else "Training loss"
        reason = (
            f"{what} did not improve more than tol={e.tol:f} for {e.n_iter_no_change} consecutive "
            "epochs."
        )
        adaptive = e.solver == "sgd" and e.learning_rate == "adaptive"
        if not adaptive or self.trainer.first_rate <= LEAST_RATE:
            self.say(f"{reason} Stopping.")
            self.trainer.stop(reason)
            return
        self.set_rate(self.trainer.first_rate / 5)
        e._no_improvement_count = 0
        self.say(f"{reason} Setting learning rate to {self.trainer.first_rate:f}")

    def set_rate(self, rate: float) -> None:
        """The learning rate from the next epoch on."""
        self.trainer.first_rate = self.trainer.learning_rate = rate

    def say(self, line: str) -> None:
        """Print, as scikit-learn does; 2 asks for a bar instead."""
        if self.estimator.verbose not in (False, BAR):
            print(line)
