"""Running an experiment: once, repeatedly, or over many widths."""

import math
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.base.addresses import without_password
from glassnet.base.arrays import Array
from glassnet.base.configurable import named
from glassnet.base.errors import DivergedError
from glassnet.base.numerals import numeral
from glassnet.base.optional import need
from glassnet.base.progress import work
from glassnet.data import Dataset, load
from glassnet.nn.task import task_named
from glassnet.sequential import Sequential
from glassnet.stack import MEMORY, Stack
from glassnet.training.callbacks.epoch_log import EpochLog
from glassnet.training.callbacks.history import DIVERGED, INTERRUPTED, History
from glassnet.workflows.baseline import BASELINES, beside
from glassnet.workflows.fit_settings import settings_of
from glassnet.workflows.fitting import fitted
from glassnet.workflows.held_out import HeldOut
from glassnet.workflows.networks import network_of
from glassnet.workflows.recipes.text import as_trained, parts_of
from glassnet.workflows.report.record import RECIPE, RECORD, record
from glassnet.workflows.spec import Data, Experiment, Net, Training
from glassnet.workflows.stopping import Kept, kept_by, note_kept, stopping
from glassnet.workflows.stopping_epoch import FoundByFolds, found_by_folds
from glassnet.workflows.ticks import (
    Epochs,
    Saved,
    Tick,
    finished,
    how_far,
    ignore,
    not_begun,
)

Say = Callable[[str], None]


@dataclass(frozen=True)
class Run:
    """One trained network, its history, and its metrics on the test part (or, if the data has
    none, on what it was trained on), none if Ctrl-C ended the training; `beside` them stand the
    baseline and R²."""

    network: Sequential
    history: History
    data: Dataset
    figures: dict[str, float]
    beside: Mapping[str, float] = field(default_factory=dict)

    @property
    def metric(self) -> str:
        """The metric for people: the one that was asked for, else accuracy, or the mean absolute
        error of values."""
        return next(reversed(self.figures), task_named(self.data.task).score)

    @property
    def all_figures(self) -> dict[str, float]:
        """The metrics and what stands beside them, each baseline after its metric."""
        score, found = task_named(self.data.task).score, dict[str, float]()
        for name, value in self.figures.items():
            found[name] = value
            if name == score:
                found |= {n: v for n, v in self.beside.items() if n in BASELINES}
        return {**found, **self.beside}


@dataclass(frozen=True)
class Outcome:
    """The results of an experiment: an accuracy for each network, by width if widths were studied
    (for values instead of classes, a mean absolute error), and the histories of them all.

    `interrupted` says how far it was when Ctrl-C ended it. The accuracies are then those of the
    finished networks. `beside` is what stands beside their metrics, `kept` what early stopping came
    to, and `folds` what folds found.
    """

    experiment: Experiment
    first: Run
    accuracies: dict[int, list[float]]
    histories: tuple[History, ...]
    seconds: float
    interrupted: str = ""
    beside: Mapping[str, Sequence[float]] = field(default_factory=dict)
    kept: Kept | None = None
    folds: FoundByFolds | None = None

    @property
    def judged(self) -> list[float]:
        """The accuracies that count: those of the widths from `judged_from` on."""
        first = self.experiment.study.judged_from if self.experiment.study else 0
        return [a for width, group in self.accuracies.items() if width >= first for a in group]

    @property
    def mean(self) -> float:
        """The mean accuracy; NaN if every network diverged."""
        return float(np.mean(self.judged)) if self.judged else math.nan

    @property
    def std(self) -> float:
        """The standard deviation over networks (of a sample: n − 1); 0 for one."""
        return float(np.std(self.judged, ddof=1)) if len(self.judged) > 1 else 0.0

    def reaches(self, at_least: float, std_at_most: float | None = None) -> bool:
        """Whether the mean is `at_least` this and the deviation `std_at_most` that; those of an
        interrupted run never do.
        """
        within = std_at_most is None or self.std <= std_at_most
        return not self.interrupted and self.mean >= at_least and within

    def __str__(self) -> str:
        so_far = f"interrupted {self.interrupted}" if self.interrupted else ""
        if not self.judged:
            return so_far or "every network diverged"
        several = len(self.judged) > 1
        std = numeral(self.std, self.mean)
        many = f" ± {std} ({len(self.judged)} networks)" if several else ""
        return f"{numeral(self.mean)}{many}{', ' if so_far else ''}{so_far}"


