"""`glassnet report`, and `train --report`: a training in one page."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from glassnet.base import files
from glassnet.base.errors import InputError
from glassnet.base.files import atomic_write
from glassnet.cli import terminal as show
from glassnet.cli.command import as_typed
from glassnet.cli.options import file_options, takes, to_output, writable
from glassnet.cli.outputs import there, written
from glassnet.cli.predict import Model, learned_from, trained
from glassnet.data.readers.endings import name_of
from glassnet.data.tables.notes import Notes
from glassnet.workflows import predict as predictions
from glassnet.workflows.report.material import Material
from glassnet.workflows.report.report import report
from glassnet.workflows.run import Run

ENDINGS = (".html", ".htm")


@takes(file_options)
def report_command(
    given: dict[str, Any],
    model: Model,
    data: Annotated[
        str | None, typer.Argument(metavar="DATA", rich_help_panel="Data",
                                   help="Data with their target, better not the rows that MODEL "
                                        "learned from.", show_default="none: what MODEL keeps")
    ] = None,
    out: Annotated[
        Path | None, to_output(metavar="FILE", help="The .html file to write.",
                               show_default="MODEL-report.html")
    ] = None,
) -> None:  # fmt: skip
    """Write a page about a training: its data, network, curves and limits, and metrics on DATA.

    Without DATA the page has what MODEL keeps, and says what is missing.

    $ glassnet report churn.safetensors new.csv
    $ glassnet report churn.safetensors --out churn.html
    """
    network = trained(model, data=[data] if data else [])
    path = page_file(out or model.with_name(f"{model.stem}-report.html"), "--out")
    notes = Notes()
    x, y = predictions.labelled(network, data, given, notes) if data else (None, None)
    source = network.trained.get("data")
    versions = files.read(model)[1].get("versions")
    made = Material(
        network,
        name_of(source) if isinstance(source, str) else model.stem,
        part=name_of(data) if data else "",
        x=x,
        y=y,
        versions=versions if isinstance(versions, dict) else {},
        unseen=tuple(notes.lines()),
        again=data is not None and learned_from(network, data),
    )
    for note in notes.lines():
        show.say(f"note: {note}", file=sys.stderr)
    write(path, made, show.say)


def write_for(run: Run, path: Path, say: Callable[[str], Any], among: str = "") -> None:
    """The report of a training that is over, with the metrics of its test part unless Ctrl-C ended
    it before these were known; `among` is what is known of further networks."""
    part, x, y = run.data.evaluation_part if run.figures else ("", None, None)
    made = Material(
        run.network, run.data.name, part, x, y, _command(run), files.versions(), among=among
    )
    write(path, made, say)


def _command(run: Run) -> str:
    """The command with the engine that took the steps: what "auto" chooses depends on what the
    machine has compiled before."""
    typed, engine = as_typed(), run.network.trained["settings"]["engine"]
    named = f" --engine {engine}"
    return typed if named in typed or not typed.startswith("glassnet train") else typed + named


def write(path: Path, given: Material, say: Callable[[str], Any]) -> None:
    """Write the page, whole or not at all."""
    before, content = there(path), report(given).encode("utf-8", "backslashreplace")
    with atomic_write(path) as file:
        file.write(content)
    say(written([path], before))


def page_file(path: Path, option: str) -> Path:
    """The path of a page, if it can be written: checked before the work, not after."""
    if path.suffix.lower() not in ENDINGS:
        raise InputError(f"{option} is {path}, expected the name of an .html file")
    return writable(path, option)
