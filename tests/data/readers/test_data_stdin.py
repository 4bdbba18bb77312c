import gzip
import io
import sys
import tempfile
import zipfile

import numpy as np
import pandas as pd
import pytest

from glassnet.base.errors import DataError
from glassnet.data import form_of, load
from glassnet.data.readers import stdin
from glassnet.data.readers.stdin import ending_of

TEXT = "a,t\n" + "".join(f"{n},{'xy'[n % 2]}\n" for n in range(30))


@pytest.fixture
def pipe(monkeypatch, tmp_path):
    """Puts bytes into standard input; the temporary file goes into a folder of its own."""
    folder = tmp_path / "kept"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))

    def put(content):
        stdin._kept.cache_clear()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        return folder

    yield put
    stdin._kept.cache_clear()
    assert not list(folder.iterdir())  # it goes with the last reference


def test_it_is_the_dataset_in_the_file(pipe, table):
    first = load(table(TEXT))
    pipe(TEXT.encode())
    for _ in range(2):  # it is read once
        data = load("-")
        assert data.name == "stdin"
        assert data.x_train.tobytes() == first.x_train.tobytes()
    assert form_of("-") == "table"


def written(kind):
    frame, file = pd.read_csv(io.StringIO(TEXT)), io.BytesIO()
    if kind in (".parquet", ".arrow"):
        pytest.importorskip("pyarrow")
        frame.to_parquet(file) if kind == ".parquet" else frame.to_feather(file)
    elif kind in (".xlsx", ".ods"):
        pytest.importorskip("openpyxl" if kind == ".xlsx" else "odf")
        frame.to_excel(file, index=False, engine="openpyxl" if kind == ".xlsx" else "odf")
    return file.getvalue()


SAME = {
    ".csv": TEXT.encode(),
    ".csv.gz": gzip.compress(TEXT.encode()),
    "UTF-16": TEXT.encode("utf-16"),
    ".tsv": TEXT.replace(",", "\t").encode(),
    ".json": pd.read_csv(io.StringIO(TEXT)).to_json(orient="records").encode(),
    ".jsonl": pd.read_csv(io.StringIO(TEXT)).to_json(orient="records", lines=True).encode(),
    ".jsonl.gz": gzip.compress(
        pd.read_csv(io.StringIO(TEXT)).to_json(orient="records", lines=True).encode()
    ),
}


@pytest.mark.parametrize("kind", [*SAME, ".parquet", ".arrow", ".xlsx", ".ods"])
def test_what_comes_is_seen_from_its_first_bytes(pipe, table, kind):
    first = load(table(TEXT))
    pipe(SAME.get(kind) or written(kind))
    assert load("-").x_train.tobytes() == first.x_train.tobytes()


def test_arrays_and_pictures(pipe, tmp_path):
    x = np.arange(40.0).reshape(20, 2)
    np.savez(tmp_path / "t.npz", x=x, y=np.arange(20) % 2)
    pipe((tmp_path / "t.npz").read_bytes())
    assert form_of("-") == "npz"
    assert len(load("-").x_train) == 16
    np.save(tmp_path / "t.npy", x)
    assert ending_of(tmp_path / "t.npy") == ".npy"
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("cats/1.png", b"")
    assert ending_of(tmp_path / "t.zip") == ".zip"
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04" + bytes(99))
    assert ending_of(tmp_path / "broken.zip") == ".zip"


def test_errors_call_it_standard_input(pipe):
    pipe(b"a,b\n1,2\n3,4,5\n")
    with pytest.raises(DataError, match=r"^standard input: line 3 has 3 values"):
        load("-")
    pipe(b"")
    with pytest.raises(DataError, match=r"^standard input: is empty; expected a header and rows"):
        load("-")


def test_nothing_piped_in_and_too_much(pipe, monkeypatch):
    folder = pipe(TEXT.encode())
    monkeypatch.setattr(stdin, "MAX_INPUT", 10)
    with pytest.raises(DataError, match="standard input has more than 10 bytes: save it in a file"):
        load("-")
    assert not list(folder.iterdir())
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(DataError, match="- is standard input, and nothing is piped in: give the"):
        load("-")


def test_a_broken_pipe_leaves_nothing(pipe, monkeypatch):
    class Broken(io.BytesIO):
        def read(self, size=-1):
            raise KeyboardInterrupt

    folder = pipe(b"")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Broken()))
    with pytest.raises(KeyboardInterrupt):
        load("-")
    assert not list(folder.iterdir())
