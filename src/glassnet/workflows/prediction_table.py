"""Predictions as a table of a database: all of them in one transaction, or none."""

import pickle
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from glassnet.base.errors import DataError, InputError
from glassnet.base.optional import need
from glassnet.data.readers.database import Place, connected, place_of, table_in
from glassnet.data.tables.values import Series, is_date, is_number, text_of

if TYPE_CHECKING:
    import pandas as pd

PURPOSE = "writing to a database"


@contextmanager
def table_writer(
    address: str, sources: Sequence[str], *, replace: bool = False
) -> Iterator[Callable[["pd.DataFrame"], None]]:
    """What takes the rows of a new table, some at a time.

    They wait in a file without a name until all are there, since a database that is still read may
    not be writable; then one transaction makes the table. With `replace`, a table of that name goes
    in the same transaction. Raises InputError if there is one otherwise, or if it is one of the
    `sources`, and DataError for what the database refuses.
    """
    place = place_of(address)
    if not place.table:
        raise DataError(f"{place.shown}: names no table: add ::TABLE")
    _refuse_sources(place, sources)
    if not (place.is_sqlite and not Path(place.url.database).exists()):
        with connected(place) as connection:
            _refuse_existing(connection, place, replace)
    kinds: dict[str, set[str]] = {}
    with tempfile.TemporaryFile() as waiting:

        def write(frame: "pd.DataFrame") -> None:
            for name in map(str, frame.columns):
                kinds.setdefault(name, set()).add(_kind(frame[name]))
            pickle.dump(frame, waiting)

        yield write
        waiting.seek(0)
        with (
            _removed_if_new(place),
            connected(place, write=True) as connection,
            connection.begin(),
        ):
            _fill(connection, place, kinds, waiting, replace)


def _fill(
    connection: Any, place: Place, kinds: dict[str, set[str]], waiting: IO[bytes], replace: bool
) -> None:
    """Make the table, and insert all rows."""
    alchemy = need("sqlalchemy", PURPOSE)
    if place.is_sqlite:
        connection.exec_driver_sql("begin immediate")
    _refuse_existing(connection, place, replace)
    final = {name: _of_all(each) for name, each in kinds.items()}
    types = {
        "whole": alchemy.BigInteger, "number": alchemy.Double, "flag": alchemy.Boolean,
        "time": alchemy.DateTime, "text": alchemy.Text,
    }  # fmt: skip
    schema, name = table_in(alchemy.inspect(connection), place.table)
    columns = [alchemy.Column(name, types[kind]) for name, kind in final.items()]
    table = alchemy.Table(name, alchemy.MetaData(), *columns, schema=schema)
    table.drop(connection, checkfirst=True)
    table.create(connection)
    keys = [f"c{n}" for n in range(len(final))]  # a column may have any name, a parameter not
    parameters = {n: alchemy.bindparam(key) for n, key in zip(final, keys, strict=True)}
    insert = table.insert().values({table.c[name]: each for name, each in parameters.items()})
    with suppress(EOFError):
        while True:
            frame = pickle.load(waiting)
            values = [_values(frame[name], final[name]) for name in final]
            rows = [dict(zip(keys, row, strict=True)) for row in zip(*values, strict=True)]
            connection.execute(insert, rows)


def _refuse_existing(connection: Any, place: Place, replace: bool) -> None:
    inspector = need("sqlalchemy", PURPOSE).inspect(connection)
    schema, name = table_in(inspector, place.table)
    if inspector.has_table(name, schema=schema) and not replace:
        raise InputError(
            f"{place.shown}: there is such a table: give it a different name, or --replace it"
        )


def _refuse_sources(place: Place, sources: Sequence[str]) -> None:
    for source in sources:
        if source.partition("://")[1] and place_of(source)[:2] == place[:2]:
            raise InputError(f"--out is {place.shown}, which is the input: give a different table")


@contextmanager
def _removed_if_new(place: Place) -> Iterator[None]:
    """Remove a file of SQLite that was made for a table that could not be written."""
    path = Path(place.url.database) if place.is_sqlite else None
    new = path is not None and not path.exists()
    try:
        yield
    except BaseException:
        if path is not None and new:
            path.unlink(missing_ok=True)
        raise


# ---- types and values


def _kind(values: Series) -> str:
    """What a column of one piece holds."""
    pandas = need("pandas", PURPOSE)
    if values.isna().all():
        return "empty"
    if is_date(values):
        return "time"
    if pandas.api.types.is_bool_dtype(values):
        return "flag"
    if is_number(values):
        return "whole" if pandas.api.types.is_integer_dtype(values) else "number"
    found = pandas.api.types.infer_dtype(values, skipna=True)
    return {"integer": "whole", "floating": "number", "boolean": "flag"}.get(found, "text")


def _of_all(kinds: set[str]) -> str:
    """The type of a column whose pieces hold these kinds."""
    there = kinds - {"empty"}
    if len(there) == 1:
        return next(iter(there))
    return "number" if there == {"whole", "number"} else "text"


def _values(values: Series, kind: str) -> list[Any]:
    """A column as Python's values, None for a gap; float32 in the digits that tell it apart."""
    make: dict[str, Callable[[Any], Any]] = {
        "whole": int, "number": _number, "flag": bool, "text": text_of, "time": lambda time: time,
    }  # fmt: skip
    gaps = values.isna().to_numpy()
    if kind == "time":
        values = values.astype("datetime64[us]")
    each = values.to_numpy() if values.dtype == np.float32 else values  # which give NumPy's numbers
    return [None if gap else make[kind](value) for value, gap in zip(each, gaps, strict=True)]


def _number(value: Any) -> float:
    return float(str(value)) if isinstance(value, np.float32) else float(value)
