"""Layers: one family a file, one formula a class."""

from glassnet.nn.layers.activations import (
    ACTIVATIONS,
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
    activation,
)
from glassnet.nn.layers.base import Layer
from glassnet.nn.layers.dense import Dense
from glassnet.nn.layers.dropout import Dropout
from glassnet.nn.layers.shape import Flatten, Reshape, Scale

LAYERS: dict[str, type[Layer]] = {
    **{cls.__name__: cls for cls in (Dense, Dropout, Flatten, Reshape, Scale)},
    **{cls.__name__: cls for cls in ACTIVATIONS.values()},
}

__all__ = [
    "ACTIVATIONS", "ELU", "GELU", "LAYERS", "SELU", "Dense", "Dropout", "Flatten", "Layer",
    "LeakyReLU", "ReLU", "Reshape", "Scale", "SiLU", "Sigmoid", "Softmax", "Softplus", "Tanh",
    "activation",
]  # fmt: skip
