"""Points in the plane that were drawn, each with a class or a value."""

from string import ascii_uppercase
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from glassnet.base.errors import DataError
from glassnet.data import Dataset, split
from glassnet.lab.sources.shelf import Shelf
from glassnet.workflows.spec import Part, Share

MOST = 5000
CLASSES = 8
Coordinate = Annotated[float, Field(ge=-1e6, le=1e6)]
Point = Annotated[list[Coordinate], Field(min_length=3, max_length=3)]


class Points(Part):
    """Points `[x, y, class]`, classes from 0, or `[x, y, value]`."""

    kind: Literal["points"] = "points"
    points: Annotated[list[Point], Field(max_length=MOST)]
    values: bool = False
    test: Share = 0.25

    def load(self, shelf: Shelf, seed: int) -> Dataset:
        """The data, parted by this seed."""
        rows = np.array(self.points, dtype=np.float64).reshape(-1, 3)
        x, y = rows[:, :2], rows[:, 2]
        classes: tuple[str, ...] = ()
        if not self.values:
            y = _labels(y)
            classes = tuple(ascii_uppercase[: int(y.max()) + 1])
        elif len(y) < 2:
            raise DataError("there are not enough points: draw two or more")
        parts = split(x, y, self.test, seed)
        target = "value" if self.values else "class"
        return Dataset(
            "drawn points", *parts, classes=classes, feature_names=("x", "y"), target=target
        )


def _labels(y: np.ndarray) -> np.ndarray:
    wrong = (y != np.floor(y)) | (y < 0) | (y >= CLASSES)
    if wrong.any():
        raise DataError(
            f"a point has the class {y[wrong][0]:g}: expected a whole number of 0 … {CLASSES - 1}"
        )
    if len(np.unique(y)) < 2:
        raise DataError("there are not enough classes: draw points of two or more")
    return y.astype(np.int64)
