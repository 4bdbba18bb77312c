"""Commands that design: the layers, how parameters start, how the network is trained."""

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ValidationError

from glassnet.base.errors import GlassnetError, InputError
from glassnet.lab.commands import Reply, command
from glassnet.lab.shown.architecture import families, rows_from
from glassnet.lab.shown.described import parameters_of
from glassnet.lab.shown.facts import facts
from glassnet.lab.state.session import Session, part_of
from glassnet.nn.initializers import INITIALIZERS
from glassnet.nn.losses import LOSSES, Loss
from glassnet.nn.optimizers import LBFGS, OPTIMIZERS
from glassnet.nn.schedules import SCHEDULES
from glassnet.workflows.problems import complaint
from glassnet.workflows.spec import Net, Training

P = TypeVar("P", bound=BaseModel)


@command
def layers(session: Session, words: str | list[str]) -> Reply:
    """Make the network of these layers: a text, or a text for each. Replies as `settings` does."""
    kept = session.settings.network.model_dump(include={"init", "bias", "bias_init"})
    return _network(session, {**kept, "layers": rows_from(words)})


@command
def starts(session: Session, **given: Any) -> Reply:
    """How parameters start in every layer that does not say it: `init`, `bias`, `bias_init`."""
    return _network(session, {**session.settings.network.model_dump(), **given})


def _network(session: Session, given: Mapping[str, Any]) -> Reply:
    session.change(session.settings.model_copy(update={"network": checked(Net, given)}))
    return facts(session)


@command
def training(session: Session, **given: Any) -> Reply:
    """Take over settings of the training; they count from the present step on."""
    values = {**session.settings.training.model_dump(), **given}
    session.change(session.settings.model_copy(update={"training": checked(Training, values)}))
    return facts(session)


def checked(part: type[P], values: Mapping[str, Any]) -> P:
    """A part of the settings, or an `InputError` that says what is wrong with the first of them."""
    try:
        return part.model_validate(dict(values))
    except ValidationError as error:
        problem = error.errors()[0]
        name = str(problem["loc"][0]) if problem["loc"] else ""
        field = part.model_fields.get(name)
        said = complaint(problem, field.description if field else None)
        raise InputError(f"{name}{said}".removeprefix(": ")) from None


@command
def kinds(session: Session) -> Reply:
    """All that may be chosen: layers by family, initializers, optimizers, schedules, losses."""
    rules = {name: kind for name, kind in OPTIMIZERS.items() if kind is not LBFGS}
    return {
        "families": families(),
        "initializers": list(INITIALIZERS),
        "optimizer": {name: parameters_of(kind) for name, kind in rules.items()},
        "schedule": {name: parameters_of(kind) for name, kind in SCHEDULES.items()},
        "loss": {name: parameters_of(kind) for name, kind in LOSSES.items()},
        "losses": [name for name, kind in LOSSES.items() if _fits(session, kind)],
    }


def _fits(session: Session, kind: type[Loss]) -> bool:
    """Whether a loss takes the targets of the data."""
    data = session.run.data
    try:
        kind().targets(data.y_train[:1000], data.outputs)
    except GlassnetError:
        return False
    return True


@command
def look_at(
    session: Session, index: int, part: Literal["training", "test"] = "training"
) -> Reply | None:
    """Show what every unit gives for this sample, whose index counts from 0."""
    count = len(part_of(session.run.data, part))
    if not 0 <= index < count:
        raise InputError(f"there is no {part} sample {index + 1}: expected 1 to {count}")
    session.view.part, session.view.sample = part, index
    return None


@command
def unit(session: Session, column: int | None = None, place: int = 0) -> None:
    """Show the numbers of this unit with every frame; of none if no column is given."""
    session.view.unit = None if column is None else (column, place)
