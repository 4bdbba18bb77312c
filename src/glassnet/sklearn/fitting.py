"""What trains an estimator's network, in place of scikit-learn's own training."""

import os
import sys
import warnings
from math import prod
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

import numpy as np
import sklearn
from scipy.sparse import issparse
from sklearn.exceptions import ConvergenceWarning

from glassnet.base.errors import DivergedError
from glassnet.nn.losses import Loss
from glassnet.nn.optimizers import LBFGS, Moments, Optimizer
from glassnet.sequential import Sequential
from glassnet.sklearn import parameters as settings
from glassnet.sklearn.callbacks import callback_bridges, split_callbacks
from glassnet.sklearn.fitted_network import attach
from glassnet.sklearn.objective import (
    MAX_FUN_REACHED,
    PenalisedLBFGSTrainer,
    PenalisedTrainer,
    RandomStateGenerator,
    ResumedTrainer,
    SparseRows,
)
from glassnet.sklearn.predicting import Predictor
from glassnet.sklearn.training_data import TrainingData
from glassnet.sklearn.validation import (
    PROGRESS_BAR,
    ConvergenceMonitor,
    ValidationData,
    hold_out,
)
from glassnet.training.callbacks.history import INTERRUPTED
from glassnet.training.callbacks.progress import Progress
from glassnet.training.engines import Work, choose_engine
from glassnet.training.sets import Sets

NOT_FINITE = (
    "Solver produced non-finite parameter weights. The input data may contain large values and "
    "need to be preprocessed."
)

# The folders of glassnet and scikit-learn.
INSIDE = (f"{Path(__file__).parents[1]}{os.sep}", f"{Path(sklearn.__file__).parent}{os.sep}")


class ResumePoint(NamedTuple):
    """Where a training ended, for one that continues it."""

    rule: Optimizer
    moments: Moments
    epochs: int
    steps: int
    learning_rate: float


class FitTask(NamedTuple):
    """What a network learns: from which rows of the data, by which loss, with which callbacks."""

    sets: Sets
    rows: Any  # None for all
    loss: Loss
    callbacks: list[Any]

    @property
    def samples(self) -> int:
        """The number of rows to train on."""
        return len(self.sets[0]) if self.rows is None else len(self.rows)


