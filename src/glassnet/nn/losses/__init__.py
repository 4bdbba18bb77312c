"""Losses: how wrong the outputs are, and the gradient that mends it.

A loss takes the network's raw outputs z (logits) and the targets, and returns the mean over the
batch and its gradient dL/dz, together, since they share their work. Softmax and sigmoid are part of
the loss: fused with the logarithm they are stable for any finite input.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from glassnet.base.arrays import Array, as_array, numeric
from glassnet.base.configurable import Described, make
from glassnet.base.errors import InputError, InputTypeError
from glassnet.nn.functions import all_finite, below_maximum, row_sums, sigmoid, softmax, softplus
from glassnet.nn.task import CLASSES, LABELS, VALUES, Task

ClassWeight = Mapping[int, float] | Array | str | None


CLASSES_IN_TABLE = 256  # so many rows are kept to pick from: 5 times faster than making them


class Loss(Described):
    """Base of all losses; one of your own needs `formula`.

    Targets are integer labels (…, batch), or rows of numbers (…, batch, outputs): probabilities,
    one-hot, independent labels or values, as the loss has it.
    """

    from_logits: ClassVar[str | None] = None  # the activation that the loss itself applies

    def __call__(self, z: Array, targets: Array, weight: Array | None = None) -> tuple[Any, Array]:
        """The mean loss, one per network, and dL/dz of the shape of z.

        `weight` has one number per sample (…, batch), or per output (…, batch, outputs): the mean
        is then Σ wᵢ lᵢ / Σ wᵢ, so that weight 2 counts as the sample given twice.

        >>> value, dz = MeanSquared()(np.array([[1.0], [3.0]]), np.array([[0.0], [3.0]]))
        >>> float(value), dz.ravel().tolist()
        (0.5, [1.0, 0.0])
        """
        each, dz = self.formula(z, self.rows(targets, z))
        if weight is None:
            count = each.shape[-1] * each.shape[-2]
            dz /= count
            return each.sum(axis=(-2, -1)) / count, dz
        share = np.broadcast_to(weight if weight.ndim == z.ndim else weight[..., None], each.shape)
        total = share.sum(axis=(-2, -1), keepdims=True)
        share = share / np.where(total == 0, 1, total)  # a batch of zero weights teaches nothing
        dz *= share
        return (each * share).sum(axis=(-2, -1)), dz

    def mean(self, z: Array, targets: Array, weight: Array | None = None) -> Any:
        """The mean loss alone; in float64 if float32 cannot hold it, as of squares of 1e20."""
        value, _ = self(z, targets, weight)
        if not all_finite(value):
            value, _ = self(z.astype(np.float64), targets, weight)
        return value

    def formula(self, z: Array, t: Array) -> tuple[Array, Array]:
        """The loss of each output (…, batch, outputs), or of each sample (…, batch, 1), and its
        derivative by z; t are rows of the shape of z."""
        raise NotImplementedError(f"{type(self).__name__} has no formula(z, t)")

    def rows(self, targets: Array, z: Array) -> Array:
        """Targets as rows like z: labels become one-hot (one output: 0 or 1)."""
        if targets.dtype.kind not in "iu":
            return targets
        if z.shape[-1] == 1:
            return targets[..., None].astype(z.dtype)
        return one_hot(targets, z.shape[-1], z.dtype)

    def targets(self, y: Any, outputs: int, dtype: Any = np.float32) -> Array:
        """User's targets, checked, as labels (int64) or as rows of `dtype`; one call per fit."""
        y = as_array("y", y)
        if y.dtype.kind in "OUS":
            raise InputTypeError(
                f"y has dtype {y.dtype}: expected integer labels or numbers; "
                "np.unique(y, return_inverse=True) turns names into labels"
            )
        y = numeric("y", y, dtype)
        if y.dtype.kind in "iub" and y.ndim == 1 and self._takes_labels(outputs):
            return _labels(y, outputs)
        if y.ndim == 1 and outputs == 1:
            y = y[:, None]
        if y.ndim != 2 or y.shape[1] != outputs:
            raise InputError(
                f"y has shape {y.shape} and dtype {y.dtype}: expected {self._wanted(outputs)}"
            )
        self.check_rows(y)
        rows: Array = y.astype(dtype)
        return rows

    def check_rows(self, y: Array) -> None:
        """Raise `InputError` where rows of targets cannot be meant for this loss."""

    def task(self, targets: Array) -> Task:
        """What is learned from such targets."""
        return CLASSES if targets.dtype.kind in "iu" else VALUES

    def probabilities(self, z: Array) -> Array:
        """Outputs as probabilities, one column per class."""
        raise InputError(
            f"{type(self).__name__} gives values, not probabilities: use predict, or train with "
            "cross_entropy or binary_cross_entropy"
        )

    def _takes_labels(self, outputs: int) -> bool:
        return outputs > 1

    def _wanted(self, outputs: int) -> str:
        labels = f"integer labels (samples,), or rows (samples, {outputs})"
        return (
            labels if self._takes_labels(outputs) else f"numbers (samples,) or (samples, {outputs})"
        )


