"""The same settings with many seeds, as one stack in the background: how much is luck?"""

import math
import threading
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.errors import GlassnetError, InputError
from glassnet.base.sentences import sentence_of
from glassnet.data import Dataset
from glassnet.lab.state.settings import Settings
from glassnet.lab.state.verdicts import ordinal, paired, rank, spread
from glassnet.nn.task import task_named
from glassnet.stack import Stack
from glassnet.training.callbacks.history import History
from glassnet.workflows.fit_settings import settings_of
from glassnet.workflows.networks import network_of
from glassnet.workflows.ticks import countable

FEWEST, MOST_SEEDS = 10, 1000
MOST_WORK = 2 * 10**12  # multiply-adds of all steps
OF_A_STEP = 3 * 10**4  # multiply-adds in the time that a step takes beside them
MOST_NUMBERS = 2**25  # parameters of all networks
MEMORY = 2**28  # bytes that a stack may take at once
MOST_EPOCHS = 200  # that are drawn
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
TURN = threading.BoundedSemaphore(1)  # one stack trains at a time, whoever asked


class Spread(NamedTuple):
    """What many seeds came to.

    - `column`: the metric, a column of the history; `bands`: of the metric and of the losses,
      `QUANTILES` at each of `epochs`.
    - `seeds`, `finals`: of the networks that did not diverge; `diverged`: how many did.
    - `own`: the seed of the settings.
    """

    own: int
    column: str
    epochs: list[int]
    bands: dict[str, Array]
    seeds: list[int]
    finals: list[float]
    diverged: int


class CancelledError(Exception):
    """The page no longer wants it."""


class Study:
    """Trainings of some settings with many seeds, in a thread of its own.

    - `many`: what is trained, by letter; "" is the main run.
    - `names`: of those, for people.
    - `data`: the same for all.
    - `times`: how many seeds, from that of the settings on.

    Raises `InputError` if that is too much work.
    """

    def __init__(
        self, many: dict[str, Settings], names: dict[str, str], data: Dataset, times: int
    ) -> None:
        self.many, self.names, self.data, self.times = many, names, data, times
        for settings in many.values():
            check_work(settings, data, times)
        self.total = sum(times * each.training.epochs for each in many.values())
        self.done, self.problem = 0, ""
        self.found: dict[str, Spread] = {}
        self.cancelled = threading.Event()
        self.lock = threading.Lock()
        self.thread = threading.Thread(target=self._work, name="seeds", daemon=True)

    @property
    def running(self) -> bool:
        """Whether it is not finished."""
        return self.thread.is_alive()

    def tick(self) -> bool:
        """Count an epoch of a network; whether training should go on."""
        with self.lock:
            self.done += 1
        return not self.cancelled.is_set()

    def _work(self) -> None:
        try:
            for letter, settings in self.many.items():
                self._take_turn()
                try:
                    found = trained(settings, self.data, self.times, self.tick)
                finally:
                    TURN.release()
                if self.cancelled.is_set():
                    return
                self.found[letter] = found
        except CancelledError:
            pass
        except (GlassnetError, MemoryError) as error:
            self.problem = sentence_of(error)

    def _take_turn(self) -> None:
        while not TURN.acquire(timeout=0.1):
            if self.cancelled.is_set():
                raise CancelledError


class Seeds:
    """The study of a session: one at a time, and what the last one found."""

    def __init__(self) -> None:
        self.study: Study | None = None

    def begin(self, study: Study) -> None:
        """Start a study; the one before it ends."""
        self.cancel()
        self.study = study
        study.thread.start()

    def cancel(self) -> None:
        """End the study that is running, and forget it."""
        if self.study and self.study.running:
            self.study.cancelled.set()
            self.study = None

    def clear(self) -> None:
        """Forget all: the data have changed."""
        self.cancel()
        self.study = None


