"""`glassnet explain`: every number of a training step, or the reasons for a prediction."""

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import typer

from glassnet.base.arrays import Array
from glassnet.base.errors import DataError, InputError
from glassnet.base.files import atomic_write
from glassnet.base.progress import work
from glassnet.cli.arguments import FOLDER, is_model, kind_of
from glassnet.cli.completion import names_or_files
from glassnet.cli.options import file_options, option_names, takes, to_output, writable
from glassnet.cli.outputs import MODEL, there, written
from glassnet.cli.parts import show_parts
from glassnet.cli.predict import one_network, trained
from glassnet.cli.terminal import trimmed
from glassnet.data import NAMES, form_of
from glassnet.inspection import html_report as pages
from glassnet.inspection.attribution import Attribution, attribute
from glassnet.inspection.document import Part
from glassnet.inspection.reasons import contributions, described, remainder
from glassnet.inspection.recording import plain
from glassnet.inspection.rows import Cell, as_written, cells
from glassnet.inspection.trace import Trace
from glassnet.inspection.walkthrough import target_names, walk
from glassnet.nn.task import CLASSES, VALUES, Task, task_named
from glassnet.sequential import Sequential
from glassnet.workflows import predict as predictions
from glassnet.workflows.fit_settings import settings_of
from glassnet.workflows.networks import network_of
from glassnet.workflows.recipes.loader import load_recipe, names
from glassnet.workflows.recipes.schema import Recipe
from glassnet.workflows.run import load_data

SMALLEST = {
    "title": "two moons, 2-4-2", "source": "glassnet explain",
    "data": {"name": "moons", "options": {"samples": 200}},
    "network": {"hidden": [4], "activation": "tanh"},
    "training": {"optimizer": "sgd:learning_rate=0.5"},
    "figure": {"published": "", "at_least": 0},
}  # fmt: skip
SEARCHED = 50_000  # samples, among which the first wrong one is looked for
AT_ONCE = 512
NAMED = 4  # targets and predictions in a heading
to_explain = partial(typer.Option, rich_help_panel="Explanation")


class Subject(NamedTuple):
    """A network, samples with their targets, what they mean, and the settings of a step; `y` is
    empty if the data have no targets."""

    title: str
    network: Sequential
    x: Array
    y: Array
    task: Task
    settings: dict[str, Any]

    def select(self, first: int, count: int, options: str) -> tuple[Array, Array]:
        """The samples that the options name; InputError if there are not as many."""
        if first + count > len(self.x):
            raise InputError(f"{options}: expected samples within 1 to {len(self.x)}")
        return self.x[first : first + count], self.y[first : first + count]

    def first_wrong(self, count: int) -> int:
        """The index of the first sample that the network gets wrong and which so many samples begin
        with; 0 if there is none, or if targets are values."""
        some = min(SEARCHED, len(self.x) - count + 1)
        for start in range(0, some, AT_ONCE):
            rows = slice(start, min(start + AT_ONCE, some))
            wrong = wrong_ones(self.network, self.task, self.x[rows], self.y[rows])
            if wrong.any():
                return start + int(wrong.argmax())
        return 0

    def step(self, first: int, count: int, options: str) -> tuple[str, Trace]:
        """A step on so many samples, and its heading."""
        x, y = self.select(first, count, options)
        target, predicted = self.named(x, y)
        which = f"sample {first + 1}" if count == 1 else f"samples {first + 1} to {first + count}"
        title = f"One step of {self.title}: {which}, target {target}, prediction {predicted}"
        return title, self.network.trace(x, y, **self.settings)

    def named(self, x: Array, y: Array) -> tuple[str, str]:
        """Targets, nothing if there are none, and predictions of samples, by their names; of many,
        the first."""
        more = " …" if len(x) > NAMED else ""
        each = y[:NAMED], self.task.decide(self.network(x[:NAMED]))
        target, predicted = (
            target_names(e, self.task, self.network.classes) if len(e) else "" for e in each
        )
        return f"{target}{more}" if target else "", f"{predicted}{more}"


def wrong_ones(network: Sequential, task: Task, x: Array, y: Array) -> Array:
    """Whether each sample's prediction is not its target; of values, none is wrong."""
    if task is VALUES:
        return np.zeros(len(y), bool)
    wrong: Array = (task.decide(network(x)) != y).reshape(len(y), -1)
    return np.asarray(wrong.any(axis=1))


