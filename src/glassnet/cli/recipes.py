"""`glassnet recipes` and `glassnet run`: published results, listed and repeated."""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from glassnet.base.errors import DataError, InputError
from glassnet.cli import terminal as show
from glassnet.cli.command import as_typed
from glassnet.cli.completion import names_or_files
from glassnet.cli.logs import Asked, Log, asked, logs, say_where
from glassnet.cli.options import to_output
from glassnet.cli.outputs import MODEL, there, written
from glassnet.cli.report import page_file, write_for
from glassnet.cli.training_options import of_training
from glassnet.data import Dataset
from glassnet.inspection import gallery, plots
from glassnet.inspection.dataset_report import sheet
from glassnet.inspection.gallery_page import Picture
from glassnet.inspection.health import Health
from glassnet.nn.layers import activation
from glassnet.nn.metrics.names import metric_name
from glassnet.training.callbacks.epoch_log import EpochLog
from glassnet.training.callbacks.progress import Progress
from glassnet.workflows.recipes.loader import load_recipe, names
from glassnet.workflows.recipes.schema import Figure, Recipe
from glassnet.workflows.run import Outcome, Say, load_data, note_result, run_experiment

SEEN = {  # in the page, and how to read it
    "study": ("Accuracy by width", "Bars from the least to the most of the networks."),
    "repeated": ("Accuracy of all networks", "A wide or two-humped shape: one run says little."),
    "networks": ("Training curves of all networks", "The band holds the middle 80 % of them."),
}
HEADINGS = ("recipe", "published", "ours", "bound", "seconds")


def recipes_command() -> None:
    """List the recipes: published results that `glassnet run` repeats.

    $ glassnet recipes
    $ glassnet run iris
    """
    recipes = {name: load_recipe(name) for name in names()}
    rows = [(name, r.title, r.figure.published) for name, r in recipes.items()]
    show.table("recipes", ("name", "what", "published accuracy"), rows, keep=("what",))


