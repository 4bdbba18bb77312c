"""The operations of a step: its samples, forward layer by layer, the loss, backward, the update."""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from glassnet.inspection.document import Part
from glassnet.inspection.formulas import short, times
from glassnet.inspection.trace import Trace
from glassnet.inspection.walkthrough import walk
from glassnet.nn.worked import Place

Row = dict[str, str]


class Operation(NamedTuple):
    """What is computed at once: `way` is "", "forward", "loss", "backward" or "update", `layer` the
    layer's name, and `parts` show it."""

    way: str
    layer: str
    parts: tuple[Part, ...]

    @property
    def name(self) -> str:
        """In words, such as "forward of layer 2"."""
        named = {"": "the samples", "loss": "the loss", "update": "the update"}
        return named.get(self.way) or f"{self.way} of layer {self.layer}"


def operations(
    trace: Trace,
    classes: Sequence[str] = (),
    weight: tuple[str, Place] | None = None,
    sample: int | None = None,
) -> list[Operation]:
    """The operations of a recorded step in their order, as `walk` explains them.

    >>> from glassnet import Dense, Sequential
    >>> net = Sequential([Dense(2)], input_shape=3, seed=0)
    >>> [each.name for each in operations(net.trace([[1.0, 2.0, 3.0]], [0]))]
    ['the samples', 'forward of layer 0', 'the loss', 'backward of layer 0', 'the update']
    """
    parts = walk(trace, classes, weight, sample, inputs=True)
    return [
        Operation(way, layer, tuple(some))
        for (way, layer), some in groupby(parts, key=lambda part: (part.way, part.layer))
    ]


def ledger(trace: Trace) -> list[Row]:
    """The shapes of a step, a row for each layer; of forward from above, of backward from below."""
    layers = dict(trace.network.walk())
    return [
        {
            "layer": traced.name,
            "kind": short(layers[traced.name]),
            "x": times(traced.input.shape),
            "parameters": ", ".join(f"{n} {times(v.shape)}" for n, v in traced.parameters.items()),
            "y": times(traced.output.shape),
            "dy": "" if traced.dy is None else times(traced.dy.shape),
            "dx": "" if traced.dx is None else times(traced.dx.shape),
        }
        for traced in trace.layers
    ]
