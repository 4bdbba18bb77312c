"""Tables and queries of a database, read in pieces of typed columns and in one order."""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from glassnet.base.errors import DataError, prefixing_errors
from glassnet.base.optional import need
from glassnet.data.readers.database import (
    Place,
    connected,
    only_reads,
    place_of,
    table_in,
)
from glassnet.data.readers.delimited import PIECE_BYTES, ROWS, check_names, piece_rows
from glassnet.data.readers.sql_values import column_of

if TYPE_CHECKING:
    import pandas as pd

FETCHED = 64  # rows at a time, of at most 4 MiB in SQLite: 256 MiB
MOST_BYTES = 4 * PIECE_BYTES
FIRST_WORDS = ("select", "with", "values", "table")
BEFORE = re.compile(r"(?:\s|\(|--[^\n]*(?:\n|$)|/\*.*?\*/)*", re.DOTALL)
ORDERED = re.compile(r"\border\s+by\b", re.IGNORECASE)

Rows = Sequence[Sequence[Any]]


class Sql:
    """A table of a SQLite or PostgreSQL database, or the rows of a query.

    - `address`: sqlite:///FILE::TABLE or postgresql://USER@HOST/DATABASE::TABLE; without a table
      if there is a query.
    - `query=None`: a select, whose rows are read instead of a table.

    The rows of a table come in the order of its primary key, else as they are stored. Nothing is
    ever written: SQLite is opened to be read, PostgreSQL in a transaction that only reads. Raises
    DataError for whatever is wrong, here or while it is read.
    """

    empty = 0

    def __init__(self, address: str, query: str | None = None) -> None:
        self.place = place_of(address)
        self.path, self.query = self.place.shown, query
        self.notes: tuple[str, ...] = ()
        self.share: float | None = None
        self.order, self.flags = "", frozenset[str]()
        if bool(query) == bool(self.place.table):
            raise DataError(f"{self.path}: {_one_of(query)}")
        with connected(self.place) as connection:
            if query is None:
                self._look(connection)
            else:
                self._try(connection, query)
        with prefixing_errors(self.path):
            check_names(self.columns)

    def pieces(
        self, text: Collection[str] = (), columns: Collection[str] | None = None
    ) -> Iterator["pd.DataFrame"]:
        """The rows, some at a time, their index counting from 0; of `columns` alone if given.

        All values come in the types of the database, in `text` too.
        """
        pandas, start = need("pandas", "reading a database"), 0
        chosen = [name for name in self.columns if columns is None or name in columns]
        names = chosen if self.query is None else self.columns
        with connected(self.place) as connection:
            for rows in self._fetched(connection, self._select(connection, names), len(names)):
                by_name = dict(zip(names, zip(*rows, strict=True), strict=True))
                with prefixing_errors(self.path):
                    frame: pd.DataFrame = pandas.DataFrame(
                        {name: self._column(name, by_name[name]) for name in chosen},
                        index=pandas.RangeIndex(start, start + len(rows)),
                    )
                start += len(rows)
                yield frame
        if start == 0:
            raise DataError(f"{self.path}: has no rows; add rows")

    def _column(self, name: str, values: Sequence[Any]) -> Any:
        if name in self.flags and set(values) <= {0, 1, None}:
            values = [None if value is None else bool(value) for value in values]
        return column_of(name, values)

    def _fetched(self, connection: Any, query: str, columns: int) -> Iterator[Rows]:
        """The rows in pieces, which are multiples of ROWS, as batches of predictions are."""
        rows, size, most = list[Sequence[Any]](), 0, piece_rows(max(1, columns))
        with _executed(connection, self.place, query) as result:
            while some := result.fetchmany(FETCHED):
                rows += some
                size += sum(len(value) for row in some for value in row if isinstance(value, str))
                full = size > PIECE_BYTES and len(rows) % ROWS == 0
                if size > MOST_BYTES and not full:
                    raise DataError(
                        f"{self.path}: {len(rows)} rows have more than {MOST_BYTES} characters of "
                        "text: leave the long columns out, with query='select … from …'"
                    )
                if full or len(rows) == most:
                    yield rows
                    rows, size = [], 0
        if rows:
            yield rows

    # ---- what there is

    def _look(self, connection: Any) -> None:
        """The columns of the table, and the order of its rows."""
        inspector = need("sqlalchemy", "reading a database").inspect(connection)
        self.schema, self.table = self._found(inspector)
        known = inspector.get_columns(self.table, schema=self.schema)
        self.columns = [str(column["name"]) for column in known]
        of_flags = (column["name"] for column in known if _is_flag(column["type"]))
        self.flags = frozenset(of_flags if self.place.is_sqlite else ())
        key = inspector.get_pk_constraint(self.table, schema=self.schema)["constrained_columns"]
        quote = connection.dialect.identifier_preparer.quote_identifier
        if key:
            self.order = " order by " + ", ".join(map(quote, key))
            return
        if self.table in inspector.get_table_names(schema=self.schema):
            self.order = " order by " + ("rowid" if self.place.is_sqlite else "tableoid, ctid")
        if not (self.order and self.place.is_sqlite):
            self.notes = (f"{self.table!r} has no primary key: {_UNORDERED}",)

    def _found(self, inspector: Any) -> tuple[str | None, str]:
        """The schema and the name of the table or view."""
        schema, table = table_in(inspector, self.place.table)
        if inspector.has_table(table, schema=schema):
            return schema, table
        there = sorted([*inspector.get_table_names(), *inspector.get_view_names()])
        shown = ", ".join(there[:10]) + (", …" if len(there) > 10 else "")
        raise DataError(
            f"{self.path}: there is no table {self.place.table!r}: "
            + (f"choose one of {shown}" if there else "the database has none")
        )

    def _try(self, connection: Any, query: str) -> None:
        """The columns of the query."""
        start = BEFORE.match(query)
        rest = query[start.end() :] if start else query
        if not re.match(rf"(?i:{'|'.join(FIRST_WORDS)})\b", rest):
            raise DataError(
                f"{self.path}: a query has to read: expected select …, got {query.strip()[:40]!r}"
            )
        with _executed(connection, self.place, query) as result:
            self.columns = [str(column[0]) for column in result.cursor.description]
        twice = next((n for n in self.columns if self.columns.count(n) > 1), None)
        if twice is not None:
            raise DataError(
                f"{self.path}: the query has two columns {twice!r}: rename one, with {twice} as …"
            )
        if not ORDERED.search(query):
            self.notes = (f"the query has no ORDER BY: {_UNORDERED}",)

    def _select(self, connection: Any, names: Sequence[str]) -> str:
        if self.query is not None:
            return self.query
        quote = connection.dialect.identifier_preparer.quote_identifier
        table = ".".join(quote(part) for part in (self.schema, self.table) if part)
        return f"select {', '.join(map(quote, names))} from {table}{self.order}"


_UNORDERED = (
    "its rows come as the database stores them; if that changes, so does the part of them that is "
    "held out"
)


def _one_of(query: str | None) -> str:
    if query is None:
        return "names no table: add ::TABLE, or give a query"
    return "names a table, and there is a query: leave one out" if query else "the query is empty"


def _is_flag(kind: Any) -> bool:
    return isinstance(kind, need("sqlalchemy", "reading a database").Boolean)


def _executed(connection: Any, place: Place, query: str) -> Any:
    """The result of a query, which stays on the server of PostgreSQL until it is fetched."""
    only_reads(connection, place)
    streaming = {"stream_results": True, "max_row_buffer": FETCHED, "no_parameters": True}
    return connection.execution_options(**streaming).exec_driver_sql(query)
