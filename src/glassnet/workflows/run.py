"""Running a recipe: once, repeatedly, or over many widths."""

import math
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.optional import need
from glassnet.data import Dataset, load
from glassnet.data.dataset import center_and_unit
from glassnet.mlp import mlp
from glassnet.nn.losses import Loss, RegressionLoss, loss_function
from glassnet.sequential import Sequential
from glassnet.stack import MEMORY, Stack
from glassnet.training.callbacks.history import History
from glassnet.training.stack.member import DIVERGED
from glassnet.workflows.recipes.schema import Data, Figure, Net, Recipe, Training
from glassnet.workflows.ticks import Epochs, Tick, countable, how_far, ignore

LOSS_OF = {
    "classes": "cross_entropy",
    "labels": "binary_cross_entropy",
    "values": "mean_squared",
}

Say = Callable[[str], None]


@dataclass(frozen=True)
class Run:
    """One trained network, its history, and its figures on the test part (or, where the data has
    none, on what it was trained on)."""

    network: Sequential
    history: History
    data: Dataset
    figures: dict[str, float]

    @property
    def metric(self) -> str:
        """The figure for people: accuracy, or the mean absolute error of values."""
        return next(name for name in self.figures if name != "loss")


@dataclass(frozen=True)
class Outcome:
    """What a recipe came to: an accuracy for each network, by width where widths were studied
    (for values instead of classes, a mean absolute error), and the histories of them all.

    `interrupted` says how far it was when Ctrl-C ended it. The accuracies are then those of
    finished networks or, where there are none, of the networks as they are.
    """

    recipe: Recipe
    first: Run
    accuracies: dict[int, list[float]]
    histories: tuple[History, ...]
    seconds: float
    interrupted: str = ""

    @property
    def judged(self) -> list[float]:
        """The accuracies that the recipe's figure is about."""
        first = self.recipe.study.judged_from if self.recipe.study else 0
        return [a for width, group in self.accuracies.items() if width >= first for a in group]

    @property
    def mean(self) -> float:
        """The mean accuracy; NaN where every network diverged."""
        return float(np.mean(self.judged)) if self.judged else math.nan

    @property
    def std(self) -> float:
        """The standard deviation over networks (of a sample: n − 1); 0 for one."""
        return float(np.std(self.judged, ddof=1)) if len(self.judged) > 1 else 0.0

    @property
    def reached(self) -> bool:
        """Whether the figure keeps the recipe's bounds; one that Ctrl-C cut short does not."""
        if self.interrupted:
            return False
        figure: Figure = self.recipe.figure
        within = figure.std_at_most is None or self.std <= figure.std_at_most
        return self.mean >= figure.at_least and within

    def __str__(self) -> str:
        so_far = f"interrupted {self.interrupted}" if self.interrupted else ""
        if not self.judged:
            return so_far or "every network diverged"
        several = len(self.judged) > 1
        many = f" ± {self.std:z.4f} ({len(self.judged)} networks)" if several else ""
        return f"{self.mean:z.4f}{many}{', ' if so_far else ''}{so_far}"


def run_recipe(
    recipe: Recipe, seed: int = 0, callbacks: Iterable[Any] = (), say: Say = lambda line: None
) -> Outcome:
    """Run a recipe from this seed, several networks as one stack; `say` is told of each of them.

    `callbacks` are those of the first network.
    """
    return run_on(recipe, load_data(recipe.data), seed, callbacks, say)


def run_on(
    recipe: Recipe,
    data: Dataset,
    seed: int = 0,
    callbacks: Iterable[Any] = (),
    say: Say = lambda line: None,
    memory: float = MEMORY,
    tick: Tick = ignore,
) -> Outcome:
    """The same on data that is there already; `memory` is what a stack may take, and `tick` is told
    of each epoch of each network."""
    begin, plan = time.perf_counter(), _plan(recipe)
    if len(plan) == 1:
        runs = [train(recipe, data, seed, [*callbacks, Epochs(tick)])]
    else:
        made = [(_of_width(recipe.network, width), seed + number) for width, number in plan]
        networks = [network_of(*each, data) for each in made]
        runs = train_all(recipe.training, data, networks, callbacks, memory, tick)
    histories = tuple(run.history for run in runs)
    counted = countable(histories)
    accuracies: dict[int, list[float]] = {}
    for k, ((width, number), run) in enumerate(zip(plan, runs, strict=True)):
        reason = run.history.interrupted or ""
        label = (f"width {width}, " if recipe.study else "") + f"seed {seed + number}"
        if k in counted:
            accuracies.setdefault(width, []).append(run.figures[run.metric])
            if len(plan) > 1:
                say(f"{label}: {run.metric} {run.figures[run.metric]:z.4f}")
        elif reason.startswith(DIVERGED):
            say(f"{label}: {reason}, left out")
    cut = how_far(histories, recipe.training.epochs)
    return Outcome(recipe, runs[0], accuracies, histories, time.perf_counter() - begin, cut)


