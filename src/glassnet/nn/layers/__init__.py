"""Layers: one family a file, one formula a class."""

from glassnet.nn.layers.activations import (
    ACTIVATIONS,
    ELU,
    GELU,
    SELU,
    Activation,
    LeakyReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
    activation,
)
from glassnet.nn.layers.base import LAYERS, Layer, layer_from
from glassnet.nn.layers.containers import Chain, Concat, Residual, as_layer, walk
from glassnet.nn.layers.dense import Dense
from glassnet.nn.layers.dropout import Dropout
from glassnet.nn.layers.shape import Flatten, Reshape, Scale
from glassnet.nn.layers.words import layers_from, words_for

__all__ = [
    "ACTIVATIONS", "ELU", "GELU", "LAYERS", "SELU", "Activation", "Chain", "Concat", "Dense",
    "Dropout", "Flatten", "Layer", "LeakyReLU", "ReLU", "Reshape", "Residual", "Scale", "SiLU",
    "Sigmoid", "Softmax", "Softplus", "Tanh", "activation", "as_layer", "layer_from",
    "layers_from", "walk", "words_for",
]  # fmt: skip
