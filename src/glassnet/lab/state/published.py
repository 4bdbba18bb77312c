"""The five published tutorials, as settings of the lab."""

from collections.abc import Mapping
from typing import Any

from glassnet.lab.sources import Named
from glassnet.lab.state.settings import Settings
from glassnet.workflows.recipes.loader import load_recipe
from glassnet.workflows.recipes.schema import Recipe

TUTORIALS = (
    "mnist-sigmoid-momentum",
    "mnist-relu-sgd",
    "mnist-online-sgd",
    "moons",
    "iris",
    "mnist-ten-neurons",
)
"""The recipes of the five, each with one network."""


def settings_of(recipe: Recipe, seed: int = 0) -> Settings:
    """The settings of a recipe: its data, network and training, from this seed.

    Of a recipe of several networks, it is one; seed 0 is that of its first.

    >>> settings_of(load_recipe("moons")).network.hidden
    [64]
    """
    data = Named.model_validate(recipe.data.model_dump())
    return Settings(data=data, network=recipe.network, training=recipe.training, seed=seed)


def tutorials() -> list[Mapping[str, Any]]:
    """Name, title, source and published accuracy of each."""
    every = {name: load_recipe(name) for name in TUTORIALS}
    return [
        {"name": name, "title": r.title, "source": r.source, "published": r.figure.published}
        for name, r in every.items()
    ]
