"""How long to train on a small table: as long as is best for several folds, and then on all rows.

The validation part of a small table is a few rows: in which epoch their loss is least depends on
which rows they are, and the network never learns from them. The mean over folds is a loss of every
row, so the epoch of its minimum is a better guess; and since nothing is held out afterwards, the
network learns from all rows (Goodfellow, Bengio & Courville, 2016, algorithm 7.2).

Epochs are counted, not steps, though an epoch of all rows has more steps than one without a fold:
a schedule then has the same learning rate in the same epoch.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array, FilePath
from glassnet.base.description import check, integer
from glassnet.base.errors import DivergedError, GlassnetError
from glassnet.base.progress import work
from glassnet.data import Dataset
from glassnet.nn.optimizers import LBFGS, optimizer
from glassnet.sequential import Sequential
from glassnet.stack import Stack
from glassnet.training.callbacks.history import INTERRUPTED, History
from glassnet.training.callbacks.protocol import Logs, Training
from glassnet.training.callbacks.stopping import Best
from glassnet.training.checkpoint import Checkpoint, read
from glassnet.training.divergence import HINT
from glassnet.workflows.folds import fold_rows
from glassnet.workflows.held_out import taught
from glassnet.workflows.spec import Experiment
from glassnet.workflows.stopping import least_gain
from glassnet.workflows.ticks import Epochs, shown

SMALL = 1000  # training rows, below which folds find how long to train on a table
NUMBER = 5  # of folds
FOLDS = "folds"  # their name in what a file says of the training


class Refit(NamedTuple):
    """A training on all rows for as many epochs as are best for `folds` folds.

    - `network`: that of a seed.
    - `data`: its training part is what is learned.
    - `settings`: what `Stack.fit` takes; `epochs` is the most.
    - `folds`: how many.
    - `monitor="val_loss"`: the metric whose mean over folds is watched.
    - `patience`: folds end if it has not improved for so many epochs; None: they never do.
    - `networks=1`: how many learn from all rows; the mean of their outputs is one network.
    - `calibrate=False`: whether probabilities are calibrated by what folds predict.
    """

    network: Callable[[int], Sequential]
    data: Dataset
    settings: Mapping[str, Any]
    folds: int
    monitor: str = "val_loss"
    patience: int | None = None
    networks: int = 1
    calibrate: bool = False

    def fit(
        self,
        seed: int,
        callbacks: Iterable[Any] = (),
        checkpoint: Checkpoint | None = None,
        resume: FilePath | None = None,
        override: bool = False,
    ) -> tuple[Sequential, History]:
        """The network that learned from all rows, with its history; if Ctrl-C ends the folds, that
        of the first fold as it is.

        - `seed`: of folds and first network.
        - `callbacks`: of the first network that learns from all rows.
        - `checkpoint`, `resume`, `override`: as in `Stack.fit`; the file is of the folds first, and
          then of the rest.
        """
        held, last = fold_rows(self.data, self.folds, seed), kept_epochs(resume)
        if last is None:
            stack, histories = self.fit_folds(held, seed, checkpoint, resume, override)
            if any(history.interrupted == INTERRUPTED for history in histories):
                stack[0].trained[FOLDS] = {"folds": self.folds, "epochs": None}
                return stack[0], histories[0]
            sound = [h for k, h in enumerate(histories) if k not in stack.diverged]
            last = best_epochs(sound, self.monitor, self.patience)
            resume, override = None, False
        return self.fit_all(held, seed, last, callbacks, checkpoint, resume, override)

    def fit_folds(
        self, held: list[Array], seed: int, checkpoint: Any, resume: Any, override: bool
    ) -> tuple[Stack, list[History]]:
        """A network for each fold, which learns from all rows but those."""
        stack = Stack(self.network(seed + k) for k in range(self.folds))
        mean, everyone = MeanOfFolds(self.monitor, self.patience), list[StopTogether]()
        stopping = [StopTogether(mean, everyone) for _ in held]
        most = self.folds * self.settings["epochs"]
        with work(f"training {self.folds} folds", most, "epochs") as training:
            ticking = Epochs(training.add)
            histories = stack.fit(
                self.data.x_train, self.data.y_train, samples=self.others(held), held_out=held,
                callbacks=lambda k: [stopping[k], ticking],
                checkpoint=checkpoint, resume=resume, override=override, **self.settings,
            )  # fmt: skip
        if len(stack.diverged) == self.folds:
            raise DivergedError(f"every fold {histories[0].interrupted}. Try this: {HINT}.")
        return stack, histories

    def fit_all(
        self, held: list[Array], seed: int, last: int, callbacks: Iterable[Any], checkpoint: Any,
        resume: Any, override: bool,
    ) -> tuple[Sequential, History]:  # fmt: skip
        """The networks that learn from all rows, and beside them as many without each fold: what
        the mean of these predicts for the rows of the fold says how far to trust that of those."""
        count, all_rows = self.networks, np.arange(len(self.data.x_train))
        groups = [all_rows, *self.others(held)]
        seeds = [seed + k for k in (*range(count), *range(count * self.folds))]
        stack = Stack(map(self.network, seeds))
        histories = stack.fit(
            self.data.x_train, self.data.y_train,
            samples=[rows for rows in groups for _ in range(count)],
            callbacks=lambda k: [*(callbacks if k == 0 else ()), LastEpoch(self.folds, last)],
            checkpoint=checkpoint, resume=resume, override=override,
            **{**self.settings, "metrics": True},  # others are those of a validation part
        )  # fmt: skip
        sound = [
            [stack[k] for k in range(start, start + count) if k not in stack.diverged]
            for start in range(0, len(stack), count)
        ]
        network = _mean(sound[0], histories[0])
        network.trained[FOLDS] = {"folds": self.folds, "epochs": last}
        return self.trusted(network, sound[1:], held), shown(histories)

    def others(self, held: Iterable[Array]) -> list[Array]:
        """For each fold, the rows that are not in it."""
        return [np.setdiff1d(np.arange(len(self.data.x_train)), rows) for rows in held]

    def trusted(
        self, network: Sequential, without: Sequence[list[Sequential]], held: list[Array]
    ) -> Sequential:
        """The network, with what the means of those `without` each fold say of it, by the rows that
        they have not seen. A fold without which all networks diverged says nothing."""
        said = [(group, rows) for group, rows in zip(without, held, strict=True) if group]
        if not said:
            return network
        outputs = [mean_of(group)(self.data.x_train[rows]) for group, rows in said]
        rows = np.concatenate([rows for _, rows in said])
        return taught(network, np.concatenate(outputs), self.data.y_train[rows], self.calibrate)


class MeanOfFolds:
    """The mean of a metric over folds, epoch by epoch, and the epoch that is best.

    It is `over` when the mean has not improved for `patience` epochs: what folds that trained for
    longer would say then does not count.
    """

    def __init__(self, monitor: str, patience: int | None) -> None:
        self.monitor, self.patience = monitor, patience
        self.best, self.best_epoch, self.epochs = Best(monitor, least_gain(monitor)), 0, 0

    def follow(self, histories: Sequence[History]) -> None:
        """Look at the epochs that all folds have finished by now."""
        curves = [history.get(self.monitor, []) for history in histories]
        while not self.over and all(len(curve) > self.epochs for curve in curves):
            values = np.array([curve[self.epochs] for curve in curves])
            known = values[~np.isnan(values)]  # a metric that has no value in a fold
            if len(known) and self.best.better({self.monitor: float(known.mean())}):
                self.best_epoch = self.epochs
            self.epochs += 1

    @property
    def over(self) -> bool:
        """Whether the best epoch is found."""
        return bool(self.patience) and self.epochs - self.best_epoch > (self.patience or 0)


class StopTogether:
    """A callback of one fold's network: it stops when the mean of `everyone` has not improved."""

    trainer: Training

    def __init__(self, mean: MeanOfFolds, everyone: list["StopTogether"]) -> None:
        self.mean, self.everyone, self.watches = mean, everyone, mean.monitor
        everyone.append(self)

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Stop; that of this epoch is not in the history yet."""
        self.mean.follow([each.trainer.history for each in self.everyone])
        if self.mean.over:
            self.trainer.stop(f"the mean {self.watches} of folds has not improved")


class LastEpoch:
    """A callback that ends a training after the epochs that were best for folds."""

    trainer: Training
    finds_the_end = True

    def __init__(self, folds: int, epochs: int) -> None:
        self.folds, self.epochs = folds, epochs

    def state(self) -> dict[str, Any]:
        """What `kept_epochs` finds in a checkpoint."""
        return {FOLDS: self.epochs}

    def restore(self, state: dict[str, Any]) -> None:
        """Nothing but that is known."""
        check(state, {FOLDS: integer(1)}, "LastEpoch")

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Stop."""
        if epoch + 1 >= self.epochs:
            self.trainer.stop(f"{self.folds} folds end best after {_epochs(self.epochs)}")


