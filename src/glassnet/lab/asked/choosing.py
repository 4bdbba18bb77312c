"""Commands about the data: a tutorial, what is drawn along the axes, a drawing to look at."""

from typing import Annotated, Any

import numpy as np
from pydantic import Field

from glassnet.base.configurable import choose
from glassnet.base.errors import InputError
from glassnet.data import NAMES
from glassnet.lab.commands import Reply, command
from glassnet.lab.packed import packed
from glassnet.lab.shown.facts import facts
from glassnet.lab.sources import Source
from glassnet.lab.sources.named import DEFAULTS
from glassnet.lab.sources.pen import Drawing, picture
from glassnet.lab.state.fitting import fitted
from glassnet.lab.state.published import TUTORIALS, settings_of, tutorials
from glassnet.lab.state.session import Session
from glassnet.nn.task import VALUES
from glassnet.workflows.recipes.loader import load_recipe

Feature = Annotated[int, Field(ge=0)]


@command
def sources(session: Session) -> Reply:
    """What there is to choose: bundled sets with their options, and the tutorials."""
    named = [{"name": name, "options": DEFAULTS.get(name, {})} for name in NAMES]
    return {"named": named, "tutorials": tutorials()}


@command
def source(session: Session, data: Source) -> Reply:
    """Take over data from a source, and change layers that do not fit them, which `said` says."""
    found = data.load(session.shelf, session.settings.seed)
    now = session.settings.model_copy(update={"data": data})
    settings, said = fitted(now, found, session.run.data.task)
    session.begin(settings, found)
    return {**facts(session), "said": said}


@command
def tutorial(session: Session, name: str) -> Reply:
    """Data, network and training as a tutorial published them."""
    choose("tutorial", name, TUTORIALS)
    session.playing = False
    session.change(settings_of(load_recipe(name)))
    return facts(session)


@command
def features(session: Session, x: Feature = 0, y: Feature = 1, projected: bool = False) -> Reply:
    """Draw the samples along two features, by number, or along their principal components."""
    shape = session.run.data.input_shape
    if len(shape) != 1 or shape[0] < 2:
        raise InputError("the samples have no two features: choose a table with more columns")
    if max(x, y) >= shape[0]:
        raise InputError(f"there is no feature {max(x, y)}: expected 0 … {shape[0] - 1}")
    if x == y:
        raise InputError("both axes have the same feature: choose two different ones")
    session.view.features, session.view.projected = (x, y), projected
    return facts(session)


@command
def see(session: Session, drawing: Drawing) -> Reply:
    """What the network makes of a picture drawn by hand: the picture as it takes it, the class
    that wins, and the probability of each class."""
    data, network = session.run.data, session.run.network
    shape = data.input_shape
    if len(shape) not in (2, 3) or shape[2:] not in ((), (1,)):
        raise InputError("the network does not take grey pictures: choose digits or mnist first")
    task = network.task or VALUES
    if not task.exclusive:
        raise InputError("the network predicts no classes: choose digits or mnist first")
    ink = picture(drawing, (shape[0], shape[1]))
    x = np.rint(ink * largest(data.x_train))
    z = network(x.reshape(1, *shape))
    return {
        "picture": packed(ink),
        "classes": list(data.classes),
        "prediction": data.classes[int(task.decide(z)[0])],
        "probabilities": [float(p) for p in network.trained_loss().probabilities(z)[0]],
    }


def largest(x: Any) -> float:
    """The value of full ink in these pictures."""
    return float(np.max(x[:1000]))
