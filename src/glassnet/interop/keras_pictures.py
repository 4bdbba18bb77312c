"""Keras's layers over pictures and sequences as layers here; both have channels last."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from glassnet.base.arrays import Array, Shape
from glassnet.interop.assemble import ZEROS, Part
from glassnet.interop.keras_layers import activation, numbers
from glassnet.interop.pieces import Read, one, only, refused, shown
from glassnet.interop.spelling import shortest
from glassnet.nn.layers import (
    AveragePool1D,
    AveragePool2D,
    BatchNorm,
    Conv1D,
    Conv2D,
    Embedding,
    GlobalAveragePool,
    GlobalMaxPool,
    GroupNorm,
    Layer,
    LayerNorm,
    MaxPool1D,
    MaxPool2D,
    Permute,
    Reshape,
    RMSNorm,
    UpSample2D,
    ZeroPad2D,
)

# ---- windows


def _convolution(layer: Any, W: Array, groups: int, bias: Any) -> Part:
    """A convolution with the windows of this layer."""
    only(layer, data_format="channels_last", padding=("same", "valid"))
    b = None if bias is None else numbers(bias)
    made = (Conv1D, Conv2D)[layer.rank - 1](
        W.shape[-1], shortest(W.shape[:-2]), shortest(layer.strides), layer.padding,
        shortest(layer.dilation_rate), groups, bias=b is not None, init=ZEROS,
    )  # fmt: skip
    return Part(made, {"W": W} if b is None else {"W": W, "b": b})


def _conv(layer: Any, shape: Shape) -> Iterator[Part]:
    yield _convolution(layer, numbers(layer.kernel), layer.groups, layer.bias)
    yield from activation(layer, shape)


def _depthwise(layer: Any, shape: Shape) -> Iterator[Part]:
    yield _convolution(layer, _by_channel(layer.kernel), shape[-1], layer.bias)
    yield from activation(layer, shape)


def _separable(layer: Any, shape: Shape) -> Iterator[Part]:
    """A convolution of each channel, then one of single places."""
    yield _convolution(layer, _by_channel(layer.depthwise_kernel), shape[-1], None)
    W = numbers(layer.pointwise_kernel)
    arrays = {"W": W} if layer.bias is None else {"W": W, "b": numbers(layer.bias)}
    kind = (Conv1D, Conv2D)[layer.rank - 1]
    yield Part(kind(W.shape[-1], 1, bias="b" in arrays, init=ZEROS), arrays)
    yield from activation(layer, shape)


def _by_channel(kernel: Any) -> Array:
    """(*kernel, channels, times) → (*kernel, 1, channels · times)"""
    W = numbers(kernel)
    return W.reshape(*W.shape[:-2], 1, -1)


def _pool(kind: type[Any]) -> Read:
    def make(layer: Any, shape: Shape) -> Layer:
        only(layer, data_format="channels_last")
        size, stride = shortest(layer.pool_size), shortest(layer.strides)
        made: Layer = kind(size, stride, layer.padding)
        return made

    return one(make)


def _global(kind: type[Layer]) -> Read:
    def read(layer: Any, shape: Shape) -> Iterator[Part]:
        only(layer, data_format="channels_last")
        yield Part(kind())
        if layer.keepdims:
            yield Part(Reshape((*[1] * (len(shape) - 1), shape[-1])))

    return read


def _zero_pad(layer: Any, shape: Shape) -> Layer:
    only(layer, data_format="channels_last")
    return ZeroPad2D(layer.padding)


def _upsample(layer: Any, shape: Shape) -> Layer:
    only(layer, data_format="channels_last", interpolation="nearest")
    return UpSample2D(layer.size)


def _permute(layer: Any, shape: Shape) -> Layer:
    return Permute([axis - 1 for axis in layer.dims])


# ---- normalization and embedding


def _over_the_last(layer: Any, shape: Shape) -> None:
    """Refuse a normalization along other axes than the last."""
    axes = layer.axis if isinstance(layer.axis, Sequence) else [layer.axis]
    if list(axes) not in ([-1], [len(shape)]):
        raise refused(f"{type(layer).__name__} with axis {shown(layer.axis)}", "axis -1")


def _affine(layer: Any, shape: Shape) -> dict[str, Array]:
    """γ and β, where there are none 1 and 0."""
    _over_the_last(layer, shape)
    none = np.zeros(shape[-1], layer.compute_dtype)
    gamma, beta = (None if each is None else numbers(each) for each in (layer.gamma, layer.beta))
    return {"gamma": none + 1 if gamma is None else gamma, "beta": none if beta is None else beta}


def _batch_norm(layer: Any, shape: Shape) -> Iterator[Part]:
    only(layer, synchronized=False)
    state = {"mean": numbers(layer.moving_mean), "var": numbers(layer.moving_variance)}
    yield Part(BatchNorm(layer.momentum, layer.epsilon), {**_affine(layer, shape), **state})


def _layer_norm(layer: Any, shape: Shape) -> Iterator[Part]:
    if getattr(layer, "rms_scaling", False):
        raise refused("LayerNormalization with rms_scaling", "RMSNormalization")
    yield Part(LayerNorm(layer.epsilon), _affine(layer, shape))


def _group_norm(layer: Any, shape: Shape) -> Iterator[Part]:
    yield Part(GroupNorm(layer.groups, layer.epsilon), _affine(layer, shape))


def _rms_norm(layer: Any, shape: Shape) -> Iterator[Part]:
    _over_the_last(layer, shape)
    yield Part(RMSNorm(layer.epsilon), {"gamma": numbers(layer.scale)})


def _embedding(layer: Any, shape: Shape) -> Iterator[Part]:
    only(layer, mask_zero=False)
    W = numbers(layer.embeddings)
    count, units = W.shape
    yield Part(Embedding(count, units, init=ZEROS), {"W": W})


PICTURES: dict[str | None, Read] = {
    "Conv1D": _conv,
    "Conv2D": _conv,
    "DepthwiseConv1D": _depthwise,
    "DepthwiseConv2D": _depthwise,
    "SeparableConv1D": _separable,
    "SeparableConv2D": _separable,
    "MaxPooling1D": _pool(MaxPool1D),
    "MaxPooling2D": _pool(MaxPool2D),
    "AveragePooling1D": _pool(AveragePool1D),
    "AveragePooling2D": _pool(AveragePool2D),
    **{f"GlobalAveragePooling{axes}D": _global(GlobalAveragePool) for axes in (1, 2, 3)},
    **{f"GlobalMaxPooling{axes}D": _global(GlobalMaxPool) for axes in (1, 2, 3)},
    "ZeroPadding2D": one(_zero_pad),
    "UpSampling2D": one(_upsample),
    "Permute": one(_permute),
    "BatchNormalization": _batch_norm,
    "LayerNormalization": _layer_norm,
    "GroupNormalization": _group_norm,
    "RMSNormalization": _rms_norm,
    "Embedding": _embedding,
}
