"""Many networks in one estimator, trained as one stack."""

import copy
import warnings
from itertools import zip_longest
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from glassnet.sklearn import parameters as settings
from glassnet.sklearn.callbacks import monitors, parted
from glassnet.sklearn.objective import Draws, PenalisedStackTrainer, PenalisedTrainer
from glassnet.stack import MEMORY
from glassnet.training.plan import Plan
from glassnet.training.stack.grouping import StackPlan, train
from glassnet.training.stack.member import Member

# What a member has of its ensemble: how rows and classes were encoded.
SHARED = ("classes_", "_label_binarizer", "n_features_in_", "feature_names_in_", "_schema")
# And the ensemble of its members, which all have the same.
ALIKE = ("n_outputs_", "n_layers_", "out_activation_", "t_")


def fit(estimator: Any, data: Any, first: bool, incremental: bool) -> None:
    """Train every network of an ensemble, `estimators_`, each as it would be alone.

    As one stack if they begin and end in this call; by L-BFGS, or if they continue from an
    earlier call or will, one after another.
    """
    if first:
        estimator.estimators_ = members(estimator)
        for name in ("coefs_", "intercepts_", "_views"):
            estimator.__dict__.pop(name, None)
    those = estimator.estimators_
    watching = [] if incremental else monitors(estimator, data.raw, data.weight, epochs=0)
    for each in watching:
        each.on_train_begin({})
    for member in those:
        member.set_params(**common(estimator))
        for name in SHARED:
            if hasattr(estimator, name):
                setattr(member, name, getattr(estimator, name))
        member._random_state = check_random_state(member.random_state)
        member._begin(data, first)
    alone = incremental or estimator.warm_start or not settings.stochastic(estimator)
    if alone:
        for member in those:
            member._learn(data, incremental)
    else:
        together(estimator, those, data)
    tell(estimator, those)
    for each in watching:
        each.on_train_end({})


def members(estimator: Any) -> list[Any]:
    """Estimators of one network each, with seeds of their own."""
    count = estimator.n_ensemble
    seeds = check_random_state(estimator.random_state).randint(np.iinfo(np.int32).max, size=count)
    made = []
    for number, seed in enumerate(seeds):
        _, ours = parted(estimator.callbacks)
        own = {"callbacks": list(map(copy.copy, ours)), "verbose": not number and estimator.verbose}
        made.append(type(estimator)(random_state=int(seed), **own, **common(estimator)))
    return made


def common(estimator: Any) -> dict[str, Any]:
    """The parameters that every member has from its ensemble."""
    own = ("n_ensemble", "random_state", "callbacks", "verbose")
    return {name: value for name, value in estimator.get_params().items() if name not in own}


def together(estimator: Any, those: list[Any], data: Any) -> None:
    """Train these as one stack."""
    tasks = [member._task(data, incremental=False) for member in those]
    size = estimator._batch_size(min(task.samples for task in tasks))
    rule = settings.rule(estimator)
    everyone = []
    for member, task in zip(those, tasks, strict=True):
        network = member._network()
        network.rng = Draws(member._random_state)
        member.n_iter_ = 0
        rows = np.arange(task.samples) if task.rows is None else task.rows
        everyone.append(
            Member(
                network, tasks[0].sets, rows, rule.learning_rate, optimizer=rule, validation=None,
                callbacks=task.callbacks, epochs=estimator.max_iter, batch_size=size,
                clip_norm=estimator.clip_norm,
            )
        )  # fmt: skip
    how = {
        "alpha": estimator.alpha,
        "batch_size": size,
        "clip_norm": estimator.clip_norm,
        "epochs": estimator.max_iter,
        "schedule": settings.schedule(estimator),
        "shuffle": estimator.shuffle,
    }
    plan = Plan(tasks[0].sets, tasks[0].loss, rule, 0.0, None, how)
    stack_plan = StackPlan(plan, everyone, of_many=PenalisedStackTrainer, of_one=PenalisedTrainer)
    train(stack_plan, np.full(len(those), rule.weight_decay), MEMORY)
    for number, (member, each) in enumerate(zip(those, everyone, strict=True)):
        if each.diverged:
            member._diverged(f"Network {number} of the ensemble {each.reason}.")
        else:
            member._warn_of_the_end(each.history.interrupted)


def tell(estimator: Any, those: list[Any]) -> None:
    """The ensemble's own figures: means over those that were still training."""
    for name in ALIKE:
        setattr(estimator, name, getattr(those[0], name))
    estimator.n_iter_ = max(member.n_iter_ for member in those)
    estimator.loss_ = float(np.mean([member.loss_ for member in those]))
    for name in ("loss_curve_", "validation_loss_curve_", "validation_scores_"):
        curves = [getattr(member, name) or [] for member in those]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # scores may all be NaN
            means = [float(np.nanmean(e)) for e in zip_longest(*curves, fillvalue=np.nan)]
        setattr(estimator, name, means or None)
