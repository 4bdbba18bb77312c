"""What was learned of each column of a table, as plain data, and the numbers it becomes.

A model file stores these descriptions. They need no scikit-learn: what its transformers learned is
in the constructors' arguments, and `encode` computes what they would, to the last bit.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.base.arrays import Array, Shape
from glassnet.base.configurable import Described
from glassnet.base.errors import DataError, InputError
from glassnet.data.readers.pictures import check_size, read_pictures
from glassnet.data.tables.notes import Notes
from glassnet.data.tables.rare_values import MISSING, NEW, RARE, places
from glassnet.data.tables.values import DAY, LARGEST, Series, cell, dates, empty, factors, numbers

if TYPE_CHECKING:
    import pandas as pd

OTHER, GAP = "other", "missing"
NEARLY = 1e-6  # of a range: a float32 lies no further from the number that it stands for
FILE = "file"  # the column of a network that reads pictures


class Column(Described):
    """Base of the kinds of columns: a name, the features that it becomes, and how."""

    name: str
    gaps: bool

    def features(self) -> tuple[str, ...]:
        """The name of each number that this column becomes."""
        raise NotImplementedError(f"{type(self).__name__} has no features()")

    def encode(self, values: Series, out: Array, notes: Notes) -> None:
        """Write the features of each row into `out` (rows, features); count what is unusual."""
        raise NotImplementedError(f"{type(self).__name__} has no encode(values, out, notes)")

    def decode(self, features: Array) -> str:
        """The value that one row's features stand for, as text."""
        raise NotImplementedError(f"{type(self).__name__} has no decode(features)")

    def _write_gaps(self, missing: Array, out: Array, notes: Notes) -> None:
        """The last feature says where a value was missing, if any was in training."""
        if self.gaps:
            out[:, -1] = missing
        elif missing.any():
            notes.gap(self.name, int(missing.sum()))


class Ranged(Column):
    """Base of columns of numbers, of which the ends in training are known."""

    low: float | None
    high: float | None

    def end(self, name: str, value: float | None) -> float | None:
        """An end, checked."""
        return None if value is None else self.number(name, value)

    def text_of(self, x: float) -> str:
        """A number as it is written."""
        raise NotImplementedError(f"{type(self).__name__} has no text_of(x)")

    def _note_range(self, x: Array, notes: Notes) -> None:
        """Count the rows whose number lies beyond those in training, by more than rounding."""
        if self.low is None or self.high is None:
            return
        rounding = NEARLY * (self.high - self.low)
        beyond = (x < self.low - rounding) | (x > self.high + rounding)
        if beyond.any():
            ends = f"{self.text_of(self.low)} to {self.text_of(self.high)}"
            notes.outside(self.name, ends, beyond)


class Number(Ranged):
    """A number x as ((x − origin) − mean) / scale; a gap is taken for `fill`, the median.

    With `gaps`, a second feature is 1 where the value was missing. Mean and filling count from
    `origin`, a value of the column if its values are large and close to each other, else 0; it is
    subtracted without rounding, as integers from integers. `low` and `high` are the ends of the
    numbers in training, from `origin`; None in files that do not say.
    """

    def __init__(
        self,
        name: str,
        mean: float,
        scale: float,
        fill: float,
        gaps: bool = False,
        origin: float = 0,
        low: float | None = None,
        high: float | None = None,
    ) -> None:
        self.name, self.gaps = str(name), bool(gaps)
        self.origin = _origin(self, origin)
        self.low, self.high = self.end("low", low), self.end("high", high)
        self.mean = self.number("mean", mean)
        self.scale = self.number("scale", scale, "(0, inf)")
        self.fill = self.number("fill", fill)

    def features(self) -> tuple[str, ...]:
        return (self.name, f"{self.name}={GAP}") if self.gaps else (self.name,)

    def encode(self, values: Series, out: Array, notes: Notes) -> None:
        x = numbers(values, self.origin)
        missing = np.isnan(x)
        out[:, 0] = (np.where(missing, self.fill, x) - self.mean) / self.scale
        self._note_range(x, notes)
        self._write_gaps(missing, out, notes)

    def text_of(self, x: float) -> str:
        """A number that counts from `origin`, as text."""
        return f"{x + self.origin:z.15g}"

    def decode(self, features: Array) -> str:
        """The value, in its own unit: the shortest that becomes the same feature.

        >>> Number("age", mean=40.0, scale=10.0, fill=39.0).decode(np.array([1.5]))
        '55'
        """
        if self.gaps and features[-1]:
            return GAP
        feature, kind = features[0], features.dtype.type
        value = float(feature) * self.scale + self.mean + self.origin
        coarse = -math.floor(math.log10(self.scale))
        for decimals in range(coarse, coarse + 17):
            short = round(value, decimals)
            if kind((short - self.origin - self.mean) / self.scale) == feature:
                break
        return f"{short:z.15g}"


def _origin(column: Described, given: Any) -> float:
    """A setting as a number, whole ones with all their digits."""
    if isinstance(given, int) and not isinstance(given, bool) and abs(given) <= LARGEST:
        return given
    return column.number("origin", given if not isinstance(given, int) else str(given)[:20])


