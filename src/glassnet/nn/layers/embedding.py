"""A vector for each of a number of words, or of other things that can be counted."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, ClassVar

import numpy as np

from glassnet.base.arrays import Array, Rng, Shape
from glassnet.base.configurable import canonical
from glassnet.base.errors import InputError
from glassnet.nn.initializers import INITIALIZERS, Initializer, initializer
from glassnet.nn.layers.base import Layer, Settings
from glassnet.nn.parameters import Parameter
from glassnet.nn.worked import Place, Worked, at


class Embedding(Layer, name="embedding"):
    """Row x of a table, for whole numbers x: a vector that is learned for each.

        forward    y = W[x]
        backward   dW[i] = Σ dy over all places where x = i      (dx is 0: x has no derivative)

    Shapes: x (…, batch, …) of 0 to count − 1, y (…, batch, …, units), W (…, count, units)
    (Bengio et al., 2003).

    Raises `InputError` for a number outside the table.

    - `count`: how many different numbers there are.
    - `units`: the length of each vector.
    - `init="uniform:low=-0.05,high=0.05"`: how W starts, an initializer or its name.

    >>> from glassnet import Sequential
    >>> net = Sequential([Embedding(5, 2, init="constant:value=3")], input_shape=3)
    >>> net([[0, 4, 4]]).shape
    (1, 3, 2)
    """

    input_dtype = "int"
    example_input = (3,)
    examples: ClassVar[Sequence[Settings]] = ({"count": 2, "units": 3}, {"count": 5, "units": 1})

    W: Array
    dW: Array

    def __init__(
        self,
        count: int,
        units: int,
        init: str | Initializer | Mapping[str, Any] = "uniform:low=-0.05,high=0.05",
    ) -> None:
        self.count = self.positive_int("count", count)
        self.units = self.positive_int("units", units)
        initializer(init)  # a wrong name is told here, not at fit
        self.init = canonical(init, INITIALIZERS)

    def build(self, input_shape: Shape) -> dict[str, Parameter]:
        return {"W": Parameter((self.count, self.units), initializer(self.init))}

    def output_shape(self, input_shape: Shape) -> Shape:
        return *input_shape, self.units

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, Array]:
        if x.size and (x.min() < 0 or x.max() >= self.count):
            wrong = x[(x < 0) | (x >= self.count)][0]
            raise InputError(
                f"Embedding: got {wrong}, expected whole numbers from 0 to {self.count - 1}: give "
                "it a larger count"
            )
        rows = self._rows(x)
        return self.W.reshape(-1, self.units)[rows], rows

    def backward(self, dy: Array, rows: Array) -> Array:
        self.gradients(dy, rows)
        return np.zeros(rows.shape, dy.dtype)

    def gradients(self, dy: Array, rows: Array) -> None:
        order = rows.reshape(-1).argsort(kind="stable")  # the same rows side by side, to add up
        seen, first = np.unique(rows.reshape(-1)[order], return_index=True)
        dW = np.zeros((prod(self.W.shape[:-1]), self.units), dy.dtype)
        dW[seen] = np.add.reduceat(dy.reshape(-1, self.units)[order], first, axis=0)
        self.dW[...] = dW.reshape(self.dW.shape)

    def worked_forward(self, place: Place, x: Array, y: Array, saved: Array) -> Worked:
        where = place[:-1]
        row = int(x[where])
        line = f"{at('x', where)} = {row}, so {at('y', where)} is W[{row}]"
        return Worked((line,), {}, {f"W[{row}]": self.W[row]})

    def worked_backward(self, place: Place, x: Array, dy: Array, saved: Array) -> Worked:
        where = place[:-1]
        row, times = x[where], int((x == x[where]).sum())
        line = f"dW[{row}] is the sum of dy over all places where x = {row}: there are {times}"
        return Worked((line,), {}, {at("dy", where): dy[where]})

    def _rows(self, x: Array) -> Array:
        """Rows of the tables of all networks, one under another."""
        networks = self.W.shape[:-2]
        starts = np.arange(prod(networks)).reshape(networks) * self.count
        return x + starts.reshape(*networks, *[1] * (x.ndim - len(networks)))
