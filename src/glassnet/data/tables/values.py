"""The values of one column of a table, as numbers, as text, or as dates; a bad one by its row."""

from collections.abc import Hashable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.errors import DataError
from glassnet.base.optional import need

if TYPE_CHECKING:
    import pandas as pd

    Series = pd.Series[Any]
else:
    Series = Any

FLAGS = {
    **dict.fromkeys(("true", "wahr", "vrai", "verdadero", "vero", "verdadeiro", "waar"), 1.0),
    **dict.fromkeys(("false", "falsch", "faux", "falso", "onwaar"), 0.0),
}
"""True and false, as programs write them and as spreadsheets show them."""

NEARLY_ALL = 0.9  # a column of so many numbers, or dates, is one of them, and other text a slip
LARGEST = 1e100
WHOLE = 2**53  # up to here float64 has every whole number
FAR = 2**24  # standard deviations from 0, where float64 begins to have fewer digits than float32
HALF = 2**32
DAY = np.timedelta64(1, "D")
ISO_DATE = r"\s*\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?\s*"


def numbers(values: Series, origin: float = 0) -> Array:
    """The column less `origin` as float64 with NaN where it is empty; booleans are 1 and 0.

    `origin` is subtracted before anything is rounded: whole numbers beyond 2⁵³ keep their digits.

    Raises DataError, with the column and the data row, for text, for infinite values, and for
    numbers beyond LARGEST, which no mean can be made of.
    """
    pandas = need("pandas", "reading a table")
    if is_date(values):
        raise DataError(f"{cell(values, 0)}: expected a number, got the date {values.iloc[0]}")
    if values.dtype.kind == "c":
        raise DataError(  # in scikit-learn's words, whose checks look for them
            f"{cell(values, 0)}: Complex data not supported: give its real and imaginary parts as "
            "two columns"
        )
    if is_number(values):
        found: Array = values.to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        found = pandas.to_numeric(_flags_as_numbers(values), errors="coerce").to_numpy(
            dtype=np.float64, na_value=np.nan
        )
        _refuse(values, np.isnan(found) & ~empty(values))
    _refuse(values, np.isinf(found))
    large = np.abs(found) > LARGEST
    if large.any():
        row = int(large.argmax())
        raise DataError(
            f"{cell(values, row)}: {values.iloc[row]} is too large: expected numbers up to "
            f"{LARGEST:g}"
        )
    return _less(values, found, origin) if origin else found


def _less(values: Series, found: Array, origin: float) -> Array:
    """x − origin, rounded once; `found` are the values as float64."""
    if not is_number(values):
        exact = [
            0.0 if gap else float(exactly(value, rounded) - Fraction(origin))
            for value, rounded, gap in zip(values, found, np.isnan(found), strict=True)
        ]
        return np.where(np.isnan(found), np.nan, exact)
    if values.dtype.kind in "iu" and isinstance(origin, int) and abs(origin) < HALF**2:
        whole = values.to_numpy(dtype="u8" if values.dtype.kind == "u" else "i8", na_value=0)
        high, low = (whole >> 32).astype("i8"), (whole & (HALF - 1)).astype("i8")
        less = (high - (origin >> 32)) * float(HALF) + (low - (origin & (HALF - 1)))
        return np.where(np.isnan(found), np.nan, less)
    near = float(origin)
    return (found - near) - float(Fraction(origin) - Fraction(near))


def exactly(value: Any, rounded: float) -> Fraction:
    """A value as it is written, without rounding; `rounded` if it is written differently."""
    try:
        return Fraction(float(value) if isinstance(value, float) else str(value).strip())
    except (ValueError, ZeroDivisionError):
        return Fraction(float(rounded))


def origin_of(values: Series) -> float:
    """What to subtract from a column so that float64 tells its values apart: the first of them if
    they are large and close to each other, else 0."""
    x = numbers(values)
    there = np.flatnonzero(~np.isnan(x))
    if not len(there):
        return 0
    of_floats = is_number(values) and values.dtype.kind not in "iu"
    if not is_far(x[there]) and (of_floats or np.abs(x[there]).max() < WHOLE):
        return 0
    first = exactly(values.iloc[there[0]], x[there[0]])
    return float(first) if of_floats or first.denominator > 1 else int(first)


