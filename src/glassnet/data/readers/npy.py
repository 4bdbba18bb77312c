"""Reads NumPy's .npy and .npz files from anywhere: nothing is unpickled, nothing is believed.

A .npy file is six magic bytes, a version, the length of a header, the header, which is a Python
literal with type, order and shape, and the numbers. A .npz file is a zip of .npy files. A claim is
compared with the bytes that are there before anything of its size is made: besides the numbers,
memory is a header (at most 64 KiB, and 32 MiB while it is parsed) and pieces of 1 MiB.
"""

import ast
import io
import math
import os
import re
import stat
import struct
import sys
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple, cast

import numpy as np

from glassnet.base.arrays import Array, FilePath, Shape
from glassnet.base.errors import DataError
from glassnet.data.readers import growth

MAX_NPZ_BYTES = 2**32
"""The most bytes that the members of one .npz file may unpack to: 4 GiB."""

MAX_MEMBERS = 1000
MAX_HEADER = 2**16
MAX_FIELDS = 1000
MAX_DIMS = 32

_CHUNK = 2**20
_CLAIMS = {"descr", "fortran_order", "shape"}
_MAGIC = b"\x93NUMPY"
_VERSIONS = {b"\1\0": (2, "latin-1"), b"\2\0": (4, "latin-1"), b"\3\0": (4, "utf-8")}

# Brackets, texts, whole numbers: no operators, so nothing that Python's parser would recurse into.
_LITERAL = re.compile(
    r"""(?:[][(){}:, \n]|True|False|[0-9]+|'[^'\\\x00-\x1f]*'|"[^"\\\x00-\x1f]*")*+"""
)
_TYPE = re.compile(r"[<>|](?:b1|[iu]1)|[<>](?:[iu][248]|f[248]|U[1-9][0-9]{0,4})")
_PADDING = re.compile(r"\|V([0-9]{1,6})")
_OUTSIDE = re.compile(r"[A-Za-z]:[\\/]|[\\/]|(?:.*[\\/])?\.\.[\\/]")
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
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
)


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
    with _opened(path) as file:
        header = _read_header(file)
        _check_size(header, os.fstat(file.fileno()).st_size)
        # The file that was checked, not its name, which may mean another one by now.
        flat = np.memmap(file, header.dtype, "r", header.length, (header.numbers,))
        _check_values(flat)
    return flat.reshape(header.shape, order=header.order)


def read_npz(path: FilePath) -> dict[str, Array]:
    """The arrays in a .npz file by name, in memory, writable, in native byte order.

    Together they may have 4 GiB, `MAX_NPZ_BYTES`, and what `growth.most` allows; turning one into
    native order takes its size once more. Raises DataError, with the name of the file, for a file
    that cannot be read, for anything but a plain zip of at most 1,000 arrays, and for an array that
    `open_npy` refuses.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "two.npz")
    ...     np.savez_compressed(path, x=np.arange(3), y=np.array(["no", "yes", "no"]))
    ...     {name: array.tolist() for name, array in read_npz(path).items()}
    {'x': [0, 1, 2], 'y': ['no', 'yes', 'no']}
    """
    with _opened(path) as file:
        try:
            with zipfile.ZipFile(file) as archive:
                members = _members(archive, growth.most(growth.size_of(file)))
                return {name: _read_member(archive, info) for name, info in members.items()}
        except _DAMAGED as error:
            raise DataError(
                f"is not a .npz file, or a damaged one: {_line(error) or 'it ends too early'}; get "
                "it again, or save it with np.savez"
            ) from None


# ---- files


