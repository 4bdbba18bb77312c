"""The multilayer perceptron, from the few words that describe it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.arrays import Array, Shape
from glassnet.layers import Dense, Dropout, Flatten, Layer, Scale
from glassnet.sequential import Sequential

Numbers = float | Sequence[float] | Array  # one for all, or one for each


def mlp(
    input_shape: Shape,
    hidden: Sequence[int],
    outputs: int,
    *,
    activation: str = "relu",
    bias: bool = True,
    init: str = "glorot_uniform",
    bias_init: str = "zeros",
    dropout: float = 0.0,
    scale: Numbers = 1.0,
    shift: Numbers = 0.0,
    unit: Numbers = 1.0,
    center: Numbers = 0.0,
    seed: int | None = None,
    dtype: Any = np.float32,
) -> Sequential:
    """Dense layers of the widths `hidden`, an activation behind each, and `outputs` logits.

    Inputs are first brought into range, scale · x + shift, and images are flattened; `dropout`
    follows each activation. Outputs come in the target's `unit`, around its `center`.

    >>> mlp((8, 8), [16], 10, scale=1 / 16).summary().total.parameters
    1210
    """
    layers: list[Layer] = _scale(scale, shift)
    if len(input_shape) > 1:
        layers.append(Flatten())
    for units in hidden:
        layers.append(Dense(units, activation, bias, init, bias_init))
        if dropout:
            layers.append(Dropout(dropout))
    layers.append(Dense(outputs, None, bias, init, bias_init))
    layers += _scale(unit, center)
    return Sequential(layers, input_shape=input_shape, seed=seed, dtype=dtype)


def _scale(factor: Numbers, shift: Numbers) -> list[Layer]:
    """The layer, where it changes anything."""
    nothing = np.all(np.equal(factor, 1)) and np.all(np.equal(shift, 0))
    return [] if nothing else [Scale(factor, shift)]