def for_small_table(experiment: Experiment, data: Dataset) -> Experiment:
    """The experiment with folds instead of a validation part, if its training stops early and the
    data is a table of fewer than 1,000 training rows."""
    how, rows, schema = experiment.training, len(data.x_train), data.schema
    table = schema is not None and schema.picture is None and bool(schema.targets)
    if not (table and how.patience and 2 * NUMBER <= rows < SMALL):
        return experiment
    if isinstance(optimizer(how.optimizer), LBFGS):  # which trains one network at a time
        return experiment
    training = how.model_copy(update={"folds": NUMBER, "validation": 0.0})
    return experiment.model_copy(update={"training": training})


def what_folds_found(network: Sequential) -> str:
    """What folds found, in a line; nothing if there were none."""
    known = network.trained
    if FOLDS not in known:
        return ""
    folds, best = known[FOLDS]["folds"], known[FOLDS]["epochs"]
    if best is None:
        return f"interrupted while {folds} folds were trained: this is the network of the first"
    found = f"{folds} folds end best after {_epochs(best)}"
    return f"{found}; trained on all {known['samples']:,} rows for {_epochs(known['epochs'])}"


class FoundByFolds(NamedTuple):
    """For how many epochs networks were trained on all their rows, as folds of these had found.

    - `folds`: how many there were.
    - `epochs`: of each network.

    >>> print(FoundByFolds(5, [84, 31, 60]))
    each trained on all its rows for as long as is best for 5 folds of them, 31 to 84 epochs
    """

    folds: int
    epochs: list[int]

    def __str__(self) -> str:
        low, high = min(self.epochs), max(self.epochs)
        span = f"{low} to {high} epochs" if low < high else _epochs(low)
        best = f"as long as is best for {self.folds} folds of them"
        return f"each trained on all its rows for {best}, {span}"


