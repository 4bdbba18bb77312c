"""Numbers so far from the others that standardising makes those nearly equal."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from glassnet.data.tables.notes import counted
from glassnet.data.tables.values import numbers

if TYPE_CHECKING:
    import pandas as pd

FAR_OUT = 1000  # times as wide as the middle half of a column


def outliers(frame: "pd.DataFrame", names: Iterable[str]) -> Iterator[str]:
    """In a line for each of these columns of numbers, how many lie so far out that its standard
    deviation is that of them, and not that of the others.

    >>> import pandas as pd
    >>> list(outliers(pd.DataFrame({"a": [1.0, 2, 3, 4, 5, 6, 1e30], "b": range(7)}), ["a", "b"]))
    ["'a': 1 value lies so far out that all others become nearly equal (1e+30 in data row 7): \
correct it"]
    """
    for name in names:
        x = numbers(frame[name])
        low, middle, high = np.nanquantile(x, [0.25, 0.5, 0.75])
        if high > low and np.nanstd(x) > FAR_OUT * (high - low):
            off = np.abs(x - middle)
            count, most = int((off > FAR_OUT * (high - low)).sum()), int(np.nanargmax(off))
            lie, them = ("lies", "it") if count == 1 else ("lie", "them")
            row = int(frame.index[most]) + 1
            yield (
                f"{name!r}: {counted(count, 'value')} {lie} so far out that all others become "
                f"nearly equal ({x[most]:.4g} in data row {row}): correct {them}"
            )
