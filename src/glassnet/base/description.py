"""Descriptions of what a file holds, and the check that all of it is so.

A description looks like what it describes: a dict has exactly its keys, a list as many entries, and
what is neither is a `Kind`.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Shape
from glassnet.base.errors import InputError


class Kind(NamedTuple):
    """A kind of value: what it is in words, and whether a value is one."""

    what: str
    fits: Callable[[Any], bool]


Description = Kind | dict[str, Any] | list[Any]


def check(value: Any, expected: Description, name: str) -> None:
    """Raise InputError with the first place where a value is not what is expected.

    >>> check({"epoch": -1}, {"epoch": integer()}, "state")
    Traceback (most recent call last):
    glassnet.base.errors.InputError: state epoch is -1, expected a whole number of 0 or more
    """
    if isinstance(expected, Kind):
        if not expected.fits(value):
            raise InputError(f"{name} is {short(value)}, expected {expected.what}")
    elif isinstance(expected, dict):
        if not isinstance(value, dict) or value.keys() != expected.keys():
            raise InputError(f"{name} {_names(value, expected)}")
        for key, each in expected.items():
            check(value[key], each, f"{name} {key}")
    else:
        if not isinstance(value, list) or len(value) != len(expected):
            raise InputError(f"{name} is {short(value)}, expected a list of {len(expected)}")
        for number, (own, each) in enumerate(zip(value, expected, strict=True)):
            check(own, each, f"{name} {number}")


def _names(value: Any, expected: Mapping[str, Any]) -> str:
    if not isinstance(value, dict):
        return f"is {short(value)}, expected {', '.join(expected) or 'nothing'} by name"
    missing = [str(name) for name in expected if name not in value]
    unknown = [str(name) for name in value if name not in expected]
    return f"lacks {', '.join(missing)}" if missing else f"has {', '.join(unknown)} in addition"


def short(value: Any) -> str:
    """A value in a few words."""
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} {value.shape}"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


# ---- kinds of values

ANYTHING = Kind("anything", lambda value: True)
FLAG = Kind("true or false", lambda value: isinstance(value, bool))
REASON = Kind("text or null", lambda value: value is None or isinstance(value, str))
RATE = Kind(
    "a finite number of 0 or more",
    lambda value: type(value) in (int, float) and 0 <= value < math.inf,
)
FIGURE = Kind("a number", lambda value: type(value) is float and not math.isnan(value))
FINITE = Kind("a finite number", lambda value: type(value) is float and math.isfinite(value))


def integer(low: int = 0, high: int | None = None) -> Kind:
    """A whole number within these bounds."""
    bounds = f"of {low} or more" if high is None else f"from {low} to {high}"
    return Kind(
        f"a whole number {bounds}",
        lambda value: type(value) is int and low <= value and (high is None or value <= high),
    )


def equal(wanted: Any) -> Kind:
    """This very value."""
    return Kind(short(wanted), lambda value: type(value) is type(wanted) and value == wanted)


def optional(kind: Kind) -> Kind:
    """That, or None."""
    return Kind(f"{kind.what} or null", lambda value: value is None or kind.fits(value))


def array(shape: Shape, dtype: Any = np.float64, finite: bool = False) -> Kind:
    """Numbers of this shape and type."""

    def fits(value: Any) -> bool:
        alike = isinstance(value, np.ndarray) and (value.shape, value.dtype) == (shape, dtype)
        return alike and (not finite or bool(np.isfinite(value).all()))

    return Kind(f"{'finite numbers' if finite else 'numbers'}, {np.dtype(dtype)} {shape}", fits)


def generator(rng: Any) -> Kind:
    """A state of such a generator, one that it gives back as it was given."""
    kind = type(rng.bit_generator)

    def fits(value: Any) -> bool:
        made: Any = kind()
        try:
            made.state = value
        except (LookupError, TypeError, ValueError, OverflowError):
            return False
        return _alike(value, made.state)

    return Kind(f"the state of a {kind.__name__} generator", fits)


def _alike(value: Any, other: Any) -> bool:
    """Whether plain data and arrays are the same, with the same types."""
    if isinstance(value, np.ndarray):
        return isinstance(other, np.ndarray) and np.array_equal(value, other)
    if isinstance(value, dict) and isinstance(other, dict):
        return value.keys() == other.keys() and all(_alike(value[k], other[k]) for k in value)
    return type(value) is type(other) and bool(value == other)


# ---- of values that may be anything


def keys_of(value: Any) -> Iterable[str]:
    """The keys of a dict; none of anything else."""
    return value.keys() if isinstance(value, dict) else ()


def length_of(value: Any) -> int:
    """How many entries a list or an array has; none of anything else."""
    return len(value) if isinstance(value, (list, np.ndarray)) else 0
