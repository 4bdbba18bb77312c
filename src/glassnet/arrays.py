"""The array type, and the check that every array from a user passes."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from glassnet.errors import InputError, InputTypeError

Array: TypeAlias = npt.NDArray[Any]
Shape: TypeAlias = tuple[int, ...]
Rng: TypeAlias = np.random.Generator

_ROWS_A_LOOK = 4096  # the finite check makes a mask of this many rows at a time


def numeric(name: str, values: Any) -> Array:
    """`values` as an array of finite numbers with at least one row; never a copy of an array.

    >>> numeric("x", [[1.0, float("nan")]])
    Traceback (most recent call last):
    glassnet.errors.InputError: x has 1 value that is NaN or infinite, the first in row 0: \
remove or fill it
    """
    array = as_array(name, values)
    if array.dtype.kind not in "biuf":
        raise InputTypeError(
            f"{name} has dtype {array.dtype}: expected numbers; encode text and objects as numbers"
        )
    if array.ndim == 0 or array.size == 0:
        raise InputError(f"{name} is empty, shape {array.shape}: expected at least one sample")
    if array.dtype.kind == "f":
        _check_finite(name, array)
    return array


def as_array(name: str, values: Any) -> Array:
    """`values` as an array of whatever they are; `InputError` where rows differ in length."""
    try:
        return np.asarray(values)
    except ValueError:
        raise InputError(f"{name} is ragged: every row needs the same shape") from None


def _check_finite(name: str, array: Array) -> None:
    for start in range(0, len(array), _ROWS_A_LOOK):
        finite = np.isfinite(array[start : start + _ROWS_A_LOOK])
        if finite.all():
            continue
        bad = ~finite
        row = start + int(np.argmax(bad.reshape(len(bad), -1).any(axis=1)))
        count = int(bad.sum() + (~np.isfinite(array[start + _ROWS_A_LOOK :])).sum())
        values, it = ("value that is", "it") if count == 1 else ("values that are", "them")
        raise InputError(
            f"{name} has {count} {values} NaN or infinite, the first in row {row}: "
            f"remove or fill {it}"
        )
