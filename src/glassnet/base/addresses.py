"""Addresses of databases, and what may be shown of an address: never a password."""

import re

DATABASES = ("sqlite", "postgresql", "postgres")
"""The databases that tables are read from."""

URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
SECRET = r"\w*(?:password|passwd|pwd|token|secret|signature|credential|api_?key)\w*"
IN_AUTHORITY = re.compile(r"(://[^\s:/@?#]*):[^\s]*@")  # up to the last @: it may hold any sign
IN_QUERY = re.compile(rf"([?&](?:[\w-]*-)?{SECRET}=)(?:(?!::)[^&\s'\"#])*", re.IGNORECASE)


def scheme_of(given: object) -> str:
    """The first word of a URL in small letters, without a driver; "" for anything else.

    >>> scheme_of("postgresql+psycopg://host/base::people"), scheme_of("own.csv")
    ('postgresql', '')
    """
    found = URL.match(given) if isinstance(given, str) else None
    return found[0].partition(":")[0].partition("+")[0].lower() if found else ""


def is_database(given: object) -> bool:
    """Whether this is the address of a database, or of a table in one.

    >>> is_database("sqlite:///own.db::people"), is_database("https://example.org/own.csv")
    (True, False)
    """
    return scheme_of(given) in DATABASES


def without_password(text: str) -> str:
    """The text without the passwords in its addresses.

    >>> without_password("postgresql://ann:se@cret@host/base::people has no rows")
    'postgresql://ann@host/base::people has no rows'
    >>> without_password("https://example.org/own.csv?year=2024&token=abc")
    'https://example.org/own.csv?year=2024&token=***'
    """
    if "://" not in text:
        return text
    return IN_QUERY.sub(r"\1***", IN_AUTHORITY.sub(r"\1@", text))
