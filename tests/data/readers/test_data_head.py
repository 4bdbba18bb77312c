"""What stands above a table, and whether its first line names the columns."""

import pandas as pd
import pytest

from glassnet.base.errors import DataError
from glassnet.data import load
from glassnet.data.readers.delimited import Delimited
from glassnet.data.readers.text_format import format_from, text_format

FLOWERS = "5.1,3.5,setosa\n4.9,3.0,setosa\n6.3,3.3,virginica\n5.8,2.7,virginica\n"


@pytest.fixture
def read(tmp_path):
    def read(text, name="table.csv", newline="\n", **how):
        path = tmp_path / name
        path.write_bytes(text.replace("\n", newline).encode())
        table = Delimited(path, text_format(**how))
        return pd.concat(list(table.pieces())), table

    return read


def rows(frame):
    return frame.to_numpy().tolist()


def test_a_table_without_a_header_is_recognised(read):
    frame, table = read(FLOWERS)
    assert table.columns == ["column 1", "column 2", "column 3"]
    assert rows(frame)[0] == [5.1, 3.5, "setosa"] and len(frame) == 4
    assert table.notes == (
        "the first line holds values, so the columns are called 'column 1' to 'column 3'; if it "
        "names them, say header=True",
    )


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("a,b\n1,2\n", True),
        ("town,2019,2020\nBern,5,6\nBasel,7,8\n", True),  # years
        ("0,1,2,3\n5,1,0,2\n", True),  # as pandas counts columns
        ("label,0,1\n7,0,255\n", True),
        ("name,2019\nBern,5\nBasel,6\n", True),
        ("1,1,0\n0,1,0\n", False),
        ("Bern,5\nBasel,7\nBern,9\n", False),  # the name comes again
        ("2.5,x\n1,y\n", False),
        ("red,yes\nblue,no\n", True),  # no number tells
        (",2\n1,2\n", True),
    ],
)
def test_what_tells_a_header_from_values(read, text, header):
    assert read(text)[1].head.header is header


@pytest.mark.parametrize("header", [True, False])
def test_it_can_be_said(read, header):
    frame, table = read(FLOWERS, header=header)
    assert len(frame) == 4 - header and table.notes == ()


def test_a_separator_is_said_by_the_first_line(read):
    frame, table = read("sep=;\na;b\n1,5;2\n")
    assert table.columns == ["a", "b"] and rows(frame) == [["1,5", 2]] and table.notes == ()


def test_comments_above_the_header_are_left_out(read):
    text = "# made by hand\n\n# on a Sunday\na,b\n1,2\n3,4,5\n"
    with pytest.raises(DataError, match="line 6 has 3 values; the header names 2 columns"):
        read(text)
    frame, table = read(text.replace(",5", ""))
    assert rows(frame) == [[1, 2], [3, 4]]
    assert table.notes == ("left out 2 lines above the table",)


def test_the_last_comment_may_be_the_header(read):
    frame, table = read("# savetxt\n# a,b\n1.5,2\n3,4\n")
    assert table.columns == ["a", "b"] and rows(frame) == [[1.5, 2], [3, 4]]


@pytest.mark.parametrize("text", ["a,b,\n1,2,\n3,4,\n", "a,b,\n1,2\n3,4\n", "a,b\n1,2,\n3,4,\n"])
def test_lines_may_end_in_the_separator(read, text):
    frame, table = read(text)
    assert table.columns == ["a", "b"] and rows(frame) == [[1, 2], [3, 4]]


def test_what_follows_the_last_separator_is_not_dropped_silently(read):
    with pytest.raises(DataError, match="data row 2 has 3 values; the header names 2 columns"):
        read("a,b\n1,2,\n3,4,5\n")


def test_a_last_column_without_a_name_gets_one(read):
    frame, table = read("a,b,\n1,2,x\n3,4,y\n")
    assert table.columns == ["a", "b", "column 3"] and rows(frame)[1] == [3, 4, "y"]


def test_blanks_separate(read):
    text = "size  sort\n 1.5   red\n22.5 blue\n"
    with pytest.raises(DataError, match="separated by blanks; say so with separator='blank'"):
        read(text)
    frame, _ = read(text, separator="blank")
    assert rows(frame) == [[1.5, "red"], [22.5, "blue"]]


def test_quotes_may_mean_nothing(read):
    text = 'a,b\n5" pipe,1\n"x,2\n'
    with pytest.raises(DataError, match="never closed"):
        read(text)
    frame, _ = read(text, quotes=False)
    assert rows(frame) == [['5" pipe', 1], ['"x', 2]]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_line_end(read, newline):
    frame, _ = read("a,b\n1,2\n3,\n", newline=newline)
    assert frame["a"].tolist() == [1, 3]


def test_a_short_row_is_named_by_its_line_below_comments(read):
    with pytest.raises(DataError, match=r"data row 2 \(line 4\) has 1 value"):
        read("# c\na,b\n1,2\n3\n")


def test_a_network_reads_new_files_in_the_format_of_the_first(tmp_path):
    from glassnet.workflows.networks import network_of
    from glassnet.workflows.predict import read as read_new
    from glassnet.workflows.spec import Net

    path = tmp_path / "a.csv"
    path.write_text("\n".join(f"{n}.5;{n % 3}.25;{'ab'[n % 2]}" for n in range(40)))
    data = load(path, separator=";")
    assert data.target == "column 3" and data.classes == ("a", "b")
    new = tmp_path / "new.csv"
    new.write_text("1.5;0.25\n2.5;1.25\n3.5;1.25\n")
    (piece,) = read_new(network_of(Net(), 0, data), str(new))
    assert piece.x.shape == (3, 2)


@pytest.mark.parametrize(
    "given", [{"separator": "::"}, {"header": 1}, {"quotes": "no"}, {"colour": 1}, {"separator": 5}]
)
def test_a_file_may_not_say_just_anything(given):
    with pytest.raises(DataError):
        format_from(given)
