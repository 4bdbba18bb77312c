"""Which column is predicted if nobody says so, and who is asked if two are as likely."""

import pandas as pd
import pytest

from glassnet.cli import options
from glassnet.cli.app import run
from glassnet.data import load
from glassnet.data.tables.default_target import TargetError, default_target
from glassnet.lab.asked.opening import opened

KIND = ["u", "v", "w"] * 20
YES = ["yes", "no"] * 30
NUMBER = [n * 0.37 for n in range(60)]
TEXT = [f"remark {n}" for n in range(60)]
FEW = [0, 1, 1] * 20


def chosen(**columns):
    frame = pd.DataFrame(columns)
    return default_target(frame, list(frame))


@pytest.mark.parametrize(
    "columns, target",
    [
        ({"a": NUMBER, "b": NUMBER}, "b"),
        ({"Label": KIND, "pixel0": FEW, "pixel1": FEW}, "Label"),
        ({"target": KIND, "size": NUMBER, "town": KIND}, "target"),  # three words are no yes or no
        ({"a": NUMBER, "class": KIND}, "class"),
        ({"x": NUMBER, "y": NUMBER}, "y"),
        ({"x": NUMBER, "y": NUMBER, "kind": KIND}, "kind"),  # y is a place
        ({"x": NUMBER, "y": NUMBER, "z": NUMBER}, "z"),
        ({"y": NUMBER, "x1": NUMBER, "x2": FEW}, "y"),  # one of several numbered columns
        ({"y": KIND, "a": NUMBER, "always": [1] * 60}, "y"),
        ({"class": KIND, "day": pd.date_range("2020", periods=60)}, "class"),
        ({"y": FEW, "target": FEW, "a": FEW}, "target"),
    ],
)
def test_what_is_chosen(columns, target):
    assert chosen(**columns) == target


@pytest.mark.parametrize(
    "columns, likely",
    [
        ({"target": KIND, "a": NUMBER, "label": KIND}, ("target", "label")),
        ({"label": KIND, "species": KIND, "a": NUMBER}, ("label", "species")),
        ({"class": KIND, "fare": NUMBER, "survived": FEW}, ("class", "survived")),
        ({"y": NUMBER, "a": NUMBER, "price": NUMBER}, ("y", "price")),
        ({"label": KIND, "a": NUMBER, "churn": YES}, ("label", "churn")),
        ({"label": TEXT, "a": NUMBER, "plan": KIND}, ("label", "plan")),
        ({"label": KIND, "a": NUMBER, "class": KIND}, ("label", "class")),
        ({"class": KIND, "a": NUMBER, "y": NUMBER}, ("class", "y")),
    ],
)
def test_what_is_left_open(columns, likely):
    with pytest.raises(TargetError) as caught:
        chosen(**columns)
    assert caught.value.columns == likely
    for name in likely:
        assert f"target={name!r}" in str(caught.value)


@pytest.fixture
def tickets(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame = pd.DataFrame({"fare": NUMBER, "class": KIND, "sibs": FEW, "survived": FEW})
    frame.to_csv("t.csv", index=False)
    return "t.csv"


def test_the_option_decides_and_the_first_line_says_so(tickets):
    with pytest.raises(TargetError, match=r"^t\.csv: columns 'class' and 'survived' could both"):
        load(tickets)
    data = load(tickets, target="class")
    assert data.target == "class"
    assert data.notes[0].startswith("target 'class' (asked for): text, so")
    data = load(tickets, drop="class")
    assert data.target == "survived"
    assert data.notes[0].startswith("target 'survived' (the last): few whole numbers")
    assert data.notes[0].endswith("; to predict another column, say target=COLUMN")


def test_a_pipe_is_refused_in_one_line(tickets, capsys):
    assert run(["train", tickets]) == 2
    out = capsys.readouterr()
    assert out.out == ""
    assert out.err == (
        "glassnet: t.csv: columns 'class' and 'survived' could both be the target: say which with "
        "--target class or --target survived\n"
    )


@pytest.mark.parametrize("said", [["3", "2"], ["survived"]])
def test_a_terminal_is_asked_until_it_says_which(said, tickets, monkeypatch, capsys):
    replies = iter(said)
    monkeypatch.setattr(options.show, "can_ask", lambda: True)
    monkeypatch.setattr(options.show.typer, "prompt", lambda *words, **how: next(replies))
    assert run(["data", tickets]) == 0
    assert next(replies, None) is None
    out = capsys.readouterr()
    assert "classification of survived" in out.out
    assert "  1  class\n  2  survived\n" in out.err


def test_the_lab_begins_with_one_and_names_the_other(tickets):
    opening = opened(tickets)
    data = opening.settings.data.load(opening.shelf, 0)
    assert data.target == "class"
    assert data.notes[0].startswith("predicts 'class'; 'survived' is as likely the target: ")
    opening = opened(tickets, options={"target": ["survived"]})
    assert opening.settings.data.load(opening.shelf, 0).target == "survived"
