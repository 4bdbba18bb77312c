"""`glassnet sweep`: many settings compared, and the best one trained as `train` does."""

import inspect
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from glassnet.base.arrays import checksum
from glassnet.base.configurable import read_value
from glassnet.base.errors import DivergedError, InputError
from glassnet.base.files import atomic_write
from glassnet.base.numerals import numeral
from glassnet.base.optional import need
from glassnet.cli import terminal as show
from glassnet.cli.command import as_words
from glassnet.cli.evaluation import held_out
from glassnet.cli.logs import Log, asked, logs, only_servers, say_where
from glassnet.cli.metrics import metrics
from glassnet.cli.options import Memory, Reading, reading, takes, to_output
from glassnet.cli.outputs import there, written
from glassnet.cli.presets import (
    BY_ITSELF,
    DESCRIBED,
    OWN,
    TABLE,
    Plan,
    plan_of,
    single,
    takes_it_by_itself,
    with_preset,
)
from glassnet.cli.run_folder import RECIPE, REPORT, write_recipe, write_report
from glassnet.cli.sweep_options import Axes, axes
from glassnet.cli.tally import Tally
from glassnet.cli.training_options import setup
from glassnet.data import Dataset
from glassnet.inspection import plots
from glassnet.nn.metrics.names import metric_name
from glassnet.stack import MEMORY
from glassnet.training.callbacks.epoch_log import EpochLog
from glassnet.training.callbacks.history import INTERRUPTED
from glassnet.workflows.recipes.text import as_trained
from glassnet.workflows.run import Run, note_result, train
from glassnet.workflows.stopping import kept_by
from glassnet.workflows.stopping_epoch import what_folds_found
from glassnet.workflows.sweep.journal import Journal
from glassnet.workflows.sweep.picture import picture
from glassnet.workflows.sweep.sweep import (  # fmt: skip
    HALVING_FACTOR,
    Point,
    Row,
    Setting,
    SettingScore,
    Trial,
    columns_of,
    rounds,
    sweep,
)
from glassnet.workflows.sweep.workers import here, in_processes, on_cluster
from glassnet.workflows.ticks import Epochs, Saved, Tick

SHOWN = 10  # rows of the table
of_sweep = partial(typer.Option, rich_help_panel="Sweep")


@takes(axes)
def sweep_command(
    tried: Axes,
    trials: Annotated[int, of_sweep(min=1, metavar="N", help="Networks per setting.")] = 3,
    random: Annotated[
        int | None,
        of_sweep(min=2, metavar="N", help="Try N random settings instead of all."),
    ] = None,
    halving: Annotated[
        bool,
        of_sweep("--halving", help="Train all for a few epochs, the best third for more. Each "
                                   "round trains for three times as many epochs as the last."),
    ] = False,
    jobs: Annotated[
        int, of_sweep(min=1, metavar="N", help="Processes that train in parallel.")
    ] = 1,
    dask: Annotated[
        str | None, of_sweep(metavar="ADDRESS", help="Dask scheduler whose workers train.")
    ] = None,
    memory: Memory = MEMORY,
    log: Log = None,
    out: Annotated[
        Path | None,
        to_output(metavar="FOLDER", help="Folder for all files, and to resume a sweep from.",
                  show_default="NAME-sweep"),
    ] = None,
    parquet: Annotated[
        bool, to_output("--parquet", help="Also write every run to runs.parquet.")
    ] = False,
    as_json: Annotated[bool, to_output("--json", help="Print one JSON object.")] = False,
) -> None:  # fmt: skip
    """Try all combinations of several values of options on DATA.

    Values are written as 16,32 or 3:40, several layers as 64x32. A range of numbers, as in
    --lr 1e-4:0.1, needs --random. Single networks are compared, on the validation part. The best
    setting is trained as train does, by a command that is printed, and evaluated on the test part.
    After an interruption, the same command resumes the sweep.

    $ glassnet sweep digits --hidden 16,32,64x32 --lr 0.001,0.003
    $ glassnet sweep iris --lr 1e-4:0.1 --dropout 0:0.5 --random 40
    """
    begin = time.perf_counter()
    train_units, wanted = _where(jobs, dask), asked(log)
    if dask is not None:
        only_servers(wanted)
    named, (tried, points, data, source) = tried.fixed["preset"], _points(tried, random)
    seed, every = int(tried.fixed["seed"]), _rounds(points, halving)
    folder = _folder(out or Path(f"{data.name}-sweep"))
    columns = [*columns_of(data, points[0][1].training)]
    journal = Journal(folder, [*tried.swept], columns, _identity(tried, data))
    made = logs(wanted, folder.resolve().name, folder / "log.csv", source, fresh=False)
    total = sum(count * epochs for count, epochs in every) * trials
    tally = Tally("sweep", total + every[-1][1], quiet=as_json)  # and the best as train trains it
    if not as_json:
        few = " (all there are)" if len(points) < (random or 0) else ""
        of_each = show.count(trials, "network")
        show.say(f"{data.name}: {len(points):,} settings{few}, {of_each} of each")
        if named is None and with_preset(tried.setup(points[0][0]), data).preset:
            show.say(BY_ITSELF)
    left = iter(every)

    def work(todo: list[list[Trial]]) -> Iterator[list[Row]]:
        """Train the stacks of a round that are not finished."""
        count, epochs = next(left)
        tally.leave_out((count * trials - sum(map(len, todo))) * epochs)
        return train_units(todo, data, memory=memory, tick=tally.add, logs=made)

    try:
        with closing(tally):
            found = sweep(points, range(seed, seed + trials), data, journal, work, halving)
            if not found[0].figures:
                raise DivergedError("every network diverged: try lower learning rates")
            best = _trained(tried, found[0].setting, data, memory, tally.add, made)
        report = partial(_report, found, best, folder, time.perf_counter() - begin)
        report(as_json)
        said = _write(found, best, journal, seed, report, parquet)
        if not as_json:
            show.say(said)
            say_where(made, several=True)
    except KeyboardInterrupt:
        kept = f"finished runs are kept in {journal.path}: the same command resumes the sweep"
        print(f"\n{kept}", file=sys.stderr)
        raise


