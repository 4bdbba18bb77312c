"""Samples of a formula that was typed: y > f(x) as two classes, y = f(x) as a regression."""

from typing import Annotated, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from glassnet.base.arrays import Array
from glassnet.base.errors import DataError
from glassnet.data import Dataset, split
from glassnet.data.dataset import generator
from glassnet.lab.sources.expression import Relation, relation
from glassnet.lab.sources.named import Noise, Samples
from glassnet.lab.sources.shelf import Shelf
from glassnet.workflows.spec import Part, Share, known

Bound = Annotated[float, Field(ge=-1e6, le=1e6, description="a number of −1,000,000 … 1,000,000")]


class Formula(Part):
    """Samples spread evenly between `low` and `high` in x and y, and what a formula says of them.

    A condition has two classes, and its `noise` is the standard deviation of what is added to x
    and y afterwards; else it is added to the value. Where the formula has no value there is no
    sample.
    """

    kind: Literal["formula"] = "formula"
    text: Annotated[str, known(relation)]
    samples: Samples = 400
    noise: Noise = 0.0
    low: Bound = -3.0
    high: Bound = 3.0
    test: Share = 0.25

    @model_validator(mode="after")
    def spread(self) -> Self:
        """Refuse a range without room."""
        if self.low >= self.high:
            raise ValueError(f"the range is {self.low:g} … {self.high:g}: expected it to rise")
        return self

    def load(self, shelf: Shelf, seed: int) -> Dataset:
        """The data, drawn and parted by this seed."""
        found, rng = relation(self.text), generator(seed)
        x = rng.uniform(self.low, self.high, (self.samples, len(found.inputs)))
        y = found.at(x)
        noise = rng.normal(scale=self.noise, size=y.shape if found.output else x.shape)
        with np.errstate(over="ignore"):
            kept = np.isfinite(y.astype(np.float32))
        x, y, noise = x[kept], y[kept], noise[kept]
        if found.output:
            y = y + noise
        else:
            x, y = x + noise, y.astype(np.int64)
        _refuse_few(found, y)
        return Dataset(
            found.text,
            *split(x, y, self.test, seed),
            classes=() if found.output else ("no", "yes"),
            feature_names=found.inputs,
            target=found.output or found.text,
            notes=_left_out(len(kept) - len(y)),
        )


def _refuse_few(found: Relation, y: Array) -> None:
    """DataError if there is nothing to learn."""
    if len(y) < 4:
        raise DataError(
            f"{found.text} has a value for {len(y)} samples: expected 4 or more; change the range, "
            "or draw more"
        )
    if not found.output and len(np.unique(y)) < 2:
        everywhere = "true" if y[0] else "false"
        raise DataError(
            f"{found.text} is {everywhere} for every sample, so there is one class only: change "
            "the formula or the range"
        )


def _left_out(count: int) -> tuple[str, ...]:
    """A note on samples without a value."""
    samples = "1 sample" if count == 1 else f"{count:,} samples"
    return (f"left out {samples} where the formula has no value",) if count else ()
