"""`glassnet explain`: every number of a training step, or the reasons for a prediction."""

import json
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import typer
from rich.console import Console
from rich.text import Text

from glassnet.base.arrays import Array
from glassnet.base.errors import InputError
from glassnet.base.files import atomic_write
from glassnet.cli.options import Encoding, Separator, writable
from glassnet.cli.predict import one_network, trained
from glassnet.cli.terminal import trimmed
from glassnet.data import NAMES
from glassnet.inspection import html_report as pages
from glassnet.inspection.attribution import attribute, described
from glassnet.inspection.document import Part, Shown, aligned, strengths
from glassnet.inspection.walkthrough import target_names, walk
from glassnet.sequential import Sequential
from glassnet.workflows import predict as predictions
from glassnet.workflows.networks import network_of
from glassnet.workflows.recipes.loader import load_recipe, names
from glassnet.workflows.recipes.schema import Recipe
from glassnet.workflows.run import load_data, settings_of

SMALLEST = {
    "title": "two moons, 2-4-2", "source": "glassnet explain",
    "data": {"name": "moons", "options": {"samples": 200}},
    "network": {"hidden": [4], "activation": "tanh"},
    "training": {"optimizer": "sgd:learning_rate=0.5"},
    "figure": {"published": "", "at_least": 0},
}  # fmt: skip
INDENT, APART = "  ", "   "
SHADES = " ░▒▓█"


class Subject(NamedTuple):
    """A network, samples with their targets, and the settings of a step."""

    title: str
    network: Sequential
    x: Array
    y: Array
    settings: dict[str, Any]

    def select(self, first: int, count: int, options: str) -> tuple[Array, Array]:
        """The samples that the options name; InputError if there are not as many."""
        if first + count > len(self.x):
            raise InputError(f"{options}: expected samples within 0 to {len(self.x) - 1}")
        return self.x[first : first + count], self.y[first : first + count]


def explain_command(
    what: Annotated[
        str | None,
        typer.Argument(metavar="RECIPE|MODEL", help="A recipe, or a .safetensors file that `train` "
                                                    "wrote. Default: two moons, 2-4-2."),
    ] = None,
    data: Annotated[
        str | None, typer.Argument(metavar="DATA", help="Data for MODEL: a dataset, file or "
                                                        "folder. Default: its training data.")
    ] = None,
    sample: Annotated[int, typer.Option(min=0, help="First sample of the step.")] = 0,
    batch: Annotated[int, typer.Option(min=1, help="Number of samples in the step.")] = 1,
    row: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Explain the prediction for row N "
                                                          "instead of a step.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the weights of a recipe.")] = 0,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write an HTML page instead of printing.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print all numbers as JSON.")] = False,
    separator: Separator = None,
    encoding: Encoding = None,
) -> None:  # fmt: skip
    """Show every number of a training step. With --row, show the reasons for a prediction."""
    how = predictions.Reading(targets=True, separator=separator, encoding=encoding)
    rows = sample + batch if row is None else row + 1
    if html is not None:
        writable(html, "--html")
    path = Path(what or "")
    is_model = path.suffix == ".safetensors" or (path.is_file() and path.suffix != ".toml")
    if row is not None and (sample, batch) != (0, 1):
        raise InputError(
            "--row explains a prediction, --sample and --batch a step: leave out one of them"
        )
    if row is not None and not is_model:
        raise InputError(
            f"--row {row} needs a trained network, and {what or 'the smallest step'} is not: "
            "give a .safetensors file that `train` wrote"
        )
    subject = _of_model(path, data, how, rows) if is_model else _of_recipe(what, data, seed)
    if row is None:
        x, y = subject.select(sample, batch, f"--sample {sample} --batch {batch}")
        trace = subject.network.trace(x, y, **subject.settings)
        title, record = f"One step of {subject.title}", trace.as_json
        parts = walk(trace, subject.network.classes)
    else:
        x, y = subject.select(row, 1, f"--row {row}")
        found = attribute(trained(path, subject.network), x)
        title, record = f"Why row {row} of {subject.title}", lambda: _plain(found._asdict())
        parts = described(found, *_names(subject.network, y))
    if as_json:
        print(json.dumps(record()))
    elif html is not None:
        with atomic_write(html) as file:
            file.write(pages.page(title, parts).encode())
        print(f"wrote {html}")
    else:
        trimmed(partial(show_parts, title, parts))


