"""`glassnet train`: from a dataset to a network in a file, with its curves."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from glassnet.base.errors import InputError, ModelFileError
from glassnet.cli import terminal as show
from glassnet.cli.options import takes, writable
from glassnet.cli.training_options import Setup, setup
from glassnet.inspection import gallery, plots
from glassnet.inspection.health import Health
from glassnet.nn.metrics import confusion_matrix
from glassnet.nn.task import task_named
from glassnet.training.callbacks.progress import Progress
from glassnet.training.callbacks.protocol import Logs
from glassnet.training.checkpoint import Checkpoint
from glassnet.workflows.run import Run, train


@takes(setup)
def train_command(
    said: Setup,
    out: Annotated[
        Path | None, typer.Option(help="The file to write. By default DATA.safetensors.")
    ] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep the training there as it goes.")
    ] = None,
    every: Annotated[
        int | None, typer.Option(min=1, help="Steps between checkpoints. By default 100.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the checkpoint, if there is one.")
    ] = False,
    override: Annotated[
        bool, typer.Option("--override", help="Go on although settings are others now.")
    ] = False,
    health: Annotated[
        bool, typer.Option("--health/--no-health", help="Say what usually goes wrong, once.")
    ] = True,
    plot: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Draw what fits the task, and a page.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print the last line alone.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per epoch, then one of the test.")
    ] = False,
) -> None:  # fmt: skip
    """Train a network on DATA; write it to a .safetensors file, and its curves to a .png.

    The bundled digits need no download; mnist is looked for in $GLASSNET_DATA/mnist, then in the
    user's cache, then fetched.
    """
    path = _model_file(out) if out else None
    if plot is not None:
        gallery.room(plot)
    keeping = _keeping(checkpoint, every, resume, override)
    recipe, data = said.load()
    path = path or _model_file(Path(f"{data.name}.safetensors"))
    callbacks: list[Any] = [JsonLines()] if as_json else [] if quiet else [Progress()]
    if health and not quiet:
        callbacks.append(Health(caller="command"))
    watchers = gallery.watchers(data, recipe.training.epochs) if plot else []
    callbacks += watchers
    if not (quiet or as_json):
        print(f"{data.name}: {len(data.x_train):,} training samples, "
              f"{len(data.x_test):,} test samples")  # fmt: skip
        for note in data.notes:
            show.say(note, "  ")
        if "resume" in keeping:
            print(f"going on from {checkpoint}")
    run = train(recipe, data, said.seed, callbacks, **keeping)
    run.network.trained["test" if len(data.x_test) else "training"] = run.figures
    run.network.trained["data"] = said.source
    run.network.save(path)
    _report(run, path, _draw(run, data.name, path.with_suffix(".png")), quiet, as_json)
    if plot is not None:
        drawn = gallery.pictures(run.network, run.history, data, watchers)
        say = (lambda line: None) if quiet or as_json else print
        gallery.write(plot, f"{path.name} on {data.name}", drawn, say)


def _keeping(file: Path | None, every: int | None, resume: bool, override: bool) -> dict[str, Any]:
    """What `fit` is told of checkpoints."""
    if override and not resume:
        raise InputError("--override is for a training that is resumed: give --resume too")
    if file is None and every is not None:
        raise InputError("--every is for checkpoints: give --checkpoint FILE too")
    if file is None:
        if resume or override:
            raise InputError(
                "--resume and --override go on from a file: name it, --checkpoint FILE"
            )
        return {}
    keeping: dict[str, Any] = {
        "checkpoint": Checkpoint(writable(file, "--checkpoint"), every or 100)
    }
    if resume and file.exists():
        keeping |= {"resume": file, "override": override}
    return keeping


class JsonLines:
    """Print each epoch as one JSON object on a line."""

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Print the line."""
        figures = {name: float(value) for name, value in logs.items()}
        print(json.dumps({"epoch": epoch + 1, **figures}), flush=True)


def _draw(run: Run, name: str, picture: Path) -> Path | None:
    """Draw the curves, and say where; one that cannot be written is noted: the network is there."""
    if not run.history.epochs:
        return None
    try:
        plots.save(plots.training(run.history, name), picture)
    except ModelFileError as error:
        print(f"note: no picture of the curves: {error}", file=sys.stderr)
        return None
    return picture


def _report(run: Run, path: Path, picture: Path | None, quiet: bool, as_json: bool) -> None:
    """The test figures, the confusion matrix, and where the files are."""
    data, part = run.data, "test" if len(run.data.x_test) else "training"
    if as_json:
        figures = {f"{part}_{name}": value for name, value in run.figures.items()}
        curves = {"curves": str(picture)} if picture else {}
        print(json.dumps({**figures, "model": str(path), **curves}))
        return
    if task_named(data.task).exclusive and not quiet:
        truth = (data.x_test, data.y_test) if len(data.x_test) else (data.x_train, data.y_train)
        answers = run.network.predict(truth[0])
        show.confusion(confusion_matrix(truth[1], answers, len(data.classes)), data.classes)
    line = "  ".join(f"{part} {name} {value:.4f}" for name, value in run.figures.items())
    show.say(line.replace("_", " "))
    if not quiet:
        written = f"{path} and {picture}" if picture else str(path)
        show.say(f"wrote {written}")


def _model_file(path: Path) -> Path:
    if path.name and not path.is_dir() and path.suffix != ".safetensors":
        path = path.with_name(f"{path.name}.safetensors")
    return writable(path)
