"""Small files that unpack to much: refused in every format, before or while memory fills."""

import gzip
import struct
import tracemalloc

import numpy as np
import pandas as pd
import pytest

from glassnet.base.errors import DataError
from glassnet.data import load
from glassnet.data.readers import delimited, growth, idx
from glassnet.data.readers.delimited import Delimited
from glassnet.data.readers.npz import read_npz
from glassnet.data.readers.parquet import Parquet
from glassnet.data.sources import table_dataset as table

BOUND = 2**20


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(growth, "MIN_BOMB", BOUND)


def peak_of_refusal(action, match):
    """The bytes that were taken until it was refused."""
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=match):
            action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_the_bounds_as_they_are_documented(monkeypatch):
    monkeypatch.undo()
    assert (growth.MAX_GROWTH, growth.MIN_BOMB, table.MAX_TABLE) == (50, 2**26, 2**32)
    assert growth.most(3_300_000) == 165_000_000


@pytest.mark.parametrize("rows", [BOUND // 4 - 1, BOUND // 4 + 1])
def test_a_gzipped_table(tmp_path, rows):
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * rows))
    if rows < BOUND // 4:
        assert sum(map(len, Delimited(path).pieces())) == rows
    else:
        used = peak_of_refusal(lambda: list(Delimited(path).pieces()), "unpack it with gunzip")
        assert used < 40 * BOUND
        plain = tmp_path / "t.csv"
        plain.write_bytes(gzip.decompress(path.read_bytes()))
        assert sum(map(len, Delimited(plain).pieces())) == rows


@pytest.mark.parametrize("size", [BOUND - 1000, BOUND + 1000])
def test_a_compressed_array(tmp_path, size):
    np.savez_compressed(tmp_path / "z.npz", x=np.zeros(size, np.uint8))
    if size < BOUND:
        assert read_npz(tmp_path / "z.npz")["x"].nbytes == size
    else:
        used = peak_of_refusal(lambda: read_npz(tmp_path / "z.npz"), "which does not compress them")
        assert used < BOUND / 2
        np.savez(tmp_path / "z.npz", x=np.zeros(size, np.uint8))
        assert read_npz(tmp_path / "z.npz")["x"].nbytes == size


@pytest.mark.parametrize("size", [BOUND, BOUND + 1])
def test_a_gzipped_idx_file(size):
    data = struct.pack(">BBBBI", 0, 0, 8, 1, size) + bytes(size)
    if size == BOUND:
        assert idx.read_bytes(gzip.compress(data), "a file").nbytes == size
    else:
        zipped = gzip.compress(data)
        used = peak_of_refusal(lambda: idx.read_bytes(zipped, "a file"), "unpack it with gunzip")
        assert used < BOUND / 2
        assert idx.read_bytes(data, "a file").nbytes == size


def test_a_parquet_file_of_equal_values(tmp_path):
    pd.DataFrame({"a": np.ones(2**22, np.int8)}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(DataError, match=r"promises 4,194,304 rows, more than 50 times its size"):
        Parquet(tmp_path / "t.parquet")


def test_a_table_counts_as_it_is_read_and_as_what_it_becomes(tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"c": rng.choice([f"v{k}" for k in range(40)], 2000), "n": range(2000)})
    frame.assign(y=rng.integers(0, 2, 2000)).to_csv(path, index=False)
    monkeypatch.setattr(table, "MAX_TABLE", 4 * 2000 * 41)
    assert load(path).input_shape == (41,)
    monkeypatch.setattr(table, "MAX_TABLE", 4 * 2000 * 41 - 1)
    with pytest.raises(DataError, match="train on fewer rows, leave columns out with --drop"):
        load(path)
    monkeypatch.setattr(table, "MAX_TABLE", 10_000)
    with pytest.raises(DataError, match="train on fewer rows"):
        load(path)


def test_long_rows_come_in_smaller_pieces(tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    path.write_text("a,b\n" + f"1,{'x' * 100}\n" * 5000)
    assert [len(piece) for piece in Delimited(path).pieces()] == [5000]
    monkeypatch.setattr(delimited, "PIECE_BYTES", 2500 * 103)
    assert [len(piece) for piece in Delimited(path).pieces()] == [2048, 2048, 904]
    monkeypatch.setattr(delimited, "PIECE_BYTES", 1)
    assert [len(piece) for piece in Delimited(path).pieces()] == [1024] * 4 + [904]


def test_columns_are_learned_a_few_at_a_time(monkeypatch):
    from glassnet.data.tables import fitting as learning

    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(50, 7)), columns=list("abcdefg"))
    frame["d"] = rng.choice(["x", "y"], 50)
    frame["e"] = 3
    kinds = dict.fromkeys("abcefg", "number") | {"d": "category"}
    whole, why = learning.learn(frame, kinds)
    monkeypatch.setattr(learning, "AT_ONCE", 100)
    some, why_some = learning.learn(frame, kinds)
    assert [each.config() for each in some] == [each.config() for each in whole]
    assert why == why_some == {"e": "always 3"}
