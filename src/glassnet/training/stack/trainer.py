"""Training many networks at once: every step is one forward and one backward of all of them."""

import math
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from glassnet.base.arrays import Array, Rng, spread
from glassnet.base.errors import refusing
from glassnet.base.states import check_stack
from glassnet.nn.functions import all_finite
from glassnet.nn.losses import Loss
from glassnet.nn.network import Network
from glassnet.nn.optimizers import Optimizer
from glassnet.nn.parameters import Parameters
from glassnet.nn.schedules import Constant
from glassnet.training.callbacks.protocol import History, Hooks, Logs
from glassnet.training.stack.batches import Part, StackBatches
from glassnet.training.stack.generators import Generators
from glassnet.training.trainer import Sets, Trainer, evaluate, interrupt

DIVERGED = "diverged"  # so begins the reason of a network that did

Callbacks = Iterable[Any] | Callable[[int], Iterable[Any]]


class Member:
    """One network of a stack in training: what its callbacks know as their trainer.

    `rows` are the samples of `whole` that it learns from, `columns` its own parameters among those
    of the widest network, `validation` what it is judged by.
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
    ) -> None:
        self.clip_norm = clip_norm
        self.network, self.whole, self.rows, self.optimizer = network, whole, rows, optimizer
        self.learning_rate = self.first_rate = learning_rate
        self.validation = validation
        self.epochs, self.steps_per_epoch = epochs, math.ceil(len(rows) / batch_size)
        self.history = History()
        self.hooks = Hooks(callbacks, self)
        self.reason: str | None = None
        self.begun = self.ended = False

    @property
    def weighted(self) -> bool:
        """Whether samples or classes have weights."""
        return len(self.whole) > 2

    def some(self, count: int) -> tuple[Array, Array]:
        """Samples spread over those that it learns from, `count` at most, and their targets."""
        x, targets, *_ = self.whole
        rows = self.rows[spread(len(self.rows), count)]
        return x[rows].astype(self.network.dtype), targets[rows]

    def stop(self, reason: str) -> None:
        """End this network's training; the others go on."""
        self.reason = self.reason or reason

    @property
    def diverged(self) -> bool:
        """Whether it was stopped because its numbers were none any more."""
        return (self.reason or "").startswith(DIVERGED)

    def end(self, reason: str | None) -> None:
        """Tell the callbacks and the history."""
        self.hooks("on_train_end", {})
        self.history.interrupted = reason
        self.ended = True

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

    def restore(self, state: dict[str, Any]) -> None:
        """Be as it was."""
        self.network.parameters.vector[...] = state["theta"]
        self.network.rng.bit_generator.state = state["rng"]
        self.learning_rate = state["learning_rate"]
        self.history.restore(state["history"])
        self.history.interrupted = state["interrupted"]
        self.ended, self.reason = state["ended"], state["reason"]
        if not self.ended:
            self.hooks.restore(state["callbacks"])


