"""A network, its loss and its rule as tables that a compiled loop interprets."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array, Shape
from glassnet.base.threads import all_together, available, one_blas_thread
from glassnet.compiled.blas import address_of_gemm
from glassnet.compiled.descent import descend
from glassnet.compiled.formulas import CURVES, NUMBER_LOSSES, RULES
from glassnet.compiled.gathering import Chosen, first_scale, scaled, scaling_of, writable
from glassnet.compiled.judging import (
    ABSOLUTE_ERROR,
    ACCURACY,
    CROSS_ENTROPY,
    LABEL_ACCURACY,
    NO_METRIC,
)
from glassnet.compiled.table import DENSE, DROPOUT, SOFTMAX, WAVES
from glassnet.nn.layers import (
    Activation,
    Chain,
    Dense,
    Dropout,
    Flatten,
    Layer,
    PeriodicEmbedding,
    Reshape,
    Softmax,
)
from glassnet.nn.losses import CrossEntropy, Loss
from glassnet.nn.metrics import Metric, absolute_error, accuracy, label_accuracy
from glassnet.nn.network import Network
from glassnet.nn.optimizers import Optimizer
from glassnet.nn.optimizers.base import SQUARABLE

METRICS: dict[Any, int] = {
    accuracy: ACCURACY,
    label_accuracy: LABEL_ACCURACY,
    absolute_error: ABSOLUTE_ERROR,
}
WITH_WEIGHTS = (DENSE, WAVES)
FEW_UNITS = 16  # a layer with fewer is computed with Wᵀ
TILE = 512
PART_OF_WORK = 2_000_000  # multiply-adds of a step that are worth a separate part
PART_OF_ROWS = 16  # samples of such a part
TOGETHER = 50_000_000  # multiply-adds of a call that are worth starting threads
RULE_NUMBERS = 8  # for a step: the formula's constants, decay, shrinking, and the limit of g
DECAY, SHRINK, LARGEST = 5, 6, 7


class NotCompiledError(Exception):
    """Something has no compiled form; the message names it."""


class Operation(NamedTuple):
    """A row of the table; `size` is the number of outputs for a sample, `waves` what stands from
    `COLUMNS` on."""

    kind: int
    inputs: int
    size: int
    weights: int = 0
    bias: int = -1
    across: bool = False
    noise: int = 0
    from_output: bool = True
    numbers: tuple[float, ...] = ()
    waves: tuple[int, ...] = ()


def states(kind: type, formula: str, *methods: str) -> bool:
    """Whether a class's formula is what its methods do: none of them is of a later class.

    >>> from glassnet import SGD
    >>> class Slow(SGD):
    ...     def rule(self, theta, g, *, t, rate):
    ...         theta -= 0.1 * rate * g
    >>> states(SGD, "of_number", "rule"), states(Slow, "of_number", "rule")
    (True, False)
    """
    if getattr(kind, formula, None) is None:
        return False

    def depth(name: str) -> int:
        return next(n for n, each in enumerate(kind.__mro__) if name in vars(each))

    return all(depth(formula) <= depth(method) for method in methods)


# ---- layers


def _dense(layer: Dense, name: str, sizes: tuple[int, int], begins: Mapping[str, int]) -> Operation:
    inputs, units = sizes
    across = units < FEW_UNITS and units <= inputs
    bias = begins.get(f"{name}.b", -1)
    return Operation(DENSE, inputs, units, begins[f"{name}.W"], bias, across)


def _waves(
    layer: PeriodicEmbedding, name: str, sizes: tuple[int, int], begins: Mapping[str, int]
) -> Operation:
    chosen = range(sizes[0]) if layer.columns is None else layer.columns
    waves = (len(chosen), layer.frequencies, layer.units, *chosen)
    return Operation(WAVES, *sizes, begins[f"{name}.W"], waves=waves)


def _dropout(layer: Dropout, name: str, sizes: tuple[int, int], begins: Any) -> Operation | None:
    return Operation(DROPOUT, *sizes, numbers=(layer.rate,)) if layer.rate else None


def _softmax(layer: Softmax, name: str, sizes: tuple[int, int], begins: Any) -> Operation:
    return Operation(SOFTMAX, *sizes)


def _nothing(layer: Layer, name: str, sizes: tuple[int, int], begins: Any) -> None:
    return None


KINDS: dict[type[Layer], Callable[..., Operation | None]] = {
    Dense: _dense,
    PeriodicEmbedding: _waves,
    Dropout: _dropout,
    Softmax: _softmax,
    Flatten: _nothing,
    Reshape: _nothing,
}


def _activation(layer: Activation, name: str, sizes: tuple[int, int], begins: Any) -> Operation:
    kind: Any = type(layer)
    if states(kind, "curve", "forward", "backward"):
        for number, known in enumerate(CURVES):
            if known.curve is kind.curve:
                inputs, size = sizes
                return Operation(
                    number, inputs, size, from_output=layer.from_output, numbers=layer.constants
                )
    raise NotCompiledError(f"layer {name} ({kind.__name__})")


def _operation(
    layer: Layer, name: str, sizes: tuple[int, int], begins: Mapping[str, int]
) -> Operation | None:
    make: Any = KINDS.get(type(layer), _activation if isinstance(layer, Activation) else None)
    if make is None:
        raise NotCompiledError(f"layer {name} ({type(layer).__name__})")
    operation: Operation | None = make(layer, name, sizes, begins)
    return operation


def operations(network: Network, input_shape: Shape) -> list[Operation]:
    """The layers as operations, without a `Scale` at the front, which is applied to batches as they
    are gathered. Raises NotCompiledError for a layer that has no such form."""
    begins, begin = {}, 0
    for name, spec in network.specs(input_shape).items():
        begins[name] = begin
        begin += int(np.prod(spec.shape))
    found = list(_chain(network.root, "", input_shape, begins, first_scale(network.root)))
    if not any(each.kind == DENSE for each in found):
        raise NotCompiledError("a network without dense layers")
    return found


def _chain(
    chain: Chain, before: str, input_shape: Shape, begins: Mapping[str, int], scale: Layer | None
) -> Iterator[Operation]:
    shapes = chain.all_shapes(input_shape)
    for index, layer in enumerate(chain.layers):
        name = f"{before}{index}"
        if type(layer) is Chain:
            yield from _chain(layer, f"{name}.", shapes[index], begins, scale)
        if type(layer) is Chain or layer is scale:
            continue
        sizes = int(np.prod(shapes[index])), int(np.prod(shapes[index + 1]))
        found = _operation(layer, name, sizes, begins)
        if found is not None:
            yield found


# ---- losses and rules


def _loss_number(loss: Loss) -> int:
    kind: Any = type(loss)
    if kind is CrossEntropy:
        return CROSS_ENTROPY
    if states(kind, "of_number", "formula", "__call__", "rows"):
        for number, known in enumerate(NUMBER_LOSSES):
            if known.of_number is kind.of_number:
                return number
    raise NotCompiledError(f"the loss {kind.__name__}")


def _rule_number(rule: Optimizer) -> int:
    kind: Any = type(rule)
    if states(kind, "of_number", "rule", "step") and states(kind, "decouples", "decay"):
        for number, known in enumerate(RULES):
            if known.of_number is kind.of_number:
                return number
    raise NotCompiledError(f"the optimizer {kind.__name__}")


def _metric_number(metrics: Mapping[str, Metric]) -> int:
    for name, metric in metrics.items():
        if metric not in METRICS or len(metrics) > 1:
            raise NotCompiledError(f"the metric {name}")
    return next((METRICS[metric] for metric in metrics.values()), NO_METRIC)


def check_parts(network: Network, loss: Loss, rule: Optimizer) -> None:
    """Raise NotCompiledError for a user's own layer, loss or rule. Those of glassnet that no
    `Program` can have are compiled separately."""
    for name, layer in network.walk():
        if not type(layer).__module__.startswith("glassnet.nn."):
            raise NotCompiledError(f"layer {name} ({type(layer).__name__})")
    _loss_number(loss.scaled()[0])
    _rule_number(rule)


def lacking(
    network: Network, loss: Loss, rule: Optimizer, metrics: Mapping[str, Metric]
) -> str | None:
    """What of a training has no `Program`, or None."""
    try:
        operations(network, network.input_shape or ())
        _loss_number(loss.scaled()[0])
        _rule_number(rule)
        _metric_number(metrics)
    except NotCompiledError as missing:
        return f"{missing} is not compiled"
    return None


# ---- all of it


class Program:
    """The steps of one training, many of them in one call.

    The compiled code is the same for every training; tables and buffers belong to this one. A step
    is divided into `parts`, by default as many as are worth a thread. Raises NotCompiledError if a
    layer, the loss, the rule or a metric has no compiled form.
    """

    def __init__(
        self,
        network: Network,
        loss: Loss,
        optimizer: Optimizer,
        *,
        metrics: Mapping[str, Metric],
        batch_size: int,
        clip_norm: float | None = None,
        max_norm: float | None = None,
        penalty: float = 0.0,
        parts: int | None = None,
    ) -> None:
        self.network, self.optimizer, self.dtype = network, optimizer, network.dtype
        assert network.input_shape is not None
        self.operations = operations(network, network.input_shape)
        self.scaling = scaling_of(network.root, network.input_shape, self.dtype)
        self.rule, self.names = _rule_number(optimizer), ["loss", *metrics]
        self.metric = _metric_number(metrics)
        self._take_loss(loss)
        self.clip, self.limit, self.penalty = clip_norm or 0.0, max_norm or 0.0, penalty
        self.size, self.tile = batch_size, min(batch_size, TILE)
        self.noisy = sum(each.size for each in self.operations if each.kind == DROPOUT)
        self._make_tables()
        self._share_out(parts)

    def _take_loss(self, loss: Loss) -> None:
        inner, self.value, self.slope = loss.scaled()
        known: Any = inner
        number = self.dtype.type
        self.loss = _loss_number(inner)
        self.loss_numbers = (number((*getattr(known, "constants", ()), 0.0)[0]),)
        self.smoothing = number(getattr(known, "label_smoothing", 0.0))
        outputs = self.operations[-1].size
        self.unit = np.ones(outputs, self.dtype) * np.asarray(
            getattr(known, "unit", 1.0), self.dtype
        )

    def _make_tables(self) -> None:
        table, noise, before, room = [], 0, 0, 0
        for each in self.operations:
            at = noise if each.kind == DROPOUT else 0
            noise += each.size if each.kind == DROPOUT else 0
            own = self.tile * each.size
            table.append(
                (
                    each.kind, each.inputs, each.size, each.weights, each.bias, each.across, at,
                    each.from_output, before, room, room + own, *each.waves,
                )
            )  # fmt: skip
            before, room = room, room + own * (2 if each.kind in WITH_WEIGHTS else 1)
        self.table = np.zeros((len(table), max(map(len, table))), np.int64)
        for number, row in enumerate(table):
            self.table[number, : len(row)] = row
        self.numbers = np.array(
            [(*each.numbers, 0.0, 0.0)[:2] for each in self.operations], self.dtype
        )
        self.first = next(n for n, each in enumerate(self.operations) if each.kind in WITH_WEIGHTS)
        widest = max(self.operations[0].inputs, *(each.size for each in self.operations))
        self.room = np.empty(room, self.dtype)
        self.back = np.empty(2 * self.tile * widest, self.dtype)
        self.gathered = np.empty(self.tile * self.operations[0].inputs, self.dtype)
        self.turned = np.empty(self.network.parameters.trainable.size, self.dtype)
        self.across = np.empty_like(self.turned)

    def _share_out(self, parts: int | None) -> None:
        """The number of parts of a step: as many as are worth a thread, but at most one for each
        processor."""
        weights = sum(each.inputs * each.size for each in self.operations if each.kind == DENSE)
        self.work, self.parts = 3 * self.size * weights, parts or 1
        if parts is None and address_of_gemm(self.dtype):
            most = min(self.work // PART_OF_WORK, self.tile // PART_OF_ROWS)
            self.parts = max(1, min(available(), most))

    def take(
        self,
        arrays: Any,
        moments: Mapping[str, Array],
        t: int,
        rates: Array,
    ) -> tuple[int, dict[str, Array]]:
        """Take the steps for these rows, the first of them step t with the first of the rates;
        returns how many were taken, and their metrics.

        A step whose loss is not finite is not taken, nor is any after it. The network's generator
        is then in its state before that step.
        """
        chosen, *others = arrays
        x, order = map(writable, self._inputs(chosen))
        targets, *weight = map(writable, others)
        empty, rng = np.empty((0, 0), self.dtype), self.network.rng
        before = rng.bit_generator.state if self.noisy else None
        noise = np.empty(0, np.float32)
        if self.noisy:
            noise = rng.random(len(chosen) * self.noisy, dtype=np.float32)
        labelled = targets.dtype.kind in "iu"
        m, v, *_ = (*moments.values(), empty[:, 0:0].ravel(), empty.ravel())
        weights = weight[0].reshape(len(chosen), -1) if weight else empty
        figures = np.zeros((len(rates), 2))
        rule_numbers, sums = self._rule_numbers(t, rates), np.zeros((self.parts, 3))
        place = np.zeros(2, np.int64)

        def work(member: int, threads: int) -> int:
            done: int = descend(
                address_of_gemm(self.dtype), self.table, self.numbers, self.first, self.loss,
                self.loss_numbers, self.unit, self.smoothing, self.value / self.slope, self.slope,
                self.metric, self.rule, self.clip, self.limit, self.penalty,
                self.dtype.type(np.finfo(self.dtype).tiny),
                self.network.parameters.trainable, self.network.gradient.vector, m, v, self.turned,
                self.across, self.room, self.back, x.reshape(len(x), -1), order, self.gathered,
                targets if labelled else np.empty(0, np.int64), empty if labelled else targets,
                weights, noise, self.size, self.tile, t, rule_numbers, figures, sums, place, member,
                threads,
            )  # fmt: skip
            return done

        with one_blas_thread(self.parts > 1):
            enough = self.work * len(rates) > TOGETHER
            done = all_together(work, self.parts if enough else 1)
        if before is not None and done < len(rates):
            rng.bit_generator.state = before
            rng.random(min(done * self.size, len(chosen)) * self.noisy, dtype=np.float32)
        return done, {name: figures[:done, n] for n, name in enumerate(self.names)}

    def _inputs(self, chosen: Any) -> tuple[Array, Array]:
        """x, and the rows of it to use; empty for all."""
        all_rows = np.empty(0, np.int64)
        if not isinstance(chosen, Chosen):
            return chosen if self.scaling is None else scaled(chosen, self.scaling), all_rows
        if chosen.scaled is None:
            return chosen.source, chosen.rows
        return chosen.scaled, all_rows

    def _rule_numbers(self, t: int, rates: Array) -> Array:
        rule, steps = self.optimizer, len(rates)
        own = np.zeros((steps, RULE_NUMBERS), self.dtype)
        for column, each in enumerate(rule.constants(np.arange(t, t + steps), rates, self.dtype)):
            own[:, column] = each
        own[:, SHRINK if rule.decouples else DECAY] = rule.weight_decay * (
            rates if rule.decouples else 1.0
        )
        own[:, LARGEST] = SQUARABLE[self.dtype][1] if rule.squares else np.inf
        return own
