"""How other libraries spell waves of numbers, which none of them has."""

import math
from collections.abc import Sequence

from glassnet.interop.onnx_builder import Graph
from glassnet.interop.script import Place
from glassnet.interop.spelling import Spelling, label

FEW = 8  # columns, up to which all are written one by one

TORCH = '''

class PeriodicEmbedding(nn.Module):
    """Beside each number, mixtures of cosine waves of it."""

    def __init__(self, columns, frequencies, units):
        super().__init__()
        self.columns, waves = columns, (len(columns), frequencies)
        self.weight, self.bias = (nn.Parameter(torch.empty(waves)) for _ in range(2))
        self.V = nn.Parameter(torch.empty(*waves, units))
        self.c = nn.Parameter(torch.empty(len(columns), units))

    def forward(self, x):
        t = x[:, self.columns, None]
        z = torch.cos(2 * torch.pi * (t * self.weight + self.bias))
        e = torch.einsum("nck,cku->ncu", z, self.V) + self.c
        return torch.cat([x, e.flatten(1)], dim=1)
'''

KERAS = '''

class PeriodicEmbedding(layers.Layer):
    """Beside each number, mixtures of cosine waves of it."""

    def __init__(self, columns, frequencies, units, **settings):
        super().__init__(**settings)
        self.columns, self.frequencies, self.units = columns, frequencies, units

    def build(self, shape):
        waves = len(self.columns), self.frequencies
        shapes = waves, waves, (*waves, self.units), (len(self.columns), self.units)
        self.W, self.b, self.V, self.c = (self.add_weight(shape=each) for each in shapes)

    def call(self, x):
        ops = keras.ops
        t = ops.take(x, self.columns, axis=1)[..., None]
        z = ops.cos(2 * np.pi * (t * self.W + self.b))
        e = ops.einsum("nck,cku->ncu", z, self.V) + self.c
        return ops.concatenate([x, ops.reshape(e, (-1, len(self.columns) * self.units))], axis=1)
'''

NUMPY = '''
def waves(x, key, columns):
    """Beside each number, mixtures of cosine waves of it."""
    z = np.cos(2 * np.pi * (x[:, columns, None] * W[key + "W"] + W[key + "b"]))
    e = np.einsum("nck,cku->ncu", z, W[key + "V"]) + W[key + "c"]
    return np.concatenate([x, e.reshape(len(x), -1)], axis=1)
'''


def _columns(place: Place) -> Sequence[int]:
    columns = place.layer.columns
    return list(range(place.before[0])) if columns is None else columns


def _listed(place: Place) -> str:
    """The columns as they are written: all of them in short."""
    columns = list(_columns(place))
    every = columns == list(range(len(columns))) and len(columns) > FEW
    return f"list(range({len(columns)}))" if every else f"{columns}"


def _sizes(place: Place) -> str:
    return f"{_listed(place)}, {place.layer.frequencies}, {place.layer.units}"


def _node(graph: Graph, x: str, place: Place) -> str:
    layer, count = place.layer, len(_columns(place))
    t = graph.op("Gather", x, graph.integers(*_columns(place)), axis=1)
    t = graph.op("Reshape", t, graph.integers(-1, count, 1, 1))
    turn = 2 * math.pi
    angle = graph.op("Mul", t, graph.constant(turn * layer.W[:, None, :]))
    angle = graph.op("Add", angle, graph.constant(turn * layer.b[:, None, :]))
    e = graph.op("MatMul", graph.op("Cos", angle), graph.constant(layer.V))
    e = graph.op("Add", e, graph.constant(layer.c[:, None, :]))
    rows = graph.op("Reshape", e, graph.integers(-1, count * layer.units))
    return graph.op("Concat", x, rows, axis=1)


WAVES: dict[str, Spelling] = {
    "PeriodicEmbedding": Spelling(
        numpy=lambda p: f'waves(x, "{p.key}", {_listed(p)})',
        torch=lambda p: f"PeriodicEmbedding({_sizes(p)})",
        keras=lambda p: f'PeriodicEmbedding({_sizes(p)}, name="{label(p)}")',
        onnx=_node,
    ),
}
