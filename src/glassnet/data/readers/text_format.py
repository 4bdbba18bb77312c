"""How a text table is written, as far as somebody says so."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from glassnet.base.errors import DataError
from glassnet.data.readers import gaps as gap_words
from glassnet.data.readers.gaps import Gaps, gaps_from

SAID = {"\\t": "\t", "tab": "\t", "blank": " ", "blanks": " "}  # as words of a command line


class TextFormat(NamedTuple):
    """The separator, the encoding, whether the first line names the columns, whether quotes have a
    meaning, what is a gap, and the sheet of a workbook; None is found out from the file. `usual`
    is the encoding of a file that is not UTF-8 if nobody says its own."""

    separator: str | None = None
    encoding: str | None = None
    header: bool | None = None
    quotes: bool = True
    gaps: Gaps = gap_words.PLAIN
    sheet: str | None = None
    usual: str | None = None

    def config(self) -> dict[str, Any]:
        """As plain data; the encoding is that of files which are not UTF-8."""
        more = {"sheet": self.sheet, "encoding": self.encoding}
        return {
            "separator": self.separator,
            "header": self.header,
            "quotes": self.quotes,
            "gaps": [list(self.gaps.words), self.gaps.keep],
            **{name: value for name, value in more.items() if value is not None},
        }


PLAIN = TextFormat()


def text_format(
    separator: str | None = None,
    encoding: str | None = None,
    header: bool | None = None,
    quotes: bool = True,
    na: Any = None,
    keep_na: bool = False,
    sheet: str | int | None = None,
) -> TextFormat:
    """The format of a text table in the words of `load`; DataError for what cannot be.

    >>> text_format("tab", na="-,n.a.").separator
    '\\t'
    """
    if separator is not None:
        if not isinstance(separator, str) or len(SAID.get(separator, separator)) != 1:
            raise DataError(
                f"separator is {separator!r}: expected one character, such as ; or tab or blank"
            )
        separator = SAID.get(separator, separator)
    for name, given in [("header", header), ("quotes", quotes)]:
        if not isinstance(given, bool) and not (name == "header" and given is None):
            raise DataError(f"{name} is {given!r}: expected True or False")
    if sheet is not None and (not isinstance(sheet, (str, int)) or isinstance(sheet, bool)):
        raise DataError(f"sheet is {sheet!r}: expected its name, or its number from 1")
    sheet = None if sheet is None else str(sheet)
    return TextFormat(separator, encoding, header, quotes, gaps_from(na, keep_na), sheet)


def format_from(config: Mapping[str, Any] | None) -> TextFormat:
    """The format that `config()` described; DataError for anything else."""
    known = dict(config or {})
    words, keep = known.pop("gaps", ((), False))
    try:
        return text_format(**known, na=words, keep_na=keep)
    except TypeError:
        raise DataError(f"{config!r} is no format of a text table") from None
