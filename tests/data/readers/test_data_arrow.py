import struct

import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from glassnet.base.errors import DataError
from glassnet.data import load
from glassnet.data.readers import arrow_columns
from glassnet.data.readers.arrow import Arrow
from glassnet.data.sources.table_file import load_table, read
from glassnet.workflows.predict import predict

arrow = pytest.importorskip("pyarrow")
ipc = pytest.importorskip("pyarrow.ipc")


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "number": np.where(rng.random(3000) < 0.1, np.nan, rng.normal(size=3000).round(4)),
            "whole": rng.integers(0, 1000, 3000),
            "word": rng.choice(["u", "v, w", None], 3000),
            "flag": rng.choice([True, False], 3000),
            "day": pd.date_range("2020-01-01", periods=3000),
            "t": rng.choice(["yes", "no"], 3000),
        }
    )


def written(frame, folder):
    for how in ("lz4", "zstd", "uncompressed"):
        frame.to_feather(folder / f"{how}.feather", compression=how)
    table = arrow.Table.from_pandas(frame)
    coded = frame.assign(word=frame["word"].astype("category"))
    with ipc.new_stream(folder / "stream.arrow", table.schema) as out:
        for start in range(0, 3000, 700):
            out.write_table(table.slice(start, 700))
    coded.to_feather(folder / "coded.arrow")
    return ["lz4.feather", "zstd.feather", "uncompressed.feather", "stream.arrow", "coded.arrow"]


def is_the_table(path, first):
    other = load(path)
    assert other.x_train.tobytes() == first.x_train.tobytes(), path
    assert other.x_test.tobytes() == first.x_test.tobytes(), path
    assert other.y_train.tolist() == first.y_train.tolist(), path


def test_every_form_is_the_text_table_to_the_bit(frame, tmp_path):
    frame.to_csv(tmp_path / "t.csv", index=False)
    data = load(tmp_path / "t.csv")
    net = gn.Sequential([gn.Dense(4, "relu"), gn.Dense(2)], seed=0)
    net.classes, net.schema = data.classes, data.schema
    net.fit(data.x_train, data.y_train, epochs=1)
    predict(net, tmp_path / "t.csv", tmp_path / "first.csv", proba=True, identifier="whole")
    for name in written(frame, tmp_path):
        is_the_table(tmp_path / name, data)
        predict(net, tmp_path / name, tmp_path / "o.csv", proba=True, identifier="whole")
        assert (tmp_path / "o.csv").read_bytes() == (tmp_path / "first.csv").read_bytes(), name


def test_files_of_polars(frame, tmp_path):
    polars = pytest.importorskip("polars")
    frame.to_csv(tmp_path / "t.csv", index=False)
    first = load(tmp_path / "t.csv")
    table = polars.from_pandas(frame)
    table.write_ipc(tmp_path / "plain.arrow")
    table.write_ipc(tmp_path / "zstd.arrow", compression="zstd")
    table.write_ipc_stream(tmp_path / "stream.arrow")
    table.with_columns(polars.col("word").cast(polars.Categorical)).write_ipc(tmp_path / "c.arrow")
    table.write_parquet(tmp_path / "t.parquet")
    table.write_ndjson(tmp_path / "t.ndjson")
    for name in ("plain.arrow", "zstd.arrow", "stream.arrow", "c.arrow", "t.parquet", "t.ndjson"):
        is_the_table(tmp_path / name, first)


def test_whole_numbers_beyond_2_53_keep_their_digits(tmp_path):
    large = 2**53 + 1
    pd.DataFrame({"a": pd.array([large, None], "Int64")}).to_feather(tmp_path / "t.feather")
    assert read(Arrow(tmp_path / "t.feather"))["a"][0] == large


