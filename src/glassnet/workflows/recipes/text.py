"""A recipe as TOML, written."""

from pathlib import Path
from typing import Any

from glassnet.base.addresses import without_password
from glassnet.base.optional import need
from glassnet.sequential import Sequential
from glassnet.workflows.recipes.loader import parse
from glassnet.workflows.spec import Experiment

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


def parts_of(experiment: Experiment) -> dict[str, Any]:
    """The parts of an experiment as plain data, without what is None and without passwords."""
    parts = experiment.model_dump(mode="json", include={*Experiment.model_fields})
    parts["data"]["name"] = without_password(experiment.data.name)
    parts["data"]["options"] = _plain(experiment.data.options)
    return _given(parts)


def as_trained(experiment: Experiment, network: Sequential) -> Experiment:
    """The experiment with the engine that trained the network: what "auto" chooses depends on what
    the machine has compiled before."""
    engine = network.trained["settings"]["engine"]
    how = experiment.training.model_copy(update={"engine": engine})
    return experiment.model_copy(update={"training": how})


def _plain(value: Any) -> Any:
    """A value of an option as TOML has it, without a password."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return without_password(str(value)) if isinstance(value, (str, Path)) else value


def _given(part: dict[str, Any]) -> dict[str, Any]:
    """What is set, at any depth, in the order of TOML: tables come last."""
    found = {
        name: _given(value) if isinstance(value, dict) else value
        for name, value in part.items()
        if value is not None
    }
    return dict(sorted(found.items(), key=lambda each: isinstance(each[1], dict)))
