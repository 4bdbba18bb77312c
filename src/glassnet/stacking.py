"""Training many networks at once: every step is one forward and one backward of all of them."""

import math
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from glassnet.arrays import Array, Rng
from glassnet.callbacks import History, Hooks, Logs
from glassnet.data.stack_batches import Part, StackBatches
from glassnet.generators import Generators
from glassnet.losses import Loss
from glassnet.network import Network
from glassnet.optimizers import Optimizer
from glassnet.parameters import Parameters
from glassnet.schedules import Constant
from glassnet.training import Sets, Trainer, evaluate, interrupt

DIVERGED = "diverged"  # so begins the reason of a network that did

Callbacks = Iterable[Any] | Callable[[int], Iterable[Any]]


class Member:
    """One network of a stack in training: what its callbacks know as their trainer.

    `rows` are the samples it learns from, `columns` its own parameters among those of the widest
    network, `validation` what it is judged by.
    """

    columns: Any = slice(None)

    def __init__(
        self,
        network: Network,
        rows: Array,
        learning_rate: float,
        *,
        validation: Sets | None,
        callbacks: Iterable[Any],
        epochs: int,
        batch_size: int,
    ) -> None:
        self.network, self.rows = network, rows
        self.learning_rate = self.first_rate = learning_rate
        self.validation = validation
        self.epochs, self.steps_per_epoch = epochs, math.ceil(len(rows) / batch_size)
        self.history = History()
        self.hooks = Hooks(callbacks, self)
        self.reason: str | None = None

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
        own: Array | None = None,
        **settings: Any,
    ) -> None:
        self.members = list(members)
        super().__init__(stacked, train, loss, optimizer, **settings)
        self.theta, self.gradients = stacked.parameters, stacked.gradient
        self.all_moments, self.all_decays, self.own = self.moments, decays, own
        self.now = slice(0, 0)  # the networks that the step is about
        self.hearing = self.hearers()

    def hearers(self) -> list[tuple[int, Member]]:
        """The members, and their places, that have something to do in every step."""
        steps = ("on_train_batch_begin", "on_train_batch_end")
        return [(k, member) for k, member in enumerate(self.members) if member.hooks.hears(*steps)]

    def batched(self, train: Sets, size: int) -> StackBatches:
        """Each member's own rows."""
        rows = [member.rows for member in self.members]
        return StackBatches(train, rows, size, self.network.dtype)

    def fit(self) -> History:
        """Run all epochs; the members have the histories."""
        for member in self.members:
            member.hooks("on_train_begin", {})
        try:
            with interrupt(self), np.errstate(over="ignore", invalid="ignore"):
                self.descend()
        finally:
            for k, member in enumerate(self.members):
                self.hand_over(k)
                member.end(self.stopped)
        return self.history

    def epoch(self) -> Logs | None:
        """Every batch of every network once: the means of each over its steps."""
        self.records = {}
        for member in self.members:
            member.hooks("on_epoch_begin", self.epoch_index, {})
        generators = [m.network.rng for m in self.members]
        for index, parts in enumerate(self.batches.epoch(generators if self.shuffle else ())):
            self.batch_index = index
            if index == 0 or self.schedule.every_step:
                self.set_learning_rate()
            for part in parts:
                self.focus(part, generators)
                self.tell("on_train_batch_begin", {})
                figures = self.step(*part.arrays)
                self.record(figures)
                self.tell("on_train_batch_end", figures)
            if self.stopped and index + 1 < len(self.batches):
                return None
        shares = self.batches.shares
        return {name: (shares * values).sum(axis=0) for name, values in self.records.items()}

    def tell(self, hook: str, figures: Logs) -> None:
        """Call a hook of the step, where a callback has it: parameters are the stack's then."""
        for k, member in self.hearing:
            if self.now.start <= k < self.now.stop:
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

    def check(self, value: Any, x: Array) -> None:
        """A network whose loss is not finite diverges alone."""
        if np.isfinite(value).all():
            return
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
        if len(places) == len(self.members):
            return
        for member in self.members:
            if member.reason:
                member.end(member.reason)
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
