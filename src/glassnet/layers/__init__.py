"""Layers: one family a file, one formula a class."""

from collections.abc import Mapping
from typing import Any

from glassnet.described import make
from glassnet.layers.activations import (
    ELU,
    GELU,
    SELU,
    LeakyReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from glassnet.layers.base import Layer
from glassnet.layers.dense import Dense
from glassnet.layers.dropout import Dropout
from glassnet.layers.shape import Flatten, Reshape, Scale

ACTIVATIONS: dict[str, type[Layer]] = {
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "elu": ELU,
    "selu": SELU,
    "gelu": GELU,
    "silu": SiLU,
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "softplus": Softplus,
    "softmax": Softmax,
}

LAYERS: dict[str, type[Layer]] = {
    **{cls.__name__: cls for cls in (Dense, Dropout, Flatten, Reshape, Scale)},
    **{cls.__name__: cls for cls in ACTIVATIONS.values()},
}


def activation(given: "str | Mapping[str, Any] | Layer") -> Layer:
    """An activation from its name, `"leaky_relu:slope=0.1"`, its config, or itself."""
    return make("activation", given, ACTIVATIONS, Layer)


__all__ = [
    "ACTIVATIONS", "ELU", "GELU", "LAYERS", "SELU", "Dense", "Dropout", "Flatten", "Layer",
    "LeakyReLU", "ReLU", "Reshape", "Scale", "SiLU", "Sigmoid", "Softmax", "Softplus", "Tanh",
    "activation",
]  # fmt: skip
