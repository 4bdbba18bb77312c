"""On a terminal of 80 columns no line is wider, no word broken, and no space stands at an end."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pty = pytest.importorskip("pty")

CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
WIDE = "the name of a category that is rather long"
COMMANDS = (
    "train t.csv --epochs 2",
    "train letters.csv --epochs 1 --no-health",
    "data t.csv",
    "summary t.safetensors",
    "evaluate t.safetensors t.csv",
    "evaluate letters.safetensors letters.csv",
    "explain",
    "explain t.safetensors --row 5",
    "recipes",
    "repeat moons --samples 100 --epochs 2 --times 2",
)


def on_a_terminal(folder: Path, commands: tuple[str, ...]) -> str:
    """What the commands print on a terminal of 80 columns, without its codes."""
    code = f"from glassnet.cli.app import run\nfor c in {commands!r}: assert run(c.split()) == 0, c"
    master, slave = pty.openpty()
    env = {**os.environ, "COLUMNS": "80", "TERM": "xterm"}
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=folder, env=env, stdout=slave, stderr=subprocess.PIPE
    ) as process:
        os.close(slave)
        printed = b""
        try:
            while piece := os.read(master, 65536):
                printed += piece
        except OSError:  # the other end is closed
            pass
        os.close(master)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors.decode()
    return CODES.sub("", printed.decode()).replace("\r", "")


def test_every_line_fits(tmp_path: Path) -> None:
    names = [WIDE, "other", "b", "c"]
    rows = [f"{n},{names[n % 4]},{n * 0.37:.3f},{'yes' if n % 3 else 'no'}" for n in range(80)]
    table = "\n".join(["customer_number,country of residence,income after tax,churned", *rows])
    (tmp_path / "t.csv").write_text(table, encoding="utf-8")
    x = np.random.default_rng(0).normal(size=(260, 2)).round(3)
    letters = [f"{a},{b},{chr(97 + n % 26) * 3}" for n, (a, b) in enumerate(x)]
    (tmp_path / "letters.csv").write_text("\n".join(["a,b,t", *letters]), encoding="utf-8")
    lines = on_a_terminal(tmp_path, COMMANDS).splitlines()
    assert len(lines) > 150
    assert [line for line in lines if len(line) > 80 or line != line.rstrip()] == []
    assert any(WIDE in " ".join(lines[n : n + 2]) for n in range(len(lines)))
    header = next(line for line in lines if line.split()[:3] == ["aaa", "bbb", "ccc"])
    assert set(header.split()) <= {chr(97 + n) * 3 for n in range(26)}
