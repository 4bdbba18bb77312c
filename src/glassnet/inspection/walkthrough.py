"""A walk through a step: formulas, shapes, numbers, and one weight from start to end."""

from collections.abc import Sequence

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.configurable import checked, formula
from glassnet.inspection.branches import alike
from glassnet.inspection.diagram import diagram
from glassnet.inspection.document import Part, Shown, number, picture, plain
from glassnet.inspection.following import follow
from glassnet.inspection.formulas import half, short, times, uncited
from glassnet.inspection.recording import LayerTrace, Recording
from glassnet.inspection.rows import table_of
from glassnet.inspection.update import put_in, update
from glassnet.inspection.windows import Windows
from glassnet.nn.layers import Layer
from glassnet.nn.task import CLASSES, LABELS, VALUES, Task
from glassnet.nn.worked import Place, Worked, at

SHOWN = 4  # samples
WHOLE = 8  # rows and columns of an array of a worked example


@checked
def walk(
    trace: Recording,
    classes: Sequence[str] = (),
    weight: tuple[str, Place] | None = None,
    sample: int | None = None,
    inputs: bool = False,
) -> list[Part]:
    """A step from its samples to the weights after it, in the order in which it is computed.

    One weight is followed: what is shown of each array lies around its path. Of many branches that
    are alike, such as networks whose mean is taken, the one that it goes through is shown.

    - `trace`: a step, from `network.trace(x, y)`.
    - `classes=()`: the names of the classes.
    - `weight=None`: the weight to follow by its parameter's name and its place, such as
      ("0.W", (0, 1)); by default the one with the largest gradient in the first trainable layer.
    - `sample=None`: the index of the sample of the batch that is shown; by default several are.
    - `inputs=False`: whether every layer has its parts, with its input x too, so as to stand alone.

    >>> from glassnet import Dense, Sequential
    >>> net = Sequential([Dense(2)], input_shape=3, seed=0)
    >>> [part.way for part in walk(net.trace([[1.0, 2.0, 3.0]], [0]))]
    ['', 'forward', 'loss', 'backward', 'update']
    """
    path = follow(trace, weight, sample)
    view = Windows(trace, path, alone=sample is not None)
    layers = dict(trace.network.walk())  # as they were before the step
    branches = [] if inputs else alike(layers, path.weight)
    forward: list[Part] = []
    backward: list[Part] = []
    for traced in trace.layers:
        if any(each.hides(traced.name) for each in branches):
            continue
        layer, places = layers[traced.name], path.places
        where = layer.worked_place(places[traced.name], places[traced.source])
        x = [view.activation("x", traced.source, traced.input)] if inputs else []
        forward += _worked_forward(_forward(traced, layer, view, x), traced, layer, where)
        if traced.dy is not None:
            part = _backward(traced, layer, view, x)
            backward[:0] = _worked_backward(part, traced, layer, where)
    rows = range(min(SHOWN, len(trace.z))) if sample is None else range(sample, sample + 1)
    samples = _samples(trace, classes, view, rows)
    lines = (*samples.lines, *map(str, branches))
    samples = samples._replace(lines=lines, network=diagram(trace, path, view))
    after = [update(trace, path)] if path.weight else []
    return [samples, *forward, _loss(trace, view), *backward, *after]


# ---- the parts


def _samples(trace: Recording, classes: Sequence[str], view: Windows, rows: range) -> Part:
    network, shown, several = trace.network, slice(rows.start, rows.stop), len(trace.z) > 1
    x, alone = trace.x[shown], view.alone and several
    more = " …" if len(trace.z) > len(rows) and not alone else ""
    task = network.task or VALUES
    targets = target_names(trace.targets[shown], task, classes)
    predicted = target_names(task.decide(network.outputs(x)), task, classes)
    count = f"{len(trace.z)} sample{'s' * several}"
    which = f"sample {rows.start + 1} of {count}" if alone else count
    lines = (
        f"{which}, target: {targets}{more}",
        f"prediction before the step: {predicted}{more}; loss {number(trace.value)}, after the "
        f"step {number(trace.value_after)}",
    )
    part = Part("samples" if several and not alone else "sample", lines=lines)
    if x.ndim in (3, 4):
        kind = "light" if network.schema and network.schema.picture else "ink"
        drawn = [picture(f"x[{n}]", each, kind) for n, each in zip(rows, x, strict=True)]
        return part._replace(pictures=tuple(drawn))
    table = table_of(network, x) if x.ndim == 2 else None
    arrays = () if table else (view.activation("x", "", trace.x),)
    return part._replace(table=table, arrays=arrays)


