"""`glassnet plot`: pictures of networks, predictions, data, trainings and activations."""

import inspect
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from glassnet.base.arrays import Array
from glassnet.base.configurable import choose
from glassnet.base.disk import read_text
from glassnet.base.errors import DataError, InputError, refuse_url
from glassnet.base.progress import work
from glassnet.cli.completion import names
from glassnet.cli.options import (
    Reading,
    data_options,
    file_options,
    option_names,
    picture,
    takes,
    to_output,
)
from glassnet.cli.outputs import MODEL, there, written
from glassnet.cli.predict import one_network, trained
from glassnet.data.readers.endings import name_of
from glassnet.inspection import plots
from glassnet.inspection.dataset_report import drawable, points, sheet
from glassnet.inspection.dependence import dependence
from glassnet.inspection.importance import importance
from glassnet.nn.layers import activation
from glassnet.nn.metrics import confusion_matrix
from glassnet.nn.task import CLASSES, VALUES
from glassnet.sequential import Sequential
from glassnet.workflows import predict as predictions
from glassnet.workflows.report.record import recorded

NETWORKS: dict[str, Callable[..., Any]] = {
    "diagram": plots.diagram,
    "weights": plots.weights,
    "kernels": plots.kernels,
}
PIXELS = {
    "feature-maps": plots.feature_maps,
    "gradient-input": plots.gradient_input,
    "occlusion": plots.occlusion,
    "augmented": plots.augmented,
}
STEPS = {"outputs": "outputs", "gradients": "gradients", "weight-values": "weights"}
COLUMNS = ("importance", "dependence")
PREDICTIONS = (
    "confusion", "mistakes", "calibration", "roc", "precision-recall", "regions", "predicted",
    *STEPS, *PIXELS, *COLUMNS,
)  # fmt: skip
DATA = ("samples", "scatter")
KINDS = (*NETWORKS, *PREDICTIONS, *DATA, "activation", "curves")
HELP = {
    "MODEL": ", ".join(NETWORKS),
    "MODEL [DATA]": ", ".join(PREDICTIONS),
    "DATA": ", ".join(DATA),
    "NAME": "activation",
    "MODEL or LOG …": "curves; a LOG is the output of train --json",
}


@takes(data_options)
def plot_command(
    settings: dict[str, Any],
    kind: Annotated[
        str, typer.Argument(metavar="KIND", autocompletion=names(KINDS),
                            help=" ".join(f"From {what}: {kinds}." for what, kinds in HELP.items()))
    ],
    of: Annotated[
        list[str], typer.Argument(metavar="SOURCE…", help="MODEL is a .safetensors file that "
                                                          "`train` wrote. DATA is a dataset (its "
                                                          "test part), file or folder; if it is "
                                                          "left out, the data that MODEL was "
                                                          "trained on.")
    ],
    out: Annotated[
        Path | None, to_output(metavar="FILE", help="The .png, .svg or .pdf file to write.",
                               show_default="SOURCE-KIND.png")
    ] = None,
    features: Annotated[
        str | None, to_output(metavar="A,B", help="Columns of a scatter plot.",
                              show_default="the two most informative ones")
    ] = None,
    column: Annotated[
        str | None, to_output(metavar="NAME", help="The column of dependence.",
                              show_default="the most important one")
    ] = None,
    row: Annotated[
        int, to_output(min=1, metavar="N", help=f"Data row of {', '.join(PIXELS)}, counted from 1.")
    ] = 1,
    dark: Annotated[bool, to_output("--dark", help="Draw on a dark background.")] = False,
) -> None:  # fmt: skip
    """Draw networks, predictions, data, trainings and activations.

    $ glassnet plot weights digits.safetensors
    $ glassnet plot confusion digits.safetensors digits --out confusion.svg
    """
    choose("kind of picture", kind, KINDS)
    path = picture(out or Path(f"{_stem(kind, of[0])}-{kind}.png"))
    _refuse_idle(kind, settings)
    if features is not None and kind != "scatter":
        raise InputError(f"plot {kind}: --features is for scatter")
    if column is not None and kind != "dependence":
        raise InputError(f"plot {kind}: --column is for dependence")
    if row > 1 and kind not in PIXELS:
        raise InputError(f"plot {kind}: --row is for {', '.join(PIXELS)}")
    before = there(path)
    with plots.dark(dark), work(f"drawing {path.name}"):
        plots.save(_drawn(kind, of, column or features, row, settings), path)
    print(written([path], before))


def _drawn(
    kind: str, of: list[str], features: str | None, row: int, settings: dict[str, Any]
) -> Any:
    if kind == "curves":
        return _curves(of)
    first, *more = _words(kind, of)
    if kind == "activation":
        return plots.activation(activation(first))
    if kind in DATA:
        data = Reading(first, settings, ()).load()
        return sheet(data) if kind == "samples" else points(data, features)
    refuse_url(first)
    network = one_network(Path(first), more)
    if kind in NETWORKS:
        return NETWORKS[kind](network)
    source = predictions.source_of(network, more[0] if more else None, f"plot {kind}")
    if kind not in STEPS:
        trained(Path(first), network)
    if kind in PIXELS:
        x = _samples(network, source, settings)
        if row > len(x):
            raise InputError(f"--row {row}: expected a data row, 1 to {len(x)}")
        which = [f"row {row}"] if len(x) > 1 else []
        with plots.about(name_of(source), plots.in_short(network), *which):
            return PIXELS[kind](network, x[row - 1])
    x, y = predictions.labelled(network, source, settings)
    with plots.about(name_of(source), plots.in_short(network)):  # its score is on other rows
        of_columns = partial(_columns, column=features)
        return (of_columns if kind in COLUMNS else _predictions)(kind, network, x, y)