def _of_recipe(what: str | None, data: str | None, seed: int) -> Subject:
    if what in NAMES and what not in names():
        raise InputError(
            f"explain {what}: expected a recipe ({', '.join(names())}) or a .safetensors file "
            f"that `train {what}` wrote"
        )
    recipe = Recipe.model_validate(SMALLEST) if what is None else load_recipe(what)
    if data is not None:
        raise InputError(f"explain: a recipe has its own data: leave out {data!r}, or give a MODEL")
    dataset = load_data(recipe.data)
    network = network_of(recipe.network, seed, dataset)
    settings = settings_of(recipe.training, dataset)
    own = ("loss", "optimizer", "clip_norm", "max_norm")
    step: dict[str, Any] = {name: settings[name] for name in own}
    return Subject(recipe.title, network, dataset.x_train, dataset.y_train, step)


def _of_model(path: Path, data: str | None, how: predictions.Reading, rows: int) -> Subject:
    network = one_network(path)
    data = predictions.source_of(network, data, f"explain {path}")
    rule = network.trained.get("settings", {}).get("optimizer", {"kind": "SGD"})
    xs: list[Any] = []
    ys: list[Any] = []
    count = 0
    for piece in predictions.read(network, data, how):
        xs.append(piece.x[:])
        ys.append(piece.y)
        count += len(piece.x)
        if count >= rows:
            break
    x, y = np.concatenate(xs), np.concatenate(ys)
    settings = {} if rule["kind"] == "LBFGS" else {"optimizer": rule}
    return Subject(f"{path.name} on {data}", network, x, y, settings)


def _names(network: Sequential, y: Array) -> tuple[Sequence[str], Sequence[str], str]:
    """The names of features, classes and targets."""
    features = network.schema.features if network.schema else network.feature_names
    return features, network.classes, target_names(y, network.task, network.classes)


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    return {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in record.items()}


# ---- in the terminal


def smallest() -> tuple[str, list[Part]]:
    """The smallest step, two moons, 2-4-2: its title and parts."""
    subject = _of_recipe(None, None, 0)
    trace = subject.network.trace(subject.x[:1], subject.y[:1], **subject.settings)
    return f"One step of {subject.title}", walk(trace, subject.network.classes)


def show_parts(title: str, parts: Sequence[Part], out: Console) -> None:
    """Print a heading and parts, arrays side by side."""
    out.print(Text(title, "bold"))
    for part in parts:
        lines = part.formula.splitlines()
        heading = Text(part.title, "bold cyan")
        if lines and len(part.title) + len(APART) + len(lines[0]) <= out.width:
            heading.append(f"{APART}{lines.pop(0)}", "not bold green")
        out.print(heading)
        for line in lines:
            out.print(Text(INDENT + line, "green"))
        for line in part.lines:
            out.print(Text(INDENT + line))
        for numbers in _side_by_side(part.arrays, out):
            out.print(numbers, overflow="crop", no_wrap=True)


def _side_by_side(arrays: Sequence[Shown], out: Console) -> Iterator[Text]:
    """Arrays side by side, as many as fit the width of the terminal."""
    rows: list[list[list[Text]]] = [[]]
    left = out.width
    for block in map(_block, arrays):
        wide = max(map(len, block)) + 2 * len(INDENT)
        if wide > left and rows[-1]:
            rows.append([])
            left = out.width
        rows[-1].append(block)
        left -= wide
    for blocks in rows:
        for index in range(max(map(len, blocks), default=0)):
            line = Text(INDENT)
            for block in blocks:
                wide = max(map(len, block)) + len(INDENT)
                cell = block[index] if index < len(block) else Text()
                line.append_text(cell)
                line.append(" " * (wide - len(cell)))
            line.rstrip()
            yield line


def _block(shown: Shown) -> list[Text]:
    """A heading and rows of numbers: orange above 0, blue below, large ones bold."""
    lines = [Text.assemble((shown.name, "bold"), (f" {shown.where}", "dim"))]
    shares = strengths(shown.values).tolist()
    if shown.picture:
        return lines + [Text.assemble(*map(_pixel, row)) for row in shares]
    for texts, row in zip(aligned(shown.values), shares, strict=True):
        cells = [(f"{text}  ", _style(share)) for text, share in zip(texts, row, strict=True)]
        lines.append(Text.assemble(*cells))
    return lines


def _pixel(share: float) -> tuple[str, str]:
    """Two characters, which are about as wide as high, the darker the larger."""
    return 2 * SHADES[round(abs(share) * (len(SHADES) - 1))], _style(share)


def _style(share: float) -> str:
    colour = "dark_orange" if share > 0 else "dodger_blue1"
    strength = "bold " if abs(share) > 0.5 else "" if abs(share) > 0.05 else "dim "
    return f"{strength}{colour}" if share else "dim"
