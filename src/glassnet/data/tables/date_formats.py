"""Dates as people type and spreadsheets write them: `5.1.2023`, `1/5/23 2:30 PM`, `Jan 5, 2023`."""

import re
from collections.abc import Iterator

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.errors import DataError
from glassnet.base.optional import need
from glassnet.data.tables.values import NEARLY_ALL, Series, cell

ISO = "ISO8601"
LOOK = 100  # texts that show whether a column is of dates at all, and in which shapes
SHAPES = 8  # different formats that are tried on the whole column

NUMBERS = re.compile(r"(\d{1,4})([-/.] ?| )(\d{1,2})\2(\d{1,4})(.*)", re.DOTALL)
DAY_NAME = re.compile(
    r"(\d{1,2})([-/. ] ?)([A-Za-z]{3,9})(\.?[-/. ,]? ?)(\d{4}|\d{2})(.*)", re.DOTALL
)
NAME_DAY = re.compile(r"([A-Za-z]{3,9})(\.? )(\d{1,2})(,? )(\d{4}|\d{2})(.*)", re.DOTALL)
TIME = re.compile(
    r"(?P<gap>[T ]|, )\d{1,2}:\d{2}(?P<seconds>:\d{2})?(?P<part>\.\d+)?(?P<half> ?[AaPp][Mm])?"
    r"(?P<zone>\s?Z|\s?[-+]\d{2}:?\d{2})?"
)


def formats_of(text: str) -> Iterator[str]:
    """The formats in which a text may be a date; day before month comes first.

    >>> list(formats_of("5/1/23 14:30")), list(formats_of("Jan 5, 2023")), list(formats_of("red"))
    (['%d/%m/%y %H:%M', '%m/%d/%y %H:%M'], ['%b %d, %Y'], [])
    """
    text = text.strip()
    if found := NUMBERS.fullmatch(text):
        first, mark, _, last, rest = found.groups()
        yield from _of_numbers(len(first), mark, len(last), rest)
    elif found := DAY_NAME.fullmatch(text):
        _, before, name, after, year, rest = found.groups()
        yield from _timed(f"%d{before}{_month(name)}{after}{_year(len(year))}", rest)
    elif found := NAME_DAY.fullmatch(text):
        name, before, _, after, year, rest = found.groups()
        yield from _timed(f"{_month(name)}{before}%d{after}{_year(len(year))}", rest)


def _of_numbers(first: int, mark: str, last: int, rest: str) -> Iterator[str]:
    if first == 4:
        if mark == "-":
            yield ISO
        yield from _timed(f"%Y{mark}%m{mark}%d", rest)
    elif first <= 2 and last in (2, 4):
        yield from _timed(f"%d{mark}%m{mark}{_year(last)}", rest)
        if mark[0] != ".":  # nobody writes months first and points
            yield from _timed(f"%m{mark}%d{mark}{_year(last)}", rest)


def _year(digits: int) -> str:
    return "%Y" if digits == 4 else "%y"


def _month(name: str) -> str:
    return "%b" if len(name) == 3 else "%B"


def _timed(date: str, rest: str) -> Iterator[str]:
    """The format with that of the time which follows, if one does."""
    if not rest.strip():
        yield date
    elif found := TIME.fullmatch(rest.rstrip()):
        half, part = found["half"] or "", ".%f" if found["part"] else ""
        seconds = f":%S{part}" if found["seconds"] else ""
        blank = " " if half.startswith(" ") else ""
        hours = f"%I:%M{seconds}{blank}%p" if half else f"%H:%M{seconds}"
        zone = found["zone"] or ""
        yield f"{date}{found['gap']}{hours}{' %z' if zone[:1].isspace() else '%z' if zone else ''}"


def date_format(values: Series, missing: Array, instead: str) -> str | None:
    """The format in which all values are dates; None if they are none.

    `missing` are rows without a value, and `instead` what else a message advises. Raises DataError
    if nearly all are dates, with the first that is none; and if day and month can be told apart
    in no row.
    """
    texts = values[~missing].astype(str)
    some = list(dict.fromkeys(texts.iloc[:LOOK]))
    formats = [list(formats_of(text)) for text in some]
    if sum(map(bool, formats)) < NEARLY_ALL * len(some):
        return None
    tried = list(dict.fromkeys(each for those in formats for each in those))[:SHAPES]
    times = {each: _times(texts, each) for each in tried}
    shares = {each: float(np.mean(~np.isnat(found))) for each, found in times.items()}
    best = max(tried, key=lambda each: shares[each], default=None)
    if best is None or shares[best] < NEARLY_ALL:
        return None
    if shares[best] < 1:
        row = int(np.isnat(times[best]).argmax())
        raise DataError(
            f"{cell(texts, row)}: expected a date written as {best}, as in most rows, got "
            f"{texts.iloc[row][:40]!r}; correct it, or {instead}"
        )
    _refuse_two_orders(texts, [each for each in tried if shares[each] == 1], times)
    return best


def _times(texts: Series, written: str) -> Array:
    found = need("pandas", "reading a table").to_datetime(
        texts, format=written, errors="coerce", utc=True
    )
    times: Array = found.dt.tz_localize(None).to_numpy()
    return times


def _refuse_two_orders(texts: Series, formats: list[str], times: dict[str, Array]) -> None:
    """DataError for the first row that is one day in one format and a different one in another."""
    first, *others = formats
    for other in others:
        differs = times[first] != times[other]
        if differs.any():
            row = int(differs.argmax())
            days = (str(times[each][row])[:10] for each in (first, other))
            name = str(texts.name)
            raise DataError(
                f"{cell(texts, row)}: {texts.iloc[row]!r} is {next(days)} written as {first}, and "
                f"{next(days)} written as {other}, and no row tells which: say it with "
                f"kinds={{{name!r}: 'date:{first}'}} or kinds={{{name!r}: 'date:{other}'}}"
            )
