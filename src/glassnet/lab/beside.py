"""The data of a lab for those who repeat its training: by name, or in files beside."""

from typing import Any

from glassnet.base.errors import InputError
from glassnet.lab.session import Session
from glassnet.lab.sources import Named


def beside(session: Session) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The data as a recipe names it, with `name` and `options`, and the files that it reads."""
    settings = session.settings
    if not isinstance(settings.data, Named):
        raise InputError(f"a recipe has no way to name {session.run.data.name}: save the network")
    options = {**settings.data.options, "seed": settings.seed}
    return {"name": settings.data.name, "options": options}, {}
