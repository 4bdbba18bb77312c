"""How files end that can be read, and what a source is called."""

import re
from pathlib import Path

from glassnet.base.addresses import is_database, is_web, path_in, without_password
from glassnet.base.arrays import FilePath
from glassnet.data.readers.pictures import ENDINGS as PICTURES

ENDINGS = (
    ".csv",
    ".tsv",
    ".txt",
    ".csv.gz",
    ".tsv.gz",
    ".txt.gz",
    ".json",
    ".jsonl",
    ".ndjson",
    ".json.gz",
    ".jsonl.gz",
    ".ndjson.gz",
    ".parquet",
    ".arrow",
    ".feather",
    ".xlsx",
    ".xlsm",
    ".ods",
    ".npy",
    ".npz",
    ".zip",
)
"""How the files end that `load` reads."""

DATABASE_FILES = (".sqlite", ".sqlite3", ".db")
OTHERS = (".pq", *DATABASE_FILES, *PICTURES)


def name_of(source: FilePath) -> str:
    """What a source is called: a file without its ending, so far as that is known; a folder, a
    dataset or a table as it is.

    >>> name_of("2024/a.2023.csv"), name_of("a.2024.csv.gz"), name_of("moons"), name_of("-")
    ('a.2023', 'a.2024', 'moons', 'stdin')
    >>> name_of("sqlite:///shop.db::people"), name_of("https://example.org/own.csv?raw=true")
    ('people', 'own')
    """
    given = str(source)
    if given == "-":
        return "stdin"
    if is_database(source):
        return _of_database(without_password(given))
    if is_web(source):
        return re.sub(r"[^\w.-]+", "_", _of_path(path_in(given)))[-100:] or "data"
    return _of_path(given.removeprefix("openml:"))


def _of_database(address: str) -> str:
    """The table, or else the database, as a file could be called."""
    base, _, table = address.rpartition("::")
    if not base or "]" in table:  # [::1] is a host
        base, table = address, ""
    return re.sub(r"[^\w-]+", "_", table or _of_path(path_in(base))).strip("_") or "table"


def _of_path(given: str) -> str:
    path = Path(given)
    name = path.name if path.name not in ("", "..") else path.resolve().name
    known = [each for each in (*ENDINGS, *OTHERS) if name.lower().endswith(each)]
    ending = max(known, key=len, default="")
    return name[: len(name) - len(ending)] or name.lstrip(".") or "data"
