"""One network of a stack, while it trains."""

import copy
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from glassnet.base.arrays import Array, spread
from glassnet.nn.metrics import Score
from glassnet.nn.network import Network
from glassnet.nn.optimizers import Optimizer
from glassnet.training.batches import Batches
from glassnet.training.callbacks.epoch_log import EpochLog
from glassnet.training.callbacks.history import DIVERGED, History
from glassnet.training.callbacks.protocol import Hooks
from glassnet.training.sets import Sets, rows_of

Callbacks = Iterable[Any] | Callable[[int], Iterable[Any]]


class Member:
    """One network of a stack in training: what its callbacks know as their trainer.

    `rows` are the samples of `whole` that it learns from, `columns` its own parameters among those
    of the widest network, `validation` what it is judged by, `scores` by which metrics besides.
    """

    columns: Any = slice(None)

    def __init__(
        self,
        network: Network,
        whole: Sets,
        rows: Array,
        learning_rate: float,
        *,
        optimizer: Optimizer,
        validation: Sets | None,
        callbacks: Iterable[Any],
        epochs: int,
        batch_size: int,
        clip_norm: float | None = None,
        max_norm: float | None = None,
        scores: Mapping[str, Score] = MappingProxyType({}),
        about: dict[str, Any] | None = None,
    ) -> None:
        self.clip_norm, self.max_norm = clip_norm, max_norm
        self.network, self.whole, self.rows, self.optimizer = network, whole, rows, optimizer
        self.learning_rate = self.first_rate = learning_rate
        self.validation, self.scores, self.about = validation, scores, about or {}
        self.epochs, self.batch_size = epochs, batch_size
        self.steps_per_epoch = math.ceil(len(rows) / batch_size)
        self.history = History()
        self.hooks = Hooks(callbacks, self)
        self.reason: str | None = None
        self.begun = self.ended = False

    @property
    def weighted(self) -> bool:
        """Whether samples or classes have weights."""
        return len(self.whole) > 2

    def probe_samples(self, count: int) -> tuple[Array, Array]:
        """Samples spread over those that it learns from, `count` at most, and their targets."""
        x, targets, *_ = self.whole
        rows = self.rows[spread(len(self.rows), count)]
        return x[rows].astype(self.network.input_dtype), targets[rows]

    def one_pass(self) -> Iterator[Sets]:
        """All samples once more, in batches and an order of the network's generator."""
        train = rows_of(self.whole, self.rows)
        batches = Batches(train, self.batch_size, self.network.input_dtype)
        return batches.epoch(self.network.rng)

    def stop(self, reason: str) -> None:
        """End this network's training; the others continue."""
        self.reason = self.reason or reason

    @property
    def diverged(self) -> bool:
        """Whether it was stopped because its numbers were none any more."""
        return (self.reason or "").startswith(DIVERGED)

    def end(self, reason: str | None) -> None:
        """Report to the callbacks and the history."""
        self.history.interrupted = reason
        self.hooks("on_train_end", {})
        self.ended = True

    @property
    def trainable_columns(self) -> Any:
        """Its own trainable parameters among those of the widest network, which come first."""
        if isinstance(self.columns, slice):
            return self.columns
        return self.columns[: self.network.parameters.trainable.size]

    def state(self) -> dict[str, Any]:
        """What training changes of it, but for its place in the stack."""
        return {
            "theta": self.network.parameters.vector,
            "rng": self.network.rng.bit_generator.state,
            "learning_rate": self.learning_rate,
            "history": self.history.state(),
            "interrupted": self.history.interrupted,
            "ended": self.ended,
            "reason": self.reason,
            "callbacks": self.hooks.state() if self.begun else [],
        }

    def restore(self, state: dict[str, Any]) -> list[str]:
        """Be as it was; returns what there is to say of logs."""
        self.network.parameters.vector[...] = state["theta"]
        self.network.rng.bit_generator.state = state["rng"]
        self.learning_rate = state["learning_rate"]
        self.history.restore(state["history"])
        self.history.interrupted = state["interrupted"]
        self.ended, self.reason = state["ended"], state["reason"]
        return [] if self.ended else self.hooks.restore(state["callbacks"])


def for_each(callbacks: Callbacks) -> Callable[[int], Iterable[Any]]:
    """What gives the callbacks of network k: its own, or copies of those given for all."""
    if callable(callbacks):
        return callbacks
    shared = list(callbacks)
    return lambda k: [_for_one(each, k) for each in shared]


def _for_one(callback: Any, k: int) -> Any:
    """A copy for network k, which logs to a place of its own if it logs."""
    return callback.of_network(str(k)) if isinstance(callback, EpochLog) else copy.copy(callback)
