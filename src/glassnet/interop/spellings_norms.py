"""How other libraries spell normalization and embedding."""

from glassnet.interop.onnx_builder import Graph
from glassnet.interop.script import Place
from glassnet.interop.spelling import Spelling, label, turned


def _batch_norm_torch(place: Place) -> str:
    axes, layer = len(place.before), place.layer
    momentum = float(f"{1 - layer.momentum:.12g}")  # there it is the share of the batch
    settings = f"{place.before[-1]}, eps={layer.epsilon!r}, momentum={momentum!r}"
    made = f"nn.BatchNorm{max(axes - 1, 1)}d({settings})"
    return f"ChannelsLast({made})" if axes > 1 else made


def _batch_norm_node(graph: Graph, x: str, place: Place) -> str:
    layer = place.layer
    arrays = [graph.constant(a) for a in (layer.gamma, layer.beta, layer.mean, layer.var)]

    def node(x: str) -> str:
        return graph.op("BatchNormalization", x, *arrays, epsilon=layer.epsilon)

    return turned(graph, x, place, node)


def _layer_norm_node(graph: Graph, x: str, place: Place) -> str:
    arrays = graph.constant(place.layer.gamma), graph.constant(place.layer.beta)
    return graph.op("LayerNormalization", x, *arrays, axis=-1, epsilon=place.layer.epsilon)


def _group_norm_torch(place: Place) -> str:
    layer = place.layer
    made = f"nn.GroupNorm({layer.groups}, {place.before[-1]}, eps={layer.epsilon!r})"
    return f"ChannelsLast({made})" if len(place.before) > 1 else made


def _group_norm_node(graph: Graph, x: str, place: Place) -> str:
    layer = place.layer
    graph.opset, graph.ir = 21, 10  # the first in which each channel has its own gain
    arrays = graph.constant(layer.gamma), graph.constant(layer.beta)
    how = {"num_groups": layer.groups, "epsilon": layer.epsilon}
    return turned(graph, x, place, lambda x: graph.op("GroupNormalization", x, *arrays, **how))


def _rms_norm_node(graph: Graph, x: str, place: Place) -> str:
    """x / √(mean x² + ε) γ, in the operators that every runtime has."""
    square = graph.op("ReduceMean", graph.op("Mul", x, x), graph.integers(-1))
    root = graph.op("Sqrt", graph.op("Add", square, graph.constant(place.layer.epsilon)))
    return graph.op("Mul", graph.op("Div", x, root), graph.constant(place.layer.gamma))


NORMS: dict[str, Spelling] = {
    "BatchNorm": Spelling(
        numpy='batch_norm(x, "{key}", {epsilon!r})',
        torch=_batch_norm_torch,
        keras=lambda p: (
            f"layers.BatchNormalization(momentum={p.layer.momentum!r}, "
            f'epsilon={p.layer.epsilon!r}, name="{label(p)}")'
        ),
        onnx=_batch_norm_node,
    ),
    "LayerNorm": Spelling(
        numpy='layer_norm(x, "{key}", {epsilon!r})',
        torch=lambda p: f"nn.LayerNorm({p.before[-1]}, eps={p.layer.epsilon!r})",
        keras=lambda p: (
            f'layers.LayerNormalization(epsilon={p.layer.epsilon!r}, name="{label(p)}")'
        ),
        onnx=_layer_norm_node,
    ),
    "GroupNorm": Spelling(
        numpy='group_norm(x, "{key}", {groups}, {epsilon!r})',
        torch=_group_norm_torch,
        keras=lambda p: (
            f"layers.GroupNormalization({p.layer.groups}, epsilon={p.layer.epsilon!r}, "
            f'name="{label(p)}")'
        ),
        onnx=_group_norm_node,
    ),
    "RMSNorm": Spelling(
        numpy='rms_norm(x, "{key}", {epsilon!r})',
        torch=lambda p: f"nn.RMSNorm({p.before[-1]}, eps={p.layer.epsilon!r})",
        keras=lambda p: f'layers.RMSNormalization(epsilon={p.layer.epsilon!r}, name="{label(p)}")',
        onnx=_rms_norm_node,
    ),
    "Embedding": Spelling(
        numpy='W["{key}W"][x]',
        torch="nn.Embedding({count}, {units})",
        keras=lambda p: f'layers.Embedding({p.layer.count}, {p.layer.units}, name="{label(p)}")',
        onnx=lambda graph, x, p: graph.op("Gather", graph.constant(p.layer.W), x, axis=0),
    ),
}
