"""`glassnet plot`: pictures of a trained network."""

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

import glassnet
from glassnet import answers, plots
from glassnet.arrays import Array
from glassnet.cli.options import Encoding, Separator, picture
from glassnet.described import choose
from glassnet.errors import InputError
from glassnet.metrics import confusion_matrix
from glassnet.sequential import Sequential

ALONE = ("diagram", "weights")  # which need no data
CLASSES = ("confusion", "mistakes", "calibration", "regions")
STEPS = ("outputs", "gradients")
KINDS = (*ALONE, *CLASSES, *STEPS)


def plot_command(
    kind: Annotated[str, typer.Argument(help=f"One of {', '.join(KINDS)}.")],
    model: Annotated[Path, typer.Argument(help="A .safetensors file that `train` wrote.")],
    data: Annotated[
        str | None, typer.Argument(metavar="DATA", help="A dataset, file or folder; of a named "
                                                        "dataset, its test part.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A .png, .svg or .pdf file. By default "
                                                       "MODEL-KIND.png.")
    ] = None,
    separator: Separator = None,
    encoding: Encoding = None,
) -> None:  # fmt: skip
    """Draw what a network has learned: KIND is what is to be seen."""
    choose("kind of picture", kind, KINDS)
    path = picture(out or Path(f"{model.stem}-{kind}.png"))
    network = glassnet.load(model)
    if kind in ALONE:
        ax = plots.diagram(network) if kind == "diagram" else plots.weights(network)
    else:
        how = answers.Reading(targets=True, separator=separator, encoding=encoding)
        ax = _of_data(kind, network, *_rows(kind, network, data, how))
    plots.save(ax, path)
    print(f"wrote {path}")


def _rows(
    kind: str, network: Sequential, data: str | None, how: answers.Reading
) -> tuple[Array, Array]:
    if data is None:
        raise InputError(f"plot {kind}: give DATA too, whose rows are to be answered")
    pieces = [(piece.x[:], piece.y) for piece in answers.read(network, data, how)]
    x, y = (np.concatenate([piece[k] for piece in pieces]) for k in (0, 1))
    return x, y


def _of_data(kind: str, network: Sequential, x: Array, y: Array) -> Any:
    if kind in STEPS:
        return plots.distributions(network.trace(x, y), kind)
    if network.task != "classes":
        raise InputError(f"plot {kind}: the network predicts {network.task}, expected classes")
    p = network.predict_proba(x)
    classes = network.classes or tuple(map(str, range(p.shape[1])))
    if kind == "confusion":
        return plots.confusion(confusion_matrix(y, p.argmax(axis=1), len(classes)), classes)
    if kind == "calibration":
        return plots.calibration(p, y)
    if kind == "regions":
        return plots.regions(network, x, y, classes)
    if x.ndim != 3:
        raise InputError(f"plot mistakes: samples have shape {x.shape[1:]}, expected images")
    return plots.mistakes(x, y, p, classes)
