"""A temporary folder; if its process is killed, the next one removes it."""

import os
import shutil
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from glassnet.base.disk import lock

PREFIX, LOCK = "glassnet-lab-", "lock"


class Scratch:
    """A folder that lives as long as this object or its process.

    A file in it is locked as long as the process lives, so that nobody else's folder is taken for
    an abandoned one, whatever the number of its process. Where there are no locks, an abandoned
    folder stays.
    """

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix=PREFIX)
        self.path = Path(self._folder.name)
        self._held = (self.path / "new").open("xb")
        if lock(self._held, wait=True):
            (self.path / "new").rename(self.path / LOCK)  # which is never seen without its lock

    def remove(self) -> None:
        """Remove it, with all that is in it."""
        self._held.close()
        self._folder.cleanup()


def remove_abandoned() -> None:
    """Remove the folders of this user whose process was killed."""
    if sys.platform == "win32":  # which has no such locks
        return
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            about = folder.lstat()
            if stat.S_ISDIR(about.st_mode) and about.st_uid == os.getuid():
                _remove_unless_held(folder)


def _remove_unless_held(folder: Path) -> None:
    handle = os.open(folder / LOCK, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(handle, "rb") as file:
        if lock(file, wait=False):
            shutil.rmtree(folder)
