"""What pydantic finds wrong, in our words: what was given, and what was expected."""

import reprlib
from collections.abc import Mapping
from typing import Any

KINDS = {
    "int": "a whole number", "float": "a number", "finite": "a finite number",
    "bool": "true or false", "string": "a text", "list": "a list", "dict": "a table",
    "model": "a table",
}  # fmt: skip
BOUNDS = {"ge": "{} or more", "gt": "more than {}", "le": "{} or less", "lt": "less than {}"}
OURS = "Value error, "  # before a message of our own


def first_complaint(error: Any) -> str:
    """The first problem of a `ValidationError`: where it is, and what was expected there."""
    problem = error.errors()[0]
    return f"{'.'.join(str(part) for part in problem['loc'])}{complaint(problem)}"


def complaint(problem: Mapping[str, Any], expected: str | None = None) -> str:
    """The rest of a sentence about a setting; `expected` is what its field describes.

    >>> complaint({"type": "int_parsing", "input": "1.5"})
    ' is 1.5, expected a whole number'
    >>> complaint({"type": "float_parsing", "input": "50%"}, "a share of 0 or more and less than 1")
    " is '50%', expected a share of 0 or more and less than 1: 50% is 0.5"
    """
    if problem["type"] == "value_error":
        return f": {problem['msg'].removeprefix(OURS)}"
    if problem["type"] == "missing":
        return " is missing"
    if expected is None:
        bounds = [BOUNDS[name].format(value) for name, value in problem.get("ctx", {}).items()
                  if name in BOUNDS]  # fmt: skip
        kind = KINDS.get(problem["type"].partition("_")[0])
        expected = bounds[0] if bounds else kind or problem["msg"]
    whole = expected.startswith("a whole number")
    return f" is {_given(problem['input'])}, expected {expected}{_percent(problem['input'], whole)}"


def _given(value: Any) -> str:
    """A value in short; text that is a number as the number."""
    try:
        float(value)
    except (TypeError, ValueError, OverflowError):
        return reprlib.repr(value)
    return str(value)


def _percent(given: Any, whole: bool) -> str:
    """What a percentage is as a number."""
    text = given.strip() if isinstance(given, str) else ""
    try:
        share = float(text.removesuffix("%")) / 100
    except ValueError:
        return ""
    return f": {text} is {share:g}" if text[-1:] == "%" and not whole else ""
