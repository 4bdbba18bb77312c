"""A network's layers replaced by their compiled forms, some of them merged."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

from glassnet.compiled.fused.activation import Curved, FusedActivation
from glassnet.compiled.fused.convolution import FusedConvolution, FusedDepthwise
from glassnet.compiled.fused.dense import FusedDense
from glassnet.compiled.fused.dropout import FusedDropout
from glassnet.compiled.fused.group_norm import FusedGroupNorm
from glassnet.compiled.fused.normalization import FusedBatchNorm, FusedRowNorm
from glassnet.compiled.fused.pooling import (
    FusedAveragePool,
    FusedGlobalAveragePool,
    FusedGlobalMaxPool,
    FusedMaxPool,
)
from glassnet.compiled.fused.scale import FusedScale
from glassnet.nn.layers import (
    AveragePool1D,
    AveragePool2D,
    BatchNorm,
    Chain,
    Concat,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    GlobalAveragePool,
    GlobalMaxPool,
    GroupNorm,
    Layer,
    LayerNorm,
    MaxPool1D,
    MaxPool2D,
    Residual,
    RMSNorm,
    Scale,
)

WITH_ACTIVATION: dict[type[Layer], Callable[..., Layer]] = {
    Dense: FusedDense,
    BatchNorm: FusedBatchNorm,
}
"""Layers that take the activation after them into the same pass."""

CONVOLUTIONS: dict[type[Layer], type[Layer]] = {Conv1D: MaxPool1D, Conv2D: MaxPool2D}
"""Convolutions, and the pooling that each can take into the same pass."""


def fused(layer: Layer) -> Layer:
    """The compiled form of a bound layer and of all layers in it, with the same parameters,
    gradients, formulas and noise.

    Layers without a compiled form, such as a user's own, are kept.
    """
    return CONTAINERS.get(type(layer), _alone)(layer)


def _alone(layer: Layer) -> Layer:
    if Curved.knows(layer):
        return FusedActivation(layer)
    form = ALONE.get(type(layer))
    return layer if form is None else form(layer)


def _chain(chain: Any) -> Layer:
    """The chain with nested chains flattened and runs of layers merged."""
    twin: Chain = copy.copy(chain)
    runs = list(_runs(list(_opened(chain))))
    twin.layers, twin.maxima_first = [_made(run) for run in runs], []
    first = _first_trainable(chain)
    there = (at for at, run in enumerate(runs) if any(layer is first for layer in run))
    twin.first_trainable = next(there, len(runs))
    return twin


def _made(run: list[Layer]) -> Layer:
    if type(run[0]) in CONVOLUTIONS:
        activation = next((layer for layer in run[1:] if Curved.knows(layer)), None)
        pool = next((layer for layer in run[1:] if layer is not activation), None)
        return _convolution(run[0], activation, pool)
    return fused(run[0]) if len(run) == 1 else WITH_ACTIVATION[type(run[0])](*run)


def _convolution(layer: Any, *after: Any) -> Layer:
    depthwise = layer.groups > 1 and layer.W.shape[-2] == 1
    return (FusedDepthwise if depthwise else FusedConvolution)(layer, *after)


def _first_trainable(chain: Chain) -> Layer | None:
    """The first trainable layer of a flattened chain."""
    if chain.first_trainable == len(chain.layers):
        return None
    layer = chain.layers[chain.first_trainable]
    return _first_trainable(layer) if type(layer) is Chain else layer


def _runs(layers: list[Layer]) -> Iterator[list[Layer]]:
    """Groups of layers that are merged into one."""
    at = 0
    while at < len(layers):
        run = _run(layers[at : at + 3])
        yield run
        at += len(run)


def _run(layers: list[Layer]) -> list[Layer]:
    """As many of these layers as can be merged with the first."""
    kind, end = type(layers[0]), 1
    if kind not in WITH_ACTIVATION and kind not in CONVOLUTIONS:
        return layers[:1]
    curved = len(layers) > 1 and Curved.knows(layers[1])
    end += curved
    if kind in CONVOLUTIONS and len(layers) > end and type(layers[end]) is CONVOLUTIONS[kind]:
        # If the derivative of the activation needs its input, all of that is kept anyway.
        end += not curved or layers[1].from_output
    return layers[:end]


def _opened(chain: Chain) -> Iterator[Layer]:
    for layer in chain.layers:
        yield from _opened(layer) if type(layer) is Chain else [layer]


def _residual(residual: Any) -> Layer:
    twin: Residual = copy.copy(residual)
    twin.body = fused(residual.body)
    twin.projection = None if residual.projection is None else fused(residual.projection)
    return twin


def _concat(concat: Any) -> Layer:
    twin: Concat = copy.copy(concat)
    twin.branches = [fused(branch) for branch in concat.branches]
    return twin


CONTAINERS: dict[type[Layer], Callable[[Any], Layer]] = {
    Chain: _chain,
    Residual: _residual,
    Concat: _concat,
}

ALONE: dict[type[Layer], Callable[[Any], Layer]] = {
    MaxPool1D: FusedMaxPool,
    MaxPool2D: FusedMaxPool,
    AveragePool1D: FusedAveragePool,
    AveragePool2D: FusedAveragePool,
    GlobalMaxPool: FusedGlobalMaxPool,
    GlobalAveragePool: FusedGlobalAveragePool,
    Conv1D: _convolution,
    Conv2D: _convolution,
    Dropout: FusedDropout,
    Scale: FusedScale,
    BatchNorm: FusedBatchNorm,
    GroupNorm: FusedGroupNorm,
    LayerNorm: lambda layer: FusedRowNorm(layer, centred=True),
    RMSNorm: lambda layer: FusedRowNorm(layer, centred=False),
}
