"""Commands whose help is found by topic: `-h`, `--help data`, `--help lr`."""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from glassnet.base.synonyms import others
from glassnet.cli.completion import INSTALL, SHOW, set_up
from glassnet.cli.help_page import commands_page, page, topic

HELP = ("-h", "--help")


class Command(TyperCommand):
    """A command of the program."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Print the help if it is asked for, with the word after it as its topic."""
        word = None if ctx.resilient_parsing else asked(args, self._taking)
        if word is None:
            return super().parse_args(ctx, args)
        path = ctx.command_path
        print("\n".join(topic(self, path, word) if word else page(self, path)))
        raise typer.Exit

    def make_parser(self, ctx: Any) -> Any:
        """A parser that also takes the options by what else the field calls them."""
        parser = super().make_parser(ctx)
        for _, twin in self._twins():
            twin.add_to_parser(parser, ctx)
        return parser

    def options(self) -> dict[str, Any]:
        """Every option by each of its names, those from elsewhere too."""
        twins = self._twins()
        found = {n: each for each, twin in twins for n in (*twin.opts, *twin.secondary_opts)}
        return found | {n: each for each in self._own() for n in (*each.opts, *each.secondary_opts)}

    def _own(self) -> list[Any]:
        params: list[Any] = self.params
        return [each for each in params if each.param_type_name == "option"]

    def _twins(self) -> list[tuple[Any, Any]]:
        """Options, each with itself again by what else the field calls it."""
        twins = [(each, copy.copy(each)) for each in self._own()]
        known = {n for each, _ in twins for n in (*each.opts, *each.secondary_opts)}
        for each, twin in twins:
            twin.opts = _second_names(each.opts, known)
            twin.secondary_opts = _second_names(each.secondary_opts, known)
        return [(each, twin) for each, twin in twins if twin.opts]

    def get_help(self, ctx: Any) -> str:
        return "\n".join(page(self, ctx.command_path))

    def _taking(self, name: str) -> bool:
        """Whether this is an option that takes the next word as its value."""
        option = self.options().get(name)
        return option is not None and not option.is_flag


class Commands(TyperGroup):
    """The program."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """`--help train` and `help train` are `train --help`; the options for shells are done."""
        if len(args) > 1 and args[0] in (*HELP, "help"):
            args = [args[1], "--help", *args[2:]]
        elif args == ["help"]:
            args = ["--help"]
        elif args and args[0] in (INSTALL, SHOW):
            print(set_up(args[0], args[1] if len(args) > 1 else None))
            raise typer.Exit
        return super().parse_args(ctx, args)

    def get_help(self, ctx: Any) -> str:
        return "\n".join(commands_page(self, ctx.command_path))


def _second_names(options: Sequence[str], known: set[str]) -> list[str]:
    """`--learning-rate` for `--lr`, and `--no-use-bias` for `--no-bias`."""
    found: list[str] = []
    for option in options:
        negative = "no-" if option.startswith("--no-") else ""
        ours = option.removeprefix("--").removeprefix("no-").replace("-", "_")
        names = (f"--{negative}{each.replace('_', '-')}" for each in others(ours))
        found += [name for name in names if name not in known]
    return found


def asked(words: Sequence[str], taking: Callable[[str], bool]) -> str | None:
    """The topic of the help that the words of a command ask for, "" for all of it; None if they
    do not ask.

    - `taking`: whether an option takes the next word as its value.

    >>> na = "--na".__eq__
    >>> asked(["moons", "--help", "data"], na), asked(["-h"], na), asked(["--na", "-h"], na)
    ('data', '', None)
    """
    before = ""
    for place, word in enumerate(words):
        name, equals, value = word.partition("=")
        if word == "--":
            return None
        if name in HELP and not taking(before):
            after = words[place + 1] if len(words) > place + 1 else ""
            return value if equals else after
        before = "" if taking(before) else word
    return None
