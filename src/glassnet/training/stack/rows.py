"""Which rows each network of a stack learns from, and which it is validated on."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.base.arrays import Array, as_array
from glassnet.base.errors import InputError


def rows_of_each(name: str, given: Sequence[Any] | None, networks: int, count: int) -> list[Array]:
    """The row numbers that are given for each network, of `count` rows; without any, all rows.

    Raises `InputError` for other numbers, and for lists of another count.
    """
    if given is None:
        return [np.arange(count)] * networks
    rows = [as_array(f"{name} of network {k}", each) for k, each in enumerate(given)]
    if len(rows) != networks:
        raise InputError(f"{name} has {len(rows)} lists: expected one for each of {networks}")
    for k, each in enumerate(rows):
        inside = each.ndim == 1 and len(each) and each.dtype.kind in "iu"
        if not inside or each.min() < 0 or each.max() >= count:
            raise InputError(
                f"{name} of network {k}: expected the numbers of rows, 0 to {count - 1}"
            )
    return rows


def first_part(x: Any, y: Any, held_out: Sequence[Any], validation: Any) -> tuple[Array, Array]:
    """The validation part of the first network, which says for all what is to be computed."""
    if validation:
        raise InputError("held_out says what each network is validated on: leave validation out")
    x, y = as_array("x", x), as_array("y", y)
    first, *_ = rows_of_each("held_out", held_out, len(held_out), min(len(x), len(y)))
    return x[first], y[first]
