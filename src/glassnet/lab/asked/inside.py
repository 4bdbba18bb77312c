"""Commands that look into the step that is shown: its operations as the explain pages draw them."""

from typing import Annotated

from pydantic import Field

from glassnet.inspection.html_report import body, side_by_side
from glassnet.inspection.html_style import PARTS
from glassnet.lab.commands import Reply, command
from glassnet.lab.run.operations import ledger
from glassnet.lab.state.session import Session


@command
def inside(session: Session, whole: bool = False) -> Reply:
    """The operation that is shown, or the whole step, as HTML; and the list of all operations, and
    the shapes. Only the number of operations, 0, if no step is looked into."""
    trace, at = session.trace, session.operation
    if trace is None or at is None:
        return {"of": 0}
    shown, rows = session.operations[at], ledger(trace)
    kinds = {row["layer"]: f", {row['kind']}" for row in rows}
    parts = [part for each in session.operations for part in each.parts] if whole else shown.parts
    return {
        "t": session.run.t,
        "number": at + 1,
        "of": len(session.operations),
        "names": [each.name + kinds.get(each.layer, "") for each in session.operations],
        "way": shown.way,
        "layer": shown.layer,
        "html": body(parts) if whole else side_by_side(parts),
        "ledger": rows,
        "samples": len(trace.z),
        "followed": session.view.followed,
    }


@command
def follow(session: Session, sample: Annotated[int, Field(ge=0)] | None = None) -> None:
    """Look at one sample of each batch, counted from 0, or at several."""
    session.view.followed = sample
    session.explain()


@command
def parts_style(session: Session) -> Reply:
    """The style of what is drawn, as the explain pages have it."""
    return {"css": PARTS}
