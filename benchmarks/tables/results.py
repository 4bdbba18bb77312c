"""What was measured, a line of JSON each: a run that was stopped continues where it was."""

import json
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
