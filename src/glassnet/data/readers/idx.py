"""Reads IDX files, the format of MNIST (LeCun, Cortes, Burges), gzipped or not.

An IDX file is two zero bytes, a code for the type of a number, the count of dimensions, each
dimension as four bytes, then the numbers, all big-endian. Nothing in a file is believed before it
is checked: memory grows with the bytes that are there, not with the bytes a header promises.
"""

import gzip
import hashlib
import io
import math
import struct
import zlib
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np

from glassnet.base.arrays import Array, Shape
from glassnet.base.disk import open_regular
from glassnet.base.errors import DataError
from glassnet.data.readers import growth

DTYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
MAX_DIMS = 4
MAX_BYTES = 2**31
"""The most bytes of numbers that one file may hold: 2 GiB."""

_CHUNK = 2**20
_GZIP_MAGIC = b"\x1f\x8b"


def read(path: str | Path, *, sha256: str | None = None) -> Array:
    """The array in an IDX file, in native byte order; a gzipped file is known by its first bytes.

    With `sha256`, the uncompressed bytes must have this sum. Raises DataError, with the name of
    the file, for a file that cannot be read or is not exactly one IDX array of at most 2 GiB.
    """
    try:
        with open_regular(path) as file:
            return _read(file, str(path), sha256)
    except FileNotFoundError:
        raise DataError(f"there is no file {path}; check the path") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path}: cannot be read: {reason}") from error


def read_bytes(data: bytes, name: str, *, sha256: str | None = None) -> Array:
    """The array in the bytes of an IDX file; `name` is what errors call it.

    >>> read_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 5, 6, 7]), "three bytes")
    array([5, 6, 7], dtype=uint8)
    """
    return _read(io.BytesIO(data), name, sha256)


def _read(file: BinaryIO, name: str, sha256: str | None) -> Array:
    gzipped = file.read(2) == _GZIP_MAGIC
    file.seek(0)
    if not gzipped:
        return _read_plain(file, name, sha256)
    most = growth.most(growth.size_of(file))
    try:
        with gzip.GzipFile(fileobj=file) as inflated:
            return _read_plain(cast(BinaryIO, inflated), name, sha256, most)
    except EOFError:
        raise DataError(f"{name}: the gzip stream is truncated; get it again") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{name}: the gzip stream is damaged ({error}); get it again") from error


def _read_plain(file: BinaryIO, name: str, sha256: str | None, most: int = MAX_BYTES) -> Array:
    header, dtype, shape = _read_header(file, name)
    size = math.prod(shape) * dtype.itemsize
    if size > most:
        raise DataError(
            f"{name}: its header promises {size} bytes of numbers, more than {growth.MAX_GROWTH} "
            "times the file's: if you trust it, unpack it with gunzip"
        )
    body = _take(file, size)
    if len(body) < size:
        raise DataError(
            f"{name}: truncated: the header promises {size} bytes of numbers, "
            f"the file has {len(body)}; get it again"
        )
    if file.read(1):
        raise DataError(f"{name}: has more than the {size} bytes of numbers its header promises")
    if sha256 is not None:
        _check_sum(header, body, name, sha256)
    return np.frombuffer(body, dtype).astype(dtype.newbyteorder("="), copy=False).reshape(shape)


def _read_header(file: BinaryIO, name: str) -> tuple[bytes, np.dtype[Any], Shape]:
    magic = file.read(4)
    if not magic:
        raise DataError(f"{name}: is empty; expected an IDX file")
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in DTYPES:
        raise DataError(f"{name}: is not an IDX file: it starts with the bytes {magic.hex(' ')}")
    dims = magic[3]
    if not 1 <= dims <= MAX_DIMS:
        raise DataError(f"{name}: has {dims} dimensions; expected 1 to {MAX_DIMS}")
    packed = file.read(4 * dims)
    if len(packed) < 4 * dims:
        raise DataError(f"{name}: truncated inside its header; get it again")
    shape = struct.unpack(f">{dims}I", packed)
    dtype = np.dtype(DTYPES[magic[2]])
    # An empty dimension makes the product 0, but NumPy still refuses the other ones when huge.
    if math.prod(max(size, 1) for size in shape) * dtype.itemsize > MAX_BYTES:
        raise DataError(f"{name}: its header promises shape {shape}, more than the 2 GiB allowed")
    return magic + packed, dtype, shape


def _take(file: BinaryIO, size: int) -> bytearray:
    """Up to `size` bytes, in chunks, so that a header that lies costs no memory."""
    taken = bytearray()
    while chunk := file.read(min(_CHUNK, size - len(taken))):
        taken += chunk
    return taken


def _check_sum(header: bytes, body: bytearray, name: str, expected: str) -> None:
    total = hashlib.sha256(header)
    total.update(body)
    if (found := total.hexdigest()) != expected:
        raise DataError(f"{name}: wrong contents: SHA-256 {found[:12]}…, expected {expected[:12]}…")
