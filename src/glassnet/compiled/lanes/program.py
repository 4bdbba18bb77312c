"""Many networks of a stack as what compiled steps take: blocks of as many as there are lanes."""

import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array, Rng
from glassnet.base.threads import available, side_by_side
from glassnet.compiled.judging import CROSS_ENTROPY, NO_METRIC
from glassnet.compiled.lanes.chain import BEGIN, ONES
from glassnet.compiled.lanes.cost import Work
from glassnet.compiled.lanes.descent import descend_in_lanes
from glassnet.compiled.lanes.learning import DECAY, MOST, NUMBERS, SHRINK
from glassnet.compiled.lanes.support import LOSS_FORMULAS, METRICS, RULE_FORMULAS
from glassnet.compiled.lanes.table import Table, aligned, lanes_of
from glassnet.nn.losses import CrossEntropy, Loss
from glassnet.nn.metrics import Metric
from glassnet.nn.network import Network
from glassnet.nn.optimizers import Optimizer
from glassnet.nn.optimizers.base import SQUARABLE

PIECE_OF_WORK = 2e-3  # seconds, about, that a thread works for a block before it takes the next


class Place(NamedTuple):
    """Which parameters are one network's own: among those of its block, and of the whole stack."""

    in_block: Any
    in_stack: Any


class Group(NamedTuple):
    """Networks to go side by side, at most as many as there are lanes: their numbers in the stack,
    next to each other, a network with room for each, and the places of their parameters."""

    networks: range
    room: Network
    places: Sequence[Place]


class Learned(NamedTuple):
    """What all networks learn from, flat: labels, or rows of targets; `width` weights a sample."""

    x: Array
    labels: Array
    targets: Array
    weights: Array
    width: int

    @classmethod
    def of(cls, arrays: tuple[Array, ...], dtype: Any) -> "Learned":
        """From inputs, targets and, if samples are weighted, their weights."""
        x, targets, *weights = arrays
        labelled, empty = targets.dtype.kind in "iu", np.empty(0, dtype)
        width = weights[0].size // len(x) if weights else 0
        return cls(
            _flat(x[:], dtype),
            _flat(targets, np.int64) if labelled else np.empty(0, np.int64),
            empty if labelled else _flat(targets, dtype),
            _flat(weights[0], dtype) if weights else empty,
            width,
        )


def _flat(array: Array, dtype: Any) -> Array:
    return np.ascontiguousarray(array, dtype).reshape(-1)


class How(NamedTuple):
    """How all networks learn, in the numbers that the compiled steps take."""

    loss: int
    loss_numbers: tuple[Any]
    unit: Array
    smoothing: Any
    metric: int
    rule: int
    clip: float

    @classmethod
    def of(
        cls,
        loss: Loss,
        optimizer: Optimizer,
        metrics: Mapping[str, Metric],
        clip_norm: float | None,
        outputs: int,
        dtype: Any,
    ) -> "How":
        """From a loss, a rule and one metric or none."""
        plain = type(loss) is CrossEntropy
        numbers, formula = (*getattr(loss, "constants", ()), 0.0), getattr(loss, "of_number", None)
        return cls(
            CROSS_ENTROPY if plain else LOSS_FORMULAS.index(formula),
            (dtype.type(numbers[0]),),
            (np.ones(outputs) * getattr(loss, "unit", 1.0)).astype(dtype),
            dtype.type(getattr(loss, "label_smoothing", 0.0)),
            next((METRICS[each] for each in metrics.values()), NO_METRIC),
            RULE_FORMULAS.index(optimizer.of_number),
            float(clip_norm or 0),
        )


