"""Sweeps: settings compared from several seeds; the validation part chooses."""

import json
import math
import re
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, Protocol
from zlib import crc32

import numpy as np

from glassnet.base.confidence import Estimate, estimate
from glassnet.base.configurable import checked, named, read_value
from glassnet.data import Dataset
from glassnet.nn.metrics import rises, score_named
from glassnet.nn.optimizers import optimizer
from glassnet.nn.task import VALUES, task_named
from glassnet.stack import MEMORY, Stack
from glassnet.training.callbacks.epoch_log import EpochLog
from glassnet.training.callbacks.history import History
from glassnet.workflows.fit_settings import settings_of
from glassnet.workflows.networks import network_of
from glassnet.workflows.spec import Experiment, Training
from glassnet.workflows.stopping import best_epoch, stopping
from glassnet.workflows.studies import check_whole

STACK_SIZE = 32  # networks that train together, and whose results are kept together
LONGEST = 100  # characters of a trial's name, and what is replaced in it
NOT_PLAIN = re.compile(r"[^\w.=,+-]+")
BEST_EPOCH = "best_epoch"  # of a row, from 1
HALVING_FACTOR = 3  # of so many settings, halving keeps one for three times the epochs

Setting = dict[str, str]  # the settings that are swept, as the command line has them
Point = tuple[Setting, Experiment]
Row = dict[str, Any]  # a finished run: its setting, seed, epochs, seconds, and metrics
Key = tuple[Any, ...]


class Trial(NamedTuple):
    """One network to train."""

    setting: Setting
    experiment: Experiment
    seed: int

    @property
    def key(self) -> Key:
        """What makes it unique in its sweep."""
        return (*self.setting.values(), self.seed, self.experiment.training.epochs)

    @property
    def name(self) -> str:
        """The same in words that a file may be named by."""
        words = {**self.setting, "seed": self.seed, "epochs": self.experiment.training.epochs}
        whole = ",".join(f"{name}={word}" for name, word in words.items())
        plain = NOT_PLAIN.sub("_", whole)[:LONGEST]
        return plain if plain == whole else f"{plain}-{crc32(whole.encode()):08x}"

    def logs(self, logs: Iterable[EpochLog]) -> list[EpochLog]:
        """Copies of these `logs` for this network."""
        settings = {name: read_value(word) for name, word in self.setting.items()}
        return [each.of_network(self.name, settings) for each in logs]


def key_of(row: Row, axes: Iterable[str]) -> Key:
    """The key of the trial that a row is about."""
    return (*(row[name] for name in axes), row["seed"], row["epochs"])


def trials(points: Iterable[Point], seeds: Sequence[int]) -> list[Trial]:
    """Every point from every seed."""
    return [Trial(setting, experiment, seed) for setting, experiment in points for seed in seeds]


def units(all_trials: Iterable[Trial]) -> list[list[Trial]]:
    """The trials in groups that can be a stack each: alike but for widths, learning rate, weight
    decay and seed."""
    alike: dict[str, list[Trial]] = {}
    for trial in all_trials:
        alike.setdefault(_shared(trial.experiment), []).append(trial)
    for group in alike.values():
        group.sort(
            key=lambda trial: trial.experiment.network.hidden
        )  # alike in width, little padding
    return [
        group[first : first + STACK_SIZE]
        for group in alike.values()
        for first in range(0, len(group), STACK_SIZE)
    ]


def _shared(experiment: Experiment) -> str:
    network, how = experiment.network.model_dump(), experiment.training.model_dump()
    network["hidden"] = len(network["hidden"])
    rule = optimizer(how["optimizer"]).config()
    how["optimizer"] = {**rule, "learning_rate": None, "weight_decay": None}
    return json.dumps([network, how], sort_keys=True)


