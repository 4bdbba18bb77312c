"""What a network's file keeps of its training for a report: curves, rows and decisions."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from glassnet.base.description import Kind, check, integer
from glassnet.data import Dataset
from glassnet.nn.network import Network

RECORD = "report"  # its name in what a file says of the training
RECIPE = "recipe"  # that of the settings which repeat it
MOST_NOTES = 200  # that are kept
NUMBER = Kind("a number or null", lambda n: n is None or type(n) in (int, float))
TEXT = Kind("text", lambda value: isinstance(value, str))
LIST = Kind("a list", lambda value: isinstance(value, list))
MAPPING = Kind("a mapping", lambda value: isinstance(value, dict))


class Record(NamedTuple):
    """The metrics of every epoch, how many rows there were, and the decisions about the data."""

    history: Mapping[str, Sequence[float]]
    rows: Mapping[str, int]
    notes: tuple[str, ...]


def record(history: Mapping[str, Sequence[float]], data: Dataset) -> dict[str, Any]:
    """That of a training, as plain data; without seconds, so that the same training has the same.

    - `history`: of the training.
    - `data`: what it learned from.
    """
    columns = {
        name: [float(f"{value:.6g}") if math.isfinite(value) else None for value in column]
        for name, column in history.items()
        if name != "seconds"
    }
    notes, more = list(data.notes[:MOST_NOTES]), len(data.notes) - MOST_NOTES
    return {
        "history": columns,
        "rows": {"training": len(data.x_train), "test": len(data.x_test)},
        "notes": notes + [f"{more} more decisions"] * (more > 0),
    }


def recorded(network: Network) -> Record | None:
    """That of a network's file; None if it keeps none.

    Raises `InputError` for one that `record` did not write.
    """
    found = network.trained.get(RECORD)
    if found is None:
        return None
    check(found, {"history": MAPPING, "rows": {"training": integer(), "test": integer()},
                  "notes": LIST}, "trained report")  # fmt: skip
    for name, column in found["history"].items():
        check(column, LIST, f"trained report history {name}")
        check(column, [NUMBER] * len(column), f"trained report history {name}")
    check(found["notes"], [TEXT] * len(found["notes"]), "trained report notes")
    history = {
        name: [math.nan if value is None else float(value) for value in column]
        for name, column in found["history"].items()
    }
    return Record(history, found["rows"], tuple(found["notes"]))


def recorded_recipe(network: Network) -> dict[str, Any] | None:
    """The recipe of a network's file, its parts and the seed as plain data; None if it keeps none.

    Raises `InputError` for one that is no mapping of parts.
    """
    found = network.trained.get(RECIPE)
    if found is None:
        return None
    check(found, MAPPING, "trained recipe")
    for name in ("data", "network", "training"):
        check(found.get(name), MAPPING, f"trained recipe {name}")
    check(found.get("seed"), integer(), "trained recipe seed")
    return dict(found)
