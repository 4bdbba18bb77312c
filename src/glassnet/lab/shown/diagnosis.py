"""What is wrong with the training, as the page shows it, and the command that tries the advice."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any

from pydantic import Field

from glassnet.base.errors import InputError
from glassnet.inspection.remedies import possible
from glassnet.lab.commands import Reply, command
from glassnet.lab.shown.facts import facts
from glassnet.lab.state.session import Session
from glassnet.lab.state.treatments import treatments

AFTER_DIVERGENCE = ("lower rate", "clip")  # and scaled inputs, if these are large


def diagnosis(session: Session) -> list[dict[str, Any]]:
    """Each thing that is wrong: its kind, a sentence, and what can be tried."""
    return [
        {
            "kind": kind,
            "sentence": sentence,
            "tries": [each.as_json(session) for each in treatments(session, remedies)],
        }
        for kind, sentence, remedies in _wrong(session)
    ]


def state_of(session: Session) -> tuple[Any, ...]:
    """What decides the diagnosis: as long as it is the same, so is that."""
    run = session.run
    return (session.branch, run.diverged, *(each.sentence for each in run.findings))


def _wrong(session: Session) -> Iterator[tuple[str, str, Iterable[str]]]:
    run = session.run
    if run.diverged:
        large = any(each.kind == "inputs" for each in run.findings)
        names = [*AFTER_DIVERGENCE, *(["scale"] if large else [])]
        yield "diverged", run.diverged, possible(names, "lab", run.watch.health.useless)
    for _, kind, sentence, remedies in run.findings:
        yield kind, f"{sentence[0].upper()}{sentence[1:]}.", remedies


@command
def treat(
    session: Session, remedy: str, n: Annotated[int, Field(ge=0)] = 0, start: bool = False
) -> Reply:
    """Try what a remedy advises, from here or from the start, and play."""
    found = [each for each in treatments(session, [remedy]) if each.n == n]
    if not found:
        raise InputError(f"{remedy!r} would change nothing here: try something else")
    treatment = found[0]
    if treatment.goto is not None:
        session.playing = False
        session.go(treatment.goto)
        return facts(session)
    if start or treatment.afresh(session):
        session.begin(treatment.settings)
    else:
        session.change(treatment.settings)
    session.playing = True
    return facts(session)
