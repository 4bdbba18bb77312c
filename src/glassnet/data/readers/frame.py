"""Tables in memory: those of pandas, polars, pyarrow and all that have Arrow's interface."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from glassnet.base.errors import DataError, prefixing_errors
from glassnet.base.frames import as_pandas
from glassnet.data.readers.arrow_columns import chosen, regrouped
from glassnet.data.readers.delimited import check_names

if TYPE_CHECKING:
    import pandas as pd


class Frame:
    """A table in memory, read like one in a file; rows count from 0, whatever its index is.

    Raises DataError for one without rows or columns, with two columns of a name, and for one that
    holds lists or records.
    """

    path = "the table"
    name = "table"
    notes: tuple[str, ...] = ()
    empty = 0
    share: float | None = None

    def __init__(self, given: Any) -> None:
        with prefixing_errors(self):
            frame = as_pandas(given)
            self.columns = [str(name) for name in getattr(frame, "columns", ())]
            check_names(self.columns)
            if not self.columns or not len(frame):
                raise DataError("has no rows; add rows")
        self.frame = frame.set_axis(self.columns, axis=1)

    def __str__(self) -> str:
        return self.path

    def pieces(
        self, text: Collection[str] = (), columns: Collection[str] | None = None
    ) -> Iterator["pd.DataFrame"]:
        """The rows, some at a time, their index counting from 0; of `columns` alone if given."""
        yield from regrouped([self.frame[chosen(self.columns, columns)]], len(self.columns))
