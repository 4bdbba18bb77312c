"""Reads NumPy's .npy files from anywhere: nothing is unpickled, nothing is believed.

A .npy file is six magic bytes, a version, the length of a header, the header, which is a Python
literal with type, order and shape, and the numbers. A claim is
compared with the bytes that are there before anything of its size is made: besides the numbers,
memory is a header (at most 64 KiB, and 32 MiB while it is parsed) and pieces of 1 MiB.
"""

import ast
import io
import math
import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple, cast

import numpy as np

from glassnet.base.arrays import Array, FilePath, Shape
from glassnet.base.errors import DataError

MAX_HEADER = 2**16
MAX_FIELDS = 1000
MAX_DIMS = 32

CHUNK = 2**20
_CLAIMS = {"descr", "fortran_order", "shape"}
_MAGIC = b"\x93NUMPY"
_VERSIONS = {b"\1\0": (2, "latin-1"), b"\2\0": (4, "latin-1"), b"\3\0": (4, "utf-8")}

# Brackets, texts, whole numbers: no operators, so nothing that Python's parser would recurse into.
_LITERAL = re.compile(
    r"""(?:[][(){}:, \n]|True|False|[0-9]+|'[^'\\\x00-\x1f]*'|"[^"\\\x00-\x1f]*")*+"""
)
_TYPE = re.compile(r"[<>|](?:b1|[iu]1)|[<>](?:[iu][248]|f[248]|U[1-9][0-9]{0,4})")
_PADDING = re.compile(r"\|V([0-9]{1,6})")
_REFUSED = {
    "O": (
        "Python objects, which need unpickling, and that can run any program",
        "save array.astype(float) or array.astype(str)",
    ),
    "S": ("bytes", "save text, array.astype(str)"),
    "V": ("raw bytes", "save them as numbers, such as array.view('u1')"),
    "M": ("dates", "save them as numbers, array.astype('int64')"),
    "m": ("spans of time", "save them as numbers, array.astype('int64')"),
    "c": ("complex numbers", "save array.real and array.imag"),
    "f": ("floats of another kind", "save array.astype('float64')"),
    "U": ("text of another length", "save text of 1 to 99,999 characters"),
}


def open_npy(path: FilePath) -> Array:
    """The array in a .npy file, of shape (rows, …), mapped from the file and read-only.

    Numbers are read when they are used, so the array may be larger than memory; the file must not
    change meanwhile. Booleans and text are read through once, to see that they are such. Byte
    order stays that of the file. Of an array in Fortran order the shape is the one that was saved,
    but a row lies scattered over the file: saved with `np.ascontiguousarray` it is read faster.

    Raises DataError, with the name of the file, for a file that cannot be read or is not exactly
    one array of booleans, integers, floats or text, or of records of these, with at least one row.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "x.npy")
    ...     np.save(path, np.arange(6).reshape(3, 2))
    ...     print(open_npy(path)[1:])
    [[2 3]
     [4 5]]
    """
    with opened_file(path) as file:
        header = read_header(file)
        check_size(header, os.fstat(file.fileno()).st_size)
        # The file that was checked, not its name, which may mean another one by now.
        flat = np.memmap(file, header.dtype, "r", header.length, (header.numbers,))
        check_values(flat)
    return flat.reshape(header.shape, order=header.order)


# ---- files


class _SmallReads(io.BufferedReader):
    """A file that is never read in large: zipfile would take a directory of any size at once."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > CHUNK:
            raise DataError(
                "its list of members is longer than 1 MiB; save fewer arrays, or shorter names"
            )
        return super().read(size)


@contextmanager
def opened_file(path: FilePath) -> Iterator[BinaryIO]:
    """A regular file, open to read; DataErrors inside begin with its name."""
    try:
        with prefixing_with(str(path)):
            if not stat.S_ISREG(Path(path).stat().st_mode):  # a pipe would wait for a writer
                raise DataError("is a folder, pipe or device; expected a file; check the path")
            with _SmallReads(io.FileIO(os.fspath(path))) as file:
                yield cast(BinaryIO, file)
    except FileNotFoundError:
        raise DataError(f"there is no file {path}; check the path") from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read: {one_line(error)}") from error


@contextmanager
def prefixing_with(what: str) -> Iterator[None]:
    """Name what a DataError inside is about."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{what}: {error}") from None


def one_line(error: Exception) -> str:
    """What an error says, on one line."""
    return " ".join(str(getattr(error, "strerror", None) or error).split())[:200]


def short(value: object) -> str:
    """The value as Python writes it, cut off after 120 characters."""
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:120]}…"


# ---- the header of an array


class _Header(NamedTuple):
    dtype: np.dtype[Any]
    shape: Shape
    order: Literal["C", "F"]
    length: int
    """The bytes before the numbers."""

    @property
    def numbers(self) -> int:
        return math.prod(self.shape)

    @property
    def size(self) -> int:
        """The bytes of the numbers."""
        return self.numbers * self.dtype.itemsize


