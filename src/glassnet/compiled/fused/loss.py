"""A loss and its gradient in one pass over the rows of outputs."""

from functools import cache
from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.compiled.compiler import inner
from glassnet.compiled.descent import share_of_row, total_weight
from glassnet.compiled.formulas import NUMBER_LOSSES, choice, judging
from glassnet.compiled.fused.kernels import nothing, numbers_of, written
from glassnet.compiled.judging import cross_entropy_of_row, target_of_row
from glassnet.nn.losses import CrossEntropy, Loss

ROWS = """
def kernel(z, labels, targets, weights, smoothing, unit, constants, dz):
    rows, outputs = z.shape
    target, share = np.empty(outputs, z.dtype), np.empty(outputs, z.dtype)
    whole = total_weight(weights, 0, rows, columns(outputs))
    value = 0.0
    for i in range(rows):
        target_of_row(labels, targets, i, target, smoothing)
        share_of_row(weights, i, whole, share)
        value += of_row(z[i], target, dz[i], unit, share, constants)
    return value
"""


@inner
def one(outputs: Any) -> Any:
    """Cross-entropy is one number for all outputs of a sample."""
    return 1


@inner
def each(outputs: Any) -> Any:
    """Other losses are one number for each output."""
    return outputs


@inner
def _cross_entropy(z: Any, t: Any, dz: Any, unit: Any, share: Any, constants: Any) -> Any:
    return cross_entropy_of_row(z, t, dz, share[0])


@cache
def loss_kernel(kind: type[Loss]) -> Any:
    """The loss of all rows, and into dz its gradient."""
    name = f"loss_{kind.__name__}"
    parts = {"np": np, "total_weight": total_weight, "share_of_row": share_of_row}
    parts |= {"target_of_row": target_of_row, "columns": each}
    if kind is CrossEntropy:
        parts |= {"columns": one, "of_row": _cross_entropy}
    else:
        arguments = "z, t, dz, unit, share, constants"
        judge = inner(choice(name, arguments, [judging(kind)]))
        parts["of_row"] = inner(
            lambda z, t, dz, unit, share, constants: judge(
                0, z, t, dz, unit, share, constants
            )
        )  # fmt: skip
    return written(name, ROWS.replace("def kernel", f"def {name}"), **parts)


def fused_loss(loss: Loss) -> Any:
    """The loss in its compiled form; itself, if it is none of nn's."""
    return FusedLoss(loss) if type(loss) in (CrossEntropy, *NUMBER_LOSSES) else loss


class FusedLoss:
    """A loss for one network's outputs, whose every other word is the original's."""

    def __init__(self, loss: Any) -> None:
        self.loss, self.kernel = loss, loss_kernel(type(loss))

    def __getattr__(self, name: str) -> Any:
        if name == "loss":  # not yet there, as in a copy
            raise AttributeError(name)
        return getattr(self.loss, name)

    def __call__(self, z: Array, targets: Array, weight: Array | None = None) -> tuple[Any, Array]:
        """The mean loss and dL/dz, as the loss gives them."""
        dtype, dz = z.dtype, np.empty(z.shape, z.dtype)
        labelled = targets.dtype.kind in "iu"
        labels = targets if labelled else nothing(1, np.dtype(np.int64))
        rows = nothing(2, dtype) if labelled else np.ascontiguousarray(targets)
        weights = nothing(2, dtype) if weight is None else weight.reshape(len(z), -1)
        smoothing = dtype.type(getattr(self.loss, "label_smoothing", 0.0))
        unit = np.full(z.shape[-1], getattr(self.loss, "unit", 1.0), dtype)
        constants = numbers_of(getattr(self.loss, "constants", ()), dtype)
        value = self.kernel(
            np.ascontiguousarray(z), labels, rows, weights, smoothing, unit, constants, dz
        )
        return value, dz
