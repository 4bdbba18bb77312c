"""Columns of text that fit a width.

One rule for all tables. Cells are wrapped between words; if that is not enough, long words lose
their middle; if that is not enough either, columns are left out, the last first.
"""

from collections.abc import Collection, Sequence
from itertools import zip_longest
from typing import NamedTuple

from rich.cells import cell_len

from glassnet.cli.streams import printable

INDENT = 2  # before the first column
GAP = 3  # between columns
LONGEST = 16  # characters that every word keeps as long as there are columns to leave out

Line = list[str]  # the padded cells of one line


class Layout(NamedTuple):
    """A table as lines: of its headings, and of each row. `columns` are those that are shown,
    `shortened` says whether a word lost its middle."""

    head: list[Line]
    rows: list[list[Line]]
    columns: list[int]
    shortened: bool


def lay_out(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    right: Collection[int] = (),
    width: int | None = None,
    keep: Collection[int] = (),
) -> Layout:
    """The lines of a table.

    - `headings`, `rows`: a cell for each column.
    - `right=()`: the columns that are aligned right.
    - `width=None`: of the terminal; by default there is no end to it.
    - `keep=()`: the columns that are never left out; the first is always kept.
    """
    cells = [[printable(cell) for cell in row] for row in (headings, *rows)]
    # Numbers are not broken, their headings are.
    parts = [
        [[cell] if row and n in right else _words(cell) for n, cell in enumerate(each)]
        for row, each in enumerate(cells)
    ]
    natural = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    words = [
        max(cell_len(word) for each in column for word in each)
        for column in zip(*parts, strict=True)
    ]
    least = [word if n in right else min(word, LONGEST) for n, word in enumerate(words)]
    columns, widths = _widths(least, words, natural, {0, *keep}, width)
    laid = [
        _lines([each[n] for n in columns], widths, [n in right for n in columns]) for each in parts
    ]
    cut = any(words[n] > wide for n, wide in zip(columns, widths, strict=True))
    return Layout(laid[0], laid[1:], columns, cut)


def _widths(
    least: Sequence[int],
    words: Sequence[int],
    natural: Sequence[int],
    keep: set[int],
    width: int | None,
) -> tuple[list[int], list[int]]:
    """The columns that are shown, and how wide each is: from least to natural as there is room."""
    columns = [*range(len(words))]
    if width is None:
        return columns, [*natural]
    while len(columns) > len(keep) and sum(least[n] for n in columns) > _room(width, len(columns)):
        columns.remove(max(n for n in columns if n not in keep))
    room = _room(width, len(columns))
    widths = _shrunk([least[n] for n in columns], room)
    for wanted in (words, natural):
        widths = _grown(widths, [wanted[n] for n in columns], room)
    return columns, widths


def without_middle(word: str, width: int) -> str:
    """A word in so many characters: its begin and its end, which tell names apart.

    >>> without_middle("mean_radius_of_the_left_eye", 16)
    'mean_radius_…eye'
    """
    if cell_len(word) <= width:
        return word
    mark = printable("…")
    left = max(0, width - len(mark))
    end = left // 4
    begin = left - end
    while begin and cell_len(word[:begin]) + cell_len(word[len(word) - end :]) > left:
        begin -= 1  # wide characters take two places
    return (word[:begin] + mark + word[len(word) - end :])[: max(width, 1)]


def _room(width: int, columns: int) -> int:
    """The characters for cells: the rule below the headings is one longer than they are."""
    return width - INDENT - 1 - GAP * (columns - 1)


def _shrunk(widths: Sequence[int], room: int) -> list[int]:
    """Widths that shrink, the largest first, until there is room or none is left."""
    shrunk = [*widths]
    while sum(shrunk) > room and max(shrunk) > 1:
        shrunk[shrunk.index(max(shrunk))] -= 1
    return shrunk


def _grown(widths: Sequence[int], wanted: Sequence[int], room: int) -> list[int]:
    """Widths that grow to those wanted, the smallest first, as long as there is room."""
    grown = [*widths]
    while sum(grown) < room:
        short = [n for n, wide in enumerate(grown) if wide < wanted[n]]
        if not short:
            break
        grown[min(short, key=grown.__getitem__)] += 1
    return grown


def _lines(cells: Sequence[list[str]], widths: Sequence[int], right: Sequence[bool]) -> list[Line]:
    """A row, of the words of its cells, as lines of equal cells."""
    wrapped = [_wrapped(words, wide) for words, wide in zip(cells, widths, strict=True)]
    return [
        [_padded(*each) for each in zip(line, widths, right, strict=True)]
        for line in zip_longest(*wrapped, fillvalue="")
    ]


def _padded(text: str, width: int, right: bool) -> str:
    blanks = " " * (width - cell_len(text))
    return blanks + text if right else text + blanks


def _wrapped(words: Sequence[str], width: int) -> list[str]:
    """The words in lines of so many characters."""
    first, *rest = (without_middle(word, width) for word in words)
    lines = [first]
    for word in rest:
        longer = f"{lines[-1]} {word}"
        if cell_len(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _words(cell: str) -> list[str]:
    """The words of a cell; blanks before the first belong to it, as the indent of a part."""
    indent = cell[: len(cell) - len(cell.lstrip(" "))]
    first, *rest = cell.split() or [""]
    return [indent + first, *rest]