def read_header(file: BinaryIO) -> _Header:
    """Type, order and shape of an array, from the begin of its file."""
    start = file.read(8)
    if not start:
        raise DataError("is empty; expected a .npy file")
    if start[:6] != _MAGIC[: len(start)]:
        found = start[:6].hex(" ")
        raise DataError(f"is not a .npy file: it starts with the bytes {found}; use np.save")
    start += _exactly(file, 8 - len(start))
    if start[6:] not in _VERSIONS:
        raise DataError(
            f"has version {start[6]}.{start[7]} of the format; expected 1.0, 2.0 or 3.0; save it "
            "with np.save"
        )
    width, encoding = _VERSIONS[start[6:]]
    length = int.from_bytes(_exactly(file, width), "little")
    if length > MAX_HEADER:
        raise DataError(
            f"its header claims {length} bytes; expected at most {MAX_HEADER}; save its numbers as "
            "one array with columns"
        )
    claims = _parse(_exactly(file, length), encoding)
    shape, descr = _shape(claims["shape"]), claims["descr"]
    dtype = _record(descr) if isinstance(descr, list) else _plain(descr)
    return _Header(dtype, shape, "F" if claims["fortran_order"] else "C", 8 + width + length)


def _exactly(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise DataError("truncated inside its header; get it again")
    return data


def _parse(header: bytes, encoding: str) -> dict[str, Any]:
    with suppress(ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        text = header.decode(encoding)
        claims = ast.literal_eval(text.strip()) if _LITERAL.fullmatch(text) else {}
        if set(claims) == _CLAIMS and type(claims["fortran_order"]) is bool:
            return cast(dict[str, Any], claims)
    raise DataError(
        f"its header is {short(header.decode('latin-1').strip())}; expected descr, fortran_order "
        "(True or False), shape, and nothing else; save it with np.save"
    )


def _shape(found: object) -> Shape:
    if type(found) is not tuple or not all(type(n) is int and n < 2**63 for n in found):
        raise DataError(
            f"its shape is {short(found)}; expected whole numbers, such as (3, 4); save it with "
            "np.save"
        )
    if len(found) > MAX_DIMS:
        raise DataError(f"has {len(found)} dimensions; expected 1 to {MAX_DIMS}; reshape it")
    if not found or 0 in found:
        raise DataError(f"has no rows: its shape is {found}; expected at least one; add rows")
    return found


def _plain(code: object) -> np.dtype[Any]:
    if isinstance(code, str) and _TYPE.fullmatch(code):
        return np.dtype(code)
    kind = code[1:2] if isinstance(code, str) else ""
    what, instead = _REFUSED.get(kind, ("values of another type", "save numbers or text"))
    raise DataError(
        f"holds {what} (type {short(code)}); expected booleans, integers, floats or text; {instead}"
    )


def _record(fields: list[object]) -> np.dtype[Any]:
    if len(fields) > MAX_FIELDS:
        raise DataError(
            f"has {len(fields)} fields; expected at most {MAX_FIELDS}; save its numbers as one "
            "array with columns"
        )
    types: dict[str, np.dtype[Any]] = {}
    offsets, end = [], 0
    for label, code in map(_field, fields):
        if label == "" and (padding := _PADDING.fullmatch(code)):
            end += int(padding[1])
            continue
        if not label or label in types:
            raise DataError(f"has two fields {short(label)}, or one without a name; name each")
        with prefixing_with(f"field {short(label)}"):
            types[label] = _plain(code)
        offsets.append(end)
        end += types[label].itemsize
    if not types:
        raise DataError("has no fields; expected at least one; save numbers or text")
    formats = list(types.values())
    return np.dtype({"names": [*types], "formats": formats, "offsets": offsets, "itemsize": end})


def _field(field: object) -> tuple[str, str]:
    if isinstance(field, tuple) and [type(part) for part in field] == [str, str]:
        return field
    raise DataError(
        f"has the field {short(field)}; expected a name and the type of one value; save one field "
        "for each value"
    )


# ---- the numbers


def check_size(header: _Header, total: int) -> None:
    """Compare what the header promises with a file, or the claim of a zip, of `total` bytes."""
    there = max(0, total - header.length)
    if header.size >= 2**63:
        shape = short(header.shape)
        raise DataError(f"its header promises shape {shape}, more than a file holds; get it again")
    if there < header.size:
        raise DataError(
            f"truncated: {header.size - there} bytes are missing: the header promises "
            f"{header.size} bytes of numbers, the file has {there}; get it again"
        )
    if there > header.size:
        raise DataError(
            f"has {there - header.size} bytes more than the {header.size} bytes of numbers its "
            "header promises; get it again"
        )


def check_values(flat: Array) -> None:
    """Refuse bytes that are no boolean or no character: NumPy takes them as they are."""
    for label in flat.dtype.names or (None,):
        values = np.asarray(flat if label is None else flat[label])
        if values.dtype.kind not in "bU":
            continue
        step = max(1, CHUNK // values.dtype.itemsize)
        for start in range(0, len(values), step):
            _check_piece(np.ascontiguousarray(values[start : start + step]))


def _check_piece(piece: Array) -> None:
    if piece.dtype.kind == "b":
        if piece.view(np.uint8).max() > 1:
            raise DataError("holds booleans that are neither 0 nor 1; get it again")
        return
    codes = piece.view(np.dtype(np.uint32).newbyteorder(piece.dtype.byteorder))
    if codes.max() > sys.maxunicode or (codes >> 11 == 0xD800 >> 11).any():
        raise DataError("holds text with codes that are no characters; get it again")
