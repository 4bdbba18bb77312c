"""Commands that set what is trained, on what, and how."""

from typing import Any

from glassnet.lab.commands import Reply, command
from glassnet.lab.shown.facts import facts
from glassnet.lab.state.session import Session
from glassnet.lab.state.settings import Settings


@command
def settings(session: Session, **given: Any) -> Reply:
    """Take over settings; those that are left out stay. Replies with all that follows from them."""
    now = session.settings.model_dump()
    session.change(Settings.model_validate({**now, **given}))
    return facts(session)


@command
def restart(session: Session) -> Reply:
    """From the first step again, with the same settings; what was trained is forgotten."""
    session.playing = False
    session.begin(session.settings)
    return facts(session)
