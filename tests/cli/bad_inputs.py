"""Files and arguments that cannot be used, and the one line that a command prints for them."""

import gzip
import io
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.cli.process import Done

DENIED = "ermission denied"


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
ZIPPED = gzip.compress(GOOD.encode(), mtime=0)


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
