"""What a lab is set to: data, network, training and seed, as checked plain data."""

from typing import Annotated, Any

from pydantic import Field

from glassnet.lab.faults import FAULTS
from glassnet.lab.sources import Named, Source
from glassnet.workflows.spec import Net, Part, Training


class Settings(Part):
    """All that decides what a lab shows: the same settings give the same numbers.

    `start` is a trained network on the shelf, whose weights the run begins with; `fault`
    is one that a task has planted.
    """

    data: Source = Named(options={"samples": 400})
    network: Net = Net(layers=["dense 4", "tanh", "dense 3", "tanh"])
    training: Training = Training(
        optimizer={"kind": "sgd", "learning_rate": 0.1}, batch_size=10, epochs=200
    )
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    start: str | None = None
    fault: Annotated[int, Field(ge=0, lt=len(FAULTS))] | None = None


def plain(settings: Settings) -> dict[str, Any]:
    """Settings as JSON can carry them."""
    return settings.model_dump(mode="json")
