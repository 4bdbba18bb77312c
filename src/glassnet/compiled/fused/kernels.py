"""Kernels of one formula each: a network pays for compiling those that it has, and no others."""

from functools import lru_cache
from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.compiled.compiler import kernel, take_over
from glassnet.compiled.formulas import Formula, taken

ROWS = 256  # whose sum is taken for itself, since a long sum of float32 loses digits


def written(name: str, text: str, **known: Any) -> Any:
    """The kernel of this text. It has a file, beside which Numba can keep it, and a name of its
    own, by which it is found again."""
    known["__name__"] = __name__
    exec(compile(text, __file__, "exec"), known)
    return kernel(known[name])


def of_formula(role: str, formula: Formula, variables: int, text: str, **known: Any) -> Any:
    """The kernel of a formula of nn, which the text calls `f(…, constants)`."""
    take_over(formula)
    name = f"{role}_{formula.__qualname__.replace('.', '_')}"
    constants = taken(formula, variables, "constants")
    text = text.replace("def kernel", f"def {name}").replace(", constants...", constants)
    return written(name, text, f=formula, **known)


def rows_of(values: Array) -> Array:
    """The numbers as rows of the last axis, side by side in memory."""
    return np.ascontiguousarray(values).reshape(-1, values.shape[-1])


def numbers_of(constants: Any, dtype: Any) -> tuple[Any, ...]:
    """Constants of a formula in the precision of its variables; one at least, for the type."""
    return tuple([dtype.type(each) for each in (*constants, 0.0)])


@lru_cache(maxsize=32)
def zeros(count: int, dtype: Any) -> Array:
    """So many zeros, made once: what is added where there is no bias."""
    return np.zeros(count, dtype)


@lru_cache(maxsize=8)
def nothing(axes: int, dtype: Any) -> Array:
    """No numbers, in place of an array that is not there."""
    return np.empty((0,) * axes, dtype)
