"""`glassnet compare`: a recipe's network here and in other libraries, side by side."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from glassnet.base.configurable import choose
from glassnet.base.errors import InputError
from glassnet.base.numerals import column
from glassnet.cli import terminal as show
from glassnet.cli.completion import names as completed
from glassnet.cli.completion import names_or_files
from glassnet.cli.options import to_output
from glassnet.cli.outputs import there, written
from glassnet.cli.training_options import of_training
from glassnet.nn.metrics.names import metric_name
from glassnet.workflows.compare.compare import Learned, compare
from glassnet.workflows.compare.libraries import LIBRARIES, installed, require
from glassnet.workflows.recipes.loader import check_part, load_recipe, names
from glassnet.workflows.recipes.schema import Recipe
from glassnet.workflows.run import load_data
from glassnet.workflows.spec import Training

ROWS = 10  # of epochs


def compare_command(
    name: Annotated[
        str, typer.Argument(metavar="NAME|FILE.toml", help="A recipe; see `recipes`.",
                            autocompletion=names_or_files(names))
    ],
    libraries: Annotated[
        list[str] | None,
        of_training("--with", metavar="LIBRARY", autocompletion=completed(LIBRARIES),
                    help="Library to compare with: torch or keras.", show_default="both"),
    ] = None,
    loss: Annotated[str | None, of_training(metavar="NAME", help="Loss to minimise.",
                                            show_default="the recipe's")] = None,
    epochs: Annotated[int | None, of_training(metavar="N", help="Passes over the data.",
                                              show_default="the recipe's")] = None,
    seed: Annotated[
        int | None, of_training(min=0, metavar="N", help="Seed of weights and sample order.",
                                show_default="the recipe's")
    ] = None,
    quick: Annotated[bool, of_training("--quick", help="Run the recipe's small version.")] = False,
    out: Annotated[
        Path | None, to_output(metavar="FOLDER", help="Folder for the scripts that were run.")
    ] = None,
) -> None:  # fmt: skip
    """Train a recipe's network in glassnet, PyTorch and Keras. Weights and batches are the same.

    $ glassnet compare iris
    $ glassnet compare digits-cnn --with torch --epochs 2
    """
    recipe = load_recipe(name)
    recipe = _changed(recipe.quickly() if quick else recipe, loss, epochs)
    chosen = libraries or installed()
    for library in (choose("library", each, LIBRARIES) for each in chosen or LIBRARIES):
        require(library)
    for library in set(LIBRARIES) - set(chosen) if not libraries else ():
        print(f"{library} is not installed: skipped")
    data, first = load_data(recipe.data), recipe.seed if seed is None else seed
    with tempfile.TemporaryDirectory() as temporary:
        found = []
        folder = _folder(out, temporary)
        scripts = [folder / f"{library}_script.py" for library in ("glassnet", *chosen)]
        before = there(*scripts)
        for learned in compare(recipe, data, chosen, folder, first):
            show.say(f"{learned.name}: {len(learned.seconds)} epochs, {sum(learned.seconds):.2f} s")
            found.append(learned)
    part = data.evaluation_part.name
    title = f"{name}: same initial weights, same batches; metrics of the {part} part"
    show.table(title, ("", *(each.name for each in found)), _rows(found), text=("",))
    if out is not None:
        show.say(written(scripts, before))


def _changed(recipe: Recipe, loss: str | None, epochs: int | None) -> Recipe:
    given = {"loss": loss, "epochs": epochs}
    new = {name: value for name, value in given.items() if value is not None}
    training = check_part(Training, {**recipe.training.model_dump(), **new})
    return recipe.model_copy(update={"training": training})


def _folder(out: Path | None, temporary: str) -> Path:
    try:
        (out or Path(temporary)).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--out: cannot make {out}: {error.strerror}") from None
    return out or Path(temporary)


def _rows(found: list[Learned]) -> list[tuple[str, ...]]:
    epochs = len(found[0].figures)
    shown = sorted({1, *(round(k * epochs / ROWS) for k in range(1, ROWS + 1))} - {0})
    rows = [
        ("lines of code", *(str(each.lines) for each in found)),
        ("seconds, all epochs", *(f"{sum(each.seconds):.2f}" for each in found)),
        ("seconds, first epoch", *(f"{each.seconds[0]:.3f}" for each in found)),
    ]
    for name in found[0].figures[0]:
        for epoch in shown:
            cells = column([each.figures[epoch - 1][name] for each in found])
            rows.append((f"{metric_name(name)}, epoch {epoch}", *cells))
    differ = [f"{each.differs(found[0]):.1e}" for each in found[1:]]
    return [*rows, ("largest difference in a weight", "–", *differ)]