def _labels(y: Array, outputs: int) -> Array:
    low, high = y.min(), y.max()
    if low < 0 or high >= max(outputs, 2):
        wrong = low if low < 0 else high
        values = "; for values, not classes, use loss='mean_squared'" if outputs == 1 else ""
        raise InputError(
            f"y has label {int(wrong)}: expected 0 to {max(outputs, 2) - 1}, since the last layer "
            f"has {outputs} output{'s' * (outputs > 1)}{values}"
        )
    return y.astype(np.int64)


def one_hot_labels(y: Array) -> Array | None:
    """The labels of rows that are exactly one-hot, None of anything else.

    >>> one_hot_labels(np.eye(3)[[2, 0]]), one_hot_labels(np.array([[1, 1], [0, 1]]))
    (array([2, 0]), None)
    """
    if y.ndim != 2 or y.shape[1] < 2 or y.dtype.kind not in "biuf":
        return None
    exact = ((y == 0) | (y == 1)).all() and (np.count_nonzero(y, axis=1) == 1).all()
    return y.argmax(axis=1) if exact else None


def one_hot(labels: Array, classes: int, dtype: Any, smoothing: float = 0.0) -> Array:
    """A row for each label c: (1 − ε) at c, and ε / classes everywhere."""
    if classes <= CLASSES_IN_TABLE:
        return _table(classes, dtype, smoothing).take(labels, axis=0)
    rows = np.full((*labels.shape, classes), smoothing / classes, dtype)
    np.put_along_axis(rows, labels[..., None], 1 - smoothing + smoothing / classes, axis=-1)
    return rows


@lru_cache(maxsize=16)
def _table(classes: int, dtype: Any, smoothing: float) -> Array:
    table = np.full((classes, classes), smoothing / classes, dtype)
    np.fill_diagonal(table, 1 - smoothing + smoothing / classes)
    table.setflags(write=False)
    return table


class CrossEntropy(Loss):
    """Softmax and cross-entropy from logits, for one of several classes.

        p = softmax(z)      L = −Σ tᵢ log pᵢ      dL/dz = p − t

    `label_smoothing` ε replaces t by (1 − ε) t + ε / classes (Szegedy et al., 2016).

    >>> value, dz = CrossEntropy()(np.array([[2.0, 0.0]]), np.array([0]))
    >>> round(float(value), 4), dz.round(4).tolist()
    (0.1269, [[-0.1192, 0.1192]])
    """

    from_logits = "softmax"

    def __init__(self, label_smoothing: float = 0.0) -> None:
        self.label_smoothing = self.number("label_smoothing", label_smoothing, "[0, 1)")

    def formula(self, z: Array, t: Array) -> tuple[Array, Array]:
        shifted = below_maximum(z)
        dz = np.exp(shifted)
        total = row_sums(dz)
        each = np.log(total)
        each -= np.vecdot(t, shifted)[..., None]
        dz /= total
        dz -= t
        return each, dz

    def rows(self, targets: Array, z: Array) -> Array:
        classes, smoothing = z.shape[-1], self.label_smoothing
        if targets.dtype.kind in "iu":
            return one_hot(targets, classes, z.dtype, smoothing)
        return targets if smoothing == 0 else (1 - smoothing) * targets + smoothing / classes

    def check_rows(self, y: Array) -> None:
        wrong = (np.abs(y.sum(axis=1) - 1) > 1e-3) | (y < 0).any(axis=1)
        if wrong.any():
            row = int(wrong.argmax())
            raise InputError(
                f"row {row} of y sums to {float(y[row].sum()):.4g}: expected one-hot rows or "
                "probabilities (for several labels at once, use binary_cross_entropy)"
            )

    def task(self, targets: Array) -> Task:
        return CLASSES

    def probabilities(self, z: Array) -> Array:
        return softmax(z)

    def targets(self, y: Any, outputs: int, dtype: Any = np.float32) -> Array:
        if outputs == 1:
            raise InputError(
                "cross_entropy needs one output per class and the last layer has 1: use two, "
                "or the loss binary_cross_entropy"
            )
        targets = super().targets(y, outputs, dtype)
        labels = one_hot_labels(targets)
        return targets if labels is None else labels


