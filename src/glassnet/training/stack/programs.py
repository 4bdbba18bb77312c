"""The steps of a stack by compiled programs, one for each network, side by side in threads."""

import copy
import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from glassnet.base.arrays import Array, Rng
from glassnet.base.threads import available, side_by_side
from glassnet.compiled.gathering import Chosen, scaled
from glassnet.compiled.program import Program
from glassnet.nn.losses import Loss
from glassnet.nn.metrics import Metric
from glassnet.nn.optimizers import Optimizer
from glassnet.training.sets import Sets
from glassnet.training.stack.member import Member
from glassnet.training.step import Step

FIRST_PACE = 1e10  # multiply-adds a second, before any step was timed


class NotFiniteError(Exception):
    """The loss of a batch is too large for float64, too."""


class MemberProgram:
    """The compiled steps of one network of a stack. One whose loss is not finite in its precision
    is taken by NumPy."""

    def __init__(
        self, member: Member, loss: Loss, rule: Optimizer, whole: Sets, size: int,
        metrics: Mapping[str, Metric], clip_norm: float | None,
    ) -> None:  # fmt: skip
        self.member, self.network, self.whole, self.size = member, member.network, whole, size
        settings: dict[str, Any] = {
            "metrics": metrics, "clip_norm": clip_norm, "max_norm": member.max_norm,
        }  # fmt: skip
        self.program = Program(self.network, loss, rule, batch_size=size, parts=1, **settings)
        self.step = Step(self.network, loss, rule, not_finite=self.not_finite, **settings)
        self.order, self.x = member.rows, whole[0]

    def not_finite(self, value: Any, x: Array) -> None:
        """Raise `NotFiniteError` if the loss of this batch is none in float64 either."""
        if not math.isfinite(value):
            raise NotFiniteError

    def exchange(self, vectors: Sequence[Array], k: int, store: bool) -> None:
        """Copy θ and moments from row k of the stack's, or into it."""
        theta, *moments = vectors
        pairs = [(self.network.parameters.vector, theta, self.member.columns)]
        own = zip(self.step.moments.values(), moments, strict=True)
        pairs += [(mine, moment, self.member.trainable_columns) for mine, moment in own]
        for mine, stack, columns in pairs:
            if store:
                stack[k, columns] = mine
            else:
                mine[...] = stack[k, columns]

    def take(self, first: int, t: int, rates: Array) -> Array:
        """Take steps of the epoch from number `first` on, at most one for each rate; returns loss
        and metric (2, steps), 0 where no samples are left and NaN where the network diverged."""
        rows = self.order[first * self.size : (first + len(rates)) * self.size]
        figures, done = np.zeros((2, len(rates))), 0
        while done * self.size < len(rows):
            left = rows[done * self.size :]
            steps = math.ceil(len(left) / self.size)
            batch = [Chosen(self.x, left, self.x.dtype), *(each[left] for each in self.whole[1:])]
            now = rates[done : done + steps]
            taken, found = self.program.take(batch, self.step.moments, t + done, now)
            figures[: len(found), done : done + taken] = list(found.values())
            done += taken
            if taken < steps:
                try:
                    own = self.by_numpy(left[taken * self.size :], t + done, rates[done])
                except NotFiniteError:
                    figures[0, done:] = np.nan
                    break
                figures[: len(own), done] = list(own.values())
                done += 1
        return figures

    def by_numpy(self, left: Array, t: int, rate: Any) -> dict[str, Any]:
        """The step of the first of these rows."""
        rows = left[: self.size]
        x, *others = (each[rows] for each in self.whole)
        return self.step((x.astype(self.network.input_dtype, copy=False), *others), t, rate)


class StackPrograms:
    """The programs of all members of a stack; each comes out as it would beside any others.

    `load` reads θ and the moments, (K, n), and `store` writes them; in between they are with the
    networks themselves.
    """

    def __init__(
        self, members: Sequence[Member], loss: Loss, optimizer: Optimizer, whole: Sets, size: int,
        *, metrics: Mapping[str, Metric], clip_norm: float | None, decays: Array,
    ) -> None:  # fmt: skip
        self.each = []
        for member, decay in zip(members, decays, strict=True):
            rule = copy.copy(optimizer)
            rule.weight_decay = float(decay)
            own = MemberProgram(member, loss, rule, whole, size, metrics, clip_norm)
            self.each.append(own)
        program = self.each[0].program
        x = np.ascontiguousarray(whole[0][:], program.dtype)
        x = x if program.scaling is None else scaled(x, program.scaling)
        for own in self.each:
            own.x = x.reshape(len(x), -1)
        together = min(available(), len(self.each))
        # Seconds that a step of all networks takes.
        self.pace = program.work * len(self.each) / together / FIRST_PACE

    def steps_within(self, seconds: float) -> int:
        """About how many steps of all networks fit into this time, judging by the last ones."""
        return max(1, int(seconds / self.pace))

    def load(self, vectors: Sequence[Array]) -> None:
        """Copy θ and the moments into the networks."""
        for k, own in enumerate(self.each):
            own.exchange(vectors, k, store=False)

    def store(self, vectors: Sequence[Array]) -> None:
        """Copy them back."""
        for k, own in enumerate(self.each):
            own.exchange(vectors, k, store=True)

    def store_gradient(self, g: Array) -> None:
        """Copy the gradients of the last step."""
        for k, own in enumerate(self.each):
            g[k, own.member.trainable_columns] = own.network.gradient.vector

    def begin(self, order: Array) -> None:
        """Start an epoch: (K, samples) has the order of each network's samples."""
        for own, rows in zip(self.each, order, strict=True):
            own.order = rows[: len(own.member.rows)]

    def take(
        self, begin: int, times: Array, rates: Array, generators: Sequence[Rng]
    ) -> tuple[Array, Array]:
        """Take steps of the epoch from number `begin` on, one for each row of `rates` (steps, K);
        `times` is the number of each network's first step. Returns the loss and the metric (steps,
        K). The noise is drawn by the networks' own generators."""
        begun = time.perf_counter()

        def work(k: int) -> Array:
            return self.each[k].take(begin, int(times[k]), rates[:, k].astype(float))

        found = np.stack(side_by_side(work, range(len(self.each))), axis=-1)
        self.pace = (time.perf_counter() - begun) / len(rates)
        return found[0], found[1]