def run_unit(
    unit: Sequence[Trial],
    data: Dataset,
    memory: float = MEMORY,
    callbacks: Iterable[Any] = (),
    logs: Iterable[EpochLog] = (),
) -> list[Row]:
    """Train the networks of a unit as one stack: a row for each; all share the `callbacks`, and
    each has its own copies of the `logs`.

    The metrics of one that diverged are None. Raises KeyboardInterrupt if Ctrl-C cut it short.
    """
    begin, how = time.perf_counter(), unit[0].experiment.training
    rules = [optimizer(trial.experiment.training.optimizer) for trial in unit]
    stack = Stack(network_of(trial.experiment.network, trial.seed, data) for trial in unit)
    histories = stack.fit(
        data.x_train,
        data.y_train,
        learning_rate=[rule.learning_rate for rule in rules],
        weight_decay=[rule.weight_decay for rule in rules],
        callbacks=lambda k: [*stopping(how), *callbacks, *unit[k].logs(logs)],
        memory=memory,
        **{**settings_of(how, data), "metrics": _besides(data, how.metric) or True},
    )
    check_whole(histories)
    seconds = (time.perf_counter() - begin) / len(unit)
    return [
        {
            **trial.setting,
            "seed": trial.seed,
            "epochs": how.epochs,
            "seconds": round(seconds, 6),
            **_metrics(history, how, data, diverged=k in stack.diverged),
        }
        for k, (trial, history) in enumerate(zip(unit, histories, strict=True))
    ]


def _metrics(history: History, how: Training, data: Dataset, diverged: bool) -> Row:
    """The columns of a row that tell how good the network is, after the epoch that it kept."""
    names = columns_of(data, how)
    if diverged:
        return dict.fromkeys(names)
    kept = best_epoch(history, how)
    figures = {column: float(history[name][kept - 1]) for column, name in names.items() if name}
    return {**figures, **({BEST_EPOCH: kept} if BEST_EPOCH in names else {})}


def metric_of(data: Dataset, asked: str | None = None) -> str:
    """The metric that chooses: the one `asked` for, or accuracy, or the mean absolute error of
    values."""
    return score_named(asked, data.task).name if asked else task_named(data.task).score


@named
def figures(data: Dataset, metric: str | None = None) -> dict[str, str]:
    """The metrics of a row, and what a history calls them.

    - `data`: what is trained on: classes have an accuracy, values a mean absolute error.
    - `metric`: one that is computed on the validation part besides, and chooses.
    """
    ours = {"train": "", "val": "val_"}
    usual = {
        f"{part}_{name}": f"{prefix}{name}"
        for part, prefix in ours.items()
        for name in ("loss", metric_of(data))
    }
    besides = [f"val_{name}" for name in _besides(data, metric)]
    return {**usual, **dict(zip(besides, besides, strict=True))}


def _besides(data: Dataset, metric: str | None) -> list[str]:
    """The metrics of the validation part besides the usual ones: the one that chooses, and R²."""
    asked = [metric_of(data, metric)] if metric else []
    return [*asked, *(["r2"] if task_named(data.task) is VALUES and "r2" not in asked else [])]


def columns_of(data: Dataset, how: Training) -> dict[str, str]:
    """The columns of a row that tell how good the network is: those of `figures`, and with early
    stopping the epoch that was kept."""
    best = {BEST_EPOCH: ""} if stopping(how) else {}
    return {**figures(data, how.metric), **best}


class SettingScore(NamedTuple):
    """The result of one setting: the validation metric of its runs, of values their mean R² too,
    and how many diverged."""

    setting: Setting
    experiment: Experiment
    figures: list[float]
    loss: float
    diverged: int
    figure: str
    r2: float | None = None

    @property
    def found(self) -> Estimate:
        """The mean of the runs, and how certain it is."""
        return estimate(self.figures, self.figure)

    @property
    def epochs(self) -> int:
        """For how many epochs its runs were trained: with halving, those of its last round."""
        return self.experiment.training.epochs