def test_pieces_are_those_of_any_table(frame, tmp_path, monkeypatch):
    written(frame, tmp_path)
    monkeypatch.setattr(arrow_columns, "piece_rows", lambda columns: 1024)
    pieces = list(Arrow(tmp_path / "stream.arrow").pieces((), {"t", "number"}))
    assert [len(piece) for piece in pieces] == [1024, 1024, 952]
    assert [piece.index[0] for piece in pieces] == [0, 1024, 2048]
    assert pieces[0].columns.tolist() == ["number", "t"]
    assert pd.concat(pieces)["t"].tolist() == frame["t"].tolist()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is not an Arrow file, or a damaged one"),
        (b"a,b\n1,2\n", "is not an Arrow file, or a damaged one"),
        (b"ARROW1\0\0", "is not an Arrow file, or a damaged one"),
        (b"ARROW1\0\0" + bytes(99) + b"ARROW1", "is not an Arrow file, or a damaged one"),
        (b"FEA1" + bytes(99) + b"FEA1", "is Feather of version 1: write it as version 2"),
    ],
)
def test_what_is_no_arrow_file_is_named(table, content, expected):
    path = table(content, "t.arrow")
    with pytest.raises(DataError) as error:
        load_table(path)
    assert str(error.value).startswith(f"{path}: {expected}")
    assert "\n" not in str(error.value)


def test_lists_and_no_rows_are_refused(tmp_path):
    pd.DataFrame({"a": [[1], [2]]}).to_feather(tmp_path / "t.feather")
    with pytest.raises(DataError, match="column 'a' holds lists or records"):
        load(tmp_path / "t.feather")
    pd.DataFrame({"a": np.zeros(0)}).to_feather(tmp_path / "t.feather")
    with pytest.raises(DataError, match=r"t\.feather: has no rows; add rows"):
        load(tmp_path / "t.feather")
    with pytest.raises(DataError, match=r"there is no file .*none\.arrow"):
        load(tmp_path / "none.arrow")


@pytest.mark.parametrize("how", ["lz4", "zstd"])
def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path, how):
    zeros = pd.DataFrame({"a": np.zeros(2**24)})
    zeros.to_feather(tmp_path / "t.feather", compression=how)
    assert (tmp_path / "t.feather").stat().st_size < 2**20
    with pytest.raises(DataError, match=r"promises 16,777,216 rows, more than 50 times its size"):
        Arrow(tmp_path / "t.feather")


def test_a_column_without_bytes_is_refused_by_its_rows(tmp_path):
    table = arrow.table({"a": arrow.nulls(2**30)})
    with ipc.new_stream(tmp_path / "t.arrow", table.schema) as out:
        out.write_table(table)
    assert (tmp_path / "t.arrow").stat().st_size < 1000
    with pytest.raises(DataError, match="promises 1,073,741,824 rows"):
        Arrow(tmp_path / "t.arrow")


def test_a_length_that_lies_takes_no_memory(tmp_path):
    pd.DataFrame({"a": np.zeros(9999)}).to_feather(tmp_path / "t.feather", compression="zstd")
    content = (tmp_path / "t.feather").read_bytes()
    true = struct.pack("<q", 9999 * 8)
    assert content.count(true) >= 1
    (tmp_path / "t.feather").write_bytes(content.replace(true, struct.pack("<q", 2**44)))
    with pytest.raises(DataError, match=r"t\.feather: promises 9,999 rows, more than 50 times"):
        Arrow(tmp_path / "t.feather")


@pytest.mark.parametrize("name", ["lz4.feather", "uncompressed.feather", "stream.arrow"])
def test_damaged_files_never_raise_anything_else(frame, tmp_path, name):
    written(frame.iloc[:3000], tmp_path)
    frame.iloc[:5].to_feather(tmp_path / "lz4.feather", compression="lz4")
    frame.iloc[:5].to_feather(tmp_path / "uncompressed.feather", compression="uncompressed")
    few = arrow.Table.from_pandas(frame.iloc[:5])
    with ipc.new_stream(tmp_path / "stream.arrow", few.schema) as out:
        out.write_table(few)
    path = tmp_path / name
    good, rng, refused = path.read_bytes(), np.random.default_rng(0), 0
    for _ in range(300):
        data = bytearray(good)
        for place in rng.integers(0, len(data), 3):
            data[place] = rng.integers(256)
        path.write_bytes(data[: rng.integers(len(data))] if rng.random() < 0.3 else data)
        try:
            read(Arrow(path))
        except DataError as error:
            assert str(error).startswith(str(path))
            assert "\n" not in str(error)
            refused += 1
    assert refused > 60
