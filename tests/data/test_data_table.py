import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glassnet.data import load
from glassnet.data.table import read_csv
from glassnet.errors import DataError, MissingPackageError


@pytest.fixture
def csv(tmp_path):
    def write(text, encoding="utf-8"):
        path = tmp_path / "table.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


def test_iris_with_an_index_and_text_labels(csv):
    table = read_csv(csv(",sepal,petal,kind\n0,5.1,1.4,setosa\n1,7,4.7,virginica\n2,5,1,setosa\n"))
    assert table.x.tolist() == [[5.1, 1.4], [7.0, 4.7], [5.0, 1.0]]
    assert table.x.dtype == np.float64
    assert (table.y.tolist(), table.y.dtype) == ([0, 1, 0], np.int64)
    assert table.feature_names == ("sepal", "petal")
    assert table.classes == ("setosa", "virginica")
    assert table.target == "kind"


def test_digits_with_the_label_first(csv):
    x, y, feature_names, classes, target = read_csv(csv("label,pixel0,pixel1\n7,0,255\n3,1,2\n"))
    assert x.tolist() == [[0, 255], [1, 2]]
    assert (y.tolist(), classes, target) == ([1, 0], ("3", "7"), "label")
    assert feature_names == ("pixel0", "pixel1")


@pytest.mark.parametrize("name", ["label", "Target", "CLASS", "species", "y"])
def test_the_target_is_known_by_its_name(csv, name):
    assert read_csv(csv(f"{name},a\n1,2\n")).target == name


def test_the_target_is_the_column_asked_for_even_an_index(csv):
    path = csv("id,a,label\n1,2,3\n2,4,5\n")
    assert read_csv(path, "a").feature_names == ("label",)
    assert read_csv(path, "id").feature_names == ("a", "label")


@pytest.mark.parametrize("head", ["", "id", "Index", "ID"])
def test_an_index_is_left_out(csv, head):
    assert read_csv(csv(f"{head},a,b\n5,1,2\n6,3,4\n7,0,0\n")).feature_names == ("a",)


def test_an_index_in_the_last_place_is_not_the_target(csv):
    table = read_csv(csv("a,b,id\n5,1,1\n6,3,2\n"))
    assert (table.feature_names, table.target) == (("a",), "b")


@pytest.mark.parametrize("values", [(1, 3), (2, 1), (0.5, 1.5)])
def test_an_id_that_does_not_count_is_a_feature(csv, values):
    path = csv(f"id,a,b\n{values[0]},1,2\n{values[1]},3,4\n")
    assert read_csv(path).feature_names == ("id", "a")


def test_the_kind_of_target_decides_classes_or_regression(csv):
    def target(values):
        table = read_csv(csv("a,b\n" + "".join(f"1,{value}\n" for value in values)))
        return table.y.tolist(), table.classes

    assert target(["b", "a", "b"]) == ([1, 0, 1], ("a", "b"))
    assert target([True, False]) == ([1, 0], ("False", "True"))
    assert target([10, 9, 10]) == ([1, 0, 1], ("9", "10"))
    assert target([1.5, 2.0]) == ([1.5, 2.0], ())
    assert target(range(20)) == (list(range(20)), tuple(map(str, range(20))))
    many, none = target(range(21))
    assert (many, none) == ([float(value) for value in range(21)], ())
    assert all(isinstance(value, float) for value in many)


def test_spaces_quotes_and_a_byte_order_mark_do_no_harm(csv):
    table = read_csv(csv('\ufeff"a" , b\r\n 1, "x"\r\n2, y\r\n'))
    assert (table.feature_names, table.target, table.classes) == (("a",), "b", ("x", "y"))


def test_numbers_are_read_exactly(csv):
    value = 5.1e-3
    assert read_csv(csv(f"a,b\n{value!r},x\n")).x[0, 0] == value


