"""Callbacks: what may happen around training, by the names that Keras users know.

A callback is any object with one or more of these methods; `trainer` is set before the first call.

    on_train_begin(logs)         on_train_end(logs)
    on_epoch_begin(epoch, logs)  on_epoch_end(epoch, logs)
    on_train_batch_begin(batch, logs)   on_train_batch_end(batch, logs)

`epoch` and `batch` count from 0. `logs` holds the metrics of the epoch, and what a callback adds to
it comes into the history. `self.trainer.stop(reason)` ends training after the current step. What
else a callback may ask of its trainer is `Training`.
"""

import sys
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from glassnet.base.arrays import Array
from glassnet.base.errors import InputError
from glassnet.nn.optimizers import Optimizer

Logs = dict[str, Any]


class Training(Protocol):
    """What a callback may use of its trainer: of one network alone, or of one in a stack."""

    network: Any  # a `Network`; of `fit` and of stacks a `Sequential`, which can be saved
    hooks: "Hooks"
    optimizer: Optimizer
    epochs: int
    steps_per_epoch: int
    clip_norm: float | None
    validation: tuple[Array, ...] | None  # samples and targets held out, and perhaps their weights
    about: dict[str, Any]  # number of samples, seed and settings, as plain data

    @property
    def learning_rate(self) -> float:
        """The rate of the current step."""

    @property
    def history(self) -> Any:
        """The `History` so far."""

    @property
    def weighted(self) -> bool:
        """Whether samples or classes have weights."""

    def probe_samples(self, count: int) -> tuple[Array, Array]:
        """Samples spread over those of the training, `count` at most, and their targets."""

    def one_pass(self) -> Iterator[tuple[Array, ...]]:
        """All samples of the training once more, in batches and an order of the network's
        generator; for the end of a training."""

    def stop(self, reason: str) -> None:
        """End this network's training after the current step; `reason` goes into the history."""


HOOKS = (
    "on_train_begin",
    "on_train_end",
    "on_epoch_begin",
    "on_epoch_end",
    "on_train_batch_begin",
    "on_train_batch_end",
)
OF_A_STEP = ("on_train_batch_begin", "on_train_batch_end")


def check_callbacks(callbacks: Iterable[Any]) -> list[Any]:
    """The callbacks, when each has at least one of the methods."""
    callbacks = list(callbacks)
    for callback in callbacks:
        if isinstance(callback, type) or not any(hasattr(callback, name) for name in HOOKS):
            raise InputError(
                f"{callback!r} is not a callback: expected an object with "
                "on_epoch_end(epoch, logs) or another hook"
            )
    return callbacks


LOG = "log"  # in the state of a log: its name


def is_log(callback: Any) -> bool:
    """Whether a callback only logs, so that a training resumes with or without it."""
    return bool(getattr(callback, "only_logs", False))


def is_of_log(state: Any) -> bool:
    """Whether this is the state of a log."""
    name = state.get(LOG) if isinstance(state, dict) else None
    return isinstance(name, str) and name.isidentifier()


def say(notes: Iterable[str]) -> None:
    """Print notes on standard error, each once."""
    for note in dict.fromkeys(notes):
        print(f"note: {note}", file=sys.stderr, flush=True)


class Hooks:
    """The methods of all callbacks, looked up once; a hook that no callback has costs nothing."""

    def __init__(self, callbacks: Iterable[Any], trainer: Training) -> None:
        self._found: dict[str, list[Any]] = {name: [] for name in HOOKS}
        self.callbacks = check_callbacks(callbacks)
        for callback in self.callbacks:
            callback.trainer = trainer
            for name in HOOKS:
                if hasattr(callback, name):
                    self._found[name].append(getattr(callback, name))

    def have(self, *hooks: str) -> bool:
        """Whether a callback has one of these methods."""
        return any(self._found[hook] for hook in hooks)

    def steps_ahead(self) -> int:
        """How many steps may be taken before a callback has to see the network: one, unless each
        with a hook of the step says in `steps_ahead()` that it can wait longer."""
        own = [each for each in self.callbacks if any(hasattr(each, hook) for hook in OF_A_STEP)]
        waits = (each.steps_ahead() if hasattr(each, "steps_ahead") else 1 for each in own)
        return min(waits, default=sys.maxsize)

    def __call__(self, hook: str, *arguments: Any) -> None:
        for method in self._found[hook]:
            method(*arguments)

    def state(self) -> list[dict[str, Any]]:
        """What those callbacks remember that have a `state`; a log's with its name."""
        logs = [{LOG: type(each).__name__, **each.state()} for each in self._keeping(logs=True)]
        return [each.state() for each in self._keeping()] + logs

    def restore(self, states: list[dict[str, Any]]) -> list[str]:
        """Let them remember it again: each log what one of its name did, and a new one what the
        history has. Returns what there is to say of logs that were not the same."""
        left = [dict(state) for state in states if is_of_log(state)]
        others = [state for state in states if not is_of_log(state)]
        for callback, state in zip(self._keeping(), others, strict=False):
            callback.restore(state)
        new = []
        for log in self._keeping(logs=True):
            own = next((n for n, each in enumerate(left) if each[LOG] == type(log).__name__), None)
            if own is None:
                new.append(type(log).__name__)
                log.catch_up()
            else:
                known = left.pop(own)
                known.pop(LOG)
                log.restore(known)
        return [
            *(f"{each[LOG]} logged this training and is not given: its log is not continued"
              for each in left),
            *(f"{name} did not log this training before: for the epochs that are finished, it has "
              "what the history has, which is no learning rate" for name in new),
        ]  # fmt: skip

    def _keeping(self, logs: bool = False) -> list[Any]:
        """The callbacks that have a `state`: the logs, or all others."""
        keeping = [each for each in self.callbacks if hasattr(each, "state")]
        return [each for each in keeping if is_log(each) == logs]