@named
def run_experiment(
    experiment: Experiment,
    data: Dataset,
    seed: int = 0,
    callbacks: Iterable[Any] = (),
    say: Say = lambda line: None,
    memory: float = MEMORY,
    tick: Tick = ignore,
    logs: Sequence[EpochLog] = (),
) -> Outcome:
    """Run an experiment on this data from this seed: many networks as one stack, many means of
    several networks one after another.

    - `experiment`: such as a recipe.
    - `data`: what `load_data` made of its part `data`.
    - `seed=0`: of the first network; those that follow have the next ones. A training of several
      takes as many.
    - `callbacks`: of the first network.
    - `say`: gets a line for each network; by default none is shown.
    - `memory=2**30`: bytes that a stack may take.
    - `tick`: is called for each epoch of each network; by default nothing is.
    - `logs`: of the network; if there are several, each has copies with its seed, and width, in
      their names.
    """
    begin, how = time.perf_counter(), experiment.training
    plan = [(width, seed + number * how.seeds) for width, number in _plan(experiment)]
    runs = [*_trained(experiment, data, plan, callbacks, memory, tick, logs)]
    histories = (*(run.history for run in runs), *(not_begun() for _ in plan[len(runs) :]))
    counted = finished(histories)
    accuracies: dict[int, list[float]] = {}
    for k, ((width, start), run) in enumerate(zip(plan, runs, strict=False)):
        reason = run.history.interrupted or ""
        label = (f"width {width}, " if experiment.study else "") + f"seed {start}"
        if k in counted:
            accuracies.setdefault(width, []).append(run.figures[run.metric])
            if len(plan) > 1:
                say(f"{label}: {run.metric} {numeral(run.figures[run.metric])}")
        elif reason.startswith(DIVERGED):
            say(f"{label}: {reason}, left out")
    cut, networks = how_far(histories, how.epochs), [run.network for run in runs]
    seconds, more = time.perf_counter() - begin, _together([runs[k].beside for k in counted])
    return Outcome(experiment, runs[0], accuracies, histories, seconds, cut, more,
                   kept_by(networks), found_by_folds(networks))  # fmt: skip


def _trained(
    experiment: Experiment,
    data: Dataset,
    plan: Sequence[tuple[int, int]],
    callbacks: Iterable[Any],
    memory: float,
    tick: Tick,
    logs: Sequence[EpochLog],
) -> Iterable[Run]:
    """The trainings of a plan, of (width, seed) each: single networks as one stack, else one after
    another."""
    if len(plan) == 1:
        ((_, seed),) = plan
        return [train(experiment, data, seed, [*callbacks, Epochs(tick)], logs, memory)]
    own = [_own(logs, *each) for each in plan]
    if experiment.training.seeds == 1:
        made = ((_of_width(experiment.network, width), seed) for width, seed in plan)
        networks = [network_of(*each, data) for each in made]
        return train_all(experiment.training, data, networks, callbacks, memory, tick, own)
    trainings = ((experiment, data, seed) for _, seed in plan)
    return train_in_turn(trainings, callbacks, memory, tick, own)


def _together(figures: Sequence[Mapping[str, float]]) -> dict[str, list[float]]:
    """The metrics that all networks have, each with its values."""
    shared = set.intersection(*map(set, figures)) if figures else set()
    return {name: [each[name] for each in figures] for name in sorted(shared)}


def _own(logs: Sequence[EpochLog], width: int, seed: int) -> list[EpochLog]:
    """The logs of one of several networks."""
    words = {"width": width, "seed": seed} if width else {"seed": seed}
    name = "-".join(f"{word}-{number}" for word, number in words.items())
    return [each.of_network(name, words) for each in logs]


def train(
    experiment: Experiment,
    data: Dataset,
    seed: int,
    callbacks: Iterable[Any] = (),
    logs: Sequence[EpochLog] = (),
    memory: float = MEMORY,
) -> Run:
    """Train one network and judge it."""
    trained = fitted(experiment, data, seed, [*callbacks, *logs], memory)
    return judged(*trained, data, logs, experiment.training.metric)


def train_in_turn(
    trainings: Iterable[tuple[Experiment, Dataset, int]],
    callbacks: Iterable[Any] = (),
    memory: float = MEMORY,
    tick: Tick = ignore,
    logs: Iterable[Sequence[EpochLog]] = (),
) -> Iterator[Run]:
    """Train experiments as `fitted` does, each on its data and from its seed, and judge them, one
    after another until Ctrl-C; `callbacks` are those of the first, `logs` of each."""
    epochs, watching = Epochs(tick), [*callbacks]
    for number, (training, own) in enumerate(zip(trainings, logs, strict=True)):
        try:
            run = _attempted(*training, [*watching, epochs, Saved(epochs), *own], memory, own)
        except KeyboardInterrupt:  # between two parts of a training, or while it was judged
            if not number:
                raise
            return
        yield run
        if run.history.interrupted == INTERRUPTED:
            return
        watching = []