class BinaryCrossEntropy(Loss):
    """Sigmoid and binary cross-entropy from logits, each output a question of its own.

        p = σ(z)      L = −t log p − (1 − t) log(1 − p) = log(1 + eᶻ) − z t
        dL/dz = p − t

    The mean is over samples and outputs. One output: labels 0 and 1. Several: independent labels
    in rows of 0 and 1, or integer labels, which are taken as one-hot.
    """

    from_logits = "sigmoid"

    def formula(self, z: Array, t: Array) -> tuple[Array, Array]:
        each = softplus(z)
        each -= z * t
        dz = sigmoid(z)
        dz -= t
        return each, dz

    def check_rows(self, y: Array) -> None:
        outside = (y < 0) | (y > 1)
        if outside.any():
            row = int(outside.any(axis=1).argmax())
            raise InputError(
                f"row {row} of y has values outside 0 to 1: expected 0, 1 or probabilities"
            )

    def task(self, targets: Array) -> Task:
        one_class = targets.dtype.kind in "iu" or targets.shape[-1] == 1
        return CLASSES if one_class else LABELS

    def probabilities(self, z: Array) -> Array:
        p = sigmoid(z)
        return np.concatenate([1 - p, p], axis=-1) if p.shape[-1] == 1 else p

    def _takes_labels(self, outputs: int) -> bool:
        return True


class Distance(Loss):
    """Base of losses of the distance d = (z − t) / unit between output and target.

    `unit` is one number, or one per output: the size of an error that counts as 1, in the target's
    own unit. The mean is over samples and outputs.
    """

    def __init__(self, unit: float | Sequence[float] = 1.0) -> None:
        self.unit = self.numbers("unit", unit, "(0, inf)")

    def formula(self, z: Array, t: Array) -> tuple[Array, Array]:
        unit = np.asarray(self.unit, z.dtype)
        d = z - t
        d /= unit
        each, slope = self.of(d)
        slope /= unit
        return each, slope

    def of(self, d: Array) -> tuple[Array, Array]:
        """The loss of each distance, and its derivative by d, each in an array of its own."""
        raise NotImplementedError(f"{type(self).__name__} has no of(d)")


class MeanSquared(Distance):
    """L = d², with d = (z − t) / unit;  dL/dd = 2 d."""

    def of(self, d: Array) -> tuple[Array, Array]:
        return d * d, 2 * d


class MeanAbsolute(Distance):
    """L = |d|, with d = (z − t) / unit;  dL/dd = sign(d)."""

    def of(self, d: Array) -> tuple[Array, Array]:
        return np.abs(d), np.sign(d)


class Huber(Distance):
    """L = ½ d² where |d| ≤ δ, else δ (|d| − ½ δ), with d = (z − t) / unit;  dL/dd = d held
    within ±δ (Huber, 1964).
    """

    def __init__(self, delta: float = 1.0, unit: float | Sequence[float] = 1.0) -> None:
        super().__init__(unit)
        self.delta = self.number("delta", delta, "(0, inf)")

    def of(self, d: Array) -> tuple[Array, Array]:
        slope = np.clip(d, -self.delta, self.delta)
        return slope * (d - slope / 2), slope


class Quantile(Distance):
    """L = −q d where d < 0, else (1 − q) d, with d = (z − t) / unit: z comes to lie above the
    share q of the targets  (Koenker & Bassett, 1978).

    >>> Quantile(0.9).of(np.array([-1.0, 1.0]))[0].round(2).tolist()
    [0.9, 0.1]
    """

    def __init__(self, q: float = 0.5, unit: float | Sequence[float] = 1.0) -> None:
        super().__init__(unit)
        self.q = self.number("q", q, "(0, 1)")

    def of(self, d: Array) -> tuple[Array, Array]:
        slope = (d > 0).astype(d.dtype)
        slope -= self.q
        return slope * d, slope


