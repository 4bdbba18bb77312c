"""The networks of a stack arranged for compiled steps: in blocks of as many as a vector has
lanes."""

import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array, Rng
from glassnet.base.threads import available, side_by_side
from glassnet.compiled.gathering import writable
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

PIECE_OF_WORK = 2e-3  # about how many seconds a thread works on a block before it takes the next


class Place(NamedTuple):
    """Where one network's parameters are: in its block, and in the stack."""

    in_block: Any
    in_stack: Any


class Group(NamedTuple):
    """Networks that are trained side by side, at most one for each lane: their consecutive numbers
    in the stack, a network large enough for each of them, and the places of their parameters."""

    networks: range
    room: Network
    places: Sequence[Place]


class Learned(NamedTuple):
    """The training data of all networks, flat: labels or rows of targets, and `width` weights for
    each sample."""

    x: Array
    labels: Array
    targets: Array
    weights: Array
    width: int

    @classmethod
    def of(cls, arrays: tuple[Array, ...], dtype: Any) -> "Learned":
        """From inputs, targets and, if samples are weighted, weights."""
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
    return writable(np.ascontiguousarray(array, dtype)).reshape(-1)


class How(NamedTuple):
    """The settings of all networks' training, as numbers for compiled steps."""

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
        """From a loss, a rule and at most one metric."""
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
    """One network for each lane. If there are fewer, the last one is repeated."""

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
        """1 for a network's own parameters, 0 for padding; empty if there is no padding."""
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
        """Copy θ and the moments of the stack into lanes."""
        for mine, stack in zip([self.theta, *self.moments], vectors, strict=True):
            if self.whole:
                mine[BEGIN:] = stack[self.lanes].T
                continue
            mine[BEGIN:] = 0
            for lane, (place, k) in enumerate(self._placed()):
                mine[BEGIN:, lane][place.in_block] = stack[k, place.in_stack]

    def store(self, vectors: Sequence[Array]) -> None:
        """Copy them back into the stack."""
        self.copy([self.theta, *self.moments], vectors)

    def copy(self, lanes: Sequence[Array], vectors: Sequence[Array]) -> None:
        """Copy lanes into vectors of the stack."""
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
        """Take steps of the epoch from number `begin` on; returns loss and metric (2, steps,
        networks)."""
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
        """The noise of each network's dropout for these steps."""
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
    """The compiled steps of K networks, in blocks that run side by side in threads.

    `load` reads θ and the moments, (K, n), and `store` writes them; in between they are in the
    lanes of the blocks. A network's results do not depend on the others beside it.
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
        self.pace = sum(self.seconds) / self.threads  # seconds that a step of all networks takes

    def steps_within(self, seconds: float) -> int:
        """About how many steps of all networks fit into this time, judging by the last ones."""
        return max(1, int(seconds / self.pace))

    def load(self, vectors: Sequence[Array]) -> None:
        """Copy θ and the moments into the blocks."""
        for block in self.blocks:
            block.load(vectors)

    def store(self, vectors: Sequence[Array]) -> None:
        """Copy them back."""
        for block in self.blocks:
            block.store(vectors)

    def store_gradient(self, g: Array) -> None:
        """Copy the gradients of the last step."""
        for block in self.blocks:
            block.copy([block.g], [g])

    def begin(self, order: Array) -> None:
        """Start an epoch: (K, samples) has the order of each network's samples."""
        self.orders = [np.ascontiguousarray(order[block.lanes]) for block in self.blocks]

    def take(
        self, begin: int, times: Array, rates: Array, generators: Sequence[Rng]
    ) -> tuple[Array, Array]:
        """Take steps of the epoch from number `begin` on, one for each row of `rates` (steps, K);
        `times` is the number of each network's first step. Returns the loss and the metric (steps,
        K)."""
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
        """The rule's constants for every step and network: those of its formula, decay, shrinking,
        and the limit of g."""
        rule = self.optimizer
        own = np.zeros((len(rates), NUMBERS, rates.shape[1]), self.dtype)
        own[:, SHRINK if rule.decouples else DECAY] = self.decays * (rates if rule.decouples else 1)
        own[:, MOST] = SQUARABLE[self.dtype][1] if rule.squares else np.inf
        for column, each in enumerate(rule.constants(times, rates, self.dtype)):
            own[:, column] = each
        return own
