"""The command as it was typed, for pages that say how to repeat it."""

import shlex
from contextvars import ContextVar

words: ContextVar[tuple[str, ...]] = ContextVar("words", default=())


def as_typed() -> str:
    """The whole command, such as `glassnet train digits --epochs 5`."""
    return shlex.join(["glassnet", *words.get()])
