"""Addresses of databases and of files on the web, and what may be shown: never a password."""

import re
from urllib.parse import unquote, urlsplit

DATABASES = ("sqlite", "postgresql", "postgres")
"""The databases that tables are read from."""
WEB = ("http", "https")
"""How addresses begin whose files are downloaded."""

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


def is_web(given: object) -> bool:
    """Whether this is the address of a file that can be downloaded.

    >>> is_web("https://example.org/own.csv"), is_web("ftp://example.org/own.csv")
    (True, False)
    """
    return scheme_of(given) in WEB


def path_in(address: str) -> str:
    """The path of a URL, "" if it has none or is no URL.

    >>> path_in("https://example.org/a%20b.csv?raw=true"), path_in("http://[::1/own.csv")
    ('/a b.csv', '')
    """
    try:
        return unquote(urlsplit(address).path)
    except ValueError:
        return ""


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
