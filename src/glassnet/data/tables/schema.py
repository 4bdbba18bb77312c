"""What a network knows of a table: its columns, and which of them are predicted."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.base.arrays import Array, Shape
from glassnet.base.configurable import Described, resolve
from glassnet.base.errors import DataError, InputError
from glassnet.base.frames import as_pandas
from glassnet.data.readers.text_format import TextFormat, format_from, text_format
from glassnet.data.tables.columns import COLUMNS, Block, Category, Column, Number, Picture, Pixels
from glassnet.data.tables.notations import (
    ANY,
    Asked,
    Notation,
    marked,
    notation_from,
    refuse_shares,
    rewritten,
)
from glassnet.data.tables.notes import Notes

if TYPE_CHECKING:
    import pandas as pd


class Schema(Described):
    """The columns of a table that a network reads, as numbers, and the names of its targets.

    `left_out` are columns that were there in training and are not read. `notations` say how numbers
    are written where Python would not read them, in targets too; `reading` is the format of the
    text file as far as somebody said so.

    >>> from glassnet.data.tables.columns import Number
    >>> schema = Schema([Number("age", mean=40.0, scale=10.0, fill=39.0)], ["income"])
    >>> import pandas as pd
    >>> schema.encode(pd.DataFrame({"age": [50, None], "other": [1, 2]}))
    array([[ 1. ],
           [-0.1]], dtype=float32)
    """

    def __init__(
        self,
        columns: Iterable[Column | Mapping[str, Any]],
        targets: Sequence[str],
        left_out: Sequence[str] = (),
        notations: Mapping[str, Sequence[str]] | None = None,
        reading: Mapping[str, Any] | None = None,
    ) -> None:
        self.columns: tuple[Column, ...] = tuple(
            resolve("column", column, COLUMNS, Column) for column in columns
        )
        self.targets = tuple(str(name) for name in targets)
        self.left_out = tuple(str(name) for name in left_out)
        self.notations = {
            str(name): notation_from(name, each) for name, each in (notations or {}).items()
        }
        self.reading = format_from(reading).config()
        if not self.columns:
            raise InputError("Schema: expected at least one column")

    def __repr__(self) -> str:
        return f"<Schema: {shown(self.names)} → {shown(self.targets)}>"

    @property
    def pixels(self) -> Pixels | None:
        """The columns as an image, if they are one."""
        first = self.columns[0]
        return first if isinstance(first, Pixels) else None

    @property
    def picture(self) -> Picture | None:
        """How pictures in files are prepared, if those were what the network learned from."""
        first = self.columns[0]
        return first if isinstance(first, Picture) else None

    @property
    def block(self) -> Block | None:
        """The columns of an array without names, if one was given."""
        first = self.columns[0]
        return first if isinstance(first, Block) else None

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of the table that are read."""
        if self.pixels:
            return self.pixels.names
        return self.block.features() if self.block else tuple(c.name for c in self.columns)

    @property
    def features(self) -> tuple[str, ...]:
        """The name of each number that a row becomes."""
        return tuple(name for column in self.columns for name in column.features())

    @property
    def number_features(self) -> list[int] | None:
        """Which features are the numbers of columns, not flags; None if all are, of an array."""
        if self.block:
            return None
        names = self.features
        return [names.index(column.name) for column in self.columns if isinstance(column, Number)]

    @property
    def input_shape(self) -> Shape:
        """The shape of one encoded row: `(features,)`, or that of an image."""
        if self.pixels:
            return self.pixels.shape
        return (len(self.features),)

    @property
    def words(self) -> tuple[str, ...]:
        """The columns to read as they are written: `007` is not 7, and whole numbers beyond 2⁵³
        keep their digits beside a gap."""
        return tuple(c.name for c in self.columns if isinstance(c, Category) or is_wide(c))

    @property
    def as_text(self) -> tuple[str, ...]:
        """Those, and numbers in other notations, of a text in which people wrote them."""
        return *self.words, *self.notations

    def format(self, **given: Any) -> TextFormat:
        """How to read a new text file or workbook: as the first one, but for what is `given` in the
        words of `load`."""
        how, new = format_from(self.reading), text_format(**given)
        words = {"na": "gaps", "keep_na": "gaps"}
        changed = {words.get(name, name) for name in given} - {"encoding"}
        return how._replace(
            encoding=new.encoding, usual=how.encoding,
            **{name: getattr(new, name) for name in changed},
        )  # fmt: skip

    def written(self, asked: Asked, numbers: Iterable[str] = ()) -> dict[str, Notation]:
        """How the numbers of a new file are written: as in the first one, but for the marks that
        are `asked` for; DataError if the two contradict each other.

        - `numbers`: columns of numbers that are read besides, such as targets.
        """
        plain = (c.name for c in self.columns if isinstance(c, Number) and not is_wide(c))
        known = self.notations
        if asked == ANY:
            return dict(known)
        every = {name: known.get(name, Notation()) for name in [*plain, *known, *numbers]}
        found = {name: marked(name, each, asked) for name, each in every.items()}
        return {name: each for name, each in found.items() if name in known or each != Notation()}

    def check(self, columns: Collection[str]) -> list[str]:
        """The columns of a table that training did not have; DataError if one is missing."""
        missing = [name for name in self.names if name not in columns]
        if missing:
            import difflib

            near = difflib.get_close_matches(missing[0], list(map(str, columns)), n=1, cutoff=0.5)
            hint = f" (there is {near[0]!r}: rename it?)" if near else ""
            more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
            raise DataError(
                f"has no column {missing[0]!r}{more}{hint}; the network was trained on "
                f"{shown(self.names)}"
            )
        known = {*self.names, *self.targets, *self.left_out}
        return [str(name) for name in columns if name not in known]

    def reads_like(self, other: "Schema") -> bool:
        """Whether both make the same numbers of the same rows, whatever they were learned from."""
        if self.block and other.block:
            ours, theirs = self.block, other.block
            return (ours.columns, ours.left_out) == (theirs.columns, theirs.left_out)
        return self.config() == other.config()

    def encode(self, frame: "pd.DataFrame", notes: Notes | None = None) -> Array:
        """The rows of a table as numbers: float32 `(rows, features)`, or uint8 images.

        `notes` counts what has no place in what was learned: new values, numbers out of range,
        gaps. Raises DataError, with the column and the data row, for what cannot be read as its
        column's kind.
        """
        frame = as_pandas(frame)
        self.check(frame.columns)
        if self.pixels:
            return self.pixels.images(frame)
        if self.block:
            return frame[list(self.names)].to_numpy()
        notes, frame = Notes() if notes is None else notes, rewritten(frame, self.notations)
        x = np.empty((len(frame), *self.input_shape), np.float32)
        notes.begin(len(frame))
        start = 0
        for column in self.columns:
            end = start + len(column.features())
            with np.errstate(over="ignore"):
                column.encode(frame[column.name], x[:, start:end], notes)
            if not np.isfinite(x[:, start:end]).all():
                row = int(np.isfinite(x[:, start:end]).all(axis=1).argmin())
                raise DataError(
                    f"column {column.name!r}, data row {int(frame.index[row]) + 1}: "
                    f"{frame[column.name].iloc[row]} is too far from all values in training"
                )
            start = end
        return x

    def encode_table(self, given: Any) -> Array:
        """The same for a table in memory, as somebody gives it: DataError too for numbers in a
        column of percents that may be percents divided by 100."""
        frame = as_pandas(given).reset_index(drop=True)
        refuse_shares(frame, self.notations)
        return self.encode(frame)

    def row(self, x: Array) -> list[tuple[str, str, int]]:
        """Each column of one encoded row (features,): its name, its value as text, and how many
        features it has.

        >>> Schema([Number("age", mean=40.0, scale=10.0, fill=39.0)], ["income"]).row(np.ones(1))
        [('age', '50', 1)]
        """
        if self.pixels or self.block:
            return [(n, f"{v:z.6g}", 1) for n, v in zip(self.features, x.tolist(), strict=True)]
        found, start = [], 0
        for column in self.columns:
            end = start + len(column.features())
            found.append((column.name, column.decode(x[start:end]), end - start))
            start = end
        return found


def is_wide(column: Column) -> bool:
    """Whether a column is of whole numbers that are subtracted as such, and so read as such."""
    return isinstance(column, Number) and isinstance(column.origin, int) and bool(column.origin)


def shown(names: Sequence[str], most: int = 10) -> str:
    """Names in a line; of many the first, and how many there are."""
    return ", ".join(names[:most]) + (f", … ({len(names)} in all)" if len(names) > most else "")
