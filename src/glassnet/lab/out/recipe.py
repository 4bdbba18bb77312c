"""A lab's settings as a recipe, which `glassnet run` repeats."""

from glassnet.lab.out.beside import beside
from glassnet.lab.state.session import Session
from glassnet.workflows.recipes.text import recipe_text


def recipe(session: Session) -> tuple[str, dict[str, bytes]]:
    """The recipe as TOML, and the files of data that it names."""
    from glassnet.inspection.plots import in_short

    settings, run = session.settings, session.run
    data, files = beside(session)
    training = settings.training.model_dump(mode="json", exclude={"validation"})
    text = recipe_text(
        f"{run.data.name}, {in_short(run.network)}",
        "glassnet lab",
        settings.seed,
        data=data,
        network=settings.network.model_dump(mode="json"),
        training=training | {"engine": "numpy", "watch_test": len(run.data.x_test) > 0},
    )
    return text, files
