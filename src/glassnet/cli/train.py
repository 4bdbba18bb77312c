"""`glassnet train`: from a dataset to a network in a file, with its curves."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from glassnet.base.errors import InputError
from glassnet.base.sentences import as_options
from glassnet.cli import run_folder
from glassnet.cli import terminal as show
from glassnet.cli.command import as_typed
from glassnet.cli.logs import Log, asked, logs
from glassnet.cli.options import not_data, takes, to_output, writable
from glassnet.cli.outputs import MODEL, checked_name, model_file
from glassnet.cli.presets import Plan, introduce, plan_of
from glassnet.cli.report import page_file, write_for
from glassnet.cli.result import Result, keep, report
from glassnet.cli.run_folder import RunDir
from glassnet.cli.training_options import Setup, of_training, setup
from glassnet.data import Dataset
from glassnet.inspection import gallery
from glassnet.inspection.health import Health
from glassnet.training.callbacks.progress import Progress
from glassnet.training.callbacks.protocol import Logs
from glassnet.training.callbacks.tensorboard import TensorBoard
from glassnet.training.checkpoint import Checkpoint, kept_logs
from glassnet.workflows.fitting import fitted
from glassnet.workflows.networks import words_of
from glassnet.workflows.recipes.text import as_trained
from glassnet.workflows.run import Run, Say


@takes(setup)
def train_command(
    said: Setup,
    out: Annotated[
        Path | None,
        to_output(metavar="FILE", help="File to write.", show_default="DATA.safetensors"),
    ] = None,
    name: Annotated[
        str | None, to_output(metavar="NAME", help="Write NAME.safetensors and NAME.png.")
    ] = None,
    run_dir: RunDir = None,
    checkpoint: Annotated[
        Path | None, of_training(metavar="FILE", help="Save the training there while it runs.")
    ] = None,
    every: Annotated[
        int | None,
        of_training(min=1, metavar="N", help="Steps between checkpoints.", show_default="100"),
    ] = None,
    resume: Annotated[
        bool, of_training("--resume", help="Resume from the checkpoint, if there is one.")
    ] = False,
    override: Annotated[
        bool, of_training("--override", help="Resume even if settings have changed.")
    ] = False,
    log: Log = None,
    health: Annotated[
        bool, to_output("--health/--no-health", help="Warn once about common problems.")
    ] = True,
    plot: Annotated[
        Path | None, to_output(metavar="FOLDER", help="Write all pictures that fit, and a page.")
    ] = None,
    page: Annotated[
        Path | None, to_output("--report", metavar="FILE", help="Write a report of the training, "
                               "one .html file.")
    ] = None,
    quiet: Annotated[bool, to_output("--quiet", help="Print only the final test line.")] = False,
    as_json: Annotated[
        bool, to_output("--json", help="Print a JSON object per epoch, then the test metrics.")
    ] = False,
) -> None:  # fmt: skip
    """Train a network on DATA. It is written to a .safetensors file, its curves to a .png.

    The default dataset, digits, needs no download. mnist is read from $GLASSNET_DATA/mnist or the
    user's cache, or downloaded. Ctrl-C ends the training after its step: the network is written as
    it is, and not tested.

    $ glassnet train digits --hidden 64,32 --epochs 30
    $ glassnet train prices.csv --target price --lr 0.003
    """
    name = None if name is None else checked_name(name)
    path = _given(out, name, run_dir)
    if plot is not None:
        gallery.room(plot)
    if page is not None:
        page = page_file(page, "--report")
    keeping, wanted = _keeping(checkpoint, every, resume, override), asked(log)
    if checkpoint is not None:
        not_data(checkpoint, said.reading)
    data = said.load()
    plan = plan_of(said, data)
    recipe = plan.experiment
    folder = run_folder.new_folder(run_dir) if run_dir else None
    path = path or model_file((folder or Path()) / f"{name or data.name}{MODEL}")
    callbacks: list[Any] = [JsonLines()] if as_json else [] if quiet else [Progress()]
    if health and not quiet:
        callbacks.append(Health(caller="command"))
    watchers = gallery.watchers(data, recipe.training.epochs) if plot else []
    callbacks += watchers
    beside = path.with_name(f"{path.stem}-log.csv")
    fresh = TensorBoard.__name__ not in kept_logs(keeping.get("resume"))  # else it knows its run
    made = logs(wanted, path.stem, beside, said.reading, fresh)
    old = _old_checkpoint(checkpoint, resume)
    introduce = partial(_introduce, plan, data, old)
    if not (quiet or as_json):
        introduce()
    if folder is not None:
        run_folder.write_recipe(folder, recipe, said.seed)
        callbacks.append(run_folder.EpochLog(folder / run_folder.LOG))
    epochs = recipe.training.epochs
    trained = fitted(recipe, data, said.seed, [*callbacks, *made], **keeping)
    result = keep(trained, data, path, recipe, said.seed, made)
    result = replace(result, folder=folder)
    if folder is not None:
        run_folder.write_recipe(folder, as_trained(recipe, trained[0]), said.seed)
        lines = partial(run_folder.print_epochs, result.run.history, epochs)
        run_folder.write_report(folder, introduce, lines, partial(report, result, False, False))
    say: Say = (lambda line: None) if quiet or as_json else show.say
    _report(result, page, quiet, as_json, say)
    if result.cut:
        if checkpoint is not None and not as_json:
            show.say(f"the same command {'' if resume else 'with --resume '}continues it")
        raise KeyboardInterrupt
    if plot is not None:
        _show(result.run, data.name, plot, watchers, say)


def _report(result: Result, page: Path | None, quiet: bool, as_json: bool, say: Say) -> None:
    """Print the result and write its page. As JSON it comes after the page, which it names."""
    if not as_json:
        report(result, quiet, as_json)
    try:
        if page is not None and result.model is not None:
            write_for(result.run, page, say)
            result = replace(result, page=page)
    finally:
        if as_json:
            report(result, quiet, as_json)


def _given(out: Path | None, name: str | None, run_dir: Path | None) -> Path | None:
    """The path of the network as far as it is given, if it can be written."""
    for option, given in (("--name", name), ("--run-dir", run_dir)):
        if out is not None and given is not None:
            raise InputError(f"--out is the whole path of the file: leave out {option}, or --out")
    if run_dir is not None:
        run_folder.check_wanted(run_dir)
    if out is not None:
        return model_file(out)
    return model_file(Path(f"{name}{MODEL}")) if name and not run_dir else None


def _old_checkpoint(file: Path | None, resume: bool) -> str:
    """What becomes of a checkpoint that is there."""
    if file is None or not file.exists():
        return ""
    return f"resuming from {file}" if resume else f"replacing the checkpoint {file}"


def _introduce(plan: Plan, data: Dataset, old: str) -> None:
    """Print what is trained on, and every decision about it."""
    show.say(f"{data.name}: {len(data.x_train):,} training samples, "
             f"{len(data.x_test):,} test samples")  # fmt: skip
    for note in data.notes:
        show.say(as_options(note), "  ")
    introduce(plan, ": the epochs are those of the first", "  ")
    if plan.experiment.network.model == "cnn":
        show.say(f"layers: {words_of(plan.experiment.network, data)}", "  ")
    if old:
        show.say(old)


def _show(run: Run, title: str, folder: Path, watchers: list[Any], say: Say) -> None:
    """Write every picture of a training, and the page."""
    what = run.network, run.history, run.data
    above = gallery.head(title, *what, run.all_figures, as_typed())
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
