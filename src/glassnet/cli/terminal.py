"""How results look in a terminal."""

import math
import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Sequence
from typing import Any, TextIO

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from glassnet.base.arrays import Array
from glassnet.cli.columns import GAP, INDENT, LONGEST, Layout, Line, lay_out, without_middle
from glassnet.cli.streams import printable

END = re.compile(r"( |\x1b\[[0-9;]*m)+$")  # spaces in any style, and what ends it
RESET = "\x1b[0m"
APART = "  "  # between parts of a line
UNBROKEN = 200  # characters of a line where there is no terminal


def table(
    title: str,
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    text: Sequence[str] = (),
    keep: Sequence[str] = (),
    total: Sequence[str] = (),
) -> None:
    """Print a table with numbers aligned right, except in the columns of `text`.

    It is at most as wide as the terminal: see `cli.columns`. What did not fit is named once, below
    it; columns of `keep` are never left out. `total` is a last row below a rule.
    """
    every = [*rows, total] if total else [*rows]
    right = [n for n, name in enumerate(headings) if name not in text and _numbers(every, n)]
    laid = lay_out(headings, every, right, width(), [headings.index(name) for name in keep])
    if title:
        print()
        say(title)
    print()
    _print(laid.head)
    _rule(laid)
    for row in laid.rows[: len(rows)]:
        _print(row)
    if total:
        _rule(laid)
        _print(laid.rows[-1])
    _name_missing([name for n, name in enumerate(headings) if n not in laid.columns], laid)


def _name_missing(out: Sequence[str], laid: Layout) -> None:
    """Say once what was too wide."""
    columns = [f"{'column' if len(out) == 1 else 'columns'} {', '.join(out)}"] if out else []
    missing = [*columns, *["long names in full"] * laid.shortened]
    if missing:
        say(f"too narrow to show {' and '.join(missing)}")


def _numbers(rows: Sequence[Sequence[str]], column: int) -> bool:
    return all(row[column][0] in "0123456789–-" for row in rows if row[column])


def _print(lines: Sequence[Line]) -> None:
    for line in lines:
        print((" " * INDENT + (" " * GAP).join(line)).rstrip())


def _rule(laid: Layout) -> None:
    cells = sum(map(cell_len, laid.head[0])) + GAP * (len(laid.columns) - 1)
    print(" " + "─" * (cells + INDENT))


def confusion(matrix: Array, classes: Sequence[str]) -> None:
    """Print a confusion matrix: rows are labels, columns are predictions.

    If it is wider than the terminal, its columns are printed in blocks.
    """
    names = [without_middle(printable(name), LONGEST) for name in classes]
    wide = [GAP + max(cell_len(name), len(str(column.max()))) for name, column in zip(
        names, matrix.T, strict=True)]  # fmt: skip
    room = (width() or math.inf) - GAP - max(map(cell_len, names))
    print("\nconfusion matrix: rows are labels, columns are predictions")
    first = 0
    while first < len(names):
        last = first + 1
        while last < len(names) and sum(wide[first : last + 1]) <= room:
            last += 1
        _block(matrix, names, range(first, last))
        first = last


def _block(matrix: Array, names: Sequence[str], columns: range) -> None:
    """Some columns of a confusion matrix, with what is right in it in green."""
    rows = [
        [name, *(str(counts[k]) if counts[k] else "·" for k in columns)]
        for name, counts in zip(names, matrix, strict=True)
    ]
    laid = lay_out(["", *(names[k] for k in columns)], rows, range(1, 1 + len(columns)))
    print()
    _print(laid.head)
    _rule(laid)
    for index, (line,) in enumerate(laid.rows):
        if index in columns:
            place = index - columns.start + 1
            line[place] = styled(line[place], "bold green")
        _print([line])


def say(text: str, indent: str = "", file: TextIO | None = None) -> None:
    """Print a line; on a terminal it is wrapped between words, with a hanging indent."""
    file = file or sys.stdout
    text = printable(text, file)
    line = f"{indent}{text}"
    if file.isatty():
        line = textwrap.fill(
            text, shutil.get_terminal_size().columns, initial_indent=indent,
            subsequent_indent=f"{indent}  ", break_long_words=False, break_on_hyphens=False,
        )  # fmt: skip
    print(line, file=file)


def say_whole(parts: Sequence[str]) -> None:
    """Print parts on a line; on a terminal it is wrapped between parts, as far as these fit."""
    shown = [printable(part) for part in parts]
    columns = width()
    if columns is None or max(map(cell_len, shown)) + len(APART) > columns:
        say(APART.join(shown))
        return
    lines: list[str] = []
    for part in shown:
        longer = f"{lines[-1]}{APART}{part}" if lines else part
        if lines and cell_len(longer) > columns:
            lines.append(APART + part)
        else:
            lines[-1:] = [longer]
    print(*lines, sep="\n")


def trimmed(draw: Callable[[Console], None]) -> None:
    """Print what `draw` prints, without the spaces at the ends of lines."""
    out = console()
    with out.capture() as printed:
        draw(out)
    for line in printed.get().splitlines():
        print(END.sub(RESET * ("\x1b" in line), line))


def can_ask() -> bool:
    """Whether somebody sits at a terminal who can be asked."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def ask(question: str, choices: Sequence[str]) -> str:
    """The choice, made by its number or its name; asked until it is one."""
    say(question, file=sys.stderr)
    for number, choice in enumerate(choices, start=1):
        say(f"{number}  {choice}", "  ", file=sys.stderr)
    known = {**{str(n): choice for n, choice in enumerate(choices, start=1)},
             **{choice: choice for choice in choices}}  # fmt: skip
    while True:
        said = str(typer.prompt("number or name", err=True)).strip()
        if said in known:
            return known[said]


def count(number: int, what: str) -> str:
    """A count with its noun: `1 network`, `2 networks`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def width() -> int | None:
    """The columns of the terminal; None if standard output is none, where lines may be long."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def console() -> Console:
    """Standard output; a pipe gets lines of any length, unbroken."""
    return Console(width=width() or UNBROKEN, force_jupyter=False)


def styled(text: str, style: str) -> str:
    """A text with the codes of a style, if standard output takes them."""
    out = console()
    with out.capture() as printed:
        out.print(Text(text, style), end="", soft_wrap=True)
    return printed.get()


def utf8_output() -> TextIO:
    """Standard output for data, which other programs read: in UTF-8, as in a file."""
    output: Any = sys.stdout
    if hasattr(output, "reconfigure"):
        output.reconfigure(encoding="utf-8")
    return sys.stdout
