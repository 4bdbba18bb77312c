"""Model files: one .safetensors file holds the weights and, in its header, all else as JSON.

Reading one runs nothing: tensors are numbers, and the JSON names layers that must be known.
"""

import contextlib
import json
import os
import sys
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

from glassnet.base.arrays import Array, FilePath
from glassnet.base.disk import open_regular, replacing
from glassnet.base.errors import GlassnetError, ModelFileError
from glassnet.base.version import VERSION

LONGEST_HEADER = 2**25  # bytes: a longer one would cost a hostile file's reader much memory
FORMAT = 1  # counts up when a file of the new form could be misread by older code


@contextlib.contextmanager
def atomic_write(path: FilePath) -> Iterator[IO[bytes]]:
    """A file to write that takes its name only when it is whole; a failure leaves the old one.

    Raises ModelFileError if it cannot be written, or if what is there is not a regular file.
    """
    try:
        with replacing(path) as file:
            yield file
    except OSError as error:
        raise ModelFileError(f"cannot write {path}: {error.strerror or error}") from None


def write(path: FilePath, tensors: Mapping[str, Array], header: Mapping[str, Any]) -> None:
    """Write named tensors and a header of plain data, whole or not at all."""
    from safetensors.numpy import save

    about = {"format": FORMAT, "versions": versions(), **header}
    try:
        text = json.dumps(about, allow_nan=False, default=_plain)
    except (TypeError, ValueError) as error:
        raise ModelFileError(f"cannot write {path}: {error}") from None
    if len(text) > LONGEST_HEADER // 2:
        raise ModelFileError(f"cannot write {path}: {len(text):,} characters of description")
    content = save({k: v.copy() for k, v in tensors.items()}, metadata={"glassnet": text})
    with atomic_write(path) as file:
        file.write(content)


def _plain(value: Any) -> Any:
    """A number of NumPy as one of Python."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"its header would hold {value!r}: expected text, numbers, lists and dicts")


def versions() -> dict[str, str]:
    """Those that results may depend on, by name."""
    return {
        "glassnet": VERSION,
        "numpy": np.__version__,
        "python": ".".join(map(str, sys.version_info[:3])),
    }


def read(path: FilePath) -> tuple[dict[str, Array], dict[str, Any]]:
    """The tensors and the header that `write` was given."""
    from safetensors import SafetensorError, safe_open

    try:
        _check_header(Path(path))
        with safe_open(str(path), framework="numpy") as file:
            text = (file.metadata() or {}).get("glassnet")
            if text is None:
                raise ModelFileError(
                    f"{path} is a safetensors file, but not one that glassnet wrote"
                )
            header = _parsed(text)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except FileNotFoundError:
        raise ModelFileError(f"no file {path}") from None
    except OSError as error:
        raise ModelFileError(f"cannot read {path}: {error.strerror or error}") from None
    except (SafetensorError, ValueError, RecursionError) as error:
        raise ModelFileError(f"{path} is not a model file: {error}") from None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        found = header.get("format") if isinstance(header, dict) else header
        raise ModelFileError(f"{path} has format {found!r}, this version reads {FORMAT}")
    return tensors, header


@contextlib.contextmanager
def loading(path: FilePath) -> Iterator[None]:
    """Report whatever is wrong with a file's content together with its name."""
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
    except (
        GlassnetError,
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
        OverflowError,
        RecursionError,
    ) as error:
        raise ModelFileError(f"{path} cannot be loaded: {error}") from None
    for each in caught:
        warnings.warn(f"{path}: {each.message}", each.category, stacklevel=4)


def _check_header(path: Path) -> None:
    """Raise ValueError for a header that is too long or names a thing twice."""
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > size - 8:
            raise ValueError("it is shorter than its header says")
        if length > LONGEST_HEADER:
            raise ValueError(f"its header has {length:,} bytes")
        _parsed(file.read(length))


def _parsed(text: str | bytes) -> Any:
    """JSON as its standard has it: no NaN, and no name twice in an object."""
    return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"it has {next(n for n in names if names.count(n) > 1)!r} twice")
    return found


def _no_number(text: str) -> None:
    raise ValueError(f"it has {text} where a number belongs")
