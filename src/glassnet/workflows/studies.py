"""Studies: cross-validation, and the search for a learning rate."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array
from glassnet.data import Dataset
from glassnet.data.dataset import shares
from glassnet.nn.task import task_named
from glassnet.sequential import Sequential
from glassnet.stack import MEMORY, Stack
from glassnet.training.callbacks.epoch_log import EpochLog
from glassnet.training.callbacks.history import DIVERGED, INTERRUPTED, History
from glassnet.workflows.baseline import baseline
from glassnet.workflows.fit_settings import settings_of
from glassnet.workflows.folds import fold_rows, without_fold
from glassnet.workflows.networks import network_of
from glassnet.workflows.rates import repeats, suggestion
from glassnet.workflows.run import Run, train_all, train_in_turn
from glassnet.workflows.spec import Experiment
from glassnet.workflows.stopping import Kept, kept_by
from glassnet.workflows.stopping_epoch import FoundByFolds, found_by_folds
from glassnet.workflows.ticks import (
    CutShort,
    Epochs,
    Tick,
    finished,
    how_far,
    ignore,
    not_begun,
)


class Folds(NamedTuple):
    """The networks of the folds, and the figures of each on its own fold.

    `baseline` is that of all folds together: in a small fold the commonest class is too common.
    `kept` is what early stopping came to, `folds` what folds of a fold's own training rows found,
    and `diverged` the folds whose networks diverged.
    `interrupted` says how far it was when Ctrl-C ended it. The figures are then those of the
    finished networks.
    """

    networks: list[Sequential]
    figures: dict[str, list[float]]
    interrupted: str
    baseline: dict[str, float]
    diverged: tuple[int, ...] = ()
    kept: Kept | None = None
    folds: FoundByFolds | None = None


def cross_validate(
    experiment: Experiment,
    data: Dataset,
    seed: int = 0,
    folds: int = 10,
    memory: float = MEMORY,
    tick: Tick = ignore,
    logs: Sequence[EpochLog] = (),
) -> Folds:
    """Train on the training part `folds` times, each time without one fold, and judge by that.

    Folds hold each class in its share. The test part is not touched; what the data's preparation
    learned, it learned from all of the training part. What stops a network early is a share of its
    own training rows. Each network has copies of the `logs`, named fold-1, fold-2 and so on.
    """
    how = experiment.training.model_copy(update={"watch_test": False})
    if not how.patience:
        how = how.model_copy(update={"validation": 0.0})
    experiment, held = experiment.model_copy(update={"training": how}), fold_rows(data, folds, seed)
    own = [[each.of_network(f"fold-{k}", {"fold": k}) for each in logs]
           for k in range(1, folds + 1)]  # fmt: skip
    runs = _of_folds(experiment, data, held, seed, memory, tick, own)
    networks, histories, scores = list[Sequential](), list[History](), list[dict[str, float]]()
    for run in runs:  # one after another: each has data of its own
        networks.append(run.network)
        histories.append(run.history)
        scores.append({**run.figures, **run.beside})
    histories += (not_begun() for _ in held[len(histories) :])
    always, figures = baseline(task_named(data.task), data.y_train), dict[str, list[float]]()
    for k in finished(histories):
        for name, value in scores[k].items():
            figures.setdefault(name, []).append(value)
    figures = {name: values for name, values in figures.items() if name not in always}
    lost = tuple(k for k, h in enumerate(histories) if (h.interrupted or "").startswith(DIVERGED))
    return Folds(networks, figures, how_far(histories, how.epochs), always, lost, kept_by(networks),
                 found_by_folds(networks))  # fmt: skip


def _of_folds(
    experiment: Experiment,
    data: Dataset,
    held: Sequence[Array],
    seed: int,
    memory: float,
    tick: Tick,
    logs: Sequence[Sequence[EpochLog]],
) -> Iterator[Run]:
    """The trainings without each fold: of single networks as one stack, else one after another."""
    how = experiment.training
    starts = range(seed, seed + len(held) * how.seeds, how.seeds)
    if how.seeds > 1:
        each = zip(held, starts, strict=True)
        trainings = ((experiment, without_fold(data, rows), start) for rows, start in each)
        return train_in_turn(trainings, (), memory, tick, logs)
    everyone = np.arange(len(data.x_train))
    samples = [np.setdiff1d(everyone, rows) for rows in held]
    networks = [network_of(experiment.network, start, data) for start in starts]
    parts = (replace(data, x_test=data.x_train[rows], y_test=data.y_train[rows]) for rows in held)
    return train_all(how, data, networks, (), memory, tick, logs, samples, parts)


def check_whole(histories: Sequence[History]) -> None:
    """Raise CutShort where Ctrl-C ended the training: half of it is not to be compared."""
    if any(history.interrupted == INTERRUPTED for history in histories):
        raise CutShort(histories)


class Found(NamedTuple):
    """What each learning rate came to (NaN: it diverged), and the one to take.

    Each loss and, of classes, accuracy is a mean over `repeats` trainings, judged by `samples`
    samples each.
    """

    rates: list[float]
    losses: list[float]
    accuracies: list[float] | None
    suggestion: float
    repeats: int
    samples: int


def find_learning_rate(
    experiment: Experiment,
    data: Dataset,
    seed: int = 0,
    rates: Sequence[float] | None = None,
    memory: float = MEMORY,
    tick: Tick = ignore,
) -> Found:
    """Train the same network with each learning rate, by default 32 over six decades.

    All start from the same weights and see the same samples. The figures are those of the last
    epoch, held out where something is; on small data all is repeated from other seeds, with other
    validation parts, until they can be believed. `rates.suggestion` says which is suggested.
    """
    rates = sorted(np.logspace(-6, 0, 32).tolist() if rates is None else rates)
    settings = {**settings_of(experiment.training, data), "memory": memory}
    samples = _judging(settings["validation"], data, seed)
    times, epochs = repeats(samples), Epochs(tick)
    settings["callbacks"] = lambda k: [epochs]
    stack = Stack(
        network_of(experiment.network, seed + k, data) for k in range(times) for _ in rates
    )
    histories = stack.fit(data.x_train, data.y_train, learning_rate=rates * times, **settings)
    check_whole(histories)
    losses = _last(histories, "loss", stack.diverged).reshape(times, len(rates))
    errors = None
    if task_named(data.task).score == "accuracy":
        errors = 1 - _last(histories, "accuracy", stack.diverged).reshape(losses.shape)
    chosen = rates[suggestion(rates, losses, errors)]
    accuracies = None if errors is None else (1 - errors).mean(axis=0).tolist()
    return Found(rates, losses.mean(axis=0).tolist(), accuracies, chosen, times, samples)


def trainings(experiment: Experiment, data: Dataset, seed: int) -> int:
    """How often `find_learning_rate` trains each rate."""
    return repeats(_judging(settings_of(experiment.training, data)["validation"], data, seed))


def _last(histories: Sequence[History], name: str, diverged: Sequence[int]) -> Array:
    """The figure of each network's last epoch, held out where something is; NaN if it diverged."""
    last = [(h.get(f"val_{name}") or h.get(name) or [np.nan])[-1] for h in histories]
    return np.where(np.isin(np.arange(len(last)), diverged), np.nan, last)


def _judging(validation: Any, data: Dataset, seed: int) -> int:
    """How many samples the loss of one training is judged by."""
    if isinstance(validation, tuple):
        return len(validation[0])
    held = shares(data.y_train, validation, seed)[1] if validation else data.x_train
    return len(held)