@takes(file_options)
def explain_command(
    given: dict[str, Any],
    what: Annotated[
        str | None,
        typer.Argument(metavar="RECIPE|MODEL", help="A recipe, or a .safetensors file that `train` "
                                                    "wrote.", show_default="two moons, 2-4-2",
                       autocompletion=names_or_files(names)),
    ] = None,
    data: Annotated[
        str | None, typer.Argument(metavar="DATA", help="Data for MODEL: a dataset, file or "
                                                        "folder.", rich_help_panel="Data",
                                   show_default="its training data")
    ] = None,
    sample: Annotated[
        int | None, to_explain(min=1, metavar="N", help="First sample of the step, counted from 1.",
                               show_default="the first that the network gets wrong")
    ] = None,
    batch: Annotated[
        int, to_explain(min=1, metavar="N", help="Number of samples in the step.")
    ] = 1,
    weight: Annotated[
        str | None, to_explain(metavar="NAME", help="Weight to follow, such as '0.W[0, 1]'.",
                               show_default="the largest gradient of the first layer that learns")
    ] = None,
    row: Annotated[
        int | None, to_explain(min=1, metavar="N", help="Explain the prediction for data row N "
                                                        "instead of a step. Data rows are counted "
                                                        "from 1, below the header.")
    ] = None,
    seed: Annotated[
        int | None, to_explain(min=0, metavar="N", help="Seed of the weights of a recipe.",
                               show_default="its own")
    ] = None,
    html: Annotated[
        Path | None, to_output(metavar="FILE", help="Write an HTML page instead of printing.")
    ] = None,
    as_json: Annotated[bool, to_output("--json", help="Print all numbers as JSON.")] = False,
) -> None:  # fmt: skip
    """Show every number of a training step. With --row, show the reasons for a prediction.

    $ glassnet explain
    $ glassnet explain digits.safetensors digits --row 3
    """
    how = predictions.Reading(targets=True, given=given)
    if html is not None:
        writable(html, "--html")
    path = Path(what or "")
    of_file = _means_model(what, data)
    if row is not None and (sample, batch, weight) != (None, 1, None):
        raise InputError(
            "--row explains a prediction, --sample, --batch and --weight a step: leave out one of "
            "them"
        )
    if row is not None and not of_file:
        raise InputError(
            f"--row {row} needs a trained network, and {what or 'the smallest step'} is not: "
            "give a .safetensors file that `train` wrote"
        )
    if given and not of_file:
        raise InputError(
            f"explain: a recipe has its own data: leave out --{option_names(given)[0]}"
        )
    number = sample if row is None else row
    first = None if number is None else number - 1
    of_model = _of_model if row is None else _of_row
    subject = of_model(path, data, how, first, batch) if of_file else _of_recipe(what, data, seed)
    if row is None:
        title, record, parts = _step(subject, sample, batch, weight)
    else:
        if row > len(subject.x):
            raise InputError(f"--row {row}: expected a data row, 1 to {len(subject.x)}")
        x, y = subject.select(row - 1, 1, f"--row {row}")
        network = trained(path, subject.network)
        raw = _written(network, data, how, row - 1)
        found = attribute(network, x)
        target, predicted = subject.named(x, y)
        title = f"Why row {row} of {subject.title}: prediction {predicted}"
        title += f", target {target}" if target else ""
        columns = _cells(network, x, raw)
        record = {"row": row, **plain(found._asdict()), **_by_column(found, columns)}
        parts = _reasons(found, network, columns, target)
    if as_json:
        print(json.dumps(record))
    elif html is not None:
        before = there(html)
        with atomic_write(html) as file:
            file.write(pages.page(title, parts).encode())
        print(written([html], before))
    else:
        trimmed(partial(show_parts, title, parts))


def _means_model(what: str | None, data: str | None) -> bool:
    """Whether MODEL is meant, and no recipe: also of one that stands in DATA's place."""
    if what is None:
        return False
    path = Path(what)
    a_file = path.suffix == MODEL or (path.is_file() and path.suffix != ".toml")
    return a_file or kind_of(str(path)) == FOLDER or is_model(Path(data or ""))


def _step(
    subject: Subject, sample: int | None, batch: int, weight: str | None
) -> tuple[str, dict[str, Any], list[Part]]:
    """The heading of a step, all of it as plain data, and its parts."""
    options = f"--batch {batch}" if sample is None else f"--sample {sample} --batch {batch}"
    first = subject.first_wrong(batch) if sample is None else sample - 1
    title, trace = subject.step(first, batch, options)
    followed = None if weight is None else trace.parameter_named(weight)
    parts = walk(trace, subject.network.classes, followed)
    return title, {"sample": first + 1, **trace.as_json()}, parts


