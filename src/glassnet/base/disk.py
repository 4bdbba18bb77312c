"""Files on a disk: read only if they are files, and written whole or not at all."""

import errno
import os
import platform
import stat
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import IO

from glassnet.base.arrays import FilePath

MOST_TEXT = 2**26  # bytes of a text that is read as a whole

# Files that are being written begin so. Locks may not reach over a network, so each machine
# removes only its own.
UNFINISHED = f".glassnet-{zlib.crc32(platform.node().encode()):08x}-"

OTHER_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


# ---- reading


def regular(path: FilePath) -> os.stat_result:
    """What the system knows of a file.

    Raises OSError for anything else: a pipe waits for a writer, and a device may have no end.
    """
    try:
        found = Path(path).stat()
    except ValueError as error:  # a name that no file can have
        raise OSError(errno.EINVAL, str(error)) from None
    if not stat.S_ISREG(found.st_mode):
        kind = OTHER_KINDS.get(stat.S_IFMT(found.st_mode), "something else")
        raise OSError(errno.EINVAL, f"it is {kind}, expected a regular file")
    return found


def open_regular(path: FilePath) -> BufferedReader:
    """The file, opened to be read; OSError for anything that is not a regular file."""
    regular(path)
    return Path(path).open("rb")


def read_bytes(path: FilePath, most: int = MOST_TEXT) -> bytes:
    """All of a regular file; OSError for anything else, or longer than `most` bytes."""
    with open_regular(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"it has more than {most:,} bytes")
    return content


def read_text(path: FilePath, most: int = MOST_TEXT) -> str:
    """The same as text, which has to be UTF-8, else UnicodeDecodeError."""
    return read_bytes(path, most).decode("utf-8")


# ---- writing


def to_replace(path: FilePath) -> tuple[Path, os.stat_result | None]:
    """The file that writing to a path would replace, behind all links, and what it is now.

    Raises OSError if something is there that is not a regular file.
    """
    try:
        now = regular(path)
    except FileNotFoundError:
        now = None
    return Path(path).resolve(), now


@contextmanager
def replacing(path: FilePath) -> Iterator[IO[bytes]]:
    """A file to write that takes its name only when it is whole; a failure leaves the old one.

    A link stays, and the file it leads to is replaced. The new file keeps the mode of the old one
    and, if the system allows it, the owner. Its name until then is `file.name`.
    """
    place, old = to_replace(path)
    _remove_abandoned(place.parent)
    with _unfinished(place.parent, 0o666 if old is None else 0o600) as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
        if old is not None:
            _keep_mode(Path(file.name), old)
        if sys.platform == "win32":  # which renames no open file
            file.close()
        Path(file.name).replace(place)  # while the lock is held
    _sync_folder(place.parent)


def append(path: FilePath, content: bytes) -> None:
    """Add bytes to the end of a file, all of them or none."""
    with Path(path).open("ab", buffering=0) as file:
        end = file.seek(0, os.SEEK_END)
        try:
            while content:  # the system may take a part, and refuse the rest
                content = content[file.write(content) :]
        except OSError:
            file.truncate(end)
            raise


@contextmanager
def _unfinished(folder: Path, mode: int) -> Iterator[IO[bytes]]:
    """A new file, locked until it is closed and then gone, unless it has another name by then.

    The system applies its umask to `mode`.
    """
    while True:
        path = folder / f"{UNFINISHED}{os.urandom(8).hex()}"
        try:
            with open(path, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
                lock(file, wait=True)
                if path.exists():  # it was not removed before the lock was taken
                    yield file
                    return
        finally:
            path.unlink(missing_ok=True)


def _remove_abandoned(folder: Path) -> None:
    """Remove what killed writers left behind: a lock ends with the process that holds it."""
    for path in folder.glob(f"{UNFINISHED}*"):
        with suppress(OSError):
            regular(path)
            with path.open("r+b") as file:
                if lock(file, wait=False):
                    path.unlink()


def lock(file: IO[bytes], *, wait: bool) -> bool:
    """Whether this open file alone is locked now; not every system or folder has locks.

    The lock ends with the process, however that ends.
    """
    if sys.platform == "win32":
        return False
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _keep_mode(path: Path, old: os.stat_result) -> None:
    for owner in ((old.st_uid, -1), (-1, old.st_gid)):
        with suppress(OSError, AttributeError):  # root alone may give away; Windows has no chown
            os.chown(path, *owner)
    path.chmod(stat.S_IMODE(old.st_mode))


def _sync_folder(folder: Path) -> None:
    """Let the new name outlive a power cut too, if the system can."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
