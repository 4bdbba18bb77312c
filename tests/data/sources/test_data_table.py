import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from glassnet.base.errors import DataError, GlassnetError
from glassnet.data import load
from glassnet.data.readers import delimited
from glassnet.data.readers.parquet import Parquet
from glassnet.data.sources.table_file import load_table, read


def rows(count=20, header="id,a,kind"):
    return header + "\n" + "".join(f"{i},{i / 2},{'pq'[i % 2]}\n" for i in range(count))


def test_a_table_loads_as_a_dataset(table):
    path = table(rows())
    data = load(path, test=0.3, seed=1)
    assert data.name == "table"
    assert (data.x_train.shape, data.x_test.shape) == ((14, 1), (6, 1))
    assert data.x_train.dtype == np.float32
    assert np.bincount(data.y_test).tolist() == [3, 3]
    assert (data.classes, data.feature_names, data.target) == (("p", "q"), ("a",), "kind")
    assert (data.task, data.outputs, data.scale, data.shift) == ("classes", 2, 1, 0)
    assert len(load(str(path), target="kind", test=0).x_test) == 0


def test_the_schema_is_learned_from_the_training_rows_alone(table):
    data = load_table(table(rows(100)), test=0.5)
    assert data.x_train.mean() == pytest.approx(0, abs=1e-6)
    assert data.x_train.std() == pytest.approx(1, abs=1e-6)
    assert data.x_test.mean() != pytest.approx(0, abs=1e-6)


def test_the_split_is_stratified_and_seeded(table):
    path = table("a,t\n" + "".join(f"{i},{'xy'[i % 10 == 0]}\n" for i in range(100)))
    first, again, other = (load_table(path, test=0.3, seed=seed) for seed in (0, 0, 1))
    assert np.bincount(first.y_test).tolist() == [27, 3]
    assert first.x_train.tobytes() == again.x_train.tobytes()
    assert first.x_train.tobytes() != other.x_train.tobytes()


def test_a_test_file_is_the_test_part(table):
    path, held = table(rows()), table("kind,a\nq,100\np,1.5\n", "held.csv")
    data = load_table(path, test=held)
    assert (len(data.x_train), data.y_test.tolist()) == (20, [1, 0])
    order = data.x_train.ravel().argsort()  # 0, 0.5, 1, 1.5 …
    assert data.x_test[1, 0] == data.x_train[order[3], 0]
    with pytest.raises(DataError, match=r"held\.csv: .*'z' is none of the classes"):
        load_table(path, test=table("kind,a\nz,100\n", "held.csv"))
    with pytest.raises(DataError, match=r"has no column 'a'"):
        load_table(path, test=table("kind,b\np,100\n", "held.csv"))


def test_values_labels_and_several_values(table):
    path = table(
        "a,p,q,r,s\n" + "".join(f"{i},{i % 2},{i % 3 == 0},{i / 7},{-i}\n" for i in range(30))
    )
    labels = load_table(path, ["p", "q"])
    assert (labels.task, labels.outputs, labels.classes) == ("labels", 2, ("p", "q"))
    assert labels.y_train.dtype == np.int64
    assert set(labels.y_train.ravel()) == {0, 1}
    values = load_table(path, ["r", "s"])
    assert (values.task, values.outputs, values.classes) == ("values", 2, ())
    assert values.y_train.shape == (24, 2)
    assert load_table(path, "r").y_train.shape == (24,)


def test_classes_are_in_the_order_of_their_numbers(table):
    path = table("a,t\n" + "".join(f"{i},{[9, 10, -1][i % 3]}\n" for i in range(30)))
    assert load_table(path).classes == ("-1", "9", "10")
    path = table("a,t\n" + "".join(f"{i},{[0.0, 1.0][i % 2]}\n" for i in range(30)))
    assert load_table(path).classes == ("0", "1")


def test_rows_without_a_target_are_left_out_and_told(table):
    data = load_table(table("a,t\n1,x\n2,y\n3,\n4,x\n5,y\n"), test=0)
    assert len(data.x_train) == 4
    assert data.notes[1] == "4 rows × 2 columns read, 1 left out: 1 without a target"