def is_far(x: Array) -> bool:
    """Whether numbers lie so far from 0 that float64 loses what tells them apart."""
    return bool(abs(x.mean()) > FAR * x.std())


def _refuse(values: Series, bad: Array) -> None:
    if bad.any():
        row = int(bad.argmax())
        raise DataError(
            f"{cell(values, row)}: expected a number, got {str(values.iloc[row])[:40]!r}; correct "
            "it, or leave its row or column out"
        )


def _flags_as_numbers(values: Series) -> Series:
    """True and false as 1 and 0, whatever else there is as it is."""
    kept: Series = values.map(lambda value: FLAGS.get(str(value).strip().lower(), value))
    return kept


def factors(values: Series) -> tuple[Array, list[str]]:
    """Each row as the number of its text, −1 where it is empty; and the texts.

    Whole numbers are written without a point, so 3 and 3.0 are the same text.
    """
    try:
        codes, distinct = need("pandas", "reading a table").factorize(values)
    except TypeError:
        row = next(n for n, value in enumerate(values) if not isinstance(value, Hashable))
        raise DataError(
            f"{cell(values, row)}: expected a number, text or date, got a "
            f"{type(values.iloc[row]).__name__}: a value's argument must be a string or a number"
        ) from None
    texts = [text_of(value) for value in distinct]
    if "" in texts:
        blank = np.array([text == "" for text in texts])
        codes = np.where(blank[codes], -1, codes)  # of −1, a gap already, any value is right
    return codes, texts


def text_of(value: Any) -> str:
    """A value as text: `3` for 3.0, nothing around a word."""
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def empty(values: Series) -> Array:
    """Which rows have no value."""
    missing: Array = values.isna().to_numpy()
    if values.dtype.kind == "O":
        missing = missing | (values.astype(str).str.strip() == "").to_numpy()
    return missing


def dates(values: Series, written: str) -> "Series":
    """The column as times without a zone, NaT where it is empty; `written` is their format.

    Raises DataError, with the column and the data row, for what is no such date.
    """
    pandas = need("pandas", "reading a table")
    if is_date(values):
        plain = not hasattr(values.dtype, "pyarrow_dtype")
        times = values if plain else pandas.to_datetime(values.astype(object))
    else:
        if is_number(values):  # such as 20210131, or 20210131.0 beside a gap
            values = values.astype(object).map(text_of, na_action="ignore")
        times = pandas.to_datetime(values, format=written, errors="coerce", utc=True)
        bad = (times.isna() & values.notna()).to_numpy()
        if bad.any():  # as workbooks and databases write them, whatever the format was in training
            texts = values[bad].astype(str)
            iso = texts.where(texts.str.fullmatch(ISO_DATE))
            times[bad] = pandas.to_datetime(iso, format="ISO8601", errors="coerce", utc=True)
            bad = (times.isna() & values.notna()).to_numpy()
        if bad.any():
            row = int(bad.argmax())
            raise DataError(
                f"{cell(values, row)}: expected a date written as {written}, got "
                f"{str(values.iloc[row])[:40]!r}"
            )
    zone = getattr(times.dt, "tz", None)
    return times.dt.tz_convert("UTC").dt.tz_localize(None) if zone is not None else times


def is_format(written: str) -> bool:
    """Whether dates can be written so: `%d.%m.%Y` or `ISO8601`."""
    try:
        need("pandas", "reading a table").to_datetime(
            ["2020-01-02"], format=written, errors="coerce"
        )
    except ValueError:
        return False
    return bool(written)


def is_date(values: Series) -> bool:
    """Whether the column holds times, not text that says times."""
    return bool(need("pandas", "reading a table").api.types.is_datetime64_any_dtype(values))


def is_number(values: Series) -> bool:
    """Whether the column holds numbers or booleans, not text that says numbers."""
    return bool(need("pandas", "reading a table").api.types.is_numeric_dtype(values))


def cell(values: Series, row: int) -> str:
    """Where a value stands: the column, and the data row counted from 1 below the header."""
    return f"column {str(values.name)!r}, data row {int(values.index[row]) + 1}"