def _samples(network: Sequential, source: str, settings: dict[str, Any]) -> Array:
    """The samples of a source, such as a single picture, which has no label."""
    try:
        return predictions.labelled(network, source, settings)[0]
    except DataError:
        pieces = predictions.read(network, source, predictions.Reading(given=settings))
        return np.concatenate([piece.x[:] for piece in pieces])


def _columns(kind: str, network: Sequential, x: Array, y: Array, column: str | None) -> Any:
    """What predictions rest on: all columns, or how they depend on one."""
    if kind == "importance":
        return plots.importance(importance(network, x, y))
    name = importance(network, x, y).columns[0] if column is None else column
    return plots.dependence(dependence(network, x, name))


def _stem(kind: str, source: str) -> str:
    """What a picture is called after."""
    if kind in DATA:
        return name_of(source)
    return source.partition(":")[0] if kind == "activation" else Path(source).stem


def _refuse_idle(kind: str, settings: dict[str, Any]) -> None:
    """InputError for an option of data that this kind of picture does not read."""
    known = inspect.signature(file_options).parameters if kind in PREDICTIONS else ()
    words = {"quotes": "no_quotes"}
    idle = [name for name in settings if kind not in DATA and words.get(name, name) not in known]
    if idle:
        raise InputError(f"plot {kind}: leave out --{option_names(idle)[0]}, which is for "
                         f"{', '.join(DATA)}")  # fmt: skip


def _words(kind: str, of: list[str]) -> list[str]:
    """The sources, if this kind of picture takes as many."""
    if len(of) > (2 if kind in PREDICTIONS else 1):
        what = next(what for what, kinds in HELP.items() if kind in kinds.split(", "))
        raise InputError(f"plot {kind} takes {what}, and was given {' '.join(of)}")
    return of


def _predictions(kind: str, network: Sequential, x: Array, y: Array) -> Any:
    if kind in STEPS:
        return plots.distributions(network.trace(x, y), STEPS[kind])
    wanted = VALUES if kind == "predicted" else CLASSES
    if network.task is not wanted:
        raise InputError(f"plot {kind}: the network predicts {network.task}, expected {wanted}")
    if kind == "predicted":
        if y.size != len(y):
            raise InputError(f"plot predicted: {y.shape[1]} values a row, expected one")
        return plots.predicted(y.ravel(), network.predict(x).ravel())
    p = network.predict_proba(x)
    classes = network.classes or tuple(map(str, range(p.shape[1])))
    if kind == "mistakes" and x.ndim not in (3, 4):
        raise InputError(f"plot mistakes: samples have shape {x.shape[1:]}, expected images")
    draw: dict[str, Callable[[], Any]] = {
        "confusion": lambda: plots.confusion(
            confusion_matrix(y, p.argmax(axis=1), len(classes)), classes
        ),
        "calibration": lambda: plots.calibration(p, y),
        "roc": lambda: plots.roc(p, y, classes),
        "precision-recall": lambda: plots.precision_recall(p, y, classes),
        "regions": lambda: plots.regions(network, x, y, classes),
        "mistakes": lambda: plots.mistakes(drawable(x, network.schema), y, p, classes),
    }
    return draw[kind]()


def _curves(logs: list[str]) -> Any:
    """The curves of one training, or of several compared, by the files or logs of them."""
    read = {Path(log).stem: _kept(log) if log.endswith(MODEL) else _history(log) for log in logs}
    if len(read) == 1:
        ((name, (history, tested)),) = read.items()
        return plots.training(history, name, tested=tested)
    return plots.all_compared({name: history for name, (history, _) in read.items()})


def _kept(model: str) -> tuple[dict[str, list[float]], dict[str, float]]:
    """The metrics of every epoch that a network's file keeps, and those of the test."""
    network = one_network(Path(model))
    record, tested = recorded(network), network.trained.get("test")
    if record is None:
        raise DataError(f"{model}: it keeps no curves: expected a network that `train` wrote")
    history = {name: [*column] for name, column in record.history.items()}
    return history, tested if isinstance(tested, dict) else {}


def _history(log: str) -> tuple[dict[str, list[float]], dict[str, float]]:
    """The metrics of every epoch that `train --json` printed, and those of the test."""
    try:
        lines = [json.loads(line) for line in read_text(log).splitlines()]
        epochs = [line for line in lines if "epoch" in line]
        names = [name for name in epochs[0] if name != "epoch"]
        history = {name: [float(line[name]) for line in epochs] for name in names}
        last = {n: v for n, v in lines[-1].items() if n.startswith("test_")}
        tested = {name.removeprefix("test_"): float(value) for name, value in last.items()}
    except OSError as error:
        raise DataError(f"{log}: cannot read it: {error.strerror}") from None
    except (ValueError, TypeError, LookupError, RecursionError):
        history = {}
    if "loss" not in history:
        raise DataError(
            f"{log}: expected a network that `train` wrote, or the output of `train --json`, a "
            "line per epoch"
        )
    return history, tested
