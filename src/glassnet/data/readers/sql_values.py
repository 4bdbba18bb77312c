"""Columns of a database, as Python values, to columns of a table."""

import datetime
from collections.abc import Sequence
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address
from typing import Any
from uuid import UUID

import numpy as np

from glassnet.base.errors import DataError
from glassnet.base.optional import need
from glassnet.data.tables.values import text_of

NUMBERS = {int, float, Decimal, bool}
DATES = {datetime.date, datetime.datetime}
TEXTS = {str, UUID, datetime.time, IPv4Address, IPv6Address, *NUMBERS}
LARGEST_INT = 2**63


def column_of(name: str, values: Sequence[Any]) -> Any:
    """The values of a column, None for a gap, as an array of one type.

    Whole numbers stay whole, also beside gaps; other numbers become float64, dates and times
    datetime64 in UTC, and all else text, as do numbers beside text. Raises DataError for bytes,
    lists and the like.

    >>> column_of("a", [1, None]).tolist(), column_of("a", [Decimal("0.5"), 2]).tolist()
    ([1, <NA>], [0.5, 2.0])
    >>> column_of("a", [1, 2.0, "007"]).tolist()
    ['1', '2', '007']
    """
    found = set(map(type, values)) - {type(None)}
    if found and found <= DATES:
        return _times(values)
    if found and found <= NUMBERS:
        return _numbers(values, found)
    if odd := found - TEXTS:
        kinds = ", ".join(sorted(kind.__name__ for kind in odd))
        raise DataError(
            f"column {name!r} holds values of the type {kinds}: read the other columns, with "
            "query='select … from …', or convert it there"
        )
    texts = [None if value is None else text_of(value) for value in values]
    return np.array([*texts, None], dtype=object)[:-1]


def _numbers(values: Sequence[Any], found: set[type]) -> Any:
    """Numbers and gaps: flags, whole numbers, or float64."""
    pandas, gaps = need("pandas", "reading a database"), None in values
    if found == {bool}:
        return pandas.array(values, dtype="boolean") if gaps else np.array(values)
    if found == {Decimal}:
        values = _whole(values)
        found = {type(value) for value in values if value is not None}
    if found == {int}:
        return pandas.array(values, dtype="Int64") if gaps else np.array(values, dtype=np.int64)
    return np.array([np.nan if value is None else float(value) for value in values])


def _whole(values: Sequence[Decimal | None]) -> Sequence[Any]:
    """Decimal numbers as integers if all of them are, and fit into 64 bits."""
    for value in values:
        if value is not None and not (
            value.is_finite() and abs(value) < LARGEST_INT and value == value.to_integral_value()
        ):
            return values
    return [None if value is None else int(value) for value in values]


def _times(values: Sequence[Any]) -> Any:
    """Dates and times as datetime64, those with a zone in UTC."""
    zone = datetime.UTC
    plain = [
        value.astimezone(zone).replace(tzinfo=None) if getattr(value, "tzinfo", None) else value
        for value in values
    ]
    return np.array(plain, dtype="datetime64[us]")
