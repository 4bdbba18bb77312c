"""PyTorch's modules as layers: exact settings. Pictures and sequences there have channels first."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.optional import need
from glassnet.interop.assemble import ZEROS, dense
from glassnet.interop.layout import Layout
from glassnet.interop.pieces import Make, only, refused, shown
from glassnet.interop.spellings import plain
from glassnet.interop.windowed import convolution, leaves_numbers, pooling
from glassnet.nn.layers import (
    GELU,
    AveragePool1D,
    AveragePool2D,
    BatchNorm,
    Embedding,
    GlobalAveragePool,
    GlobalMaxPool,
    GroupNorm,
    Layer,
    LayerNorm,
    MaxPool1D,
    MaxPool2D,
    RMSNorm,
    Softmax,
    Softplus,
    UpSample2D,
    ZeroPad2D,
)
from glassnet.nn.windows import Windows

WHERE = "from_torch"
Put = Callable[[Layout, Any], None]
MAX_POOLS, AVERAGE_POOLS = (MaxPool1D, MaxPool2D), (AveragePool1D, AveragePool2D)


def numbers(module: Any, name: str) -> Array:
    """A tensor's values, if it is an ordinary one in a precision that networks have here."""
    torch = need("torch", WHERE)
    tensor = getattr(module, name)
    what = f"module {type(module).__name__} with {name}"
    if type(tensor) not in (torch.Tensor, torch.nn.Parameter) or tensor.layout != torch.strided:
        kind = getattr(tensor, "layout", type(tensor).__name__)
        raise refused(f"{what} of kind {kind}", "an ordinary dense tensor")
    if tensor.is_meta:
        raise refused(f"{what} on the meta device", "values")
    if tensor.dtype not in (torch.float32, torch.float64):
        raise refused(f"{what} of {tensor.dtype}", "float32 or float64, as after .float()")
    values: Array = tensor.numpy(force=True)
    return values


def _optional(module: Any, name: str) -> Array | None:
    return None if getattr(module, name) is None else numbers(module, name)


def _one(make: Make) -> Put:
    """How to read a module that is one layer here, without parameters."""
    return lambda layout, module: layout.put(make(module, layout.shape))


# ---- rows


def _linear(layout: Layout, module: Any) -> None:
    layout.settle()
    layout.put(*dense(numbers(module, "weight").T, _optional(module, "bias")))
    layout.axes, layout.channel = (0,), None


def _embedding(layout: Layout, module: Any) -> None:
    only(module, max_norm=None)
    table = numbers(module, "weight")
    layout.settle()
    count, units = table.shape
    layout.put(Embedding(count, units, init=ZEROS), {"W": table})
    layout.axes = tuple(range(len(layout.here)))


def _softplus(module: Any, shape: Any) -> Layer:
    only(module, beta=1)
    if not (isinstance(module.threshold, (int, float)) and module.threshold >= 20):
        # From there on PyTorch gives x, which log(1 + eˣ) equals from 20 on.
        raise refused(f"Softplus with threshold {module.threshold!r}", "20 or more")
    return Softplus()


def _gelu(module: Any, shape: Any) -> Layer:
    only(module, approximate=("none", "tanh"))
    return GELU(module.approximate == "tanh")


def _softmax(layout: Layout, module: Any) -> None:
    count = len(layout.axes)
    channels = [1 + k for k, axis in enumerate(layout.axes) if axis == len(layout.here) - 1]
    only(module, dim=(-1, count, *channels))
    if module.dim not in channels:
        layout.bring_last(count - 1)
    layout.put(Softmax())


def _flatten(layout: Layout, module: Any) -> None:
    only(module, start_dim=1, end_dim=(-1, len(layout.shape)))
    layout.reshape((int(np.prod(layout.shape)),))


def _unflatten(layout: Layout, module: Any) -> None:
    if len(layout.shape) != 1:
        raise refused(f"module Unflatten of samples with {len(layout.shape)} axes", "rows")
    only(module, dim=(1, -1))
    size, known = layout.shape[0], tuple(int(n) for n in module.unflattened_size)
    left = size // max(int(np.prod([n for n in known if n > 0])), 1)
    shape = tuple(left if n == -1 else n for n in known)
    if int(np.prod(shape)) != size or min(shape) < 1:
        raise refused(f"Unflatten of {size} numbers to {known}", "as many numbers")
    layout.reshape(shape)


# ---- windows


def _pictures(layout: Layout, module: Any, axes: Sequence[int]) -> int:
    """How many axes a module's windows slide along; channels are brought last."""
    kind, found = type(module).__name__, len(layout.axes) - 1
    if found not in axes:
        raise refused(
            f"{kind} of samples of shape {layout.here}",
            "pictures (height, width, channels) or sequences (length, channels)",
        )
    layout.pictures()
    return found


