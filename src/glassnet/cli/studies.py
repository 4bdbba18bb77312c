"""`glassnet cv` and `glassnet lr-find`: studies of many networks."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from glassnet.base.confidence import estimate
from glassnet.base.errors import DivergedError, InputError
from glassnet.base.numerals import numeral
from glassnet.cli import run_folder
from glassnet.cli import terminal as show
from glassnet.cli.logs import Log, asked, logs, say_where
from glassnet.cli.metrics import baselines
from glassnet.cli.options import Memory, picture, takes, to_output
from glassnet.cli.outputs import there, written
from glassnet.cli.presets import introduce, plan_of, with_preset
from glassnet.cli.run_folder import RunDir
from glassnet.cli.tally import Tally
from glassnet.cli.training_options import Setup, setup
from glassnet.data import Dataset
from glassnet.data.readers.endings import name_of
from glassnet.inspection import plots
from glassnet.nn.metrics.names import metric_name
from glassnet.stack import MEMORY
from glassnet.training.callbacks.history import History
from glassnet.workflows.folds import fold_rows, without_fold
from glassnet.workflows.spec import Experiment
from glassnet.workflows.stopping import KEPT
from glassnet.workflows.studies import Folds, Found, cross_validate, find_learning_rate, trainings
from glassnet.workflows.ticks import CutShort, countable, how_far

of_study = partial(typer.Option, rich_help_panel="Study")
FEW = 100  # samples that a rate is judged by, over all its trainings


@takes(setup)
def cv_command(
    said: Setup,
    folds: Annotated[int, of_study(min=2, metavar="N", help="Number of folds.")] = 10,
    log: Log = None,
    run_dir: RunDir = None,
    memory: Memory = MEMORY,
    as_json: Annotated[bool, to_output("--json", help="Print one JSON object.")] = False,
) -> None:
    """Cross-validate on DATA. What train trains is trained without one fold and tested on it.

    The folds divide the training part; the test part is not used. After Ctrl-C, the results of
    finished folds are reported.

    $ glassnet cv iris --folds 5 --epochs 50
    $ glassnet cv prices.csv --target price --hidden 32
    """
    wanted = asked(log)
    if run_dir is not None:
        run_folder.check_wanted(run_dir)
    data = said.load()
    plan = plan_of(said, without_fold(data, fold_rows(data, folds, said.seed)[0]))
    recipe = plan.experiment
    if "validation" in said.given and not recipe.training.patience:
        raise InputError(
            "cv holds out a fold for each network: leave out --validation, which is for "
            "--early-stopping"
        )
    folder = run_folder.new_folder(run_dir) if run_dir else None
    files = [run_folder.write_recipe(folder, recipe, said.seed)] if folder else []
    name = f"{data.name}-cv"
    made = logs(wanted, name, (folder or Path()) / f"{name}-log.csv", said.reading)
    first = partial(introduce, plan, " in each fold: the mean of their outputs is tested")
    if not as_json:
        first()
    with closing(Tally("cv", folds * recipe.training.epochs, quiet=as_json)) as tally:
        found = cross_validate(recipe, data, said.seed, folds, memory, tally.add, made)
    if not found.figures and not found.interrupted:
        raise DivergedError("every network diverged: lower the learning rate, or clip the gradient")
    report = partial(_report, found, f"{folds} folds of {len(data.x_train):,} samples")
    if as_json:
        of = {"folds": folds, "samples": len(data.x_train), **plan.facts}
        print(json.dumps({**of, **_plain(found)}))
    else:
        report()
    if folder is not None:
        files.append(run_folder.write_report(folder, first, report))
    if not as_json:
        if files:
            show.say(written(files))
        say_where(made, several=True)
    if found.interrupted:
        raise KeyboardInterrupt


def _report(found: Folds, of: str) -> None:
    """Print each metric with its interval, over the folds of finished networks."""
    if found.interrupted:
        none = "" if found.figures else ": no network is finished"
        show.say(f"interrupted {found.interrupted}{none}")
    for name, values in found.figures.items():
        show.say(f"{metric_name(name)} {estimate(values, name)}")
    for line in baselines(found.baseline):
        print(line)
    for ended in filter(None, (found.kept, found.folds)):
        show.say(f"{ended}")
    if lost := found.diverged:
        show.say(f"excluded because they diverged: folds {', '.join(str(k + 1) for k in lost)}")
    print(of)


def _plain(found: Folds) -> dict[str, Any]:
    """The same as an object: of each metric the mean, how certain it is, and that of each fold."""
    metrics = {
        name: {**estimate(values, name)._asdict(), "values": values}
        for name, values in found.figures.items()
    }
    lost = [k + 1 for k in found.diverged]
    return {
        **metrics,
        **found.baseline,
        **({"diverged": lost} if lost else {}),
        **({KEPT: found.kept._asdict()} if found.kept else {}),
        **({"epochs": found.folds.epochs} if found.folds else {}),
        **({"interrupted": found.interrupted} if found.interrupted else {}),
    }


@takes(setup)
def lr_find_command(
    said: Setup,
    low: Annotated[
        float, of_study("--from", metavar="RATE", help="Smallest learning rate.")
    ] = 1e-6,
    high: Annotated[float, of_study("--to", metavar="RATE", help="Largest learning rate.")] = 1.0,
    count: Annotated[int, of_study(min=2, metavar="N", help="Number of learning rates.")] = 32,
    out: Annotated[
        Path | None,
        to_output(metavar="FILE", help="Picture to write.", show_default="NAME-lr.png"),
    ] = None,
    memory: Memory = MEMORY,
) -> None:
    """Try many learning rates at once and suggest one.

    After Ctrl-C, the losses so far are printed, without a suggestion.

    $ glassnet lr-find digits
    $ glassnet lr-find prices.csv --target price --optimizer sgd --from 1e-4
    """
    if not 0 < low < high < float("inf"):
        raise InputError(f"--from {low:g} --to {high:g}: expected 0 < from < to, both finite")
    if "metric" in said.given:
        raise InputError("lr-find chooses by the loss: leave out --metric")
    if {"patience", "early-stopping"} & {*said.given}:
        raise InputError(
            "lr-find trains all rates for the same epochs: leave out --patience and "
            "--early-stopping"
        )
    if "lr" in said.given:
        raise InputError("lr-find chooses the learning rates: leave out --lr")
    if "networks" in said.given:
        raise InputError("lr-find trains one network with each rate: leave out --networks")
    path = picture(out or Path(f"{name_of(said.source)}-lr.png"))
    data = said.load()
    recipe = _with_any_rate(said, data)
    rates = [float(rate) for rate in np.geomspace(low, high, count)]
    total = count * trainings(recipe, data, said.seed) * recipe.training.epochs
    with closing(Tally("lr-find", total)) as tally:
        try:
            found = find_learning_rate(recipe, data, said.seed, rates, memory, tally.add)
        except CutShort as cut:
            tally.close()
            for line in _so_far(rates, cut.histories, recipe.training.epochs):
                show.say(line)
            raise
    for line in _lines(found):
        show.say(line)
    _print_confidence(found)
    before = there(path)
    with plots.about(data.name):
        plots.save(plots.rates(found.rates, found.losses, found.suggestion), path)
    print(written([path], before))


def _with_any_rate(said: Setup, data: Dataset) -> Experiment:
    """One network as `train` makes it, which learns with each rate for equally many epochs."""
    chosen = with_preset(said, data)
    how = {"patience": None, "networks": 1, "epochs": said.training.epochs}
    training = chosen.training.model_copy(update=how)
    return replace(chosen, training=training, given=said.given, early_stopping=False).on(data)


def _lines(found: Found) -> Iterator[str]:
    """A line for each rate: its loss, for classes its accuracy, and which rate is suggested."""
    for k, (rate, loss) in enumerate(zip(found.rates, found.losses, strict=True)):
        share = f"  accuracy {numeral(found.accuracies[k])}" if found.accuracies else ""
        came_to = "diverged" if np.isnan(loss) else f"loss {numeral(loss):<9}{share}"
        taken = "  ← suggested" if rate == found.suggestion else ""
        yield f"{rate:<10.3g}{came_to}{taken}".rstrip()


def _print_confidence(found: Found) -> None:
    """Print what the losses are means of, and a note if that or the range is too small."""
    times = f"{found.repeats} trainings, each judged by " if found.repeats > 1 else ""
    show.say(f"each number is a mean over {times}{found.samples:,} samples")
    if found.samples * found.repeats < FEW:
        show.say(
            "note: each rate is judged by few samples, so the suggestion is uncertain: use more "
            "data, or a larger --validation", file=sys.stderr,
        )  # fmt: skip
    ends = {found.rates[0]: ("smallest", "--from"), found.rates[-1]: ("largest", "--to")}
    if found.suggestion in ends:
        end, option = ends[found.suggestion]
        show.say(
            f"note: the {end} rate is the best; better ones may lie beyond it: change {option}",
            file=sys.stderr,
        )


def _so_far(rates: Sequence[float], histories: Sequence[History], epochs: int) -> Iterator[str]:
    """The results until Ctrl-C: the mean loss of each rate's completed trainings."""
    losses: dict[float, list[float]] = {}
    for k in countable(histories):
        last = (histories[k].get("val_loss") or histories[k]["loss"])[-1]
        losses.setdefault(rates[k % len(rates)], []).append(last)
    for rate, each in sorted(losses.items()):
        yield f"{rate:<10.3g}loss {numeral(float(np.mean(each)))}"
    yield f"interrupted {how_far(histories, epochs)}: too early to suggest a learning rate"
