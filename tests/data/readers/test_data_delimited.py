import gzip
import sys
import tracemalloc
from functools import partial

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glassnet.base.errors import DataError, MissingPackageError
from glassnet.data.readers import delimited, growth
from glassnet.data.readers.delimited import Delimited
from glassnet.data.readers.text_format import text_format

gzipped = partial(gzip.compress, mtime=0)  # the same bytes, and names of tests, at any time


def read(path, text=(), **how):
    return pd.concat(list(Delimited(path, text_format(**how)).pieces(text)))


def message(path, **how):
    with pytest.raises(DataError) as error:
        read(path, **how)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith(f"{path}: ")
    return str(error.value).removeprefix(f"{path}: ")


def test_numbers_text_and_booleans_come_typed(table):
    frame = read(table("a,b,c,d\n1,x,True,0.5\n2,y,False,\n"))
    assert frame["a"].tolist() == [1, 2]
    assert frame["b"].tolist() == ["x", "y"]
    assert frame["c"].tolist() == [True, False]
    assert frame["d"][0] == 0.5
    assert frame["d"].isna().tolist() == [False, True]


def test_columns_named_as_text_come_as_written(table):
    frame = read(table("zip,n\n007,1\n42,2\n"), text=["zip"])
    assert frame["zip"].tolist() == ["007", "42"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.tsv", b"a\tb\n1\t2\n"),
        ("t.TSV.gz", gzipped(b"a\tb\n1\t2\n")),
        ("t.csv.gz", gzipped(b"a,b\n1,2\n")),
        ("t.csv", gzipped(b"a,b\n1,2\n")),  # known by its bytes, not by its name
        ("t.csv", "\ufeffa,b\r\n1,2\r\n".encode()),
        ("t.csv", "a,b\n1,2\n".encode("utf-16")),
        ("t.csv", b'\n"a" , b\n\n 1, 2\n\n'),
    ],
)
def test_every_form_of_the_same_table(table, name, content):
    assert read(table(content, name)).to_dict("list") == {"a": [1], "b": [2]}


def test_separator_and_encoding_can_be_named(table):
    path = table("a;b\n1;é\n", encoding="latin-1")
    assert read(path, separator=";", encoding="latin-1")["b"].tolist() == ["é"]


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_utf_16_is_read_or_named(table, codec, end):
    path = table(f"a,b{end}1,é{end}".encode(codec))
    if codec in ("utf-16", "utf-32"):
        assert read(path).to_dict("list") == {"a": [1], "b": ["é"]}
    else:
        assert message(path) == (
            "is UTF-16 text, without the mark that says so: "
            f"give --encoding {codec}, or save it as UTF-8"
        )
    assert read(path, encoding=codec).to_dict("list") == {"a": [1], "b": ["é"]}
    if codec != "utf-32":
        assert read(path, encoding="UTF16")["b"].tolist() == ["é"]
        assert message(path, encoding="latin-1").startswith("is UTF-16 text, not latin-1: give")
    marked = table(f"\ufeffa,b{end}1,2{end}".encode("utf-16-be"))
    assert read(marked, encoding="utf-16-be").to_dict("list") == {"a": [1], "b": [2]}


@pytest.mark.parametrize("word", ["\t", "\\t", "tab"])
def test_a_tab_can_be_named_as_it_is_written(table, word):
    assert read(table("a\tb\n1\t2\n"), separator=word).to_dict("list") == {"a": [1], "b": [2]}


def test_quotes_hold_separators_and_line_ends(table):
    frame = read(table('a,b\n"1,5","x\ny"\n2,"say ""no"""\n'))
    assert frame["a"].tolist() == ["1,5", "2"]
    assert frame["b"].tolist() == ["x\ny", 'say "no"']


def test_pieces_count_their_rows_on(table, monkeypatch):
    monkeypatch.setattr(delimited, "PIECE", 2)
    pieces = list(Delimited(table("a\n1\n2\n3\n4\n5\n")).pieces())
    assert [piece.index.tolist() for piece in pieces] == [[0, 1], [2, 3], [4]]