class Fitting:
    """Trains the one network of an estimator, in one call of `fit` or `partial_fit`."""

    def __init__(self, estimator: Any, data: TrainingData, first: bool, incremental: bool) -> None:
        self.estimator, self.data = estimator, data
        self.first, self.incremental = first, incremental

    def run(self) -> None:
        """Make the network, unless training continues, and train it."""
        self.estimator.__dict__.pop("estimators_", None)
        self.begin()
        self.learn()

    @property
    def network(self) -> Sequential:
        """The estimator's network."""
        return Predictor(self.estimator).network()

    # ---- the network to train

    def begin(self) -> None:
        """Draw the first weights and empty the curves, or check that training can continue."""
        e, data = self.estimator, self.data
        if not self.first:
            settings.check_same(e, self.network)
            return
        e.n_outputs_ = data.y.shape[1]
        hidden = [] if e.layers is not None else settings.hidden_layer_sizes(e)
        self.initialize([prod(data.X.shape[1:]), *hidden, e.n_outputs_])
        early = settings.stops_early(e) and data.validation is not None
        by_loss = settings.stochastic(e) and not early
        e.loss_curve_, e._no_improvement_count = [], 0
        e.best_loss_ = np.inf if by_loss else None
        e.best_validation_score_ = -np.inf if early else None
        e.validation_loss_curve_ = e.validation_scores_ = None
        e.__dict__.pop("_optimizer", None)

    def initialize(self, units: list[int]) -> None:
        """Let scikit-learn draw the weights; those of `layers`, and beside waves, are drawn by the
        layers."""
        e, data = self.estimator, self.data
        e._initialize(data.y, units, data.X.dtype)
        network = settings.network(e, data.X.shape[1:], units[-1], data.X.dtype)
        if not settings.drawn_by_scikit_learn(e):
            del e.coefs_
        attach(e, network)
        e.n_layers_ = len(e._views.coefs) + 1
        Predictor(e).network()  # takes over what scikit-learn drew

    # ---- what to train on

    def task(self) -> FitTask:
        """The rows, the loss and the callbacks of this training."""
        e, data = self.estimator, self.data
        rows, validation = self.split()
        loss, targets = settings.objective(e, data.y, data.X.dtype)
        X = SparseRows(data.X) if issparse(data.X) else data.X
        sets: Any = (X, targets) if data.weight is None else (X, targets, data.weight)
        if validation is not None:
            targets = settings.objective(e, validation.targets, data.X.dtype)[1]
            validation = validation._replace(targets=targets)
            if e.validation_scores_ is None:
                e.validation_loss_curve_, e.validation_scores_ = [], []
        samples = len(X) if rows is None else len(rows)
        callbacks: list[Any] = [ConvergenceMonitor(e, loss, samples, validation, self.incremental)]
        if e.verbose == PROGRESS_BAR:
            callbacks.append(Progress())
        callbacks += split_callbacks(e.callbacks)[1]
        if not self.incremental:
            callbacks += callback_bridges(e, data.raw, data.weight, e.max_iter)
        return FitTask(sets, rows, loss, callbacks)

    def split(self) -> tuple[Any, ValidationData | None]:
        """The numbers of the rows to train on, None for all, and what to validate on."""
        validation = self.data.validation
        if isinstance(validation, float):
            return hold_out(self.estimator, self.data)
        return None, validation

    def batch_size(self, samples: int) -> int:
        """The size of a batch: `batch_size`, at most all samples."""
        asked = self.estimator.batch_size
        if asked == "auto":
            return min(200, samples)
        if asked > samples:
            warn_caller(
                f"batch_size is {asked}, more than the {samples} samples: one batch takes them all",
            )
        return int(min(asked, samples))

    # ---- training

    def learn(self) -> None:
        """Train by L-BFGS, or batch by batch."""
        e, task, rule = self.estimator, self.task(), settings.rule(self.estimator)
        e.n_iter_ = 0
        if task.rows is not None:
            task = task._replace(sets=tuple(values[task.rows] for values in task.sets))
        if isinstance(rule, LBFGS):
            self.minimise(task, rule)
        else:
            self.descend(task, rule)

    def minimise(self, task: FitTask, rule: LBFGS) -> None:
        """Train by L-BFGS, whose curves start afresh in each fit."""
        e = self.estimator
        e.loss_curve_ = []
        if e.validation_scores_ is not None:
            e.validation_loss_curve_, e.validation_scores_ = [], []
        trainer = PenalisedLBFGSTrainer(
            self.network, task.sets, task.loss, rule, epochs=e.max_iter,
            batch_size=len(task.sets[1]), alpha=e.alpha, callbacks=task.callbacks,
            shuffle=e.shuffle,
        )  # fmt: skip
        trainer.tolerance, trainer.max_evaluations = e.tol, e.max_fun
        self.train(trainer)

    def descend(self, task: FitTask, rule: Optimizer) -> None:
        """Train batch by batch, from the first step on or from where the last training ended."""
        e, network = self.estimator, self.network
        resumed = self.resume_point(rule) if self.incremental or e.warm_start else None
        before = resumed.epochs if resumed else 0
        size = self.batch_size(len(task.sets[1]))
        epochs = max(e.max_iter, before + 1) if self.incremental else before + e.max_iter
        trainer = ResumedTrainer(
            network, task.sets, task.loss, rule, batch_size=size, epochs=epochs,
            alpha=e.alpha, callbacks=task.callbacks, clip_norm=e.clip_norm,
            schedule=settings.schedule(e), shuffle=e.shuffle,
            engine=self.engine(task, rule, size, epochs - before),
        )  # fmt: skip
        if resumed:
            trainer.moments, trainer.first_rate = resumed.moments, resumed.learning_rate
            trainer.count_from(resumed.epochs, resumed.steps)
            trainer.history["loss"] = list(e.loss_curve_)  # for schedules that follow it
            if e.validation_loss_curve_:
                trainer.history["val_loss"] = list(e.validation_loss_curve_)
        else:
            network.rng = RandomStateGenerator(e._random_state)  # type: ignore[assignment]
        self.train(trainer)
        steps = trainer.steps_before + e.n_iter_ * trainer.steps_per_epoch
        e._optimizer = ResumePoint(
            rule, trainer.moments, before + e.n_iter_, steps, trainer.first_rate
        )

    def engine(self, task: FitTask, rule: Optimizer, size: int, epochs: int) -> str:
        """What takes the steps: the engine of that name, or the faster one if it is "auto"."""
        rows, network = len(task.sets[1]), self.network
        assert network.input_shape is not None
        work = Work(
            network, network.input_shape, task.loss, rule, {}, epochs * -(-rows // size), size
        )
        return choose_engine(self.estimator.engine, work).name

    def resume_point(self, rule: Optimizer) -> ResumePoint | None:
        """Where the last training ended, if its rule had the same settings."""
        point: ResumePoint | None = getattr(self.estimator, "_optimizer", None)
        return point if point and point.rule.config() == rule.config() else None

    # ---- how it ended

    def train(self, trainer: PenalisedTrainer) -> None:
        """Run the trainer, and warn if it ended before it was done."""
        try:
            trainer.fit()
        except DivergedError as error:
            self.diverged(str(error))
            return
        self.warn_if_unfinished(trainer.stopped)

    def diverged(self, message: str) -> None:
        """Raise, or with early stopping, which has kept the best weights, warn."""
        e = self.estimator
        if not (settings.stops_early(e) and e.validation_scores_ is not None):
            raise ValueError(f"{NOT_FINITE} {message}")
        e.validation_scores_.append(np.nan)
        warn_caller(f"{message} The weights of the best epoch are kept.", ConvergenceWarning)

    def warn_if_unfinished(self, stopped: str | None) -> None:
        """Warn if training was interrupted or reached the most iterations."""
        e = self.estimator
        if stopped == INTERRUPTED:
            warn_caller("Training interrupted by user.")
        elif stopped == MAX_FUN_REACHED or (stopped is None and e.n_iter_ == e.max_iter):
            warn_caller(
                f"{e.solver} did not converge in {e.n_iter_} iterations, the most that max_iter "
                "or max_fun allow: increase them, or scale the data",
                ConvergenceWarning,
            )


def warn_caller(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the line of the user's code that called the estimator, whatever lies between."""
    frame: FrameType | None = sys._getframe()
    level = 1
    while frame is not None and frame.f_code.co_filename.startswith(INSIDE):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
