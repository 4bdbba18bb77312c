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
    Softplus,
    Tanh,
    activation,
)
from glassnet.nn.layers.augmentation import (
    Augmentation,
    GaussianNoise,
    RandomErase,
    RandomFlip,
    RandomShift,
)
from glassnet.nn.layers.base import LAYERS, Layer, layer_from
from glassnet.nn.layers.containers import Chain, Concat, Residual, as_layer, walk
from glassnet.nn.layers.convolution import Conv1D, Conv2D
from glassnet.nn.layers.dense import Dense
from glassnet.nn.layers.dropout import Dropout
from glassnet.nn.layers.embedding import Embedding
from glassnet.nn.layers.normalization import BatchNorm, GroupNorm, LayerNorm, RMSNorm
from glassnet.nn.layers.periodic import PeriodicEmbedding
from glassnet.nn.layers.pooling import (
    AveragePool1D,
    AveragePool2D,
    GlobalAveragePool,
    GlobalMaxPool,
    MaxPool1D,
    MaxPool2D,
)
from glassnet.nn.layers.shape import Flatten, Permute, Reshape, Scale, UpSample2D, ZeroPad2D
from glassnet.nn.layers.softmax import Softmax
from glassnet.nn.layers.warping import ElasticDistortion, RandomAffine, RandomRotation
from glassnet.nn.layers.words import layers_from, words_for

__all__ = [
    "ACTIVATIONS", "ELU", "GELU", "LAYERS", "SELU", "Activation", "Augmentation", "AveragePool1D",
    "AveragePool2D", "BatchNorm", "Chain", "Concat", "Conv1D", "Conv2D", "Dense", "Dropout",
    "ElasticDistortion", "Embedding", "Flatten", "GaussianNoise", "GlobalAveragePool",
    "GlobalMaxPool", "GroupNorm", "Layer", "LayerNorm", "LeakyReLU", "MaxPool1D", "MaxPool2D",
    "PeriodicEmbedding", "Permute", "RMSNorm", "RandomAffine", "RandomErase", "RandomFlip",
    "RandomRotation", "RandomShift", "ReLU", "Reshape", "Residual", "Scale", "SiLU", "Sigmoid",
    "Softmax", "Softplus", "Tanh", "UpSample2D", "ZeroPad2D", "activation", "as_layer",
    "layer_from", "layers_from", "walk", "words_for",
]  # fmt: skip
