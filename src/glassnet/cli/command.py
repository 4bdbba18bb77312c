"""Commands as they are typed, for pages and lines that say how to repeat something."""

import inspect
import shlex
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any, get_args

from typer.models import ArgumentInfo

from glassnet.base.addresses import without_password

words: ContextVar[tuple[str, ...]] = ContextVar("words", default=())


def answered(option: str, value: str) -> None:
    """What a terminal was asked and has answered becomes a part of the command."""
    words.set((*words.get(), option, value))


def as_typed() -> str:
    """The whole command, such as `glassnet train digits --epochs 5`, without passwords."""
    return shlex.join(["glassnet", *map(without_password, words.get())])


def as_words(command: str, make: Callable[..., Any], said: Mapping[str, Any]) -> str:
    """A command whose options are those of `make`, as one would type it, without passwords.

    - `command`: its name.
    - `make`: a function with options, such as `setup`.
    - `said`: their values by name; those that are missing or equal their default are left out.
    """
    every = inspect.signature(make).parameters.values()
    typed = [word for each in every for word in _typed(each, said.get(each.name, each.default))]
    return shlex.join(["glassnet", command, *map(without_password, typed)])


def _typed(parameter: inspect.Parameter, value: Any) -> Iterator[str]:
    """The words that give this value to an option, or to the argument."""
    _, option = get_args(parameter.annotation)
    if isinstance(option, ArgumentInfo):
        yield str(value)
        return
    if value == parameter.default:
        return
    named = option.default if isinstance(option.default, str) else ""  # as typer keeps it
    name, _, opposite = (named or f"--{parameter.name.replace('_', '-')}").partition("/")
    if isinstance(value, bool):
        yield name if value else opposite
        return
    for each in value if isinstance(value, list) else [value]:
        yield from (name, str(each))
