"""The network of a step as a diagram: its units in columns, with the path that is followed."""

from collections.abc import Sequence

import numpy as np

from glassnet.base.arrays import Array
from glassnet.inspection.document import Column, Unit
from glassnet.inspection.following import Path
from glassnet.inspection.formulas import short
from glassnet.inspection.recording import Recording
from glassnet.inspection.windows import Windows
from glassnet.nn.layers.containers import in_sequence

LONGEST = 16  # characters of a label
SAMPLES = ""  # the name of the activation that the first layer takes


def diagram(trace: Recording, path: Path, view: Windows) -> tuple[Column, ...]:
    """A column for the samples and for each layer that makes new numbers of those before it; an
    elementwise layer stands in the column of the layer that it follows."""
    recorded = {traced.name: traced for traced in trace.layers}
    columns = [_column(("x",), SAMPLES, trace.layers[0].input, path, view)]
    before = SAMPLES
    for name, layer in in_sequence(trace.network.root.parts()):
        traced = recorded[name]
        label = short(layer)
        label = label if len(label) <= LONGEST else type(layer).__name__
        if path.roots[traced.name] == path.roots[before]:
            last = columns.pop()
            drawn = _column((*last.labels, label), traced.name, traced.output, path, view)
            columns.append(drawn._replace(weights=last.weights))
        else:
            drawn = _column((label,), traced.name, traced.output, path, view)
            matrix = layer.weight_matrix()
            if matrix is not None and columns[-1].units and drawn.units:
                drawn = drawn._replace(weights=_between(matrix, columns[-1].units, drawn.units))
            columns.append(drawn)
        before = traced.name
    return tuple(columns)


def _column(labels: tuple[str, ...], name: str, values: Array, path: Path, view: Windows) -> Column:
    place, shape = path.places[name], values.shape[1:]
    if len(shape) > 1:
        return Column(labels, (), shape)
    _, places = view.window(name).places
    row = values[place[0]]
    units = tuple(Unit(n, float(row[n]), n == place[1]) for n in places)
    return Column(labels, units, shape)


def _between(matrix: Array, before: Sequence[Unit], after: Sequence[Unit]) -> Array:
    """The weights between the units that are drawn."""
    rows, columns = ([unit.place for unit in units] for units in (before, after))
    return np.asarray(matrix[np.ix_(rows, columns)])
