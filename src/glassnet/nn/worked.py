"""A worked example: one number of a layer, to be followed with a pocket calculator."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from glassnet.base.arrays import Array

Place = tuple[int, ...]

TERMS = 4  # of a sum, as many as a line of text has room for


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


def summed(
    index: str, a: Array, b: Array | None = None, letters: str = ""
) -> tuple[str, str, dict[str, float]]:
    """Σ a b, or Σ a, with its numbers put in: the terms, which they are, and the numbers in them.

    Of many terms these are the largest, and one number for all the others.

    >>> summed("i", np.array([1.0, 2.0]), np.array([3.0, 4.0]))[0]
    '{a0} · {b0} + {a1} · {b1}'
    >>> summed("i", np.array([0.0, 5.0, 1.0, 4.0, 2.0, 3.0]))[:2]
    ('{a1} + {a3} + {a5} + {rest}', '; i is 1, 3 and 5, then comes the sum over the other 3')
    """
    values = a.astype(float) if b is None else a.astype(float) * b
    places, which = np.arange(len(values)), ""
    numbers: dict[str, float] = {}
    if len(values) > TERMS:
        places = np.sort(np.argsort(-np.abs(values), kind="stable")[: TERMS - 1])
        numbers[f"{letters}rest"] = float(np.delete(values, places).sum())
        *first, last = map(str, places)
        others = len(values) - len(places)
        which = f"; {index} is {', '.join(first)} and {last}, then comes the sum over the other "
        which += str(others)
    factors = [("a", a)] if b is None else [("a", a), ("b", b)]
    terms = []
    for k in map(int, places):
        numbers |= {f"{letters}{name}{k}": float(of[k]) for name, of in factors}
        terms.append(" · ".join(f"{{{letters}{name}{k}}}" for name, _ in factors))
    rest = [f"{{{letters}rest}}"] * bool(which)
    return " + ".join([*terms, *rest]), which, numbers
