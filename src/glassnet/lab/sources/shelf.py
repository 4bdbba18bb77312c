"""The files that a lab may read: those that it was given, and those that were dropped on it."""

import re
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar
from weakref import WeakValueDictionary

from glassnet.base.errors import DataError, InputError
from glassnet.data.readers import endings
from glassnet.lab.sources.scratch import Scratch

NETWORK = ".safetensors"
ENDINGS = (*endings.ENDINGS, NETWORK)
LARGEST = 2**26  # bytes of one file that is dropped
MOST_BYTES = 2**28  # of all that are; the oldest go first
LONGEST_NAME = 100


class Shelf:
    """Files by the names under which the page may ask for them: no other path is readable.

    What is dropped lies in a folder of the shelf, which `close` removes. Whoever knows the `key`
    may drop a file: see `uploads`.

    - `given=None`: a shelf whose files stand on this one too.

    >>> Shelf().path("/etc/passwd")
    Traceback (most recent call last):
    glassnet.base.errors.InputError: the lab has no file '/etc/passwd': expected one of none; drop \
it on the page to add it
    """

    by_key: ClassVar["WeakValueDictionary[str, Shelf]"] = WeakValueDictionary()

    def __init__(self, given: "Shelf | None" = None) -> None:
        self.files: dict[str, Path] = dict(given.files) if given else {}
        self.said: list[str] = []  # of files that were downloaded
        self.key = secrets.token_urlsafe(16)
        self.by_key[self.key] = self
        self.dropped: dict[str, int] = {}  # bytes by name, the oldest first
        self._folder: Scratch | None = None

    def put(self, path: Path, name: str | None = None) -> str:
        """Add a file, and return the name under which it stands."""
        name = name or path.name
        self.files[name] = path
        return name

    def path(self, name: str) -> Path:
        """The file of this name."""
        if name not in self.files:
            there = ", ".join(self.files) or "none"
            raise InputError(
                f"the lab has no file {name!r}: expected one of {there}; drop it on the page to "
                "add it"
            )
        return self.files[name]

    # ---- what is dropped

    def drop(self, given: str, content: bytes) -> str:
        """Keep a file that was dropped, and return the name under which it stands.

        Raises `DataError` for a name that no file of data or of a network has, an empty file and a
        too large one.
        """
        name = self._free(plain_name(given))
        if not content:
            raise DataError(f"{name} is empty: drop a file with something in it")
        if len(content) > LARGEST:
            raise too_large(name)
        while self.dropped and sum(self.dropped.values()) + len(content) > MOST_BYTES:
            self._forget(next(iter(self.dropped)))
        if self._folder is None:
            self._folder = Scratch()
        path = Path(tempfile.mkdtemp(dir=self._folder.path)) / name
        path.write_bytes(content)
        self.dropped[name] = len(content)
        return self.put(path)

    def _free(self, name: str) -> str:
        """The name, or with a number if there is one like it."""
        stem, dot, ending = name.partition(".")
        tried: Iterator[str] = (f"{stem} ({n}){dot}{ending}" for n in range(2, 10_000))
        return name if name not in self.files else next(n for n in tried if n not in self.files)

    def _forget(self, name: str) -> None:
        del self.dropped[name]
        self.files.pop(name).unlink()

    def close(self) -> None:
        """Remove what was dropped."""
        for name in self.dropped:
            del self.files[name]
        self.dropped = {}
        if self._folder is not None:
            self._folder.remove()
            self._folder = None


def plain_name(given: str) -> str:
    """The name of a file without folders and what cannot be shown; DataError if its ending is none
    of data or of a network.

    >>> plain_name("../../etc/my own.csv"), plain_name("C:\\\\data\\\\x.npz")
    ('my own.csv', 'x.npz')
    """
    name = re.split(r"[/\\]", given)[-1]
    name = "".join(letter for letter in name if letter.isprintable()).rstrip(" .")
    ending = next((e for e in reversed(ENDINGS) if name.lower().endswith(e)), None)
    if ending is None:
        shown = name[:LONGEST_NAME] or "a file without a name"
        raise DataError(f"{shown}: expected a file ending in {', '.join(ENDINGS)}")
    stem = name[: -len(ending)].strip(" .") or "data"
    return stem.encode()[: LONGEST_NAME - len(ending)].decode(errors="ignore") + ending


def too_large(name: str) -> DataError:
    """What is said of a file that is larger than `LARGEST`."""
    return DataError(
        f"{name} has more than {LARGEST // 2**20} MiB: give its path to glassnet lab instead, "
        "which reads larger files"
    )
