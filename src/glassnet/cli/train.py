"""`glassnet train`: from a dataset to a network in a file, with its curves."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from glassnet import plots
from glassnet.callbacks import Logs
from glassnet.cli import options, show
from glassnet.cli.options import data_options, writable
from glassnet.data import load
from glassnet.data.dataset import shares
from glassnet.errors import InputError
from glassnet.initializers import INITIALIZERS
from glassnet.layers import ACTIVATIONS
from glassnet.losses import LOSSES
from glassnet.metrics import confusion_matrix
from glassnet.optimizers import OPTIMIZERS, optimizer
from glassnet.progress import Progress
from glassnet.recipes.loader import check_part
from glassnet.recipes.running import Run, train
from glassnet.recipes.schema import Data, Figure, Net, Recipe, Training
from glassnet.schedules import SCHEDULES

WATCHED = 0.1  # the share of the training data that is held out by default
SMALL = 10_000  # samples, below which a batch is 32 rows by default, and 128 from there


def _choice(table: dict[str, Any]) -> str:
    return "one of " + ", ".join(table)


def train_command(
    data: options.Source = "digits",
    hidden: Annotated[
        str, typer.Option(help="Units of each hidden layer, such as 128,64; 'none' for none.")
    ] = "128,64",
    activation: Annotated[
        str, typer.Option(help=f"After each hidden layer: {_choice(ACTIVATIONS)}.")
    ] = "relu",
    loss: Annotated[
        str | None,
        typer.Option(help=f"{_choice(LOSSES)}. By default cross_entropy for classes and "
                          "mean_squared for numbers."),
    ] = None,
    optimizer: Annotated[
        str, typer.Option(help=f"{_choice(OPTIMIZERS)}; with settings as in adam:beta1=0.8.")
    ] = "adam",
    lr: Annotated[
        float | None, typer.Option(help="Learning rate. By default the optimizer's own.")
    ] = None,
    batch_size: Annotated[
        str | None,
        typer.Option(metavar="N|full", help="Samples per step. By default 32, and 128 from "
                                            f"{SMALL:,} samples."),
    ] = None,
    epochs: Annotated[int, typer.Option(help="Times to go through the training data.")] = 20,
    validation: Annotated[
        float | None,
        typer.Option(help="Share of the training data held out to watch. By default 0.1, and 0 "
                          "where that is no row."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of weights, order and noise.")] = 0,
    out: Annotated[
        Path | None, typer.Option(help="The file to write. By default DATA.safetensors.")
    ] = None,
    bias: Annotated[bool, typer.Option("--bias/--no-bias", help="Biases or none.")] = True,
    init: Annotated[
        str, typer.Option(help=f"First weights: {_choice(INITIALIZERS)}; with settings as in "
                               "normal:std=0.1.")
    ] = "glorot_uniform",
    weight_decay: Annotated[
        float | None, typer.Option(help="λ of the weights' decay; biases do not decay.")
    ] = None,
    dropout: Annotated[float, typer.Option(help="Rate of dropout after each hidden layer.")] = 0.0,
    schedule: Annotated[
        str, typer.Option(help=f"Of the learning rate: {_choice(SCHEDULES)}; with settings as in "
                               "step:every=5,gamma=0.5.")
    ] = "constant",
    clip_norm: Annotated[
        float | None, typer.Option(help="Shorten gradients that are longer than this.")
    ] = None,
    target: options.Target = None,
    drop: options.Drop = None,
    task: options.Task = None,
    kinds: options.Kinds = None,
    test: options.Test = None,
    samples: options.Samples = None,
    noise: options.Noise = None,
    separator: options.Separator = None,
    encoding: options.Encoding = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print the last line alone.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per epoch, then one of the test.")
    ] = False,
) -> None:  # fmt: skip
    """Train a network on DATA; write it to a .safetensors file, and its curves to a .png.

    The bundled digits need no download; mnist is looked for in $GLASSNET_DATA/mnist, then in the
    user's cache, then fetched.
    """
    network = {
        "hidden": _widths(hidden), "activation": activation, "bias": bias, "init": init,
        "dropout": dropout,
    }  # fmt: skip
    how = {
        "loss": loss, "optimizer": _rule(optimizer, lr, weight_decay), "schedule": schedule,
        "batch_size": _size(batch_size), "epochs": epochs, "validation": validation or 0.0,
        "clip_norm": clip_norm,
    }  # fmt: skip
    parts = check_part(Net, network), check_part(Training, how)
    path = _model_file(out) if out else None
    dataset = load(
        data,
        **data_options(
            target=target,
            drop=drop,
            task=task,
            kinds=kinds,
            test=test,
            samples=samples,
            noise=noise,
            separator=separator,
            encoding=encoding,
        ),
    )
    path = path or _model_file(Path(f"{dataset.name}.safetensors"))
    if batch_size is None and len(dataset.x_train) >= SMALL:
        parts = parts[0], parts[1].model_copy(update={"batch_size": 128})
    if validation is None and len(shares(dataset.y_train, WATCHED, seed=0)[1]):
        parts = parts[0], parts[1].model_copy(update={"validation": WATCHED})
    recipe = Recipe(
        title=data, source="the command line", data=Data(name=data), network=parts[0],
        training=parts[1], figure=Figure(published="", at_least=0),
    )  # fmt: skip
    callbacks = [JsonLines()] if as_json else [] if quiet else [Progress()]
    if not (quiet or as_json):
        print(f"{dataset.name}: {len(dataset.x_train):,} training samples, "
              f"{len(dataset.x_test):,} test samples")  # fmt: skip
        for note in dataset.notes:
            print(f"  {note}")
    run = train(recipe, dataset, seed, callbacks)
    picture = path.with_suffix(".png")
    run.network.save(path)
    if run.history.epochs:
        plots.save(plots.training(run.history, dataset.name), picture)
    _report(run, path, picture, quiet, as_json)


class JsonLines:
    """Print each epoch as one JSON object on a line."""

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Print the line."""
        figures = {name: float(value) for name, value in logs.items()}
        print(json.dumps({"epoch": epoch + 1, **figures}), flush=True)