def _where(jobs: int, dask: str | None) -> Callable[..., Iterator[list[Row]]]:
    """The trainer of stacks: a cluster, several processes, or this process."""
    if dask is not None and jobs > 1:
        raise InputError("--jobs is for this machine and --dask for a cluster: give one of them")
    if dask is not None:
        return partial(on_cluster, address=dask)
    return partial(in_processes, jobs=jobs) if jobs > 1 else here


class Best(NamedTuple):
    """The best setting, as `train` trains it, and the command that does."""

    plan: Plan
    run: Run
    command: str


def _trained(
    tried: Axes,
    setting: Setting,
    data: Dataset,
    memory: float,
    tick: Tick,
    logs: Sequence[EpochLog],
) -> Best:
    """The best setting, trained as `train` trains it; in the logs it is "best"."""
    said, settings = tried.setup(setting), {n: read_value(word) for n, word in setting.items()}
    plan, epochs = plan_of(said, data), Epochs(tick)
    own = [each.of_network("best", settings) for each in logs]
    watching = [epochs, Saved(epochs)]
    run = train(plan.experiment, data, said.seed, watching, own, memory)
    if run.history.interrupted == INTERRUPTED:
        raise KeyboardInterrupt
    return Best(plan, run, as_words("train", setup, {**tried.fixed, **setting}))


def _points(tried: Axes, random: int | None) -> tuple[Axes, list[Point], Dataset, Reading]:
    """Every setting to try with the experiment of one network, the data and where they are from;
    and the options as they are on these data."""
    every = [*tried.words(random, int(tried.fixed["seed"]))]
    source = tried.setup(every[0]).reading
    data = source.load()
    tried = _on(tried, data, source.settings.get("target"))
    points = [(words, single(tried.setup(words), data)) for words in every]
    if not all(recipe.training.validation for _, recipe in points):
        raise InputError(
            "a sweep chooses by the validation part, which is empty: give --validation a share "
            f"of the {len(data.x_train):,} training samples"
        )
    _refuse_same(points)
    return tried, points, data, source


def _on(tried: Axes, data: Dataset, target: list[str] | None) -> Axes:
    """The options with the target, which may have been asked for, and the preset for tables if it
    is taken and options that describe a network are swept: what else these say stays with it."""
    fixed = {**tried.fixed, "target": target}
    swept = {*OWN} & {name.replace("_", "-") for name in tried.swept}
    free = fixed["preset"] is None and swept and not swept & {*DESCRIBED}
    if free and takes_it_by_itself(setup(**fixed), data):
        fixed["preset"] = TABLE
    return replace(tried, fixed=fixed)


def _refuse_same(points: list[Point]) -> None:
    """Refuse values that mean the same, such as 0.01 and 1e-2: they would count as two settings."""
    seen: dict[str, Setting] = {}
    for words, recipe in points:
        first = seen.setdefault(recipe.model_dump_json(), words)
        if first is not words:
            one, other = (
                ", ".join(f"{name} {w[name]}" for name in words if first[name] != words[name])
                for w in (first, words)
            )
            raise InputError(f"{one} and {other} are the same setting: leave out one of them")


def _rounds(points: list[Point], halving: bool) -> list[tuple[int, int]]:
    """How many settings each round tries, and for how many epochs."""
    epochs = points[0][1].training.epochs
    found = rounds(len(points), epochs, halving)
    if halving and len(found) == 1:
        raise InputError(
            f"--halving needs {HALVING_FACTOR} or more settings and epochs, and there are "
            f"{len(points)} and {epochs}: leave it out"
        )
    return found


