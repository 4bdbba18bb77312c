"""From Keras 3: a `keras.Sequential`, or a functional model whose layers stand in a row."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from glassnet.arrays import Shape
from glassnet.convert.building import Part, activation, dense, network, unknown
from glassnet.layers import ELU, Dropout, Flatten, LeakyReLU, ReLU, Reshape, Scale, Softmax
from glassnet.losses import Loss
from glassnet.packages import need
from glassnet.sequential import Sequential

WHERE = "from_keras"


def from_keras(model: Any, loss: str | Loss | None = None) -> Sequential:
    """The network of a Keras model that was built; `loss` says what the outputs mean.

    Raises InputError for a layer that has no counterpart here.
    """
    shape: Shape = tuple(model.input_shape[1:])
    return network([part for layer in model.layers for part in _parts(layer)], shape, loss)


def _parts(layer: Any) -> Iterator[Part]:
    kind = type(layer).__name__
    if kind == "Sequential":
        for each in layer.layers:
            yield from _parts(each)
    elif kind == "Dense":
        ops = need("keras.ops", WHERE)
        yield dense(*(ops.convert_to_numpy(each.value) for each in layer.weights))
        yield from _activation(layer)
    elif kind == "Activation":
        yield from _activation(layer)
    elif kind in PLAIN:
        yield Part(PLAIN[kind](layer))
    elif kind != "InputLayer":
        raise unknown(f"layer {kind}", WHERE)


def _activation(layer: Any) -> Iterator[Part]:
    name = getattr(layer.activation, "__name__", type(layer.activation).__name__)
    if name == "leaky_relu":
        yield Part(LeakyReLU(0.2))  # Keras's own default slope
    elif (found := activation(name, WHERE)) is not None:
        yield found


def _relu(layer: Any) -> Any:
    if layer.max_value is not None or layer.threshold:
        raise unknown("ReLU with a maximum or a threshold", WHERE)
    return LeakyReLU(float(layer.negative_slope)) if layer.negative_slope else ReLU()


def _scale(layer: Any) -> Scale:
    return Scale(_numbers(layer.scale), _numbers(layer.offset))


def _normalization(layer: Any) -> Scale:
    mean, std = (np.ravel(np.asarray(each)) for each in (layer.mean, layer.variance**0.5))
    std = np.maximum(std, 1e-7)
    return Scale(list(map(float, 1 / std)), list(map(float, -mean / std)))


def _numbers(value: Any) -> Any:
    return float(value) if np.ndim(value) == 0 else [float(each) for each in np.ravel(value)]


PLAIN: dict[str, Callable[[Any], Any]] = {
    "ReLU": _relu,
    "LeakyReLU": lambda layer: LeakyReLU(float(layer.negative_slope)),
    "ELU": lambda layer: ELU(float(layer.alpha)),
    "Softmax": lambda layer: Softmax(),
    "Dropout": lambda layer: Dropout(float(layer.rate)),
    "Flatten": lambda layer: Flatten(),
    "Reshape": lambda layer: Reshape(tuple(layer.target_shape)),
    "Rescaling": _scale,
    "Normalization": _normalization,
}
