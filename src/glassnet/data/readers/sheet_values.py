"""Values of spreadsheets as text, the same from every format."""

from datetime import date, datetime, time, timedelta
from typing import Any

from glassnet.base.errors import DataError

MAX_ROWS = 2**20
"""The most rows of a sheet: as many as Excel and LibreOffice have."""

MAX_COLUMNS = 2**14

NO_VALUE = (
    "is a formula without its value: open the file in Excel or LibreOffice, and save it from there"
)


def text_of(value: Any) -> str:
    """A value as text: dates as in ISO 8601, whole numbers without a point.

    >>> [text_of(each) for each in (None, True, 3, 0.1, datetime(2020, 1, 2), time(3, 4))]
    ['', 'True', '3', '0.1', '2020-01-02', '03:04:00']
    """
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return clock(value.total_seconds())
    return str(value).strip()


def clock(seconds: float) -> str:
    """A duration as hours, minutes and seconds.

    >>> clock(3723.5)
    '01:02:03.5'
    """
    whole, part = divmod(round(abs(seconds), 6), 1)
    minutes, rest = divmod(int(whole), 60)
    sign, decimals = "-" * (seconds < 0), f"{part:.6f}".rstrip("0")[1:].rstrip(".")
    return f"{sign}{minutes // 60:02d}:{minutes % 60:02d}:{rest:02d}{decimals}"


def trimmed(row: list[str]) -> list[str]:
    """The row without empty values at its end."""
    end = len(row)
    while end and not row[end - 1]:
        end -= 1
    return row[:end]


def check_place(row: int, column: int) -> None:
    """DataError for a place that no sheet has."""
    if row > MAX_ROWS or column > MAX_COLUMNS:
        raise DataError(
            f"has a value in row {row:,}, column {column:,}: expected at most {MAX_ROWS:,} rows "
            f"and {MAX_COLUMNS:,} columns"
        )
