"""The runs of a sweep, in a CSV file that grows as they finish."""

import csv
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from glassnet.base.configurable import named
from glassnet.base.disk import read_bytes, read_text
from glassnet.base.errors import InputError
from glassnet.base.files import atomic_write
from glassnet.workflows.sweep.sweep import BEST_EPOCH, Key, Row, key_of


class Journal(Mapping[Key, Row]):
    """Finished runs by their keys, in `runs.csv` of a folder.

    A last line that was cut off counts for nothing.

    - `folder`: it must exist.
    - `axes`: the names of the settings that are swept.
    - `figures`: the names of the metrics.
    - `identity`: what they are runs of; it stands in `sweep.json` beside them.

    Raises `InputError` for a folder with other runs.
    """

    @named
    def __init__(
        self, folder: Path, axes: Sequence[str], figures: Sequence[str], identity: Mapping[str, Any]
    ) -> None:
        self.axes, self.path = tuple(axes), folder / "runs.csv"
        self.columns = [*axes, "seed", "epochs", "seconds", *figures]
        self.rows: dict[Key, Row] = {}
        _same_sweep(folder / "sweep.json", {"axes": list(axes), **identity})
        whole = self._whole_lines()
        for number, line in enumerate(whole[1:], start=2):
            row = self._row(number, line)
            self.rows[key_of(row, self.axes)] = row
        if not whole:
            self._append([self.columns])

    def __getitem__(self, key: Key) -> Row:
        return self.rows[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def add(self, rows: Sequence[Row]) -> None:
        """Keep these `rows` for good; a run that is there already stays as it was."""
        new = {key: row for row in rows if (key := key_of(row, self.axes)) not in self.rows}
        self._append([[_cell(row[name]) for name in self.columns] for row in new.values()])
        self.rows |= new

    def _append(self, lines: Sequence[Sequence[str]]) -> None:
        with self.path.open("a", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(lines)
            file.flush()
            os.fsync(file.fileno())

    def _whole_lines(self) -> list[str]:
        """The lines of the file, which loses the beginning of one that was cut off."""
        try:
            content = read_bytes(self.path)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise InputError(f"cannot read {self.path}: {error.strerror}") from None
        whole = content[: content.rfind(b"\n") + 1]
        try:
            lines = whole.decode("utf-8").splitlines()
        except UnicodeDecodeError:
            raise self._wrong("it is not UTF-8 text") from None
        if lines and lines[0] != ",".join(self.columns):
            raise self._wrong(f"its first line is {lines[0][:200]!r}")
        if len(whole) < len(content):
            os.truncate(self.path, len(whole))
        return lines

    def _row(self, number: int, line: str) -> Row:
        try:
            (cells,) = csv.reader([line])
            row: Row = dict(zip(self.columns, cells, strict=True))
            for name in self.columns[len(self.axes) :]:
                kind = int if name in ("seed", "epochs", BEST_EPOCH) else float
                row[name] = kind(row[name]) if row[name] else None
        except (ValueError, csv.Error):
            raise self._wrong(f"line {number} is {line[:200]!r}") from None
        return row

    def _wrong(self, reason: str) -> InputError:
        return InputError(
            f"{self.path}: {reason}, expected {','.join(self.columns)}: mend or delete the file"
        )


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


def _same_sweep(path: Path, identity: Mapping[str, Any]) -> None:
    """Write what the folder is about, or make sure that it is about that."""
    if path.exists():
        try:
            before = dict(json.loads(read_text(path)))
        except OSError as error:
            raise InputError(f"cannot read {path}: {error.strerror}") from None
        except (ValueError, TypeError, RecursionError):
            before = {}
        other = [name for name in identity if before.get(name) != identity[name]]
        if other:
            raise InputError(
                f"{path.parent} holds another sweep ({', '.join(other)} differ): name another "
                "folder with --out, or delete it"
            )
        return
    with atomic_write(path) as file:
        file.write((json.dumps(identity, indent=1) + "\n").encode())
