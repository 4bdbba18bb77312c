"""Activations, alone or after a bias, in one pass."""

from functools import cache
from typing import Any

import numpy as np

from glassnet.base.arrays import Array, Rng
from glassnet.compiled.formulas import CURVES
from glassnet.compiled.fused.kernels import ROWS, numbers_of, of_formula, rows_of
from glassnet.nn.layers import Layer

ALONE = """
def kernel(x, y, constants):
    for i in range(len(x)):
        y[i] = f(x[i], constants...)
"""

# In place: the formula must not read what it has written.
IN_PLACE = """
def kernel(y, b, constants):
    for i in range(y.shape[0]):
        for j in range(y.shape[1]):
            y[i, j] = f(y[i, j] + b[j], constants...)
"""

APART = """
def kernel(z, b, y, constants):
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            z[i, j] += b[j]
        for j in range(z.shape[1]):
            y[i, j] = f(z[i, j], constants...)
"""

ALONE_BACK = """
def kernel(kept, dy, dx, constants):
    for i in range(len(dy)):
        dx[i] = dy[i] * f(kept[i], constants...)
"""

BACK = """
def kernel(kept, dy, dz, db, constants):
    columns = dy.shape[1]
    some = np.zeros(columns, dy.dtype)
    for j in range(columns):
        db[j] = 0
    for begin in range(0, dy.shape[0], ROWS):
        for j in range(columns):
            some[j] = 0
        for i in range(begin, min(begin + ROWS, dy.shape[0])):
            for j in range(columns):
                d = dy[i, j] * f(kept[i, j], constants...)
                dz[i, j] = d
                some[j] += d
        for j in range(columns):
            db[j] += some[j]
"""


@cache
def curve_alone(kind: Any) -> Any:
    """y = f(x) of a vector."""
    return of_formula("alone", kind.curve, 1, ALONE)


@cache
def curve_of_sum(kind: Any) -> Any:
    """y = f(z + b) for rows: in place, or, if the derivative needs z + b, with that kept."""
    if kind.from_output:
        return of_formula("in_place", kind.curve, 1, IN_PLACE)
    return of_formula("apart", kind.curve, 1, APART)


@cache
def slope_alone(kind: Any) -> Any:
    """dx = dy f′ of a vector."""
    return of_formula("alone_back", kind.derivative, 1, ALONE_BACK)


@cache
def slope_and_sum(kind: Any) -> Any:
    """dz = dy f′ for rows, and db, the sum of these rows."""
    return of_formula("back", kind.derivative, 1, BACK, np=np, ROWS=ROWS)


class Curved:
    """An activation of nn together with its kernels."""

    def __init__(self, activation: Any) -> None:
        self.kind: Any = type(activation)
        self.from_output = activation.from_output
        self.constants = {
            dtype: numbers_of(activation.constants, dtype)
            for dtype in (np.dtype(np.float32), np.dtype(np.float64))
        }

    @staticmethod
    def knows(layer: Layer) -> bool:
        """Whether the layer is one of nn's activations with compiled formulas."""
        return type(layer) in CURVES

    def of_sum(self, z: Array, b: Array) -> tuple[Array, Array]:
        """f(z + b), and what the derivative needs. Overwrites z."""
        constants = self.constants[z.dtype]
        rows = z.reshape(-1, z.shape[-1])
        if self.from_output:
            curve_of_sum(self.kind)(rows, b, constants)
            return z, z
        y = np.empty_like(z)
        curve_of_sum(self.kind)(rows, b, y.reshape(rows.shape), constants)
        return y, z

    def back(self, dy: Array, kept: Array, db: Array, dz: Array | None = None) -> Array:
        """dz from dy, written into `dz` if it is given. Assigns db."""
        dz = np.empty(dy.shape, dy.dtype) if dz is None else dz
        rows = dz.reshape(-1, dy.shape[-1])
        slope_and_sum(self.kind)(rows_of(kept), rows_of(dy), rows, db, self.constants[dy.dtype])
        return dz


class FusedActivation(Layer):
    """An activation in one pass over its input."""

    def __init__(self, layer: Any) -> None:
        self.layer, self.curved = layer, Curved(layer)

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, Array]:
        x = np.ascontiguousarray(x)
        y = np.empty_like(x)
        constants = self.curved.constants[x.dtype]
        curve_alone(self.curved.kind)(x.reshape(-1), y.reshape(-1), constants)
        return y, y if self.curved.from_output else x

    def backward(self, dy: Array, saved: Array) -> Array:
        dx = np.empty(dy.shape, dy.dtype)
        slope_alone(self.curved.kind)(
            saved.reshape(-1), np.ascontiguousarray(dy).reshape(-1), dx.reshape(-1),
            self.curved.constants[dy.dtype],
        )  # fmt: skip
        return dx
