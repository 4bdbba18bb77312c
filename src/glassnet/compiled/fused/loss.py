"""A loss and its gradient in one pass over the outputs, a block of rows at a time."""

from functools import cache
from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.compiled.compiler import inner
from glassnet.compiled.formulas import NUMBER_LOSSES, choice, judging
from glassnet.compiled.fused.cross_entropy import cross_entropy
from glassnet.compiled.fused.kernels import nothing, numbers_of, written
from glassnet.compiled.judging import share_of_row, target_of_row, total_weight
from glassnet.nn.losses import CrossEntropy, Loss

BLOCK = 1024  # outputs whose targets and weights are expanded at once

OF_NUMBERS = """
def kernel(z, labels, targets, weights, smoothing, unit, constants, dz):
    rows, outputs = z.shape
    block = min(rows, max(1, BLOCK // outputs))
    target, share = np.empty((block, outputs), z.dtype), np.empty((block, outputs), z.dtype)
    units, each = np.empty((block, outputs), z.dtype), np.empty(block * outputs, z.dtype)
    for i in range(block):
        for j in range(outputs):
            units[i, j] = unit[j]
    whole = total_weight(weights, 0, rows) * outputs
    value = 0.0
    for begin in range(0, rows, block):
        end = min(begin + block, rows)
        for i in range(end - begin):
            target_of_row(labels, targets, begin + i, target[i], smoothing)
            share_of_row(weights, begin + i, whole, share[i])
        of_numbers(
            0, z[begin:end].reshape(-1), target.reshape(-1), dz[begin:end].reshape(-1),
            units.reshape(-1), share.reshape(-1), constants, each,
        )
        for j in range((end - begin) * outputs):
            value += each[j]
    return value
"""


@cache
def loss_kernel(kind: Any) -> Any:
    """The kernel that returns the loss of all rows and writes its gradient into dz."""
    if kind is CrossEntropy:
        return cross_entropy
    name = f"loss_{kind.__name__}"
    formula, loop = judging(kind)
    # Stored, and summed afterwards: a loop that contains a sum does not vectorise.
    apart = loop.replace("total +=", "each[j] =")
    of_numbers = inner(choice(name, "z, t, dz, unit, share, constants, each", [(formula, apart)]))
    return written(
        name, OF_NUMBERS.replace("def kernel", f"def {name}"), of_numbers=of_numbers, np=np,
        BLOCK=BLOCK, total_weight=total_weight, share_of_row=share_of_row,
        target_of_row=target_of_row,
    )  # fmt: skip


def fused_loss(loss: Loss) -> Any:
    """The compiled form of a loss, or the loss itself if it is not one of nn's."""
    return FusedLoss(loss) if type(loss) in (CrossEntropy, *NUMBER_LOSSES) else loss


class FusedLoss:
    """A loss for the outputs of one network. All other attributes are those of the original."""

    def __init__(self, loss: Any) -> None:
        kind: Any = type(loss)
        self.loss, self.kernel = loss, loss_kernel(kind)
        self.known: dict[tuple[int, Any], tuple[Any, Array, tuple[Any, ...]]] = {}

    def __getattr__(self, name: str) -> Any:
        if name == "loss":  # not set yet, as in a copy
            raise AttributeError(name)
        return getattr(self.loss, name)

    def __call__(self, z: Array, targets: Array, weight: Array | None = None) -> tuple[Any, Array]:
        """The mean loss and dL/dz."""
        dtype, dz = z.dtype, np.empty(z.shape, z.dtype)
        labelled = targets.dtype.kind in "iu"
        labels = targets if labelled else nothing(1, np.dtype(np.int64))
        rows = nothing(2, dtype) if labelled else np.ascontiguousarray(targets)
        weights = nothing(2, dtype) if weight is None else weight.reshape(len(z), -1)
        smoothing, unit, constants = self._settings(z.shape[1], dtype)
        value = self.kernel(
            np.ascontiguousarray(z), labels, rows, weights, smoothing, unit, constants, dz
        )
        return value, dz

    def _settings(self, outputs: int, dtype: Any) -> tuple[Any, Array, tuple[Any, ...]]:
        """The settings of the loss in this precision."""
        if (outputs, dtype) not in self.known:
            self.known[outputs, dtype] = (
                dtype.type(getattr(self.loss, "label_smoothing", 0.0)),
                np.full(outputs, getattr(self.loss, "unit", 1.0), dtype),
                numbers_of(getattr(self.loss, "constants", ()), dtype),
            )
        return self.known[outputs, dtype]
