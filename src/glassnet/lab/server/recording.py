"""A run as it was, for a page without an engine: frames of chosen steps, and answers there."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from glassnet.base.errors import InputError
from glassnet.lab.asked import choosing, design, inside
from glassnet.lab.asked.downloads import sent, stem_of
from glassnet.lab.commands import COMMANDS, Reply, answer, command
from glassnet.lab.out.bundle import bundle, inert
from glassnet.lab.packed import finite
from glassnet.lab.shown.columns import columns_of
from glassnet.lab.shown.facts import facts
from glassnet.lab.shown.frame import frame
from glassnet.lab.shown.outcome import standing_alone
from glassnet.lab.shown.units import of_unit
from glassnet.lab.state.session import Session

BYTES = 4_900_000  # of the file: the page, and as many moments as there is room for
MOST = 240  # frames
SINGLE = 12  # steps at the start that are shown one by one, as most happens there
UNITS = 40  # a network of more has no numbers of single units
INSIDE, INSIDE_SHARE = 12, 0.4  # steps with their operations, and what they may take of the bytes

Message = Mapping[str, Any]
ALWAYS: tuple[Message, ...] = (  # asked at any step
    {"do": "kinds"}, {"do": "parts_style"}, {"do": "sources"},
)  # fmt: skip
COMMANDS_OF = (choosing, design, inside)  # imported for their commands


def recorded(session: Session, say: Callable[[str], Any] = lambda line: None) -> dict[str, Any]:
    """The run from its first step to its last as plain data: settings, frames, operations of some
    steps, and answers. The session is afterwards at the step where it was.

    - `say`: gets a line about what is left out.

    Raises `InputError` for a run that has no step yet.
    """
    run, view, at = session.run, session.view, session.run.t
    if run.end == 0:
        raise InputError("there is nothing to record: train for a step or more")
    session.playing, looked = False, (view.unit, view.followed, view.weight)
    view.unit = view.followed = view.weight = None
    try:
        return _recorded(session, say)
    finally:
        view.unit, view.followed, view.weight = looked
        session.go(at)
        session.branched()  # the page draws its curves afresh


def _recorded(session: Session, say: Callable[[str], Any]) -> dict[str, Any]:
    run = session.run
    settings, curves = facts(session) | {"shelf": "", "files": {}}, _curves(session)
    answers = {_asked(each): answer(session, each) for each in ALWAYS if each["do"] in COMMANDS}
    largest = max(_size(_frame(session, t)) for t in (0, run.end))
    room = BYTES - len(bundle("", {}).encode()) - _size([curves, settings, answers])
    operations = _inside(session, int(INSIDE_SHARE * room))
    left = (room - _size(operations)) // largest - len(operations)  # which have frames too
    chosen = steps(run.end, run.epoch_ends, left)
    chosen = sorted({*chosen, *map(int, operations)})
    if len(chosen) <= run.end:
        say(f"It has {len(chosen):,} of the run's {run.end + 1:,} moments.")
    say(_said(len(operations)))
    frames = [_frame(session, t) for t in chosen]
    frames[0]["curves"] = curves
    return {"settings": settings, "frames": frames, "operations": operations, "answers": answers}


def _said(steps: int) -> str:
    """Of how many steps the operations are in the recording."""
    if not steps:
        return "No operations are in it: those of one step are larger than the file may be."
    return f"The operations of {steps:,} step{'s' * (steps > 1)} are in it."


def _frame(session: Session, t: int) -> dict[str, Any]:
    """What the page shows after t steps, but for the curves, which it has from the first frame; and
    what it shows of every unit."""
    session.go(max(t - 1, 0))
    if t:
        session.run.step()  # so that the loss of this step is known
    return _shown(session)


def _shown(session: Session) -> dict[str, Any]:
    nothing = {"first": len(session.run.epoch_ends), "ends": [], "columns": {}}
    shown = frame(session) | standing_alone(session)
    return shown | {"curves": nothing, "units": _units(session)}


def _units(session: Session) -> dict[str, Any]:
    """The numbers of each unit of a small network, by its column and place."""
    network = session.network
    assert network.input_shape is not None
    columns = columns_of(network, network.input_shape)
    if sum(column.units for column in columns) > UNITS:
        return {}
    found = {}
    for k, column in enumerate(columns):
        for place in range(column.units):
            session.view.unit = (k, place)
            found[f"{k},{place}"] = of_unit(session)
    session.view.unit = None
    return found


def _curves(session: Session) -> dict[str, Any]:
    """The metrics of all epochs."""
    run = session.run
    columns = {name: finite(values) for name, values in run.columns.items() if name != "seconds"}
    return {"first": 0, "ends": run.epoch_ends, "columns": columns}


def _inside(session: Session, room: int) -> dict[str, Any]:
    """The operations of some steps, by the steps: those that many ask for first."""
    found: dict[str, Any] = {}
    for t in _looked_into(session.run.end):
        if not session.look_into(t):
            break
        step = _operations(session)
        room -= _size(step)
        if room < 0:
            break
        found[str(t)] = step
    session.leave()
    return found


def _operations(session: Session) -> dict[str, Any]:
    """A step: the frames before and after its update, and each operation with what it shows."""
    every = []
    for number in range(len(session.operations)):
        session.operation = number
        shown = _shown(session)
        if number == 0:
            before = shown
        every.append({"operation": shown["operation"], "inside": answer(session, _INSIDE)})
    return {"before": before, "after": shown, "every": every}


_INSIDE: Message = {"do": "inside", "whole": False}


def _looked_into(end: int) -> list[int]:
    """Steps whose operations are recorded, the most wanted first: the first, the last, then ever
    finer between them.

    >>> _looked_into(1000)[:5], _looked_into(3)
    ([1, 1000, 500, 250, 750], [1, 3, 2])
    """
    found, parts = dict.fromkeys([1, end]), 1
    while len(found) < min(INSIDE, end):
        parts *= 2
        found |= dict.fromkeys(max(1, end * n // parts) for n in range(1, parts))
    return list(found)[:INSIDE]


def _asked(message: Message) -> str:
    """A question as the page writes it."""
    given = {name: value for name, value in message.items() if name != "do"}
    return json.dumps([message["do"], given], separators=(",", ":"), ensure_ascii=False)


def _size(thing: Any) -> int:
    return len(inert(thing).encode())


def steps(end: int, epoch_ends: list[int], most: int) -> list[int]:
    """At most so many of the steps 0 … end: the first ones, then ends of epochs spread evenly; all
    if there is room.

    >>> steps(3, [3], 10), steps(1000, [250, 500, 750, 1000], 8)
    ([0, 1, 2, 3], [0, 1, 2, 3, 250, 500, 750, 1000])
    """
    most = max(2, min(most, MOST))
    if end < most:
        return list(range(end + 1))
    first = range(min(SINGLE, most // 2))
    left = most - len(first)
    later = [t for t in epoch_ends if t >= len(first)] if len(epoch_ends) >= left / 2 else []
    later = sorted({*(later or range(len(first), end)), end})
    spread = np.linspace(0, len(later) - 1, min(left, len(later))).round().astype(int)
    return [*first, *(later[n] for n in spread)]


def page(session: Session, say: Callable[[str], Any] = lambda line: None) -> str:
    """The run in one HTML file."""
    from glassnet.inspection.plots import in_short

    title = f"{session.run.data.name}, {in_short(session.run.network)}: a recorded run"
    return bundle(title, recorded(session, say))


@command
def record(session: Session) -> Reply:
    """The run so far in one HTML file."""
    said: list[str] = []
    text = page(session, said.append)
    return {**sent({f"{stem_of(session)}.html": text.encode()}), "said": " ".join(said)}