def test_pixels_come_as_images_in_their_range(table):
    names = ",".join(f"pixel{n}" for n in range(16))
    body = "".join(
        f"{n % 2}," + ",".join(str((n + k) % 17) for k in range(16)) + "\n" for n in range(20)
    )
    data = load_table(table(f"label,{names}\n{body}"))
    assert (data.x_train.shape, data.x_train.dtype) == ((16, 4, 4), np.uint8)
    assert data.is_image
    assert data.scale == 1 / 16


def test_the_same_table_from_every_kind_of_file(table, tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "number": rng.normal(size=60).round(4),
            "word": rng.choice(["u", "v", None], 60),
            "flag": rng.choice([True, False], 60),
            "day": pd.date_range("2020-01-01", periods=60).astype(str),
            "t": rng.choice(["yes", "no"], 60),
        }
    )
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_csv(tmp_path / "t.tsv", sep="\t", index=False)
    frame.to_csv(tmp_path / "t.csv.gz", index=False)
    frame.to_parquet(tmp_path / "t.parquet")
    frame.assign(
        day=pd.to_datetime(frame["day"]), word=frame["word"].astype("category")
    ).to_parquet(tmp_path / "typed.parquet")
    first, *others = (
        load_table(tmp_path / name)
        for name in ("t.csv", "t.tsv", "t.csv.gz", "t.parquet", "typed.parquet")
    )
    for other in others:
        assert other.x_train.tobytes() == first.x_train.tobytes()
        assert other.y_test.tolist() == first.y_test.tolist()
        assert other.classes == first.classes


def test_a_column_that_is_text_further_down_is_text_from_the_start(table, monkeypatch):
    monkeypatch.setattr(delimited, "PIECE", 3)
    path = table("c,t\n" + "007,1\n" * 4 + "x,2\n" * 4)
    assert read(delimited.Delimited(path))["c"].tolist() == ["007"] * 4 + ["x"] * 4
    assert load_table(path).feature_names == ("c=007", "c=x")


def test_whole_numbers_are_kept_in_few_bytes(table):
    path = table("a,b,c,d\n255,256,-1,0.5\n0,1,2,3\n")
    kinds = read(delimited.Delimited(path)).dtypes.astype(str).tolist()
    assert kinds == ["uint8", "uint16", "int8", "float64"]


def test_kinds_can_be_told(table):
    path = table("zip,t\n" + "007,1\n10,2\n" * 5)
    assert load_table(path, kinds={"zip": "category"}).feature_names == ("zip=007", "zip=10")
    assert load_table(path).feature_names == ("zip",)
    assert load_table(path, kinds={"z*": "category"}).feature_names == ("zip=007", "zip=10")
    raw = load_table(path, kinds={"*": "raw"})
    assert set(raw.x_train.ravel()) == {7, 10}


def test_every_column_is_summarised(table):
    data = load_table(table(rows()))
    assert [column.name for column in data.columns] == ["id", "a", "kind"]
    assert [column.kind for column in data.columns] == ["left out", "number", "target"]
    assert data.columns[1].holds == "0 to 9.5, mean 4.75"
    assert data.columns[2].holds == "2 values: q (10), p (10)"
    assert [column.features for column in data.columns] == [0, 1, 0]


@pytest.mark.parametrize(
    ("content", "options", "expected"),
    [
        ("a,t\n1,x\n2,x\n", {}, "column 't', the target, is always 'x': there is nothing to learn"),
        ("a,t\n1,0.5\n2,0.5\n", {}, "column 't', the target, is always '0.5'"),
        ("a,t\n1,\n2,\n", {}, "column 't', the target, has no values at all"),
        (
            "a,t\n1,x\n2,x\n3,y\n",
            {},
            "column 't', data row 3: class 'y' has only this row: expected two or more",
        ),
        ("a,t\n1,3\n2,4\n3,5\n", {}, "'3' has only this row (and 2 more classes)"),
        ("a,t\n,0.5\n,1.5\n", {}, "no usable feature columns are left"),
        ("a,t\n1,x\ninf,y\n2,x\n3,y\n", {}, "column 'a', data row 2: expected a number, got 'inf'"),
        ("a,t\n1,0.5\n2,-inf\n", {}, "column 't', data row 2: expected a number, got '-inf'"),
        (
            "a,t\n1e308,0.5\n-1e308,2\n",
            {},
            "column 'a', data row 1: 1e+308 is too large: expected numbers up to",
        ),
        ("a,t\n7,1\n7,2\n7,1\n7,2\n", {}, "no usable feature columns are left"),
        ("a,t\n1,x\n2,y\n", {"test": 1}, "test fraction: expected a number from 0"),
        ("a,t\n1,x\n2,y\n1,x\n2,y\n", {"seed": -1}, "seed: expected a whole number"),
        ("a,t\n1,x\n2,y\n", {"separator": "ab"}, "separator is 'ab'"),
    ],
)
def test_a_table_that_teaches_nothing_is_refused(table, content, options, expected):
    path = table(content)
    with pytest.raises(DataError) as error:
        load_table(path, **options)
    assert str(error.value).startswith(f"{path}: ")
    assert expected in str(error.value)