class StackTrainer(Trainer):
    """A `Trainer` whose network is K networks in one.

    Each member has the samples, order, noise, learning rate and callbacks that it would have
    alone, and after every epoch its own network has its parameters. One that stops, or diverges,
    takes no part in what follows.
    """

    def __init__(
        self,
        stacked: Network,
        members: Sequence[Member],
        train: Sets,
        loss: Loss,
        optimizer: Optimizer,
        *,
        decays: Array,
        everyone: Sequence[Member],
        own: Array | None = None,
        **settings: Any,
    ) -> None:
        self.members, self.everyone = list(members), list(everyone)
        super().__init__(stacked, train, loss, optimizer, **settings)
        self.theta, self.gradients = stacked.parameters, stacked.gradient
        self.all_moments, self.all_decays, self.own = self.moments, decays, own
        self.now = slice(0, 0)  # the networks that the step is about
        self.hearing = self.hearers()
        self.orders: list[Any] = []  # the generators' states when they drew this epoch's orders

    def hearers(self) -> list[tuple[int, Member]]:
        """The members, and their places, that have something to do in every step."""
        steps = ("on_train_batch_begin", "on_train_batch_end")
        return [(k, member) for k, member in enumerate(self.members) if member.hooks.hears(*steps)]

    def batched(self, train: Sets, size: int) -> StackBatches:
        """Each member's own rows."""
        rows = [member.rows for member in self.members]
        return StackBatches(train, rows, size, self.network.dtype)

    def fit(self, resume: dict[str, Any] | None = None) -> History:
        """Run all epochs; the members have the histories."""
        if resume is not None:
            refusing(self.check_state, resume)
        for member in self.members:
            member.begun = True
            member.hooks("on_train_begin", {})
        self.hooks("on_train_begin", {})
        try:
            if resume is not None:
                refusing(self.restore, resume)
            with interrupt(self), np.errstate(over="ignore", invalid="ignore"):
                self.descend()
        finally:
            for k, member in enumerate(self.members):
                self.hand_over(k)
                member.end(self.stopped)
            self.hooks("on_train_end", {})
        return self.history

    def epoch(self) -> Logs | None:
        """Every batch of every network once: the means of each over its steps."""
        batches, first, self.steps_behind = self.ordered(), self.steps_behind, 0
        if not first:
            self.records = {}
            for member in self.members:
                member.hooks("on_epoch_begin", self.epoch_index, {})
        generators = [m.network.rng for m in self.members]
        self.batch_index = 0
        self.set_learning_rate()
        for index, parts in enumerate(batches, first):
            self.batch_index = index
            if self.schedule.every_step:
                self.set_learning_rate()
            for part in parts:
                self.focus(part, generators)
                self.tell("on_train_batch_begin", {})
                figures = self.step(*part.arrays)
                self.record(figures)
                self.tell("on_train_batch_end", figures)
            self.hooks("on_train_batch_end", index, {})
            if self.stopped and index + 1 < len(self.batches):
                return None
        return self.means()

    def ordered(self) -> Any:
        """The batches that are left of this epoch, each network's in the order that it drew."""
        generators = [member.network.rng for member in self.members]
        now: list[Any] = [rng.bit_generator.state for rng in generators]
        if self.steps_behind:
            for rng, state in zip(generators, self.orders, strict=True):
                rng.bit_generator.state = state
        self.orders = [rng.bit_generator.state for rng in generators]
        batches = self.batches.epoch(generators if self.shuffle else (), self.steps_behind)
        if self.steps_behind:
            for rng, state in zip(generators, now, strict=True):
                rng.bit_generator.state = state
        return batches

    def state(self) -> dict[str, Any]:
        """All that changes in training, as it is after the current step."""
        done = self.batch_index + 1
        return {
            "theta": self.theta.vector,
            "moments": self.all_moments,
            "epoch": self.epoch_index,
            "steps": done,
            "batches": [self.batches.size, self.batches.samples],
            "records": {name: values[:done] for name, values in self.records.items()},
            "orders": self.orders,
            "going": [self.everyone.index(member) for member in self.members],
            "members": [member.state() for member in self.everyone],
        }

    def check_state(self, state: dict[str, Any]) -> None:
        """Raise InputError unless this stack can go on from all of this state."""
        check_stack(self, state)

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state instead of from the start; where batches are others now, from the
        begin of its epoch."""
        numbers = [self.everyone.index(member) for member in self.members]
        for number, member in zip(numbers, self.members, strict=True):
            member.restore(state["members"][number])
        self.keep([k for k, number in enumerate(numbers) if number in state["going"]])
        size, samples = state["batches"]
        if size != self.batches.size or not np.array_equal(samples, self.batches.samples):
            for member, order in zip(self.members, state["orders"], strict=True):
                member.network.rng.bit_generator.state = order
            state = {**state, "steps": 0, "records": {}}
        self.theta.vector[...] = state["theta"]
        for name, moment in self.all_moments.items():
            moment[...] = state["moments"].get(name, 0)
        self.epoch_index, self.steps_behind = state["epoch"], state["steps"]
        for name, values in state["records"].items():
            self.records[name] = np.zeros((len(self.batches), len(self.members)))
            self.records[name][: len(values)] = values
        self.orders = state["orders"]

    def tell(self, hook: str, figures: Logs) -> None:
        """Call a hook of the step, where a callback has it; the network has then what it has."""
        for k, member in self.hearing:
            if self.now.start <= k < self.now.stop:
                self.hand_over(k)
                gradient = self.gradients.vector[k, member.columns]
                member.network.gradient.vector[...] = gradient
                own = {name: value[k - self.now.start] for name, value in figures.items()}
                member.hooks(hook, self.batch_index, own)

    def focus(self, part: Part, generators: list[Rng]) -> None:
        """Let all that a step touches be that of these networks."""
        where = part.networks
        self.steps_per_epoch = part.steps
        self.learning_rate = self.rates[where]
        if where == self.now:
            return
        self.now = where
        self.network.bind(self.theta.part(where), self.gradients.part(where))
        self.network.rng = Generators(generators[where])  # type: ignore[assignment]
        self.moments = {name: moment[where] for name, moment in self.all_moments.items()}
        self.decays = self.all_decays[where]

    def learn(self, x: Array, targets: Array, weight: Array | None = None) -> Logs:
        """The gradients of the networks' own parameters, those of mere padding 0."""
        figures = super().learn(x, targets, weight)
        if self.own is not None:
            self.network.gradient.vector[...] *= self.own[self.now]
        return figures

    def is_finite(self, value: Any) -> bool:
        """Whether every network's loss is."""
        return all_finite(value)

    def check(self, value: Any, x: Array) -> None:
        """A network whose loss is not finite diverges alone."""
        for member, fine in zip(self.members[self.now], np.isfinite(value), strict=True):
            if not fine:
                member.stop(self._diverged())

    def record(self, figures: Logs) -> None:
        """Keep the figures of these networks in this step."""
        for name, value in figures.items():
            if name not in self.records:
                self.records[name] = np.zeros((len(self.batches), len(self.members)))
            self.records[name][self.batch_index, self.now] = value

    def end_epoch(self, begin: float, logs: Logs) -> None:
        """Give every network its parameters, judge it, and go on with those that do."""
        fine: Any = np.isfinite(self.theta.vector).all(axis=-1)
        seconds = time.perf_counter() - begin
        for k, member in enumerate(self.members):
            if not fine[k]:
                member.stop(self._diverged())
            if member.diverged:
                continue
            self.hand_over(k)
            figures = {"seconds": seconds, **{name: each[k] for name, each in logs.items()}}
            if member.validation:
                judged = evaluate(member.network, self.loss, member.validation, self.metrics)
                figures |= {f"val_{name}": value for name, value in judged.items()}
            member.hooks("on_epoch_end", self.epoch_index, figures)
            member.history.append(figures)
            self.theta.vector[k, member.columns] = member.network.parameters.vector
        self.go_on([k for k, member in enumerate(self.members) if not member.reason])

    def hand_over(self, k: int) -> None:
        """The stack's parameters into the network's own, unless they are no numbers any more."""
        row = self.theta.vector[k, self.members[k].columns]
        if np.isfinite(row).all():
            self.members[k].network.parameters.vector[...] = row

    def go_on(self, places: list[int]) -> None:
        """Drop the networks that are done: they cost nothing further."""
        for member in self.members:
            if member.reason:
                member.end(member.reason)
        self.keep(places)

    def keep(self, places: list[int]) -> None:
        """Hold the arrays of these members, and no others."""
        if len(places) == len(self.members):
            return
        self.members = [self.members[k] for k in places]
        if not places:
            self.stop("every network has stopped")
            return
        self.theta = Parameters(self.theta.specs, vector=self.theta.vector[places])
        self.gradients = self.theta.like()
        self.all_moments = {name: moment[places] for name, moment in self.all_moments.items()}
        self.all_decays = self.all_decays[places]
        self.own = None if self.own is None else self.own[places]
        self.batches.keep(np.array(places))
        self.now, self.hearing = slice(0, 0), self.hearers()

    def set_learning_rate(self) -> None:
        """Each network's own, times the schedule's factor, which may follow from its losses."""
        if not isinstance(self.schedule, Constant):
            for member, steps in zip(self.members, self.batches.steps, strict=True):
                history = member.history
                losses = history.get("val_loss") or history.get("loss") or ()
                now = self.epoch_index + self.batch_index / steps
                factor = self.schedule.factor(now, self.epochs, losses)
                member.learning_rate = member.first_rate * factor
        rates = [[member.learning_rate] for member in self.members]
        self.rates = np.array(rates, self.network.dtype)

    def _diverged(self) -> str:
        return f"{DIVERGED} in epoch {self.epoch_index + 1}"
