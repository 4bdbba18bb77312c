"""Which column of a table is predicted if nobody says so."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from glassnet.base.errors import DataError
from glassnet.data.tables.values import Series, empty, factors, is_date, is_number

if TYPE_CHECKING:
    import pandas as pd

NAMES = ("label", "target", "species")
"""What only a target is called."""

OPEN = ("class", "y")
"""What a target is called, and a feature too: the class of a ticket, a coordinate."""

NUMBERED = re.compile(r"(.*?)[_ ]?\d+(?:x\d+)?")


class TargetError(DataError):
    """Nobody said which column to predict, and `columns` are as likely."""

    def __init__(self, message: str, columns: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.columns = tuple(columns)


def default_target(frame: "pd.DataFrame", columns: Sequence[str]) -> str:
    """The column that is predicted: one called label, target or species; else the last.

    Raises `TargetError` if two are as likely: two of these names; one of them, and a last column
    that is called class or y, or has two values in words; a column called class or y that is not
    the last one.

    >>> import pandas as pd
    >>> table = pd.DataFrame({"label": [1, 2], "size": [3.5, 4.5]})
    >>> default_target(table, ["label", "size"]), default_target(table, ["size"])
    ('label', 'size')
    """
    last = columns[-1]
    named = [name for name in columns if name.lower() in NAMES]
    weak = [name for name in columns if name.lower() in OPEN and not _is_place(name, columns)]
    if named:
        rival = last in weak or _has_two_words(frame[last]) or _is_prose(frame[named[0]])
    else:
        rival = bool(weak) and not _is_feature(frame, last, columns)
    likely = list(dict.fromkeys([*(named or weak), *([last] if rival else [])]))
    if len(likely) > 1:
        one, other = likely[0], likely[-1]
        raise TargetError(
            f"columns {one!r} and {other!r} could both be the target: say which with "
            f"target={one!r} or target={other!r}",
            (one, other),
        )
    return likely[0] if likely else last


def by_name(name: str) -> bool:
    """Whether a column is called as targets are."""
    return name.lower() in (*NAMES, *OPEN)


def _is_place(name: str, columns: Sequence[str]) -> bool:
    """Whether it is the y beside an x, and not the last column."""
    return name in ("y", "Y") and chr(ord(name) - 1) in columns and name != columns[-1]


def _has_two_words(values: Series) -> bool:
    """Whether a column is yes or no, in any two words."""
    return not is_date(values) and len(_words(values)) == 2


def _is_prose(values: Series) -> bool:
    """Whether more than half of the rows have different texts, as names and remarks do."""
    return len(_words(values)) > 0.5 * max(1, int((~empty(values)).sum()))


def _words(values: Series) -> list[str]:
    """The different texts of a column; none if it holds numbers."""
    if is_date(values) or (is_number(values) and values.dtype != bool):
        return []
    return [text for text in factors(values)[1] if text]


def _is_feature(frame: "pd.DataFrame", name: str, columns: Sequence[str]) -> bool:
    """Whether a column cannot be the target: one of several numbered ones, a date, or constant."""
    found = NUMBERED.fullmatch(name)
    same = [c for c in columns if found and (n := NUMBERED.fullmatch(c)) and n[1] == found[1]]
    return len(same) > 1 or is_date(frame[name]) or frame[name].nunique() < 2
