"""How other libraries spell layers whose windows slide over pictures and sequences.

Pictures have their channels last everywhere: PyTorch's modules, which take them first, are wrapped,
and ONNX's operators stand between two transpositions.
"""

from typing import Any

from glassnet.interop.onnx_builder import Graph
from glassnet.interop.script import Place
from glassnet.interop.spelling import (
    Spelling,
    channels_first,
    label,
    options,
    shortest,
    turned,
    unless,
)
from glassnet.nn.windows import Windows, same

ODD_ZERO = "  # the odd zero at the end, as in Keras"


def _windows(place: Place) -> list[Windows]:
    found: list[Windows] = place.layer.windows(place.before[:-1])
    return found


def _pads(windows: list[Windows]) -> Any:
    """The zeros around, in few words: 1, or [(0, 1), (1, 2)]."""
    pads = [(w.before, w.after) for w in windows]
    return pads[0][0] if len({n for pair in pads for n in pair}) == 1 else pads


def _symmetric(windows: list[Windows]) -> bool:
    return all(w.before == w.after for w in windows)


def _is_same(windows: list[Windows]) -> bool:
    """Whether Keras's "same" puts these zeros around."""
    return all((w.before, w.after) == same(w.size, w.kernel, w.stride, w.dilation) for w in windows)


def _backwards(windows: list[Windows]) -> tuple[int, ...]:
    """The zeros around as PyTorch names them, the last axis first."""
    return tuple(n for w in windows[::-1] for n in (w.before, w.after))


def _onnx_pads(windows: list[Windows]) -> list[int]:
    return [*(w.before for w in windows), *(w.after for w in windows)]


# ---- convolutions


def _conv_numpy(place: Place) -> str:
    windows = _windows(place)
    how = options(
        stride=unless(1, shortest(w.stride for w in windows)),
        dilation=unless(1, shortest(w.dilation for w in windows)),
        pads=unless(0, _pads(windows)),
        groups=unless(1, place.layer.groups),
    )
    return f'conv(x, "{place.key}"{how})'


def _conv_torch(place: Place) -> str:
    windows, layer = _windows(place), place.layer
    inside = _symmetric(windows)
    how = options(
        stride=unless(1, shortest(w.stride for w in windows)),
        padding=unless(0, shortest(w.before for w in windows)) if inside else None,
        dilation=unless(1, shortest(w.dilation for w in windows)),
        groups=unless(1, layer.groups),
        bias=unless(True, layer.bias),
    )
    kernel = shortest(w.kernel for w in windows)
    axes = layer.axes
    conv = f"nn.Conv{axes}d({place.before[-1]}, {layer.filters}, {kernel}{how})"
    if inside:
        return f"ChannelsLast({conv})"
    return f"ChannelsLast(nn.ZeroPad{axes}d({_backwards(windows)}), {conv}){ODD_ZERO}"


def _conv_keras(place: Place) -> str:
    windows, layer = _windows(place), place.layer
    stride, dilation = (
        unless(1, shortest(numbers))
        for numbers in ((w.stride for w in windows), (w.dilation for w in windows))
    )
    both = stride is not None and dilation is not None  # which Keras does not do at once
    how = options(
        strides=None if both else stride,
        padding="same" if _is_same(windows) and any(_onnx_pads(windows)) and not both else None,
        dilation_rate=dilation,
        groups=unless(1, layer.groups),
        use_bias=unless(True, layer.bias),
    )
    kernel, name = shortest(w.kernel for w in windows), f'name="{label(place)}"'
    conv = f"layers.Conv{layer.axes}D({layer.filters}, {kernel}{how}"
    padded = any(_onnx_pads(windows)) and "padding=" not in how
    if not (padded or both):
        return f"{conv}, {name})"
    steps = [f"{conv})"]
    if padded:
        pads = tuple((w.before, w.after) for w in windows)
        steps.insert(0, f"layers.ZeroPadding{layer.axes}D({pads if layer.axes > 1 else pads[0]})")
    if both:
        steps.append(f"layers.MaxPooling{layer.axes}D(1, strides={stride!r})")
    return f"keras.Sequential([{', '.join(steps)}], {name})"