def found_by_folds(networks: Iterable[Sequential]) -> FoundByFolds | None:
    """What folds found for each of these networks; None if there were none.

    - `networks`: trained.
    """
    known = [one.trained[FOLDS] for one in networks if one.trained.get(FOLDS)]
    epochs = [each["epochs"] for each in known if each["epochs"] is not None]
    return FoundByFolds(known[0]["folds"], epochs) if epochs else None


def _epochs(count: int) -> str:
    return f"{count} epoch{'' if count == 1 else 's'}"


def best_epochs(histories: Sequence[History], monitor: str, patience: int | None) -> int:
    """After how many epochs the mean of a metric over folds is best; the first of equals.

    >>> best_epochs([History(val_loss=[3, 1, 4]), History(val_loss=[3, 2, 0])], "val_loss", None)
    2
    """
    mean = MeanOfFolds(monitor, patience)
    mean.follow(histories)
    return mean.best_epoch + 1


def kept_epochs(path: FilePath | None) -> int | None:
    """How long the training on all rows is, if a checkpoint is of that; the training of folds says
    what is wrong with a checkpoint that cannot be read."""
    if path is None:
        return None
    try:
        states = [each for one in read(path)["members"] for each in one["callbacks"]]
        return next((int(each[FOLDS]) for each in states if FOLDS in each), None)
    except (GlassnetError, LookupError, TypeError, ValueError):
        return None


def _mean(networks: list[Sequential], history: History) -> Sequential:
    """The mean of those that did not diverge; an error if there are none."""
    if not networks:
        raise DivergedError(f"training {history.interrupted}. Try this: {HINT}.")
    return mean_of(networks)


def mean_of(networks: list[Sequential]) -> Sequential:
    """One network that computes the mean of the outputs of these."""
    return networks[0] if len(networks) == 1 else Stack(networks).merged()
