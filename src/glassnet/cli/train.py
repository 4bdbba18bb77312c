"""`glassnet train`: from a dataset to a network in a file, with its curves."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from glassnet.base.errors import InputError, ModelFileError
from glassnet.cli import terminal as show
from glassnet.cli.command import as_typed
from glassnet.cli.options import takes, writable
from glassnet.cli.training_options import Setup, setup
from glassnet.inspection import gallery, plots
from glassnet.inspection.health import Health
from glassnet.nn.metrics import confusion_matrix
from glassnet.training.callbacks.progress import Progress
from glassnet.training.callbacks.protocol import Logs
from glassnet.training.checkpoint import Checkpoint
from glassnet.workflows.networks import words_of
from glassnet.workflows.run import Run, train


@takes(setup)
def train_command(
    said: Setup,
    out: Annotated[
        Path | None, typer.Option(help="File to write. Default: DATA.safetensors.")
    ] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Save the training there while it runs.")
    ] = None,
    every: Annotated[
        int | None, typer.Option(min=1, help="Steps between checkpoints. Default: 100.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Resume from the checkpoint, if there is one.")
    ] = False,
    override: Annotated[
        bool, typer.Option("--override", help="Resume even if settings have changed.")
    ] = False,
    health: Annotated[
        bool, typer.Option("--health/--no-health", help="Warn once about common problems.")
    ] = True,
    plot: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write all pictures that fit, and a page.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print only the final test line.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON object per epoch, then the test metrics.")
    ] = False,
) -> None:  # fmt: skip
    """Train a network on DATA. It is written to a .safetensors file, its curves to a .png.

    The default dataset, digits, needs no download. mnist is read from $GLASSNET_DATA/mnist or the
    user's cache, or downloaded.
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
        if recipe.network.model == "cnn":
            show.say(f"layers: {words_of(recipe.network, data)}", "  ")
        if "resume" in keeping:
            print(f"resuming from {checkpoint}")
    run = train(recipe, data, said.seed, callbacks, **keeping)
    run.network.trained[data.evaluation_part.name] = run.figures
    run.network.trained["data"] = said.source
    run.network.save(path)
    _report(run, path, _draw(run, path.with_suffix(".png")), quiet, as_json)
    if plot is not None:
        say = (lambda line: None) if quiet or as_json else print
        _show(run, data.name, plot, watchers, say)


def _show(
    run: Run, title: str, folder: Path, watchers: list[Any], say: Callable[[str], None]
) -> None:
    """Write every picture of a training, and the page."""
    what = run.network, run.history, run.data
    above = gallery.head(title, *what, run.figures, as_typed())
    gallery.write(folder, above, gallery.pictures(*what, watchers, run.figures), say)


def _keeping(file: Path | None, every: int | None, resume: bool, override: bool) -> dict[str, Any]:
    """The arguments of `fit` for checkpoints."""
    if override and not resume:
        raise InputError("--override needs --resume: give both")
    if file is None and every is not None:
        raise InputError("--every needs --checkpoint FILE")
    if file is None:
        if resume or override:
            raise InputError("--resume and --override need --checkpoint FILE")
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


def _draw(run: Run, picture: Path) -> Path | None:
    """Draw the curves and return their path; if that fails, print a note: the network is saved."""
    if not run.history.epochs:
        return None
    tested = run.figures if run.data.evaluation_part.name == "test" else None
    try:
        with plots.about(*gallery.facts(run.network, run.data, run.figures)):
            plots.save(plots.training(run.history, tested=tested), picture)
    except ModelFileError as error:
        print(f"note: no picture of the curves: {error}", file=sys.stderr)
        return None
    return picture


def _report(run: Run, path: Path, picture: Path | None, quiet: bool, as_json: bool) -> None:
    """Print the test metrics, the confusion matrix and the files."""
    part, x, y = run.data.evaluation_part
    if as_json:
        figures = {f"{part}_{name}": value for name, value in run.figures.items()}
        curves = {"curves": str(picture)} if picture else {}
        print(json.dumps({**figures, "model": str(path), **curves}))
        return
    task = run.network.task
    if task is not None and task.exclusive and not quiet:
        matrix = confusion_matrix(y, run.network.predict(x), len(run.data.classes))
        show.confusion(matrix, run.data.classes)
    line = "  ".join(f"{part} {name} {value:.4f}" for name, value in run.figures.items())
    show.say(line.replace("_", " "))
    if not quiet:
        written = f"{path} and {picture}" if picture else str(path)
        show.say(f"wrote {written}")


def _model_file(path: Path) -> Path:
    if path.name and not path.is_dir() and path.suffix != ".safetensors":
        path = path.with_name(f"{path.name}.safetensors")
    return writable(path)