def test_only_the_columns_asked_for_are_read(table):
    path = table("a,b,c\n1,2,3\n")
    assert next(Delimited(path).pieces(columns={"c", "a"})).columns.tolist() == ["a", "c"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "is empty; expected a header and rows"),
        ("\n\n", "is empty; expected a header and rows"),
        ("a,b\n", "has a header but no rows; add rows"),
        ("a,b\n1,2,3\n", "data row 1 has 3 values; the header names 2 columns: name each"),
        ("a,b\n1,2\n1,2,3\n", "line 3 has 3 values; the header names 2 columns"),
        ("a,b,c\n1,2,3\n1,2\n", "data row 2 (line 3) has 2 values; the header names 3 columns"),
        ('a,b\n"x\ny",1\n2\n', "data row 2 (line 4) has 1 value; the header names 2 columns"),
        ("a,b,a\n1,2,3\n", "has two columns 'a'; rename one, and see that the first line names"),
        ("a,,c\n1,2,3\n", "column 2 has no name; name it in the first line"),
        ('a,b\n1,2\n3,"4\n5,6\n', "the quote that opens in line 3 is never closed"),
        ("a,b\x00\n1,2\n", "column 2 has the name 'b\\x00', with a control character: rename it"),
        ("a;b\n1;2;3\n", "it looks separated by a semicolon; say so with separator=';'"),
        ("a|b\n1\n", "it looks separated by a bar; say so with separator='|'"),
        ("a\tb\n1\t2\t3\n", "it looks separated by a tab"),
        (b"a,b\n1,2\n3,\xe9\n", "is not UTF-8 text in line 3 (tried UTF-8); save it as UTF-8, or"),
        (b"\xff\xfea", "is not UTF-16 text (tried UTF-16)"),
        ("a," * 2**20 + "b\n1\n", "has 1,048,577 columns: expected at most 65,536"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(table, content, expected):
    assert expected in message(table(content))


@pytest.mark.parametrize(
    ("content", "name", "note"),
    [
        ("a;b\n1,5;x\n2,5;y\n", "t.csv", "separated by semicolons"),
        ("a|b\n1|x, y\n2|y\n", "t.csv", "separated by bars"),
        ("a\tb\n1\tx\n", "t.txt", "separated by tabs"),
        ("a,b\n1,x\n", "t.tsv", "separated by commas"),
        ('"a;b";c\n"1\n;2";3\n', "t.csv", "separated by semicolons"),
    ],
)
def test_the_separator_is_recognised_where_only_one_divides_every_line(table, content, name, note):
    source = Delimited(table(content, name))
    assert len(source.columns) == 2 and source.notes == (note,)
    assert len(read(source.path)) == content.count("\n") - 1 - ("\n;" in content)


def test_a_separator_of_some_lines_is_not_recognised(table):
    """One column of text that holds a mark now and then."""
    path = table("remark\nfine; so far\nnothing\n")
    assert Delimited(path).columns == ["remark"]


@pytest.mark.parametrize("row", ["1,2,3,4", "1,2"])
def test_rows_of_another_length_are_refused_whatever_columns_are_asked_for(table, row):
    path = table(f"a,b,c\n1,2,x\n{row}\n5,6,y\n")
    with pytest.raises(DataError, match=r"has [24] values; the header names 3 columns"):
        list(Delimited(path).pieces(columns={"a", "b"}))


def test_a_gap_in_the_last_place_is_no_short_row(table):
    assert read(table("a,b\n1,\n2,3\n"))["b"].isna().tolist() == [True, False]


def test_a_wrong_encoding_or_separator_is_named(table):
    path = table("a,b\n1,2\n")
    with pytest.raises(DataError, match="there is no encoding 'klingon'"):
        read(path, encoding="klingon")
    with pytest.raises(DataError, match="separator is '::': expected one character"):
        read(path, separator="::")


def test_damaged_gzip(table):
    whole = gzipped(b"a,b\n" + b"1,2\n" * 1000)
    assert message(table(whole[:-20], "t.csv.gz")) == "the gzip stream is truncated; get it again"
    broken = bytearray(whole)
    broken[25:40] = bytes(15)
    assert "the gzip stream is" in message(table(bytes(broken), "t.csv.gz"))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a,b\n" + b"1" * 2**27, "a line is longer than 16777216 bytes"),
        (b"a,b\n" + b"1,2\n" * 2**26, "unpacks to more than 33554432 bytes and 50 times its size"),
        (b"1" * 2**26, "a line is longer than 16777216 bytes"),
    ],
    ids=["an endless line", "endless rows", "an endless header"],
)
def test_a_bomb_takes_little_memory(table, content, expected, monkeypatch):
    monkeypatch.setattr(growth, "MIN_BOMB", 2**25)
    path = table(gzipped(content, 6), "bomb.csv.gz")
    del content
    tracemalloc.start()
    with pytest.raises(DataError, match=expected):
        for _ in Delimited(path).pieces():
            pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**27


def test_files_that_cannot_be_opened_are_named(tmp_path):
    with pytest.raises(DataError) as error:
        Delimited(tmp_path / "none.csv")
    assert str(error.value) == f"there is no file {tmp_path / 'none.csv'}; check the path"
    assert message(tmp_path) == "cannot be read: it is a folder, expected a regular file"


def test_reading_without_pandas_names_the_install_line(table, monkeypatch):
    path = table("a,b\n1,2\n")
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingPackageError, match=r'pip install "glassnet\[standard\]"'):
        Delimited(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(alphabet='ab1.5,\n"\r -\té\0;', max_size=60))
def test_any_text_is_read_or_refused_in_one_line(table, text):
    path = table(text)
    try:
        frame = read(path)
    except DataError as error:
        assert str(path) in str(error)
        assert len(str(error).splitlines()) == 1
    else:
        assert len(frame) > 0
        assert frame.columns.is_unique


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=80), st.booleans())
def test_any_bytes_are_read_or_refused_in_one_line(table, content, zipped):
    path = table(gzipped(content) if zipped else content, "t.csv")
    try:
        read(path)
    except DataError as error:
        assert len(str(error).splitlines()) == 1
