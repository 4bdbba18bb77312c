"""A step of training, told in parts: formulas, shapes, numbers, and one weight all the way."""

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.configurable import formula

if TYPE_CHECKING:
    from glassnet.inspection.trace import LayerTrace, Trace

ROWS, COLUMNS = 4, 6  # the most that is shown of an array


class Shown(NamedTuple):
    """A window into an array: its name, its numbers (rows, columns), and where it lies in what."""

    name: str
    values: Array
    shape: tuple[int, ...]
    first: tuple[int, int] = (0, 0)

    @property
    def where(self) -> str:
        """The whole shape, and which part is shown where that is not all."""
        shape = " × ".join(map(str, self.shape))
        if self.values.size == math.prod(self.shape):
            return shape
        (top, left), (rows, columns) = self.first, self.values.shape
        place = f"{left} to {left + columns - 1}"
        if rows > 1 or top:
            place = f"rows {top} to {top + rows - 1}, columns {place}"
        return f"{shape}, shown {place}"


class Part(NamedTuple):
    """A heading, formulas as they stand in the code, sentences, and numbers."""

    title: str
    formula: str = ""
    lines: tuple[str, ...] = ()
    arrays: tuple[Shown, ...] = ()


def walk(trace: "Trace", classes: Sequence[str] = ()) -> list[Part]:
    """A step from its samples to the weights after it, in the order in which it is worked out."""
    forward = [_forward(layer) for layer in trace.layers]
    backward = [_backward(layer) for layer in reversed(trace.layers) if layer.dy is not None]
    return [_samples(trace, classes), *forward, _loss(trace), *backward, *_weight(trace)]


# ---- the parts


def _samples(trace: "Trace", classes: Sequence[str]) -> Part:
    named = truth(trace.targets[:ROWS], trace.network.task, classes)
    more = " …" if len(trace.targets) > ROWS else ""
    count = f"{len(trace.z)} sample{'s' * (len(trace.z) > 1)}"
    return Part(
        "what is learned from",
        lines=(f"{count}, truth: {named}{more}",),
        arrays=(window("x", trace.x),),
    )


def truth(targets: Array, task: str | None, classes: Sequence[str] = ()) -> str:
    """Of each sample what is true: the name of its class, those of its labels, or its values.

    >>> truth(np.array([0, 1]), "classes", ["cat", "dog"]), truth(np.array([0, 1]), "classes")
    ('cat, dog', 'class 0, class 1')
    >>> truth(np.array([[0, 1], [0, 0]]), "labels", ["old", "wet"])
    'wet; none'
    >>> truth(np.array([2.5]), "values")
    '2.5'
    """
    if task == "classes" and targets.ndim == 1:
        return ", ".join(str(classes[t]) if classes else f"class {t:d}" for t in targets.tolist())
    rows = targets.reshape(len(targets), -1).tolist()
    if task == "labels" and classes:
        return "; ".join(
            ", ".join(name for name, on in zip(classes, row, strict=True) if on) or "none"
            for row in rows
        )
    return "; ".join(", ".join(map(number, row)) for row in rows)


def _forward(layer: "LayerTrace") -> Part:
    inputs, outputs = (" × ".join(map(str, a.shape)) for a in (layer.input, layer.output))
    arrays = [window(name, values) for name, values in layer.parameters.items()]
    return Part(
        f"forward {layer.name} {layer.description}: {inputs} → {outputs}",
        _half(layer.formula, "forward"),
        (),
        (*arrays, window("y", layer.output)),
    )


def _loss(trace: "Trace") -> Part:
    return Part(
        f"loss {trace.loss!r}",
        formula(type(trace.loss)),
        (f"L = {number(trace.value)}, the mean over {len(trace.z)}",),
        (window("z", trace.z), *_probabilities(trace), window("dL/dz", trace.dz)),
    )


def _probabilities(trace: "Trace") -> list[Shown]:
    if trace.loss.from_logits is None:
        return []
    return [window("p", trace.loss.probabilities(trace.z))]


def _backward(layer: "LayerTrace") -> Part:
    assert layer.dy is not None
    arrays = [window("dy", layer.dy)]
    arrays += [window(f"d{name}", values) for name, values in layer.gradients.items()]
    last = "dx is not asked for: nothing before this layer learns"
    return Part(
        f"backward {layer.name} {layer.description}",
        _half(layer.formula, "backward"),
        () if layer.dx is not None else (last,),
        (*arrays, *([window("dx", layer.dx)] if layer.dx is not None else [])),
    )


def _half(text: str, way: str) -> str:
    """The lines of a formula that are about this way, where it says which are."""
    lines = text.splitlines()
    own = [line.removeprefix(way).strip() for line in lines if line.startswith(way)]
    return "\n".join(own) or text


