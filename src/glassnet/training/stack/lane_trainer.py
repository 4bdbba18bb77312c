"""Training many networks at once in compiled steps, side by side in the lanes of vectors."""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any, ClassVar, Protocol

import numpy as np

from glassnet.base.arrays import Array, Rng
from glassnet.compiled.lanes.program import Group, How, LaneProgram, Place
from glassnet.compiled.lanes.support import why_not as lacking
from glassnet.compiled.lanes.table import lanes_of
from glassnet.nn import schedules
from glassnet.nn.network import Network
from glassnet.nn.schedules import (
    Constant,
    Cosine,
    CosineLog,
    Exponential,
    OneCycle,
    Schedule,
    WarmUp,
)
from glassnet.training import engines
from glassnet.training.callbacks.protocol import Logs
from glassnet.training.checkpoint import Checkpoint
from glassnet.training.plan import Plan
from glassnet.training.sets import Sets
from glassnet.training.stack.batches import StackBatches
from glassnet.training.stack.padding import widest
from glassnet.training.stack.trainer import StackTrainer

SECONDS_OF_CALL = 0.05  # about, after which Ctrl-C is looked for


class Steps(Protocol):
    """Compiled steps of K networks: `load` reads θ and the moments (K, n), `store` writes them."""

    def steps_within(self, seconds: float) -> int: ...
    def load(self, vectors: Sequence[Array]) -> None: ...
    def store(self, vectors: Sequence[Array]) -> None: ...
    def store_gradient(self, g: Array) -> None: ...
    def begin(self, order: Array) -> None: ...
    def take(
        self, begin: int, times: Array, rates: Array, generators: Sequence[Rng]
    ) -> tuple[Array, Array]: ...


