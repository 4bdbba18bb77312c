"""Messages as JSON: those of a page read with care, those to it without what it cannot read."""

import json
import math
from typing import Any, NoReturn

from glassnet.base.errors import InputError

DEEPEST = 16  # lists and objects inside each other
LARGEST = 2**63  # of whole numbers


def message_of(text: str | None) -> dict[str, Any]:
    """The object that a text holds.

    >>> message_of('{"do": "step", "count": 2}')
    {'do': 'step', 'count': 2}

    Raises `InputError` for anything else.
    """
    if text is None:
        raise InputError("a message of bytes: expected a text, one JSON object")
    try:
        found = json.loads(text, parse_constant=_refuse, parse_float=_float, parse_int=_int)
    except InputError:
        raise
    except (ValueError, RecursionError) as error:
        raise InputError(f"a message that is no JSON ({error}): expected one object") from None
    if not isinstance(found, dict):
        raise InputError(f"a message that is a {type(found).__name__}: expected a JSON object")
    if _depth(found) > DEEPEST:
        raise InputError(f"a message of more than {DEEPEST} lists and objects inside each other")
    return found


def _refuse(given: str) -> NoReturn:
    raise InputError(f"a message holds {given}: expected finite numbers")


def _float(given: str) -> float:
    value = float(given)
    if not math.isfinite(value):
        _refuse(given[:20])
    return value


def _int(given: str) -> int:
    if len(given) > 20 or not -LARGEST <= int(given) < LARGEST:
        raise InputError(f"a message holds a whole number of {len(given)} digits: too large")
    return int(given)


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level and depth <= DEEPEST:
        depth += 1
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (dict, list))
        ]
    return depth


def text_of(value: dict[str, Any]) -> str:
    """An object as JSON; numbers that are not finite are null, as JSON has no word for them.

    >>> text_of({"loss": float("nan"), "t": 3})
    '{"loss":null,"t":3}'
    """
    try:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except ValueError:
        return text_of(_finite(value))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
