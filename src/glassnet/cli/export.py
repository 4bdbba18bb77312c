"""`glassnet export`: a network for another library."""

from pathlib import Path
from typing import Annotated

import typer

from glassnet.cli.options import writable
from glassnet.cli.predict import Model, trained
from glassnet.interop import FORMATS, export


def export_command(
    model: Model,
    to: Annotated[str, typer.Option("--to", help=f"One of {', '.join(FORMATS)}.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="By default MODEL-FORM.py, or .onnx.")
    ] = None,
) -> None:
    """Write MODEL for another library: a script with its weights beside it, or an ONNX file."""
    path = writable(out or Path(f"{model.stem}-{to}"))
    for written in export(trained(model), to, path):
        print(f"wrote {written}")
