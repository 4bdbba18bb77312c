"""The sentence on rows and columns accounts for every record of a source, whatever its form."""

import io
import re
import sqlite3
import zipfile

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glassnet.data import load
from glassnet.data.sources.table_dataset import from_frame

SENTENCE = re.compile(
    r"([\d,]+) rows? × (\d+) columns? read, (?:none left out|([\d,]+) left out: "
    r"(?:([\d,]+) without a target)?(?:, )?(?:([\d,]+) empty)?)"
)
ROW = st.tuples(
    st.sampled_from([0, 1.5, None]), st.sampled_from("uv"), st.sampled_from(["p", "q", None])
)
TABLES = st.lists(ROW, min_size=1, max_size=30)  # with gaps and duplicates
KNOWN = [(0, "u", "p"), (1.5, "v", "q")] * 2  # so that there is something to learn
FORMS = ["csv", "tsv", "csv.gz", "json", "jsonl", "parquet", "arrow", "xlsx", "ods", "db", "memory"]


def counts(notes):
    """Rows read, columns, rows left out, those without a target, and empty ones."""
    (found,) = [found for note in notes if (found := SENTENCE.fullmatch(note))]
    return [int((text or "0").replace(",", "")) for text in found.groups()]


def written(frame, folder, form):
    """The table in a file of this form, or in memory."""
    path = folder / f"t.{form}"
    path.unlink(missing_ok=True)
    if form == "memory":
        return frame
    if form in ("csv", "csv.gz", "tsv"):
        frame.to_csv(path, index=False, sep="\t" if form == "tsv" else ",")
    elif form in ("json", "jsonl"):
        frame.to_json(path, orient="records", lines=form == "jsonl")
    elif form == "parquet":
        frame.to_parquet(path)
    elif form == "arrow":
        frame.to_feather(path)
    elif form == "xlsx":
        frame.to_excel(path, index=False)
    elif form == "ods":
        path.write_bytes(ods(frame))
    else:
        with sqlite3.connect(path) as base:
            frame.to_sql("t", base, index=False)
        base.close()
        return f"sqlite:///{path}::t"
    return path


def ods(frame):
    """A sheet of text and numbers as OpenDocument writes it."""
    rows = [list(frame), *frame.astype(object).where(frame.notna(), None).to_numpy().tolist()]

    def cell(value):
        if value is None:
            return "<table:table-cell/>"
        if isinstance(value, float):
            return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
        text = f"<text:p>{value}</text:p>"
        return f'<table:table-cell office:value-type="string">{text}</table:table-cell>'

    body = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(
            "content.xml",
            f'<office:document-content {spaces}><table:table table:name="t">{body}</table:table>'
            "</office:document-content>",
        )
    return file.getvalue()


@pytest.mark.parametrize("form", FORMS)
@given(rows=TABLES)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_every_record_is_read_or_left_out(form, rows, tmp_path):
    pytest.importorskip({"db": "sqlalchemy", "xlsx": "openpyxl"}.get(form, "pyarrow"))
    frame = pd.DataFrame([*KNOWN, *rows], columns=["a", "b", "t"]).astype({"a": float})
    data = load(written(frame, tmp_path, form), test=0)
    read, columns, left, without, empty = counts(data.notes)
    assert (read, columns) == (len(data.x_train), 3)
    assert (read + left, without, empty) == (len(frame), int(frame["t"].isna().sum()), 0)


LINE = st.one_of(
    st.sampled_from(["", " ", "  \t", "1,u,", "1,u,p", '2,"u",q', ",,", '3,"x\n\ny",p', ",v,q"])
)


@given(
    lines=st.lists(LINE, max_size=25), end=st.sampled_from(["\n", "\r\n", "\r"]),
    tail=st.sampled_from(["", "\n", "\n\n \n"]),
)  # fmt: skip
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_empty_lines_between_rows_are_counted(lines, end, tail, table):
    lines = ["1,u,p", "2,v,q", *lines, "1,v,p", "2,u,q"]
    text = "\n".join(["a,b,t", *lines]) + tail
    data = load(table(text.replace("\n", end)), test=0)
    read, _, left, without, empty = counts(data.notes)
    assert empty == sum(not line.strip() for line in lines)
    assert without == sum(line in ("1,u,", ",,") for line in lines)
    assert (read, read + left) == (len(data.x_train), len(lines))


def test_empty_rows_of_a_sheet_are_counted(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    one, two = [1, "x"], [2, "y"]
    for row in [["title"], [], ["a", "t"], one, [], two, [], [], one, two, [None]]:
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    assert counts(load(tmp_path / "t.xlsx").notes) == [4, 2, 3, 0, 3]


def test_a_test_file_is_accounted_for_too(table):
    text = "a,t\n" + "1,x\n2,y\n" * 9
    data = load(table(text), test=table("a,t\n1,x\n\n2,y\n", "held.csv"))
    assert data.notes[-1].endswith("held.csv: 2 rows × 2 columns read, 1 left out: 1 empty")


def test_a_pandas_table_of_openml_or_numpy_is_accounted_for(tmp_path):
    frame = pd.DataFrame({"a": [1, 2] * 9, "t": ["x", "y"] * 9})
    assert "18 rows × 2 columns read, none left out" in from_frame("t", frame).notes
