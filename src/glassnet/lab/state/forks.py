"""Runs beside the main one: the same past, one thing changed, both continue."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from glassnet.base.configurable import choose
from glassnet.base.errors import InputError
from glassnet.lab.run.run import Run
from glassnet.lab.state.limits import check_cost
from glassnet.lab.state.settings import Settings
from glassnet.lab.state.verdicts import difference
from glassnet.nn.layers import ACTIVATIONS, activation, layers_from, words_for
from glassnet.nn.optimizers import optimizer
from glassnet.workflows.networks import network_of

MOST_FORKS = 6
FORK_BYTES = 2**23  # of the states that a fork keeps
EPOCHS_AT_ONCE = 2000  # of the curves in one frame

Value = int | float | str


@dataclass
class Fork:
    """A run beside the main one.

    - `letter`: by which the page marks it; `name`: what the reader calls it.
    - `change`: what is different, in words; `since`: from which step, in epoch `epoch`.
    - `settings`: those by which it would start afresh.
    """

    letter: str
    name: str
    change: str
    since: int
    epoch: int
    settings: Settings
    run: Run


class Forks:
    """The forks of a session, by their letters."""

    def __init__(self) -> None:
        self.each: dict[str, Fork] = {}

    def get(self, letter: str) -> Fork:
        """The fork of this letter; InputError if there is none."""
        if letter not in self.each:
            raise InputError(f"there is no fork {letter}: it was removed, or the data have changed")
        return self.each[letter]

    def add(self, run: Run, settings: Settings, what: str, value: Value) -> Fork:
        """Fork a run at its present step, with one thing changed; settings that alter the network
        start afresh."""
        free = [each for each in "ABCDEF"[:MOST_FORKS] if each not in self.each]
        if not free:
            raise InputError(f"there are {MOST_FORKS} forks: remove one first")
        change = CHANGES[choose("change", what, CHANGES)]
        now = settings.model_copy(update={"training": run.training})
        made, then, words = change(run, now, value)
        since = 0 if made.t == 0 else run.t
        fork = Fork(free[0], words, words, since, made.epochs_done, then, made)
        self.each[free[0]] = fork
        return fork

    def behind(self, main: Run) -> list[Fork]:
        """Those that have trained less than the main run, and can go on."""
        goal = main.progress
        return [
            each for each in self.each.values()
            if not (each.run.finished or each.run.halted) and each.run.progress < goal
        ]  # fmt: skip

    def extend(self, epochs: int) -> None:
        """Let those that are done train for more epochs."""
        for each in self.each.values():
            if each.run.finished and not each.run.diverged:
                training = each.run.training
                training = training.model_copy(update={"epochs": each.run.epochs_done + epochs})
                each.run.change(training)
                each.settings = each.settings.model_copy(update={"training": training})

    def follow(self, main: Run, end: float) -> None:
        """Train those that are behind, until none is or the time has come."""
        while (behind := self.behind(main)) and time.perf_counter() < end:
            for fork in behind:
                fork.run.step()

    def shown(self, main: Run, seen: dict[str, int]) -> list[dict[str, Any]]:
        """What the page shows of them; `seen` counts the epochs that it has of each."""
        return [_shown(fork, main, seen) for fork in self.each.values()]


def _shown(fork: Fork, main: Run, seen: dict[str, int]) -> dict[str, Any]:
    run, first = fork.run, seen.get(fork.letter, 0)
    last = min(first + EPOCHS_AT_ONCE, len(run.epoch_ends))
    seen[fork.letter] = last
    columns = {n: v[first:last] for n, v in run.columns.items() if n != "seconds"}
    return {
        "letter": fork.letter,
        "name": fork.name,
        "change": fork.change,
        "since": fork.since,
        "from": fork.epoch,
        "t": run.t,
        "epoch": run.epochs_done,
        "finished": run.finished,
        "diverged": run.diverged,
        "curves": {"first": first, "columns": columns},
        "difference": difference(main.columns, run.columns),
    }


# ---- what may be changed: the run that follows, its settings, and the change in words

Changed = tuple[Run, Settings, str]


def _learning_rate(run: Run, now: Settings, value: Value) -> Changed:
    rule = optimizer(now.training.optimizer)
    then = {**rule.config(), "learning_rate": value}
    words = f"learning rate {value} instead of {rule.learning_rate}"
    return _trained(run, now, {"optimizer": then}, words)


def _rule(run: Run, now: Settings, value: Value) -> Changed:
    rule, before = optimizer(str(value)), optimizer(now.training.optimizer)
    words = (
        f"{value} with learning rate {rule.learning_rate} instead of "
        f"{type(before).__name__} with {before.learning_rate}"
    )
    return _trained(run, now, {"optimizer": rule.config()}, words)


def _batch_size(run: Run, now: Settings, value: Value) -> Changed:
    words = f"batch size {value} instead of {now.training.batch_size}"
    return _trained(run, now, {"batch_size": value}, words)


def _trained(run: Run, now: Settings, change: dict[str, Any], words: str) -> Changed:
    then = Settings.model_validate(
        {**now.model_dump(), "training": {**now.training.model_dump(), **change}}
    )
    if then == now:
        raise InputError(f"{words}: nothing would change; choose another value")
    check_cost(then.network, run.data, then.training)
    made = run.fork(FORK_BYTES)
    made.change(then.training)
    return made, then, words


def _order(run: Run, now: Settings, value: Value) -> Changed:
    made = run.fork(FORK_BYTES)
    made.reseed(_seed(value))
    return made, now, f"samples in the order of seed {value} from the next epoch on"


def _weights(run: Run, now: Settings, value: Value) -> Changed:
    made = _afresh(run, now, _seed(value))
    return made, now, f"first weights and order of seed {value} instead of {now.seed}"


def _activation(run: Run, now: Settings, value: Value) -> Changed:
    activation(str(value))
    net = now.network
    if net.layers is None:
        changed: dict[str, Any] = {"activation": value}
    else:
        words = net.layers if isinstance(net.layers, str) else ", ".join(net.layers)
        layers = [words_for([layer]) for layer in layers_from(words)]
        changed = {"layers": [value if _bends(each) else each for each in layers]}
        if not any(map(_bends, layers)):
            raise InputError("the network has no activation between its layers: add one first")
    then = Settings.model_validate(
        {**now.model_dump(), "start": None, "network": {**net.model_dump(), **changed}}
    )
    if then == now:
        raise InputError(f"the activation is {value} already: choose another")
    return _afresh(run, then, then.seed), then, f"activation {value}"


def _bends(words: str) -> bool:
    return words.split(maxsplit=1)[0] in ACTIVATIONS


def _afresh(run: Run, settings: Settings, seed: int) -> Run:
    check_cost(settings.network, run.data, settings.training)
    made = Run(network_of(settings.network, seed, run.data), run.data, settings.training)
    made.most_bytes = made.segments[0].frames.most_bytes = FORK_BYTES
    return made


def _seed(value: Value) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**32:
        raise InputError(f"the seed is {value!r}: expected a whole number of 0 or more")
    return value


CHANGES: dict[str, Callable[[Run, Settings, Value], Changed]] = {
    "learning rate": _learning_rate,
    "optimizer": _rule,
    "batch size": _batch_size,
    "order": _order,
    "first weights": _weights,
    "activation": _activation,
}
