"""Sheets of an .ods file (OpenDocument 1.3, part 3, chapter 9), a row at a time."""

import re
import zipfile
from collections.abc import Iterator
from typing import BinaryIO
from xml.etree.ElementTree import Element, iterparse

from glassnet.base.errors import DataError
from glassnet.data.readers.sheet_values import (
    MAX_COLUMNS,
    MAX_ROWS,
    NO_VALUE,
    check_place,
    clock,
)

OASIS = "urn:oasis:names:tc:opendocument:xmlns"
TABLE, OFFICE, TEXT = (f"{{{OASIS}:{part}:1.0}}" for part in ("table", "office", "text"))
SHEET = f"{TABLE}table"
CELLS = (f"{TABLE}table-cell", f"{TABLE}covered-table-cell")
MARKS = {f"{TEXT}tab": "\t", f"{TEXT}line-break": "\n"}
MAX_BLANKS = 1000
TIME = re.compile(r"(-?)PT(\d+)H(\d+)M(\d+(?:\.\d+)?)S")


class Ods:
    """The sheets of an open .ods file. Formulas have the values that were saved with them."""

    def __init__(self, file: BinaryIO) -> None:
        self.archive = zipfile.ZipFile(file)
        self.names = [name for name, _, times in self._events(rows=False) if not times]

    def rows(self, name: str) -> Iterator[tuple[int, list[str]]]:
        """The rows of a sheet that are not empty, with their numbers from 1, as text."""
        end = 0
        for sheet, row, times in self._events(rows=True):
            if sheet == name and times:
                start, end = end, end + times
                for number in range(start + 1, end + 1) if row else ():
                    check_place(number, len(row))
                    yield number, row

    def _events(self, rows: bool) -> Iterator[tuple[str, list[str], int]]:
        """Each sheet with an empty row that comes 0 times; then its rows, and how often each
        comes, with their values if `rows` are asked for."""
        name, depth, row, parents = "", 0, _Row(), list[Element]()
        with self.archive.open("content.xml") as part:
            for event, element in iterparse(part, ("start", "end")):
                if event == "start":
                    parents.append(element)
                    if element.tag == SHEET:
                        depth += 1
                        name = element.get(f"{TABLE}name", "") if depth == 1 else name
                        if depth == 1:
                            yield name, [], 0
                    continue
                parents.pop()
                if element.tag == SHEET:
                    depth -= 1
                elif depth == 1 and element.tag in CELLS:
                    if rows:
                        row.add(element, name)
                    parents[-1].remove(element)
                elif depth == 1 and element.tag == f"{TABLE}table-row":
                    yield name, row.values, _times(element, "rows", MAX_ROWS)
                    row = _Row()
                    parents[-1].remove(element)


class _Row:
    """The values of a row, as far as it was read, without empty ones at its end."""

    def __init__(self) -> None:
        self.values: list[str] = []
        self.cells = self.blanks = 0  # blanks: how many cells after the last value are empty

    def add(self, cell: Element, sheet: str) -> None:
        """One more cell, which may stand for several."""
        self.cells += 1
        check_place(1, self.cells)
        times, value = _times(cell, "columns", MAX_COLUMNS), _value(cell)
        if value is None:
            raise DataError(f"{sheet!r}: {cell.get(f'{TABLE}formula', '')[:40]!r} {NO_VALUE}")
        if not value:
            self.blanks += times
            return
        check_place(1, len(self.values) + self.blanks + times)
        self.values += [""] * self.blanks + [value] * times
        self.blanks = 0


def _times(element: Element, what: str, most: int) -> int:
    """How often a row or a cell comes; one more than `most` stands for all beyond."""
    times = int(element.get(f"{TABLE}number-{what}-repeated", "1")[:9])
    return max(1, min(times, most + 1))


def _value(cell: Element) -> str | None:
    """The value of a cell as text; None for a formula without one."""
    kind = cell.get(f"{OFFICE}value-type", "")
    if kind in ("float", "percentage", "currency"):
        return cell.get(f"{OFFICE}value", "")
    if kind == "date":
        return cell.get(f"{OFFICE}date-value", "").replace("T", " ").removesuffix(" 00:00:00")
    if kind == "boolean":
        return cell.get(f"{OFFICE}boolean-value", "").capitalize()
    if kind == "time":
        return _time(cell.get(f"{OFFICE}time-value", ""))
    if not kind and cell.get(f"{TABLE}formula"):
        return None
    said = cell.get(f"{OFFICE}string-value")
    return (said or "\n".join(_text(each) for each in cell.findall(f"{TEXT}p"))).strip()


def _time(written: str) -> str:
    found = TIME.fullmatch(written)
    if not found:
        return written
    hours, minutes, seconds = map(float, found.groups()[1:])
    return found[1] + clock(3600 * hours + 60 * minutes + seconds)


def _text(element: Element) -> str:
    """A paragraph as text, in which blanks and tabs may be elements."""
    parts = [element.text or ""]
    for inner in element:
        if inner.tag == f"{TEXT}s":
            parts.append(" " * min(int(inner.get(f"{TEXT}c", "1")[:9]), MAX_BLANKS))
        else:
            parts.append(MARKS.get(inner.tag) or "".join(inner.itertext()))
        parts.append(inner.tail or "")
    return "".join(parts)