def _each(module: Any, name: str, axes: int) -> list[int]:
    """A setting that is a whole number, or one for each axis."""
    value = getattr(module, name)
    each = list(value) if isinstance(value, (tuple, list)) else [value] * axes
    if len(each) != axes or not all(type(n) is int for n in each):
        raise refused(f"{type(module).__name__} with {name} {shown(value)}", "whole numbers")
    return each


def _windows(
    layout: Layout, module: Any, axes: int, pads: Sequence[tuple[int, int]] | None
) -> list[Windows]:
    """The windows along each axis, with zeros around as they are given, or as it has them."""
    kernel, stride = _each(module, "kernel_size", axes), _each(module, "stride", axes)
    dilation = _each(module, "dilation", axes) if hasattr(module, "dilation") else [1] * axes
    padding = module.padding
    if padding == "same":
        reach = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
        around = [(n // 2, n - n // 2) for n in reach]
    elif padding == "valid":
        around = [(0, 0)] * axes
    else:
        around = [(n, n) for n in _each(module, "padding", axes)]
    if pads is not None:
        if any(map(any, around)):
            raise refused(f"{type(module).__name__} with padding {padding!r} after padding", "0")
        around = list(pads)
    each = zip(layout.here[:-1], kernel, stride, dilation, around, strict=True)
    return [Windows(n, k, s, d, *pair) for n, k, s, d, pair in each]


def conv(layout: Layout, module: Any, pads: Sequence[tuple[int, int]] | None = None) -> None:
    """A convolution, after such padding."""
    only(module, padding_mode="zeros")
    axes = _pictures(layout, module, [int(type(module).__name__[4])])
    W = numbers(module, "weight").transpose(*range(2, axes + 2), 1, 0)
    windows = _windows(layout, module, axes, pads)
    convolution(layout, windows, W, _optional(module, "bias"), module.groups)


def max_pool(layout: Layout, module: Any, pads: Sequence[tuple[int, int]] | None = None) -> None:
    """The largest of each window, after such padding."""
    only(module, return_indices=False)
    axes = _pictures(layout, module, [int(type(module).__name__[7])])
    if any(n != 1 for n in _each(module, "dilation", axes)):
        raise refused(f"{type(module).__name__} with dilation {module.dilation}", "1")
    _pool(layout, module, _windows(layout, module, axes, pads), MAX_POOLS)


def average_pool(
    layout: Layout, module: Any, pads: Sequence[tuple[int, int]] | None = None
) -> None:
    """The mean of each window, after such padding, which does not count."""
    if getattr(module, "divisor_override", None) is not None:
        raise refused(f"AvgPool with divisor_override {module.divisor_override!r}", "None")
    axes = _pictures(layout, module, [int(type(module).__name__[7])])
    counted = pads is None and bool(module.count_include_pad)
    _pool(layout, module, _windows(layout, module, axes, pads), AVERAGE_POOLS, counted)


def _pool(
    layout: Layout, module: Any, windows: Sequence[Windows], kinds: Any, counted: bool = False
) -> None:
    if module.ceil_mode and leaves_numbers(windows):
        raise refused(f"{type(module).__name__} with ceil_mode True, which adds a window", "False")
    pooling(layout, windows, kinds, counted)


def _adaptive(kind: type[Layer]) -> Put:
    def put(layout: Layout, module: Any) -> None:
        axes = int(type(module).__name__[-2])
        sizes = module.output_size
        if any(n != 1 for n in (sizes if isinstance(sizes, (tuple, list)) else [sizes])):
            raise refused(f"{type(module).__name__} with output_size {shown(sizes)}", "1")
        if getattr(module, "return_indices", False):
            raise refused(f"{type(module).__name__} with return_indices True", "False")
        _pictures(layout, module, [axes])
        layout.pool(kind())

    return put


def sides(module: Any) -> list[tuple[int, int]]:
    """The zeros before and after each axis, the first axis first; PyTorch has the last first."""
    pads = list(module.padding)
    return list(zip(pads[::2], pads[1::2], strict=True))[::-1]


def _zero_pad(layout: Layout, module: Any) -> None:
    if getattr(module, "value", 0) != 0:
        raise refused(f"{type(module).__name__} with value {module.value!r}", "0")
    _pictures(layout, module, [2])
    layout.put(ZeroPad2D(tuple(sides(module))))


def _upsample(layout: Layout, module: Any) -> None:
    only(module, mode="nearest", align_corners=None, size=None)
    _pictures(layout, module, [2])
    given = module.scale_factor
    factors = list(given) if isinstance(given, tuple) else [given, given]
    if any(factor != int(factor) for factor in factors):
        raise refused(f"Upsample with scale_factor {shown(given)}", "whole numbers")
    layout.put(UpSample2D([int(factor) for factor in factors]))


# ---- normalization


def _affine(layout: Layout, module: Any) -> dict[str, Array]:
    """γ and β, where there are none 1 and 0."""
    gamma, beta = _optional(module, "weight"), _optional(module, "bias")
    channels = layout.here[-1]
    gamma = np.ones(channels, np.float32) if gamma is None else gamma
    return {"gamma": gamma, "beta": np.zeros_like(gamma) if beta is None else beta}


def _channels(layout: Layout, module: Any, *axes: int) -> None:
    """Bring channels last, of samples with so many axes if the class says how many."""
    if axes and len(layout.axes) not in axes:
        kind = type(module).__name__
        raise refused(f"{kind} of samples of shape {layout.here}", f"{max(axes)} axes")
    layout.pictures()


def _batch_norm(layout: Layout, module: Any) -> None:
    _channels(layout, module, *{"1": (1, 2), "2": (3,), "3": (4,)}[type(module).__name__[-2]])
    if module.running_mean is None or module.running_var is None:
        raise refused("BatchNorm without running statistics", "track_running_stats=True")
    if module.momentum is None:
        raise refused("BatchNorm with momentum None", "a number")
    momentum = float(f"{1 - module.momentum:.12g}")  # here it is the share of what was
    state = {"mean": numbers(module, "running_mean"), "var": numbers(module, "running_var")}
    layout.put(BatchNorm(momentum, module.eps), {**_affine(layout, module), **state})


def _group_norm(layout: Layout, module: Any) -> None:
    _channels(layout, module)
    layout.put(GroupNorm(module.num_groups, module.eps), _affine(layout, module))


def _instance_norm(layout: Layout, module: Any) -> None:
    only(module, track_running_stats=False)
    _channels(layout, module, int(type(module).__name__[-2]) + 1)
    layout.put(GroupNorm(layout.here[-1], module.eps), _affine(layout, module))


def _last(layout: Layout, module: Any) -> None:
    """Bring the last axis there last here, which is all that is normalized."""
    if len(module.normalized_shape) != 1:
        shape = tuple(module.normalized_shape)
        raise refused(f"{type(module).__name__} over samples of shape {shape}", "the last axis")
    layout.bring_last(len(layout.axes) - 1)


def _layer_norm(layout: Layout, module: Any) -> None:
    _last(layout, module)
    layout.put(LayerNorm(module.eps), _affine(layout, module))


def _rms_norm(layout: Layout, module: Any) -> None:
    _last(layout, module)
    torch = need("torch", WHERE)
    weight = _optional(module, "weight")
    gamma = np.ones(layout.here[-1], np.float32) if weight is None else weight
    exact = torch.float32 if module.weight is None else module.weight.dtype
    epsilon = torch.finfo(exact).eps if module.eps is None else module.eps
    layout.put(RMSNorm(epsilon), {"gamma": gamma})


FIRST: dict[str, Put] = {  # modules whose samples have channels first
    **{f"Conv{axes}d": conv for axes in (1, 2)},
    **{f"MaxPool{axes}d": max_pool for axes in (1, 2)},
    **{f"AvgPool{axes}d": average_pool for axes in (1, 2)},
    **{f"AdaptiveAvgPool{axes}d": _adaptive(GlobalAveragePool) for axes in (1, 2, 3)},
    **{f"AdaptiveMaxPool{axes}d": _adaptive(GlobalMaxPool) for axes in (1, 2, 3)},
    **{f"BatchNorm{axes}d": _batch_norm for axes in (1, 2, 3)},
    **{f"InstanceNorm{axes}d": _instance_norm for axes in (1, 2, 3)},
    "GroupNorm": _group_norm,
    "ZeroPad2d": _zero_pad,
    "ConstantPad2d": _zero_pad,
    "Upsample": _upsample,
    "UpsamplingNearest2d": _upsample,
}
LAST: dict[str, Put] = {  # modules that show their samples as they are
    "Embedding": _embedding,
    "Flatten": _flatten,
    "LayerNorm": _layer_norm,
    "Linear": _linear,
    "RMSNorm": _rms_norm,
    "Softmax": _softmax,
    "Unflatten": _unflatten,
}
MODULES: dict[str, Put] = {
    **{name: _one(row.make) for name, row in plain("torch").items()},
    "GELU": _one(_gelu),
    "Softplus": _one(_softplus),
    "Identity": lambda layout, module: None,
    **FIRST,
    **LAST,
}
