"""How a training is repeated: its command, its recipe, seeds and versions."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from glassnet.base.errors import GlassnetError, InputError
from glassnet.data import NAMES
from glassnet.inspection.report_page import Section
from glassnet.workflows.recipes.text import recipe_text
from glassnet.workflows.report.material import Material

SPLIT = ("fashion-mnist", "mnist")  # datasets that come in two parts
PERHAPS_SPLIT = (".npz", ".zip", "")  # files and folders that may
AGAIN = "glassnet run again.toml --out again"


def section(given: Material) -> Section:
    """The command if it is known, and the recipe if the file keeps it."""
    text = _recipe(given)
    heading = (
        f"The same as a recipe: save it as again.toml, then {AGAIN}"
        if given.command
        else "again.toml"
    )
    return Section(
        "Repeat it",
        facts=tuple(_facts(given)),
        lines=tuple(_lines(given, text)),
        command=given.command or AGAIN * bool(text),
        text=(heading, text),
        alone=not given.command,
    )


def _facts(given: Material) -> Iterator[tuple[str, str]]:
    if given.versions:
        yield "Versions", ", ".join(f"{name} {number}" for name, number in given.versions.items())
    seed, recipe = given.network.trained.get("seed"), given.recipe or {}
    if seed is not None:
        yield "Seed", f"{recipe.get('seed', seed)}{_more_seeds(recipe)}"
    if given.has_split and given.recipe and (split := _split(recipe["data"])):
        yield "Seed of the split", split


def _more_seeds(recipe: Mapping[str, Any]) -> str:
    """The seeds of further networks."""
    count = recipe.get("training", {}).get("networks", 1)
    last = recipe.get("seed", 0) + count - 1
    return f" to {last}, one for each of {count} networks" if count > 1 else ""


def _split(data: Mapping[str, Any]) -> str:
    """The seed that drew the test part, as far as one did."""
    name, options = str(data.get("name")), data.get("options", {})
    if name in SPLIT:
        return "none: the data come in two parts"
    if isinstance(options.get("test"), str):
        return "none: the test part is data of its own"
    seed = str(options.get("seed", 0))
    known = name in NAMES or ":" in name or Path(name).suffix.lower() not in PERHAPS_SPLIT
    return seed if known else f"{seed}, if the data had no test part of their own"


def _recipe(given: Material) -> str:
    """The recipe as text; "" if the file keeps none. `InputError` if it is no recipe."""
    if given.recipe is None:
        return ""
    parts = dict(given.recipe)
    try:
        seed, versions = parts.pop("seed"), given.versions
        return recipe_text(given.name, f"glassnet {versions.get('glassnet', '')}", seed, **parts)
    except (GlassnetError, TypeError, KeyError, ValueError) as error:
        raise InputError(f"trained recipe: {error}: expected what train wrote") from None


def _lines(given: Material, recipe: str) -> Iterator[str]:
    if given.command:
        what = "This command repeats the training, on the same data."
    elif recipe:
        what = "The recipe below, saved as again.toml, repeats the training, on the same data."
    else:
        what = "The file keeps no command: the settings above, the seed and the data repeat it."
    yield (
        f"{what} The result is bit-identical on the same machine, with the same versions and "
        "number of threads."
    )
    if given.was_interrupted:
        yield "The training was interrupted, and is repeated to its end."
