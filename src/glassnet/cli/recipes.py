"""`glassnet recipes` and `glassnet run`: published results, listed and repeated."""

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
from glassnet.workflows.run import Outcome, load_data, note_result, run_experiment

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
    _check_files(run_all, page, wanted)
    chosen = names() if name is None else [name]
    recipes = {each: load_recipe(each) for each in chosen}
    small = [each for each, recipe in recipes.items() if quick and recipe.quick]
    recipes |= {each: recipes[each].quickly() for each in small}
    rows, missed, shortened = [], [], False
    absent: list[str] = []
    cut: str | None = None  # how far the last one was when Ctrl-C ended it
    try:
        for each, recipe, data in _with_data(recipes, absent):
            watchers = gallery.watchers(data, recipe.training.epochs) if plot else []
            stem = Path(each).stem
            made = logs(wanted, stem, Path(f"{stem}-log.csv"), None)
            outcome = _run(recipe, data, seed, watchers, health, made)
            say_where(made, several=len(outcome.histories) > 1)
            rows.append(_row(f"{each} (quick)" if each in small else each, recipe.figure, outcome))
            shortened = shortened or each in small
            if not outcome.reaches(recipe.figure.at_least, recipe.figure.std_at_most):
                missed.append(each)
            if outcome.first.history.epochs:
                note_result(outcome.first, recipe, recipe.seed if seed is None else seed)
                _keep(each, recipe, outcome, out, page)
            if outcome.interrupted:
                cut = outcome.interrupted
                break  # the rest is not started
            if plot is not None:
                _show(recipe, outcome, plot / Path(each).stem, watchers)
    except KeyboardInterrupt:
        cut = ""
    if rows:
        show.table("published and ours: accuracy", HEADINGS, rows, text=("ours",), keep=("ours",))
    if absent:
        show.say(f"skipped, since the data cannot be read: {', '.join(absent)}")
    _explain(cut, shortened, len(recipes) - len(rows) - len(absent))
    if missed:
        show.say(f"below the bound of the recipe: {', '.join(missed)}")
    raise typer.Exit(1 if missed else 0)


def _check_files(run_all: bool, page: Path | None, wanted: Sequence[Asked]) -> None:
    """InputError for a page that cannot be written, and for one file of many recipes."""
    if page is not None:
        page_file(page, "--report")
    if page is not None and run_all:
        raise InputError("--report FILE is the page of one recipe: leave out --all, or --report")
    if run_all and any(each.kind == "csv" and each.place for each in wanted):
        raise InputError(
            "--log csv:FILE names one file, and --all runs many recipes: give --log csv"
        )


def _show(recipe: Recipe, outcome: Outcome, folder: Path, watchers: list[Any]) -> None:
    """Write every picture of a recipe's first network and of all of them, and the page."""
    run = outcome.first
    what = run.network, run.history, run.data
    many = [Picture("Result", *SEEN[kind], draw) for kind, draw in _many(outcome).items()]
    drawn = [*many, *gallery.pictures(*what, watchers, run.figures)]
    above = gallery.head(recipe.title, *what, run.all_figures, as_typed())
    gallery.write(folder, above, drawn, print)


def _with_data(
    recipes: dict[str, Recipe], absent: list[str]
) -> Iterator[tuple[str, Recipe, Dataset]]:
    """Each recipe with its data. Of several, those whose data cannot be read are left out and go
    to `absent`."""
    for each, recipe in recipes.items():
        print()
        show.say(f"{each}: {recipe.title}")
        try:
            data = load_data(recipe.data)
        except DataError as error:
            if len(recipes) == 1:
                raise
            absent.append(each)
            show.say(f"skipped: {error}")
            continue
        yield each, recipe, data


def _explain(cut: str | None, shortened: bool, left: int) -> None:
    """Print what the table does not show: smaller versions, and an interruption."""
    if shortened:
        show.say("quick: a smaller version, so not comparable with the published figure")
    if cut is None:
        return
    said = [f"interrupted {cut}: its bound is not checked"] if cut else []
    said += [f"{show.count(left, 'recipe')} not finished"] if left else []
    if said:
        show.say("; ".join(said))
    raise KeyboardInterrupt


def _run(
    recipe: Recipe,
    data: Dataset,
    seed: int | None,
    watchers: list[Any],
    health: bool,
    logs: list[EpochLog],
) -> Outcome:
    """Run a recipe and print the epochs of its network, or of the first of its networks."""
    if recipe.repeat or recipe.study:
        print("all networks train together; the first of them:")
    every = max(1, recipe.training.epochs // 20)
    callbacks = [Progress(every=every), *watchers, *([Health(caller="recipe")] if health else [])]
    seed = recipe.seed if seed is None else seed
    outcome = run_experiment(recipe, data, seed, callbacks, say=print, logs=logs)
    if outcome.kept:
        show.say(f"{outcome.kept}")
    return outcome


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
    name: str, recipe: Recipe, outcome: Outcome, folder: Path | None, page: Path | None
) -> None:
    """Write what was asked for: the first network with its pictures, and its report."""
    if folder is not None:
        _write(name, recipe, outcome, folder)
    if page is not None:
        write_for(outcome.first, page, show.say, _among(outcome))


def _write(name: str, recipe: Recipe, outcome: Outcome, folder: Path) -> None:
    """The first network and the pictures that fit the recipe, into a folder."""
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
    show.say(written([model, *drawn], before))
