"""How results look in a terminal."""

import sys
from collections.abc import Sequence
from typing import Any, TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from glassnet.arrays import Array


def table(
    title: str, headings: Sequence[str], rows: Sequence[Sequence[str]], text: Sequence[str] = ()
) -> None:
    """Print a table; numbers to the right, but not those in the columns of `text`.

    It is as wide as the terminal, or as the longest line.
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
    console().print(out)


def confusion(matrix: Array, classes: Sequence[str]) -> None:
    """Print a confusion matrix: rows are the truth, columns what the network said."""
    out = Table(box=box.SIMPLE_HEAD)
    out.add_column("")
    for name in classes:
        out.add_column(Text(name), justify="right")
    for index, (name, counts) in enumerate(zip(classes, matrix, strict=True)):
        cells = [Text(str(n) if n else "·") for n in counts]
        cells[index] = Text(str(counts[index]), "bold green")
        out.add_row(Text(name), *cells)
    print("\nconfusion matrix: rows are the truth, columns the answers")
    console().print(out)


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