def train(
    recipe: Recipe, data: Dataset, seed: int, callbacks: Iterable[Any] = (), **keeping: Any
) -> Run:
    """Train one network as the recipe says; `keeping` is what `fit` is told of checkpoints."""
    network, how = network_of(recipe.network, seed, data), settings_of(recipe.training, data)
    history = network.fit(data.x_train, data.y_train, callbacks=callbacks, **how, **keeping)
    return _judged(network, history, data)


def train_all(
    how: Training,
    data: Dataset,
    networks: list[Sequential],
    callbacks: Iterable[Any] = (),
    memory: float = MEMORY,
    tick: Tick = ignore,
) -> list[Run]:
    """Train networks of one architecture; `callbacks` are those of the first."""
    epochs = Epochs(tick)
    histories = Stack(networks).fit(
        data.x_train,
        data.y_train,
        callbacks=lambda k: [*(callbacks if k == 0 else ()), epochs],
        memory=memory,
        **settings_of(how, data),
    )
    return [_judged(*each, data) for each in zip(networks, histories, strict=True)]


def _judged(network: Sequential, history: History, data: Dataset) -> Run:
    """What became of a network, judged by the test part, or else by what it was trained on."""
    return Run(network, history, data, network.evaluate(*judged_by(data)))


def judged_by(data: Dataset) -> tuple[Array, Array]:
    """The test part, or the training part where there is none."""
    return _test(data) or (data.x_train, data.y_train)


def settings_of(how: Training, data: Dataset) -> dict[str, Any]:
    """What `fit` takes, of what a recipe says of training."""
    return {
        "validation": _test(data) if how.watch_test else how.validation,
        "loss": _loss(how.loss, data),
        **how.model_dump(exclude={"validation", "watch_test", "loss"}),
    }


def _test(data: Dataset) -> tuple[Array, Array] | None:
    return (data.x_test, data.y_test) if len(data.x_test) else None


def network_of(net: Net, seed: int, data: Dataset) -> Sequential:
    """The network that fits the data, with what the data says of its inputs and outputs."""
    if net.idle:  # of a sweep, some of whose networks have hidden layers
        net = Net(init=net.init, bias=net.bias, bias_init=net.bias_init)
    made = mlp(
        data.input_shape,
        net.hidden,
        data.outputs,
        scale=data.scale,
        shift=data.shift,
        seed=seed,
        **_spread(data),
        **net.model_dump(exclude={"hidden"}),
    )
    made.classes, made.schema = data.classes, data.schema
    made.feature_names, made.target = data.feature_names, data.target
    return made


def _spread(data: Dataset) -> dict[str, Any]:
    """Where the targets of a regression lie: their mean, and their standard deviation as unit."""
    if data.task != "values":
        return {}
    center, unit = center_and_unit(data.y_train)
    return {"center": center, "unit": unit}


def _loss(given: Any, data: Dataset) -> Loss:
    """The loss that was asked for, or the task's own; distances count in the target's spread."""
    loss = loss_function(given or LOSS_OF[data.task])
    if isinstance(loss, RegressionLoss) and data.task == "values" and loss.unit == 1:
        return loss_function({**loss.config(), "unit": _spread(data)["unit"]})
    return loss


def load_data(data: Data) -> Dataset:
    """The recipe's dataset; through a CSV file where it says so."""
    if not data.through_csv:
        return load(data.name, **data.options)
    source = load(data.name, test=0.0)
    frame = need("pandas", "writing a table").DataFrame(
        source.x_train, columns=list(source.feature_names)
    )
    frame[source.target] = np.array(source.classes)[source.y_train]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{data.name}.csv"
        frame.to_csv(path)  # with its index as the first column, as such files have
        return load(path, **data.options)


def _plan(recipe: Recipe) -> Sequence[tuple[int, int]]:
    """The (width, number of the seed) of each network to train; width 0: as the recipe has it."""
    if recipe.study:
        widths = range(recipe.study.first, recipe.study.last + 1)
        return [(width, trial) for width in widths for trial in range(recipe.study.trials)]
    return [(0, number) for number in range(recipe.repeat.times if recipe.repeat else 1)]


def _of_width(network: Net, width: int) -> Net:
    return network.model_copy(update={"hidden": [width]}) if width else network
