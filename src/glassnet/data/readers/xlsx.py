"""Sheets of an .xlsx file, through openpyxl, a row at a time."""

import re
import warnings
import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO

from glassnet.base.errors import DataError
from glassnet.base.optional import need
from glassnet.data.readers.sheet_values import NO_VALUE, check_place, text_of, trimmed

FORMULA = re.compile(  # a cell that has a formula and no value
    rb'<c\b(?:[^>]*\sr="([A-Z]+\d+)")?[^>]*>\s*<f\b(?:[^>]*/>|[^>]*>[^<]*</f>)\s*'
    rb"(?:<v\s*/>|<v>\s*</v>)?\s*</c>"
)
CHUNK = 2**20
OVERLAP = 2**15  # the most bytes of a cell with a formula


class Xlsx:
    """The sheets of an open .xlsx file. Formulas have the values that were saved with them."""

    def __init__(self, file: BinaryIO) -> None:
        openpyxl = need("openpyxl", "reading an .xlsx file")
        self.file = file
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and the like, which are not read
            self.book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        self.sheets = {sheet.title: sheet for sheet in self.book.worksheets}
        self.names = list(self.sheets)

    def rows(self, name: str) -> Iterator[tuple[int, list[str]]]:
        """The rows of a sheet that are not empty, with their numbers from 1, as text."""
        sheet = self.sheets[name]
        self._refuse_formulas(sheet)
        sheet.reset_dimensions()  # what the file says of its size, true or not
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
                check_place(number, len(cells))
                if row := trimmed([text_of(value) for value in cells]):
                    yield number, row

    def _refuse_formulas(self, sheet: Any) -> None:
        """DataError for a formula whose value was not saved: openpyxl takes it for a gap."""
        with zipfile.ZipFile(self.file) as archive, archive.open(sheet._worksheet_path) as part:
            held = b""
            while chunk := part.read(CHUNK):
                held = held[-OVERLAP:] + chunk
                if found := FORMULA.search(held):
                    place = (found[1] or b"a cell").decode()
                    raise DataError(f"{sheet.title!r}, {place} {NO_VALUE}")
