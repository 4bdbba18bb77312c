"""Commands that ask about the result: at a point, about a sample, for one that is wrong."""

from typing import Annotated, Any

import numpy as np
from pydantic import Field

from glassnet.base.arrays import Array
from glassnet.base.errors import InputError
from glassnet.lab.commands import Reply, command
from glassnet.lab.meaning import meaning, names_of_outputs, probable, task_of
from glassnet.lab.packed import finite
from glassnet.lab.shown.frame import rows_at
from glassnet.lab.state.session import Session

Place = Annotated[list[Annotated[float, Field(allow_inf_nan=False)]], Field(max_length=2)]


@command
def at(session: Session, place: Place) -> Reply:
    """What the network predicts at a place of the plane, or of the one feature; other features are
    the medians."""
    shape = session.run.data.input_shape
    if len(shape) != 1 or len(place) != min(2, shape[0]):
        raise InputError(f"there is no place {place}: samples have shape {shape}")
    places = np.array([place])
    x = places if shape[0] == 1 else rows_at(session, places)
    return {"place": place, "t": session.moment[-1], **predicted(session, x)}


@command
def show_output(session: Session, output: Annotated[int, Field(ge=0)]) -> Reply:
    """Let the plane show this one of several labels or values."""
    if output >= session.run.data.outputs:
        raise InputError(f"there is no output {output}: the network has {session.run.data.outputs}")
    session.view.output = output
    return {"output": output}


def predicted(session: Session, x: Array) -> dict[str, Any]:
    """The prediction for one sample x (1, …): its name, and the probability or value of each
    output."""
    network, names = session.network, names_of_outputs(session.run.data)
    z = network.outputs(x)
    task = task_of(network)
    found: dict[str, Any] = {
        "names": names,
        "values": finite(meaning(network, z)[0]),
        "probable": probable(network),
    }
    if task.exclusive:
        found["prediction"] = names[int(task.decide(z)[0])]
    return found
