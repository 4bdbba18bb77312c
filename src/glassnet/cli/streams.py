"""Standard output and error that survive closed pipes, full disks and narrow encodings."""

import codecs
import os
import re
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO, cast

NOWHERE = Path(os.devnull)
READABLE = "glassnet-readable"  # the handler of characters that an encoding lacks
PLAIN = {
    "−": "-", "–": "-", "—": "-", "─": "-", "│": "|", "·": ".", "…": "...", "×": "x", "±": "+/-",
    "→": "->", "←": "<-", "↑": "^", "↓": "v", "≥": ">=", "≤": "<=", "≈": "~", "√": "sqrt",
    "‖": "||", "∂": "d", "Σ": "sum", "λ": "lambda", "²": "^2", "³": "^3", "⁻": "-", "÷": "/",
    "’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "⋮": ":", "━": "-", "╸": "-", "╺": "-",
    "░": ".", "▒": "+", "▓": "*", "█": "#", "ß": "ss",
}  # fmt: skip
LETTER = re.compile(r"(?:GREEK|LATIN(?= \w+ LETTER \w\w?\b)) (SMALL|CAPITAL) LETTER (\w+)")


class Output:
    """A stream that ignores writes once nothing can be written any more.

    A closed pipe, as in `glassnet train | head -1`, is not a failure; a full disk is.
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
        """Discard further writes, even those of Python at its exit."""
        if not isinstance(error, BrokenPipeError):
            self.failure = self.failure or error
        with suppress(OSError), NOWHERE.open("wb") as nowhere:
            os.dup2(nowhere.fileno(), self.stream.fileno())


@contextmanager
def sturdy() -> Iterator[Output]:
    """Replace both streams while a command runs; yields standard output."""
    before = sys.stdout, sys.stderr
    with ExitStack() as opened:
        # A stream that the shell closed is None: its number must not go to another file.
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


def printable(text: str, stream: TextIO | None = None) -> str:
    """A text as a stream shows it, by default standard output: on one line, without control
    characters, and with the nearest ASCII for what the encoding lacks.

    >>> printable("first\\nsecond")
    'first second'
    """
    encoding = getattr(stream or sys.stdout, "encoding", None) or "utf-8"
    shown = "".join(each if each.isprintable() else " " for each in text)
    return shown.encode(encoding, READABLE).decode(encoding)


def _readable(error: UnicodeError) -> tuple[str, int]:
    """The nearest ASCII for characters that the encoding lacks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_ascii, error.object[error.start : error.end])), error.end


def _ascii(character: str) -> str:
    """What comes nearest; nothing for an accent of its own, "?" for other scripts."""
    parts = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    if character in PLAIN or parts:
        return PLAIN.get(character) or parts
    if unicodedata.combining(character):
        return ""
    named = LETTER.match(unicodedata.name(character, ""))
    if named is None:
        return "?"
    return named[2].lower() if named[1] == "SMALL" else named[2].capitalize()


codecs.register_error(READABLE, _readable)
