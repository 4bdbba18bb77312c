import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from glassnet.base.errors import DataError
from glassnet.data import form_of, load
from glassnet.data.readers import arrow_columns
from glassnet.data.readers.parquet_folder import ParquetFolder
from glassnet.data.sources.table_file import read
from glassnet.workflows.predict import predict

pytest.importorskip("pyarrow")


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "number": rng.normal(size=400).round(4),
            "word": rng.choice(["u", "v w", None], 400),
            "t": rng.choice(["yes", "no"], 400),
            "year": rng.choice([2023, 2024], 400),
            "town": rng.choice(["Bern", "Zürich/Kloten", "1=2"], 400),
        }
    ).sort_values(["year", "town"], kind="stable", ignore_index=True)


def test_folders_are_columns(frame, tmp_path):
    frame.to_parquet(tmp_path / "t", partition_cols=["year", "town"])
    assert form_of(tmp_path / "t") == "table"
    found = read(ParquetFolder(tmp_path / "t"))
    assert found.columns.tolist() == frame.columns.tolist()
    order = ["year", "town", "number"]
    a, b = (each.sort_values(order, ignore_index=True) for each in (found, frame))
    pd.testing.assert_frame_equal(a, b, check_dtype=False)
    assert found["year"].dtype == np.uint16


def test_it_is_the_table_in_one_file_to_the_bit(frame, tmp_path):
    frame.to_parquet(tmp_path / "t", partition_cols=["year", "town"])
    whole = read(ParquetFolder(tmp_path / "t"))
    whole.to_csv(tmp_path / "t.csv", index=False)
    first, other = (load(tmp_path / name, target="t") for name in ("t.csv", "t"))
    assert other.x_train.tobytes() == first.x_train.tobytes()
    assert other.y_test.tolist() == first.y_test.tolist()
    assert "6 Parquet files" in other.notes
    net = gn.Sequential([gn.Dense(4, "relu"), gn.Dense(2)], seed=0)
    net.classes, net.schema = first.classes, first.schema
    net.fit(first.x_train, first.y_train, epochs=1)
    for name in ("t.csv", "t"):
        predict(net, tmp_path / name, tmp_path / f"{name}-out.csv", proba=True, identifier="town")
    assert (tmp_path / "t-out.csv").read_bytes() == (tmp_path / "t.csv-out.csv").read_bytes()


@pytest.mark.parametrize("by", ["polars", "duckdb"])
def test_folders_of_others(frame, tmp_path, by):
    module = pytest.importorskip(by)
    frame.to_parquet(tmp_path / "one.parquet")
    if by == "polars":
        table = module.read_parquet(tmp_path / "one.parquet")
        table.write_parquet(tmp_path / "t", partition_by=["year", "town"])
    else:
        module.sql(
            f"copy (from '{tmp_path}/one.parquet') to '{tmp_path}/t' "
            "(format parquet, partition_by (year, town))"
        )
    found = read(ParquetFolder(tmp_path / "t"))[list(frame.columns)]
    order = ["year", "town", "number"]
    a, b = (each.sort_values(order, ignore_index=True) for each in (found, frame))
    pd.testing.assert_frame_equal(a, b, check_dtype=False)


def test_types_of_folders(tmp_path):
    for n, (a, b, c) in enumerate([("01", "1.5", "x"), ("12", "2", "__HIVE_DEFAULT_PARTITION__")]):
        place = tmp_path / f"a={a}" / f"b={b}" / f"c={c}"
        place.mkdir(parents=True)
        pd.DataFrame({"n": [n]}).to_parquet(place / "0.parquet")
    table = ParquetFolder(tmp_path)
    found = read(table)
    assert found["a"].tolist() == [1, 12]
    assert found["b"].tolist() == ["1.5", "2"]
    assert found["c"].isna().tolist() == [False, True]
    (piece,) = table.pieces({"a"}, {"a"})
    assert piece["a"].tolist() == ["01", "12"]  # as written


def test_pieces_are_those_of_any_table(frame, tmp_path, monkeypatch):
    monkeypatch.setattr(arrow_columns, "piece_rows", lambda columns: 128)
    frame.to_parquet(tmp_path / "t", partition_cols=["year", "town"])
    pieces = list(ParquetFolder(tmp_path / "t").pieces())
    assert [len(piece) for piece in pieces] == [128, 128, 128, 16]
    assert [piece.index[0] for piece in pieces] == [0, 128, 256, 384]


def test_marks_beside_and_empty_parts_do_not_matter(frame, tmp_path):
    folder = tmp_path / "t.parquet"
    folder.mkdir()
    (folder / "_SUCCESS").write_bytes(b"")
    (folder / "._x.parquet").write_bytes(b"")
    frame.iloc[:0].to_parquet(folder / "part-0.parquet")
    frame.to_parquet(folder / "part-1.parquet")
    assert len(read(ParquetFolder(folder))) == 400
    assert load(folder, target="t").name == "t"


def test_what_does_not_fit_is_named(frame, tmp_path):
    def part(name, table):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        table.to_parquet(tmp_path / name)

    part("year=1/a.parquet", frame)
    part("year=1/b.parquet", frame.drop(columns="word"))
    with pytest.raises(
        DataError, match=r"b\.parquet has the columns .*, and .*: expected the same"
    ):
        load(tmp_path)
    part("month=1/b.parquet", frame)
    with pytest.raises(DataError, match=r"lies in folders for year, and .* for month: expected"):
        load(tmp_path)
    (tmp_path / "month=1" / "b.parquet").unlink()
    (tmp_path / "year=1" / "b.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r"b\.parquet: is not a Parquet file, or a damaged one"):
        load(tmp_path)
    for name in ("a", "b"):
        part(f"year=1/{name}.parquet", frame.iloc[:0])
    with pytest.raises(DataError, match="has no rows; add rows"):
        load(tmp_path)


def test_a_folder_of_pictures_is_none(tmp_path):
    (tmp_path / "cats").mkdir()
    (tmp_path / "cats" / "t.parquet").write_bytes(b"")
    assert form_of(tmp_path) == "pictures"
