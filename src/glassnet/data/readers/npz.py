"""Reads NumPy's .npz files from anywhere: zips of .npy files, each as strictly as such a file."""

import re
import struct
import sys
import zipfile
import zlib
from typing import BinaryIO, cast

import numpy as np

from glassnet.base.arrays import Array, FilePath
from glassnet.base.errors import DataError
from glassnet.data.readers import growth
from glassnet.data.readers.npy import (
    CHUNK,
    check_size,
    check_values,
    one_line,
    opened_file,
    prefixing_with,
    read_header,
    short,
)

MAX_NPZ_BYTES = 2**32
"""The most bytes that the members of one .npz file may unpack to: 4 GiB."""

MAX_MEMBERS = 1000

_OUTSIDE = re.compile(r"[A-Za-z]:[\\/]|[\\/]|(?:.*[\\/])?\.\.[\\/]")
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
    with opened_file(path) as file:
        try:
            with zipfile.ZipFile(file) as archive:
                members = _members(archive, growth.most(growth.size_of(file)))
                return {name: _read_member(archive, info) for name, info in members.items()}
        except _DAMAGED as error:
            why = one_line(error) or "it ends too early"
            raise DataError(
                f"is not a .npz file, or a damaged one: {why}; get it again, or save it with "
                "np.savez"
            ) from None


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
        with prefixing_with(f"member {short(info.orig_filename)}"):
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
    with prefixing_with(f"member {short(info.filename)}"), archive.open(info) as opened:
        file = cast(BinaryIO, opened)
        header = read_header(file)
        check_size(header, claimed)
        body = bytearray()
        while chunk := file.read(min(CHUNK, header.size - len(body))):
            body += chunk
        if len(body) < header.size:
            raise DataError(
                f"truncated: {header.size - len(body)} of its {header.size} bytes of numbers are "
                "missing; get it again"
            )
        if file.read(1):
            raise DataError(f"unpacks to more than the {claimed} bytes promised; get it again")
        flat = np.frombuffer(body, header.dtype)
        check_values(flat)
    native = flat.astype(header.dtype.newbyteorder("="), copy=False)
    return native.reshape(header.shape, order=header.order)
