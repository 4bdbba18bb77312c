"""Numbers as people write them: `1.234,56 €`, `12 %`, `(500)`, `12 345`."""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.errors import DataError, InputError
from glassnet.base.optional import need
from glassnet.data.tables.values import FLAGS, NEARLY_ALL, Series, cell, factors, is_date, is_number

if TYPE_CHECKING:
    import pandas as pd

DECIMALS = (".", ",")
THOUSANDS = ("", ",", ".", " ", "'")
BLANKS = re.compile(r"[\s\u00a0\u2007\u2009\u202f]+")  # all that look like a blank
OTHERS = str.maketrans({"\u2212": "-", "\u2013": "-", "’": "'", "`": "'"})
CODES = (
    "EUR", "USD", "CHF", "GBP", "JPY", "CNY", "INR", "CAD", "AUD", "NZD", "SEK", "NOK", "DKK",
    "PLN", "CZK", "HUF", "BRL", "MXN", "ZAR", "KRW", "TRY",
)  # fmt: skip
WORDS = ("Fr.", "SFr.", "kr.", "kr", "zł", "Kč", "Ft", "R$", "US$", "%", *CODES)
UNIT = "|".join(map(re.escape, sorted(WORDS, key=len, reverse=True)))
BEFORE = re.compile(rf"(?P<unit>{UNIT}|\S)\s?(?P<rest>[-+]?[\d.,].*)")
AFTER = re.compile(rf"(?P<rest>.*?)\s?(?P<unit>{UNIT}|\S)")
SHOWN = 40  # characters of a value in a message
FLAG_TEXTS = {name: str(value) for name, value in FLAGS.items()}  # as other numbers
LOOK = 100  # distinct texts that show whether a column is of numbers at all


class Notation(NamedTuple):
    """How the numbers of a column are written: the mark before decimals, the mark between groups of
    thousands, nothing if there is none, and the unit beside them, which they all have.

    >>> Notation(",", ".").plain("1.234,56"), Notation(".", ",", "$").plain("($1,200)")
    ('1234.56', '-1200')
    """

    decimal: str = "."
    thousands: str = ""
    unit: str = ""

    def plain(self, text: str) -> str | None:
        """The number as Python writes it; None for what is not a number in this notation."""
        sign, bare, unit = parted(text)
        if unit not in (self.unit, "") or not _shape(self.decimal, self.thousands).fullmatch(bare):
            return None
        if self.thousands:
            bare = bare.replace(self.thousands, "")
        return sign + bare.replace(self.decimal, ".")

    def written(self, plain: str) -> str:
        """A number, as Python or JSON writes it, in this notation.

        >>> Notation(",", ".", "€").written("1234.5")
        '1234,5'
        """
        return plain.replace(".", self.decimal)

    def numbers(self, values: Series) -> Series:
        """The column as numbers; DataError, with the row, for what is written differently."""
        if is_number(values):
            return values
        codes, texts = factors(values)
        plain = [FLAG_TEXTS.get(text.strip().lower()) or self.plain(text) for text in texts]
        wrong = np.array([each is None for each in plain] + [False])[codes]
        if wrong.any():
            row = int(wrong.argmax())
            raise DataError(
                f"{cell(values, row)}: expected a number such as {self.example}, got "
                f"{str(values.iloc[row])[:SHOWN]!r}"
            )
        return _as_numbers(values, codes, plain)

    @property
    def example(self) -> str:
        """A number in this notation."""
        number = f"1{self.thousands}234{self.decimal}5"
        return f"{number} {self.unit}" if self.unit else number


def notation_from(column: str, given: Sequence[str]) -> Notation:
    """The notation that a file describes; InputError unless it is one."""
    parts = list(given) if isinstance(given, (list, tuple)) else []
    if len(parts) != 3 or not (
        parts[0] in DECIMALS and parts[1] in THOUSANDS and isinstance(parts[2], str)
    ):
        raise InputError(
            f"notation of column {str(column)!r} is {given!r}: expected the mark before decimals, "
            "that between thousands, and a unit"
        )
    return Notation(*parts)


def parted(text: str) -> tuple[str, str, str]:
    """The sign, the digits with their marks, and the unit of a number as it is written.

    >>> parted(" −1 234,5 € "), parted("($3)"), parted("CHF 5.-")
    (('-', '1 234,5', '€'), ('-', '3', '$'), ('', '5', 'CHF'))
    """
    rest, sign, unit = BLANKS.sub(" ", text.translate(OTHERS)).strip(), "", ""
    if rest[:1] == "(" and rest[-1:] == ")":
        rest, sign = rest[1:-1].strip(), "-"
    for _ in range(2):  # the sign before the unit, or the unit before the sign
        if not sign and rest[:1] in ("-", "+"):
            sign, rest = rest[0].replace("+", ""), rest[1:].strip()
        if not unit:
            unit, rest = _unit_of(rest)
    if rest[-2:] == ".-":  # 5.- francs
        rest = rest[:-2]
    if not sign and rest[-1:] == "-" and rest[-2:-1].isdecimal():
        sign, rest = "-", rest[:-1].strip()
    return sign, rest, unit