class Category(Column):
    """One of several values: a feature for each, which is 1 where the row has it and else 0.

    With `rare`, one more feature stands for all values that were rare in training or not there at
    all; without it, a new value has only zeros. With `gaps`, a last one says that it is missing.
    `seen` are the checksums of the rare values, so that new ones can be counted; none if they are
    not known. A file of checksums gives no names away that occur once.
    """

    def __init__(
        self,
        name: str,
        values: Sequence[str],
        rare: bool = False,
        gaps: bool = False,
        seen: Sequence[int] = (),
    ) -> None:
        self.name, self.rare, self.gaps = str(name), bool(rare), bool(gaps)
        self.values = tuple(str(value) for value in values)
        self.seen = tuple(int(each) for each in seen)
        if len(set(self.values)) != len(self.values):
            raise InputError(f"Category {self.name!r}: values are given twice")

    def features(self) -> tuple[str, ...]:
        names = [*self.values, *([OTHER] if self.rare else []), *([GAP] if self.gaps else [])]
        return tuple(f"{self.name}={name}" for name in names)

    def encode(self, values: Series, out: Array, notes: Notes) -> None:
        codes, texts = factors(values)
        seen = None if self.rare and not self.seen else self.seen
        place = np.array([*places(texts, self.values, seen), MISSING], dtype=np.intp)
        chosen = place[codes]  # of −1, a gap, the last
        out[...] = 0
        known = chosen >= 0
        out[np.flatnonzero(known), chosen[known]] = 1
        new = chosen == NEW
        if self.rare:
            out[:, len(self.values)] = (chosen == RARE) | new
        if new.any():
            notes.new(self.name, [texts[code] for code in np.unique(codes[new])], new)
        self._write_gaps(chosen == MISSING, out, notes)

    def decode(self, features: Array) -> str:
        """The category.

        >>> Category("colour", ["red", "blue"]).decode(np.array([0.0, 1.0]))
        'blue'
        """
        names = [*self.values, *([OTHER] if self.rare else []), *([GAP] if self.gaps else [])]
        return names[int(features.argmax())] if features.any() else OTHER


class Date(Ranged):
    """A date: its day, standardised, and its place in the year and in the week, as sine and cosine.

    `written` is the format of the text; with `clock`, the time of day is two more features. A gap
    is taken for `fill`, the median day, and its place in year, week and day is 0. Days count from
    `origin`, in days since 1970; `low` and `high` are the first and last in training, if known.
    """

    def __init__(
        self,
        name: str,
        written: str,
        mean: float,
        scale: float,
        fill: float,
        clock: bool = False,
        gaps: bool = False,
        origin: int = 0,
        low: float | None = None,
        high: float | None = None,
    ) -> None:
        self.name, self.written = str(name), str(written)
        self.clock, self.gaps = bool(clock), bool(gaps)
        self.origin = int(self.number("origin", origin, "(-1e7, 1e7)"))
        self.low, self.high = self.end("low", low), self.end("high", high)
        self.mean = self.number("mean", mean)
        self.scale = self.number("scale", scale, "(0, inf)")
        self.fill = self.number("fill", fill)

    def features(self) -> tuple[str, ...]:
        cycles = ["year", "week", *(["day"] if self.clock else [])]
        waves = [f"{self.name}:{wave}({cycle})" for cycle in cycles for wave in ("sin", "cos")]
        return (f"{self.name}:day", *waves, *((f"{self.name}={GAP}",) if self.gaps else ()))

    def encode(self, values: Series, out: Array, notes: Notes) -> None:
        times = dates(values, self.written)
        missing = times.isna().to_numpy()
        day = days(times, self.origin)
        out[:, 0] = (np.where(missing, self.fill, day) - self.mean) / self.scale
        turns: list[Any] = [times.dt.day_of_year / 365.25, times.dt.day_of_week / 7]
        if self.clock:
            turns.append(day % 1)
        for index, turn in enumerate(turns):
            angle = 2 * np.pi * np.where(missing, 0, np.asarray(turn, dtype=np.float64))
            out[:, 1 + 2 * index] = np.where(missing, 0, np.sin(angle))
            out[:, 2 + 2 * index] = np.where(missing, 0, np.cos(angle))
        self._note_range(day, notes)
        self._write_gaps(missing, out, notes)

    def text_of(self, day: float) -> str:
        """A day that counts from `origin`, as text."""
        return str(np.datetime64("1970-01-01") + (self.origin + math.floor(day)) * DAY)[:10]

    def decode(self, features: Array) -> str:
        """The day, or with a clock the minute, whose part of the day is in the last two features.

        >>> Date("sold", "%Y-%m-%d", mean=10.0, scale=5.0, fill=0.0).decode(np.array([1.0]))
        '1970-01-16'
        """
        if self.gaps and features[-1]:
            return GAP
        day, share = float(features[0]) * self.scale + self.mean + self.origin, 0.0
        if self.clock:
            share = float(np.arctan2(features[5], features[6])) / (2 * np.pi) % 1
        minutes = 1440 * round(day - share) + round(1440 * share)
        time = str(np.datetime64("1970-01-01T00:00", "m") + np.timedelta64(minutes, "m"))
        return time.replace("T", " ") if self.clock else time[:10]


