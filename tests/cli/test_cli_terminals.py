"""Results look the same in every code page, without colours, on simple terminals and in pipes."""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from glassnet.cli import streams
from glassnet.nn.task import TASKS
from tests.cli.terminals import said
from tests.undrawn import not_drawn

CODE_PAGES = ("cp437", "cp850", "cp1252", "ascii")
COLOUR = re.compile(r"\x1b\[[0-9;]*\b(3[0-8]|4[0-8]|9[0-7]|10[0-7])[;m]")
LONG = "a_name_of_a_column_that_is_longer_than_most_of_them"
COMMANDS = (
    "train t.csv --epochs 2",
    "data t.csv",
    "summary t.safetensors",
    "evaluate t.safetensors t.csv",
    "explain t.safetensors --row 3",
    "explain",
    "recipes",
    "repeat t.csv --epochs 1 --times 3",
    "cv t.csv --epochs 1 --folds 3",
    "lr-find t.csv --epochs 1 --count 3",
    "sweep t.csv --epochs 1 --trials 2 --hidden 2,4x4 --lr 0.1,0.01 --activation relu,tanh",
    "train values.csv --epochs 2",
    "evaluate values.safetensors values.csv",
    "cv values.csv --epochs 1 --folds 3",
)
WIDE = ("explain",)  # not a table
COPIED = "  glassnet train "  # a command stays on one line, to be copied


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Tables with long names and letters of several scripts."""
    folder, rng = tmp_path_factory.mktemp("terminals"), np.random.default_rng(0)
    names = ("größe → θ ≥ 0", f"{LONG}_1", f"{LONG}_2")
    rows = [f"{a:.3f},{b:.3f},{names[(a > 0) + int(b > 0)]}" for a, b in rng.normal(size=(90, 2))]
    (folder / "t.csv").write_text("\n".join([f"{LONG},höhe,art", *rows]), "utf-8")
    values = [f"{a:.3f},{b:.3f},{1e5 * (a + b):.1f}" for a, b in rng.normal(size=(90, 2))]
    (folder / "values.csv").write_text("\n".join(["a,b,price", *values]), "utf-8")
    with contextlib.chdir(folder), not_drawn():
        yield folder


@pytest.mark.parametrize("encoding", CODE_PAGES)
def test_every_command_is_readable_in_every_code_page(encoding: str, folder: Path) -> None:
    for command in COMMANDS:
        out, err = said(command, encoding, terminal=False)
        assert err == "" or err.startswith(("note: ", "health: ")), command
        assert out.count("?") == out.count("how sure is the accuracy?"), (command, out)
        assert "\x1b" not in out
        assert all(line == line.rstrip() for line in out.splitlines()), command


@pytest.mark.parametrize(("encoding", "columns"), [("utf-8", 60), ("ascii", 80), ("utf-8", 120)])
def test_no_table_is_wider_than_the_terminal(encoding: str, columns: int, folder: Path) -> None:
    for command in COMMANDS:
        if command.startswith(WIDE):
            continue
        out = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said(command, encoding, columns=columns).out)
        for line in out.splitlines():
            whole = LONG in line or line.startswith(COPIED)
            assert len(line) <= columns or whole, (command, line)
            assert line == line.rstrip(), (command, line)


def test_a_simple_terminal_gets_no_codes_and_no_bar(folder: Path) -> None:
    for command in (COMMANDS[0], COMMANDS[7], COMMANDS[4]):
        out, err = said(command, TERM="dumb")
        assert "\x1b" not in out + err and "\r" not in out + err
        assert "━" not in out + err


def test_colours_are_there_and_can_be_turned_off(folder: Path) -> None:
    for command in (COMMANDS[0], COMMANDS[4]):
        assert COLOUR.search(said(command).out), command
        off = said(command, NO_COLOR="1")
        assert not COLOUR.search(off.out + off.err), command
        assert "\x1b" not in said(command, terminal=False).out


def test_a_cell_of_a_notebook_gets_no_bar(folder: Path) -> None:
    assert "\x1b[2K" in said(COMMANDS[7]).err  # a line that is written anew
    assert "\x1b" not in said(COMMANDS[7], JPY_PARENT_PID="1").err


def test_a_pipe_gets_whole_names(folder: Path) -> None:
    for columns in (40, 200):
        out = said("evaluate t.safetensors t.csv", terminal=False, columns=columns).out
        table = out.partition("confusion")[0]
        assert f"{LONG}_1 " in table and "too narrow" not in out


def test_every_sign_that_we_print_has_its_ascii() -> None:
    signs = "±²³·×÷ΔΣβγεηθλμπρσ–—‖’…⁻₀₁←↑→↓∂−√≈≤≥⋮─│█░▒▓━Łłøßæñ“”"
    for sign in signs:
        nearest = streams.printable(sign, Ascii())
        assert nearest.isascii() and nearest not in ("", "?"), sign
    assert streams.printable("Łódź, groß, e\u0301, Σ λ", Ascii()) == "Lodz, gross, e, sum lambda"
    assert streams.printable("名", Ascii()) == "?"
    assert all(task.isascii() for task in TASKS)


class Ascii:
    encoding = "ascii"
