"""`glassnet predict` and `glassnet evaluate`: a trained network on new data."""

import json
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from glassnet.base import files
from glassnet.base.addresses import is_database, without_password
from glassnet.base.arrays import FilePath
from glassnet.base.errors import InputError
from glassnet.base.progress import watched, work
from glassnet.cli import terminal as show
from glassnet.cli.arguments import check_form, check_places
from glassnet.cli.evaluation import report
from glassnet.cli.options import Source, file_options, takes, to_output, writable
from glassnet.cli.outputs import there
from glassnet.data import form_of
from glassnet.data.tables.notes import Notes
from glassnet.sequential import Sequential
from glassnet.workflows import predict as predictions
from glassnet.workflows.evaluate import evaluate
from glassnet.workflows.predict import Reading

Model = Annotated[
    Path, typer.Argument(metavar="MODEL", help="A .safetensors file that `train` wrote.")
]
Sources = Annotated[
    list[str],
    typer.Argument(metavar="DATA", rich_help_panel="Data",
                   help="What `train` reads, or pictures: their files, a folder of them, or a "
                        ".zip."),
]  # fmt: skip
Threshold = Annotated[
    float | None,
    to_output("--threshold", metavar="P", help="Predict the second of two classes from this "
              "probability on.", show_default="0.5"),
]  # fmt: skip
Interval = Annotated[
    float | None,
    to_output("--interval", metavar="SHARE", help="Add the ends of an interval that holds this "
              "share of values, such as 0.9."),
]  # fmt: skip


@takes(file_options)
def predict_command(
    given: dict[str, Any],
    model: Model,
    data: Sources,
    out: Annotated[
        str | None, to_output(metavar="FILE|TABLE", help="The .csv or .parquet file to write, "
                              "or a table such as sqlite:///FILE::TABLE.",
                              show_default="CSV on standard output")
    ] = None,
    replace: Annotated[
        bool, to_output("--replace", help="Replace the table of --out if there is one.")
    ] = False,
    proba: Annotated[
        bool, to_output("--proba", help="Add the probability of every class.")
    ] = False,
    identifier: Annotated[
        str | None, to_output("--id", metavar="COLUMN", help="Column to copy to the front.")
    ] = None,
    threshold: Threshold = None,
    interval: Interval = None,
    kaggle: Annotated[
        bool, to_output("--kaggle", help="Write the columns ImageId,Label, counted from 1.")
    ] = False,
) -> None:  # fmt: skip
    """Predict a label or value for every row or picture of DATA. Columns are matched by name.

    $ glassnet predict prices.safetensors new.csv --out predicted.csv
    $ glassnet predict digits.safetensors digits --proba
    """
    network = trained(model, data=data)
    place = show.utf8_output() if out is None else _place(out, data)
    before = there(place) if isinstance(place, Path) else ()
    on_screen = out is None and sys.stdout.isatty()  # where a bar would be in the way
    with watched(None) if on_screen else nullcontext():
        rows, notes = predictions.predict(
            network, data, place, proba=proba, threshold=threshold, interval=interval,
            identifier=identifier, kaggle=kaggle, how=Reading(given=given), replace=replace,
        )  # fmt: skip
    _print_notes(notes)
    if out is not None:
        shown, many = without_password(out), f"{rows:,} rows"
        show.say(f"replaced {shown} with {many}" if before else f"wrote {many} to {shown}")


def _place(out: str, data: list[str]) -> FilePath:
    """Where predictions go, if they can go there: a table, or a file that is not the input."""
    if is_database(out):
        return out
    path = writable(Path(out))
    if path.exists() and any(Path(each).exists() and path.samefile(each) for each in data):
        raise InputError(f"--out is {path}, which is the input: give a different file")
    return path


@takes(file_options)
def evaluate_command(
    given: dict[str, Any],
    model: Model,
    data: Source,
    as_json: Annotated[bool, to_output("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare predictions for DATA with its labels. A named dataset is tested on its test part.

    $ glassnet evaluate digits.safetensors digits
    $ glassnet evaluate prices.safetensors new.csv --json
    """
    network, notes = trained(model, data=[data]), Notes()
    how = Reading(targets=True, given=given)
    pieces = []
    with work("evaluating", unit="rows") as evaluating:
        for piece in predictions.read(network, data, how, notes):
            pieces.append((network(piece.x), piece.y))
            evaluating.add(len(piece.x), piece.share)
    z, y = (np.concatenate([piece[n] for piece in pieces]) for n in (0, 1))
    result = evaluate(network, z, y)
    _print_notes(notes)
    if learned_from(network, data):
        show.say(f"note: {_too_good(network, data)}", file=sys.stderr)
    if as_json:
        print(json.dumps(result.as_json()))
    else:
        report(result)


def one_network(path: Path, data: Sequence[str] = ()) -> Sequential:
    """The network of a file, for these data; InputError if the file holds something else, or if
    either is in the place of the other."""
    check_places(path, data)
    if not path.is_file():
        near = path.with_name(f"{path.name}.safetensors")
        hint = f"did you mean {near}?" if near.is_file() else "expected one that `train` wrote"
        raise InputError(f"no file {path}: {hint}")
    tensors, header = files.read(path)
    for what in ("stack", "checkpoint"):
        if what in header:
            raise InputError(
                f"{path} holds a {what}, not one network: expected a file that `train` wrote; "
                f"see `glassnet summary {path}`"
            )
    with files.loading(path):
        network = Sequential.restored(tensors, header)
    check_form(network, path, data)
    return network


def trained(path: Path, network: Sequential | None = None, data: Sequence[str] = ()) -> Sequential:
    """The network of a file, for these data; InputError if it was never trained."""
    network = network or one_network(path, data)
    if network.loss is None:
        raise InputError(
            f"{path} holds a network that was never trained, so its outputs have no meaning: "
            "expected a file that `train` wrote"
        )
    return network


def learned_from(network: Sequential, data: str) -> bool:
    """Whether the data are the very file that the network was trained on, all of whose rows count:
    of pictures, the test part is found again."""
    mine, source = Path(data), network.trained.get("data")
    if not isinstance(source, str) or not mine.is_file() or form_of(data) == "pictures":
        return False
    return mine.resolve() == Path(source).resolve()


def _too_good(network: Sequential, data: str) -> str:
    """What to think of metrics on the rows that a network learned from."""
    tested = "; glassnet summary shows those of its test part" * ("test" in network.trained)
    return (
        f"the network learned from rows of {data}, so these metrics are better than for new rows"
        f"{tested}"
    )


def _print_notes(notes: Notes) -> None:
    """Print notes on stderr: predictions may go to stdout."""
    for note in notes.lines():
        show.say(f"note: {note}", file=sys.stderr)
