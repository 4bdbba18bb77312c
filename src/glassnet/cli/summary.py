"""`glassnet summary`: the contents of a file."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from glassnet.base import files
from glassnet.base.numerals import numeral
from glassnet.cli import terminal as show
from glassnet.cli.arguments import check_places
from glassnet.cli.options import to_output
from glassnet.nn.metrics.names import metric_name
from glassnet.nn.summary import HEADINGS, Summary
from glassnet.sequential import Sequential
from glassnet.stack import Stack
from glassnet.training.checkpoint import read as read_checkpoint
from glassnet.workflows.facts import facts

NAMES_SHOWN = 12


def summary_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A network, stack or checkpoint.")],
    as_json: Annotated[bool, to_output("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show the contents of FILE: layers, training settings, metrics.

    $ glassnet summary digits.safetensors
    $ glassnet summary digits.safetensors --json
    """
    check_places(file)
    _, header = files.read(file)
    if "checkpoint" in header:
        said: dict[str, Any] = _checkpoint(file)
        layers: Summary | None = None
    else:
        network = Stack.load(file)[0] if "stack" in header else Sequential.load(file)
        layers, said = network.summary(), facts(network)
        if "stack" in header:
            said["holds"] = f"a stack of {len(header['stack'])} networks; this is the first"
    said |= {"format": header["format"], "versions": header.get("versions", {})}
    if as_json:
        print(json.dumps(said))
        return
    if layers is not None:
        *rows, total = layers.cells()
        show.table("", HEADINGS, rows, text=HEADINGS[:1], total=total)
        if layers.note:
            show.say(layers.note)
        print()
    for name, value in said.items():
        if value not in (None, [], {}, ""):
            show.say(f"{name.replace('_', ' '):<12} {_text(value)}")


def _checkpoint(file: Path) -> dict[str, Any]:
    state = read_checkpoint(file)
    networks = state["network"]
    return {
        "holds": "a checkpoint, for train --resume",
        "networks": len(networks),
        "epoch": state["epoch"] + 1,
        "steps": state["steps"],
        **state["settings"],
    }


def _text(value: Any) -> str:
    """A value as text."""
    if isinstance(value, dict) and "kind" in value:
        settings = {name: each for name, each in value.items() if name != "kind"}
        return f"{value['kind']}({', '.join(f'{n}={e}' for n, e in settings.items())})"
    if isinstance(value, dict):
        return "  ".join(f"{metric_name(n)} {_number(e)}" for n, e in value.items())
    if isinstance(value, list) and all(type(each) is int for each in value):
        return " × ".join(map(str, value))  # the shape of a sample
    if isinstance(value, list):
        rest = f" and {len(value) - NAMES_SHOWN} more" if len(value) > NAMES_SHOWN else ""
        return ", ".join(map(_number, value[:NAMES_SHOWN])) + rest
    return f"{value:g}" if isinstance(value, float) else str(value)


def _number(value: Any) -> str:
    """A metric, or a word."""
    return numeral(value) if isinstance(value, float) else _text(value)
