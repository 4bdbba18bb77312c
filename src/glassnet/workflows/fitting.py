"""One training of an experiment: of one network, of several and their mean, or with folds."""

from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np

from glassnet.base.errors import DivergedError
from glassnet.data import Dataset
from glassnet.data.dataset import shares
from glassnet.sequential import Sequential
from glassnet.stack import MEMORY, Stack
from glassnet.training.callbacks.history import History
from glassnet.workflows.fit_settings import settings_of
from glassnet.workflows.held_out import HeldOut
from glassnet.workflows.networks import network_of
from glassnet.workflows.spec import Experiment
from glassnet.workflows.stopping import note_kept, stopping
from glassnet.workflows.stopping_epoch import Refit
from glassnet.workflows.ticks import shown


def fitted(
    experiment: Experiment,
    data: Dataset,
    seed: int,
    callbacks: Iterable[Any] = (),
    memory: float = MEMORY,
    **keeping: Any,
) -> tuple[Sequential, History]:
    """Train one network, or the mean of several, and learn from the rows held out how far to trust
    it; `keeping` are the arguments of `fit` for checkpoints."""
    if experiment.training.folds:
        return refit(experiment, data, memory).fit(seed, callbacks, **keeping)
    if experiment.training.networks > 1:
        return ensemble(experiment, data, seed, callbacks, memory=memory, **keeping)
    how, held = experiment.training, HeldOut()
    network = network_of(experiment.network, seed, data)
    settings = {**settings_of(how, data), **keeping}
    settings["callbacks"] = [*callbacks, *stopping(how), held]
    history = network.fit(data.x_train, data.y_train, **settings)
    note_kept(network, [history], how, held.samples)
    if not how.watch_test:  # which is to be judged by, and by nothing else
        network = held.teach(network, how.calibrate)
    return network, history


def ensemble(
    experiment: Experiment, data: Dataset, seed: int, callbacks: Iterable[Any] = (), **keeping: Any
) -> tuple[Sequential, History]:
    """Train several networks as one stack; returns the mean of their outputs as one network, and
    the history of the first, whose `callbacks` these are. All have the same rows held out."""
    how, held = experiment.training, HeldOut()
    settings, rows = settings_of(how, data), np.arange(len(data.x_train))
    if how.validation:
        rows, out = shares(data.y_train, how.validation, seed)
        held.part = settings["validation"] = data.x_train[out][:], data.y_train[out]
    stack = Stack(network_of(experiment.network, seed + k, data) for k in range(how.networks))
    histories = stack.fit(
        data.x_train,
        data.y_train,
        samples=[rows] * how.networks,
        callbacks=lambda k: [*(callbacks if k == 0 else ()), *stopping(how)],
        **settings,
        **keeping,
    )
    if not stack.sound:
        raise DivergedError("every network of this stack diverged: lower the learning rate")
    merged = stack.merged()
    note_kept(merged, histories, how, held.samples)
    return held.teach(merged, how.calibrate), shown(histories)


def refit(experiment: Experiment, data: Dataset, memory: float = MEMORY) -> Refit:
    """A training on all rows, for as many epochs as are best for folds."""
    how = experiment.training
    parted = how.model_copy(update={"validation": 1 / (how.folds or 1)})  # what a fold holds out
    settings = {**settings_of(parted, data), "validation": 0.0, "memory": memory}
    network = partial(network_of, experiment.network, data=data)
    watched = f"val_{how.metric or 'loss'}"
    return Refit(network, data, settings, how.folds or 0, watched, how.patience,
                 how.networks, how.calibrate)  # fmt: skip
