"""Bundled datasets by name, with their options."""

from typing import Annotated, Any, Literal, cast

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from glassnet.base.configurable import choose
from glassnet.data import NAMES, Dataset
from glassnet.lab.sources.shelf import Shelf
from glassnet.workflows.run import load_data
from glassnet.workflows.spec import Data, Part, Share, SomeCount, known

MOST_SAMPLES = 100_000
Samples = Annotated[
    int, Field(ge=4, le=MOST_SAMPLES, description=f"a whole number of 4 … {MOST_SAMPLES:,}")
]
Noise = Annotated[float, Field(ge=0, le=100, description="a number of 0 … 100")]


@with_config(ConfigDict(extra="forbid", strict=True))
class Options(TypedDict, total=False):
    """What `glassnet.data.load` takes for a bundled set."""

    samples: Samples
    noise: Noise
    test: Share
    kinds: dict[str, str]


DEFAULTS: dict[str, Options] = {
    "moons": Options(samples=5000, noise=0.1, test=0.25),
    "circles": Options(samples=5000, noise=0.1, test=0.25),
    "digits": Options(test=0.2),
    "iris": Options(test=0.2),
}
"""The options of each set that has some, and what they are by themselves."""


def bundled(given: str) -> str:
    """The name of a dataset that comes with the package."""
    return choose("dataset", given, NAMES)


class Named(Part):
    """A bundled dataset; the fields are those of a recipe's `[data]`."""

    kind: Literal["named"] = "named"
    name: Annotated[str, known(bundled)] = "moons"
    options: Options = Field(default_factory=Options)
    through_csv: bool = False
    samples: SomeCount = None

    def load(self, shelf: Shelf, seed: int) -> Dataset:
        """The data, parted by this seed."""
        options = {**cast(dict[str, Any], self.options), "seed": seed}
        given = self.model_dump(include={"name", "through_csv", "samples"})
        return load_data(Data(**given, options=options))