LOSSES: dict[str, type[Loss]] = {
    "cross_entropy": CrossEntropy,
    "binary_cross_entropy": BinaryCrossEntropy,
    "mean_squared": MeanSquared,
    "mean_absolute": MeanAbsolute,
    "huber": Huber,
    "quantile": Quantile,
}


def loss_function(given: "str | Mapping[str, Any] | Loss", own: Iterable[type[Loss]] = ()) -> Loss:
    """A loss from its name, `"huber:delta=0.5"`, its config, or itself; `own` are more classes."""
    return make("loss", given, LOSSES | {kind.__name__: kind for kind in own}, Loss)


def sample_weights(
    targets: Array,
    sample_weight: Any = None,
    class_weight: ClassWeight = None,
    dtype: Any = np.float32,
    independent: bool = False,
    classes: int | None = None,
) -> Array | None:
    """One weight per sample, or per output for `independent` labels, from what the user gave.

    `class_weight` is {class: weight}, an array, or "balanced": samples / (classes · count).
    There are `classes` of them, by default as many as the weights, or as the targets have; those
    that are missing weigh 1. A sample of several classes weighs their mean, by its probabilities.

    >>> sample_weights(np.array([0, 0, 0, 1]), class_weight="balanced").round(3)
    array([0.667, 0.667, 0.667, 2.   ], dtype=float32)
    """
    weight = (
        None if class_weight is None else _of_classes(targets, class_weight, independent, classes)
    )
    if sample_weight is not None:
        given = numeric("sample_weight", sample_weight)
        if given.shape != targets.shape[:1] or (given < 0).any() or not given.any():
            raise InputError(
                f"sample_weight has shape {given.shape}: expected {targets.shape[:1]}, one number "
                "of 0 or more for each sample, not all 0"
            )
        given = _in_range(given, float)
        weight = given if weight is None else (_in_range(weight, float).T * given).T
    return None if weight is None else _in_range(weight, dtype)


def _in_range(weight: Array, dtype: Any) -> Array:
    """Weights in this type; where they, or their sum, have no room in it, times a power of 2, which
    changes no mean."""
    limits, most = np.finfo(dtype), float(weight.max())
    if not limits.tiny / limits.eps < most < limits.max / weight.size:
        weight = np.ldexp(weight.astype(np.float64), -math.frexp(most)[1])
    return weight.astype(dtype)


def _of_classes(targets: Array, class_weight: Any, independent: bool, classes: int | None) -> Array:
    labels = targets.dtype.kind in "iu"
    if not labels and targets.shape[1] == 1:  # one output tells two classes apart
        targets = np.concatenate([1 - targets, targets], axis=1)
    there = int(targets.max()) + 1 if labels else targets.shape[1]
    if isinstance(class_weight, str):
        table = _balanced(class_weight, targets, labels)
    elif classes is None and not isinstance(class_weight, Mapping):
        table = _class_table(class_weight, max(there, np.size(class_weight)))
    else:
        table = _class_table(class_weight, classes or there)
    if labels:
        return table[targets]
    if independent:
        return np.broadcast_to(table[:there], targets.shape)
    weight: Array = targets @ table[:there]
    return weight


def _balanced(word: str, targets: Array, labels: bool) -> Array:
    if word != "balanced":
        raise InputError(f"class_weight is {word!r}: expected a dict, numbers or 'balanced'")
    counts = np.bincount(targets) if labels else targets.sum(axis=0, dtype=np.float64)
    there = counts > 0
    table: Array = len(targets) / (max(there.sum(), 1) * np.where(there, counts, 1))
    return table


def _class_table(class_weight: Any, classes: int) -> Array:
    """The weight of each class, from a dict or a row of numbers."""
    given = class_weight
    if isinstance(given, Mapping):
        if not all(c in range(classes) and not isinstance(c, bool) for c in given):
            raise InputError(
                f"class_weight is {given!r}: expected classes as its keys, 0 to {classes - 1}"
            )
        given = [given.get(c, 1.0) for c in range(classes)]
    table = numeric("class_weight", given)
    if table.ndim != 1 or len(table) != classes or (table < 0).any() or not table.any():
        raise InputError(
            f"class_weight is {class_weight!r}: expected {classes} weights of 0 or more, not all 0"
        )
    return table
