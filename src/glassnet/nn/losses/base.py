"""What all losses are: the loss of each output, and its derivative, made together."""

from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from glassnet.base.arrays import Array, as_array, numeric
from glassnet.base.configurable import Described
from glassnet.base.errors import InputError, InputTypeError
from glassnet.nn.functions import all_finite
from glassnet.nn.task import CLASSES, VALUES, Task

CLASSES_IN_TABLE = 256  # so many rows are kept to pick from: 5 times faster than making them


class Loss(Described):
    """Base of all losses; one of your own needs `formula`.

    Targets are integer labels (…, batch), or rows of numbers (…, batch, outputs): probabilities,
    one-hot, independent labels or values, as the loss has it.
    """

    from_logits: ClassVar[str | None] = None  # the activation that the loss itself applies

    def __call__(self, z: Array, targets: Array, weight: Array | None = None) -> tuple[Any, Array]:
        """The mean loss, one per network, and dL/dz of the shape of z.

        - `z`: the outputs, (…, batch, outputs).
        - `targets`: labels (…, batch), or rows of the shape of z.
        - `weight`: one number per sample (…, batch), or per output (…, batch, outputs): the mean is
          then Σ wᵢ lᵢ / Σ wᵢ, so that weight 2 counts as the sample given twice.

        >>> from glassnet import MeanSquared
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

    def scaled(self) -> tuple["Loss", float, float]:
        """A loss and by what its value and its gradient are multiplied: itself, once."""
        return self, 1.0, 1.0

    def mean(self, z: Array, targets: Array, weight: Array | None = None) -> Any:
        """The mean loss alone, of the same `z`, `targets` and `weight`; in float64 if float32
        cannot hold it, as of squares of 1e20.
        """
        value, _ = self(z, targets, weight)
        if not all_finite(value):
            value, _ = self(z.astype(np.float64), targets, weight)
        return value

    def formula(self, z: Array, t: Array) -> tuple[Array, Array]:
        """The loss of each output (…, batch, outputs), or of each sample (…, batch, 1), and its
        derivative by z; t are rows of the shape of z."""
        raise NotImplementedError(f"{type(self).__name__} has no formula(z, t)")

    def rows(self, targets: Array, z: Array) -> Array:
        """The `targets` as rows like `z`: labels become one-hot (one output: 0 or 1)."""
        if targets.dtype.kind not in "iu":
            return targets
        if z.shape[-1] == 1:
            return targets[..., None].astype(z.dtype)
        return one_hot(targets, z.shape[-1], z.dtype)

    def targets(self, y: Any, outputs: int, dtype: Any = np.float32) -> Array:
        """User's targets, checked, as labels (int64) or as rows; one call per fit.

        - `y`: as given to `fit`.
        - `outputs`: how many numbers the network gives for a sample.
        - `dtype=float32`: of the rows.
        """
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
        """Raise `InputError` if rows `y` of targets cannot be meant for this loss."""

    def task(self, targets: Array) -> Task:
        """What is learned from such `targets`: classes, labels or values."""
        return CLASSES if targets.dtype.kind in "iu" else VALUES

    def probabilities(self, z: Array) -> Array:
        """Outputs `z` as probabilities, one column per class; `InputError` if they are values."""
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