def _unit_of(text: str) -> tuple[str, str]:
    """A currency or percent sign at either end, and the rest."""
    for pattern in (BEFORE, AFTER):
        found = pattern.fullmatch(text)
        if found and (found["unit"] in WORDS or unicodedata.category(found["unit"][0]) == "Sc"):
            return found["unit"], found["rest"].strip()
    return "", text


@cache
def _shape(decimal: str, thousands: str) -> re.Pattern[str]:
    """What digits look like: a first group is not 0, and all others have three digits, or two in
    Indian numbers."""
    d, t = re.escape(decimal), re.escape(thousands)
    whole = r"\d+"
    if thousands:
        whole += rf"|[1-9]\d{{0,2}}(?:{t}\d{{3}})+|[1-9]\d?(?:{t}\d\d)+{t}\d{{3}}"
    return re.compile(rf"(?:(?:{whole})(?:{d}\d*)?|{d}\d+)(?:[eE][-+]?\d+)?", re.ASCII)


# ---- what a table is written in


class Asked(NamedTuple):
    """The marks that somebody says the numbers of a table have."""

    decimal: str | None = None
    thousands: str | None = None

    @property
    def different(self) -> bool:
        """Whether Python would read such numbers otherwise, or not at all."""
        return self.decimal == "," or bool(self.thousands)

    @property
    def readings(self) -> list[Notation]:
        """All ways to read digits that these marks allow, the simplest first."""
        return [
            Notation(d, t)
            for t in ([self.thousands] if self.thousands else THOUSANDS)
            for d in ([self.decimal] if self.decimal else DECIMALS)
            if d != t
        ]


ANY = Asked()


def check_marks(decimal: str | None, thousands: str | None) -> Asked:
    """The marks, if numbers can be written with them."""
    for name, given, known in [
        ("decimal", decimal, DECIMALS), ("thousands", thousands, THOUSANDS[1:])
    ]:  # fmt: skip
        if given is not None and given not in known:
            raise DataError(f"{name} is {given!r}: expected one of {' '.join(map(repr, known))}")
    if decimal is not None and decimal == thousands:
        raise DataError(f"decimal and thousands are both {decimal!r}: expected different marks")
    return Asked(decimal, thousands)


def marked(column: str, notation: Notation, asked: Asked) -> Notation:
    """A notation with the marks that were asked for; DataError if one of them is its other mark.

    >>> marked("price", Notation(unit="€"), Asked(decimal=","))
    Notation(decimal=',', thousands='', unit='€')
    """
    decimal = asked.decimal or notation.decimal
    thousands = notation.thousands if asked.thousands is None else asked.thousands
    if decimal == thousands:
        given, other = ("decimal", "thousands") if asked.decimal else ("thousands", "decimal")
        mark = "." if decimal == "," else ","
        raise DataError(
            f"{given}={decimal!r} contradicts column {column!r}, where that is the mark of {other} "
            f"since training: give {other}={mark!r} too"
        )
    return Notation(decimal, thousands, notation.unit)


def rewritten(frame: "pd.DataFrame", notations: Mapping[str, Notation]) -> "pd.DataFrame":
    """The table with the numbers of these columns as numbers."""
    there = {name: each for name, each in notations.items() if name in frame}
    return frame.assign(**{name: n.numbers(frame[name]) for name, n in there.items()})


def refuse_shares(frame: "pd.DataFrame", notations: Mapping[str, Notation]) -> None:
    """DataError for numbers in a column of percents that may be percents divided by 100, which is
    how spreadsheets keep them."""
    for name, notation in notations.items():
        if notation.unit != "%" or name not in frame or not is_number(frame[name]):
            continue
        there = frame[name].dropna()
        if there.any() and there.abs().max() <= 1:
            row = int(there.ne(0).to_numpy().argmax())
            raise DataError(
                f"{cell(there, row)}: {there.iloc[row]:.12g} may be "
                f"{100 * float(there.iloc[row]):.12g} %, as spreadsheets keep percents, and in "
                f"training 12 % was 12: multiply the column by 100, or write {notation.example}"
            )


