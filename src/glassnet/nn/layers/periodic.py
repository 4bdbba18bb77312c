"""Waves of numbers: what a network needs to tell close values of a column apart."""

import math
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from glassnet.base.arrays import Array, Rng, Shape
from glassnet.base.errors import InputError
from glassnet.nn.initializers import Normal, Uniform, Zeros
from glassnet.nn.layers.base import Layer, Settings
from glassnet.nn.parameters import Parameter

Saved = tuple[Array, Array, Array]


class PeriodicEmbedding(Layer, name="periodic"):
    """Beside each number x, `units` mixtures of cosine waves of it, all learned.

        forward    z = cos(2π (W x + b))      e = z V + c      y = x and the e of each column
        backward   dV = zᵀ de      dc = Σ de      da = −2π de Vᵀ sin(2π (W x + b))
                   dW = Σ da x     db = Σ da      dx = dx beside e + Σ da W

    A dense layer of x alone changes slowly with x; waves make it sensitive to small differences,
    as the splits of a tree are. Each column has frequencies W and mixtures V of its own. The first
    frequencies are from N(0, `std`²), phases b anywhere in a wave.

    Shapes: x (…, batch, features), y (…, batch, features + columns · units), W and b
    (…, columns, frequencies), V (…, columns, frequencies, units), c (…, columns, units)
    (Gorishniy et al., 2022; with phases and x beside it: Holzmüller et al., 2024).

    - `units=3`: how many numbers a column gets beside its own.
    - `frequencies=16`: how many waves of a column are mixed.
    - `std=0.1`: the deviation of the first frequencies, in waves for a difference of 1.
    - `columns`: the features that have waves, by number from 0; by default all.

    Raises `InputError` for samples that are no rows, and for columns that they do not have.

    >>> from glassnet import Sequential
    >>> net = Sequential([PeriodicEmbedding(units=2, columns=[0])], input_shape=3, seed=0)
    >>> net([[0.5, 1.0, 0.0]]).shape
    (1, 5)
    """

    examples: ClassVar[Sequence[Settings]] = (
        {"units": 2, "frequencies": 3},
        {"units": 1, "frequencies": 2, "std": 1.0, "columns": [0, 4]},
    )

    W: Array
    b: Array
    V: Array
    c: Array
    dW: Array
    db: Array
    dV: Array
    dc: Array

    def __init__(
        self,
        units: int = 3,
        frequencies: int = 16,
        std: float = 0.1,
        columns: Sequence[int] | None = None,
    ) -> None:
        self.units = self.positive_int("units", units)
        self.frequencies = self.positive_int("frequencies", frequencies)
        self.std = self.number("std", std, "[0, inf)")
        self.columns = None if columns is None else [int(column) for column in columns]

    def build(self, input_shape: Shape) -> dict[str, Parameter]:
        count, width = len(self._chosen(input_shape)), 1 / math.sqrt(self.frequencies)
        waves = count, self.frequencies
        return {
            "W": Parameter(waves, Normal(self.std)),
            "b": Parameter(waves, Uniform(-0.5, 0.5), decay=False),
            "V": Parameter((*waves, self.units), Uniform(-width, width)),
            "c": Parameter((count, self.units), Zeros(), decay=False),
        }

    def named(self, features: Sequence[str]) -> list[str]:
        """The names of its outputs, for features of these names.

        >>> PeriodicEmbedding(units=2, columns=[1]).named(["age", "income"])
        ['age', 'income', 'income, wave 1', 'income, wave 2']
        """
        chosen = self._chosen((len(features),))
        waves = range(1, self.units + 1)
        return [*features, *(f"{features[k]}, wave {wave}" for k in chosen for wave in waves)]

    def output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0] + len(self._chosen(input_shape)) * self.units,)

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, Saved]:
        t = self._numbers(x).mT[..., None]  # (…, columns, batch, 1)
        angle = 2 * math.pi * (t * self.W[..., None, :] + self.b[..., None, :])
        z = np.cos(angle)
        e = z @ self.V + self.c[..., None, :]  # (…, columns, batch, units)
        rows = np.moveaxis(e, -3, -2).reshape(*e.shape[:-3], x.shape[-2], -1)
        beside = np.broadcast_to(x, (*rows.shape[:-1], x.shape[-1]))
        return np.concatenate([beside, rows], axis=-1), (x, angle, z)

    def backward(self, dy: Array, saved: Saved) -> Array:
        x = saved[0]
        slope = self._slopes(dy, saved)
        dx: Array = dy[..., : x.shape[-1]].copy()
        dx[..., self._places(x)] += (slope * self.W[..., None, :]).sum(axis=-1).mT
        return dx

    def gradients(self, dy: Array, saved: Saved) -> None:
        self._slopes(dy, saved)

    def _slopes(self, dy: Array, saved: Saved) -> Array:
        """dL/da of a = W x + b, (…, columns, batch, frequencies); assigns all gradients."""
        x, angle, z = saved
        rows = dy[..., x.shape[-1] :]
        de = np.moveaxis(rows.reshape(*rows.shape[:-1], -1, self.units), -2, -3)
        np.matmul(z.mT, de, out=self.dV)
        de.sum(axis=-2, out=self.dc)
        slope: Array = np.sin(angle)
        slope *= -2 * math.pi
        slope *= de @ self.V.mT
        slope.sum(axis=-2, out=self.db)
        (slope * self._numbers(x).mT[..., None]).sum(axis=-2, out=self.dW)
        return slope

    def multiply_adds(self, input_shape: Shape) -> int:
        return len(self._chosen(input_shape)) * self.frequencies * (1 + self.units)

    def _places(self, x: Array) -> Sequence[int] | slice:
        return slice(None) if self.columns is None else self.columns

    def _numbers(self, x: Array) -> Array:
        numbers: Array = x[..., self._places(x)]
        return numbers

    def _chosen(self, input_shape: Shape) -> Sequence[int]:
        """The numbers of the columns that have waves; `InputError` if there are no such."""
        if len(input_shape) != 1:
            raise InputError(
                f"PeriodicEmbedding takes rows of features, got samples of shape {input_shape}: "
                "put a Flatten before it"
            )
        columns = range(input_shape[0]) if self.columns is None else self.columns
        wrong = [column for column in columns if column not in range(input_shape[0])]
        if wrong or len(set(columns)) != len(columns) or not len(columns):
            raise InputError(
                f"PeriodicEmbedding: columns are {self.columns}, expected different numbers from 0 "
                f"to {input_shape[0] - 1}, at least one"
            )
        return columns