class Block:
    """As many networks as there are lanes; if they are fewer, the last one fills up the lanes."""

    def __init__(
        self, group: Group, how: How, learned: Learned, counts: Array, size: int, moments: int,
        norms: Array | None,
    ) -> None:  # fmt: skip
        self.group, self.how, self.learned, self.size = group, how, learned, size
        self.dtype, lanes = group.room.dtype, lanes_of(group.room.dtype)
        spread = np.arange(lanes).clip(max=len(group.networks) - 1)
        self.lanes = group.networks.start + spread
        self.counts = counts[self.lanes]
        self.table = table = Table(group.room, size)
        self.steps = int(-(-self.counts.max() // size))
        shape = (table.vectors, lanes)
        self.theta, self.g = aligned(shape, self.dtype), aligned(shape, self.dtype)
        self.theta[:ONES], self.g[:ONES] = 0, 0
        self.theta[ONES], self.g[ONES] = 1, 1
        empty = np.empty((0, lanes), self.dtype)
        self.moments = [aligned(shape, self.dtype) for _ in range(moments)]
        self.m, self.v = [*self.moments, empty, empty][:2]
        uneven = self.counts.min() != self.counts.max()
        kept = (1 + moments) * table.vectors if uneven else 0
        self.before = aligned((kept, lanes), self.dtype)
        self.whole = all(isinstance(place.in_stack, slice) for place in group.places)
        self.mask = self._mask()
        self.norms = np.empty(0) if norms is None else norms[self.lanes]
        self.buffers = table.buffers()

    def _mask(self) -> Array:
        """1 for a network's own parameters, 0 for padding; nothing if there is no padding."""
        lanes = len(self.lanes)
        if all(isinstance(place.in_block, slice) for place in self.group.places):
            return np.empty((0, lanes), self.dtype)
        mask = aligned(self.theta.shape, self.dtype)
        mask[...] = 0
        mask[:BEGIN] = 1
        for lane, (place, _) in enumerate(self._placed()):
            mask[BEGIN:, lane][place.in_block] = 1
        return mask

    def _placed(self) -> list[tuple[Place, int]]:
        """The place and the number of the network in every lane."""
        first = self.group.networks.start
        return [(self.group.places[k - first], int(k)) for k in self.lanes]

    def load(self, vectors: Sequence[Array]) -> None:
        """θ and the moments of the stack into lanes."""
        for mine, stack in zip([self.theta, *self.moments], vectors, strict=True):
            if self.whole:
                mine[BEGIN:] = stack[self.lanes].T
                continue
            mine[BEGIN:] = 0
            for lane, (place, k) in enumerate(self._placed()):
                mine[BEGIN:, lane][place.in_block] = stack[k, place.in_stack]

    def store(self, vectors: Sequence[Array]) -> None:
        """Back into the stack."""
        self.copy([self.theta, *self.moments], vectors)

    def copy(self, lanes: Sequence[Array], vectors: Sequence[Array]) -> None:
        """What stands in lanes into vectors of the stack."""
        count = len(self.group.networks)
        for mine, stack in zip(lanes, vectors, strict=True):
            if self.whole:
                stack[self.group.networks.start : self.group.networks.stop] = mine[BEGIN:, :count].T
                continue
            for lane, (place, k) in enumerate(self._placed()[:count]):
                stack[k, place.in_stack] = mine[BEGIN:, lane][place.in_block]

    def take(
        self, begin: int, own: Array, times: Array, order: Array, generators: Sequence[Rng]
    ) -> Array:
        """Steps of the epoch from number `begin` on: loss and metric (2, steps, networks)."""
        how, learned, table = self.how, self.learned, self.table
        figures = np.zeros((len(own), 2, len(self.lanes)))
        descend_in_lanes(
            table.rows, table.numbers, table.first, how.loss, how.loss_numbers, how.unit,
            how.smoothing, how.metric, how.rule, how.clip, self.norms,
            np.finfo(self.dtype).tiny, self.theta.ravel(), self.g.ravel(), self.m.ravel(),
            self.v.ravel(), self.before.ravel(), self.mask.ravel(), *self.buffers,
            learned.x, learned.labels, learned.targets, learned.weights, learned.width, order,
            self.counts, self.noise(begin, len(own), generators), self.size, table.tile, begin,
            own, times, figures,
        )  # fmt: skip
        return figures.swapaxes(0, 1)[:, :, : len(self.group.networks)]

    def noise(self, begin: int, steps: int, generators: Sequence[Rng]) -> Array:
        """What each network's dropout draws in these steps."""
        each, first = self.table.noise, self.group.networks.start
        if not each:
            return np.empty((len(self.lanes), 0), np.float32)
        taken = np.minimum(self.counts, (begin + steps) * self.size)
        drawn = each * (taken - np.minimum(self.counts, begin * self.size))
        noise = np.empty((len(self.lanes), drawn.max()), np.float32)
        for lane, k in enumerate(self.group.networks):
            generators[k].random(dtype=np.float32, out=noise[lane, : drawn[lane]])
        noise[len(self.group.networks) :] = noise[k - first]
        return noise


class LaneProgram:
    """The steps of K networks, compiled: in blocks, and these side by side in threads.

    θ and the moments, (K, n), are read by `load` and written by `store`; in between the blocks have
    them in vectors of lanes. Every network's numbers are the same whichever others are beside it.
    """

    def __init__(
        self, groups: Sequence[Group], how: How, optimizer: Optimizer, arrays: tuple[Array, ...],
        *, counts: Array, size: int, decays: Array, norms: Array | None,
    ) -> None:  # fmt: skip
        self.optimizer, self.decays, self.dtype = optimizer, decays, groups[0].room.dtype
        learned, moments = Learned.of(arrays, self.dtype), len(optimizer.moments)
        self.blocks = [Block(group, how, learned, counts, size, moments, norms) for group in groups]
        self.seconds = [
            Work.of(block.table.rows, size, moments).in_lanes(len(block.lanes))
            for block in self.blocks
        ]
        self.threads = min(available(), len(self.blocks))
        self.pace = sum(self.seconds) / self.threads  # seconds that all take for a step

    def steps_within(self, seconds: float) -> int:
        """About how many steps of all take this long, by what the last ones took."""
        return max(1, int(seconds / self.pace))

    def load(self, vectors: Sequence[Array]) -> None:
        """Take over θ and the moments."""
        for block in self.blocks:
            block.load(vectors)

    def store(self, vectors: Sequence[Array]) -> None:
        """Give them back."""
        for block in self.blocks:
            block.store(vectors)

    def store_gradient(self, g: Array) -> None:
        """The gradients of the last step."""
        for block in self.blocks:
            block.copy([block.g], [g])

    def begin(self, order: Array) -> None:
        """An epoch: (K, samples) says in which order each network takes which samples."""
        self.orders = [np.ascontiguousarray(order[block.lanes]) for block in self.blocks]

    def take(
        self, begin: int, times: Array, rates: Array, generators: Sequence[Rng]
    ) -> tuple[Array, Array]:
        """As many steps of the epoch, from number `begin` on, as `rates` (steps, K) has; `times` is
        each network's first step of the rule. Loss and metric of each (steps, K)."""
        begun = time.perf_counter()
        own = self.rule_numbers(times + np.arange(len(rates))[:, None], rates)
        found = np.zeros((2, *rates.shape))
        waiting = deque((number, 0) for number in range(len(self.blocks)))

        def work(_: int) -> None:
            while waiting:
                try:
                    number, done = waiting.popleft()
                except IndexError:  # another thread was faster
                    return
                block = self.blocks[number]
                count = max(1, int(PIECE_OF_WORK / self.seconds[number]))
                last = min(done + count, len(rates), block.steps - begin)
                if last > done:
                    mine = np.ascontiguousarray(own[done:last, :, block.lanes])
                    order, now = self.orders[number], times[block.lanes] + done
                    figures = block.take(begin + done, mine, now, order, generators)
                    networks = slice(block.group.networks.start, block.group.networks.stop)
                    found[:, done:last, networks] = figures
                    waiting.append((number, last))

        side_by_side(work, range(self.threads))
        self.pace = (time.perf_counter() - begun) / len(rates)
        return found[0], found[1]

    def rule_numbers(self, times: Array, rates: Array) -> Array:
        """The numbers of the rule for every step and network: what its formula takes, decay,
        shrinking, and what g is held within."""
        rule = self.optimizer
        own = np.zeros((len(rates), NUMBERS, rates.shape[1]), self.dtype)
        own[:, SHRINK if rule.decouples else DECAY] = self.decays * (rates if rule.decouples else 1)
        own[:, MOST] = SQUARABLE[self.dtype][1] if rule.squares else np.inf
        for column, each in enumerate(rule.constants(times, rates, self.dtype)):
            own[:, column] = each
        return own
