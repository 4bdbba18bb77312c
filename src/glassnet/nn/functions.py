"""The few functions that layers and losses share, stable for any finite input."""

import math
from functools import cache, lru_cache
from typing import Any

import numpy as np

from glassnet.base.arrays import Array

FEW = 16  # units, up to which Wᵀ of a stack is copied for its product


def exp(x: Any) -> Any:
    """eˣ, elementwise."""
    return np.exp(x)


def expm1(x: Any) -> Any:
    """eˣ − 1, elementwise, exact near 0 too."""
    return np.expm1(x)


def tanh(x: Any) -> Any:
    """The hyperbolic tangent, elementwise."""
    return np.tanh(x)


def where(condition: Any, x: Any, y: Any) -> Any:
    """x where the condition holds, elsewhere y, elementwise."""
    return np.where(condition, x, y)


def erf(x: Array) -> Array:
    """The error function 2/√π ∫₀ˣ e^(−t²) dt, elementwise."""
    return _erf()(x).astype(x.dtype, copy=False)  # type: ignore[no-any-return]


@cache
def _erf() -> Any:
    """SciPy's; without SciPy, the standard library's, slower and as exact."""
    try:
        from scipy.special import erf
    except ImportError:
        return np.frompyfunc(math.erf, 1, 1)
    return erf


def sigmoid(x: Array) -> Array:
    """σ(x) = 1 / (1 + e⁻ˣ), elementwise.

    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    y = np.negative(x)
    with np.errstate(over="ignore"):  # e¹⁰⁰⁰ is infinite, and 1 / infinity is the right value
        np.exp(y, out=y)
    y += 1
    return np.reciprocal(y, out=y)


def softplus(x: Array) -> Array:
    """log(1 + eˣ) = max(0, x) + log(1 + e^−|x|), elementwise, where e is never of a large number.

    >>> softplus(np.array([-1000.0, 0.0, 1000.0])).round(4)
    array([0.000e+00, 6.931e-01, 1.000e+03])
    """
    y = np.abs(x)
    np.negative(y, out=y)
    np.exp(y, out=y)
    np.log1p(y, out=y)
    y += np.maximum(x, 0)
    return y


def subtract_row_max(z: Array) -> Array:
    """z less the maximum of its row: 0 at most, and finite however far apart the values are."""
    with np.errstate(over="ignore"):
        # Down the columns of a copy NumPy finds the maxima of short rows faster: 1.7 times in all.
        columns = z.reshape(-1, z.shape[-1]).T.copy()
        shifted: Array = z - columns.max(axis=0).reshape(*z.shape[:-1], 1)
    np.maximum(shifted, np.finfo(shifted.dtype).min, out=shifted)
    return shifted


def all_finite(x: Any) -> bool:
    """Whether every number is finite."""
    return bool(np.isfinite(x).all())


def row_sums(x: Array) -> Array:
    """Σⱼ xⱼ over the last axis, which is kept with length 1: as a product with ones, which takes a
    quarter to a half of the time of a sum over short rows.

    >>> row_sums(np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([[3.],
           [7.]])
    """
    sums: Array = (x @ ones(x.shape[-1], x.dtype))[..., None]
    return sums


def product(a: Array, b: Array, out: Array | None = None) -> Array:
    """a b. Of one sample, or for one output, nothing is summed, and multiplying takes a fifth of
    BLAS's time.

    >>> product(np.array([[1.0], [2.0]]), np.array([[3.0, 4.0]])).tolist()
    [[3.0, 4.0], [6.0, 8.0]]
    """
    multiply = np.multiply if a.shape[-1] == 1 else np.matmul
    y: Array = multiply(a, b, out=out)
    return y


def transposed(W: Array) -> Array:
    """Wᵀ; with few units in a stack, as a copy, for which BLAS takes half the time."""
    return W.mT.copy() if W.ndim > 2 and W.shape[-1] <= FEW else W.mT


def sum_over_batch(dy: Array, out: Array) -> None:
    """Σ dy over the batch, the last axis but one: as a product with ones, which takes two thirds of
    the time of a sum, and of a stack a third.

    >>> db = np.empty(2)
    >>> sum_over_batch(np.array([[1.0, 2.0], [3.0, 4.0]]), out=db)
    >>> db
    array([4., 6.])
    """
    np.matmul(ones(dy.shape[-2], dy.dtype), dy, out=out)


@lru_cache(maxsize=32)
def ones(count: int, dtype: Any) -> Array:
    """So many ones, made once: making them takes longer than a short sum."""
    made = np.ones(count, dtype)
    made.setflags(write=False)
    return made


def mask_positive(values: Array, x: Array) -> Array:
    """The values where x > 0, elsewhere 0.

    >>> mask_positive(np.array([5.0, 6.0]), np.array([1.0, -1.0]))
    array([5., 0.])
    """
    kept = (x > 0).astype(values.dtype)  # a product with bools takes half as long again,
    kept *= values  # and np.where seven times as long
    return kept


def softmax(z: Array) -> Array:
    """pᵢ = e^zᵢ / Σⱼ e^zⱼ over the last axis, each row shifted by its own maximum.

    >>> softmax(np.array([[1000.0, 1000.0], [0.0, -1000.0]]))
    array([[0.5, 0.5],
           [1. , 0. ]])
    """
    p = subtract_row_max(z)
    np.exp(p, out=p)
    p /= row_sums(p)
    return p
