"""The text of --class-weight: "balanced", or a number for classes by name."""

from typing import Literal

from glassnet.base.errors import InputError

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


def _weight(text: str, weight: str) -> float:
    try:
        return float(weight)
    except ValueError:
        raise InputError(
            f"--class-weight {text!r}: {weight!r} is not a number: expected some as in no=1,yes=5"
        ) from None
