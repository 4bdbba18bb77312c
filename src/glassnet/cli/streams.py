"""Standard output and error which no reader, disk or encoding can end a command with."""

import codecs
import os
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO, cast

NOWHERE = Path(os.devnull)
READABLE = "glassnet-readable"  # how characters are written that an encoding has not
PLAIN = {
    "−": "-", "–": "-", "—": "-", "─": "-", "│": "|", "·": ".", "…": "...", "×": "x", "±": "+/-",
    "→": "->", "←": "<-", "≥": ">=", "≤": "<=", "≈": "~", "√": "sqrt", "‖": "||", "∂": "d",
}  # fmt: skip


class Output:
    """A stream that goes on when nothing can be written any more.

    A reader that has read enough, as in `glassnet train | head -1`, is no failure; a full disk is.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.failure: OSError | None = None
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=READABLE)

    def write(self, text: str) -> int:
        """Write it, if that is possible."""
        try:
            return self.stream.write(text)
        except OSError as error:
            self._give_up(error)
            return len(text)

    def flush(self) -> None:
        """Write what is in the buffer, if that is possible."""
        try:
            self.stream.flush()
        except OSError as error:
            self._give_up(error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def _give_up(self, error: OSError) -> None:
        """Let nothing more be written, not even what Python does at its end."""
        if not isinstance(error, BrokenPipeError):
            self.failure = self.failure or error
        with suppress(OSError), NOWHERE.open("wb") as nowhere:
            os.dup2(nowhere.fileno(), self.stream.fileno())


@contextmanager
def sturdy() -> Iterator[Output]:
    """Let both streams be such while a command runs; gives standard output."""
    codecs.register_error(READABLE, _readable)
    before = sys.stdout, sys.stderr
    with ExitStack() as opened:
        # There is none where the shell closed it: its number must not go to another file.
        there = [
            each or opened.enter_context(NOWHERE.open("w", encoding="utf-8")) for each in before
        ]
        out, err = map(Output, there)
        sys.stdout, sys.stderr = cast(TextIO, out), cast(TextIO, err)
        try:
            yield out
        finally:
            out.flush()
            err.flush()
            sys.stdout, sys.stderr = before


def _readable(error: UnicodeError) -> tuple[str, int]:
    """What stands for characters that the encoding has not: the nearest of ASCII."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_ascii, error.object[error.start : error.end])), error.end


def _ascii(character: str) -> str:
    name = unicodedata.name(character, "")
    if name.startswith("GREEK SMALL LETTER "):
        return name.split()[3].lower()
    parts = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    return PLAIN.get(character) or parts or "?"
