import io
import shutil
import subprocess
import sys
import zipfile
from datetime import datetime, time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from glassnet.base.errors import DataError, MissingPackageError
from glassnet.data import load
from glassnet.data.readers.workbook import Workbook
from glassnet.data.sources.table_file import load_table, read
from glassnet.workflows.predict import Reading, predict

openpyxl = pytest.importorskip("openpyxl")

WRITTEN = Path(__file__).parent / "workbooks"
"""Written by LibreOffice 7.4 from `table.csv`, which is beside them."""


@pytest.fixture
def book(tmp_path):
    """Writes sheets, each a list of rows, to an .xlsx file and returns its path."""

    def write(**sheets):
        made = openpyxl.Workbook()
        made.remove(made.active)
        for name, rows in sheets.items():
            sheet = made.create_sheet(name)
            for row in rows:
                sheet.append(row)
        made.save(tmp_path / "t.xlsx")
        return tmp_path / "t.xlsx"

    return write


def frame(rows=60):
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "number": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(size=rows).round(4)),
            "whole": rng.integers(0, 1000, rows),
            "word": rng.choice(["u", "v, w", None], rows),
            "flag": rng.choice([True, False], rows),
            "day": pd.date_range("2020-01-01", periods=rows),
            "time": pd.date_range("2020-01-01 05:00", periods=rows, freq="h"),
            "t": rng.choice(["yes", "no"], rows),
        }
    )


def is_the_table(path, first):
    other = load(path)
    assert other.x_train.tobytes() == first.x_train.tobytes(), path
    assert other.x_test.tobytes() == first.x_test.tobytes(), path
    assert other.y_train.tolist() == first.y_train.tolist(), path


def columns(path, **how):
    from glassnet.data.readers.text_format import text_format

    return read(Workbook(path, text_format(**how))).replace({np.nan: None}).to_dict("list")


# ---- files of others


@pytest.mark.parametrize("name", ["table.xlsx", "table.ods"])
def test_files_of_libreoffice_are_the_text_table_to_the_bit(name):
    is_the_table(WRITTEN / name, load(WRITTEN / "table.csv"))


