"""What the page may ask for: functions of a session by name, with checked arguments."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from pydantic import ConfigDict, ValidationError, validate_call

from glassnet.base.configurable import choose
from glassnet.base.errors import GlassnetError, InputError
from glassnet.base.sentences import sentence_of
from glassnet.workflows.problems import first_complaint

Reply = dict[str, Any]
Command = Callable[..., Reply | None]
COMMANDS: dict[str, Command] = {}
log = logging.getLogger(__name__)


def command(function: Command) -> Command:
    """Let the page call this function by its name; what it sends is checked by the annotations.

    The function takes the session first. What it returns is sent to the page, with the function's
    name as `"is"`.
    """
    checked = validate_call(config=ConfigDict(arbitrary_types_allowed=True))(function)
    COMMANDS[function.__name__] = checked
    return function


def answer(session: Any, message: Mapping[str, Any]) -> Reply:
    """Do what a message says, `{"do": name, …}`; what goes wrong becomes a sentence.

    The reply is what the command returns with its name as `"is"`, or an error; it has the
    message's `"id"`.
    """
    given = dict(message)
    number, name = given.pop("id", None), given.pop("do", None)
    return {"id": number, **_done(session, name, given)}


def _done(session: Any, name: Any, given: Mapping[str, Any]) -> Reply:
    try:
        if not isinstance(name, str):
            raise InputError(f"a message does {name!r}: expected the name of a command")
        choose("command", name, list(COMMANDS))
        with np.errstate(over="ignore", invalid="ignore"):  # of a training that diverges
            return {"is": name, **(COMMANDS[name](session, **given) or {})}
    except Exception as error:
        return failure(name, error)


def failure(of: Any, error: Exception) -> Reply:
    """What went wrong, as the page is told; what is our own fault is logged, too."""
    reply = {"is": "error", "of": of if isinstance(of, str) else None}
    if isinstance(error, ValidationError):
        return reply | {"sentence": first_complaint(error)}
    if isinstance(error, MemoryError):
        return reply | {"sentence": sentence_of(error)}
    if isinstance(error, GlassnetError):
        return reply | {"sentence": str(error)}
    log.error("%s failed", of, exc_info=error)
    said = f"{of} failed by a fault of the lab ({error!r}), which goes on: see its terminal"
    return reply | {"sentence": said, "fault": True}
