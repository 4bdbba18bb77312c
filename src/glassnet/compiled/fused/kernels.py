"""Kernels for one formula each, so that a network compiles only those it uses."""

from functools import lru_cache
from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.compiled.compiler import kernel, take_over
from glassnet.compiled.formulas import Formula, taken

ROWS = 256  # that are summed separately, since a long sum of float32 loses digits


def written(name: str, text: str, **known: Any) -> Any:
    """Compile a kernel from text. It needs a file, next to which Numba can cache it, and a name of
    its own, by which it is found again."""
    known["__name__"] = __name__
    exec(compile(text, __file__, "exec"), known)
    return kernel(known[name])


def of_formula(role: str, formula: Formula, variables: int, text: str, **known: Any) -> Any:
    """The kernel of a formula of nn, which the text calls as `f(…, constants)`."""
    take_over(formula)
    name = f"{role}_{formula.__qualname__.replace('.', '_')}"
    constants = taken(formula, variables, "constants")
    text = text.replace("def kernel", f"def {name}").replace(", constants...", constants)
    return written(name, text, f=formula, **known)


def rows_of(values: Array) -> Array:
    """The numbers as contiguous rows along the last axis."""
    return np.ascontiguousarray(values).reshape(-1, values.shape[-1])


def numbers_of(constants: Any, dtype: Any) -> tuple[Any, ...]:
    """A formula's constants in the precision of its variables. There is at least one, so that Numba
    knows the type."""
    return tuple([dtype.type(each) for each in (*constants, 0.0)])


@lru_cache(maxsize=32)
def zeros(count: int, dtype: Any) -> Array:
    """A cached array of zeros, used where there is no bias."""
    return np.zeros(count, dtype)


@lru_cache(maxsize=8)
def nothing(axes: int, dtype: Any) -> Array:
    """An empty array, in place of one that is not used."""
    return np.empty((0,) * axes, dtype)