def _attempted(
    experiment: Experiment,
    data: Dataset,
    seed: int,
    callbacks: Iterable[Any],
    memory: float,
    logs: Sequence[EpochLog],
) -> Run:
    """One of several trainings; if it diverges, the others continue."""
    try:
        trained = fitted(experiment, data, seed, callbacks, memory)
    except DivergedError as error:
        history = History()
        history.interrupted = f"{DIVERGED}: {error}"
        return Run(network_of(experiment.network, seed, data), history, data, {})
    return judged(*trained, data, logs, experiment.training.metric)


def train_all(
    how: Training,
    data: Dataset,
    networks: list[Sequential],
    callbacks: Iterable[Any] = (),
    memory: float = MEMORY,
    tick: Tick = ignore,
    logs: Sequence[Sequence[EpochLog]] = (),
    samples: Sequence[Array] | None = None,
    parts: Iterable[Dataset] | None = None,
) -> Iterator[Run]:
    """Train networks of one architecture as one stack and judge them; `callbacks` are those of the
    first, `logs` of each. Each learns from its own `samples`, if they are given, and is judged by
    its own of `parts`."""
    epochs, own = Epochs(tick), logs or [()] * len(networks)

    def ending(k: int) -> list[Any]:
        """What stops network k, counts its epochs and logs them."""
        return [*stopping(how), epochs, Saved(epochs), *own[k]]

    held = [HeldOut() for _ in networks]
    histories = Stack(networks).fit(
        data.x_train,
        data.y_train,
        callbacks=lambda k: [*(callbacks if k == 0 else ()), *ending(k), held[k]],
        memory=memory,
        samples=samples,
        **settings_of(how, data),
    )
    every = zip(networks, histories, parts or repeat(data), own, held, strict=False)
    with work("evaluating", len(networks), "networks") as evaluating:
        for network, history, part, of_it, rows in every:
            note_kept(network, [history], how)
            found = network if how.watch_test else rows.teach(network, how.calibrate)
            yield judged(found, history, part, of_it, how.metric)
            evaluating.add()


def judged(
    network: Sequential,
    history: History,
    data: Dataset,
    logs: Iterable[EpochLog] = (),
    metric: str | None = None,
) -> Run:
    """A trained network, judged by the test part, or else by what it was trained on, with a metric
    beside the usual ones; not judged if its training was cut short. The metrics go to its `logs`
    too."""
    part, x, y = data.evaluation_part
    if history.interrupted == INTERRUPTED:
        return Run(network, history, data, {})
    with work(f"evaluating the {part} part"):
        asked = () if metric is None else (metric,)
        more = beside(network, task_named(data.task), x, y)
        run = Run(network, history, data, network.evaluate(x, y, metrics=asked), more)
    for each in logs:
        each.log_test(run.figures, part)
    return run


def note_result(run: Run, experiment: Experiment, seed: int) -> None:
    """Note in the network its metrics, what a report needs, the recipe that repeats its training,
    and, if it has a name, what it was trained on."""
    trained, source = run.network.trained, experiment.data
    trained[RECORD] = record(run.history, run.data)
    trained[RECIPE] = {"seed": seed, **parts_of(as_trained(experiment, run.network))}
    if run.figures:
        trained[run.data.evaluation_part.name] = run.figures
    if not source.through_csv:
        trained["data"] = without_password(source.name)


@named
def load_data(data: Data) -> Dataset:
    """The experiment's dataset; through a CSV file if it says so.

    - `data`: the part of the experiment that describes it.

    Raises `DataError` as `load` does.
    """
    found = _through_csv(data) if data.through_csv else load(data.name, **data.options)
    if data.samples is None:
        return found
    few = slice(data.samples)
    return replace(found, x_train=found.x_train[few], y_train=found.y_train[few])


def _through_csv(data: Data) -> Dataset:
    source = load(data.name, test=0.0)
    frame = need("pandas", "writing a table").DataFrame(
        source.x_train, columns=list(source.feature_names)
    )
    frame[source.target] = np.array(source.classes)[source.y_train]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{data.name}.csv"
        frame.to_csv(path)  # with its index as the first column, as such files have
        return load(path, **data.options)


def _plan(experiment: Experiment) -> Sequence[tuple[int, int]]:
    """The (width, number of the seed) of each network; width 0: as the experiment has it."""
    if experiment.study:
        widths = range(experiment.study.first, experiment.study.last + 1)
        return [(width, trial) for width in widths for trial in range(experiment.study.trials)]
    return [(0, number) for number in range(experiment.repeat.times if experiment.repeat else 1)]


def _of_width(network: Net, width: int) -> Net:
    return network.model_copy(update={"hidden": [width]}) if width else network