def _weight(trace: "Trace") -> list[Part]:
    """One weight all the way: its gradient twice, its step, the loss before and after."""
    if not trace.before:
        return []
    name, place = trace.steepest()
    index, _, own = name.rpartition(".")
    layer = next(layer for layer in trace.layers if layer.name == index)
    gradient = float(layer.gradients[own][place])
    shown = f"{own}[{', '.join(map(str, place))}]"
    worked, numbers = worked_step(trace, name, place)
    lines = [
        f"dL/dw by backward {number(gradient)}, by differences (L(w + h) − L(w − h)) / 2h = "
        f"{number(trace.difference(name, place))}",
        *worked,
        f"{shown} before {number(float(trace.before[name][place]))}, "
        f"after {number(numbers['after'])}; loss before {number(trace.value)}, "
        f"after the step of all weights {number(trace.value_after)}",
    ]
    title = f"one weight of layer {index}, {shown}, whose gradient is the largest there"
    return [Part(title, formula(type(trace.rule)), tuple(lines))]


# ---- the rule, with its numbers put in


def worked_step(
    trace: "Trace", name: str, place: tuple[int, ...]
) -> tuple[list[str], dict[str, float]]:
    """The rule's lines for one parameter, and the numbers in them by their letters.

    Those are `θ` before and `after`, its gradient `g`, the rate `η`, moments before (`m0`) and
    after (`m`), the rule's own settings, and what the rule adds. A rule of one's own has no lines
    unless it says so in `worked`.
    """
    settings = {k: v for k, v in trace.rule.config().items() if isinstance(v, float)}
    numbers = settings | {
        "θ": float(trace.before[name][place]),
        "after": float(trace.after[name][place]),
        "g": float(trace.stepped_by[name][place]),
        "η": trace.rate,
        "t": 1.0,
    }
    for moment, values in trace.moments_after.items():
        numbers[f"{moment}0"] = float(trace.moments_before[moment][name][place])
        numbers[moment] = float(values[name][place])
    decays = trace.network.parameters.specs[name].decay and trace.rule.weight_decay > 0
    lines = trace.rule.worked_step(numbers, decays)
    texts = {letter: number(value) for letter, value in numbers.items()}
    texts = {letter: f"({text})" if text[0] == "-" else text for letter, text in texts.items()}
    # A result stands alone: it needs no brackets.
    return [re.sub(r"= \((-[^()]*)\)$", r"= \1", line.format(**texts)) for line in lines], numbers


# ---- windows and numbers


def window(name: str, values: Array, rows: int = ROWS, columns: int = COLUMNS) -> Shown:
    """The part of an array that has most to say: where its numbers are largest together; of many
    images, in the first."""
    if values.ndim > 2:
        return window(f"{name}[0]", values[0], rows, columns)
    flat = values if values.ndim > 1 else values[None]
    size = np.abs(np.nan_to_num(flat.astype(float)))
    left = _fullest(size.sum(axis=0), columns)
    top = _fullest(size[:, left : left + columns].sum(axis=1), rows) if values.ndim > 1 else 0
    part = flat[top : top + rows, left : left + columns]
    return Shown(name, part, values.shape, (top, left))


def _fullest(sums: Array, length: int) -> int:
    """Where so many neighbours begin that are largest together; the first of equal ones."""
    if len(sums) <= length:
        return 0
    total = np.convolve(sums, np.ones(length), "valid")
    return int(np.argmax(total > total.max() * (1 - 1e-9)))


def number(value: float) -> str:
    """Six digits, as a pocket calculator takes them.

    >>> number(0.123456789), number(-1234567.0), number(2e-7), number(3.0)
    ('0.123457', '-1.23457e+06', '2e-07', '3')
    """
    return f"{value:z.6g}"


def aligned(values: Array) -> list[list[str]]:
    """Numbers as texts of one width, with as many places behind the point as they need."""
    top = float(np.abs(np.nan_to_num(values.astype(float))).max(initial=0))
    if top < 1e5 and (values == np.round(values)).all():
        form = "{:z.0f}"
    elif top and not 1e-3 <= top < 1e5:
        form = "{:z.2e}"
    else:
        form = f"{{:z.{max(0, min(4, 4 - math.floor(math.log10(top)))) if top >= 1 else 4}f}}"
    texts: list[list[str]] = [[form.format(v) for v in row] for row in values.tolist()]
    wide = max((len(text) for row in texts for text in row), default=0)
    return [[text.rjust(wide) for text in row] for row in texts]


def strengths(values: Array) -> Array:
    """Each number as a share of the largest, −1 to 1: what its colour is made of."""
    finite: Any = np.nan_to_num(values.astype(float))
    top = np.abs(finite).max(initial=0)
    share: Array = finite / top if top else finite
    return share
