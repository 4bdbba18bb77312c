"""JSON: records one below the other or in a list, read one at a time; or columns, read at once."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TextIO

from glassnet.base.arrays import FilePath
from glassnet.base.disk import regular
from glassnet.base.errors import DataError
from glassnet.data.readers.copied import Copied
from glassnet.data.readers.head import MAX_COLUMNS, values
from glassnet.data.readers.text_format import PLAIN, TextFormat

MAX_RECORD = 2**24
"""The most characters of one record."""

MAX_WHOLE = 2**26
"""The most characters of a file that is one object, such as a list for each column."""

CHUNK = 2**16

KINDS = {dict: "an object", list: "a list", str: "a value", bool: "a value", type(None): "null"}


class Json(Copied):
    """A JSON file, gzipped or not: a list of records, records one below the other (JSON lines), or
    an object with the values of each column.

    A record is an object with a value for each column; one that it does not have is a gap, and so
    is null. Numbers are kept as they are written. Raises DataError for whatever is wrong with the
    file, here or while it is read.
    """

    longest = float("inf")  # a list of all records may be one line

    def __init__(self, path: FilePath, how: TextFormat = PLAIN) -> None:
        super().__init__(path, how)
        names: dict[str, int] = {}
        with self._text() as text:
            size = regular(self.path).st_size
            self._copy(_rows(_records(_Values(text)), names), size)
            if not names:
                raise DataError("has no records with values; add some")
            self._named(list(names))


def _rows(records: Iterable[Any], places: dict[str, int]) -> Iterator[list[str]]:
    """The values of each record as text, in the order of `places`, which takes new columns."""
    for number, record in enumerate(records, start=1):
        if not isinstance(record, dict):
            raise DataError(
                f"record {number} is {KINDS[type(record)]}: expected an object with a value for "
                "each column"
            )
        row = [""] * len(places)
        for name, value in record.items():
            place = places.setdefault(name, len(places))
            if place == len(row):
                row.append("")
            row[place] = _text(name, number, value)
        if len(places) > MAX_COLUMNS:
            raise DataError(f"has more than {MAX_COLUMNS:,} columns, by data row {number}")
        yield row


def _text(name: str, number: int, value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value)
    raise DataError(
        f"column {name!r}, data row {number} holds {KINDS[type(value)]}: expected a number, text, "
        "true, false or null; write one column for each of its values"
    )


# ---- records


def _records(text: "_Values") -> Iterator[Any]:
    first = text.peek()
    if first == "[":
        yield from text.listed()
    elif first == "{":
        yield from _below(text)
    else:
        found = f"begins with {first!r}" if first else "is empty"
        raise DataError(f"{found}; expected JSON: a list of records, or a record in each line")


def _below(text: "_Values") -> Iterator[Any]:
    """Records one below the other; a single object may be a whole table."""
    first = text.next(MAX_WHOLE)
    if text.peek():
        yield first
        while text.peek():
            yield text.next()
    elif any(isinstance(value, (list, dict)) for value in first.values()):
        yield from _of_object(first)
    else:
        yield first


def _of_object(whole: Mapping[str, Any]) -> Iterator[Any]:
    """The records in one object: in its only list of objects; in lists of names and of rows; or
    column by column."""
    tables = [name for name, each in whole.items() if _is_list_of(each, dict)]
    if len(tables) == 1:
        yield from whole[tables[0]]
    elif _is_list_of(whole.get("columns"), str) and _is_list_of(whole.get("data"), list):
        names = whole["columns"]
        for number, row in enumerate(whole["data"], start=1):
            if len(row) != len(names):
                raise DataError(
                    f"data row {number} has {values(len(row))}: expected one for each of the "
                    f"{len(names)} names in 'columns'"
                )
            yield dict(zip(names, row, strict=True))
    else:
        yield from _by_column(whole)


def _by_column(whole: Mapping[str, Any]) -> Iterator[Any]:
    """Rows from lists of equal length, or from objects with a value for each row."""
    first, rows = next(iter(whole.items()))
    kind = dict if isinstance(rows, dict) else list
    for name, each in whole.items():
        if not isinstance(each, kind):
            raise DataError(
                f"{name!r} is {KINDS[type(each)]}: expected the values of a column, in "
                f"{KINDS[kind]}"
            )
        same = each.keys() == rows.keys() if isinstance(each, dict) else len(each) == len(rows)
        if not same:
            raise DataError(
                f"column {name!r} has {values(len(each))} and column {first!r} {len(rows):,}: "
                "expected the same rows"
            )
    for row in rows if kind is dict else range(len(rows)):
        yield {name: each[row] for name, each in whole.items()}


def _is_list_of(value: Any, kind: type) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, kind) for each in value)


# ---- values


class _Values:
    """JSON values in a text, one at a time: no more of it is kept than one value and a bit."""

    def __init__(self, text: TextIO) -> None:
        self.text, self.held, self.place = text, "", 0
        self.line = 1  # of the next character

    def peek(self) -> str:
        """The next character that is not blank; nothing at the end."""
        while True:
            rest = self.held[self.place : self.place + 1]
            if rest and not rest.isspace() and rest != "\ufeff":
                return rest
            if rest:
                self._pass(self.place + 1)
            elif not self._more():
                return ""

    def listed(self) -> Iterator[Any]:
        """The values of a list, which has to be all that follows."""
        self._pass(self.place + 1)
        mark = "]" if self.peek() == "]" else ","
        while mark == ",":
            yield self.next()
            mark = self.peek()
            if mark not in (",", "]"):
                raise DataError(f"line {self.line}: expected , or ] after a record{_got(mark)}")
            if mark == ",":
                self._pass(self.place + 1)
        self._pass(self.place + 1)
        if mark := self.peek():
            raise DataError(f"line {self.line}: expected nothing after the list{_got(mark)}")

    def next(self, most: int = MAX_RECORD) -> Any:
        """The value that begins at the next character."""
        self.peek()
        while True:
            try:
                value, end = DECODER.raw_decode(self.held, self.place)
            except json.JSONDecodeError as error:
                line = self.line + self.held.count("\n", self.place, error.pos)
                if len(self.held) - self.place > most:
                    raise DataError(f"line {self.line}: {_TOO_LONG.format(most)}") from None
                if not self._more():
                    why = error.msg.removesuffix(" at")
                    raise DataError(f"line {line}: is not JSON: {why}") from None
                continue
            except RecursionError:
                raise DataError(
                    f"line {self.line}: is nested too deeply; is this a table?"
                ) from None
            self._pass(end)
            return value

    def _pass(self, place: int) -> None:
        self.line += self.held.count("\n", self.place, place)
        self.place = place

    def _more(self) -> bool:
        """Read on; as much as is held, so that a long value is not tried too often."""
        self.held = self.held[self.place :]
        self.place = 0
        read = self.text.read(max(CHUNK, len(self.held)))
        self.held += read
        return bool(read)


_TOO_LONG = (
    "a record, or an object with all columns, does not end within {:,} characters: write a record "
    "in each line"
)


def _got(mark: str) -> str:
    return f", got {mark!r}" if mark else ", and the file ends"


def _constant(word: str) -> str:
    return "" if word == "NaN" else word.replace("Infinity", "inf")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"a record has two values {twice!r}; rename one")
    return found


DECODER = json.JSONDecoder(
    parse_float=str, parse_int=str, parse_constant=_constant, object_pairs_hook=_object
)
