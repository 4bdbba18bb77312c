"""The files that a lab may read: those that it was given, and those that were dropped on it."""

from pathlib import Path

from glassnet.base.errors import InputError


class Shelf:
    """Files by the names under which the page may ask for them: no other path is readable.

    >>> Shelf().path("/etc/passwd")
    Traceback (most recent call last):
    glassnet.base.errors.InputError: the lab has no file '/etc/passwd': expected one of none; drop \
it on the page to add it
    """

    def __init__(self) -> None:
        self.files: dict[str, Path] = {}

    def put(self, path: Path, name: str | None = None) -> str:
        """Add a file, and return the name under which it stands."""
        name = name or path.name
        self.files[name] = path
        return name

    def path(self, name: str) -> Path:
        """The file of this name."""
        if name not in self.files:
            there = ", ".join(self.files) or "none"
            raise InputError(
                f"the lab has no file {name!r}: expected one of {there}; drop it on the page to "
                "add it"
            )
        return self.files[name]