def _conv_node(graph: Graph, x: str, place: Place) -> str:
    windows, layer = _windows(place), place.layer
    axes = layer.axes
    W = graph.constant(layer.W.transpose(axes + 1, axes, *range(axes)))
    arrays = [W, graph.constant(layer.b)] if layer.bias else [W]
    how = {
        "kernel_shape": [w.kernel for w in windows],
        "strides": [w.stride for w in windows],
        "pads": _onnx_pads(windows),
        "dilations": [w.dilation for w in windows],
        "group": layer.groups,
    }
    return turned(graph, x, place, lambda x: graph.op("Conv", x, *arrays, **how))


CONVOLUTION = Spelling(numpy=_conv_numpy, torch=_conv_torch, keras=_conv_keras, onnx=_conv_node)


# ---- pooling


def _pool_numpy(function: str) -> Any:
    def text(place: Place) -> str:
        windows = _windows(place)
        size, stride = (
            shortest(numbers)
            for numbers in ((w.kernel for w in windows), (w.stride for w in windows))
        )
        return f"{function}(x, {size}, {stride}{options(pads=unless(0, _pads(windows)))})"

    return text


def _pool_torch(kind: str) -> Any:
    def text(place: Place) -> str:
        windows, axes = _windows(place), place.layer.axes
        size, stride = shortest(w.kernel for w in windows), shortest(w.stride for w in windows)
        inside = _symmetric(windows) and all(2 * w.before <= w.kernel for w in windows)
        padding = unless(0, shortest(w.before for w in windows)) if inside else None
        uncounted = False if kind == "Avg" and padding is not None else None
        how = options(stride=unless(size, stride), padding=padding, count_include_pad=uncounted)
        pool = f"nn.{kind}Pool{axes}d({size}{how})"
        if inside:
            return f"ChannelsLast({pool})"
        pads, odd = _backwards(windows), "" if _symmetric(windows) else ODD_ZERO
        if kind == "Max":
            return f"ChannelsLast(nn.ConstantPad{axes}d({pads}, -torch.inf), {pool}){odd}"
        return f"ChannelsLast(AveragePool(nn.ZeroPad{axes}d({pads}), {pool})){odd}"

    return text


def _pool_keras(kind: str) -> Any:
    def text(place: Place) -> str:
        windows, axes = _windows(place), place.layer.axes
        size, stride = shortest(w.kernel for w in windows), shortest(w.stride for w in windows)
        padded = any(_onnx_pads(windows))
        if padded and not _is_same(windows):
            pads = [(0, 0), *((w.before, w.after) for w in windows), (0, 0)]
            return f'layers.Lambda(lambda x: pooled(x, "{kind}", {size}, {stride}, {pads}))'
        how = options(strides=unless(size, stride), padding="same" if padded else None)
        return f"layers.{kind}Pooling{axes}D({size}{how})"

    return text


def _pool_node(kind: str) -> Any:
    def node(graph: Graph, x: str, place: Place) -> str:
        windows = _windows(place)
        how: dict[str, Any] = {
            "kernel_shape": [w.kernel for w in windows],
            "strides": [w.stride for w in windows],
            "pads": _onnx_pads(windows),
        }
        return turned(graph, x, place, lambda x: graph.op(kind, x, **how))

    return node


MAX_POOL = Spelling(
    numpy=_pool_numpy("max_pool"), torch=_pool_torch("Max"), keras=_pool_keras("Max"),
    onnx=_pool_node("MaxPool"),
)  # fmt: skip
AVERAGE_POOL = Spelling(
    numpy=_pool_numpy("average_pool"), torch=_pool_torch("Avg"), keras=_pool_keras("Average"),
    onnx=_pool_node("AveragePool"),
)  # fmt: skip


