"""A network, its loss and its rule as the tables that compiled steps walk along."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from glassnet.base.arrays import Array, Rng
from glassnet.compiled.descent import descend
from glassnet.compiled.formulas import CURVES, NUMBER_LOSSES, RULES
from glassnet.compiled.judging import (
    ABSOLUTE_ERROR,
    ACCURACY,
    CROSS_ENTROPY,
    LABEL_ACCURACY,
    NO_METRIC,
)
from glassnet.compiled.walk import DENSE, DROPOUT, SOFTMAX
from glassnet.nn.layers import Activation, Dense, Dropout, Flatten, Softmax
from glassnet.nn.losses import CrossEntropy, Loss
from glassnet.nn.metrics import absolute_error, accuracy, label_accuracy
from glassnet.nn.network import Network
from glassnet.nn.optimizers import Optimizer
from glassnet.nn.optimizers.base import SQUARABLE

METRICS = {accuracy: ACCURACY, label_accuracy: LABEL_ACCURACY, absolute_error: ABSOLUTE_ERROR}
FEW_UNITS = 16  # in a layer's output, fewer of which are done across
TILE = 128  # samples of a larger batch that are done at once, so that they stay in the cache


class Program:
    """The steps of one training, compiled. Vectors and buffers are those of this training; what is
    compiled serves all."""

    def __init__(
        self,
        network: Network,
        loss: Loss,
        optimizer: Optimizer,
        *,
        metrics: Any,
        batch_size: int,
        clip_norm: float | None,
        max_norm: float | None,
        moments: dict[str, Array],
    ) -> None:
        theta = network.parameters
        self.network, self.optimizer, self.dtype = network, optimizer, network.dtype
        self.theta, self.g = theta.trainable, network.gradient.vector
        self.size = batch_size
        self.table, self.numbers = table_of(network)
        self.noisy = int(sum(self.table[self.table[:, 0] == DROPOUT, 2]))
        self.first = first_dense(self.table)
        width = max(int(np.prod(network.input_shape or 1)), *self.table[:, 2])
        tile = min(batch_size, TILE)
        self.room = np.empty((len(self.table) + 1) * tile * width, self.dtype)
        self.table[:, 8] = np.arange(len(self.table)) * tile * width
        self.table[:, 9] = self.table[:, 8] + tile * width
        self.back = np.empty(2 * tile * width, self.dtype)
        self.turned, self.across = np.empty_like(self.theta), np.empty_like(self.theta)
        self.tile = tile
        empty = np.empty(0, self.dtype)
        kept = [*moments.values(), empty, empty]
        self.m, self.v = kept[0], kept[1]
        outputs = int(self.table[-1, 2])
        self.loss_kind = CROSS_ENTROPY if isinstance(loss, CrossEntropy) else number_of(
            type(loss), "of_number", NUMBER_LOSSES
        )
        numbers = (*getattr(loss, "constants", ()), 0.0)
        self.loss_numbers = (self.dtype.type(numbers[0]),)
        self.unit = np.ones(outputs, self.dtype) * getattr(loss, "unit", 1.0)
        self.unit = self.unit.astype(self.dtype)
        self.smoothing = self.dtype.type(getattr(loss, "label_smoothing", 0.0))
        metric = next(iter(metrics.values()), None)
        self.metric_names = list(metrics)
        self.metric = NO_METRIC if metric is None else METRICS[metric]
        self.rule = number_of(type(optimizer), "of_number", RULES)
        self.clip, self.limit = float(clip_norm or 0), float(max_norm or 0)
        self.smallest = self.dtype.type(np.finfo(self.dtype).tiny)

    def take(self, x: Array, targets: Array, weights: Array | None, t: int, rates: Array) -> Any:
        """Steps for these rows, the first of them step t; how many, and their figures."""
        steps, empty = len(rates), np.empty((0, 0), self.dtype)
        noise = np.empty(0, np.float32)
        if self.noisy:
            noise = self.network.rng.random(len(x) * self.noisy, dtype=np.float32)
        labelled = targets.dtype.kind in "iu"
        labels = targets if labelled else np.empty(0, np.int64)
        rows = empty if labelled else targets
        if weights is None:
            weights = empty
        elif weights.ndim == 1:
            weights = weights[:, None]
        figures = np.zeros((steps, 2))
        done = descend(
            self.table, self.numbers, self.first, self.loss_kind, self.loss_numbers, self.unit,
            self.smoothing, self.metric, self.rule, self.clip, self.limit, self.smallest,
            self.theta, self.g, self.m, self.v, self.turned, self.across, self.room, self.back,
            x.reshape(len(x), -1), labels, rows, weights, noise, self.size, self.tile, t,
            self.rule_numbers(t, rates), figures,
        )  # fmt: skip
        return done, figures

    def rule_numbers(self, t: int, rates: Array) -> Array:
        """The numbers of the rule for every step: what its formula takes, decay, shrinking, and what
        g is held within."""
        rule, steps = self.optimizer, len(rates)
        own = np.zeros((steps, 8), self.dtype)
        own[:, 6 if rule.decouples else 5] = rule.weight_decay * (rates if rule.decouples else 1)
        own[:, 7] = SQUARABLE[self.dtype][1] if rule.squares else np.inf
        for column, each in enumerate(rule.constants(np.arange(t, t + steps), rates, self.dtype)):
            own[:, column] = each
        return own


def first_dense(table: Array) -> int:
    """The first operation that has weights."""
    return int(np.argmax(table[:, 0] == DENSE))


def number_of(kind: type, formula: str, kinds: Sequence[Any]) -> int:
    """The number of its formula."""
    return [getattr(each, formula) for each in kinds].index(getattr(kind, formula))


def table_of(network: Network) -> tuple[Array, Array]:
    """Operations and their numbers."""
    shapes = network.shapes(network.input_shape)
    begins, begin = {}, 0
    for name, spec in network.parameters.specs.items():
        begins[name] = begin
        begin += int(np.prod(spec.shape))
    rows, numbers, noise = [], [], 0
    for index, layer in enumerate(network.layers):
        inputs, units = (int(np.prod(shape)) for shape in shapes[index : index + 2])
        if isinstance(layer, Dense):
            narrow = units < FEW_UNITS and inputs >= units
            rows.append([DENSE, inputs, units, begins[f"{index}.W"], begins.get(f"{index}.b", -1), narrow, 0, 0, 0, 0])
            numbers.append((0, 0))
        elif isinstance(layer, Dropout):
            if layer.rate:
                rows.append([DROPOUT, inputs, units, 0, -1, 0, noise, 0, 0, 0])
                numbers.append((layer.rate, 0))
                noise += units
        elif isinstance(layer, Softmax):
            rows.append([SOFTMAX, inputs, units, 0, -1, 0, 0, 0, 0, 0]); numbers.append((0, 0))
        elif isinstance(layer, Flatten):
            continue
        elif isinstance(layer, Activation):
            kind = number_of(type(layer), "curve", CURVES)
            rows.append([kind, inputs, units, 0, -1, 0, 0, layer.from_output, 0, 0])
            numbers.append((*layer.constants, 0, 0)[:2])
    return np.array(rows, np.int64), np.array(numbers, network.dtype)
