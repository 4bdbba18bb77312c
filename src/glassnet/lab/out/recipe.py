"""A lab's settings as a recipe, which `glassnet run` repeats."""

from typing import Any

from glassnet.base.optional import need
from glassnet.inspection import plots
from glassnet.lab.out.beside import beside
from glassnet.lab.state.session import Session
from glassnet.workflows.recipes.loader import parse


def recipe(session: Session) -> tuple[str, dict[str, bytes]]:
    """The recipe as TOML, and the files of data that it names."""
    settings, run = session.settings, session.run
    data, files = beside(session)
    training = _given(settings.training.model_dump(mode="json", exclude={"validation"}))
    found = {
        "title": f"{run.data.name}, {plots.in_short(run.network)}",
        "source": "glassnet lab",
        "seed": settings.seed,
        "data": data,
        "network": _given(settings.network.model_dump(mode="json")),
        "training": training | {"engine": "numpy", "watch_test": len(run.data.x_test) > 0},
        "figure": {"published": "none", "at_least": 0.0},
    }
    text: str = need("tomli_w", "writing a recipe").dumps(found)
    parse(text, "the recipe")
    return text, files


def _given(part: dict[str, Any]) -> dict[str, Any]:
    """What is set: TOML has no word for nothing."""
    return {name: value for name, value in part.items() if value not in (None, [], {})}
