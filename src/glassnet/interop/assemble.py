"""What all conversions end with: layers and weights become a network."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array, Shape
from glassnet.base.errors import InputError
from glassnet.nn.layers import ACTIVATIONS, Dense, Layer, Residual
from glassnet.nn.losses import BinaryCrossEntropy, CrossEntropy, Loss, loss_function
from glassnet.nn.task import CLASSES, LABELS, VALUES
from glassnet.sequential import Sequential

KNOWN = (
    "layers that glassnet has: dense, convolution, pooling, normalization, embedding, activations, "
    "dropout, flatten, reshape and scaling"
)
ZEROS = "zeros"  # nothing is drawn: the weights are there


class Part(NamedTuple):
    """A layer, and its parameters by name: `W` (inputs, units) and `b`."""

    layer: Layer
    arrays: Mapping[str, Array] = MappingProxyType({})


def dense(W: Any, b: Any = None) -> Part:
    """A dense layer with these weights, (inputs, units)."""
    W = np.asarray(W)
    layer = Dense(W.shape[1], bias=b is not None, init=ZEROS)
    return Part(layer, {"W": W} if b is None else {"W": W, "b": np.asarray(b)})


def residual(one: Sequence[Layer], other: Sequence[Layer]) -> tuple[Layer, tuple[str, str]]:
    """The sum of two branches, and their names in it: y = projection(x) + body(x). A branch
    without layers is no projection, but x itself."""
    if not one:
        return Residual(other), ("projection", "body")
    return Residual(one, projection=other or None), ("body", "projection")


def container(layer: Layer, names: Sequence[str], branches: Sequence[Sequence[Part]]) -> Part:
    """A layer made of layers, with the arrays of its parts, which have these names in it."""
    arrays = {
        f"{name}.{index}.{own}": values
        for name, branch in zip(names, branches, strict=True)
        for index, part in enumerate(branch)
        for own, values in part.arrays.items()
    }
    return Part(layer, arrays)


def activation(name: str, where: str) -> Part | None:
    """The layer of an activation's name in another library; None for one that does nothing."""
    if name in ("identity", "linear"):
        return None
    ours = {"logistic": "sigmoid", "swish": "silu"}.get(name, name.replace("_", ""))
    names = {each.replace("_", ""): each for each in ACTIVATIONS}
    if ours not in names:
        raise unknown(f"the activation {name!r}", where)
    return Part(ACTIVATIONS[names[ours]]())


def unknown(what: str, where: str) -> InputError:
    """The error for a piece that has no counterpart here."""
    return InputError(f"{where}: {what} cannot be converted: expected {KNOWN}")


def network(
    parts: Sequence[Part],
    input_shape: Shape | None,
    loss: str | Loss | None = None,
    classes: Sequence[Any] = (),
) -> Sequential:
    """The network; `loss` says what outputs mean where no last activation does."""
    if not parts:
        raise InputError("there is no layer to convert")
    arrays = [values for part in parts for values in part.arrays.values()]
    if not arrays and input_shape is None:
        raise InputError("there is no dense layer to convert")
    shape = input_shape or (int(arrays[0].shape[0]),)
    parts, said = _without_last_activation(list(parts), shape, loss)
    double = any(values.dtype == np.float64 for values in arrays)
    dtype = np.float64 if double else np.float32
    made = Sequential([layer for layer, _ in parts], input_shape=shape, dtype=dtype)
    for index, part in enumerate(parts):
        for name, values in part.arrays.items():
            made.parameters[f"{index}.{name}"] = values
    if said is not None:
        made.loss = loss_function(said)
        several = made.loss.from_logits == "sigmoid" and made.output_shape != (1,)
        made.task = VALUES if made.loss.from_logits is None else LABELS if several else CLASSES
    made.classes = tuple(map(str, classes))
    return made


def _without_last_activation(
    parts: list[Part], shape: Shape, loss: str | Loss | None
) -> tuple[list[Part], str | Loss | None]:
    """A last softmax or sigmoid of rows is left to the loss that applies it."""
    for layer, _ in parts:
        shape = layer.output_shape(shape)
    for meant in (CrossEntropy(), BinaryCrossEntropy()):
        applied = loss_function(loss or meant).from_logits == meant.from_logits
        if parts[-1].layer.name == meant.from_logits and applied and len(shape) == 1 < len(parts):
            return parts[:-1], loss or meant
    return parts, loss
