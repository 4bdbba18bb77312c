"""A folder for each run, with all that repeats and explains it; none is ever overwritten."""

import csv
import io
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import redirect_stdout
from itertools import count
from pathlib import Path
from typing import Annotated, Any

from glassnet.base.errors import InputError
from glassnet.base.files import atomic_write
from glassnet.base.version import VERSION
from glassnet.cli.command import as_typed
from glassnet.cli.options import to_output
from glassnet.training.callbacks.epoch_table import EpochTable
from glassnet.training.callbacks.history import History
from glassnet.training.callbacks.protocol import Logs
from glassnet.workflows.recipes.text import parts_of, recipe_text
from glassnet.workflows.spec import Experiment

RECIPE, LOG, REPORT = "recipe.toml", "log.csv", "report.txt"
REPORT_WIDTH = 80

RunDir = Annotated[
    Path | None,
    to_output("--run-dir", metavar="FOLDER", help="New folder for settings, log, results and "
              "report. If it exists, FOLDER-2 and so on."),
]  # fmt: skip


def check_wanted(folder: Path) -> None:
    """InputError if no such folder could be made: asked before the work."""
    if not folder.name or folder.name == "..":
        raise InputError(
            f"--run-dir is {folder}, expected the name of a folder, such as runs/first"
        )
    if folder.is_file():
        raise InputError(f"--run-dir: {folder} is a file, expected the name of a new folder")
    above = next(each for each in folder.absolute().parents if each.exists())
    if not above.is_dir():
        raise InputError(f"--run-dir: cannot make {folder}: {above} is not a folder")
    if not os.access(above, os.W_OK):
        raise InputError(f"--run-dir: cannot make {folder}: {above} cannot be written")


def new_folder(wanted: Path, option: str = "--run-dir") -> Path:
    """The folder, made now; if it exists, the first that does not of FOLDER-2, FOLDER-3 …"""
    for number in count(1):
        folder = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise InputError(f"{option}: cannot make {folder}: {error.strerror}") from None
        return folder
    raise AssertionError  # there is always another number


def write_recipe(folder: Path, experiment: Experiment, seed: int) -> Path:
    """Write the settings of a run, which `glassnet run` repeats."""
    text = recipe_text(as_typed(), f"glassnet {VERSION}", seed, **parts_of(experiment))
    with atomic_write(folder / RECIPE) as file:
        file.write(text.encode())
    return folder / RECIPE


def write_report(folder: Path, *parts: Callable[[], None]) -> Path:
    """Write what these functions print, below the command."""
    with io.StringIO() as text, redirect_stdout(text):
        print(as_typed(), end="\n\n")
        for part in parts:
            part()
        content = text.getvalue()
    with atomic_write(folder / REPORT) as file:
        file.write(content.encode())
    return folder / REPORT


def print_epochs(history: History, epochs: int) -> None:
    """Print the line of each epoch, as during training."""
    table, seconds = EpochTable(epochs, REPORT_WIDTH), 0.0
    for number, logs in enumerate(_rows(history), start=1):
        seconds += logs.get("seconds", 0.0)
        print(*table.lines(number, {**logs, "seconds": seconds}), sep="\n")


class EpochLog:
    """A callback that writes the metrics of each epoch to a CSV file when the epoch ends.

    A resumed training writes the epochs before too.
    """

    trainer: Any

    def __init__(self, path: Path) -> None:
        self.path = path
        self.columns: list[str] = []

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Append a row."""
        history: History = self.trainer.history
        if self.columns:
            self._append([self._row(epoch, logs)])
            return
        self._begin([*_rows(history), logs])

    def on_train_end(self, logs: Logs) -> None:
        """Write the epochs of a training that was finished before it was resumed."""
        if not self.columns and self.trainer.history.epochs:
            self._begin(_rows(self.trainer.history))

    def _begin(self, rows: Sequence[Logs]) -> None:
        self.columns = ["epoch", *rows[-1]]
        self._append([self.columns, *(self._row(k, each) for k, each in enumerate(rows))])

    def _row(self, epoch: int, logs: Logs) -> list[Any]:
        return [epoch + 1, *(float(logs[n]) if n in logs else "" for n in self.columns[1:])]

    def _append(self, rows: Iterable[Iterable[Any]]) -> None:
        with self.path.open("a", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)


def _rows(history: History) -> list[Logs]:
    """The metrics of each epoch."""
    return [{n: column[k] for n, column in history.items()} for k in range(history.epochs)]
