"""What is written and printed when a training is over, finished or cut short."""

import json
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glassnet.base.errors import ModelFileError
from glassnet.base.progress import work
from glassnet.cli import terminal as show
from glassnet.cli.evaluation import MANY, UNSURE, by_class, confusion, doubt, held_out, uneven
from glassnet.cli.logs import say_where
from glassnet.cli.metrics import metrics
from glassnet.cli.outputs import there, written
from glassnet.cli.run_folder import LOG, RECIPE, REPORT
from glassnet.data import Dataset
from glassnet.inspection import gallery, plots
from glassnet.sequential import Sequential
from glassnet.training.callbacks.epoch_log import EpochLog
from glassnet.training.callbacks.history import History
from glassnet.workflows.evaluate import Evaluation, evaluate
from glassnet.workflows.run import Run, judged, note_result
from glassnet.workflows.spec import Experiment
from glassnet.workflows.stopping import KEPT, Kept
from glassnet.workflows.stopping_epoch import FOLDS, what_folds_found
from glassnet.workflows.ticks import how_far


@dataclass(frozen=True)
class Result:
    """A training that is over, and its files; `cut` says how far it was if Ctrl-C ended it."""

    run: Run
    model: Path | None
    picture: Path | None
    before: Collection[Path]  # the files that were there
    cut: str = ""
    logs: Sequence[EpochLog] = ()
    folder: Path | None = None  # of the run
    page: Path | None = None  # of a report

    @property
    def files(self) -> list[Path]:
        """All files that there are now."""
        names = (RECIPE, *([LOG] if self.run.history.epochs else []), REPORT)
        of_run = [self.folder / name for name in names] if self.folder else []
        return [*filter(None, (self.model, self.picture)), *of_run]


def keep(
    trained: tuple[Sequential, History],
    data: Dataset,
    path: Path,
    experiment: Experiment,
    seed: int,
    logs: Sequence[EpochLog] = (),
) -> Result:
    """Judge a network and write it, with its curves; its metrics go to its `logs` too.

    One that was cut short is written as it is, without metrics; in its first epoch, not at all.
    """
    network, history = trained
    how = experiment.training
    picture = path.with_suffix(".png")
    before, cut = there(path, picture), how_far([history], how.epochs)
    if not history.epochs:
        return Result(Run(*trained, data, {}), None, None, before, cut, logs)
    try:
        run = judged(*trained, data, logs, how.metric)
    except (KeyboardInterrupt, MemoryError):
        network.save(path)
        show.say(f"{written([path], before)}, not tested")
        raise
    note_result(run, experiment, seed)
    network.save(path)
    try:
        drawn = _drawn(run, picture, f"interrupted {cut}" if cut else "")
    except KeyboardInterrupt:
        return Result(run, path, None, before, cut or "while the curves were drawn", logs)
    return Result(run, path, picture if drawn else None, before, cut, logs)


def report(result: Result, quiet: bool, as_json: bool) -> None:
    """Print the test metrics, the confusion matrix and the files."""
    run = result.run
    if as_json:
        print(json.dumps(_plain(result)))
        return
    if run.network.trained.get(KEPT) and not quiet:
        show.say(f"{Kept(**run.network.trained[KEPT])}")
    if (folds := what_folds_found(run.network)) and not quiet:
        show.say(folds)
    found = _classes(run) if run.figures and not quiet else None
    if found is not None and found.confusion is not None:
        confusion(found.confusion, run.data.classes)
        if found.is_uneven and found.rows >= UNSURE and len(found.classes) < MANY:
            by_class(found)
        print()
    if run.figures:
        show.say_whole(metrics(run.all_figures, run.data.evaluation_part.name))
    if not quiet:
        doubtful = doubt(found) if found is not None else ""
        of_classes = [doubtful] if doubtful or found is None else uneven(found)
        for line in filter(None, [*of_classes, *held_out(run.network)]):
            show.say(line)
    if result.cut:
        show.say(f"interrupted {result.cut}" + ("" if run.figures else ", not tested"))
    if result.files and not quiet:
        show.say(written(result.files, result.before))
    if not quiet:
        say_where(result.logs)


def _classes(run: Run) -> Evaluation | None:
    """How each class is predicted, if each sample has one."""
    task, (_, x, y) = run.network.task, run.data.evaluation_part
    if task is None or not task.exclusive:
        return None
    return evaluate(run.network, run.network(x), y)


def _plain(result: Result) -> dict[str, Any]:
    """The result as an object: metrics and files."""
    part = result.run.data.evaluation_part.name
    figures = {f"{part}_{name}": value for name, value in result.run.all_figures.items()}
    files = {"model": result.model, "curves": result.picture, "folder": result.folder,
             "report": result.page}  # fmt: skip
    places: dict[str, Any] = {name: str(path) for name, path in files.items() if path}
    if result.logs:
        places["logs"] = [each.place for each in result.logs]
    ended = {"interrupted": result.cut} if result.cut else {}
    trained = result.run.network.trained
    ended |= {name: trained[name] for name in (KEPT, FOLDS) if trained.get(name)}
    return {**ended, **figures, **places}


def _drawn(run: Run, picture: Path, fact: str) -> bool:
    """Whether the curves could be drawn; if not, print a note: the network is saved."""
    tested = run.figures if run.data.evaluation_part.name == "test" else {}
    facts = gallery.facts(run.network, run.data, run.figures)
    try:
        with work("drawing the curves"), plots.about(*facts, fact):
            plots.save(plots.training(run.history, tested=tested or None), picture)
    except ModelFileError as error:
        print(f"note: no picture of the curves: {error}", file=sys.stderr)
        return False
    return True