def days(times: Series, origin: int = 0) -> Array:
    """Days since the day `origin`, of those since 1970, as float64; NaN where there is no time."""
    stamps = times.to_numpy(dtype="datetime64[us]")
    return np.asarray((stamps - (np.datetime64("1970-01-01") + origin * DAY)) / DAY)


class Pixels(Column):
    """Columns that are the pixels of a gray image, row by row: whole numbers of 0 … 255."""

    gaps = False

    def __init__(self, names: Sequence[str], height: int, width: int) -> None:
        self.names = tuple(str(name) for name in names)
        self.height = self.positive_int("height", height)
        self.width = self.positive_int("width", width)
        if len(self.names) != self.height * self.width:
            raise InputError(
                f"Pixels: {len(self.names)} names for {self.height} × {self.width} pixels"
            )

    @property
    def shape(self) -> Shape:
        """The shape of one image."""
        return self.height, self.width

    def features(self) -> tuple[str, ...]:
        return self.names

    def images(self, frame: "pd.DataFrame") -> Array:
        """The images (rows, height, width) as uint8."""
        out = np.empty((len(frame), len(self.names)), np.uint8)
        for index, name in enumerate(self.names):
            out[:, index] = _bytes(frame[name])
        return out.reshape(-1, self.height, self.width)


class Picture(Pixels):
    """A column of the paths of pictures, which become images of this height and width, grey or,
    with `colour`, of three channels (`data.read_pictures`)."""

    def __init__(self, height: int, width: int, colour: bool = False) -> None:
        self.names = (FILE,)
        self.height, self.width = check_size((height, width))
        self.colour = bool(colour)

    @property
    def shape(self) -> Shape:
        return (self.height, self.width, *([3] if self.colour else []))

    def features(self) -> tuple[str, ...]:
        places = [f"{row}x{column}" for row, column in np.ndindex(self.height, self.width)]
        channels = (":red", ":green", ":blue") if self.colour else ("",)
        return tuple(place + channel for place in places for channel in channels)

    def images(self, frame: "pd.DataFrame") -> Array:
        """The pictures (rows, *shape) as uint8."""
        return read_pictures(list(frame[FILE]), self.shape)


class Block(Column):
    """All columns of an array without names, but those `left_out` by their number from 0.

    `low` and `high` are the ends of each feature in training; none of pixels and of wide arrays,
    and in files that do not say.
    """

    gaps = False

    def __init__(
        self,
        columns: int,
        left_out: Sequence[int] = (),
        low: Sequence[float] = (),
        high: Sequence[float] = (),
    ) -> None:
        self.columns = self.positive_int("columns", columns)
        self.left_out = tuple(int(number) for number in left_out)
        if any(number not in range(self.columns) for number in self.left_out):
            raise InputError(f"Block: {self.left_out} is left out of {self.columns} columns")
        self.low = tuple(self.number("low", end) for end in low)
        self.high = tuple(self.number("high", end) for end in high)
        if {len(self.low), len(self.high)} not in ({0}, {len(self.features())}):
            raise InputError(
                f"Block: low has {len(self.low)} ends and high {len(self.high)}: expected one for "
                f"each of {len(self.features())} features, or none"
            )

    def features(self) -> tuple[str, ...]:
        return tuple(str(n) for n in range(self.columns) if n not in self.left_out)

    def rows(self, array: Array) -> Array:
        """The features of each row; of rows without the columns left out, all of them."""
        if array.ndim == 2 and self.left_out and array.shape[1] == self.columns:
            return np.delete(array, self.left_out, axis=1)
        return array

    def note_ranges(self, x: Array, notes: Notes) -> None:
        """Count the rows of x (rows, features) with a number beyond those in training."""
        notes.begin(len(x))
        if not self.low:
            return
        with np.errstate(over="ignore"):  # rounded as the numbers of x were
            low, high = (np.array(ends).astype(x.dtype) for ends in (self.low, self.high))
        beyond = (x < low) | (x > high)
        for k in np.flatnonzero(beyond.any(axis=0)).tolist():
            ends = f"{low[k]:z.6g} to {high[k]:z.6g}"
            notes.outside(f"column {self.features()[k]}", ends, beyond[:, k])


def _bytes(values: Series) -> Array:
    x = numbers(values)
    good = (x >= 0) & (x <= 255) & (x == np.floor(x))
    if not good.all():
        row = int(np.argmin(good))
        found = "nothing" if empty(values)[row] else repr(str(values.iloc[row])[:40])
        raise DataError(
            f"{cell(values, row)}: expected a pixel, a whole number of 0 … 255, got {found}"
        )
    return x


COLUMNS: dict[str, type[Column]] = {
    "number": Number,
    "category": Category,
    "date": Date,
    "pixels": Pixels,
    "picture": Picture,
    "block": Block,
}
