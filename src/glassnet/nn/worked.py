"""A worked example: one number of a layer, to be followed with a pocket calculator."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from glassnet.base.arrays import Array

Place = tuple[int, ...]


class Worked(NamedTuple):
    """Sentences with `{letters}`, the numbers that these stand for, and small arrays."""

    lines: tuple[str, ...]
    numbers: Mapping[str, float] = MappingProxyType({})
    arrays: Mapping[str, Array] = MappingProxyType({})


def at(name: str, place: Place) -> str:
    """A number of an array by its place.

    >>> at("y", (0, 3, 4, 2))
    'y[0, 3, 4, 2]'
    """
    return f"{name}[{', '.join(map(str, place))}]"