def ranked(runs: Iterable[tuple[Trial, Row]], data: Dataset) -> list[SettingScore]:
    """The points from best to worst: by the mean metric, then by the mean loss; those with
    a run that diverged come last."""
    by_point: dict[Key, list[tuple[Trial, Row]]] = {}
    for trial, row in runs:
        by_point.setdefault(tuple(trial.setting.values()), []).append((trial, row))
    return sorted((_score(each, data) for each in by_point.values()), key=_order)


def _score(runs: list[tuple[Trial, Row]], data: Dataset) -> SettingScore:
    sound = [row for _, row in runs if row["val_loss"] is not None]
    figure = metric_of(data, runs[0][0].experiment.training.metric)
    figures = [row[f"val_{figure}"] for row in sound]
    loss = float(np.mean([row["val_loss"] for row in sound])) if sound else math.inf
    setting, experiment, _ = runs[0][0]
    r2 = [row["val_r2"] for row in sound if "val_r2" in row]
    mean = float(np.mean(r2)) if r2 else None
    diverged = len(runs) - len(sound)
    return SettingScore(setting, experiment, figures, loss, diverged, figure, mean)


def _order(score: SettingScore) -> tuple[bool, float, float]:
    """What settings are sorted by, the best first."""
    mean = float(np.mean(score.figures)) if score.figures else math.nan
    sign = -1 if rises(score.figure) else 1
    return score.diverged > 0, math.inf if math.isnan(mean) else sign * mean, score.loss


class Finished(Protocol):
    """Where finished runs are kept, by the keys of their trials."""

    def add(self, rows: list[Row]) -> None:
        """Keep these for good."""

    def __getitem__(self, key: Key) -> Row: ...

    def __contains__(self, key: object) -> bool: ...


def rounds(points: int, epochs: int, halving: bool = False) -> list[tuple[int, int]]:
    """How many points each round tries, and for how many epochs.

    Without halving that is one round of all. With it, the best third of each enters the next,
    for three times the epochs (successive halving: Jamieson and Talwalkar, 2016).

    >>> rounds(27, 20, halving=True)
    [(27, 2), (9, 6), (3, 20)]
    """
    thirds = 0
    while halving and min(points, epochs) >= HALVING_FACTOR ** (thirds + 1):
        thirds += 1
    return [
        (math.ceil(points / HALVING_FACTOR**k), epochs // HALVING_FACTOR ** (thirds - k))
        for k in range(thirds + 1)
    ]


@checked
def sweep(
    points: Sequence[Point],
    seeds: Sequence[int],
    data: Dataset,
    finished: Finished,
    work: Callable[[list[list[Trial]]], Iterable[list[Row]]],
    halving: bool = False,
) -> list[SettingScore]:
    """Try all points, each from every seed; their scores, the best first.

    With halving, each stands as its last round left it: those of later rounds before the others.

    - `points`: each a setting and its experiment.
    - `seeds`: the seeds of each point.
    - `data`: what all are trained on.
    - `finished`: has the runs that need no more work, and keeps those that are done now: a
      dictionary, or a `Journal`.
    - `work`: trains units and gives the rows of each, such as `here`.
    - `halving=False`: whether all points start with few epochs, and the best third goes on with
      three times as many.
    """
    going = list(points)
    found: list[SettingScore] = []
    dropped: list[SettingScore] = []
    for count, epochs in rounds(len(going), going[0][1].training.epochs, halving):
        dropped = [*found[count:], *dropped]
        going = [
            (setting, _for_epochs(experiment, epochs)) for setting, experiment in going[:count]
        ]
        each = trials(going, seeds)
        todo = [unit for unit in units(each) if any(t.key not in finished for t in unit)]
        for rows in work(todo):
            finished.add(rows)
        found = ranked([(trial, finished[trial.key]) for trial in each], data)
        going = [(score.setting, score.experiment) for score in found]
    return [*found, *dropped]


def _for_epochs(experiment: Experiment, epochs: int) -> Experiment:
    how = experiment.training.model_copy(update={"epochs": epochs})
    return experiment.model_copy(update={"training": how})