def test_files_of_the_libreoffice_that_is_here(tmp_path):
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed (apt-get install libreoffice-calc-nogui)")
    frame().to_csv(tmp_path / "t.csv", index=False)
    for ending in ("xlsx", "ods"):
        home = f"-env:UserInstallation=file://{tmp_path}/home"
        subprocess.run(
            [office, home, "--headless", "--convert-to", ending, "--outdir", tmp_path,
             tmp_path / "t.csv"],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
        is_the_table(tmp_path / f"t.{ending}", load(tmp_path / "t.csv"))


@pytest.mark.parametrize("ending", ["xlsx", "ods"])
def test_files_of_pandas(tmp_path, ending):
    if ending == "ods":
        pytest.importorskip("odf")
    engine = {"xlsx": "openpyxl", "ods": "odf"}[ending]
    table = frame()
    table.to_csv(tmp_path / "t.csv", index=False)
    first = load(tmp_path / "t.csv")
    table.to_excel(tmp_path / f"t.{ending}", index=False, engine=engine)
    is_the_table(tmp_path / f"t.{ending}", first)
    table.to_excel(tmp_path / f"numbered.{ending}", engine=engine)  # with its index, unnamed
    is_the_table(tmp_path / f"numbered.{ending}", first)


def test_predictions_are_those_of_a_text_table(tmp_path):
    data = load(WRITTEN / "table.csv")
    net = gn.Sequential([gn.Dense(4, "relu"), gn.Dense(2)], seed=0)
    net.classes, net.schema = data.classes, data.schema
    net.fit(data.x_train, data.y_train, epochs=1)
    for name in ("table.csv", "table.xlsx", "table.ods"):
        predict(net, WRITTEN / name, tmp_path / f"{name}.csv", proba=True, identifier="whole")
    first, *others = (path.read_bytes() for path in sorted(tmp_path.iterdir()))
    assert others == [first, first]


# ---- which sheet, and what of it

ROWS = [["a", "b"], [1, "x"], [2.5, None], ["007", "y"]]
READ = {"a": ["1", "2.5", "007"], "b": ["x", None, "y"]}


def test_the_first_sheet_with_a_table_is_read_or_the_one_that_is_named(book):
    other = [["c", "d"], [1, 2], [3, 4]]
    path = book(Empty=[], About=[["Figures of 2024"], ["by me"]], Data=ROWS, Other=other)
    assert Workbook(path).notes == ("sheet 'Data' of 4",)
    for sheet in ("Other", 4, "4"):
        assert columns(path, sheet=sheet) == {"c": [1, 3], "d": [2, 4]}
    for sheet in ("Nr. 3", 0, 5):
        with pytest.raises(DataError, match=r"has no sheet .*: choose one of 'Empty', 'About', "):
            Workbook(path, Workbook(path).how._replace(sheet=str(sheet)))
    with pytest.raises(DataError, match=r"sheet is 2\.5: expected its name, or its number from 1"):
        load(path, sheet=2.5)


def test_a_model_keeps_the_sheet(book, tmp_path):
    rows = [["n", "t"], *([n, "xy"[n % 2]] for n in range(40))]
    path = book(First=[["n", "t"], [1, "x"], [2, "y"]], Second=rows)
    data = load(path, sheet=2)
    assert len(data.x_train) + len(data.x_test) == 40
    net = gn.Sequential([gn.Dense(2)], seed=0)
    net.classes, net.schema = data.classes, data.schema
    net.fit(data.x_train, data.y_train, epochs=1)
    assert predict(net, path, tmp_path / "o.csv")[0] == 40
    assert predict(net, path, tmp_path / "o.csv", how=Reading(given={"sheet": "First"}))[0] == 2


@pytest.mark.parametrize(
    ("rows", "above"),
    [
        (ROWS, 0),
        ([["Title"], [], *ROWS], 1),
        ([[], [], *ROWS[:2], [], *ROWS[2:], []], 0),
        ([[None, None, "Title"], [], *([None, None, *row] for row in ROWS)], 1),
    ],
)
def test_what_stands_around_a_table_is_left_out(book, rows, above):
    table = Workbook(book(Data=rows))
    (piece,) = table.pieces({"a", "b"})
    assert piece.replace({np.nan: None}).to_dict("list") == READ
    assert table.notes == ((f"left out {above} row above the table",) if above else ())


def test_headings_of_several_columns_and_merged_cells(book, tmp_path):
    path = book(
        Data=[["size", None, "kind"], ["h", "w", "k"], [1, 2, "x"], [3, 4, None], [5, 6, "y"]]
    )
    made = openpyxl.load_workbook(path)
    made["Data"].merge_cells("A1:B1")
    made["Data"].merge_cells("C3:C4")
    made.save(path)
    assert columns(path) == {"h": [1, 3, 5], "w": [2, 4, 6], "k": ["x", None, "y"]}


def test_a_sheet_without_a_header(book):
    path = book(Data=[[5.1, 3.5, "setosa"], [4.9, 3.0, "setosa"], [6.0, 2.2, "other"]])
    assert list(columns(path)) == ["column 1", "column 2", "column 3"]
    assert list(columns(path, header=True)) == ["5.1", "3.5", "setosa"]


def test_values_of_all_kinds(book):
    day, noon = datetime(2020, 1, 2), datetime(2020, 1, 2, 12, 30, 15)
    path = book(Data=[["a", "b", "c", "d", "e"], [day, noon, time(3, 4), True, 10**15], [day] * 5])
    (piece,) = Workbook(path).pieces(set("abcde"))
    assert piece.iloc[0].tolist() == [
        "2020-01-02", "2020-01-02 12:30:15", "03:04:00", "True", "1000000000000000"
    ]  # fmt: skip


def test_gaps_are_words_here_too(book):
    path = book(Data=[["a", "t"], *([["#N/A", "-", n][n % 3], "xy"[n % 2]] for n in range(30))])
    notes = load(path, na="-").notes
    assert "'#N/A' is a gap: 10 in 'a'" in notes
    assert "'-' is a gap: 10 in 'a'" in notes


# ---- what is refused


def test_a_missing_openpyxl_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(MissingPackageError, match=r"xlsx file needs openpyxl: .*glassnet\[excel\]"):
        load(WRITTEN / "table.xlsx")
    assert len(load(WRITTEN / "table.ods").x_train) == 48


def ods(content):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
    return file.getvalue()


OASIS = "urn:oasis:names:tc:opendocument:xmlns"
SHEET = (
    f'<d xmlns:table="{OASIS}:table:1.0" xmlns:office="{OASIS}:office:1.0" '
    f'xmlns:text="{OASIS}:text:1.0"><table:table table:name="S">%s</table:table></d>'
)
ROW = "<table:table-row{}>{}</table:table-row>"
CELL = "<table:table-cell{}><text:p>{}</text:p></table:table-cell>"
TWO = ROW.format("", CELL.format("", "a") + CELL.format("", "b"))


def test_texts_of_ods_have_blanks_and_no_comments(table):
    cell = (
        "<table:table-cell><office:annotation><text:p>note</text:p></office:annotation>"
        'x<text:p>a<text:s text:c="2"/><text:span>b</text:span>c</text:p></table:table-cell>'
    )
    path = table(ods(SHEET % (TWO * 2 + ROW.format("", cell + CELL.format("", "d")))), "t.ods")
    assert columns(path, header=True) == {"a": ["a", "a  bc"], "b": ["b", "d"]}


BOMBS = {
    "rows": TWO + ROW.format(' table:number-rows-repeated="999999999"', CELL.format("", "1") * 2),
    "columns": TWO + ROW.format("", CELL.format(' table:number-columns-repeated="99999999"', "1")),
    "cells": TWO + ROW.format("", "<table:table-cell/>" * 20_000),
}


@pytest.mark.parametrize("name", BOMBS)
def test_what_no_sheet_has_is_refused(table, name):
    path = table(ods(SHEET % BOMBS[name]), "t.ods")
    with pytest.raises(DataError, match=r"t\.ods: .*(at most 1,048,576 rows|becomes more than)"):
        load(path)


def test_empty_rows_to_the_end_of_the_sheet_are_nothing(table):
    empty = ROW.format(
        ' table:number-rows-repeated="1048570"',
        '<table:table-cell table:number-columns-repeated="16384"/>',
    )
    path = table(ods(SHEET % (TWO * 3 + empty)), "t.ods")
    assert columns(path, header=True) == {"a": ["a", "a"], "b": ["b", "b"]}


def edited(path, part, change):
    """The workbook with one part of it changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    parts[part] = change(parts[part])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


FIRST = "xl/worksheets/sheet1.xml"


def test_a_row_that_no_sheet_has_is_refused(book):
    path = edited(
        book(Data=ROWS), FIRST, lambda x: x.replace(b'<row r="4"', b'<row r="99999999999"')
    )
    with pytest.raises(DataError, match=r"at most 1,048,576 rows|is not a workbook"):
        load(path)


def test_the_size_that_a_sheet_claims_means_nothing(book):
    path = edited(book(Data=ROWS), FIRST, lambda x: x.replace(b"A1:B4", b"A1:XFD1048576"))
    assert list(columns(path)) == ["a", "b"]


def test_a_bomb_is_refused(book, table):
    path = edited(book(Data=ROWS), FIRST, lambda x: x + b" " * (2**26 + 1))
    with pytest.raises(DataError, match="unpacks to more than 67108864 bytes and 50 times its"):
        load(path)
    path = edited(book(Data=ROWS), "xl/styles.xml", lambda x: x + b" " * 2**24)
    with pytest.raises(
        DataError, match=r"xl/styles\.xml in it unpacks to more than 16777216 bytes"
    ):
        load(path)


def test_a_formula_without_its_value_is_refused(book, table):
    path = book(Data=[["a", "b"], [1, "=A2*2"], [2, "=A3*2"]])
    with pytest.raises(DataError, match="'Data', B2 is a formula without its value: open the file"):
        load(path)
    cell = '<table:table-cell table:formula="of:=1+1"/>'
    path = table(ods(SHEET % (TWO + ROW.format("", cell * 2))), "t.ods")
    with pytest.raises(DataError, match="'of:=1\\+1' is a formula without its value"):
        load(path)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is not a workbook, or a damaged one"),
        (b"a,b\n1,2\n", "is not a workbook, or a damaged one"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "is an old .xls file, or one with a password"),
        (ods("<a>"), "is not a workbook, or a damaged one"),
        (ods("<a/>"), "has no sheet with a table: expected a header and rows"),
        (ods(SHEET % ""), "has no sheet with a table"),
    ],
)
def test_what_is_no_workbook_is_named(table, content, expected):
    for name in ("t.xlsx", "t.ods"):
        path = table(content, name)
        with pytest.raises(DataError) as error:
            load_table(path)
        assert str(error.value).startswith(f"{path}: {expected}")
        assert "\n" not in str(error.value)


def test_values_outside_of_the_table_are_named(book):
    rows = [["a", "b"], *([n, n] for n in range(150)), [1, 2, 3]]
    with pytest.raises(DataError, match=r"sheet 'Data': row 152 has a value in column 3"):
        load(book(Data=rows))
    with pytest.raises(DataError, match="column 3 has no name; name it in the first line"):
        load(book(Data=[["a", "b"], [1, 2, 3, 4], [1, 2, 3, 4]]))
    with pytest.raises(DataError, match="sheet 'B': is empty"):
        load(book(Data=ROWS, B=[]), sheet="B")


@pytest.mark.parametrize("name", ["table.xlsx", "table.ods"])
def test_damaged_files_never_raise_anything_else(tmp_path, name):
    path, rng, refused = tmp_path / name, np.random.default_rng(0), 0
    good = (WRITTEN / name).read_bytes()
    part = FIRST if name.endswith("xlsx") else "content.xml"
    for turn in range(60):
        path.write_bytes(good)
        change = lambda content: damaged(content, rng)  # noqa: E731
        if turn % 2:
            path.write_bytes(change(good))
        else:
            edited(path, part, change)
        try:
            read(Workbook(path))
        except DataError as error:
            assert str(error).startswith(str(path))
            assert "\n" not in str(error)
            refused += 1
    assert refused > 20


def damaged(content, rng):
    data = bytearray(content)
    for place in rng.integers(0, len(data), 3):
        data[place] = rng.integers(256)
    return bytes(data[: rng.integers(len(data))] if rng.random() < 0.2 else data)