def notations_of(
    frame: "pd.DataFrame", leave: Collection[str] = (), asked: Asked = ANY
) -> dict[str, Notation]:
    """The notation of each column of numbers that Python would not read, but of those to `leave`.

    Raises DataError for a column that can be read in two ways, and for one that is nearly all
    numbers, with the first that is none.
    """
    found = {}
    for name in map(str, frame.columns):
        values = frame[name]
        if name not in leave and not is_number(values) and not is_date(values):
            notation = notation_of(values, asked)
            if notation is not None:
                found[name] = notation
    return found


def notation_of(values: Series, asked: Asked = ANY) -> Notation | None:
    """How the numbers of a column are written; None if it has none, or plain ones alone.

    >>> import pandas as pd
    >>> notation_of(pd.Series(["11,85", "7,5", None]))
    Notation(decimal=',', thousands='', unit='')
    >>> notation_of(pd.Series(["red", "blue"]))
    """
    codes, texts = factors(values)
    rows = np.bincount(codes[codes >= 0], minlength=len(texts))
    if not rows.sum() or not _may_be_numbers(texts, rows, asked):
        return None
    parts = [parted(text) for text in texts]
    shares = {each: _share(each, parts, rows) for each in asked.readings}
    best = max(shares, key=lambda each: shares[each])
    if shares[best] < NEARLY_ALL:
        return None
    unit = _one_unit(values, texts, parts, best)
    if best == Notation() and not unit and all(map(_is_plain, texts)):
        return None
    chosen = best._replace(unit=unit)
    if shares[best] < 1:
        chosen.numbers(values)  # names the first that is wrong
    _refuse_two_readings(values, codes, texts, [n for n, share in shares.items() if share == 1])
    return chosen


def _may_be_numbers(texts: Sequence[str], rows: Array, asked: Asked) -> bool:
    """Whether the commonest of them look like numbers: the others need not be looked at if not."""
    common = np.argsort(-rows, kind="stable")[:LOOK]
    parts = [parted(texts[n]) for n in common]
    return max(_share(each, parts, rows[common]) for each in asked.readings) >= NEARLY_ALL


def _share(notation: Notation, parts: Sequence[tuple[str, str, str]], rows: Array) -> float:
    """The share of rows with a number in this notation, of those with a value."""
    shape = _shape(notation.decimal, notation.thousands)
    right = [shape.fullmatch(bare) is not None for _, bare, _ in parts]
    return float(rows @ right / rows.sum())


def _is_plain(text: str) -> bool:
    """Whether Python reads the number, or what is no number, as it is."""
    sign, bare, unit = parted(text)
    return text.strip() in (bare, f"{sign}{bare}", f"+{bare}") and not unit


def _one_unit(
    values: Series, texts: list[str], parts: list[tuple[str, str, str]], notation: Notation
) -> str:
    shape, first = _shape(notation.decimal, notation.thousands), dict[str, str]()
    for text, (_, bare, unit) in zip(texts, parts, strict=True):
        if unit and shape.fullmatch(bare):
            first.setdefault(unit, text)
    if len(first) > 1:
        one, other, *_ = first.values()
        raise DataError(
            f"column {str(values.name)!r} has numbers in different units, {one!r} and {other!r}: "
            f"convert them, or make it a category with kinds={{{str(values.name)!r}: 'category'}}"
        )
    return next(iter(first), "")


def _refuse_two_readings(
    values: Series, codes: Array, texts: list[str], readings: list[Notation]
) -> None:
    """DataError for the first value that is one number in one reading and another in another."""
    units = {parted(text)[2] for text in texts} - {""}
    unit = next(iter(units), "")
    for text in texts:
        plain = {
            float(each): reading
            for reading in reversed(readings)
            if (each := reading._replace(unit=unit).plain(text)) is not None
        }
        if len(plain) < 2:
            continue
        (a, one), (b, other), *_ = sorted(plain.items(), key=lambda item: -abs(item[0]))
        row = int((codes == texts.index(text)).argmax())
        raise DataError(
            f"{cell(values, row)}: {text!r} is {a:.12g} if {one.thousands!r} separates thousands, "
            f"and {b:.12g} if {other.decimal!r} comes before decimals: say which with "
            f"thousands={one.thousands!r} or decimal={other.decimal!r}"
        )


def _as_numbers(values: Series, codes: Array, plain: Sequence[str | None]) -> Series:
    pandas = need("pandas", "reading a table")
    distinct = pandas.to_numeric(pandas.Series([each or "nan" for each in plain], dtype=str))
    found: Series = distinct.reindex(codes)
    found.index, found.name = values.index, values.name
    return found
