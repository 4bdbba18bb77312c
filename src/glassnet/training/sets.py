"""What a training learns from and is judged by: samples with their targets and weights."""

from typing import Any, cast

import numpy as np

from glassnet.base.arrays import Array, Shape
from glassnet.base.errors import InputError
from glassnet.base.row_view import Rows
from glassnet.data import split
from glassnet.nn.losses import ClassWeight, Loss, sample_weights
from glassnet.nn.network import Network
from glassnet.nn.task import Task

Sets = tuple[Array, ...]  # inputs, targets and, if samples are weighted, their weights


def sets_of(
    network: Network,
    x: Array,
    y: Any,
    loss: Loss,
    outputs: int,
    sample_weight: Any = None,
    class_weight: ClassWeight = None,
) -> Sets:
    """Inputs that the network has checked, targets as the loss takes them, and weights if any."""
    targets = loss.targets(y, outputs, network.dtype)
    if len(targets) != len(x):
        raise InputError(f"x has {len(x)} samples and y has {len(targets)}: expected as many")
    task = loss.task(targets)
    if class_weight is not None and not task.has_probabilities:
        raise InputError("class_weight needs class labels; for values use sample_weight")
    independent = task.has_probabilities and not task.exclusive
    weight = sample_weights(
        targets, sample_weight, class_weight, network.dtype, independent, max(outputs, 2)
    )
    return (x, targets) if weight is None else (x, targets, weight)


def rows_of(whole: Sets, rows: Array) -> Sets:
    """These rows: of the inputs, which may be large, without a copy."""
    x, *others = whole
    return cast(Array, Rows(x, rows)), *(a[rows] for a in others)


def given_validation(network: Network, whole: Sets, validation: Any, loss: Loss) -> Sets | None:
    """The data given to validate on; None if a share will be held out, or nothing."""
    if isinstance(validation, (tuple, list)):
        return _checked(network, whole, validation, loss)
    if validation is None:
        return None
    plain = isinstance(validation, (int, float)) and not isinstance(validation, bool)
    if not plain or not 0 <= validation < 1:
        raise InputError(
            f"validation is {validation!r}: expected a fraction of 0 or more and less than 1, "
            "or (x, y)"
        )
    rows = np.arange(len(whole[0]))
    if validation and not len(stratified(rows, whole[1], validation, seed=0)[1]):
        raise InputError(
            f"validation {validation} of {len(whole[0])} samples holds out none: "
            "give more samples, a larger fraction, or (x, y)"
        )
    return None


def _checked(network: Network, whole: Sets, given: Any, loss: Loss) -> Sets:
    if len(given) not in (2, 3):
        raise InputError("validation: expected a fraction, (x, y) or (x, y, sample_weight)")
    x, y, *weight = given
    x, shape = network.check_inputs(x), whole[0].shape[1:]
    if x.shape[1:] != shape:
        raise InputError(
            f"validation has samples of shape {x.shape[1:]}: expected {shape}, as in training"
        )
    held_out = sets_of(network, x, y, loss, outputs_of(network, shape), *weight)
    check_alike("validation y", held_out[1], loss.task(whole[1]))
    return held_out


def outputs_of(network: Network, input_shape: Shape) -> int:
    """How many numbers the network gives for a sample of this shape."""
    output_shape = network.shapes(input_shape)[-1]
    if len(output_shape) != 1:
        raise InputError(
            f"the last layer gives samples of shape {output_shape}: expected rows, "
            "so end with a Dense"
        )
    return output_shape[0]


def stratified(rows: Array, targets: Array, fraction: float, seed: int) -> tuple[Array, Array]:
    """The rows to train on and the rows to hold out, stratified by label."""
    train, _, held, _ = split(rows, targets, fraction, seed)
    return train, held


def check_alike(name: str, targets: Array, task: Task | None) -> None:
    """Raise `InputError` for labels of classes if something else was learned."""
    if task is not None and not task.exclusive and targets.dtype.kind in "iu":
        raise InputError(
            f"{name} has a label for each sample, and the network has learned {task}: expected "
            "rows, a number for each output"
        )