def test_an_option_that_is_none_is_named(table):
    with pytest.raises(DataError, match=r"has no option 'samples'; its options are: target, drop,"):
        load(table(rows()), samples=3)


# ---- Parquet


def parquet(tmp_path, **columns):
    path = tmp_path / "t.parquet"
    pd.DataFrame(columns).to_parquet(path)
    return path


def test_what_is_no_parquet_file_is_named(table, tmp_path):
    for content in (b"", b"PAR1", b"a,b\n1,2\n" * 9, b"PAR1" + bytes(99) + b"PAR1"):
        path = table(content, "t.parquet")
        with pytest.raises(DataError) as error:
            load_table(path)
        assert str(error.value).startswith(f"{path}: is not a Parquet file, or a damaged one")
        assert "\n" not in str(error.value)
    with pytest.raises(DataError, match="there is no file"):
        Parquet(tmp_path / "none.parquet")


def test_nested_and_empty_parquet_is_refused(tmp_path):
    path = parquet(tmp_path, a=[[1, 2], [3]], b=[1, 2])
    with pytest.raises(DataError, match="column 'a' holds lists or records"):
        load_table(path)
    with pytest.raises(DataError, match="has no rows; add rows"):
        load_table(parquet(tmp_path, a=pd.Series([], dtype=float)))


def test_damaged_parquet_never_raises_anything_else(tmp_path):
    path = parquet(tmp_path, a=[1, None, 3.0], b=["x", None, "z"], c=[True, False, True])
    good, rng = path.read_bytes(), np.random.default_rng(0)
    refused = 0
    for _ in range(300):
        data = bytearray(good)
        for place in rng.integers(0, len(data), 3):
            data[place] = rng.integers(256)
        path.write_bytes(data[: rng.integers(len(data))] if rng.random() < 0.3 else data)
        try:
            read(Parquet(path))
        except DataError as error:
            assert "\n" not in str(error)
            refused += 1
    assert refused > 100


# ---- whatever comes


CELLS = st.sampled_from(
    ["", "1", "2", "-3.5", "x", "y", "True", "false", "2020-01-02", "inf", "1e400", "nan", '"q,z"',
     "0x1F", "1_000", "é", " ", "1e308", "-", "31.12.1999", "NA", "?", "9" * 20]
)  # fmt: skip


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200
)
@example(  # the third column's only value stands in the row without a target
    [("", "", "", "1"), ("", "", "", "1"), ("", "", "", "2"), ("", "", "1", ""), ("", "1", "", ""),
     ("1", "", "", "2")]
)  # fmt: skip
@example([("2020-01-02", ""), ("", "1"), ("", "2"), ("", "1"), ("", "2"), ("", "1")])
@given(
    st.integers(1, 4).flatmap(lambda n: st.lists(st.tuples(*[CELLS] * n), min_size=1, max_size=12))
)
def test_any_table_is_learned_or_refused_in_one_line(table, cells):
    header = ",".join("abcd"[: len(cells[0])])
    path = table("\n".join([header, *(",".join(row) for row in cells)]))
    try:
        data = load_table(path)
    except GlassnetError as error:
        assert str(error).startswith(str(path))
        assert "\n" not in str(error)
    else:
        assert np.isfinite(data.x_train).all()
        assert np.isfinite(data.x_test).all()
        assert len(data.x_train) + len(data.x_test) <= len(cells)
