"""Tables from OpenML (openml.org), fetched by scikit-learn and kept in the user's cache."""

import re
import socket
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError

from glassnet.base.errors import DataError, prefixing_errors
from glassnet.base.optional import need
from glassnet.base.progress import work
from glassnet.data.dataset import Dataset
from glassnet.data.readers.download import user_cache
from glassnet.data.sources.table_dataset import Names, from_frame, names_of

if TYPE_CHECKING:
    import pandas as pd

NAME = re.compile(r"(?P<name>[\w(][\w.(),-]*)(@(?P<version>[1-9]\d{0,8}))?", re.ASCII)
"""How a dataset is named: its name, and perhaps its version."""

TIMEOUT = 10.0
"""Seconds to wait for a connection, and for the next bytes; scikit-learn sets no limit."""


def fetch(name: str) -> tuple["pd.DataFrame", tuple[str, ...]]:
    """The whole table of an OpenML dataset, and the names of the columns to predict.

    `name` is as on openml.org; `adult` is the oldest version that is active there, `adult@2`
    version 2. Columns that OpenML says to ignore, such as row numbers, are left out. What was
    fetched once is read from the user's cache, in `glassnet/openml`.

    Raises DataError for a name or version that does not exist, for a table that names no target,
    and when OpenML cannot be reached or its response is damaged.
    """
    match = NAME.fullmatch(name)
    if match is None:
        raise DataError(
            "openml: expected the name of a dataset, perhaps with its version, such as adult or "
            f"adult@2, got {name!r}; look it up on https://www.openml.org"
        )
    need("pandas", "reading a table")
    fetch_openml = need("sklearn.datasets", "OpenML").fetch_openml
    version = int(match["version"]) if match["version"] else "active"
    home = user_cache()  # scikit-learn adds the folder openml to it
    try:
        with work(f"fetching openml:{name}"), _quiet_and_impatient():
            found = fetch_openml(
                match["name"], version=version, data_home=home, as_frame=True, n_retries=1
            )
    except Exception as error:  # whatever a malformed response makes the parsers raise
        raise DataError(f"openml:{name}: {_why(error)}") from error
    if not found.target_names:
        raise DataError(
            f"openml:{name}: the dataset names no target column: download its table from "
            f"{found.url} and give its path, and the column to predict"
        )
    return found.frame, tuple(found.target_names)


def load_openml(
    name: str,
    target: Names = None,
    drop: Names = None,
    task: str | None = None,
    kinds: Mapping[str, str] | None = None,
    test: float = 0.2,
    seed: int = 0,
) -> Dataset:
    """The dataset of this name at OpenML; by default it predicts what OpenML says.

    Options as in `table.load_table`; raises DataError as `fetch` and `load_table` do.
    """
    frame, targets = fetch(name)
    with prefixing_errors(f"openml:{name}"):
        given = (names_of(target) or list(targets), names_of(drop), task, kinds)
        return from_frame(name, frame, *given, test, seed)


@contextmanager
def _quiet_and_impatient() -> Iterator[None]:
    """Without scikit-learn's warnings; and with an end to the wait for a silent server."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        socket.setdefaulttimeout(before)


def _why(error: Any) -> str:
    """What went wrong, and what to do about it, in one line."""
    said = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, (URLError, TimeoutError, ConnectionError, HTTPException)):
        return (
            f"openml.org did not respond as expected ({_network(error)}): check the network and "
            "try again later, or give the path of a table that you have"
        )
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: cannot be read or written: {error.strerror}; check its folder"
    if type(error).__name__ == "OpenMLError":
        return f"{said} Look up name and version on https://www.openml.org"
    if "Sparse" in said:
        return "the table is sparse, which cannot be read; choose another dataset or version"
    if type(error) is ValueError and "md5" not in said:  # scikit-learn's own: a target with gaps
        return f"{said.removesuffix('.')}; choose another dataset or version"
    what = "its checksum is wrong" if "md5" in said else f"{type(error).__name__}: {said[:100]}"
    return (
        f"the response of openml.org is damaged ({what}): try again later, or choose another "
        "dataset or version"
    )


def _network(error: Exception) -> str:
    """Few words for what the network did."""
    if isinstance(error, HTTPError):
        return f"HTTP {error.code}"
    reason = getattr(error, "reason", error)
    return getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
