"""The README shows what its code prints, and stays under two screens."""

import contextlib
import io
import re
from pathlib import Path

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_the_first_lines_of_python_print_what_is_shown() -> None:
    code, shown = re.findall(r"```(?:python|text)\n(.*?)```", README, re.DOTALL)[:2]
    assert len([line for line in code.splitlines() if line]) <= 8
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(code, {})
    lines = [line.rstrip() for line in printed.getvalue().splitlines()]
    assert lines == shown.splitlines()


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= 100


def test_every_link_leads_to_a_file() -> None:
    links = re.findall(r"(?:\]\(|src=\")([^)#\"]+)", README)
    root = Path(__file__).parents[1]
    assert len(links) > 15
    assert [link for link in links if not (root / link).exists()] == []
