"""Points that may separate thousands: `1.234` in a file whose other columns have decimal commas."""

import re
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING

import numpy as np

from glassnet.base.errors import DataError
from glassnet.data.tables.notations import Notation
from glassnet.data.tables.values import Series, cell

if TYPE_CHECKING:
    import pandas as pd

GROUPED = re.compile(r"[-+]?[1-9]\d{0,2}\.\d{3}")
WHOLE = re.compile(r"[-+]?\d{1,3}")


def refuse_points(
    frame: "pd.DataFrame",
    notations: Mapping[str, Notation],
    leave: Collection[str],
    read_text: Callable[[list[str]], "pd.DataFrame"],
) -> None:
    """DataError for a column, but those to `leave`, that was read with decimal points and may have
    thousands: others have decimal commas. `read_text` reads columns as they are written."""
    comma = next((name for name, each in notations.items() if each.decimal == ","), None)
    names = [str(n) for n in frame if n not in (*notations, *leave) and _may_be(frame[n])]
    if comma is None or not names:
        return
    texts = read_text(names)
    for name in names:
        _refuse(texts[name], comma)


def _may_be(values: Series) -> bool:
    """Whether these are numbers below 1000 of at most three decimals, some of which have any."""
    if values.dtype != np.float64:
        return False
    x = values.dropna()
    near = (x.abs() < 1000).all() and (x.round(3) == x).all()
    return bool(near and (x != np.floor(x)).any())


def _refuse(values: Series, comma: str) -> None:
    there = values.dropna()
    texts = [str(value).strip() for value in there]
    grouped = [GROUPED.fullmatch(text) is not None for text in texts]
    rest = (text for text, found in zip(texts, grouped, strict=True) if not found)
    if not any(grouped) or not all(map(WHOLE.fullmatch, rest)):
        return
    row, name = grouped.index(True), str(values.name)
    text = texts[row]
    raise DataError(
        f"{cell(there, row)}: {text!r} is {text.replace('.', '')} if points separate thousands, "
        f"since {comma!r} has decimal commas, and {float(text):.12g} if not: say which with "
        f"decimal=',' or kinds={{{name!r}: 'number'}}"
    )
