"""From the body of a request to the array that a network takes."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, NoReturn

import orjson

from glassnet.base.arrays import Array, numeric
from glassnet.base.errors import DataError, InputError
from glassnet.data.readers.delimited import typed
from glassnet.data.readers.pictures import File, read, refuse_broken
from glassnet.data.tables.notations import Notation
from glassnet.data.tables.notes import Notes
from glassnet.data.tables.schema import Schema
from glassnet.nn.network import Network
from glassnet.workflows.pictures import shape_for
from glassnet.workflows.predict import refuse_arrays

PICTURES = ("image/png", "image/jpeg", "image/webp", "image/bmp", "image/gif")
ROWS = 2**16  # of one request
EXTRA = 1000  # columns that the network does not read

KINDS = {
    dict: "an object",
    list: "an array",
    str: "text",
    bool: "true or false",
    type(None): "null",
}


class Asked(NamedTuple):
    """Samples as the network takes them, and what was unusual in them."""

    x: Array
    notes: list[str]


class Digits(str):
    """A number as it is written."""

    __slots__ = ()


def _refuse_constant(word: str) -> NoReturn:
    raise InputError(f"the body is not JSON, which has no {word}: give null for a gap")


NUMBERS = json.JSONDecoder(parse_constant=_refuse_constant)
# A table is read as `predict` reads a file: from the text of its values.
TEXTS = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=Digits, parse_int=Digits)


class Body:
    """What reads the bodies of requests to one network."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.schema: Schema | None = network.schema
        self.shape = network.input_shape or ()
        plain = self.schema is None or self.schema.block is not None
        self.is_table = not plain and not self.is_pictures

    @property
    def is_pictures(self) -> bool:
        """Whether the network takes files of pictures."""
        return self.schema is not None and self.schema.picture is not None

    def json(self, body: bytes) -> Asked:
        """Rows as JSON: a list of objects or of arrays, or one of them."""
        rows = _written(body) if self.is_table and b"{" in body else _numbers(body)
        if isinstance(rows, dict):
            rows = [rows]
        if not isinstance(rows, list):
            raise InputError(f"expected rows, a list of objects or of arrays, got {_kind(rows)}")
        if not rows:
            raise InputError("there are no rows: expected at least one")
        if isinstance(rows[0], dict):
            return self._objects(rows)
        return self._arrays(rows)

    def picture(self, body: bytes) -> Asked:
        """One picture in the bytes of its file."""
        x, _, broken = read([File("the body", lambda: io.BytesIO(body))], shape_for(self.network))
        refuse_broken(broken, 1)
        return Asked(self.network.check_inputs(x), [])

    # ---- arrays

    def _arrays(self, given: list[Any]) -> Asked:
        refuse_arrays(self.schema, "objects with a value for each column")
        rows = [given] if _depth(given) == len(self.shape) else given
        _check_count(rows)
        try:
            x = self.network.check_inputs(self._features(rows))
        except (InputError, TypeError) as error:
            _explain(rows)
            raise InputError(str(error)) from None
        notes = Notes()
        if self.schema and self.schema.block:
            self.schema.block.note_ranges(x, notes)
        return Asked(x, notes.lines())

    def _features(self, rows: list[Any]) -> Any:
        block = self.schema.block if self.schema else None
        if block is None or not block.left_out:
            return rows
        return block.rows(numeric("x", rows))

    # ---- objects

    def _objects(self, rows: list[Any]) -> Asked:
        if not self.is_table or self.schema is None:
            kind = "pictures" if self.is_pictures else "arrays"
            a_file = "a picture, or " if self.is_pictures else ""
            raise DataError(
                f"the network was trained on {kind}, not on a table: expected {a_file}arrays of "
                f"shape {self.shape}"
            )
        _check_count(rows)
        for number, row in enumerate(rows, start=1):
            if not isinstance(row, dict):
                raise InputError(f"data row {number}: expected an object, got {_kind(row)}")
        notes = Notes()
        notes.unread += self._unread(rows)
        names, gaps = self.schema.names, self.schema.format().gaps.known
        text = _as_csv(rows, names, self.schema.notations)
        frame = typed(text, names, self.schema.as_text, gaps, header=None)
        x = self.network.check_inputs(self.schema.encode(frame, notes))
        return Asked(x, notes.lines())

    def _unread(self, rows: list[dict[str, Any]]) -> list[str]:
        """The columns that the network does not know; an error if one is missing somewhere."""
        assert self.schema is not None
        first = dict.fromkeys(rows[0])
        every = first | dict.fromkeys(name for row in rows for name in row)
        if len(every) > len(self.schema.names) + EXTRA:
            raise InputError(
                f"the rows have {len(every):,} columns: expected the {len(self.schema.names):,} "
                "that the network reads"
            )
        unread = self.schema.check(list(every))
        for number, row in enumerate(rows, start=1):
            for name in self.schema.names:
                if name not in row:
                    raise DataError(
                        f"data row {number} has no column {name!r}: give null for a gap"
                    )
        return unread


