"""The multilayer perceptron, from the few words that describe it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.base.arrays import Array, Shape
from glassnet.base.configurable import checked
from glassnet.base.errors import InputError
from glassnet.nn.layers import Dense, Dropout, Flatten, Layer, Scale
from glassnet.nn.layers import activation as find_activation
from glassnet.sequential import Sequential

Numbers = float | Sequence[float] | Array  # one for all, or one for each


@checked
def mlp(
    input_shape: Shape,
    hidden: Sequence[int],
    outputs: int,
    *,
    activation: str = "relu",
    bias: bool = True,
    init: str = "glorot_uniform",
    bias_init: str = "zeros",
    dropout: float | Sequence[float] = 0.0,
    scale: Numbers = 1.0,
    shift: Numbers = 0.0,
    unit: Numbers = 1.0,
    center: Numbers = 0.0,
    first: Sequence[Layer] = (),
    seed: int | None = None,
    dtype: Any = np.float32,
) -> Sequential:
    """A multilayer perceptron in few words: dense layers, an activation after each, and logits.

    - `input_shape`: of one sample; images are flattened.
    - `hidden`: the width of each hidden layer.
    - `outputs`: the number of logits.
    - `activation="relu"`: after each hidden layer.
    - `bias=True`, `init="glorot_uniform"`, `bias_init="zeros"`: as in `Dense`, of all layers.
    - `dropout=0`: after each activation, one rate or one for each.
    - `scale=1`, `shift=0`: inputs are first brought into range, scale · x + shift.
    - `unit=1`, `center=0`: outputs come in the target's unit, around its center.
    - `first`: layers before the first hidden one, such as `PeriodicEmbedding()`.
    - `seed`, `dtype=float32`: as in `Sequential`.

    >>> mlp((8, 8), [16], 10, scale=1 / 16).summary().total.parameters
    1210
    """
    if not len(hidden) and (activation != "relu" or np.any(dropout)):
        raise InputError("activation and dropout are for hidden layers and there is none")
    rows = [Flatten()] if len(input_shape) > 1 else []
    layers = [*rows, *first, *hidden_layers(hidden, activation, dropout, bias, init, bias_init)]
    last = Dense(outputs, None, bias, init, bias_init)
    framed = in_units([*layers, last], scale, shift, unit, center)
    return Sequential(framed, input_shape=input_shape, seed=seed, dtype=dtype)


def in_units(
    layers: Sequence[Layer],
    scale: Numbers = 1.0,
    shift: Numbers = 0.0,
    unit: Numbers = 1.0,
    center: Numbers = 0.0,
) -> list[Layer]:
    """These layers between the input's range, scale · x + shift, and the target's unit and center.

    >>> in_units([Dense(2)], scale=1 / 16)
    [Scale(0.0625), Dense(2)]
    """
    return [*_scale(scale, shift), *layers, *_scale(unit, center)]


def hidden_layers(
    hidden: Sequence[int],
    activation: str | None = "relu",
    dropout: float | Sequence[float] = 0.0,
    *dense: Any,
) -> list[Layer]:
    """Dense layers of these widths, an activation and dropout after each; `dense` are more of
    their settings.

    >>> hidden_layers([8, 4], "tanh", [0.2, 0.0])
    [Dense(8, activation='tanh'), Dropout(rate=0.2), Dense(4, activation='tanh')]
    """
    if activation is not None:
        find_activation(activation)
    several = isinstance(dropout, (list, tuple, np.ndarray))
    rates: Any = dropout if several else [dropout] * len(hidden)
    if len(rates) != len(hidden):
        raise InputError(
            f"dropout has {len(rates)} rates and there are {len(hidden)} hidden layers: give one "
            "for all, or one for each"
        )
    layers: list[Layer] = []
    for units, rate in zip(hidden, rates, strict=True):
        layers.append(Dense(units, activation, *dense))
        layers += [Dropout(rate)] if rate else []
    return layers


def _scale(factor: Numbers, shift: Numbers) -> list[Layer]:
    """The layer, if it changes anything."""
    nothing = np.all(np.equal(factor, 1)) and np.all(np.equal(shift, 0))
    return [] if nothing else [Scale(factor, shift)]
