"""Commands in this process, on a terminal or a pipe of any encoding."""

import io
import os
from typing import NamedTuple

import pytest

from glassnet.cli.app import run


class Stream(io.TextIOWrapper):
    """A stream that keeps its bytes, and may call itself a terminal."""

    def __init__(self, encoding: str, terminal: bool) -> None:
        super().__init__(io.BytesIO(), encoding=encoding, newline="\n", write_through=True)
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal

    @property
    def text(self) -> str:
        kept = self.buffer
        assert isinstance(kept, io.BytesIO)
        return kept.getvalue().decode(self.encoding)


class Said(NamedTuple):
    """What a command printed."""

    out: str
    err: str


def said(
    words: str, encoding: str = "utf-8", terminal: bool = True, columns: int = 80, **names: str
) -> Said:
    """What a command prints that succeeds; `names` are those of the environment."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("NO_COLOR", "FORCE_COLOR", "JPY_PARENT_PID", "COLORTERM"):
            patch.delenv(name, raising=False)
        for name, value in {"COLUMNS": str(columns), "TERM": "xterm-256color", **names}.items():
            patch.setenv(name, value)
        out, err = Stream(encoding, terminal), Stream(encoding, terminal)
        patch.setattr("sys.stdout", out)
        patch.setattr("sys.stderr", err)
        code = run(words.split())
        assert code == 0, (words, err.text)
        assert os.environ["COLUMNS"] == str(columns)
        return Said(out.text, err.text)
