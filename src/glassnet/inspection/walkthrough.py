"""A walk through a step: formulas, shapes, numbers, and one weight from start to end."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.configurable import formula
from glassnet.inspection.document import ROWS, Part, Shown, kernel_window, number, picture, window
from glassnet.inspection.recording import LayerTrace, Recording
from glassnet.nn.layers import Layer
from glassnet.nn.task import CLASSES, LABELS, Task
from glassnet.nn.worked import Place, Worked, at

WAYS = ("forward", "backward")
WHOLE = (7, 7)  # of a window that is worked out, this much is shown


def walk(trace: Recording, classes: Sequence[str] = ()) -> list[Part]:
    """A step from its samples to the weights after it, in the order in which it is computed."""
    layers = dict(trace.network.walk())  # as they were before the step
    forward: list[Part] = []
    backward: list[Part] = []
    for traced in trace.layers:
        layer = layers[traced.name]
        forward += [_forward(traced), *_worked_forward(traced, layer)]
        if traced.dy is not None:
            backward[:0] = [_backward(traced), *_worked_backward(traced, layer)]
    return [_samples(trace, classes), *forward, _loss(trace), *backward, *_weight(trace)]


# ---- the parts


def _samples(trace: Recording, classes: Sequence[str]) -> Part:
    named = target_names(trace.targets[:ROWS], trace.network.task, classes)
    more = " …" if len(trace.targets) > ROWS else ""
    count = f"{len(trace.z)} sample{'s' * (len(trace.z) > 1)}"
    return Part(
        "samples",
        lines=(f"{count}, target: {named}{more}",),
        arrays=(picture("x[0]", trace.x[0]) if trace.x.ndim > 2 else window("x", trace.x),),
    )


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


def _forward(layer: LayerTrace) -> Part:
    inputs, outputs = (" × ".join(map(str, a.shape)) for a in (layer.input, layer.output))
    arrays = [kernel_window(name, values) for name, values in layer.parameters.items()]
    return Part(
        f"forward {layer.name} {layer.description}: {inputs} → {outputs}",
        _half(layer.formula, "forward"),
        (),
        (*arrays, window("y", layer.output)),
    )


def _loss(trace: Recording) -> Part:
    return Part(
        f"loss {trace.loss!r}",
        formula(type(trace.loss)),
        (f"L = {number(trace.value)}, the mean over {len(trace.z)}",),
        (window("z", trace.z), *_probabilities(trace), window("dL/dz", trace.dz)),
    )


def _probabilities(trace: Recording) -> list[Shown]:
    if trace.loss.from_logits is None:
        return []
    return [window("p", trace.loss.probabilities(trace.z))]


def _backward(layer: LayerTrace) -> Part:
    assert layer.dy is not None
    arrays = [window("dy", layer.dy)]
    arrays += [kernel_window(f"d{name}", values) for name, values in layer.gradients.items()]
    last = "dx is not needed: no earlier layer has parameters"
    return Part(
        f"backward {layer.name} {layer.description}",
        _half(layer.formula, "backward"),
        () if layer.dx is not None else (last,),
        (*arrays, *([window("dx", layer.dx)] if layer.dx is not None else [])),
    )


def _half(text: str, way: str) -> str:
    """The lines of a formula that are about this way, if it says which are."""
    own, about = [], ""
    for line in text.splitlines():
        first, _, rest = line.partition(" ")
        about = first if first in WAYS else about
        if about == way:
            own.append(rest.strip() if first == way else line)
    y, _, dx = text.partition(";  dx")
    if not own and dx:
        return y if way == "forward" else f"dx{dx}".rstrip(".")
    return "\n".join(own) or text


# ---- one number of a layer, worked out


def _worked_forward(traced: LayerTrace, layer: Layer) -> list[Part]:
    place = _place(traced)
    found = layer.worked_forward(place, traced.input, traced.output, traced.saved)
    return _worked(f"{at('y', place)} of layer {traced.name}, worked out", found)


def _worked_backward(traced: LayerTrace, layer: Layer) -> list[Part]:
    assert traced.dy is not None
    place = _place(traced)
    found = layer.worked_backward(place, traced.input, traced.dy, traced.saved)
    return _worked(f"{at('dy', place)} of layer {traced.name}, worked out", found)


def _worked(title: str, found: Worked | None) -> list[Part]:
    if found is None:
        return []
    arrays = [window(name, values, *WHOLE) for name, values in found.arrays.items()]
    return [Part(title, "", tuple(put_in(found.lines, found.numbers)), tuple(arrays))]


def _place(traced: LayerTrace) -> Place:
    """The number of the first sample's output that changes the loss most, by y dy."""
    y = traced.output[0]
    share = y if traced.dy is None else y * traced.dy[0]
    share = share if share.any() else y
    return 0, *map(int, np.unravel_index(np.abs(share).argmax(), y.shape))


