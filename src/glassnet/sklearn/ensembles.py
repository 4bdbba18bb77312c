"""Many networks in one estimator, trained as one stack."""

import copy
import warnings
from itertools import zip_longest
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from glassnet.sklearn import parameters as settings
from glassnet.sklearn.callbacks import callback_bridges, split_callbacks
from glassnet.sklearn.fitting import Fitting
from glassnet.sklearn.objective import (
    PenalisedStackTrainer,
    PenalisedTrainer,
    RandomStateGenerator,
)
from glassnet.sklearn.training_data import TrainingData
from glassnet.stack import MEMORY
from glassnet.training.plan import Plan
from glassnet.training.stack.grouping import StackPlan, train
from glassnet.training.stack.member import Member

# What a member has of its ensemble: how rows and classes were encoded.
SHARED = (
    "classes_", "_label_binarizer", "n_features_in_", "feature_names_in_", "_schema",
    "_sample_shape",
)  # fmt: skip
# And the ensemble of its members, which all have the same.
ALIKE = ("n_outputs_", "n_layers_", "out_activation_", "t_")


class EnsembleFitting:
    """Trains every network of an ensemble, `estimators_`, each as it would be alone.

    As one stack if they begin and end in this call; by L-BFGS, or if they continue from an
    earlier call or will, one after another.
    """

    def __init__(self, estimator: Any, data: TrainingData, first: bool, incremental: bool) -> None:
        self.estimator, self.data = estimator, data
        self.first, self.incremental = first, incremental

    def run(self) -> None:
        """Make the members, unless training continues, and train them."""
        e, data = self.estimator, self.data
        if self.first:
            e.estimators_ = new_members(e)
            for name in ("coefs_", "intercepts_", "_views"):
                e.__dict__.pop(name, None)
        bridges = [] if self.incremental else callback_bridges(e, data.raw, data.weight, epochs=0)
        for bridge in bridges:
            bridge.on_train_begin({})
        self.train([self.begin(member) for member in e.estimators_])
        record_means(e)
        for bridge in bridges:
            bridge.on_train_end({})

    def begin(self, member: Any) -> Fitting:
        """A member with the ensemble's parameters and encodings, ready to train."""
        member.set_params(**common_parameters(self.estimator))
        for name in SHARED:
            if hasattr(self.estimator, name):
                setattr(member, name, getattr(self.estimator, name))
        member._random_state = check_random_state(member.random_state)
        fitting = Fitting(member, self.data, self.first, self.incremental)
        fitting.begin()
        return fitting

    def train(self, fittings: list[Fitting]) -> None:
        """Train one after another, or as one stack."""
        e = self.estimator
        if not (self.incremental or e.warm_start or not settings.stochastic(e)):
            self.train_stack(fittings)
            return
        for fitting in fittings:
            fitting.learn()

    def train_stack(self, fittings: list[Fitting]) -> None:
        """Train the members as one stack."""
        e, rule = self.estimator, settings.rule(self.estimator)
        tasks = [fitting.task() for fitting in fittings]
        size = fittings[0].batch_size(min(task.samples for task in tasks))
        members = []
        for fitting, task in zip(fittings, tasks, strict=True):
            network = fitting.network
            network.rng = RandomStateGenerator(  # type: ignore[assignment]
                fitting.estimator._random_state
            )
            fitting.estimator.n_iter_ = 0
            rows = np.arange(task.samples) if task.rows is None else task.rows
            members.append(
                Member(
                    network, tasks[0].sets, rows, rule.learning_rate, optimizer=rule,
                    validation=None, callbacks=task.callbacks, epochs=e.max_iter, batch_size=size,
                    clip_norm=e.clip_norm,
                )
            )  # fmt: skip
        how = {
            "alpha": e.alpha,
            "batch_size": size,
            "clip_norm": e.clip_norm,
            "epochs": e.max_iter,
            "schedule": settings.schedule(e),
            "shuffle": e.shuffle,
        }
        plan = Plan(tasks[0].sets, tasks[0].loss, rule, 0.0, None, how)
        stacked = StackPlan(plan, members, of_many=PenalisedStackTrainer, of_one=PenalisedTrainer)
        train(stacked, np.full(len(members), rule.weight_decay), MEMORY)
        for number, (fitting, member) in enumerate(zip(fittings, members, strict=True)):
            if member.diverged:
                fitting.diverged(f"Network {number} of the ensemble {member.reason}.")
            else:
                fitting.warn_if_unfinished(member.history.interrupted)


def new_members(estimator: Any) -> list[Any]:
    """Estimators of one network each, with seeds of their own."""
    count = estimator.n_ensemble
    seeds = check_random_state(estimator.random_state).randint(np.iinfo(np.int32).max, size=count)
    made = []
    for number, seed in enumerate(seeds):
        _, ours = split_callbacks(estimator.callbacks)
        own = {"callbacks": list(map(copy.copy, ours)), "verbose": not number and estimator.verbose}
        made.append(type(estimator)(random_state=int(seed), **own, **common_parameters(estimator)))
    return made


def common_parameters(estimator: Any) -> dict[str, Any]:
    """The parameters that every member has from its ensemble."""
    own = ("n_ensemble", "random_state", "callbacks", "verbose")
    return {name: value for name, value in estimator.get_params().items() if name not in own}


def record_means(estimator: Any) -> None:
    """The ensemble's own curves: means over the members that were still training."""
    members = estimator.estimators_
    for name in ALIKE:
        setattr(estimator, name, getattr(members[0], name))
    estimator.n_iter_ = max(member.n_iter_ for member in members)
    estimator.loss_ = float(np.mean([member.loss_ for member in members]))
    for name in ("loss_curve_", "validation_loss_curve_", "validation_scores_"):
        curves = [getattr(member, name) or [] for member in members]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # scores may all be NaN
            means = [float(np.nanmean(e)) for e in zip_longest(*curves, fillvalue=np.nan)]
        setattr(estimator, name, means or None)
