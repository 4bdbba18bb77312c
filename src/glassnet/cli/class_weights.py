"""The text of --class-weight: "balanced", or a number for classes by name."""

from typing import Literal

from glassnet.base.errors import InputError
from glassnet.base.synonyms import nearest
from glassnet.data import Dataset
from glassnet.data.tables.schema import shown
from glassnet.nn.task import task_named

Weights = Literal["balanced"] | dict[str, float] | None


def class_weights(text: str | None) -> Weights:
    """What --class-weight says; a comma within a name is part of it.

    >>> class_weights("no=1,yes=5"), class_weights("a, b=2"), class_weights("balanced")
    ({'no': 1.0, 'yes': 5.0}, {'a, b': 2.0}, 'balanced')

    Raises `InputError` for what is neither.
    """
    if text is None:
        return None
    if text == "balanced":
        return "balanced"
    found: dict[str, float] = {}
    begun = ""
    for piece in text.split(","):
        name, equals, weight = (begun + piece).rpartition("=")
        if not equals:
            begun += f"{piece},"
            continue
        found[name.strip()] = _weight(text, weight)
        begun = ""
    if begun or not found or "" in found:
        raise InputError(
            f"--class-weight is {text!r}: expected balanced, or numbers for classes by name, as in "
            "no=1,yes=5"
        )
    return found


def check_classes(weights: Weights, data: Dataset) -> None:
    """InputError, with the nearest class, for a class that the data do not have."""
    if weights is None:
        return
    if not task_named(data.task).has_probabilities:
        raise InputError(
            f"--class-weight is for classes, and {data.target} has numbers: leave it out, or give "
            "--task classification"
        )
    for name in weights if isinstance(weights, dict) else ():
        if name not in data.classes:
            near = nearest(name, list(data.classes))
            meant = f": did you mean {near!r}? Classes: " if near else "; expected one of "
            raise InputError(
                f"--class-weight: there is no class {name!r}{meant}{shown(data.classes)}"
            )


def _weight(text: str, weight: str) -> float:
    try:
        return float(weight)
    except ValueError:
        raise InputError(
            f"--class-weight {text!r}: {weight!r} is not a number: expected some as in no=1,yes=5"
        ) from None
