"""The update of one weight: its gradient twice, the rule with its numbers, before and after."""

import re
from collections.abc import Mapping, Sequence

from glassnet.base.configurable import formula
from glassnet.inspection.document import Bar, Part, Table, number
from glassnet.inspection.following import Path
from glassnet.inspection.formulas import uncited
from glassnet.inspection.recording import Recording
from glassnet.nn.worked import at


def update(trace: Recording, path: Path) -> Part:
    """The followed weight, and the loss before and after the step of all weights."""
    name, place = path.weight, path.place
    index, _, own = name.rpartition(".")
    layer = next(layer for layer in trace.layers if layer.name == index)
    gradient = float(layer.gradients[own][place])
    lines, _ = worked_step(trace, name, place)
    row = (
        at(own, place), number(float(trace.before[name][place])), number(gradient),
        number(trace.difference(name, place)), number(trace.rate),
        number(float(trace.after[name][place])),
    )  # fmt: skip
    head = "", "before", "gradient", "by differences", "rate η", "after"
    return Part(
        f"update of {at(own, place)} in layer {index}",
        uncited(formula(type(trace.rule))),
        (
            _whose(trace, path),
            *_clipped(trace, path, gradient),
            *lines,
            *_shortened(trace, path),
        ),
        table=Table(head, (row,)),
        bars=(
            Bar("loss before", number(trace.value), 0, trace.value),
            Bar("loss after", number(trace.value_after), 0, trace.value_after),
        ),
        way="update",
    )  # fmt: skip


def _whose(trace: Recording, path: Path) -> str:
    largest = (path.weight, path.place) == trace.steepest()
    which = "the largest of the first trainable layer, " if largest else ""
    return f"gradient dL/dw: {which}by backward and by differences, (L(w + h) − L(w − h)) / 2h"


def _clipped(trace: Recording, path: Path, gradient: float) -> list[str]:
    """What clip_norm made of the gradient, if it did."""
    used = float(trace.stepped_by[path.weight][path.place])
    return (
        []
        if used == gradient
        else [f"shortened with all gradients to clip_norm: g = {number(used)}"]
    )


def _shortened(trace: Recording, path: Path) -> list[str]:
    """What max_norm made of the weight, if it did."""
    name, place = path.weight, path.place
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
        "t": float(trace.t),
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
