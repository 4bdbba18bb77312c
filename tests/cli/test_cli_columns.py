"""Tables fit any width: no word is broken unseen, no blank stands at an end, no number is cut."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from glassnet.cli import terminal
from glassnet.cli.columns import lay_out, without_middle

WORD = st.text("abcdefgß名é", min_size=1, max_size=30)
TEXT = st.lists(WORD, max_size=6).map(" ".join)
NUMBER = st.floats(0, 1e15).map("{:,.2f}".format)
ROWS = st.lists(st.tuples(TEXT, NUMBER, TEXT, NUMBER), min_size=1, max_size=5)
HEADINGS = ("a name", "number", "what it is", "another number")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def printed(width: int, monkeypatch: pytest.MonkeyPatch, *table: object, **more: object) -> str:
    """What a table prints on a terminal of this width."""
    out = Terminal()
    with monkeypatch.context() as patch:
        patch.setenv("COLUMNS", str(width))
        patch.setattr("sys.stdout", out)
        terminal.table(*table, **more)  # type: ignore[arg-type]
    return out.getvalue()


@given(ROWS, st.integers(60, 150))
def test_lines_fit_and_words_are_whole_or_marked(rows: list[tuple[str, ...]], width: int) -> None:
    laid = lay_out(HEADINGS, rows, right=(1, 3), width=width, keep=(1,))
    assert {0, 1} <= {*laid.columns}
    for line in (*laid.head, *(line for row in laid.rows for line in row)):
        assert cell_len("   ".join(line)) <= width - 3
    for row, lines in zip(rows, laid.rows, strict=True):
        for place, n in enumerate(laid.columns):
            said = " ".join(" ".join(line[place] for line in lines).split())
            if n in (1, 3) or not laid.shortened:
                assert said == row[n]
            else:
                for shown, word in zip(said.split(), row[n].split(), strict=True):
                    begin, mark, end = shown.partition("…")
                    assert word.startswith(begin) and word.endswith(end)
                    assert mark or shown == word


@given(ROWS)
def test_without_a_terminal_nothing_is_wrapped_or_left_out(rows: list[tuple[str, ...]]) -> None:
    laid = lay_out(HEADINGS, rows)
    assert laid.columns == [0, 1, 2, 3] and not laid.shortened
    assert [len(lines) for lines in laid.rows] == [1] * len(rows)


def test_the_width_there_is_is_used() -> None:
    row = ("digits", "0.97", "ten words " * 10, "1")
    narrow, wide = (lay_out(HEADINGS, [row], (1, 3), width) for width in (80, 120))
    assert len(narrow.rows[0]) > len(wide.rows[0]) > 1
    for laid, width in ((narrow, 80), (wide, 120)):
        assert cell_len("   ".join(laid.head[0])) == width - 3


def test_names_that_begin_alike_stay_different() -> None:
    names = [f"mean_radius_of_the_first_measurement_{n}" for n in range(3)]
    assert len({without_middle(name, 16) for name in names}) == 3
    assert without_middle("short", 16) == "short"


def test_what_does_not_fit_is_named_once_below(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"column {n}" for n in range(8)]
    rows = [("x" * 40, *(f"{n},000,000" for n in range(1, 8)))] * 3
    said = printed(60, monkeypatch, "wide", names, rows, keep=("column 6",))
    *table, note = said.splitlines()
    assert max(map(len, table)) <= 60 and all(line == line.rstrip() for line in table)
    assert "6,000,000" in said and "7,000,000" not in said
    assert said.count("too narrow") == 1 and "column 7" in " ".join(said.split("too narrow")[1:])
    assert note.rstrip().endswith("long names in full")
    whole = printed(200, monkeypatch, "wide", names, rows)
    assert "too narrow" not in whole and "x" * 40 in whole


def test_a_name_cannot_write_on_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    said = printed(80, monkeypatch, "names", ("name",), [("a\x1b[31mred\nline\t\x07",)])
    assert "\x1b" not in said and "\x07" not in said
    assert "a [31mred line" in said