def _numbers(body: bytes) -> Any:
    """The value of a body as JSON."""
    try:
        return orjson.loads(body)
    except ValueError:  # it is read again for the sake of the sentence
        return _decoded(NUMBERS.decode, body)


def _written(body: bytes) -> Any:
    """The same, with numbers as they are written."""
    return _decoded(TEXTS.decode, body)


def _decoded(decode: Callable[[str], Any], body: bytes) -> Any:
    try:
        return decode(body.decode("utf-8-sig"))
    except RecursionError:
        raise InputError("the body is nested too deeply: expected rows") from None
    except UnicodeDecodeError as error:
        raise InputError(
            f"the body is not UTF-8, at byte {error.start + 1}: expected JSON"
        ) from None
    except InputError:
        raise
    except ValueError as error:
        said = str(error)
        raise InputError(f"the body is not JSON: {said[:1].lower()}{said[1:]}") from None


def _as_csv(
    rows: Iterable[Mapping[str, Any]], names: tuple[str, ...], notations: Mapping[str, Notation]
) -> io.StringIO:
    """The values of these columns as the text of a CSV file without a header, numbers of JSON in
    the notation of their column."""
    text = io.StringIO()
    write = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerow
    for number, row in enumerate(rows, start=1):
        write([_cell(row[name], name, number, notations.get(name)) for name in names])
    text.seek(0)
    return text


def _cell(value: Any, name: str, row: int, notation: Notation | None) -> str:
    """A value as text; numbers are text already, as they were written."""
    if value is None:
        return ""
    if isinstance(value, (list, dict)):
        raise DataError(
            f"column {name!r}, data row {row}: expected a number, text, true, false or null, got "
            f"{_kind(value)}"
        )
    if notation and isinstance(value, Digits):
        return notation.written(value)
    text = str(value)
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise DataError(f"column {name!r}, data row {row}: {text[:40]!a} is no Unicode text")
    return text


def _check_count(rows: list[Any]) -> None:
    if len(rows) > ROWS:
        raise InputError(f"there are {len(rows):,} rows: send at most {ROWS:,} in one request")


def _depth(value: Any) -> int:
    depth = 0
    while isinstance(value, list):
        value, depth = (value[0] if value else None), depth + 1
    return depth


def _explain(rows: list[Any]) -> None:
    """Raise InputError for the first value that is no number, with its row and its place there."""
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, list):
            raise InputError(f"data row {number}: expected an array, got {_kind(row)}")
        rest: list[tuple[Any, tuple[int, ...]]] = [(row, ())]
        while rest:
            value, place = rest.pop()
            if isinstance(value, list):
                inside = [(each, (*place, n)) for n, each in enumerate(value, start=1)]
                rest += reversed(inside)
            elif isinstance(value, (str, dict, type(None))):
                where = ", ".join(map(str, place))
                raise InputError(
                    f"data row {number}, value {where}: expected a number, got {_kind(value)}"
                )


def _kind(value: Any) -> str:
    if type(value) is str:
        return ascii(value[:40]) if not value[:40].isprintable() else repr(value[:40])
    return KINDS.get(type(value), "a number")