class _SmallReads(io.BufferedReader):
    """A file that is never read in large: zipfile would take a directory of any size at once."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _CHUNK:
            raise DataError(
                "its list of members is longer than 1 MiB; save fewer arrays, or shorter names"
            )
        return super().read(size)


@contextmanager
def _opened(path: FilePath) -> Iterator[BinaryIO]:
    try:
        with _about(str(path)):
            if not stat.S_ISREG(Path(path).stat().st_mode):  # a pipe would wait for a writer
                raise DataError("is a folder, pipe or device; expected a file; check the path")
            with _SmallReads(io.FileIO(os.fspath(path))) as file:
                yield cast(BinaryIO, file)
    except FileNotFoundError:
        raise DataError(f"there is no file {path}; check the path") from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read: {_line(error)}") from error


@contextmanager
def _about(what: str) -> Iterator[None]:
    """Name what a DataError inside is about."""
    try:
        yield
    except DataError as error:
        raise DataError(f"{what}: {error}") from None


def _line(error: Exception) -> str:
    return " ".join(str(getattr(error, "strerror", None) or error).split())[:200]


def _short(value: object) -> str:
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


def _read_header(file: BinaryIO) -> _Header:
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
        f"its header is {_short(header.decode('latin-1').strip())}; expected descr, fortran_order "
        "(True or False), shape, and nothing else; save it with np.save"
    )


def _shape(found: object) -> Shape:
    if type(found) is not tuple or not all(type(n) is int and n < 2**63 for n in found):
        raise DataError(
            f"its shape is {_short(found)}; expected whole numbers, such as (3, 4); save it with "
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
        f"holds {what} (type {_short(code)}); expected booleans, integers, floats or text; "
        f"{instead}"
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
            raise DataError(f"has two fields {_short(label)}, or one without a name; name each")
        with _about(f"field {_short(label)}"):
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
        f"has the field {_short(field)}; expected a name and the type of one value; save one field "
        "for each value"
    )


# ---- the numbers


def _check_size(header: _Header, total: int) -> None:
    """Compare what the header promises with a file, or the claim of a zip, of `total` bytes."""
    there = max(0, total - header.length)
    if header.size >= 2**63:
        shape = _short(header.shape)
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


def _check_values(flat: Array) -> None:
    """Refuse bytes that are no boolean or no character: NumPy takes them as they are."""
    for label in flat.dtype.names or (None,):
        values = np.asarray(flat if label is None else flat[label])
        if values.dtype.kind not in "bU":
            continue
        step = max(1, _CHUNK // values.dtype.itemsize)
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


# ---- the members of a zip


def _members(archive: zipfile.ZipFile, most: int) -> dict[str, zipfile.ZipInfo]:
    infos = archive.infolist()
    if not 0 < len(infos) <= MAX_MEMBERS:
        raise DataError(
            f"has {len(infos)} members; expected 1 to {MAX_MEMBERS} arrays; save it with np.savez"
        )
    total = sum(info.file_size for info in infos)
    if total > MAX_NPZ_BYTES:
        raise DataError(
            f"promises {total} bytes; expected at most {MAX_NPZ_BYTES}; save each array as a .npy "
            "file, which is mapped instead of read"
        )
    if total > most:
        raise DataError(
            f"promises {total} bytes, more than {growth.MAX_GROWTH} times its size: save its "
            "arrays with np.savez, which does not compress them"
        )
    members: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        with _about(f"member {_short(info.orig_filename)}"):
            _check_member(info)
            name = info.filename.removesuffix(".npy")
            if name in members:
                raise DataError("is there twice; rename one")
            members[name] = info
    return members


def _check_member(info: zipfile.ZipInfo) -> None:
    if info.flag_bits & 0x2041:
        raise DataError("is encrypted; expected an array as it is; save it with np.savez")
    # bzip2 and LZMA unpack without a bound, and np.savez writes neither.
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(
            f"is compressed by method {info.compress_type}; expected none or deflate; save it with "
            "np.savez_compressed"
        )
    name = info.orig_filename
    if not name.endswith(".npy") or name == ".npy" or not name.isprintable():
        raise DataError("is not a .npy file; save arrays alone, with np.savez")
    if _OUTSIDE.match(name):
        raise DataError("has a name that leads outside; save it with np.savez")


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Array:
    claimed, info.file_size = info.file_size, sys.maxsize  # zipfile would cut there, unseen
    with _about(f"member {_short(info.filename)}"), archive.open(info) as opened:
        file = cast(BinaryIO, opened)
        header = _read_header(file)
        _check_size(header, claimed)
        body = bytearray()
        while chunk := file.read(min(_CHUNK, header.size - len(body))):
            body += chunk
        if len(body) < header.size:
            raise DataError(
                f"truncated: {header.size - len(body)} of its {header.size} bytes of numbers are "
                "missing; get it again"
            )
        if file.read(1):
            raise DataError(f"unpacks to more than the {claimed} bytes promised; get it again")
        flat = np.frombuffer(body, header.dtype)
        _check_values(flat)
    native = flat.astype(header.dtype.newbyteorder("="), copy=False)
    return native.reshape(header.shape, order=header.order)