def run_command(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME|FILE.toml", help="A recipe; see `recipes`.",
                            autocompletion=names_or_files(names))
    ] = None,
    seed: Annotated[
        int | None, of_training(min=0, metavar="N", help="Seed of weights, sample order and noise.",
                                show_default="the recipe's")
    ] = None,
    run_all: Annotated[bool, of_training("--all", help="Run every recipe.")] = False,
    quick: Annotated[bool, of_training("--quick", help="Run the recipe's small version.")] = False,
    out: Annotated[
        Path | None, to_output(metavar="FOLDER", help="Folder for the network and its pictures.")
    ] = None,
    log: Log = None,
    health: Annotated[
        bool, to_output("--health/--no-health", help="Warn once about common problems. If many "
                                                     "networks train, about those of the first.")
    ] = True,
    plot: Annotated[
        Path | None, to_output(metavar="FOLDER", help="Write pictures of each recipe's first "
                                                      "network, and a page, to a folder each.")
    ] = None,
    page: Annotated[
        Path | None, to_output("--report", metavar="FILE", help="Write a report of the recipe's "
                               "first network, one .html file.")
    ] = None,
    as_json: Annotated[
        bool, to_output("--json", help="Print a JSON object for each recipe, a line each.")
    ] = False,
) -> None:  # fmt: skip
    """Run a recipe and compare with the published accuracy. Exit 1 if its bound is missed.

    After Ctrl-C, the results so far are reported and the exit code is 130.

    $ glassnet run iris
    $ glassnet run --all --quick
    """
    if (name is None) != run_all:
        raise InputError("run: give the name of a recipe, or --all")
    if plot is not None:
        gallery.room(plot)
    wanted = asked(log)
    _check_files(run_all, out, page, wanted)
    chosen = names() if name is None else [name]
    recipes = {each: load_recipe(each) for each in chosen}
    small = [each for each, recipe in recipes.items() if quick and recipe.quick]
    recipes |= {each: recipes[each].quickly() for each in small}
    say = _nothing if as_json else show.say
    rows, finished, missed = [], list[str](), []
    absent = dict[str, str]()
    cut: str | None = None  # how far the last one was when Ctrl-C ended it
    try:
        for each, recipe, data in _with_data(recipes, absent, say):
            watchers = gallery.watchers(data, recipe.training.epochs) if plot else []
            stem = Path(each).stem
            made = logs(wanted, stem, Path(f"{stem}-log.csv"), None)
            shown = [] if as_json else [Progress(every=max(1, recipe.training.epochs // 20))]
            outcome = _run(recipe, data, seed, [*shown, *watchers], health, made, say)
            say_where(made, several=len(outcome.histories) > 1, say=say)
            finished.append(each)
            rows.append(_row(f"{each} (quick)" if each in small else each, recipe.figure, outcome))
            if as_json:
                print(json.dumps(_plain(each, each in small, recipe.figure, outcome)), flush=True)
            if not _reached(outcome, recipe.figure):
                missed.append(each)
            if outcome.first.history.epochs:
                note_result(outcome.first, recipe, recipe.seed if seed is None else seed)
                _keep(each, recipe, outcome, out, page, say)
            if outcome.interrupted:
                cut = outcome.interrupted
                break  # the rest is not started
            if plot is not None:
                _show(recipe, outcome, plot / Path(each).stem, watchers, say)
    except KeyboardInterrupt:
        cut = ""
    _sum_up(rows, absent, as_json)
    left = len(recipes) - len(finished) - len(absent)
    _explain(cut, bool({*finished} & {*small}), left, say)
    if missed:
        say(f"below the bound of the recipe: {', '.join(missed)}")
    raise typer.Exit(1 if missed else 0)


def _check_files(
    run_all: bool, out: Path | None, page: Path | None, wanted: Sequence[Asked]
) -> None:
    """InputError for what cannot be written, and for one file of many recipes: before the work."""
    if out is not None:
        there = next(each for each in (out, *out.absolute().parents) if each.exists())
        if not there.is_dir():
            raise InputError(f"--out: cannot make {out}: {there} is not a folder")
    if page is not None:
        page_file(page, "--report")
    if page is not None and run_all:
        raise InputError("--report FILE is the page of one recipe: leave out --all, or --report")
    if run_all and any(each.kind == "csv" and each.place for each in wanted):
        raise InputError(
            "--log csv:FILE names one file, and --all runs many recipes: give --log csv"
        )


def _show(recipe: Recipe, outcome: Outcome, folder: Path, watchers: list[Any], say: Say) -> None:
    """Write every picture of a recipe's first network and of all of them, and the page."""
    run = outcome.first
    what = run.network, run.history, run.data
    many = [Picture("Result", *SEEN[kind], draw) for kind, draw in _many(outcome).items()]
    drawn = [*many, *gallery.pictures(*what, watchers, run.figures)]
    above = gallery.head(recipe.title, *what, run.all_figures, as_typed())
    gallery.write(folder, above, drawn, say)


def _with_data(
    recipes: dict[str, Recipe], absent: dict[str, str], say: Say
) -> Iterator[tuple[str, Recipe, Dataset]]:
    """Each recipe with its data. Of several, those whose data cannot be read are left out and go
    to `absent`, with the reason."""
    for each, recipe in recipes.items():
        say("")
        say(f"{each}: {recipe.title}")
        try:
            data = load_data(recipe.data)
        except DataError as error:
            if len(recipes) == 1:
                raise
            absent[each] = str(error)
            say(f"skipped: {error}")
            continue
        yield each, recipe, data


def _sum_up(rows: Sequence[tuple[str, ...]], absent: dict[str, str], as_json: bool) -> None:
    """Print the table of the results, and what was left out; as JSON only the latter, since each
    result has its line."""
    if as_json:
        for each, why in absent.items():
            print(json.dumps({"recipe": each, "skipped": why}))
        return
    if rows:
        show.table("published and ours: accuracy", HEADINGS, rows, text=("ours",), keep=("ours",))
    if absent:
        show.say(f"skipped, since the data cannot be read: {', '.join(absent)}")


def _explain(cut: str | None, shortened: bool, left: int, say: Say) -> None:
    """Print what the table does not show: smaller versions, and an interruption."""
    if shortened:
        say("quick: a smaller version, so not comparable with the published figure")
    if cut is None:
        return
    said = [f"interrupted {cut}: its bound is not checked"] if cut else []
    said += [f"{show.count(left, 'recipe')} not finished"] if left else []
    if said:
        say("; ".join(said))
    raise KeyboardInterrupt


def _run(
    recipe: Recipe,
    data: Dataset,
    seed: int | None,
    watchers: list[Any],
    health: bool,
    logs: list[EpochLog],
    say: Say,
) -> Outcome:
    """Run a recipe and print the epochs of its network, or of the first of its networks."""
    if recipe.repeat or recipe.study:
        say("all networks train together; the first of them:")
    callbacks = [*watchers, *([Health(caller="recipe")] if health else [])]
    seed = recipe.seed if seed is None else seed
    outcome = run_experiment(recipe, data, seed, callbacks, say=say, logs=logs)
    if outcome.kept:
        say(f"{outcome.kept}")
    return outcome


def _reached(outcome: Outcome, figure: Figure) -> bool:
    return outcome.reaches(figure.at_least, figure.std_at_most)


def _plain(name: str, quick: bool, figure: Figure, outcome: Outcome) -> dict[str, Any]:
    """The result of a recipe as an object; what it judged by is named as in the table."""
    judged = outcome.judged
    several = {"std": outcome.std, "values": judged} if len(judged) > 1 else {}
    bounds = figure.model_dump(include={"published", "at_least", "std_at_most"}, exclude_none=True)
    cut = {"interrupted": outcome.interrupted} if outcome.interrupted else {}
    return {
        "recipe": name, "quick": quick, **bounds,
        outcome.first.metric: outcome.mean if judged else None, **several,
        "reached": _reached(outcome, figure), "seconds": outcome.seconds, **cut,
    }  # fmt: skip


def _nothing(line: str) -> None:
    """Say nothing: only JSON is printed."""


def _row(name: str, figure: Figure, outcome: Outcome) -> tuple[str, ...]:
    bound = f"≥ {figure.at_least:g}"
    if figure.std_at_most is not None:
        bound += f", std ≤ {figure.std_at_most:g}"
    return name, figure.published, str(outcome), bound, f"{outcome.seconds:.1f}"


def _many(outcome: Outcome) -> dict[str, Callable[[], Any]]:
    """The pictures of all networks, if there are several; they say nothing of the first's score."""
    if not outcome.judged:
        return {}
    network, name = outcome.first.network, outcome.first.data.name
    if outcome.experiment.study:
        groups = outcome.accuracies
        study = partial(plots.swept, [*groups], [*groups.values()], "hidden units")
        return {"study": partial(_about, (name,), study)}
    if not outcome.experiment.repeat:
        return {}
    facts = name, plots.in_short(network)
    return {
        "repeated": partial(_about, facts, partial(plots.spread, outcome.judged, "accuracy")),
        "networks": partial(_about, facts, partial(plots.training, outcome.histories)),
    }


def _among(outcome: Outcome) -> str:
    """What all networks came to, if there are several."""
    metric = metric_name(outcome.first.metric)
    several = len(outcome.histories) > 1
    return f"this is the first; {metric} of all {outcome}" if several else ""


def _about(facts: Sequence[str], draw: Callable[[], Any]) -> Any:
    """A picture with other facts above it than those around it."""
    with plots.about(*facts):
        return draw()


def _keep(
    name: str,
    recipe: Recipe,
    outcome: Outcome,
    folder: Path | None,
    page: Path | None,
    say: Say,
) -> None:
    """Write what was asked for: the first network with its pictures, and its report."""
    if folder is not None:
        say(_write(name, recipe, outcome, folder))
    if page is not None:
        write_for(outcome.first, page, say, _among(outcome))


def _write(name: str, recipe: Recipe, outcome: Outcome, folder: Path) -> str:
    """Write the first network and the pictures that fit the recipe to a folder; the line that names
    them."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--out: cannot make {folder}: {error.strerror}") from None
    stem, first = Path(name).stem, outcome.first
    data = first.data
    held_out = "test" if recipe.training.watch_test else "validation"
    pictures: dict[str, Callable[[], Any]] = {
        "curves": partial(
            plots.training, first.history, held_out=held_out, tested=first.figures or None
        ),
    }
    if recipe.network.layers is None and recipe.network.model == "mlp":
        pictures["activation"] = partial(plots.activation, activation(recipe.network.activation))
    if data.is_image:
        pictures["samples"] = partial(sheet, data)
    elif data.input_shape == (2,):
        pictures["samples"] = partial(plots.scatter, data.x_train, data.y_train, data.classes)
    pictures |= _many(outcome)
    drawn = {folder / f"{stem}-{kind}.png": draw for kind, draw in pictures.items()}
    before = there(model := folder / f"{stem}{MODEL}", *drawn)
    first.network.save(model)
    with plots.about(*gallery.facts(first.network, data, first.figures)):
        for path, draw in drawn.items():
            plots.save(draw(), path)
    return written([model, *drawn], before)
