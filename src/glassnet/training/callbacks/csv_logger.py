"""Every epoch as a row of a CSV file."""

import csv
import errno
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from glassnet.base.arrays import FilePath
from glassnet.base.disk import append, replacing, to_replace
from glassnet.base.errors import InputTypeError, ModelFileError
from glassnet.training.callbacks.epoch_log import EpochLog

SECONDS = "seconds"  # not in the file: no two trainings take the same time


class CSVLogger(EpochLog):
    """Write a row of a CSV file for each epoch: its number, from 1, its metrics, learning rate.

    Numbers have all their digits, and seconds are left out, so the same training gives the same
    bytes; one that resumes from a checkpoint continues the file, and has each epoch once. A file of
    that name is replaced. Metrics that other callbacks add are in it if those come before.

    - `path`: of the file; network k of a stack has -k at the end of its name.

    Raises `ModelFileError` if the file cannot be written.

    >>> CSVLogger("log.csv")
    CSVLogger('log.csv')
    """

    def __init__(self, path: FilePath) -> None:
        if not isinstance(path, (str, os.PathLike)):
            raise InputTypeError(f"CSVLogger: path is {path!r}, expected the name of a file")
        self.path = path
        check_writable(Path(path))

    @property
    def place(self) -> str:
        """Where it logs to, in words."""
        return str(self.path)

    def of_network(self, name: str, settings: Mapping[str, Any] | None = None) -> Self:
        """A copy with another file: its own with a hyphen and the `name` of the network. A file of
        epochs has no place for `settings`."""
        path = Path(self.path)
        return self.copy(path=path.with_name(f"{path.stem}-{name}{path.suffix}"))

    def reset(self) -> None:
        """Forget the training before."""
        self.columns: list[str] = []  # of the file, once there is one

    def write(self) -> None:
        """Add rows to the file, or write it anew if it is not there or has other columns."""
        columns = [name for name in self.table if name != SECONDS]
        if columns == self.columns and Path(self.path).exists():
            append(self.path, self._lines(self.logged, columns))
            return
        with replacing(self.path) as file:
            file.write(_csv([["epoch", *columns]]) + self._lines(0, columns))
        self.columns = columns

    def _lines(self, first: int, columns: list[str]) -> bytes:
        """The rows of the epochs from `first` on."""
        values = [self.table[name] for name in columns]
        rows = [
            [epoch + 1, *(float(each[epoch]) for each in values)]
            for epoch in range(first, self.table.epochs)
        ]
        return _csv(rows)


def _csv(rows: list[Any]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def check_writable(path: Path) -> None:
    """Raise ModelFileError if a file cannot be written there, or another is in its place."""
    try:
        if not path.parent.is_dir():
            raise OSError(errno.ENOENT, f"there is no folder {path.parent}: create it first")
        to_replace(path)
        if not os.access(path.parent, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise ModelFileError(f"cannot write {path}: {error.strerror}") from None