def target_names(targets: Array, task: Task | None, classes: Sequence[str] = ()) -> str:
    """The target of each sample: the name of its class, those of its labels, or its values.

    >>> import numpy as np
    >>> target_names(np.array([0, 1]), CLASSES, ["cat", "dog"])
    'cat, dog'
    >>> target_names(np.array([[0, 1], [0, 0]]), LABELS, ["old", "wet"])
    'wet; none'
    >>> target_names(np.array([2.5]), None)
    '2.5'
    """
    if task is CLASSES and targets.ndim == 1:
        return ", ".join(str(classes[t]) if classes else f"class {t:d}" for t in targets.tolist())
    rows = targets.reshape(len(targets), -1).tolist()
    if task is LABELS and classes:
        return "; ".join(
            ", ".join(name for name, on in zip(classes, row, strict=True) if on) or "none"
            for row in rows
        )
    return "; ".join(", ".join(map(number, row)) for row in rows)


def _forward(traced: LayerTrace, layer: Layer, view: Windows, x: list[Shown]) -> Part:
    arrays = [view.parameter(own, traced, own, values) for own, values in traced.parameters.items()]
    return Part(
        f"forward {traced.name} {short(layer)}: "
        f"{times(traced.input.shape)} → {times(traced.output.shape)}",
        half(traced.formula, "forward"),
        (),
        (*x, *arrays, view.activation("y", traced.name, traced.output)),
        way="forward",
        layer=traced.name,
    )


def _loss(trace: Recording, view: Windows) -> Part:
    last = trace.layers[-1].name
    t = trace.loss.rows(trace.targets, trace.z)
    arrays = [("z", trace.z), ("t", t), ("dL/dz", trace.dz)]
    if trace.loss.from_logits is not None:
        arrays.insert(1, ("p", trace.loss.probabilities(trace.z)))
    mean = f"the mean over {len(trace.z)} samples" if len(trace.z) > 1 else "of this sample"
    return Part(
        f"loss {short(trace.loss)}",
        uncited(formula(type(trace.loss))),
        (f"L = {number(trace.value)}, {mean}",),
        tuple(
            view.activation(name, last, values) if values.shape == trace.z.shape
            else plain(name, values)
            for name, values in arrays
        ),
        way="loss",
    )  # fmt: skip


def _backward(traced: LayerTrace, layer: Layer, view: Windows, x: list[Shown]) -> Part:
    assert traced.dy is not None
    arrays = [*x, view.activation("dy", traced.name, traced.dy)]
    for own, values in traced.gradients.items():
        arrays.append(view.parameter(f"d{own}", traced, own, values))
    if traced.dx is not None:
        arrays.append(view.activation("dx", traced.source, traced.dx))
    return Part(
        f"backward {traced.name} {short(layer)}",
        half(traced.formula, "backward"),
        () if traced.dx is not None else ("dx is not needed: no earlier layer has parameters",),
        tuple(arrays),
        way="backward",
        layer=traced.name,
    )


# ---- one number of a layer, worked out


def _worked_forward(part: Part, traced: LayerTrace, layer: Layer, place: Place) -> list[Part]:
    found = layer.worked_forward(place, traced.input, traced.output, traced.saved)
    return _worked("y", place, found, traced, part)


def _worked_backward(part: Part, traced: LayerTrace, layer: Layer, place: Place) -> list[Part]:
    assert traced.dy is not None
    found = layer.worked_backward(place, traced.input, traced.dy, traced.saved)
    if found and traced.dx is None:
        lines = [line for line in found.lines if not line.startswith("dx")]
        found = found._replace(lines=tuple(lines))
    return _worked("dy", place, found, traced, part)


def _worked(
    name: str, place: Place, found: Worked | None, traced: LayerTrace, part: Part
) -> list[Part]:
    """A layer's part with its worked example: within it, or if that has arrays, after it."""
    if found is None:
        return [part]
    lines = tuple(put_in(found.lines, found.numbers))
    if not found.arrays:
        return [part._replace(lines=(*part.lines, *lines))]
    title = f"{at(name, place[: traced.output.ndim])} of layer {traced.name}, worked out"
    arrays = [_small(name, np.asarray(values)) for name, values in found.arrays.items()]
    return [part, Part(title, "", lines, tuple(arrays), way=part.way, layer=traced.name)]


def _small(name: str, values: Array) -> Shown:
    """The first rows and columns of an array, of which a worked example may have many."""
    shown = plain(name, values)
    part = shown.values[:WHOLE, :WHOLE]
    if part.size == values.size:
        return shown
    rows, columns = shown.rows[:WHOLE], shown.columns[:WHOLE]
    return shown._replace(
        values=part, rows=rows, columns=columns, whole=shown.values, rest="all of it"
    )