def check_work(settings: Settings, data: Dataset, times: int) -> None:
    """Raise InputError for more seeds than one can wait for."""
    if not FEWEST <= times <= MOST_SEEDS:
        raise InputError(f"{times} seeds: expected {FEWEST} to {MOST_SEEDS}")
    network = network_of(settings.network, settings.seed, data)
    rows = network.summary().rows
    once = 3 * sum(row.multiply_adds for row in rows if "." not in row.name)
    samples, size = len(data.x_train), settings.training.batch_size
    steps = 1 if size == "full" else math.ceil(samples / size)
    work = (once * samples + OF_A_STEP * steps) * settings.training.epochs
    parameters = network.parameters.vector.size
    most = min(MOST_WORK // work, MOST_NUMBERS // max(parameters, 1))
    if times > most:
        advice = f"take at most {most}" if most >= FEWEST else "train fewer epochs"
        raise InputError(
            f"{times} seeds would take the time of {times * work:.1e} multiply-adds and hold "
            f"{times * parameters:,} parameters: {advice}, or make the network smaller"
        )


class _Watch:
    """Tells of each epoch of one network, and ends its training when nobody wants it."""

    trainer: Any

    def __init__(self, tick: Callable[[], bool]) -> None:
        self.tick = tick

    def on_epoch_end(self, epoch: int, logs: Any) -> None:
        """Count it."""
        if not self.tick():
            self.trainer.stop("cancelled")


def trained(settings: Settings, data: Dataset, times: int, tick: Callable[[], bool]) -> Spread:
    """Train networks of these settings with `times` seeds, all on the same data, from the first
    step; `tick` is called for each epoch of each, and returns whether to go on."""
    seeds = range(settings.seed, settings.seed + times)
    stack = Stack(network_of(settings.network, seed, data) for seed in seeds)
    held_out = (data.x_test, data.y_test) if len(data.x_test) else None
    how = settings_of(settings.training, data) | {"validation": held_out}
    histories = stack.fit(
        data.x_train, data.y_train, memory=MEMORY, callbacks=lambda k: [_Watch(tick)], **how
    )
    return _spreading(histories, list(seeds), task_named(data.task).score)


def _spreading(histories: Sequence[History], seeds: list[int], score: str) -> Spread:
    sound = countable(histories)
    kept = [histories[k] for k in sound]
    columns = [n for n in kept[0] if n != "seconds"] if kept else []
    column = next((n for n in (f"val_{score}", "val_loss", score) if n in columns), "loss")
    count = min((h.epochs for h in kept), default=0)
    at = np.unique(np.linspace(0, count - 1, min(count, MOST_EPOCHS)).round().astype(int))
    bands = {
        n: np.quantile([np.asarray(h[n])[at] for h in kept], QUANTILES, axis=0)
        for n in columns if n in (column, "loss", "val_loss")
    }  # fmt: skip
    return Spread(
        seeds[0], column, (at + 1).tolist(), bands, [seeds[k] for k in sound],
        [h[column][-1] for h in kept], len(seeds) - len(sound),
    )  # fmt: skip


# ---- in words


def sentences(found: dict[str, Spread], names: dict[str, str]) -> list[str]:
    """What a study says: the spread of each, the place of your seed, and the differences."""
    said: list[str] = []
    for letter, each in found.items():
        who = names.get(letter, letter)
        if not each.finals:
            said.append(f"{who}: every seed diverged. Lower the learning rate.")
            continue
        said.append(f"{who}: {spread(each.column, each.finals)}{_lost(each)}")
        if not letter:
            said.append(_place(each))
    main = found.get("")
    for letter, each in found.items():
        if letter and main and main.finals and each.finals:
            said.append(_paired(main, each, letter))
    return said


def _lost(found: Spread) -> str:
    return f" {found.diverged} diverged and are left out." if found.diverged else ""


def _place(found: Spread) -> str:
    if found.own not in found.seeds:
        return f"Your seed, {found.own}, diverged."
    place, level = rank(found.column, found.finals, found.seeds.index(found.own))
    equal = f", level with {level} other{'s' * (level != 1)}" if level else ""
    return f"Your seed, {found.own}, is the {ordinal(place)} of {len(found.seeds)}{equal}."


def _paired(main: Spread, fork: Spread, name: str) -> str:
    both = sorted({*main.seeds} & {*fork.seeds})
    if not both:
        return f"{name}: no seed is left that did not diverge in both."
    a, b = (dict(zip(each.seeds, each.finals, strict=True)) for each in (main, fork))
    return paired(main.column, name, [a[s] for s in both], [b[s] for s in both])
