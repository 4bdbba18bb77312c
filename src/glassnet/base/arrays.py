"""The array type, the check that every array from a user passes, and a checksum."""

import sys
import zlib
from collections.abc import Iterable, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from glassnet.base.errors import InputError, InputTypeError
from glassnet.base.row_view import Rows

Array: TypeAlias = npt.NDArray[Any]
Shape: TypeAlias = tuple[int, ...]
FilePath: TypeAlias = str | PathLike[str]
if TYPE_CHECKING:
    Rng: TypeAlias = np.random.Generator
else:
    Rng = Any  # a sixth of NumPy's import time, and not needed before the first network draws

_ROWS_A_LOOK = 4096  # the finite check makes a mask of this many rows at a time


def numeric(name: str, values: Any, dtype: Any = None) -> Array:
    """`values` as an array of finite numbers with at least one row; never a copy of an array.

    With `dtype`, the numbers must also fit into that.

    >>> numeric("x", [[1.0, float("nan")]])
    Traceback (most recent call last):
    glassnet.base.errors.InputError: x has 1 value that is NaN or infinite, the first at index 0: \
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
        _check_finite(name, array, np.dtype(dtype or array.dtype))
    return array


def as_array(name: str, values: Any) -> Array:
    """`values` as an array of whatever they are; `InputError` if rows differ in length, or
    if a value is masked or missing, which an array of numbers cannot say.

    `Rows` stay what they are: they speak the words of an array that everybody here uses.

    >>> as_array("x", np.ma.array([[1.0, 2.0]], mask=[[False, True]]))
    Traceback (most recent call last):
    glassnet.base.errors.InputError: x has 1 masked value, the first at index (0, 1): fill it, \
for example with x.filled(0), or leave its row out
    """
    if isinstance(values, Rows):
        return cast(Array, values)
    try:
        check_unmasked(name, values)
        array = np.asarray(values)
    except InputError:
        raise
    except ValueError:
        raise InputError(f"{name} is ragged: every row needs the same shape") from None
    if array.dtype.kind == "O" and array.ndim:
        _check_no_gaps(name, array)
    return array


def check_unmasked(name: str, values: Any) -> None:
    """Raise `InputError` if a value of a masked array, or of a list of them, is masked."""
    several = isinstance(values, (list, tuple)) and any(map(_is_masked, values))
    if several or _is_masked(values):
        mask = np.ma.getmaskarray(np.ma.asarray(values))
        if mask.any():
            raise InputError(_where(name, mask, "masked", f"for example with {name}.filled(0)"))


def _is_masked(values: Any) -> bool:
    """Whether this is a masked array; numpy.ma is not imported just to find out."""
    return "numpy.ma" in sys.modules and isinstance(values, np.ma.MaskedArray)


def _check_no_gaps(name: str, array: Array) -> None:
    """`InputError` for None, and for the missing values of pandas."""
    pandas = sys.modules.get("pandas")
    gaps = pandas.isna(array) if pandas else np.asarray(array == None, bool)  # noqa: E711
    if gaps.any():
        raise InputError(_where(name, gaps, "missing", "for example with its mean"))


def _where(name: str, bad: Array, what: str, how: str) -> str:
    """How many values are masked or missing, and the place of the first."""
    place = tuple(np.argwhere(bad)[0].tolist())
    index = place if len(place) > 1 else place[0]
    count = int(bad.sum())
    values, it, its = ("value", "it", "its row") if count == 1 else ("values", "them", "their rows")
    return (
        f"{name} has {count} {what} {values}, the first at index {index}: fill {it}, {how}, or "
        f"leave {its} out"
    )


def _check_finite(name: str, array: Array, dtype: "np.dtype[Any]") -> None:
    limit = min(np.finfo(array.dtype).max, np.finfo(dtype).max)
    for start in range(0, len(array), _ROWS_A_LOOK):
        rows = array[start : start + _ROWS_A_LOOK]
        good = np.isfinite(rows) if array.dtype == dtype else np.abs(rows) <= limit
        if not good.all():
            raise InputError(_not_finite(name, array[start:], start, limit, dtype))


def _not_finite(name: str, array: Array, start: int, limit: Any, dtype: "np.dtype[Any]") -> str:
    bad = ~(np.abs(array) <= limit)  # NaN is not at most anything
    row, count = start + int(bad.reshape(len(bad), -1).any(axis=1).argmax()), int(bad.sum())
    values, it = ("value that is", "it") if count == 1 else ("values that are", "them")
    large = "" if np.isfinite(array[bad]).sum() == 0 else f", or too large for {dtype}"
    return (
        f"{name} has {count} {values} NaN or infinite{large}, the first at index {row}: "
        f"remove or fill {it}"
    )


def sizes(name: str, given: int | Sequence[int]) -> Shape:
    """The shape of one sample, from a shape or a width.

    >>> sizes("input_shape", 64), sizes("input_shape", [28, 28])
    ((64,), (28, 28))
    """
    shape = tuple(given) if isinstance(given, (tuple, list)) else (given,)
    if not shape or not all(isinstance(n, (int, np.integer)) and n >= 1 for n in shape):
        raise InputError(
            f"{name} is {given!r}, expected sizes of 1 or more, such as 64 or (28, 28)"
        )
    return tuple(int(n) for n in shape)


def checksum(arrays: Iterable[Array]) -> str:
    """A checksum of the data: the CRC-32 of types, shapes and all values.

    >>> checksum([np.arange(3)]) == checksum([np.array([0, 1, 2])]) != checksum([np.array([0, 2])])
    True
    """
    value = 0
    for array in arrays:
        value = zlib.crc32(f"{array.dtype.str} {array.shape}".encode(), value)
        for first in range(0, len(array), _ROWS_A_LOOK):
            some = np.ascontiguousarray(array[first : first + _ROWS_A_LOOK])
            value = zlib.crc32(some.reshape(-1).view(np.uint8).data, value)
    return f"{value:08x}"


def spread(length: int, count: int) -> Array:
    """Places spread over a length, `count` at most.

    >>> spread(10, 4).tolist(), spread(2, 4).tolist()
    ([0, 3, 6, 9], [0, 1])
    """
    return np.unique(np.linspace(0, length - 1, count).astype(int))
