"""Bad files, words and circumstances: one line on stderr, exit 2, and nothing left behind."""

import ctypes
import gzip
import io
import os
import resource
import shlex
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from test_cli_tables import PEAK, Done, server  # noqa: F401  (a fixture)
from test_cli_tables import run as forked

COMMAND = [sys.executable, "-m", "glassnet"]
ENVIRONMENT = {
    **os.environ, "COLUMNS": "200", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1",
    "PYTHONUNBUFFERED": "",
}  # fmt: skip
DENIED = "ermission denied"


def run(folder: Path, *words: str, before: Callable[[], None] | None = None) -> Done:
    return subprocess.run(
        [*COMMAND, *words],
        cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=120, check=False,
        preexec_fn=before,
    )  # fmt: skip


def contents(folder: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


def is_one_line(done: Done, *expected: str) -> None:
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == 2, (done.stdout, done.stderr)
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith("glassnet: ")
    for text in expected:
        assert text in done.stderr
    assert len(done.stderr) < 1000


def csv(
    header: str, row: Callable[[int], str], rows: int = 40, change: tuple[int, str] | None = None
) -> str:
    """A table; `change` puts other text in place of one data row, counted from 1."""
    lines = [header, *(row(n) for n in range(rows))]
    if change:
        lines[change[0]] = change[1]
    return "\n".join(lines) + "\n"


def plain(n: int) -> str:
    return f"{n},{n % 7},{'xy'[n % 2]}"


def values(n: int) -> str:
    return f"{n},{n % 7},{n * 0.37:.2f}"


GOOD = csv("a,size,answer", plain)
ZIPPED = gzip.compress(GOOD.encode())


def damaged(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :]


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def parquet(frame: pd.DataFrame) -> bytes:
    file = io.BytesIO()
    frame.to_parquet(file)
    return file.getvalue()


def images(count: int = 60, claimed: int | None = None, kind: int = 8) -> bytes:
    head = struct.pack(">BBBBIII", 0, 0, kind, 3, count if claimed is None else claimed, 8, 8)
    return head + bytes(n % 251 for n in range(count * 64))


def labels(count: int = 60) -> bytes:
    return struct.pack(">BBBBI", 0, 0, 8, 1, count) + bytes(n % 3 for n in range(count))


def idx(pictures: bytes, truth: bytes) -> dict[str, str | bytes]:
    return {"idx/train-images-idx3-ubyte": pictures, "idx/train-labels-idx1-ubyte": truth}


@dataclass(frozen=True)
class Case:
    """Files, the words of the command, and what its one line says."""

    files: dict[str, str | bytes]
    words: str
    expected: tuple[str, ...]


TRAIN = "train {file} --quiet --epochs 2 --hidden 4"


def train(content: str | bytes, *expected: str, name: str = "t.csv", options: str = "") -> Case:
    return Case({name: content}, f"{TRAIN.format(file=name)} {options}", (name, *expected))


def predict(content: str | bytes, *expected: str, name: str = "t.csv", words: str = "") -> Case:
    words = words or "predict {models}/table.safetensors {name}"
    return Case({name: content}, words.replace("{name}", name), (name, *expected))


def on_good(options: str, *expected: str) -> Case:
    return Case({"t.csv": GOOD}, f"{TRAIN.format(file='t.csv')} {options}", expected)


MATRIX = np.arange(400.0).reshape(100, 4) % 37


def with_infinity() -> Any:
    array = MATRIX.copy()
    array[5, 2] = np.inf
    return array


NEW = "d,flag,k,a\n2020-01-01,True,u,1\n"
"""A row as the table of the model has it."""

CASES: dict[str, Case] = {
    # ---- text that is no table
    "missing file": Case({}, TRAIN.format(file="none.csv"), ("there is no file none.csv",)),
    "empty file": train("", "is empty"),
    "blank lines alone": train("\n\n\r\n\n", "is empty"),
    "header alone": train("a,b,c\n", "no rows"),
    "header alone, zipped": train(gzip.compress(b"a,b,c\n"), "no rows", name="t.csv.gz"),
    "one row too long": train(
        csv("a,b,c", plain, change=(3, "1,2,x,4")), "line 4 has 4 values", "names 3 columns"
    ),
    "every row too long": train(
        csv("a,b,c", lambda n: f"{n % 5},{n},{'xy'[n % 2]},{n}"), "data row 1 has 4 values"
    ),
    "every row too long, and numbered": train(
        csv("label,a,b", lambda n: f"{n},{'xy'[n % 2]},{n % 7},{n % 3}"), "data row 1 has 4 values"
    ),
    "every row ends with a comma": train(
        csv("a,b,c", lambda n: plain(n) + ","), "data row 1 has 4 values"
    ),
    "one row too short": train(csv("a,b,c", plain, change=(3, "1,2")), "data row 3", "2 values"),
    "last row cut off": train(csv("a,b,c,d", lambda n: f"{plain(n)},1")[:-5], "data row 40"),
    "semicolons": train(csv("a;b;c", lambda n: plain(n).replace(",", ";")), "--separator ';'"),
    "tabs in a csv file": train(
        csv("a\tb\tc", lambda n: plain(n).replace(",", "\t")), "separated by a tab"
    ),
    "commas in a tsv file": train(GOOD, "--separator ','", name="t.tsv"),
    "separator of two characters": on_good("--separator ';;'", "separator", "one character"),
    "latin-1 text": train(
        "größe,b\n1,x\n2,y\n".encode("latin-1"), "UTF-8", "line 1", "--encoding"
    ),
    "latin-1 text far down": train(
        csv("a,b,c", plain, 200, (150, "1,Zürich,x")).encode("latin-1"), "UTF-8", "line 151"
    ),
    "an encoding that does not fit": Case(
        {"t.csv": csv("a,b,c", plain, change=(9, "1,é,x"))},
        f"{TRAIN.format(file='t.csv')} --encoding ascii",
        ("t.csv", "ASCII"),
    ),
    "an encoding that does not exist": on_good("--encoding klingon", "klingon", "latin-1"),
    "half a UTF-16 character": train(GOOD.encode("utf-16") + b"a", "UTF-16"),
    "column names twice": train(csv("a,b,a", plain), "two columns 'a'"),
    "a column without a name": train(csv("a,,c", plain), "column 2 has no name"),
    "no header, its values twice": train("5.1,5.1,x\n4,3,y\n4,3,x\n", "first line names"),
    "an open quote": train(csv("a,b,c", plain, change=(20, '1,"2,x')), "quote"),
    "a binary file": train(bytes(range(256)) * 40, "t.csv"),
    "a zip called csv": train(npz(x=MATRIX), "t.csv"),
    "a picture": Case({"t.png": b"\x89PNG"}, TRAIN.format(file="t.png"), ("t.png", ".csv")),
    "an Excel file": Case({"t.xlsx": b"PK\3\4"}, TRAIN.format(file="t.xlsx"), ("t.xlsx", ".csv")),
    "a folder called csv": Case({"t.csv/a": b""}, TRAIN.format(file="t.csv"), ("t.csv",)),
    # ---- gzip
    "gzip truncated": train(ZIPPED[: len(ZIPPED) // 2], "truncated", name="t.csv.gz"),
    "gzip damaged": train(damaged(ZIPPED), "damaged", name="t.csv.gz"),
    "gzip with a wrong sum": train(
        ZIPPED[:-8] + b"\0\0\0\0" + ZIPPED[-4:], "damaged", name="t.csv.gz"
    ),
    # ---- targets
    "target not found": on_good("--target anser", "no column 'anser'", "did you mean 'answer'?"),
    "target like nothing": on_good("--target zzz", "no column 'zzz'", "a, size, answer"),
    "text target twice": on_good("--target answer --target answer", "'answer'", "twice"),
    "number target twice": on_good("--target a --target a", "'a'", "twice"),
    "one value alone": train(csv("a,b,c", lambda n: f"{n},{n % 7},x"), "'c'", "always 'x'"),
    "a class with one row": train(
        csv("a,b,c", plain, change=(13, "1,2,rare")), "'c'", "data row 13", "'rare'"
    ),
    "a target without values": train(csv("a,b,c", lambda n: f"{n},{n % 7},"), "'c'", "no values"),
    "an infinite target": train(
        csv("a,b,c", values, change=(18, "1,2,inf")), "'c'", "data row 18", "inf"
    ),
    "text in a target of numbers": train(
        csv("a,b,c", values, change=(18, "1,2,oops")), "'c'", "data row 18", "'oops'"
    ),
    "targets of which one is text": on_good("--target answer --target a", "'answer'"),
    "text as regression": on_good("--task regression", "'answer'", "data row 1"),
    "a date as target": on_good("--as a=date --target a", "'a'"),
    "target and left out": on_good("--target size --drop size", "'size'", "left out"),
    "one column": train(csv("b", lambda n: str(n % 7)), "no columns beside the target"),
    "targets so large that their mean overflows": train(
        csv("a,b,c", lambda n: f"{n},{n % 7},{n}e306"), "'c'"
    ),
    # ---- features
    "a column without values": train(
        csv("a,b,c", lambda n: f"{n},,{'xy'[n % 2]}"), "'b'", "no values", "--drop b"
    ),
    "an infinite value": train(
        csv("a,b,c", plain, change=(18, "1,inf,x")), "'b'", "data row 18", "inf"
    ),
    "a number beyond all floats": train(
        csv("a,b,c", plain, change=(18, "1,-1e999,x")), "'b'", "data row 18"
    ),
    "text among numbers": train(
        csv("a,b,c", plain, change=(18, "1,oops,x")), "'b'", "data row 18", "'oops'", "--as b="
    ),
    "numbers so large that their mean overflows": train(
        csv("a,b,c", lambda n: f"{n}e306,{n % 7},{'xy'[n % 2]}"), "'a'", "data row 2:"
    ),
    "one number too large for its column": train(
        csv("a,b,c", plain, change=(8, "1e308,2,x")), "'a'", "data row 8", "1e+308"
    ),
    "nothing that tells rows apart": train(
        csv("a,b,c", lambda n: f"3,u,{'xy'[n % 2]}"), "no column"
    ),
    # ---- words
    "an unknown kind": on_good("--as size=numbr", "'size'", "did you mean 'number'?"),
    "a kind for no column": on_good("--as siz=number", "no column 'siz'", "'size'"),
    "a kind without a column": on_good("--as size", "--as", "COLUMN=KIND"),
    "a date format that is none": on_good("--as a=date:%Q", "%Q"),
    "a date format that is empty": on_good("--as a=date:", "date:"),
    "a number with a format": on_good("--as a=number:3", "number:3"),
    "a category with a format": on_good("--as a=category:3", "category:3"),
    "a column that is no date": on_good("--as answer=date --target a", "'answer'", "data row 1"),
    "an unknown column to drop": on_good("--drop siz", "no column 'siz'", "'size'"),
    "an unknown task": on_good("--task regresion", "did you mean 'regression'?"),
    "a share above 1": on_good("--test 2", "test", "2.0"),
    "a share that is no number": on_good("--test nan", "test", "nan"),
    "a missing test file": on_good("--test none.csv", "there is no file none.csv"),
    "a network into a folder": on_good("--out .", "--out"),
    "a network into no folder": on_good("--out no/t.safetensors", "--out", "no"),
    "samples of a file": on_good("--samples 5", "samples"),
    "a test file with other columns": Case(
        {"t.csv": GOOD, "other.csv": csv("a,weight,answer", plain)},
        f"{TRAIN.format(file='t.csv')} --test other.csv",
        ("other.csv", "'size'"),
    ),
    "a test file without the target": Case(
        {"t.csv": GOOD, "other.csv": csv("a,size,reply", plain)},
        f"{TRAIN.format(file='t.csv')} --test other.csv",
        ("other.csv", "'answer'"),
    ),
    "a test file with a new class": Case(
        {"t.csv": GOOD, "other.csv": csv("a,size,answer", plain, change=(7, "1,2,z"))},
        f"{TRAIN.format(file='t.csv')} --test other.csv",
        ("other.csv", "'answer'", "data row 7", "'z'"),
    ),
    "a test file of another kind": Case(
        {"t.csv": GOOD, "t.npy": npy(MATRIX)},
        f"{TRAIN.format(file='t.csv')} --test t.npy",
        ("t.npy",),
    ),
    # ---- other kinds of files
    "npy of objects": train(npy(np.array([[1, "a"]], dtype=object)), "objects", name="t.npy"),
    "npy truncated": train(npy(MATRIX)[:-100], "truncated", "100 bytes", name="t.npy"),
    "npy with more": train(npy(MATRIX) + b"xx", "2 bytes more", name="t.npy"),
    "npy that is none": train(b"hello world", "not a .npy file", name="t.npy"),
    "npy with an infinite number": train(
        npy(with_infinity()), "row 5, column 2", "inf", name="t.npy"
    ),
    "npy with one dimension": train(npy(MATRIX[:, 0]), "(100,)", name="t.npy"),
    "npy with a target that is no column": train(
        npy(MATRIX), "'7'", "0 … 3", name="t.npy", options="--target 7"
    ),
    "npy with kinds": train(npy(MATRIX), "kinds", name="t.npy", options="--as 1=category"),
    "npy with a target twice": train(
        npy(MATRIX), "twice", name="t.npy", options="--target 1 --target 1"
    ),
    "npz of other lengths": train(
        npz(x=MATRIX, y=MATRIX[:50, 0]), "x has 100 rows and y has 50", name="t.npz"
    ),
    "npz of other names": train(npz(a=MATRIX), "expected x and y", name="t.npz"),
    "npz that is none": train(b"PK hello", "not a .npz file", name="t.npz"),
    "npz damaged": train(damaged(npz(x=MATRIX, y=MATRIX[:, 0])), "damaged", name="t.npz"),
    "Parquet that is none": train(GOOD, "not a Parquet file", name="t.parquet"),
    "Parquet that is empty": train(b"", "not a Parquet file", name="t.parquet"),
    "Parquet truncated": train(
        parquet(pd.DataFrame(MATRIX, columns=list("abcd")))[:-50], "not a Parquet file",
        name="t.parquet",
    ),
    "Parquet of lists": train(
        parquet(pd.DataFrame({"a": [[1], [2]], "b": [1, 2]})), "'a'", "lists", name="t.parquet"
    ),
    "images that are fewer than claimed": Case(
        idx(images(claimed=61), labels(61)), TRAIN.format(file="idx"), ("images", "truncated")
    ),
    "images that claim gigabytes": Case(
        idx(images(claimed=2**31), labels()), TRAIN.format(file="idx"), ("images", "2 GiB")
    ),
    "images of a wrong type": Case(
        idx(images(kind=7), labels()), TRAIN.format(file="idx"), ("images", "not an IDX file")
    ),
    "images that claim to be floats": Case(
        idx(images(kind=13), labels()), TRAIN.format(file="idx"), ("images", "truncated")
    ),
    "labels that are too few": Case(
        idx(images(), labels(50)), TRAIN.format(file="idx"), ("50 labels", "60 images")
    ),
    "a folder with nothing": Case({"idx/a.txt": b""}, TRAIN.format(file="idx"), ("idx", "a.txt")),
    # ---- predict and evaluate
    "a model that is none": predict(
        NEW, "not a model file", words="predict t.csv t.csv --out out.csv"
    ),
    "a model that is cut off": Case(
        {"m.safetensors": b"\x10\0\0\0\0\0\0\0{}", "t.csv": NEW},
        "predict m.safetensors t.csv",
        ("m.safetensors", "not a model file"),
    ),
    "a model that is not there": Case(
        {"t.csv": NEW}, "predict none.safetensors t.csv", ("none.safetensors",)
    ),
    "new rows without a column": predict("d,flag,k\n2020-01-01,True,u\n", "no column 'a'"),
    "new rows in other capitals": predict("D,flag,k,a\n2020-01-01,True,u,1\n", "no column 'd'"),
    "new text in a number": predict(NEW + "2020-01-01,True,u,hello\n", "'a'", "data row 2"),
    "new text in a boolean": predict(NEW + "2020-01-01,maybe,u,1\n", "'flag'", "data row 2"),
    "a new date written otherwise": predict(NEW + "01.02.2020,True,u,1\n", "'d'", "data row 2"),
    "a new infinite number": predict(NEW + "2020-01-01,True,u,-inf\n", "'a'", "data row 2"),
    "a new number that is far off": predict(NEW + "2020-01-01,True,u,1e300\n", "'a'", "data row 2"),
    "new rows that are none": predict("d,flag,k,a\n", "no rows"),
    "an --id that is no column": predict(
        NEW, "no column 'nr'", words="predict {models}/table.safetensors {name} --id nr"
    ),
    "answers of another ending": Case(
        {"t.csv": NEW}, "predict {models}/table.safetensors t.csv --out o.txt", (".csv", "o.txt")
    ),
    "answers into no folder": Case(
        {"t.csv": NEW}, "predict {models}/table.safetensors t.csv --out no/o.csv", ("no", "--out")
    ),
    "kaggle with probabilities": Case(
        {"t.csv": NEW}, "predict {models}/table.safetensors t.csv --kaggle --proba", ("kaggle",)
    ),
    "probabilities of values": Case(
        {"t.npy": npy(MATRIX)}, "predict {models}/array.safetensors t.npy --proba", ("values",)
    ),
    "arrays for a table's network": predict(
        npy(MATRIX), "table", name="t.npy", words="predict {models}/table.safetensors {name}"
    ),
    "a table for an array's network": predict(
        NEW, "trained on arrays", words="predict {models}/array.safetensors {name}"
    ),
    "a table for an array's network, judged": predict(
        NEW, "trained on arrays", words="evaluate {models}/array.safetensors {name}"
    ),
    "images for a table's network": Case(
        idx(images(), labels()), "predict {models}/table.safetensors idx", ("idx",)
    ),
    "a wrong width": predict(
        npy(MATRIX[:, :2]), "(100, 2)", name="t.npy",
        words="predict {models}/array.safetensors {name}",
    ),
    "judged without the truth": predict(
        NEW, "no column 'label'", words="evaluate {models}/table.safetensors {name}"
    ),
    "judged with a new class": predict(
        "d,flag,k,a,label\n2020-01-01,True,u,1,x\n2020-01-01,True,u,1,z\n", "data row 2", "'z'",
        words="evaluate {models}/table.safetensors {name}",
    ),
    "judged with a gap in the truth": predict(
        "d,flag,k,a,label\n2020-01-01,True,u,1,x\n2020-01-01,True,u,1,\n", "data row 2", "'label'",
        words="evaluate {models}/table.safetensors {name}",
    ),
    "data of a file that is none": Case({}, "data none.csv", ("none.csv",)),
    "data of a ragged file": Case({"t.csv": "a,b\n1,2\n3\n"}, "data t.csv", ("t.csv", "row 2")),
    "data into no folder": Case({"t.csv": GOOD}, "data t.csv --out no/p.png", ("--out", "no")),
    "data as a file of no picture": Case({"t.csv": GOOD}, "data t.csv --out p.xyz", ("p.xyz",)),
}  # fmt: skip


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a network of a table and one of an array."""
    folder = tmp_path_factory.mktemp("models")
    rows = csv(
        "id,a,k,flag,d,label",
        lambda n: f"{n},{n % 7}.5,{'uvw'[n % 3]},{n % 2 == 1},2020-0{n % 9 + 1}-03,{'xy'[n % 2]}",
        120,
    )
    (folder / "table.csv").write_text(rows, encoding="utf-8")
    np.save(folder / "array.npy", np.random.default_rng(0).normal(size=(100, 4)))
    for name in ("table.csv", "array.npy"):
        done = run(folder, *TRAIN.format(file=name).split())
        assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("case", CASES)
def test_it_is_one_line_and_nothing_is_left(case: str, models: Path, tmp_path: Path) -> None:
    for name, content in CASES[case].files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(data)
    before = contents(tmp_path)
    words = shlex.split(CASES[case].words.replace("{models}", str(models)))
    done = forked(tmp_path, *words)
    is_one_line(done, *CASES[case].expected)
    assert done.stdout == ""
    assert contents(tmp_path) == before


# ---- files that are made to do harm


def peak(folder: Path, *words: str) -> tuple[Done, int]:
    """The command, and the most bytes it had in memory."""
    done = subprocess.run(
        [sys.executable, "-c", PEAK, *COMMAND, *words],
        cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    *said, kibibytes = done.stdout.splitlines()
    done.stdout = "\n".join(said)
    return done, int(kibibytes) * 1024


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


# ---- circumstances


def without_privileges() -> None:
    """Make permissions count for root too: what this process starts can no longer pass them by."""
    if os.geteuid() == 0:
        for capability in (1, 2):  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH
            if ctypes.CDLL(None).prctl(24, capability, 0, 0, 0):  # PR_CAPBSET_DROP
                os._exit(99)


@pytest.fixture
def guarded(models: Path, tmp_path: Path) -> Iterator[Path]:
    """A folder with a table and its network, where permissions count."""
    probe = tmp_path / "probe"
    probe.write_text("")
    probe.chmod(0o000)
    tried = [sys.executable, "-c", "open('probe')"]
    done = subprocess.run(
        tried, cwd=tmp_path, capture_output=True, check=False, preexec_fn=without_privileges
    )
    if b"PermissionError" not in done.stderr:
        pytest.skip("permissions do not count for this user, and that cannot be changed")
    probe.unlink()
    for file in ("table.safetensors", "table.csv"):
        (tmp_path / file).write_bytes((models / file).read_bytes())
    yield tmp_path
    tmp_path.chmod(0o755)
    for path in tmp_path.iterdir():
        path.chmod(0o755)


def test_a_folder_without_permission(guarded: Path) -> None:
    before = contents(guarded)
    guarded.chmod(0o555)
    words = TRAIN.format(file="table.csv").split()
    is_one_line(run(guarded, *words, before=without_privileges), "table.safetensors", DENIED)
    words = ["predict", "table.safetensors", "table.csv", "--out", "answers.csv"]
    is_one_line(run(guarded, *words, before=without_privileges), "answers.csv", DENIED)
    done = run(guarded, "data", "table.csv", before=without_privileges)
    is_one_line(done, "table-data.png", DENIED)
    assert contents(guarded) == before


def test_a_file_without_permission(guarded: Path) -> None:
    (guarded / "table.csv").chmod(0o000)
    (guarded / "images").mkdir(0o000)
    for words in ("train table.csv", "data table.csv", "predict table.safetensors table.csv"):
        done = run(guarded, *words.split(), before=without_privileges)
        is_one_line(done, "table.csv", DENIED)
    is_one_line(run(guarded, "train", "images", before=without_privileges), "images", DENIED)
    (guarded / "table.csv").chmod(0o644)
    (guarded / "table.safetensors").chmod(0o000)
    done = run(guarded, "predict", "table.safetensors", "table.csv", before=without_privileges)
    is_one_line(done, "table.safetensors")
    assert sorted(path.name for path in guarded.iterdir()) == [
        "images", "table.csv", "table.safetensors",
    ]  # fmt: skip


def full_after(size: int) -> Callable[[], None]:
    """No file of this process may grow beyond so many bytes: as on a full disk."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


def test_a_full_disk_behind_a_redirection(tmp_path: Path, models: Path) -> None:
    (tmp_path / "t.csv").write_text(NEW + "2020-01-01,True,u,1\n" * 9_000, encoding="utf-8")
    with (tmp_path / "answers.csv").open("w") as out:
        done = subprocess.run(
            [*COMMAND, "predict", str(models / "table.safetensors"), "t.csv"],
            cwd=tmp_path, env=ENVIRONMENT, stdout=out, stderr=subprocess.PIPE, text=True,
            timeout=120, check=False, preexec_fn=full_after(1000),
        )  # fmt: skip
    is_one_line(done)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_full_disk_while_predicting(ending: str, tmp_path: Path, models: Path) -> None:
    (tmp_path / "t.csv").write_text(NEW + "2020-01-01,True,u,1\n" * 9_000, encoding="utf-8")
    (tmp_path / f"answers.{ending}").write_text("the old answers", encoding="utf-8")
    before = contents(tmp_path)
    model, out = str(models / "table.safetensors"), f"answers.{ending}"
    words = ("predict", model, "t.csv", "--proba", "--out", out)
    done = run(tmp_path, *words, before=full_after(500))
    is_one_line(done, out, "too large")
    assert contents(tmp_path) == before


def test_a_full_disk_while_writing_the_network(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(GOOD, encoding="utf-8")
    for name in ("t.safetensors", "t.png"):
        (tmp_path / name).write_text("the old one", encoding="utf-8")
    before = contents(tmp_path)
    done = run(tmp_path, "train", "t.csv", "--epochs", "1", "--quiet", before=full_after(1000))
    is_one_line(done, "t.safetensors", "too large")
    assert contents(tmp_path) == before


def test_a_full_disk_while_writing_the_picture(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(GOOD, encoding="utf-8")
    for name in ("t.png", "t-data.png"):
        (tmp_path / name).write_text("the old one", encoding="utf-8")
    before = contents(tmp_path)
    words = TRAIN.format(file="t.csv").split()
    done = run(tmp_path, *words, before=full_after(8000))
    assert done.returncode == 0 and done.stdout.startswith("test loss")
    assert done.stderr == "note: no picture of the curves: cannot write t.png: File too large\n"
    after = contents(tmp_path)
    after.pop("t.safetensors", None)  # written whole, before the picture
    assert after == before
    is_one_line(run(tmp_path, "data", "t.csv", before=full_after(1000)), "t-data.png", "too large")
    assert contents(tmp_path).keys() <= {*before, "t.safetensors"}
    assert (tmp_path / "t-data.png").read_text(encoding="utf-8") == "the old one"


@pytest.mark.slow
def test_an_interrupt_while_predicting_leaves_no_half_file(tmp_path: Path, models: Path) -> None:
    (tmp_path / "t.csv").write_text(NEW + "2020-01-01,True,u,1\n" * 2_000_000, encoding="utf-8")
    (tmp_path / "answers.csv").write_text("the old answers", encoding="utf-8")
    model = str(models / "table.safetensors")
    for delay in (0.0, 0.12, 0.3, 0.45):  # while it reads, predicts, or writes
        process = subprocess.Popen(
            [*COMMAND, "predict", model, "t.csv", "--proba", "--out", "answers.csv"],
            cwd=tmp_path, env=ENVIRONMENT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        begin = time.monotonic()
        while len(list(tmp_path.iterdir())) < 3 and time.monotonic() < begin + 20:
            time.sleep(0.02)  # until the temporary file is there
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        # Python itself ends by the signal where it came in a module's import: 130 to a shell too.
        assert process.returncode in (130, -signal.SIGINT), delay
        assert (out, err) == ("", "glassnet: interrupted\n"), delay
        assert sorted(path.name for path in tmp_path.iterdir()) == ["answers.csv", "t.csv"]
        assert (tmp_path / "answers.csv").read_text(encoding="utf-8") == "the old answers"


def test_a_failure_in_the_last_row_leaves_the_old_answers(tmp_path: Path, models: Path) -> None:
    rows = NEW + "2020-01-01,True,u,1\n" * 80_000 + "2020-01-01,True,u,oops\n"
    (tmp_path / "t.csv").write_text(rows, encoding="utf-8")
    (tmp_path / "answers.csv").write_text("the old answers", encoding="utf-8")
    before = contents(tmp_path)
    model = str(models / "table.safetensors")
    done = run(tmp_path, "predict", model, "t.csv", "--out", "answers.csv")
    is_one_line(done, "t.csv", "'a'", "data row 80002", "'oops'")
    assert contents(tmp_path) == before
