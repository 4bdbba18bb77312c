"""Standard input as a file: `zcat own.csv.gz | glassnet predict own.safetensors -`."""

import re
import shutil
import sys
import weakref
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from glassnet.base.arrays import FilePath
from glassnet.base.errors import DataError
from glassnet.base.progress import work

DASH = "-"
MAX_INPUT = 2**32
"""The most bytes of standard input: 4 GiB, kept in a temporary file."""

CHUNK = 2**20
START = 2**12  # bytes that show what comes
JSON = re.compile(r"\{|\[\s*[\[{\]]")
ENDINGS = {
    b"PAR1": ".parquet",
    b"ARROW1": ".arrow",
    b"\xff\xff\xff\xff": ".arrow",  # a stream
    b"\x93NUMPY": ".npy",
    b"PK\x03\x04": ".zip",
}


def place(source: FilePath) -> FilePath:
    """The source, or for "-" the file with all of standard input."""
    return standard_input() if str(source) == DASH else source


@contextmanager
def errors_named() -> Iterator[None]:
    """Errors call the file with standard input by that name."""
    try:
        yield
    except DataError as error:
        if not _kept.cache_info().currsize:
            raise
        raise DataError(str(error).replace(str(_kept().path), "standard input")) from None


def standard_input() -> Path:
    """A file with all of standard input, which is removed when the process ends.

    Its ending is what the first bytes say: Parquet, Arrow, a workbook, arrays, JSON, or else text.
    Raises DataError if nothing is piped in, or more than MAX_INPUT bytes.
    """
    return _kept().path


class _Kept:
    """A folder with one file, which is removed with this object, at the latest with the process."""

    def __init__(self, stream: Any) -> None:
        folder = mkdtemp(prefix="glassnet-")
        self.remove = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        path = Path(folder) / "stdin"
        try:
            _copy(stream, path)
            self.path = path.rename(path.with_suffix(ending_of(path)))
        except BaseException:
            self.remove()
            raise


@cache
def _kept() -> _Kept:
    if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
        raise DataError(
            "- is standard input, and nothing is piped in: give the path of a file, or pipe one "
            "in, as in: glassnet data - < own.csv"
        )
    try:
        return _Kept(sys.stdin.buffer)
    except OSError as error:
        raise DataError(f"standard input cannot be kept: {error.strerror or error}") from None


def _copy(stream: Any, path: Path) -> None:
    total = 0
    with path.open("xb") as file, work("reading standard input", unit="bytes") as reading:
        while chunk := stream.read(CHUNK):
            total += len(chunk)
            reading.add(len(chunk))
            if total > MAX_INPUT:
                raise DataError(
                    f"standard input has more than {MAX_INPUT} bytes: save it in a file, and give "
                    "its path"
                )
            file.write(chunk)


def ending_of(path: Path) -> str:
    """The ending of a file with this content, from its first bytes."""
    with path.open("rb") as file:
        start = file.read(START)
    known = next((end for mark, end in ENDINGS.items() if start.startswith(mark)), "")
    if known == ".zip":
        return _of_archive(path)
    return known or _of_text(_inflated(start))


def _inflated(start: bytes) -> bytes:
    if start.startswith(b"\x1f\x8b"):
        with suppress(zlib.error):
            return zlib.decompressobj(31).decompress(start, START)
    return start


def _of_text(start: bytes) -> str:
    utf16 = start.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = start.decode("utf-16" if utf16 else "utf-8-sig", errors="replace").lstrip()
    if JSON.match(text):
        return ".json"
    line = text.partition("\n")[0]
    return ".tsv" if "\t" in line and "," not in line else ".csv"


def _of_archive(path: Path) -> str:
    """What a zip archive is, from the names in it."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return ".zip"
    if "content.xml" in names:
        return ".ods"
    if any(name.startswith("xl/") for name in names):
        return ".xlsx"
    return ".npz" if names and all(name.endswith(".npy") for name in names) else ".zip"
