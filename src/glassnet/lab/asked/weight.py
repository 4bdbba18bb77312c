"""Commands that look at one weight: its course, gradient and update, the loss along it, by hand."""

import copy
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from glassnet.base.arrays import Array
from glassnet.base.configurable import formula
from glassnet.base.errors import InputError
from glassnet.inspection.formulas import short, uncited
from glassnet.inspection.trace import Trace
from glassnet.inspection.update import worked_step
from glassnet.lab.commands import Reply, command
from glassnet.lab.packed import finite
from glassnet.lab.state.session import Session
from glassnet.nn.worked import Place

POINTS = 41  # of the loss along a weight: the middle one is the present
ROWS = 2000  # of the training part, for the loss along a weight
Index = Annotated[list[Annotated[int, Field(ge=0)]], Field(max_length=8)]
Width = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]


@command
def weights(session: Session) -> Reply:
    """Every trainable parameter and its shape."""
    specs = session.run.network.parameters.specs
    return {"shapes": {n: list(each.shape) for n, each in specs.items() if each.trainable}}


@command
def weight(session: Session, name: str, place: Index) -> Reply:
    """Look at a weight: its value, its course, and unless the lab plays what a step makes of it.

    That step is the one that is looked into, or the next one.
    """
    chosen = _chosen(session, name, place)
    if session.view.weight != chosen:
        session.view.weight = chosen
        session.explain()
    t, value = session.run.t - (not session.updated), session.parameter(*chosen)
    course = list(session.run.course_of(*chosen))
    if t not in dict(course):
        course = sorted([*course, (t, value)], key=lambda point: point[0])
    found: Reply = {
        "name": name,
        "place": place,
        "t": t,
        "value": value,
        "edited": session.run.edited,
        "course": {"t": [t for t, _ in course], "values": finite([w for _, w in course])},
        "step": None,
    }
    trace = None if session.playing else step_of(session)
    return found | {"step": _step(trace, *chosen)} if trace else found


@command
def along(
    session: Session, over: Literal["batch", "training"] = "batch", width: Width = 1.0
) -> Reply:
    """The loss for values of the chosen weight around the present one, up to `width` away.

    It is that of the step's batch, with the step's noise, or of the training part without noise.
    """
    name, place = _chosen(session)
    present = session.parameter(name, place)
    reach = np.arange(POINTS) - POINTS // 2
    values = present + width * reach / (POINTS // 2)
    if over == "batch":
        trace = step_of(session)
        if trace is None:
            return {"over": over, "samples": 0, "values": [], "losses": []}
        found = _of_batch(session, trace, name, place, values)
        count = len(trace.z)
    else:
        found = _of_training(session, name, place, values)
        count = min(ROWS, len(session.run.data.x_train))
    taken = values.astype(session.network.dtype).tolist()
    return {"over": over, "samples": count, "values": taken, "losses": finite(found)}


@command
def edit(session: Session, name: str, place: Index, value: float) -> None:
    """Set a weight by hand; inside a step, before the step, which is then taken again."""
    chosen = _chosen(session, name, place)
    session.playing = False
    t, at = session.run.t, session.operation
    inside = not session.updated
    session.go(t - inside)
    session.run.edit(*chosen, value)
    session.branched()
    if inside and at is not None:
        session.look_into(t, at)


@command
def undo(session: Session) -> None:
    """Take back what was set by hand here; inside a step, before it."""
    session.playing = False
    t, at, inside = session.run.t, session.operation, not session.updated
    session.go(t - inside)
    session.run.undo()
    session.branched()
    if inside and at is not None:
        session.look_into(t, at)


def step_of(session: Session) -> Trace | None:
    """The step that is looked into, or else the next one, which is looked at once."""
    if session.trace is not None:
        return session.trace
    key = session.run.t, session.branch
    if session.peeked is None or session.peeked[0] != key:
        session.peeked = key, session.run.peek()
    return session.peeked[1]


def _chosen(
    session: Session, name: str | None = None, place: list[int] | None = None
) -> tuple[str, Place]:
    chosen = session.view.weight if name is None else (name, tuple(place or ()))
    if chosen is None:
        raise InputError("no weight is chosen: choose one first")
    session.parameter(*chosen)  # says what is wrong with it
    if not session.has(*chosen):
        raise InputError(f"{chosen[0]} is not trained: expected a trainable parameter")
    return chosen


def _step(trace: Trace, name: str, place: Place) -> Reply:
    """What a step makes of a weight."""
    layer, _, own = name.rpartition(".")
    traced = next(each for each in trace.layers if each.name == layer)
    lines, _ = worked_step(trace, name, place)
    numbers = {
        "before": trace.before[name][place],
        "gradient": traced.gradients[own][place],
        "differences": trace.difference(name, place),
        "used": trace.stepped_by[name][place],
        "rate": trace.rate,
        "by_rule": trace.by_rule.get(name, trace.after[name])[place],
        "after": trace.after[name][place],
        "loss": trace.value,
        "loss_after": trace.value_after,
    }
    rule = trace.rule
    return {
        "t": trace.t, "rule": short(rule), "formula": uncited(formula(type(rule))), "lines": lines,
        **{key: finite([float(value)])[0] for key, value in numbers.items()},
    }  # fmt: skip


# ---- the loss along a weight


def _of_batch(
    session: Session, trace: Trace, name: str, place: Place, values: Array
) -> list[float]:
    network = session.network

    def loss() -> float:
        z, _ = network.forward(trace.x, copy.deepcopy(trace.network.rng))
        return float(trace.loss(z, trace.targets, trace.weight)[0])

    return _along(network.parameters[name], place, values, loss)


def _of_training(session: Session, name: str, place: Place, values: Array) -> list[float]:
    network, data = session.network, session.run.data
    trained = session.run.trainer.loss
    x, y = np.asarray(data.x_train[:ROWS]), data.y_train[:ROWS]

    def loss() -> float:
        return float(trained.mean(network.outputs(x), y))

    return _along(network.parameters[name], place, values, loss)


def _along(view: Array, place: Place, values: Array, loss: Any) -> list[float]:
    """The loss at each value; the weight is afterwards what it was."""
    present, found = view[place].copy(), []
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            for value in values:
                view[place] = value
                found.append(loss())
    finally:
        view[place] = present
    return found
