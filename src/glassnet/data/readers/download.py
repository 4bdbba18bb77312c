"""Fetches a file over HTTP: whole and checked, or not at all."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Self, TypeVar
from urllib.parse import urlsplit

from glassnet.base.disk import replacing
from glassnet.base.errors import DataError
from glassnet.base.optional import need
from glassnet.base.progress import bar

T = TypeVar("T")

TIMEOUT = (5.0, 10.0)
"""Seconds to wait for a connection, and for the next bytes of a response."""

MAX_BYTES = 2**26
"""The most bytes that one download may have: 64 MiB."""


def download(url: str, path: Path, check: Callable[[Path], T]) -> T:
    """Fetch `url` to `path` and return what `check` says of the file.

    The bytes go to an unfinished file beside `path`, which takes its name only after `check` has
    returned: a download that fails or is interrupted leaves nothing. The folder is made when it
    is missing; a progress bar goes to stderr when that is a terminal.

    Raises OSError when the network or the disk fails, DataError when the folder cannot be written
    or the response is too long, and whatever `check` raises.
    """
    pooch = need("pooch", "downloading")
    with ExitStack() as opened:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part = opened.enter_context(replacing(path))
        except OSError as error:
            raise DataError(f"{path.parent}: cannot be written: {error.strerror}") from error
        with Bar(path.name) as bar:
            fetch = pooch.HTTPDownloader(progressbar=bar, chunk_size=2**16, timeout=TIMEOUT)
            fetch(url, _Capped(part, urlsplit(url).netloc), None)
        part.flush()
        return check(Path(part.name))


def user_cache() -> Path:
    """The folder where this user's downloads are kept; it may not exist yet."""
    return Path(need("platformdirs", "the data cache").user_cache_dir("glassnet"))


class _Capped:
    """A file that refuses to grow beyond MAX_BYTES, whatever a server sends."""

    def __init__(self, file: IO[bytes], host: str) -> None:
        self.file = file
        self.host = host
        self.left = MAX_BYTES

    def write(self, data: bytes) -> None:
        self.left -= len(data)
        if self.left < 0:
            raise DataError(f"{self.host}: the file is longer than the {MAX_BYTES} bytes allowed")
        self.file.write(data)

    def flush(self) -> None:
        self.file.flush()


class Bar:
    """A bar on the terminal, with the names that pooch calls."""

    def __init__(self, label: str) -> None:
        self.bar, self.done, self.total = bar(f"downloading {label}", unit="bytes"), 0, 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def update(self, count: int) -> None:
        """`count` more bytes are here; pooch has set `total` by now (0: not known)."""
        self.done += count
        if self.bar is not None:
            self.bar.update(self.done, self.total or None)

    def reset(self) -> None:
        """Begin again."""
        self.done = 0

    def close(self) -> None:
        """Take it away."""
        if self.bar is not None:
            self.bar.stop()