def _figures(score: SettingScore, with_r2: bool) -> tuple[str, ...]:
    """A row's mean, R², deviation, interval, and number of networks."""
    r2 = ["" if score.r2 is None else numeral(score.r2, 0.5)] * with_r2
    if not score.figures:
        return ("", *r2, "", "", f"all {score.diverged} diverged")
    found = score.found
    mean, std, low, high = (numeral(value, found.mean) for value in found[:4])
    apart = (std, f"{low} to {high}") if found.runs > 1 else ("", "")
    lost = f", {score.diverged} diverged" if score.diverged else ""
    return (mean, *r2, *apart, f"{found.runs}{lost}")


def _folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--out: cannot create the folder {path}: {error.strerror}") from None
    return path


def _identity(tried: Axes, data: Dataset) -> dict[str, Any]:
    """What all runs of a folder have in common."""
    # The numbers of the data count, not how they were read.
    free = {*inspect.signature(reading).parameters, "seed", "epochs", "networks", "calibrate"}
    settings = {n: str(v) for n, v in tried.fixed.items() if v is not None and n not in free}
    return {"data": checksum((data.x_train, data.y_train)), "settings": settings}


def _write_parquet(journal: Journal, path: Path) -> None:
    """Every run in a Parquet file, whole or not at all."""
    need("pyarrow", "--parquet")
    frame = need("pandas", "--parquet").DataFrame([*journal.values()], columns=journal.columns)
    with atomic_write(path) as file:
        frame.to_parquet(file, index=False)


def _write(
    found: list[SettingScore],
    best: Best,
    journal: Journal,
    seed: int,
    report: Callable[[], None],
    parquet: bool,
) -> str:
    """Write the best network, its recipe, the report and the picture; the line that names them."""
    folder = journal.path.parent
    model, drawn, table = (
        folder / name for name in ("best.safetensors", "sweep.png", "runs.parquet")
    )
    before = there(model, drawn, table, folder / RECIPE, folder / REPORT)
    experiment, run = as_trained(best.plan.experiment, best.run.network), best.run
    note_result(run, experiment, seed)
    run.network.save(model)
    files = [model, write_recipe(folder, experiment, seed), write_report(folder, report)]
    if parquet:
        _write_parquet(journal, table)
        files.append(table)
    with plots.about(run.data.name):
        figure = f"validation {metric_name(run.metric)}"
        plots.save(picture(found, figure), drawn)
    return written([*files, journal.path, drawn], before)


def _report(
    found: list[SettingScore], best: Best, folder: Path, seconds: float, as_json: bool = False
) -> None:
    """Print the best settings with their intervals, and how the best was trained and tested."""
    run, part = best.run, best.run.data.evaluation_part.name
    tested = {f"{part}_{name}": value for name, value in run.all_figures.items()}
    first, metric = found[0], metric_name(run.metric)
    r2 = first.r2 is not None and first.figure != "r2"
    if as_json:
        more = {"val_r2": first.r2} if r2 else {}
        print(json.dumps({"best": first.setting, f"val_{run.metric}": first.found.mean,
                          "values": first.figures, **more, **best.plan.facts, **tested,
                          "settings": len(found), "command": best.command, "folder": str(folder),
                          "seconds": seconds}))  # fmt: skip
        return
    best_ones, halved = found[:SHOWN], len({each.epochs for each in found}) > 1
    rows = [
        (*each.setting.values(), *([str(each.epochs)] if halved else []), *_figures(each, r2))
        for each in best_ones
    ]
    title = f"best of {len(found):,} settings by validation {metric}"
    ranges = all(each.found.is_range for each in best_ones if each.figures)
    headings = ("± of a run", "min to max" if ranges else "95 % of the mean", "networks")
    columns = (*first.setting, *(["epochs"] if halved else []), metric, *["R²"] * r2, *headings)
    show.table(title, columns, rows, keep=(metric, "R²") if r2 else (metric,))
    _report_best(first.setting, best)


def _report_best(setting: Setting, best: Best) -> None:
    """Print the command that trains the best setting, and what it comes to."""
    network, part = best.run.network, best.run.data.evaluation_part.name
    chosen = ", ".join(f"{name} {word}" for name, word in setting.items())
    several = best.plan.experiment.training.networks
    mean = f", {several} networks and their mean" if several > 1 else ""
    print()
    show.say(f"the best, {chosen}, trained by this command{mean}:")
    print(f"  {best.command}")
    for ended in filter(None, (kept_by([network]), what_folds_found(network))):
        show.say(f"{ended}")
    show.say_whole(metrics(best.run.all_figures, part))
    for line in held_out(network):
        show.say(line)
