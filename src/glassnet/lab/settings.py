"""What a lab is set to: data, network, training and seed, as checked plain data."""

from typing import Annotated, Any

from pydantic import Field

from glassnet.base.configurable import choose
from glassnet.data import NAMES, Dataset, load
from glassnet.lab.shelf import Shelf
from glassnet.workflows.spec import Net, Part, Training, known


def _bundled(given: str) -> str:
    return choose("dataset", given, NAMES)


class Named(Part):
    """A bundled dataset by name, with its options."""

    name: Annotated[str, known(_bundled)] = "moons"
    options: Annotated[dict[str, Any], Field(default_factory=dict)]

    def load(self, shelf: Shelf, seed: int) -> Dataset:
        """The data, parted by this seed."""
        return load(self.name, seed=seed, **self.options)


class Settings(Part):
    """All that decides what a lab shows: the same settings give the same numbers."""

    data: Named = Named(options={"samples": 400})
    network: Net = Net(layers=["dense 4", "tanh", "dense 3", "tanh"])
    training: Training = Training(
        optimizer={"kind": "sgd", "learning_rate": 0.1}, batch_size=10, epochs=200
    )
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0


def plain(settings: Settings) -> dict[str, Any]:
    """Settings as JSON can carry them."""
    return settings.model_dump(mode="json")
