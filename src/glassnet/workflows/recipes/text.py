"""A recipe as TOML, written."""

from typing import Any

from glassnet.base.optional import need
from glassnet.workflows.recipes.loader import parse

OF_ONE_S_OWN = {"published": "none", "at_least": 0.0}


def recipe_text(title: str, source: str, seed: int, **parts: dict[str, Any]) -> str:
    """The text of a recipe, which `glassnet run` takes: nobody published its figure.

    - `title`, `source`: what it is, and where it comes from.
    - `seed`: of the first network.
    - `parts`: its data, network, training and the like, as plain values. What is None is left out:
      TOML has no word for it.

    >>> text = recipe_text("t", "s", 3, data={"name": "moons"}, network={"hidden": [8]})
    >>> parse(text, "t.toml").network.hidden
    [8]
    """
    own = {"title": title, "source": source, "seed": seed, **parts, "figure": OF_ONE_S_OWN}
    text: str = need("tomli_w", "writing a recipe").dumps(_given(own))
    parse(text, "the recipe")
    return text


def _given(part: dict[str, Any]) -> dict[str, Any]:
    """What is set, at any depth."""
    return {
        name: _given(value) if isinstance(value, dict) else value
        for name, value in part.items()
        if value is not None
    }