@pytest.mark.parametrize(
    ("text", "target", "message"),
    [
        ("", None, "is empty; expected a header and rows"),
        ("a,b\n", None, "has a header but no rows; add rows"),
        ("a\n1.5\n", None, "has no columns beside the target 'a'; add features"),
        ("id\n1\n", None, "has no columns beside its index; add features and a target"),
        ("a,b\n1,2,3\n", None, "rows have more values than the header has names; name each column"),
        ("a,a ,b\n1,2,3\n", None, "has two columns 'a'; rename one"),
        (
            "a,b\n1,2\n1,2,3\n",
            None,
            "cannot be read: Error tokenizing data. C error: Expected 2 fields in line 3, saw 3",
        ),
        ("size,kind\n1,2\n", "knd", "has no column 'knd': did you mean 'kind'?"),
        ("a,b\n1,2\n", "colour", "has no column 'colour': choose one of a, b"),
        (
            ",".join(f"f{i}" for i in range(99)) + "\n" + "1," * 98 + "1\n",
            "colour",
            "has no column 'colour': choose one of f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, …",
        ),
        (
            "a,b\n1,x\ntall,y\n",
            None,
            "column 'a', data row 2: expected a number, got 'tall'; "
            "replace it or remove the column",
        ),
        (
            "a,b\ninf,x\n",
            None,
            "column 'a', data row 1: expected a number, got 'inf'; replace it or remove the column",
        ),
        (
            "a,b\n1,-inf\n",
            None,
            "column 'b', data row 1: expected a number, got '-inf'; "
            "replace it or remove the column",
        ),
        (
            "a,b\n1,x\n,y\n",
            None,
            "column 'a', data row 2: the value is missing; fill it in or remove the row",
        ),
        (
            "a,b\n1,x\n2,\n",
            None,
            "column 'b', data row 2: the value is missing; fill it in or remove the row",
        ),
    ],
)
def test_what_is_wrong_with_a_table_is_said_in_one_line(csv, text, target, message):
    path = csv(text)
    with pytest.raises(DataError) as error:
        read_csv(path, target)
    assert str(error.value) == f"{path}: {message}"


def test_files_that_are_no_text_or_not_there_are_named(csv, tmp_path):
    path = csv("a,b\n1,é\n", encoding="latin-1")
    with pytest.raises(DataError, match=r"table\.csv: is not UTF-8 text; save it as UTF-8 CSV"):
        read_csv(path)
    with pytest.raises(DataError, match=r"there is no file .*none\.csv; check the path"):
        read_csv(tmp_path / "none.csv")
    with pytest.raises(DataError, match="cannot be read: "):
        read_csv(tmp_path)


def test_reading_without_pandas_names_the_install_line(csv, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingPackageError, match=r'pip install "glassnet\[standard\]"'):
        read_csv(csv("a,b\n1,2\n"))


def test_a_csv_file_loads_as_a_dataset(csv):
    path = csv("id,a,kind\n" + "".join(f"{i},{i / 2},{'pq'[i % 2]}\n" for i in range(20)))
    table = load(path, test=0.3, seed=1)
    assert table.name == "table"
    assert (table.x_train.shape, table.x_test.shape) == ((14, 1), (6, 1))
    assert np.bincount(table.y_test).tolist() == [3, 3]
    assert (table.classes, table.feature_names, table.target) == (("p", "q"), ("a",), "kind")
    assert table.scale == 1
    assert len(load(str(path), target="kind", test=0).x_test) == 0
    path.write_text("size,price\n1,1.5\n2,2.5\n3,4.5\n")
    prices = load(path, test=0.34)
    assert (prices.classes, prices.y_train.dtype, len(prices.y_test)) == ((), np.float64, 1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(alphabet='ab1.5,\n"\r -\té\0', max_size=40))
def test_any_text_is_read_or_refused_in_one_line(csv, text):
    path = csv(text)
    try:
        table = read_csv(path)
    except DataError as error:
        assert str(path) in str(error)
        assert len(str(error).splitlines()) == 1
    else:
        assert table.x.shape == (len(table.y), len(table.feature_names))
        assert np.isfinite(table.x).all()
