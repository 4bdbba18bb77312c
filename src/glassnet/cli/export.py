"""`glassnet export`: a network for another library."""

from pathlib import Path
from typing import Annotated

from glassnet.base.progress import work
from glassnet.cli.completion import names as completed
from glassnet.cli.options import to_output, writable
from glassnet.cli.outputs import written
from glassnet.cli.predict import Model, trained
from glassnet.interop import FORMATS, export


def export_command(
    model: Model,
    to: Annotated[
        str,
        to_output(
            "--to",
            metavar="FORMAT",
            autocompletion=completed(FORMATS),
            help=f"Format to write: {', '.join(FORMATS)}.",
        ),
    ],
    out: Annotated[
        Path | None,
        to_output(metavar="FILE", help="File to write.", show_default="MODEL-FORMAT.py, or .onnx"),
    ] = None,
) -> None:
    """Export MODEL to NumPy, PyTorch, Keras or ONNX. A script has its weights in a second file.

    $ glassnet export digits.safetensors --to torch
    $ glassnet export digits.safetensors --to onnx --out digits.onnx
    """
    path = writable(out or Path(f"{model.stem}-{to}"))
    before = {each for each in path.parent.iterdir() if each.stem == path.stem}
    with work(f"exporting to {path.name}"):
        files = export(trained(model), to, path)
    print(written(files, before))
