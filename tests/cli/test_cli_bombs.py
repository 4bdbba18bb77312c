"""Files made to exhaust memory: refused early, in little memory."""

import gzip
import zipfile
from pathlib import Path

import pytest

from tests.cli.bad_inputs import (
    idx,
    images,
    is_one_line,
    labels,
)
from tests.cli.process import peak


def test_a_bomb_of_one_endless_line_takes_little_memory(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "bomb.csv.gz", "wb", compresslevel=1) as file:
        file.write(b"a,b,c\n")
        for _ in range(600):
            file.write(b"1" * 2**20)
    done, memory = peak(tmp_path, "train", "bomb.csv.gz")
    is_one_line(done, "bomb.csv.gz", "line is longer")
    assert memory < 300e6
    assert [path.name for path in tmp_path.iterdir()] == ["bomb.csv.gz"]


@pytest.mark.slow
def test_a_bomb_of_many_rows_takes_little_memory(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "bomb.csv.gz", "wb") as file:
        file.write(b"a,b,c\n")
        for _ in range(400):
            file.write(b"1,2,3\n" * 170_000)
    done, memory = peak(tmp_path, "train", "bomb.csv.gz")
    is_one_line(done, "bomb.csv.gz", "unpacks to more than")
    assert memory < 500e6
    assert [path.name for path in tmp_path.iterdir()] == ["bomb.csv.gz"]


def test_a_bomb_does_not_get_far_in_prediction(tmp_path: Path, models: Path) -> None:
    with gzip.open(tmp_path / "bomb.csv.gz", "wb") as file:
        file.write(b"d,flag,k,a\n")
        for _ in range(60):
            file.write(b"2020-01-01,True,u,1\n" * 10_000)
        file.write(b"1" * 2**26)
    model = str(models / "table.safetensors")
    done, memory = peak(tmp_path, "predict", model, "bomb.csv.gz", "--out", "o.csv")
    is_one_line(done, "bomb.csv.gz", "line is longer")
    assert memory < 400e6
    assert [path.name for path in tmp_path.iterdir()] == ["bomb.csv.gz"]


def test_a_header_that_lies_takes_no_memory(tmp_path: Path) -> None:
    (tmp_path / "idx").mkdir()
    for name, content in idx(images(claimed=2**24), labels()).items():
        (tmp_path / name).write_bytes(content)  # type: ignore[arg-type]
    done, memory = peak(tmp_path, "train", "idx")
    is_one_line(done, "train-images-idx3-ubyte", "truncated")
    assert memory < 250e6


def test_a_bomb_of_one_record_takes_little_memory(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "bomb.json.gz", "wb", compresslevel=1) as file:
        file.write(b'[{"a": "')
        for _ in range(600):
            file.write(b"1" * 2**20)
    done, memory = peak(tmp_path, "train", "bomb.json.gz")
    is_one_line(done, "bomb.json.gz", "does not end within 16,777,216 characters")
    assert memory < 400e6
    assert [path.name for path in tmp_path.iterdir()] == ["bomb.json.gz"]


@pytest.mark.slow
def test_a_bomb_of_many_records_takes_little_memory(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "bomb.jsonl.gz", "wb") as file:
        for _ in range(90):
            file.write(b'{"a": 1, "b": "%s"}\n' % (b"x" * 41) * 15_000)
    done, memory = peak(tmp_path, "train", "bomb.jsonl.gz")
    is_one_line(done, "bomb.jsonl.gz", "unpacks to more than")
    assert memory < 400e6


def test_a_bomb_in_a_workbook_takes_little_memory(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.ods", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        names = "".join(
            f' xmlns:{part}="urn:oasis:names:tc:opendocument:xmlns:{part}:1.0"'
            for part in ("table", "text")
        )
        cell = "<table:table-cell><text:p>1</text:p></table:table-cell>"
        row = f"<table:table-row>{cell * 2}</table:table-row>"
        with file.open("content.xml", "w") as part:
            part.write(f'<d{names}><table:table table:name="S">'.encode())
            for _ in range(400):
                part.write(row.encode() * 1000)
    done, memory = peak(tmp_path, "train", "bomb.ods")
    is_one_line(done, "bomb.ods")
    assert memory < 400e6
