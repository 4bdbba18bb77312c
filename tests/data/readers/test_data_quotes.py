"""A lone quote is an error that names its line; quoted values that hold line ends are read."""

import csv
import io

import pandas as pd
import pytest

from glassnet.base.errors import DataError
from glassnet.cli.app import run
from glassnet.data.readers import delimited, quotes
from glassnet.data.readers.delimited import Delimited
from glassnet.data.readers.text_format import text_format


def read(path, **how):
    return pd.concat(list(Delimited(path, text_format(**how)).pieces()))


def swallowing(last='7,"close,z'):
    """19 rows, of which a reader that believes two lone quotes makes 12."""
    lines = [f"{i},w,x" for i in range(8)] + ['9,"open,x'] + [f"{i},w,z" for i in range(6)]
    return "\n".join(["a,b,t", *lines, last, *(f"{i},w,z" for i in range(3))]) + "\n"


def test_the_pair_of_quotes_swallows_rows():
    assert len(list(csv.reader(io.StringIO(swallowing())))) - 1 == 12
    assert swallowing().count("\n") - 1 == 19


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ('7,"close,z', "opens in line 10 closes in line 17, where 'close' follows: remove"),
        ('7,close",z', "opens in line 10 closes in line 17, and each of these lines is a row"),
        ("7,close,z", "opens in line 10 is never closed: remove it, or double it"),
    ],
)
def test_a_lone_quote_is_named_by_its_line(table, last, end, expected):
    path = table(swallowing(last).replace("\n", end).encode())
    with pytest.raises(DataError, match=expected):
        read(path)


@pytest.mark.parametrize("size", [1, 2, 7, 100])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_it_is_seen_however_the_text_is_cut(size, end):
    text = swallowing('7,close",z').replace("\n", end)
    watched = quotes.Watched(io.StringIO(text, newline=""), ",", 3)
    with pytest.raises(DataError, match="opens in line 10 closes in line 17"):
        while watched.read(size):
            pass


@pytest.mark.parametrize("size", [3, 1000])
@pytest.mark.parametrize(
    "rows",
    [
        [["1", "two\nlines", "x"], ["2", "w", "y"]],
        [["1", "a, b\nc, d\ne, f", "x"]],
        [["1", 'he said "no"\nand "yes"', "x"]],
        [["1", '"', "x"], ["2", '""', 'y"'], ["3", "'", "it's"]],
        [["1", "one\n\nthree", "x,\ny"], ["2", '"quoted\n"', "\n"]],
        [["1", 'x\n"', '"\ny'], ["2", "\r\n", "z"]],
        [["1", "dear sir,\nI write, today,\nyours", "end"]],
    ],
)
def test_values_that_hold_line_ends_are_read_as_python_reads_them(table, rows, size, monkeypatch):
    text = io.StringIO(newline="")
    csv.writer(text).writerows([["a", "b", "t"], *rows])
    path = table(text.getvalue().encode())
    frame = read(path)
    assert frame.astype(str).to_numpy().tolist() == rows
    watched = quotes.Watched(io.StringIO(text.getvalue(), newline=""), ",", 3)
    while watched.read(size):
        pass


@pytest.mark.parametrize(
    "line", ['5" pipe,w,x', 'a,5" x 6",x', "it's,o'clock,x", ' "a" , "b" ,c', '"",""""," "']
)
def test_quotes_within_a_line_are_left_alone(table, line):
    assert len(read(table(f"a,b,t\n{line}\n1,2,3\n"))) == 2


@pytest.mark.parametrize(
    ("rows", "alone"),
    [
        ('1,"Hello\nbye, John"\n2,w\n', False),  # no number where others have one
        ('1,w\n2,"Hello\n3, John"\n4,w\n', True),
        ('k,"Hello\nbye, John"\n', False),  # two lines of words: it may be so
        ('k,"Hello\na, b\nbye, John"\n', True),
    ],
)
def test_lines_of_a_value_that_look_like_rows(table, rows, alone):
    path = table(f"a,b\n{rows}")
    if alone:
        with pytest.raises(DataError, match="each of these lines is a row"):
            read(path)
    else:
        assert "John" in str(read(path)["b"].tolist())


def test_an_endless_value_is_refused_before_it_is_whole(table, monkeypatch):
    monkeypatch.setattr(quotes, "MAX_VALUE", 1000)
    path = table("a,b\n" + '1,"x\n' + "word\n" * 1000)
    with pytest.raises(DataError, match="opens in line 2 is not closed within 1000 characters"):
        read(path)


def test_it_is_seen_in_any_piece_and_in_a_file_to_predict(table, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(delimited, "PIECE", 4)
    path = table(swallowing("7,w,z").replace('"', ""), "good.csv")
    out = tmp_path / "m.safetensors"
    assert run(["train", str(path), "--out", str(out), "--quiet", "--epochs", "1"]) == 0
    bad = table(swallowing(), "bad.csv")
    for command in (["predict", str(out)], ["evaluate", str(out)], ["data"]):
        capsys.readouterr()
        assert run([*command, str(bad)]) == 2
        said = capsys.readouterr().err
        assert said.startswith(
            f"glassnet: {bad}: the quote that opens in line 10 closes in line 17"
        )
        assert said.count("\n") == 1