# ---- pooling of all places


def _global(function: str, torch: str, keras: str, onnx: str) -> Spelling:
    def numpy_text(place: Place) -> str:
        return f"x.{function}(axis={tuple(range(1, len(place.before)))})"

    def torch_text(place: Place) -> str:
        axes = len(place.before) - 1
        return f"nn.Sequential(ChannelsLast(nn.Adaptive{torch}Pool{axes}d(1)), nn.Flatten())"

    def keras_text(place: Place) -> str:
        return f"layers.Global{keras}Pooling{len(place.before) - 1}D()"

    def node(graph: Graph, x: str, place: Place) -> str:
        first = graph.transposed(x, channels_first(len(place.before)))
        return graph.op("Flatten", graph.op(onnx, first), axis=1)

    return Spelling(numpy=numpy_text, torch=torch_text, keras=keras_text, onnx=node)


# ---- zeros around, copies beside, axes in a different order


def _pad_numpy(place: Place) -> str:
    (top, bottom), (left, right) = _sides(place)
    return f"np.pad(x, [(0, 0), ({top}, {bottom}), ({left}, {right}), (0, 0)])"


def _pad_torch(place: Place) -> str:
    (top, bottom), (left, right) = _sides(place)
    return f"ChannelsLast(nn.ZeroPad2d(({left}, {right}, {top}, {bottom})))"


def _pad_node(graph: Graph, x: str, place: Place) -> str:
    (top, bottom), (left, right) = _sides(place)
    return graph.op("Pad", x, graph.integers(0, top, left, 0, 0, bottom, right, 0))


def _sides(place: Place) -> tuple[tuple[int, int], tuple[int, int]]:
    layer = place.layer
    return (layer.top, layer.bottom), (layer.left, layer.right)


def _upsample_node(graph: Graph, x: str, place: Place) -> str:
    scales = graph.constant([1, 1, place.layer.rows, place.layer.columns])
    how = {
        "mode": "nearest",
        "coordinate_transformation_mode": "asymmetric",
        "nearest_mode": "floor",
    }
    return turned(graph, x, place, lambda x: graph.op("Resize", x, "", scales, **how))


def _after_the_batch(place: Place) -> tuple[int, ...]:
    return tuple(axis + 1 for axis in place.layer.order)


PICTURES: dict[str, Spelling] = {
    "Conv1D": CONVOLUTION,
    "Conv2D": CONVOLUTION,
    "MaxPool1D": MAX_POOL,
    "MaxPool2D": MAX_POOL,
    "AveragePool1D": AVERAGE_POOL,
    "AveragePool2D": AVERAGE_POOL,
    "GlobalAveragePool": _global("mean", "Avg", "Average", "GlobalAveragePool"),
    "GlobalMaxPool": _global("max", "Max", "Max", "GlobalMaxPool"),
    "ZeroPad2D": Spelling(
        numpy=_pad_numpy,
        torch=_pad_torch,
        keras=lambda p: f"layers.ZeroPadding2D({_sides(p)})",
        onnx=_pad_node,
    ),
    "UpSample2D": Spelling(
        numpy=lambda p: f"x.repeat({p.layer.rows}, axis=1).repeat({p.layer.columns}, axis=2)",
        torch=lambda p: (
            f"ChannelsLast(nn.Upsample(scale_factor=({p.layer.rows}, {p.layer.columns})))"
        ),
        keras=lambda p: f"layers.UpSampling2D(({p.layer.rows}, {p.layer.columns}))",
        onnx=_upsample_node,
    ),
    "Permute": Spelling(
        numpy=lambda p: f"x.transpose(0, {', '.join(map(str, _after_the_batch(p)))})",
        torch=lambda p: f"Permute(0, {', '.join(map(str, _after_the_batch(p)))})",
        keras=lambda p: f"layers.Permute({_after_the_batch(p)})",
        onnx=lambda graph, x, p: graph.transposed(x, [0, *_after_the_batch(p)]),
    ),
}
