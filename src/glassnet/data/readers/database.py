"""Databases through SQLAlchemy: addresses, connections, most of which only read, and errors."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from glassnet.base.addresses import without_password
from glassnet.base.disk import regular
from glassnet.base.errors import DataError, GlassnetError
from glassnet.base.optional import need
from glassnet.data.readers.endings import name_of

EXPECTED = "expected sqlite:///FILE::TABLE or postgresql://USER@HOST/DATABASE::TABLE"
PATIENCE = 10
"""Seconds to wait for a connection, and for a database that somebody else has locked."""

LONGEST = 2**22
"""The most bytes of a value and of a row in SQLite: 4 MiB."""

READING = (
    sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE,
)  # fmt: skip
DENIED = ("not authorized", "prohibited")  # what SQLite says of anything else


class Place(NamedTuple):
    """A database, the table in it if one is named, and the address without its password."""

    url: Any
    table: str
    shown: str

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file of SQLite; else it is PostgreSQL."""
        return str(self.url.drivername) == "sqlite"

    @property
    def name(self) -> str:
        """The table, or the database, as the name of a file could be."""
        return name_of(self.shown)


def place_of(address: str) -> Place:
    """The database and the table of an address; DataError if it names none."""
    alchemy, shown = need("sqlalchemy", "reading a database"), without_password(address)
    base, _, table = address.rpartition("::")
    if not base or "]" in table:  # [::1] is a host
        base, table = address, ""
    try:
        url = alchemy.make_url(base)
    except (alchemy.exc.ArgumentError, ValueError):
        raise DataError(f"{shown}: is no address of a database: {EXPECTED}") from None
    if not url.database:
        raise DataError(f"{shown}: names no database: {EXPECTED}")
    if "password" in url.query:
        raise DataError(
            f"{shown}: has a password after the question mark: expected user:password@host, or "
            "better PGPASSWORD or a file ~/.pgpass"
        )
    plain = "sqlite" if url.get_backend_name() == "sqlite" else "postgresql+psycopg"
    return Place(url.set(drivername=plain), table, shown)


def table_in(inspector: Any, table: str) -> tuple[str | None, str]:
    """The schema and the name of a table, from TABLE or SCHEMA.TABLE."""
    schema, dot, name = table.partition(".")
    if dot and not inspector.has_table(table) and schema in inspector.get_schema_names():
        return schema, name
    return None, table


@contextmanager
def connected(place: Place, *, write: bool = False) -> Iterator[Any]:
    """A connection that only reads, unless it is to `write`; whatever goes wrong is a DataError."""
    alchemy = need("sqlalchemy", "reading a database")
    try:
        engine = _sqlite(place, write) if place.is_sqlite else _postgresql(place, write)
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()
    except GlassnetError:
        raise
    except (
        alchemy.exc.SQLAlchemyError,
        OSError,
        ValueError,
        OverflowError,
        sqlite3.Error,
    ) as error:
        raise DataError(f"{place.shown}: {_said(error, place)}") from None


def _sqlite(place: Place, write: bool) -> Any:
    alchemy, path = need("sqlalchemy", "reading a database"), Path(place.url.database)
    if place.url.query:
        raise DataError(f"{place.shown}: has settings after the question mark: leave them out")
    try:
        regular(path)
    except FileNotFoundError:
        if not write:
            raise DataError(f"there is no file {path}; check the path") from None
        if not path.parent.is_dir():
            raise DataError(f"there is no folder {path.parent}: create it first") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    uri = f"file:{quote(str(path.resolve()))}?mode={'rwc' if write else 'ro'}"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(uri, uri=True, timeout=PATIENCE)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST)
        connection.execute("pragma trusted_schema = off")
        if write:
            connection.isolation_level = None  # a transaction that holds CREATE TABLE is our own
        return connection

    return alchemy.create_engine("sqlite://", creator=connect, poolclass=alchemy.NullPool)


def _postgresql(place: Place, write: bool) -> Any:
    alchemy, _ = need("sqlalchemy", "reading a database"), need("psycopg", "reading PostgreSQL")
    within = {"connect_timeout": PATIENCE, "application_name": "glassnet"}
    given = {name: value for name, value in within.items() if name not in place.url.query}
    engine = alchemy.create_engine(place.url, poolclass=alchemy.NullPool, connect_args=given)
    reading = {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}
    return engine if write else engine.execution_options(**reading)


def only_reads(connection: Any, place: Place) -> None:
    """From now on, let this connection to SQLite do nothing but select."""
    if place.is_sqlite:
        connection.connection.driver_connection.set_authorizer(_allowed)


def _allowed(action: int, *of: str | None) -> int:
    return sqlite3.SQLITE_OK if action in READING else sqlite3.SQLITE_DENY


def _said(error: Exception, place: Place) -> str:
    """What the database says, in one line and without the password."""
    first = str(getattr(error, "orig", None) or error).strip().splitlines() or [""]
    line = " ".join(first[0].split())[:300] or type(error).__name__
    if any(word in line for word in DENIED):
        return "the query does more than read: expected a select"
    password = str(place.url.password or "")
    return without_password(line.replace(password, "***") if password else line)
