"""Tables in memory: those of pandas, and all that Arrow's interface hands over."""

from typing import TYPE_CHECKING, Any

from glassnet.base.errors import InputError
from glassnet.base.optional import need

if TYPE_CHECKING:
    import pandas as pd


def is_table(given: Any) -> bool:
    """Whether this is a table with names: of pandas, or of polars, pyarrow, DuckDB and others that
    have Arrow's interface."""
    return hasattr(given, "iloc") or hasattr(given, "__arrow_c_stream__")


def as_pandas(given: Any) -> "pd.DataFrame":
    """The table as one of pandas; InputError for a table that holds lists or records, and for what
    is a single column."""
    if hasattr(given, "iloc"):
        frame: pd.DataFrame = given
        return frame
    arrow = need("pyarrow", "reading a table of polars or Arrow")
    try:
        table = arrow.table(given)
    except (TypeError, ValueError, arrow.ArrowException):
        raise InputError(
            f"a {type(given).__name__} is one column: expected a table, whose columns have names"
        ) from None
    nested = [field.name for field in table.schema if field.type.num_fields]
    if nested:
        raise InputError(f"column {nested[0]!r} holds lists or records: leave it out")
    return from_arrow(table)


def from_arrow(table: Any) -> "pd.DataFrame":
    """A table or a record batch of pyarrow as a table of pandas."""
    frame: pd.DataFrame = table.to_pandas(ignore_metadata=True, types_mapper=_with_gaps(table))
    return frame


def _with_gaps(table: Any) -> Any:
    """What 64-bit integers become if some are missing: float64 would round those beyond 2⁵³."""
    arrow, pandas = need("pyarrow", "reading a table of Arrow"), need("pandas", "reading a table")
    wide = {arrow.int64(): pandas.Int64Dtype(), arrow.uint64(): pandas.UInt64Dtype()}
    return wide.get if any(c.null_count and c.type in wide for c in table.columns) else None
