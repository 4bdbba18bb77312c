"""Model files: one .safetensors file holds the weights and, in its header, all else as JSON.

Reading one runs nothing: tensors are numbers, and the JSON names layers that must be known.
"""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from glassnet.arrays import Array, FilePath
from glassnet.errors import ModelFileError

FORMAT = 1  # counts up when a file of the new form could be misread by older code


@contextlib.contextmanager
def atomic_write(path: FilePath) -> Iterator[IO[bytes]]:
    """A file to write that takes its name only when it is whole; a failure leaves the old one."""
    path = Path(path)
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise ModelFileError(f"cannot write {path}: {error.strerror}") from None
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)  # mkstemp's own 0600 would hide it from colleagues
        Path(temporary).replace(path)
    except BaseException as error:
        Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise ModelFileError(f"cannot write {path}: {error.strerror}") from None
        raise


def write(path: FilePath, tensors: Mapping[str, Array], header: Mapping[str, Any]) -> None:
    """Write named tensors and a header of plain data, whole or not at all."""
    from safetensors.numpy import save

    text = json.dumps({"format": FORMAT, **header}, allow_nan=False)
    content = save({k: v.copy() for k, v in tensors.items()}, metadata={"glassnet": text})
    with atomic_write(path) as file:
        file.write(content)


def read(path: FilePath) -> tuple[dict[str, Array], dict[str, Any]]:
    """The tensors and the header that `write` was given."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="numpy") as file:
            text = (file.metadata() or {}).get("glassnet")
            if text is None:
                raise ModelFileError(
                    f"{path} is a safetensors file, but not one that glassnet wrote"
                )
            header = json.loads(text)
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
