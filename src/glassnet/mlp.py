"""The multilayer perceptron, from the few words that describe it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.arrays import Shape
from glassnet.layers import Dense, Dropout, Flatten, Layer, Scale
from glassnet.sequential import Sequential


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
    scale: float = 1.0,
    seed: int | None = None,
    dtype: Any = np.float32,
) -> Sequential:
    """Dense layers of the widths `hidden`, an activation behind each, and `outputs` logits.

    `scale` brings raw values into range first, images are flattened, `dropout` follows each
    activation.

    >>> mlp((8, 8), [16], 10, scale=1 / 16).summary().total.parameters
    1210
    """
    layers: list[Layer] = [] if scale == 1 else [Scale(scale)]
    if len(input_shape) > 1:
        layers.append(Flatten())
    for units in hidden:
        layers.append(Dense(units, activation, bias, init, bias_init))
        if dropout:
            layers.append(Dropout(dropout))
    layers.append(Dense(outputs, None, bias, init, bias_init))
    return Sequential(layers, input_shape=input_shape, seed=seed, dtype=dtype)
