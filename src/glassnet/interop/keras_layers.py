"""Keras's layers as layers here: exact classes, exact settings, exact precision."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from glassnet.base.arrays import Array, Shape
from glassnet.base.optional import need
from glassnet.interop.assemble import Part, dense
from glassnet.interop.pieces import Read, known_as, one, only, refused
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

WHERE = "from_keras"
PLAIN = plain("keras")


def is_model(given: Any) -> bool:
    """Whether it is a model that is nothing but its graph of layers."""
    functional = need("keras.src.models.functional", WHERE).Functional  # which has no public name
    return type(given) in (need("keras", WHERE).Sequential, functional)


def check(layer: Any, precision: str) -> None:
    """Refuse a layer that does not compute what its class does, in the network's precision.

    Of a model its input alone is in a precision: its layers are in their own.
    """
    kind = type(layer).__name__
    if "call" in vars(layer):
        raise refused(f"layer {kind} with a call of its own", "a layer as Keras made it")
    if layer.quantization_mode is not None:
        raise refused(f"layer {kind} quantized to {layer.quantization_mode}", "one that is not")
    given = {layer.compute_dtype, layer.variable_dtype}
    if is_model(layer):
        given = {"sparse" if each.sparse else each.dtype for each in layer.inputs}
    if given != {precision}:
        found = " and ".join(sorted(given))
        raise refused(f"layer {kind} of {found}", f"{precision}, as of the model's input")


def _dense(layer: Any, shape: Shape) -> Iterator[Part]:
    yield dense(numbers(layer.kernel), None if layer.bias is None else numbers(layer.bias))
    yield from activation(layer, shape)


def activation(layer: Any, shape: Shape) -> Iterator[Part]:
    """The activation that a layer applies, if it does."""
    keras = need("keras", WHERE)
    function = layer.activation
    if function is None or function is keras.activations.linear:
        return
    kind = known_as(function, keras.layers)
    if kind in ACTIVATION_LAYERS:
        check(function, layer.compute_dtype)
        yield from ROWS[kind](function, shape)
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
    found = numbers(getattr(layer, name))
    if found.ndim > len(shape) + 1 or found.size != max(found.shape[-1:], default=1):
        what = f"{type(layer).__name__} with {name} of shape {found.shape}"
        raise refused(what, "one number, or one for each feature")
    return found.reshape(-1 if found.size > 1 else ())


def numbers(values: Any) -> Array:
    """A tensor's values."""
    keras = need("keras", WHERE)
    tensor = values.value if isinstance(values, keras.Variable) else values
    found: Array = keras.ops.convert_to_numpy(tensor)
    return found


ROWS: dict[str | None, Read] = {
    **{name: one(row.make) for name, row in PLAIN.items()},
    "Dense": _dense,
    "Activation": activation,
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
