"""`glassnet sweep`: many settings compared, and the best one trained again and saved."""

import inspect
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from glassnet.base.arrays import checksum
from glassnet.base.errors import DivergedError, InputError
from glassnet.base.files import atomic_write
from glassnet.base.numerals import numeral
from glassnet.base.optional import need
from glassnet.cli import terminal as show
from glassnet.cli.evaluation import held_out
from glassnet.cli.logs import Log, asked, logs, only_servers, say_where
from glassnet.cli.metrics import metrics
from glassnet.cli.options import Memory, Reading, reading, takes, to_output
from glassnet.cli.outputs import there, written
from glassnet.cli.run_folder import RECIPE, REPORT, write_recipe, write_report
from glassnet.cli.sweep_options import Axes, axes
from glassnet.cli.tally import Tally
from glassnet.cli.training_options import Calibrate
from glassnet.data import Dataset
from glassnet.inspection import plots
from glassnet.nn.metrics.names import metric_name
from glassnet.stack import MEMORY
from glassnet.training.callbacks.history import INTERRUPTED
from glassnet.workflows.recipes.text import as_trained
from glassnet.workflows.run import Run, note_result
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
    on_all,
    refit,
    rounds,
    sweep,
)
from glassnet.workflows.sweep.workers import here, in_processes, on_cluster

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
    calibrate: Calibrate = True,
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
    --lr 1e-4:0.1, needs --random. The best setting on the validation part is trained again on the
    whole training part and evaluated on the test part. After an interruption, the same command
    resumes the sweep.

    $ glassnet sweep digits --hidden 16,32,64x32 --lr 0.001,0.003
    $ glassnet sweep iris --lr 1e-4:0.1 --dropout 0:0.5 --random 40
    """
    begin = time.perf_counter()
    train, wanted = _where(jobs, dask), asked(log)
    if dask is not None:
        only_servers(wanted)
    points, data, seed, source = _points(tried, random)
    every = _rounds(points, halving)
    folder = _folder(out or Path(f"{data.name}-sweep"))
    columns = [*columns_of(data, points[0][1].training)]
    journal = Journal(folder, [*tried.swept], columns, _identity(tried, data))
    made = logs(wanted, folder.resolve().name, folder / "log.csv", source, fresh=False)
    total = sum(count * epochs for count, epochs in every) * trials
    tally = Tally("sweep", total + 2 * every[-1][1], quiet=as_json)  # the best again, and its twin
    if not as_json:
        few = " (all there are)" if len(points) < (random or 0) else ""
        of_each = show.count(trials, "network")
        show.say(f"{data.name}: {len(points):,} settings{few}, {of_each} of each")
    left = iter(every)

    def work(todo: list[list[Trial]]) -> Iterator[list[Row]]:
        """Train the stacks of a round that are not finished."""
        count, epochs = next(left)
        tally.leave_out((count * trials - sum(map(len, todo))) * epochs)
        return train(todo, data, memory=memory, tick=tally.add, logs=made)

    try:
        with closing(tally):
            found = sweep(points, range(seed, seed + trials), data, journal, work, halving)
            if not found[0].figures:
                raise DivergedError("every network diverged: try lower learning rates")
            best = refit(found[0], data, seed, tally.add, made, calibrate)
            if best.history.interrupted == INTERRUPTED:
                raise KeyboardInterrupt
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


def _points(tried: Axes, random: int | None) -> tuple[list[Point], Dataset, int, Reading]:
    """Every setting to try with its recipe, the data, the seed, and where the data are from."""
    seed = int(tried.fixed["seed"])
    every = [(words, tried.setup(words)) for words in tried.words(random, seed)]
    source = every[0][1].reading
    data = source.load()
    points = [(words, setup.on(data)) for words, setup in every]
    if not all(recipe.training.validation for _, recipe in points):
        raise InputError(
            "a sweep chooses by the validation part, which is empty: give --validation a share "
            f"of the {len(data.x_train):,} training samples"
        )
    _refuse_same(points)
    return points, data, seed, source


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
    free = {*inspect.signature(reading).parameters, "seed", "epochs"}
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
    best: Run,
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
    experiment = as_trained(on_all(found[0]), best.network)
    note_result(best, experiment, seed)
    best.network.save(model)
    files = [model, write_recipe(folder, experiment, seed), write_report(folder, report)]
    if parquet:
        _write_parquet(journal, table)
        files.append(table)
    with plots.about(best.data.name):
        figure = f"validation {metric_name(best.metric)}"
        plots.save(picture(found, figure), drawn)
    return written([*files, journal.path, drawn], before)


def _report(
    found: list[SettingScore], best: Run, folder: Path, seconds: float, as_json: bool = False
) -> None:
    """Print the best settings with their intervals, and the test metrics."""
    part = best.data.evaluation_part.name
    tested = {f"{part}_{name}": value for name, value in best.all_figures.items()}
    first, metric = found[0], metric_name(best.metric)
    r2 = first.r2 is not None and first.figure != "r2"
    if as_json:
        more = {"val_r2": first.r2} if r2 else {}
        print(json.dumps({"best": first.setting, f"val_{best.metric}": first.found.mean,
                          "values": first.figures, **more, **tested, "settings": len(found),
                          "folder": str(folder), "seconds": seconds}))  # fmt: skip
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
    print()
    chosen = ", ".join(f"{name} {word}" for name, word in first.setting.items())
    epochs = on_all(first).training.epochs
    enough = f" for {epochs} epochs, the median of its runs' best" if first.kept else ""
    show.say(f"trained again on the whole training part with {chosen}{enough}:")
    show.say_whole(metrics(best.all_figures, part))
    for line in held_out(best.network):
        show.say(line)
