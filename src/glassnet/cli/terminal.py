"""How results look in a terminal."""

import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from glassnet.base.arrays import Array

LONGEST = 16  # characters of a class's name beside a confusion matrix
END = re.compile(r"( |\x1b\[[0-9;]*m)+$")  # spaces in any style, and what ends it
RESET = "\x1b[0m"
GAP = 3  # between columns


def table(
    title: str, headings: Sequence[str], rows: Sequence[Sequence[str]], text: Sequence[str] = ()
) -> None:
    """Print a table with numbers aligned right, except in the columns of `text`.

    It is as wide as the terminal allows.
    """
    out = Table(box=box.SIMPLE_HEAD)
    for index, heading in enumerate(headings):
        number = heading not in text and all(
            row[index][:1] in "0123456789–" for row in rows if row[index]
        )
        out.add_column(heading, justify="right" if number else "left")
    for row in rows:
        out.add_row(*map(Text, row))  # as they are: names may look like markup
    print(f"\n{title}")
    trimmed(lambda to: to.print(out))


def confusion(matrix: Array, classes: Sequence[str]) -> None:
    """Print a confusion matrix: rows are labels, columns are predictions.

    If it is wider than the terminal, its columns are printed in blocks.
    """
    names = [name if len(name) <= LONGEST else name[: LONGEST - 1] + "…" for name in classes]
    wide = [GAP + max(len(name), len(str(column.max()))) for name, column in zip(
        names, matrix.T, strict=True)]  # fmt: skip
    room = console().width - GAP - max(map(len, names))
    print("\nconfusion matrix: rows are labels, columns are predictions")
    first = 0
    while first < len(names):
        last = first + 1
        while last < len(names) and sum(wide[first : last + 1]) <= room:
            last += 1
        trimmed(partial(_block, matrix, names, range(first, last)))
        first = last


def _block(matrix: Array, names: Sequence[str], columns: range, to: Console) -> None:
    out = Table(box=box.SIMPLE_HEAD)
    out.add_column("")
    for column in columns:
        out.add_column(Text(names[column]), justify="right")
    for index, (name, counts) in enumerate(zip(names, matrix, strict=True)):
        cells = [Text(str(counts[k]) if counts[k] else "·") for k in columns]
        if index in columns:
            cells[index - columns.start] = Text(str(counts[index]), "bold green")
        out.add_row(Text(name), *cells)
    to.print(out)


def say(text: str, indent: str = "", file: TextIO | None = None) -> None:
    """Print a line; on a terminal it is wrapped between words, with a hanging indent."""
    file = file or sys.stdout
    line = f"{indent}{text}"
    if file.isatty():
        line = textwrap.fill(
            text, shutil.get_terminal_size().columns, initial_indent=indent,
            subsequent_indent=f"{indent}  ", break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
    print(line, file=file)


def trimmed(draw: Callable[[Console], None]) -> None:
    """Print what `draw` prints, without the spaces at the ends of lines."""
    out = console()
    with out.capture() as printed:
        draw(out)
    for line in printed.get().splitlines():
        print(END.sub(RESET * ("\x1b" in line), line))


def count(number: int, what: str) -> str:
    """A count with its noun: `1 network`, `2 networks`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def console() -> Console:
    """Standard output; a pipe gets lines of any length, unbroken."""
    plain = Console()
    return plain if plain.is_terminal else Console(width=200)


def utf8_output() -> TextIO:
    """Standard output for data, which other programs read: in UTF-8, as in a file."""
    output: Any = sys.stdout
    if hasattr(output, "reconfigure"):
        output.reconfigure(encoding="utf-8")
    return sys.stdout
