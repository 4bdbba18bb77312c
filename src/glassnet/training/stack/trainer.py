"""Training many networks at once: every step is one forward and one backward of all of them."""

import time
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from glassnet.base.arrays import Array, Rng
from glassnet.base.errors import refusing
from glassnet.nn.losses import Loss
from glassnet.nn.metrics import Score
from glassnet.nn.network import Network
from glassnet.nn.optimizers import Optimizer
from glassnet.nn.parameters import Parameters
from glassnet.nn.schedules import Constant
from glassnet.training.callbacks.history import DIVERGED, History
from glassnet.training.callbacks.protocol import Logs, say
from glassnet.training.scoring import Asked
from glassnet.training.sets import Sets
from glassnet.training.stack.batches import Part, StackBatches
from glassnet.training.stack.generators import Generators
from glassnet.training.stack.member import Member
from glassnet.training.state import check_stack
from glassnet.training.step import Step
from glassnet.training.trainer import Trainer, evaluate, interrupt


class StackTrainer(Trainer):
    """A `Trainer` whose network is K networks in one.

    Each member has the samples, order, noise, learning rate and callbacks that it would have
    alone, and after every epoch its own network has its parameters. One that stops, or diverges,
    takes no part in what follows.
    """

    in_lanes: ClassVar[bool] = False  # its steps are compiled ones

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
        self.decays, self.own = decays, own
        super().__init__(stacked, train, loss, optimizer, **settings)
        self.step_of_all = self.step
        self.now = slice(0, 0)  # the networks that `step` is about
        self.listeners = self.batch_listeners()
        self.orders: list[Any] = []  # the generators' states when they drew this epoch's orders

    def watched_scores(self, asked: Asked) -> dict[str, Score]:
        """None: each member has its own."""
        return {}

    def make_step(self) -> Step:
        """The step of all networks; `select` narrows it to some."""
        norms = [member.max_norm for member in self.members if member.max_norm is not None]
        return self.step_type(
            self.network, self.loss, self.optimizer, metrics=self.metrics,
            clip_norm=self.clip_norm, max_norm=np.reshape(norms, (-1, 1, 1)) if norms else None,
            not_finite=self.not_finite, decays=self.decays, own=self.own,
        )  # fmt: skip

    @property
    def theta(self) -> Parameters:
        """The parameters of all networks."""
        return self.step_of_all.theta

    def batch_listeners(self) -> list[tuple[int, Member]]:
        """The members, and their places, whose callbacks have something to do in every step."""
        steps = ("on_train_batch_begin", "on_train_batch_end")
        return [(k, member) for k, member in enumerate(self.members) if member.hooks.have(*steps)]

    def batched(self, train: Sets, size: int) -> StackBatches:
        """Each member's own rows."""
        rows = [member.rows for member in self.members]
        return StackBatches(train, rows, size, self.network.input_dtype)

    def fit(self, resume: dict[str, Any] | None = None) -> History:
        """Run all epochs; the members have the histories."""
        if resume is not None:
            refusing(self.check_state, resume)
        with interrupt(self):
            for member in self.members:
                member.begun = True
                member.hooks("on_train_begin", {})
            self.hooks("on_train_begin", {})
        try:
            if resume is not None:
                refusing(self.restore, resume)
            with self.undisturbed():
                self.descend()
        finally:
            for k, member in enumerate(self.members):
                self.copy_to_member(k)
                member.end(self.stopped)
            self.hooks("on_train_end", {})
        return self.history

    def epoch(self) -> Logs | None:
        """Every batch of every network once: the means of each over its steps."""
        batches, first, self.resume_step = self.remaining_batches(), self.resume_step, 0
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
                self.select(part, generators)
                self.notify("on_train_batch_begin", {})
                t, rates = self.steps_done + 1, self.rates[part.networks]
                figures = self.step(part.arrays, t, rates)
                self.record(figures, (index, part.networks))
                self.notify("on_train_batch_end", figures)
            self.hooks("on_train_batch_end", index, {})
            if self.stopped and index + 1 < len(self.batches):
                return None
        return self.means()

    def remaining_batches(self) -> Any:
        """The batches that are left of this epoch, each network's in the order that it drew."""
        generators = [member.network.rng for member in self.members]
        now: list[Any] = [rng.bit_generator.state for rng in generators]
        if self.resume_step:
            for rng, state in zip(generators, self.orders, strict=True):
                rng.bit_generator.state = state
        self.orders = [rng.bit_generator.state for rng in generators]
        batches = self.batches.epoch(generators if self.shuffle else (), self.resume_step)
        if self.resume_step:
            for rng, state in zip(generators, now, strict=True):
                rng.bit_generator.state = state
        return batches

    def state(self) -> dict[str, Any]:
        """All that changes in training, as it is after the current step."""
        done = self.batch_index + 1
        return {
            "theta": self.theta.vector,
            "moments": self.step_of_all.moments,
            "epoch": self.epoch_index,
            "steps": done,
            "batches": [self.batches.size, self.batches.samples],
            "records": {name: values[:done] for name, values in self.records.items()},
            "orders": self.orders,
            "going": [self.everyone.index(member) for member in self.members],
            "members": [member.state() for member in self.everyone],
        }

    def check_state(self, state: dict[str, Any]) -> None:
        """Raise InputError unless this stack can resume from all of this state."""
        check_stack(self, state)

    def restore(self, state: dict[str, Any]) -> None:
        """Resume from a state instead of starting afresh; if batches have changed, from the
        begin of its epoch."""
        numbers, notes = [self.everyone.index(member) for member in self.members], list[str]()
        for number, member in zip(numbers, self.members, strict=True):
            notes += member.restore(state["members"][number])
        say(notes)
        self.retain([k for k, number in enumerate(numbers) if number in state["going"]])
        size, samples = state["batches"]
        if size != self.batches.size or not np.array_equal(samples, self.batches.samples):
            for member, order in zip(self.members, state["orders"], strict=True):
                member.network.rng.bit_generator.state = order
            state = {**state, "steps": 0, "records": {}}
        self.theta.vector[...] = state["theta"]
        for name, moment in self.step_of_all.moments.items():
            moment[...] = state["moments"].get(name, 0)
        self.epoch_index, self.resume_step = state["epoch"], state["steps"]
        for name, values in state["records"].items():
            self.records[name] = np.zeros((len(self.batches), *self.leading))
            self.records[name][: len(values)] = values
        self.orders = state["orders"]

    @property
    def leading(self) -> tuple[int, ...]:
        """(K,) for K networks in one."""
        return (len(self.members),)

    def notify(self, hook: str, figures: Logs) -> None:
        """Call a hook of the step, if a callback has it; the network then has what it has."""
        for k, member in self.listeners:
            if self.now.start <= k < self.now.stop:
                self.copy_to_member(k)
                gradient = self.step_of_all.gradient.vector[k, member.trainable_columns]
                member.network.gradient.vector[...] = gradient
                own = {name: value[k - self.now.start] for name, value in figures.items()}
                member.hooks(hook, self.batch_index, own)

    def select(self, part: Part, generators: list[Rng]) -> None:
        """Let the step be that of these networks."""
        self.steps_per_epoch = part.steps
        if part.networks != self.now:
            self.now = part.networks
            self.step = self.step_of_all.select(self.now)
            self.network.rng = Generators(generators[self.now])  # type: ignore[assignment]

    def not_finite(self, value: Any, x: Array) -> None:
        """A network whose loss is not finite diverges alone."""
        for member, fine in zip(self.members[self.now], np.isfinite(value), strict=True):
            if not fine:
                member.stop(self._diverged())

    def end_epoch(self, begin: float, logs: Logs) -> None:
        """Give every network its parameters, judge it, and continue with those that go on."""
        fine: Any = np.isfinite(self.theta.vector).all(axis=-1)
        seconds = time.perf_counter() - begin
        for k, member in enumerate(self.members):
            if not fine[k]:
                member.stop(self._diverged())
            elif not member.diverged:
                self.copy_to_member(k)
        going = [k for k, member in enumerate(self.members) if not member.diverged]
        judged = self.judged([self.members[k] for k in going])
        for k, validated in zip(going, judged, strict=True):
            member = self.members[k]
            figures = {"seconds": seconds, **{name: each[k] for name, each in logs.items()}}
            figures |= {f"val_{name}": value for name, value in validated.items()}
            member.hooks("on_epoch_end", self.epoch_index, figures)
            member.history.append(figures)
            self.theta.vector[k, member.columns] = member.network.parameters.vector
        self.drop_finished([k for k, member in enumerate(self.members) if not member.reason])

    def judged(self, members: Sequence[Member]) -> list[Logs]:
        """The loss and metrics of each on its validation part; nothing if it has none."""
        return [self.judge(member) for member in members]

    def judge(self, member: Member) -> Logs:
        """The same of one."""
        if not member.validation:
            return {}
        return evaluate(member.network, self.loss, member.validation, self.metrics, member.scores)

    def copy_to_member(self, k: int) -> None:
        """The stack's parameters into the network's own, unless they are no numbers any more."""
        row = self.theta.vector[k, self.members[k].columns]
        if np.isfinite(row).all():
            self.members[k].network.parameters.vector[...] = row

    def drop_finished(self, places: list[int]) -> None:
        """Drop the networks that are done: they cost nothing further."""
        for member in self.members:
            if member.reason:
                member.end(member.reason)
        self.retain(places)

    def retain(self, places: list[int]) -> None:
        """Hold the arrays of these members, and no others."""
        if len(places) == len(self.members):
            return
        self.members = [self.members[k] for k in places]
        if not places:
            self.stop("every network has stopped")
            return
        self.step_of_all = self.step_of_all.retain(places)
        self.batches.retain(np.array(places))
        self.now, self.listeners = slice(0, 0), self.batch_listeners()

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
