"""Recipes from TOML: those of the package by name, your own by path."""

import re
import tomllib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from glassnet.base.configurable import choose, named, unknown_setting
from glassnet.base.disk import read_text
from glassnet.base.errors import GlassnetError, InputError
from glassnet.workflows.problems import complaint
from glassnet.workflows.recipes.schema import Recipe

FOLDER = resources.files("glassnet.workflows.recipes")

MOST_BYTES = 2**15  # of a recipe; those of the package have less than 2,000


P = TypeVar("P", bound=BaseModel)


class RecipeError(GlassnetError, ValueError):
    """A recipe that cannot be read; names the file, the line, the key and the nearest right one."""


def names() -> list[str]:
    """The names of the recipes in the package."""
    files = [Path(file.name) for file in FOLDER.iterdir()]
    return sorted(file.stem for file in files if file.suffix == ".toml")


@named
def load_recipe(name: str) -> Recipe:
    """The recipe of this name, or in the TOML file at this path.

    - `name`: of a recipe in the package, or a path that ends in .toml.

    Raises `InputError` for an unknown name, and `RecipeError`, with the line, for a wrong recipe.

    >>> load_recipe("moons").network.hidden
    [64]
    """
    if name.endswith(".toml"):
        try:
            text = read_text(name, MOST_BYTES)
        except OSError as error:
            raise RecipeError(f"cannot read {name}: {error.strerror}") from None
        except UnicodeDecodeError:
            raise RecipeError(f"cannot read {name}: it is not UTF-8 text") from None
        return parse(text, name)
    choose("recipe", name, names())
    return parse(FOLDER.joinpath(f"{name}.toml").read_text("utf-8"), name)


def parse(text: str, where: str) -> Recipe:
    """The recipe in this text; `where` names it in errors."""
    try:
        recipe = Recipe.model_validate(tomllib.loads(text))
    except ValidationError as error:
        raise RecipeError(f"{where}{_explain(error.errors(), text)}") from None
    except RecursionError:
        raise RecipeError(f"{where}: not TOML that can be read: brackets nest too deep") from None
    except ValueError as error:  # of TOML, and of Python for a number of thousands of digits
        raise RecipeError(f"{where}: not TOML: {error}") from None
    if recipe.network.idle and not recipe.study:
        name, why = recipe.network.idle
        raise RecipeError(f"{where}: network.{name} {why}: leave it out")
    return recipe


def check_part(part: type[P], values: dict[str, Any]) -> P:
    """A part of a recipe from settings given elsewhere, such as the command line's options."""
    try:
        return part.model_validate(values)
    except ValidationError as error:
        problem = error.errors()[0]
        name = str(problem["loc"][0])
        expected = part.model_fields[name].description
        raise InputError(f"--{name.replace('_', '-')}{complaint(problem, expected)}") from None


def _explain(problems: Sequence[Any], text: str) -> str:
    """`, line 7: training.epochs: …` from what pydantic complains of: of a misspelt key first."""
    problem = min(problems, key=lambda each: each["type"] != "extra_forbidden")
    path, keys, expected = _locate(problem["loc"])
    message = complaint(problem, expected)
    if problem["type"] == "extra_forbidden":
        message = f": {unknown_setting(path[-1], keys, 'key')}"
    line = _line_of(path, text)
    place = f", line {line}" if line else ""
    return f"{place}: {'.'.join(path)}{message}" if path else f"{place}{message}"


def _locate(location: Sequence[Any]) -> tuple[list[str], list[str], str | None]:
    """The keys that lead to the problem, the keys that are allowed there, and what the last
    of them is for.

    What pydantic adds below a key, the kinds of value it tried, is left out.
    """
    path: list[str] = []
    keys: list[str] = []
    part: Any = Recipe
    expected: str | None = None
    for name in map(str, location):
        if not (isinstance(part, type) and issubclass(part, BaseModel)):
            break
        keys = list(part.model_fields)
        path.append(name)
        field = part.model_fields.get(name)
        expected = field.description if field else None
        kinds = field.annotation if field else None
        part = next(iter(get_args(kinds)), kinds)  # of `Repeat | None`, the first
    return path, keys, expected


def _line_of(path: list[str], text: str) -> int | None:
    """The line of the key at this path, in the plain layout that recipes have."""
    section: list[str] = []
    found = None
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[([\w.-]+)\]", line):
            section = header[1].split(".")
            if section == path[: len(section)]:
                found = number
        elif (key := re.match(r"\s*([\w-]+)\s*=", line)) and [*section, key[1]] == path:
            return number
    return found
