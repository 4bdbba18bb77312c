"""The commands, and how every error becomes one line."""

import os
import sys
from typing import Annotated, Any

import typer

from glassnet import __version__
from glassnet.cli import train as training
from glassnet.cli.compare import compare_command
from glassnet.cli.data import data_command
from glassnet.cli.explain import explain_command
from glassnet.cli.export import export_command
from glassnet.cli.plot import plot_command
from glassnet.cli.predict import evaluate_command, predict_command
from glassnet.cli.recipes import recipes_command, run_command
from glassnet.cli.repeat import repeat_command
from glassnet.cli.studies import cv_command, lr_find_command
from glassnet.cli.summary import summary_command
from glassnet.cli.sweep import sweep_command
from glassnet.errors import GlassnetError, refuse_url

# Newer versions of Typer carry a click of their own: take the error's class from what both export.
USAGE_ERROR: Any = typer.BadParameter.__base__

NAMING = ("--target", "--drop", "--as", "--id", "--features")  # options that name columns

INTERRUPTED = 130  # what a shell gives for a command that Ctrl-C ended

app = typer.Typer(
    help="Neural networks you can see through: train, predict, repeat published results.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback(invoke_without_command=True)
def version(
    context: typer.Context,
    show: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Neural networks you can see through: train, predict, repeat published results."""
    if show:
        print(f"glassnet {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit


app.command("train")(training.train_command)
app.command("data")(data_command)
app.command("predict")(predict_command)
app.command("evaluate")(evaluate_command)
app.command("summary")(summary_command)
app.command("export")(export_command)
app.command("explain")(explain_command)
app.command("plot")(plot_command)
app.command("recipes")(recipes_command)
app.command("run")(run_command)
app.command("compare")(compare_command)
app.command("repeat")(repeat_command)
app.command("cv")(cv_command)
app.command("lr-find")(lr_find_command)
app.command("sweep")(sweep_command)


@app.command("check")
def check(
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random inputs.")] = 0,
) -> None:
    """Check the gradient of every layer, loss and activation against differences."""
    from glassnet.checks import check_all

    wrong = 0
    for report in check_all(seed):
        print(report)
        wrong += not report
    print("all gradients are right" if not wrong else f"{wrong} gradient checks FAILED")
    raise typer.Exit(1 if wrong else 0)


def run(arguments: list[str] | None = None) -> int:
    """The exit code of one call; every expected error is one line on stderr."""
    try:
        _refuse_urls(sys.argv[1:] if arguments is None else arguments)
        result: Any = typer.main.get_command(app).main(
            arguments, prog_name="glassnet", standalone_mode=False
        )
        code = result if isinstance(result, int) else 0
        sys.stdout.flush()
        return _fail("interrupted", code) if code == INTERRUPTED else code
    except USAGE_ERROR as error:
        return _fail(_usage(error))
    except GlassnetError as error:
        return _fail(str(error))
    except (KeyboardInterrupt, typer.Abort):
        return _fail("interrupted", INTERRUPTED)
    except BrokenPipeError:  # `glassnet … | head` has read enough
        _close_output()
        return 0
    except OSError as error:  # the readers tell theirs: what is left is where the output goes
        _close_output()
        return _fail(f"cannot write the output: {error.strerror or error}")


def _close_output() -> None:
    """Let nothing more be written, not even what Python does at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _refuse_urls(words: list[str]) -> None:
    """A URL would lose a slash as a path; only the name of a column may look like one."""
    for before, word in zip(["", *words], words, strict=False):
        option, equals, value = word.partition("=")
        is_set = bool(equals) and option.startswith("--")
        if (option if is_set else before) not in NAMING:
            refuse_url(value if is_set else word)


def _usage(error: Any) -> str:
    """What is wrong with the words of the command, and where its help is."""
    where = error.ctx.command_path if error.ctx else "glassnet"
    return f"{error.format_message()} See {where} --help"


def _fail(message: str, code: int = 2) -> int:
    print("glassnet: " + " ".join(message.split()), file=sys.stderr)
    return code
