"""Digits that were drawn by hand, as a dataset of pictures."""

from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from glassnet.base.errors import DataError
from glassnet.data import Dataset, split
from glassnet.lab.sources.pen import Drawing, picture
from glassnet.lab.sources.shelf import Shelf
from glassnet.workflows.spec import Part, Share

MOST = 500
LARGEST = {8: 16, 28: 255}  # the value of full ink, as in digits and in mnist


class Digits(Part):
    """Drawings with their labels 0 … 9, as pictures of `size` × `size`."""

    kind: Literal["digits"] = "digits"
    size: Literal[8, 28] = 28
    drawings: Annotated[list[Drawing], Field(max_length=MOST)]
    labels: list[Annotated[int, Field(ge=0, le=9)]]
    test: Share = 0.0

    @model_validator(mode="after")
    def paired(self) -> Self:
        """Refuse drawings without a label."""
        if len(self.drawings) != len(self.labels):
            raise ValueError(
                f"there are {len(self.drawings)} drawings and {len(self.labels)} labels: each "
                "drawing needs one"
            )
        return self

    def load(self, shelf: Shelf, seed: int) -> Dataset:
        """The data, parted by this seed."""
        used = sorted(set(self.labels))
        if len(used) < 2:
            raise DataError("there are not enough digits: draw two different ones or more")
        shape, full = (self.size, self.size), LARGEST[self.size]
        x = np.array([picture(each, shape) for each in self.drawings])
        y = np.array([used.index(label) for label in self.labels], np.int64)
        return Dataset(
            "drawn digits",
            *split(np.rint(full * x).astype(np.uint8), y, self.test, seed),
            classes=tuple(map(str, used)),
            scale=1 / full,
            target="digit",
        )
