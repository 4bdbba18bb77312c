"""A run as it was, for a page without an engine: frames of chosen steps, and answers there."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from glassnet.base.errors import InputError
from glassnet.inspection import plots
from glassnet.lab.bundle import bundle
from glassnet.lab.commands import Reply, answer, command
from glassnet.lab.downloads import sent, stem_of
from glassnet.lab.facts import facts
from glassnet.lab.frame import frame
from glassnet.lab.packed import finite
from glassnet.lab.session import Session

BYTES = 4_200_000  # of frames and answers; the page around them has the rest of 5 MB
MOST = 240  # frames
SINGLE = 12  # steps at the start that are shown one by one, as most happens there

Message = Mapping[str, Any]
ALWAYS: tuple[Message, ...] = ({"do": "kinds"},)  # asked at any step


def recorded(session: Session, say: Callable[[str], Any] = lambda line: None) -> dict[str, Any]:
    """The run from its first step to its last as plain data: settings, frames and answers.

    The session is afterwards at the step where it was.

    - `say`: gets a line about what is left out.

    Raises `InputError` for a run that has no step yet.
    """
    run, at = session.run, session.run.t
    if run.end == 0:
        raise InputError("there is nothing to record: train for a step or more")
    session.playing = False
    try:
        return _recorded(session, say)
    finally:
        session.go(at)
        session.branched()  # the page draws its curves afresh


def _recorded(session: Session, say: Callable[[str], Any]) -> dict[str, Any]:
    run = session.run
    answers: dict[Any, dict[str, Reply]] = {"always": _answers(session, ALWAYS)}
    settings, curves = facts(session), _curves(session)
    largest = max(_size(_frame(session, t)) for t in (0, run.end))
    chosen = steps(run.end, run.epoch_ends, (BYTES - _size(curves)) // largest)
    if len(chosen) <= run.end:
        say(f"It has {len(chosen):,} of the run's {run.end + 1:,} moments.")
    frames = [_frame(session, t) for t in chosen]
    frames[0]["curves"] = curves
    return {"settings": settings, "frames": frames, "answers": answers}


def _frame(session: Session, t: int) -> dict[str, Any]:
    """What the page shows after t steps, but for the curves, which it has from the first frame."""
    session.go(max(t - 1, 0))
    if t:
        session.run.step()  # so that the loss of this step is known
    nothing = {"first": len(session.run.epoch_ends), "ends": [], "columns": {}}
    return frame(session) | {"curves": nothing}


def _curves(session: Session) -> dict[str, Any]:
    """The metrics of all epochs."""
    run = session.run
    columns = {name: finite(values) for name, values in run.columns.items() if name != "seconds"}
    return {"first": 0, "ends": run.epoch_ends, "columns": columns}


def _answers(session: Session, messages: tuple[Message, ...]) -> dict[str, Reply]:
    """The answers by question, as the page writes it."""
    found = {}
    for message in messages:
        given = {name: value for name, value in message.items() if name != "do"}
        asked = json.dumps([message["do"], given], separators=(",", ":"), ensure_ascii=False)
        found[asked] = answer(session, message)
    return found


def _size(thing: Any) -> int:
    return len(json.dumps(thing, separators=(",", ":")))


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
    title = f"{session.run.data.name}, {plots.in_short(session.run.network)}: a recorded run"
    return bundle(title, recorded(session, say))


@command
def record(session: Session) -> Reply:
    """The run so far in one HTML file."""
    said: list[str] = []
    text = page(session, said.append)
    return {**sent({f"{stem_of(session)}.html": text.encode()}), "said": " ".join(said)}
