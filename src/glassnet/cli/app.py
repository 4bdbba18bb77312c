"""The commands, and how every error becomes one line."""

import importlib
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Annotated, Any

import typer

from glassnet import __version__
from glassnet.base.addresses import is_database, is_web
from glassnet.base.errors import GlassnetError, refuse_url
from glassnet.base.progress import watched
from glassnet.base.sentences import sentence_of
from glassnet.base.synonyms import nearest
from glassnet.cli import command, completion
from glassnet.cli.commands import HELP, Command, Commands
from glassnet.cli.completion import INSTALL, SHELLS, SHOW
from glassnet.cli.streams import sturdy
from glassnet.cli.tally import Bars
from glassnet.workflows.problems import complaint

# Newer versions of Typer carry a click of their own: take the error's class from what both export.
USAGE_ERROR: Any = typer.BadParameter.__base__

NAMING = (
    "--target",
    "--drop",
    "--as",
    "--id",
    "--features",
    "--dask",
    "--query",
)  # not paths
TAKING = ("data", "of", "--test")  # what may be an address

SILENT = {"--quiet", "--json"}  # show no bars
INTERRUPTED = 130  # what a shell gives for a command that Ctrl-C ended


def version(
    context: typer.Context,
    show: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    install: Annotated[
        bool, typer.Option(INSTALL, metavar="SHELL", help="Let the Tab key complete commands, "
                           f"options and names in {', '.join(SHELLS)}.", show_default="this shell")
    ] = False,
    script: Annotated[
        bool, typer.Option(SHOW, metavar="SHELL", help="Print the script that does so.",
                           show_default="this shell")
    ] = False,
) -> None:  # fmt: skip
    """Neural networks you can see through: train, predict, repeat published results."""
    if show:
        print(f"glassnet {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit


COMMANDS = {
    "Train": {
        "lab": "lab",
        "train": "train",
        "repeat": "repeat",
        "cv": "studies",
        "lr-find": "studies",
        "sweep": "sweep",
    },
    "Use a network": {
        "predict": "predict",
        "evaluate": "predict",
        "serve": "serve",
        "export": "export",
    },
    "Look inside": {
        "data": "data",
        "summary": "summary",
        "explain": "explain",
        "importance": "importance",
        "report": "report",
        "plot": "plot",
        "check": "check",
    },
    "Published results": {
        "recipes": "recipes",
        "run": "recipes",
        "compare": "compare",
    },
}
"""Each command and the module that has it, in the groups of the help."""


def program(words: Sequence[str] = ()) -> Any:
    """The command that the words begin with alone, so that no other is imported; else all."""
    known = {name for commands in COMMANDS.values() for name in commands}
    return _program(words[0] if words and words[0] in known else None)


@cache
def _program(alone: str | None) -> Any:
    """The commands with their options, made once."""
    app = typer.Typer(
        cls=Commands,
        context_settings={"help_option_names": [*HELP]},
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    app.callback(invoke_without_command=True)(version)
    for group, commands in COMMANDS.items():
        for name, place in commands.items():
            if alone in (None, name):
                module = importlib.import_module(f"glassnet.cli.{place}")
                function = getattr(module, f"{name.replace('-', '_')}_command")
                app.command(name, cls=Command, rich_help_panel=group)(function)
    return typer.main.get_command(app)


def run(arguments: list[str] | None = None) -> int:
    """The exit code of one call; every expected error is one line on stderr."""
    with sturdy() as output:
        code = _run(arguments)
        output.flush()
        if output.failure is None:
            return code
        reason = output.failure.strerror or output.failure
        return _fail(f"cannot write to standard output: {reason}", code or 2)


def _run(arguments: list[str] | None) -> int:
    words = tuple(sys.argv[1:] if arguments is None else arguments)
    completion.begin()
    command.words.set(words)
    bars = Bars(quiet=not SILENT.isdisjoint(words))
    try:
        _refuse_urls(words)
        with watched(bars):
            result: Any = program(words).main(
                arguments, prog_name="glassnet", standalone_mode=False
            )
        code = result if isinstance(result, int) else 0
        return _fail(f"interrupted{bars.broken}", code) if code == INTERRUPTED else code
    except USAGE_ERROR as error:
        return _fail(_usage(error, words))
    except (GlassnetError, MemoryError) as error:
        return _fail(sentence_of(error))
    except (KeyboardInterrupt, typer.Abort):
        return _fail(f"interrupted{bars.broken}", INTERRUPTED)
    except OSError as error:  # of a file that none of our readers or writers handles
        where = f"{error.filename}: " if error.filename else ""
        return _fail(f"{where}{error.strerror or error}")


def _refuse_urls(words: Sequence[str]) -> None:
    """A URL would lose a slash as a path; only data may have an address, and only the
    name of a column or a query may look like a URL."""
    for name, word in _named(words):
        to_table = is_database(word) and (words[0], name) == ("predict", "--out")
        from_data = is_web(word) or is_database(word)
        to_lab = from_data and (words[0], name) == ("lab", "what")
        taken = to_table or to_lab or (name in TAKING and from_data)
        if not taken and name not in NAMING and "#lab=" not in word:
            refuse_url(word)


def _named(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each value on the command line with the name of its option or argument."""
    known = program(words).commands.get(words[0]) if words else None
    if known is None:
        yield from (("", word) for word in words)
        return
    options = known.options()
    arguments = [p.name for p in known.params if p.param_type_name == "argument"] or [""]
    rest, place = iter(words[1:]), 0
    for word in rest:
        option, equals, value = word.partition("=")
        if option.startswith("--"):
            found = options.get(option)
            takes = found is not None and not found.is_flag and not equals
            yield found.opts[0] if found else option, next(rest, "") if takes else value
        else:
            yield arguments[min(place, len(arguments) - 1)], word
            place += 1


def _usage(error: Any, words: Sequence[str]) -> str:
    """What is wrong with the arguments, and where the help is."""
    known = program(words).commands
    path = ["glassnet", *(words[:1] if words and words[0] in known else ())]
    where = error.ctx.command_path if error.ctx else " ".join(path)
    found = getattr(error.__cause__, "errors", None)  # newer versions of Typer check by pydantic
    if found and error.param:
        message = f"{error.param.opts[0]}{complaint(found()[0])}."
    elif hasattr(error, "option_name") and error.ctx is None:  # known, but not how it is used
        lacks = "requires" in error.message
        message = f"{error.option_name} {'needs a value' if lacks else 'takes no value'}."
    elif unknown := getattr(error, "option_name", None):
        options = [option for each in error.ctx.command.params for option in each.opts]
        meant = nearest(unknown, [option for option in options if option.startswith("--")])
        if meant and "=" in meant:  # a setting of an option
            meant = "--{} {}".format(*meant.replace("'", "").split("=", 1))
        message = f"no option {unknown}" + (f": did you mean {meant}?" if meant else ".")
    else:
        message = error.format_message()
    return f"{message} See {where} --help"


def _fail(message: str, code: int = 2) -> int:
    print("glassnet: " + " ".join(message.split()), file=sys.stderr)
    return code
