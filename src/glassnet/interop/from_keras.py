"""From Keras 3: a `keras.Sequential`, or a functional model whose layers stand in a row."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any

import numpy as np

from glassnet.base.arrays import Array, Shape
from glassnet.base.errors import InputError
from glassnet.base.optional import need
from glassnet.interop.assemble import Part, dense, network
from glassnet.interop.graph import Node, row
from glassnet.interop.pieces import Read, described, known_as, one, only, read_row, refused
from glassnet.interop.spellings import activations, plain
from glassnet.nn.layers import (  # fmt: skip
    ELU,
    GELU,
    Dropout,
    Flatten,
    GaussianNoise,
    Layer,
    LeakyReLU,
    ReLU,
    Reshape,
    Scale,
    Softmax,
)
from glassnet.nn.losses import Loss
from glassnet.sequential import Sequential

WHERE = "from_keras"
PLAIN = plain("keras")


def from_keras(model: Any, loss: str | Loss | None = None) -> Sequential:
    """The network of a Keras model that was built; `loss` says what the outputs mean.

    A layer that is called twice becomes two layers. Raises InputError for what is not one row of
    layers, and for a layer whose class, settings or precision have no counterpart here.
    """
    if not _is_model(model):
        kind = described(model, need("keras", WHERE))
        raise refused(f"{WHERE}: a {kind}", "a keras.Sequential, or a keras.Model(inputs, outputs)")
    pieces = list(_row(model, WHERE))
    given = model.inputs[0]
    if given.dtype not in ("float32", "float64"):
        raise refused(f"{WHERE}: an input of {given.dtype}", "float32 or float64")
    shape = tuple(given.shape[1:])
    if not shape or None in shape:
        raise refused(f"{WHERE}: samples of shape {shape}", "known sizes")
    return network(read_row(pieces, partial(_parts, given.dtype), shape), shape, loss)


# ---- the layers that are called, one after another


def _is_model(given: Any) -> bool:
    """Whether it is a model that is nothing but its graph of layers."""
    functional = need("keras.src.models.functional", WHERE).Functional  # which has no public name
    return type(given) in (need("keras", WHERE).Sequential, functional)


def _row(model: Any, place: str) -> Iterator[tuple[str, Any]]:
    """The model, then what is called between its one input and its one output, with the places."""
    inputs, outputs = getattr(model, "inputs", []), getattr(model, "outputs", [])
    if not outputs:
        raise refused(f"{place}: a model that is not built", "keras.Input(shape) in front")
    for what, arrays in (("inputs", inputs), ("outputs", outputs)):
        if len(arrays) != 1:
            names = " and ".join(map(_name, arrays))
            raise refused(f"{place}: a model with the {what} {names}", "one input and one output")
    yield place, model
    for call in row(list(_calls(model)), _name(inputs[0]), _name(outputs[0]), place):
        layer = call.made.operation
        where = f"{place}: {layer.name}"
        _check_arguments(call, where)
        if _is_model(layer):
            yield from _row(layer, where)
        else:
            yield where, layer


@dataclass(frozen=True)
class Call(Node):
    """A call of a layer or an operation, as Keras keeps it."""

    made: Any


def _calls(model: Any) -> Iterator[Call]:
    graph = getattr(model, "_functional", model)  # of a Sequential, the graph that it calls
    for call in chain.from_iterable(graph._nodes_by_depth.values()):
        inputs, outputs = (tuple(map(_name, each)) for each in (call.input_tensors, call.outputs))
        if type(call.operation) is not need("keras", WHERE).layers.InputLayer:
            yield Call(_label(call.operation), inputs, outputs, call)


def _name(array: Any) -> str:
    """The name of what gives an array, and of which of its calls and outputs."""
    operation, *numbers = tuple(array._keras_history)
    return ".".join([operation.name, *map(str, numbers if any(numbers) else ())])


def _label(operation: Any) -> str:
    return f"{type(operation).__name__} {operation.name!r}"


def _check_arguments(call: Call, place: str) -> None:
    """That an operation is called with one array alone: no mask, no training, no number."""
    arguments = call.made.arguments
    settings = {  # Keras itself notes mask=None and training=False
        name: each
        for name, each in arguments.kwargs.items()
        if each is not None and each is not False
    }
    given = [*arguments.args, *settings.values()]
    if len(given) != 1 or given[0] is not call.made.input_tensors[0]:
        what = " and ".join(["an array", *settings]) if settings else "more than an array"
        raise refused(f"{place}: {call.label} called with {what}", "a call with one array alone")


# ---- what each of them is here


def _parts(precision: str, layer: Any, shape: Shape) -> Iterator[Part]:
    kind = known_as(layer, need("keras.layers", WHERE))
    if kind not in READ and not _is_model(layer):
        raise _unknown(layer)
    _check(layer, precision)
    if kind in READ:
        yield from READ[kind](layer, shape)


def _unknown(layer: Any) -> InputError:
    keras = need("keras", WHERE)
    kind = described(layer, keras.layers)
    if isinstance(layer, keras.layers.Layer):
        return refused(f"layer {kind}")
    return refused(f"operation {kind}", "layers, such as keras.layers.Activation('tanh')")


def _check(layer: Any, precision: str) -> None:
    """Refuse a layer that does not compute what its class does, in the network's precision.

    Of a model its input alone is in a precision: its layers are in their own.
    """
    kind = type(layer).__name__
    if "call" in vars(layer):
        raise refused(f"layer {kind} with a call of its own", "a layer as Keras made it")
    if layer.quantization_mode is not None:
        raise refused(f"layer {kind} quantized to {layer.quantization_mode}", "one that is not")
    given = {layer.compute_dtype, layer.variable_dtype}
    if _is_model(layer):
        given = {"sparse" if each.sparse else each.dtype for each in layer.inputs}
    if given != {precision}:
        found = " and ".join(sorted(given))
        raise refused(f"layer {kind} of {found}", f"{precision}, as of the model's input")


def _dense(layer: Any, shape: Shape) -> Iterator[Part]:
    yield dense(_numbers(layer.kernel), None if layer.bias is None else _numbers(layer.bias))
    yield from _activation(layer, shape)


def _activation(layer: Any, shape: Shape) -> Iterator[Part]:
    keras = need("keras", WHERE)
    function = layer.activation
    if function is None or function is keras.activations.linear:
        return
    kind = known_as(function, keras.layers)
    if kind in ACTIVATION_LAYERS:
        _check(function, layer.compute_dtype)
        yield from READ[kind](function, shape)
        return
    name = str(getattr(function, "__name__", type(function).__name__))
    if name not in ACTIVATIONS or function is not getattr(keras.activations, name):
        home = getattr(function, "__module__", None)
        raise refused(f"the activation {name!r} of {home}", ", ".join(ACTIVATIONS))
    yield Part(ACTIVATIONS[name]())


ACTIVATION_LAYERS = ("ReLU", "LeakyReLU", "ELU", "Softmax")
ACTIVATIONS: dict[str, Callable[[], Layer]] = {
    **activations(),
    "relu": ReLU,
    "leaky_relu": lambda: LeakyReLU(0.2),  # Keras's own default slope
    "elu": ELU,
    "gelu": GELU,
    "softmax": Softmax,
}


def _relu(layer: Any, shape: Shape) -> Layer:
    only(layer, max_value=None, threshold=0)
    leaky = LeakyReLU(layer.negative_slope)
    return leaky if leaky.slope else ReLU()


def _softmax(layer: Any, shape: Shape) -> Layer:
    only(layer, axis=(-1, len(shape)))
    return Softmax()


def _dropout(layer: Any, shape: Shape) -> Layer:
    only(layer, noise_shape=None)
    return Dropout(layer.rate)


def _gaussian_noise(layer: Any, shape: Shape) -> Layer:
    return GaussianNoise(layer.stddev)


def _flatten(layer: Any, shape: Shape) -> Layer:
    if len(shape) > 1:
        only(layer, data_format="channels_last")
    return Flatten()


def _reshape(layer: Any, shape: Shape) -> Layer:
    if not layer.target_shape:
        raise refused("Reshape to single numbers", "rows, or samples of a shape")
    return Reshape(tuple(layer.target_shape))


def _rescaling(layer: Any, shape: Shape) -> Layer:
    scale = _each(layer, "scale", shape)
    if scale.ndim and need("keras", WHERE).config.image_data_format() != "channels_last":
        raise refused("Rescaling in channels_first", "channels_last")
    return Scale(scale, _each(layer, "offset", shape))


def _normalization(layer: Any, shape: Shape) -> Iterator[Part]:
    """(x − mean) / std in two steps: x / std − mean / std is less exact if the mean is large."""
    mean, variance = _each(layer, "mean", shape), _each(layer, "variance", shape)
    std = np.maximum(np.sqrt(variance), need("keras", WHERE).config.epsilon())
    if layer.invert:
        yield Part(Scale(std, mean))
    else:
        yield Part(Scale(1.0, -mean))
        yield Part(Scale(1 / std))


def _each(layer: Any, name: str, shape: Shape) -> Array:
    """A setting that is one number, or one for each feature, the last axis."""
    numbers = _numbers(getattr(layer, name))
    if numbers.ndim > len(shape) + 1 or numbers.size != max(numbers.shape[-1:], default=1):
        what = f"{type(layer).__name__} with {name} of shape {numbers.shape}"
        raise refused(what, "one number, or one for each feature")
    return numbers.reshape(-1 if numbers.size > 1 else ())


def _numbers(values: Any) -> Array:
    keras = need("keras", WHERE)
    tensor = values.value if isinstance(values, keras.Variable) else values
    numbers: Array = keras.ops.convert_to_numpy(tensor)
    return numbers


READ: dict[str | None, Read] = {
    **{name: one(row.make) for name, row in PLAIN.items()},
    "Dense": _dense,
    "Activation": _activation,
    "ReLU": one(_relu),
    "Softmax": one(_softmax),
    "Dropout": one(_dropout),
    "GaussianNoise": one(_gaussian_noise),
    "Flatten": one(_flatten),
    "Reshape": one(_reshape),
    "Rescaling": one(_rescaling),
    "Normalization": _normalization,
    "Identity": lambda layer, shape: (),
}
