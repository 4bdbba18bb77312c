"""The command as it was typed, for pages that say how to repeat it."""

import shlex
from contextvars import ContextVar

from glassnet.base.addresses import without_password

words: ContextVar[tuple[str, ...]] = ContextVar("words", default=())


def answered(option: str, value: str) -> None:
    """What a terminal was asked and has answered becomes a part of the command."""
    words.set((*words.get(), option, value))


def as_typed() -> str:
    """The whole command, such as `glassnet train digits --epochs 5`, without passwords."""
    return shlex.join(["glassnet", *map(without_password, words.get())])