def _report(run: Run, path: Path, picture: Path, quiet: bool, as_json: bool) -> None:
    """The test figures, the confusion matrix, and where the files are."""
    data, part = run.data, "test" if len(run.data.x_test) else "training"
    if as_json:
        figures = {f"{part}_{name}": value for name, value in run.figures.items()}
        curves = {"curves": str(picture)} if run.history.epochs else {}
        print(json.dumps({**figures, "model": str(path), **curves}))
        return
    if data.task == "classes" and not quiet:
        truth = (data.x_test, data.y_test) if len(data.x_test) else (data.x_train, data.y_train)
        answers = run.network.predict(truth[0])
        show.confusion(confusion_matrix(truth[1], answers, len(data.classes)), data.classes)
    line = "  ".join(f"{part} {name} {value:.4f}" for name, value in run.figures.items())
    print(line.replace("_", " "))
    if not quiet:
        written = f"{path} and {picture}" if run.history.epochs else str(path)
        print(f"wrote {written}")


def _widths(text: str) -> list[int]:
    if text in ("", "none"):
        return []
    try:
        return [int(units) for units in text.split(",")]
    except ValueError:
        raise InputError(f"--hidden is {text!r}, expected whole numbers such as 128,64") from None


def _size(text: str | None) -> int | str:
    if text in (None, "full"):
        return text or 32
    try:
        return int(str(text))
    except ValueError:
        raise InputError(f"--batch-size is {text!r}, expected a whole number or full") from None


def _rule(chosen: str, lr: float | None, weight_decay: float | None) -> dict[str, Any]:
    """The optimizer's settings, with those that have an option of their own."""
    given = {"learning_rate": lr, "weight_decay": weight_decay}
    settings = {name: value for name, value in given.items() if value is not None}
    return optimizer({**optimizer(chosen).config(), **settings}).config()


def _model_file(path: Path) -> Path:
    if path.name and not path.is_dir() and path.suffix != ".safetensors":
        path = path.with_name(f"{path.name}.safetensors")
    return writable(path)