def _written(
    network: Sequential, data: str | None, how: predictions.Reading, row: int
) -> dict[str, Any]:
    """A row of a table as the file has it, by column; nothing of other data."""
    source = predictions.source_of(network, data, "explain")
    if network.schema is None or source == "-" or form_of(source) != "table":
        return {}
    for piece in predictions.read(
        network, source, how._replace(keep=network.schema.names, targets=False)
    ):
        if piece.kept is not None and row < len(piece.x):
            values = piece.kept.iloc[row]
            gaps = values.isna().tolist()
            return {
                str(name): None if gap else value
                for (name, value), gap in zip(values.items(), gaps, strict=True)
            }
        row -= len(piece.x)
    return {}


def _cells(network: Sequential, x: Array, written: Mapping[str, Any]) -> list[Cell]:
    """The columns of a row, with the names and values that the data have."""
    return as_written(cells(network, x[0]), written) if x.ndim == 2 else []


def _by_column(found: Attribution, row: list[Cell]) -> dict[str, Any]:
    """As plain data, what each column contributes, and what all of them leave."""
    each = [contribution._asdict() for contribution in contributions(found, row)]
    return {"columns": each, "remainder": remainder(found)} if each else {}


def _reasons(found: Attribution, network: Sequential, row: list[Cell], target: str) -> list[Part]:
    """The reasons for a prediction."""
    light = bool(network.schema and network.schema.picture)
    return described(found, (), network.classes, target, row, "light" if light else "ink")


def smallest() -> tuple[str, list[Part]]:
    """The smallest step, two moons, 2-4-2: its title and parts."""
    title, _, parts = _step(_of_recipe(None, None, None), None, 1, None)
    return title, parts


def _of_recipe(what: str | None, data: str | None, seed: int | None) -> Subject:
    if what in NAMES and what not in names():
        raise InputError(
            f"explain {what}: expected a recipe ({', '.join(names())}) or a .safetensors file "
            f"that `train {what}` wrote"
        )
    recipe = Recipe.model_validate(SMALLEST) if what is None else load_recipe(what)
    if data is not None:
        raise InputError(f"explain: a recipe has its own data: leave out {data!r}, or give a MODEL")
    dataset = load_data(recipe.data)
    network = network_of(recipe.network, recipe.seed if seed is None else seed, dataset)
    settings = settings_of(recipe.training, dataset)
    own = ("loss", "optimizer", "clip_norm", "max_norm")
    step: dict[str, Any] = {name: settings[name] for name in own}
    task = task_named(dataset.task)
    return Subject(recipe.title, network, dataset.x_train, dataset.y_train, task, step)


def _of_row(
    path: Path, data: str | None, how: predictions.Reading, first: int | None, count: int
) -> Subject:
    """The samples up to a row, without their targets if these are not there or cannot be read: a
    prediction can be explained all the same."""
    try:
        return _of_model(path, data, how, first, count)
    except DataError:
        return _of_model(path, data, how._replace(targets=False), first, count)


def _of_model(
    path: Path, data: str | None, how: predictions.Reading, first: int | None, count: int
) -> Subject:
    """The samples up to those that are explained: by default those from the first wrong one on."""
    network = one_network(path, [data] if data else [])
    data = predictions.source_of(network, data, f"explain {path}")
    rule = network.trained.get("settings", {}).get("optimizer", {"kind": "SGD"})
    task = network.task
    xs: list[Any] = []
    ys: list[Any] = []
    rows = 0
    with work("looking for a sample", unit="rows") as looking:
        for piece in predictions.read(network, data, how):
            xs.append(piece.x[:])
            ys.append(np.zeros(0, int) if piece.y is None else np.asarray(piece.y))
            task = task or (CLASSES if ys[0].dtype.kind in "iu" else VALUES)
            if first is None and (wrong := wrong_ones(network, task, xs[-1], ys[-1])).any():
                first = rows + int(wrong.argmax())
            rows += len(piece.x)
            looking.add(len(piece.x))
            if rows >= SEARCHED if first is None else rows >= first + count:
                break
    settings = {} if rule["kind"] == "LBFGS" else {"optimizer": rule}
    title = f"{path.name} on {data}"
    return Subject(title, network, np.concatenate(xs), np.concatenate(ys), task or VALUES, settings)
