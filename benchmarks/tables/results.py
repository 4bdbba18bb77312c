"""What was measured, a line of JSON each: a run that was stopped continues where it was."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Result = dict[str, Any]
KEY = ("table", "contender", "seed")


def read(path: Path) -> list[Result]:
    """All results of a file; none if there is no such file."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def append(path: Path, result: Result) -> None:
    """Add a result."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(result) + "\n")


def key(result: Result) -> tuple[Any, ...]:
    """What a result is of."""
    return tuple(result[name] for name in KEY)


def shared(found: Sequence[Result], who: Sequence[str]) -> list[Result]:
    """The results of these contenders on the splits that all of them were measured on."""
    had: dict[tuple[str, int], set[str]] = {}
    for result in found:
        had.setdefault((result["table"], result["seed"]), set()).add(result["contender"])
    return [
        result for result in found
        if result["contender"] in who and had[result["table"], result["seed"]] >= set(who)
    ]  # fmt: skip