class LaneTrainer(StackTrainer):
    """A `StackTrainer` that takes many steps in one call: up to the next checkpoint, or for a
    twentieth of a second. With a callback that has to see the network after every step, one.

    The stack's parameters and moments are up to date after every call; all that happens around
    epochs is as it is there.
    """

    in_lanes = True
    kernel: ClassVar[str] = engines.DESCENT_IN_LANES
    program: Steps | None = None

    def batched(self, train: Sets, size: int) -> StackBatches:
        """Each member's own rows, of which only the order is needed."""
        return OrderedBatches(train, [m.rows for m in self.members], size, self.network.input_dtype)

    def epoch(self) -> Logs | None:
        """Every batch of every network once: the means of each over its steps."""
        order, first, self.resume_step = self.remaining_batches(), self.resume_step, 0
        if not first:
            self.records = {}
            for member in self.members:
                member.hooks("on_epoch_begin", self.epoch_index, {})
        self.batch_index = 0
        self.set_learning_rate()
        fresh = self.program is None
        program = self.program = self.program or self.compiled()
        program.load(self.vectors)
        program.begin(order)
        while first < len(self.batches):
            with engines.first_call(self.kernel) if fresh else nullcontext():
                first += self.steps_together(program, first)
            fresh = False
            self.hooks("on_train_batch_end", self.batch_index, {})
            if self.stopped and first < len(self.batches):
                return None
        return self.means()

    @property
    def vectors(self) -> list[Array]:
        """θ and the moments of all networks."""
        return [self.theta.vector, *self.step_of_all.moments.values()]

    def steps_together(self, program: Steps, first: int) -> int:
        """Take steps of this epoch in one call, from number `first` on; how many."""
        checkpoints = [each for each in self.hooks.callbacks if isinstance(each, Checkpoint)]
        until = [each.steps_ahead() for each in checkpoints]
        until += [member.hooks.steps_ahead() for _, member in self.listeners]
        within = program.steps_within(SECONDS_OF_CALL)
        count = min(within, len(self.batches) - first, *until)
        rates = self.rates_of_steps(first, count)
        times = self.epoch_index * np.array(self.batches.steps) + first + 1
        self.batch_index = first + count - 1
        self.tell("on_train_batch_begin", range(first, first + count), {})
        loss, metric = program.take(first, times, rates, [m.network.rng for m in self.members])
        program.store(self.vectors)
        figures = {"loss": loss, **dict.fromkeys(self.metrics, metric)}
        self.record(figures, (slice(first, first + count), slice(None)))
        finite: Any = np.isfinite(loss).all(axis=0)
        for member, fine in zip(self.members, finite, strict=True):
            if not fine:
                member.stop(self._diverged())
        if self.listeners:
            program.store_gradient(self.step_of_all.gradient.vector)
            self.tell("on_train_batch_end", range(first, first + count), figures)
        for each in checkpoints:
            each.skip(count - 1)
        return count

    def tell(self, hook: str, steps: range, figures: Logs) -> None:
        """Call a hook of these steps, if a member's callback has it; its network is then as it is
        before or after all of them."""
        for k, member in self.listeners:
            self.copy_to_member(k)
            gradient = self.step_of_all.gradient.vector[k, member.trainable_columns]
            member.network.gradient.vector[...] = gradient
            for place, step in enumerate(steps[: max(0, self.batches.steps[k] - steps.start)]):
                own = {name: value[place, k] for name, value in figures.items()}
                member.hooks(hook, step, own)

    def rates_of_steps(self, first: int, count: int) -> Array:
        """Each network's learning rate in so many steps (count, K)."""
        rates = np.empty((count, len(self.members)), self.network.dtype)
        if not self.schedule.every_step:
            rates[...] = self.rates[:, 0]
            return rates
        exact = range(count)  # those of which every network's rate is looked up by itself
        if follows_time_alone(self.schedule):
            exact = range(count - 1, count)
            firsts = np.array([member.first_rate for member in self.members])
            for n in set(self.batches.steps):
                times = self.epoch_index + np.arange(first, first + count) / n
                factors = [[self.schedule.factor(float(now), self.epochs)] for now in times]
                these = np.equal(self.batches.steps, n)
                rates[:, these] = np.array(factors) * firsts[these]
        for step in exact:
            self.batch_index = first + step
            self.set_learning_rate()
            rates[step] = self.rates[:, 0]
        return rates

    def retain(self, places: list[int]) -> None:
        """Hold the arrays of these members, and no others."""
        if len(places) < len(self.members):
            self.program, self.decays = None, self.decays[places]
        super().retain(places)

    def compiled(self) -> Steps:
        """The steps of the members that there are now."""
        norms = [member.max_norm for member in self.members if member.max_norm is not None]
        dtype = self.network.dtype
        how = How.of(
            self.loss, self.optimizer, self.metrics, self.clip_norm,
            int(np.prod(self.network.output_shape)), dtype,
        )  # fmt: skip
        most = float(np.finfo(dtype).max)
        return LaneProgram(
            self.groups(), how, self.optimizer, self.batches.arrays,
            counts=self.batches.samples, size=self.batches.size,
            decays=self.decays.max(axis=1, initial=0),
            norms=np.minimum(norms, most) if norms else None,
        )  # fmt: skip

    def groups(self) -> list[Group]:
        """The members in groups that go side by side, each no wider than its widest."""
        lanes = lanes_of(self.network.dtype)
        starts = range(0, len(self.members), lanes)
        return [self.group(range(at, min(at + lanes, len(self.members)))) for at in starts]

    def group(self, networks: range) -> Group:
        """These members."""
        members = self.members[networks.start : networks.stop]
        if all(isinstance(member.columns, slice) for member in members):
            return Group(networks, self.network, [Place(slice(None), slice(None))] * len(members))
        room, _, columns = widest([member.network for member in members])
        room.input_shape = members[0].network.input_shape
        pairs = zip(columns, members, strict=True)
        return Group(networks, room, [Place(own, member.columns) for own, member in pairs])


def follows_time_alone(schedule: Schedule) -> bool:
    """Whether it is one of glassnet's that does not look at losses: then it is that of all."""
    if type(schedule) is WarmUp:
        return follows_time_alone(schedule.then)
    time = (Constant, schedules.Step, Exponential, Cosine, CosineLog, OneCycle)
    return type(schedule) in time


class OrderedBatches(StackBatches):
    """Batches that are gathered elsewhere."""

    def epoch(self, generators: Sequence[Any] = (), first: int = 0) -> Any:
        """The order of all samples of each network."""
        return self.order(generators)


def why_not(plan: Plan, network: Network) -> str | None:
    """What keeps networks like this from being trained in compiled steps, or None."""
    metrics = plan.task.metrics if plan.settings["metrics"] else {}
    return lacking(network, plan.loss, plan.rule, metrics, plan.whole[0])
