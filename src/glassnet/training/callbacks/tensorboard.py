"""Every epoch as scalars that TensorBoard shows."""

import errno
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from glassnet.base.arrays import FilePath
from glassnet.base.configurable import positive_int
from glassnet.base.description import Kind
from glassnet.base.errors import InputError, InputTypeError
from glassnet.base.optional import need
from glassnet.base.version import VERSION
from glassnet.training.callbacks.epoch_log import EpochLog
from glassnet.training.callbacks.event_file import (
    BEGIN,
    EventFile,
    histogram,
    hyperparameters,
    scalars,
    session_end,
    text,
)

NAME = Kind(
    "the name of a folder",
    lambda value: isinstance(value, str) and value not in ("", "..") and Path(value).name == value,
)


class TensorBoard(EpochLog):
    """Write each epoch's metrics and learning rate for TensorBoard: `tensorboard --logdir logs`.

    Steps are epochs, from 1; values are float32. The settings of the training are its
    hyperparameters; a text, `about`, has the version and what else is known. A training that
    resumes from a checkpoint continues its run, which is beside the folder if that has another
    name; a new one in the same folder replaces the curves that are there.

    - `folder`: of the run; network k of a stack has the folder k in it.
    - `histograms=0`: every so many epochs, a histogram of each parameter; 0 for none.
    - `settings`: hyperparameters in addition.
    - `about`: lines of the text in addition.

    Raises `MissingPackageError` without the package tensorboard, and `InputError` if the folder
    cannot be written.
    """

    def __init__(
        self,
        folder: FilePath,
        histograms: int = 0,
        settings: Mapping[str, Any] | None = None,
        about: Mapping[str, str] | None = None,
    ) -> None:
        if not isinstance(folder, (str, os.PathLike)):
            raise InputTypeError(f"TensorBoard: folder is {folder!r}, expected the name of one")
        need("tensorboard", "TensorBoard")
        self.folder, self.settings, self.about = folder, settings, about
        self.histograms = histograms and positive_int(
            "TensorBoard: histograms", histograms, "0 for none"
        )
        check_folder(Path(folder))

    @property
    def place(self) -> str:
        """Where it logs to, in words."""
        return str(self.folder)

    def of_network(self, name: str, settings: Mapping[str, Any] | None = None) -> Self:
        """A copy with another folder: the one with the `name` of the network in its own; `settings`
        are hyperparameters in addition."""
        own = {**(self.settings or {}), **(settings or {})}
        return self.copy(folder=Path(self.folder) / name, settings=own)

    def reset(self) -> None:
        """Forget the training before."""
        self.file: EventFile | None = None

    def state(self) -> dict[str, Any]:
        """What it remembers: the name of its folder too."""
        return {**super().state(), "name": Path(self.folder).absolute().name}

    def more_state(self) -> dict[str, Any]:
        """The name of a folder, not its path: a file must not say where to write."""
        return {"name": NAME}

    def restore(self, state: dict[str, Any]) -> None:
        """Remember this `state` again."""
        super().restore(state)
        if Path(self.folder).absolute().name != state["name"]:
            self.folder = Path(self.folder).with_name(state["name"])
        if any(Path(self.folder).glob(f"{BEGIN}*")):
            self.logged = self.table.epochs

    def start(self) -> None:
        """Open a file for what follows."""
        if self.file is None and self.logged:
            self.file = EventFile(Path(self.folder), self.logged + 1)
        elif self.file is None:
            self.file = EventFile(Path(self.folder), 0)
            settings = {**self.described(), **(self.settings or {})}
            about = {"glassnet": VERSION, **(self.about or {})}
            self.file.add([(0, [hyperparameters(settings), text("about", about)])])

    def write(self) -> None:
        """Add an event for each epoch, and histograms of the network as it is."""
        self.start()
        events = [(epoch, scalars(row)) for epoch, row in self.rows()]
        if self.histograms and self.table.epochs % self.histograms == 0:
            parameters = self.trainer.network.parameters
            events.append((self.table.epochs, [histogram(*each) for each in parameters.items()]))
        self._add(events)

    def end(self) -> None:
        """Say how the training ended."""
        self.start()
        self._add([(self.table.epochs, [session_end(self.outcome() == "finished")])])

    def add(self, metrics: Mapping[str, float]) -> None:
        """Add these `metrics` of the trained network, as scalars at the last epoch."""
        self.start()
        self._add([(self.table.epochs, scalars(metrics))])

    def _add(self, events: Any) -> None:
        assert self.file is not None
        self.file.add(events)


def check_folder(path: Path) -> None:
    """Raise InputError if there is no folder and none can be made, or it cannot be written."""
    try:
        there = next(each for each in (path, *path.absolute().parents) if each.exists())
        if not there.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, f"{there} is a file, expected a folder")
        if not os.access(there, os.W_OK):
            raise PermissionError(errno.EACCES, f"{there}: {os.strerror(errno.EACCES)}")
    except OSError as error:
        raise InputError(f"cannot log to {path}: {error.strerror}") from None