def _weight(trace: Recording) -> list[Part]:
    """One weight from start to end: its gradient twice, its step, the loss before and after."""
    if not trace.before:
        return []
    name, place = trace.steepest()
    index, _, own = name.rpartition(".")
    layer = next(layer for layer in trace.layers if layer.name == index)
    gradient = float(layer.gradients[own][place])
    shown = f"{own}[{', '.join(map(str, place))}]"
    worked, _ = worked_step(trace, name, place)
    lines = [
        f"dL/dw by backward {number(gradient)}, by differences (L(w + h) − L(w − h)) / 2h = "
        f"{number(trace.difference(name, place))}",
        *worked,
        *_shortened(trace, name, place),
        f"{shown} before {number(float(trace.before[name][place]))}, "
        f"after {number(float(trace.after[name][place]))}; loss before {number(trace.value)}, "
        f"after the step of all weights {number(trace.value_after)}",
    ]
    title = f"one weight of layer {index}, {shown}, whose gradient is the largest there"
    return [Part(title, formula(type(trace.rule)), tuple(lines))]


def _shortened(trace: Recording, name: str, place: tuple[int, ...]) -> list[str]:
    """What max_norm made of the weight, if it did."""
    after = trace.after[name][place]
    if after == trace.by_rule.get(name, trace.after[name])[place]:
        return []
    return [f"shortened with all weights of its unit to max_norm: θ = {number(float(after))}"]


# ---- the rule, with its numbers put in


def worked_step(
    trace: Recording, name: str, place: tuple[int, ...]
) -> tuple[list[str], dict[str, float]]:
    """The rule's lines for one parameter, and the numbers in them by their letters.

    Those are `θ` before and `after` it, its gradient `g`, the rate `η`, moments before (`m0`) and
    after (`m`), the rule's own settings, and what the rule adds. A rule of one's own has no lines
    unless it says so in `worked`.
    """
    settings = {k: v for k, v in trace.rule.config().items() if isinstance(v, float)}
    numbers = settings | {
        "θ": float(trace.before[name][place]),
        "after": float((trace.by_rule or trace.after)[name][place]),
        "g": float(trace.stepped_by[name][place]),
        "η": trace.rate,
        "t": 1.0,
    }
    for moment, values in trace.moments_after.items():
        numbers[f"{moment}0"] = float(trace.moments_before[moment][name][place])
        numbers[moment] = float(values[name][place])
    decays = trace.network.parameters.specs[name].decay and trace.rule.weight_decay > 0
    lines = trace.rule.worked_step(numbers, decays)
    return put_in(lines, numbers), numbers


def put_in(lines: Sequence[str], numbers: Mapping[str, float]) -> list[str]:
    """The lines with numbers for their letters, in brackets if they are below 0.

    >>> put_in(["y = x + b = {x} + {b} = {y}"], {"x": -1.0, "b": 0.25, "y": -0.75})
    ['y = x + b = (-1) + 0.25 = -0.75']
    """
    texts = {letter: number(value) for letter, value in numbers.items()}
    texts = {letter: f"({text})" if text[0] == "-" else text for letter, text in texts.items()}
    # A result stands alone: it needs no brackets.
    return [re.sub(r"= \((-[^()]*)\)(?! [·+−/])", r"= \1", line.format(**texts)) for line in lines]
