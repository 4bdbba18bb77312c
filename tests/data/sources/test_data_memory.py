"""Tables in memory are read as the same tables in files are."""

import numpy as np
import pandas as pd
import pytest

from glassnet.base.errors import DataError
from glassnet.data import load
from glassnet.data.dataset import Dataset

arrow = pytest.importorskip("pyarrow")


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "number": np.where(rng.random(80) < 0.1, np.nan, rng.normal(size=80).round(4)),
            "whole": pd.array(
                np.where(rng.random(80) < 0.1, None, rng.integers(9, 99, 80)), "Int64"
            ),
            "word": rng.choice(["u", "v, w", None], 80),
            "flag": rng.choice([True, False], 80),
            "price": [f"{n % 9},{n % 7}5 €" for n in range(80)],
            "day": pd.date_range("2020-01-01", periods=80),
            "t": rng.choice(["yes", "no", None], 80),
        }
    )


def of_polars(frame):
    return pytest.importorskip("polars").from_pandas(frame)


def of_duckdb(frame):
    return pytest.importorskip("duckdb").from_arrow(arrow.Table.from_pandas(frame))


FORMS = {
    "pandas": lambda frame: frame,
    "another index": lambda frame: frame.set_index(np.arange(80)[::-1] * 7),
    "categories": lambda frame: frame.astype({"word": "category"}),
    "numpy's own strings": lambda frame: frame.astype({"t": object, "word": object}),
    "pyarrow": arrow.Table.from_pandas,
    "a batch": arrow.RecordBatch.from_pandas,
    "a reader": lambda frame: arrow.Table.from_pandas(frame).to_reader(7),
    "polars": of_polars,
    "duckdb": lambda frame: pytest.importorskip("duckdb").from_arrow(
        arrow.Table.from_pandas(frame)
    ),
}


def same(a: Dataset, b: Dataset) -> bool:
    parts = ("x_train", "y_train", "x_test", "y_test")
    return all(getattr(a, part).tobytes() == getattr(b, part).tobytes() for part in parts)


@pytest.mark.parametrize("form", FORMS)
def test_the_same_bits_as_from_a_file(form, frame, tmp_path):
    frame.to_csv(tmp_path / "t.csv", index=False)
    from_file, before = load(tmp_path / "t.csv"), frame.copy(deep=True)
    data = load(FORMS[form](frame))
    assert same(data, from_file)
    assert (data.name, data.classes, data.feature_names) == (
        "table", from_file.classes, from_file.feature_names,
    )  # fmt: skip
    assert data.notes == from_file.notes
    assert data.schema.config() == from_file.schema.config()
    pd.testing.assert_frame_equal(frame, before)


def test_options_and_a_test_table(frame, tmp_path):
    frame, held = frame.dropna(subset="t"), frame.dropna(subset="t")[:20]
    held.to_csv(tmp_path / "held.csv", index=False)
    first, second = (
        load(arrow.Table.from_pandas(frame), test=test, drop="day", kinds={"whole": "category"})
        for test in (tmp_path / "held.csv", of_polars(held))
    )
    assert same(first, second)
    assert any(name.startswith("whole=") for name in first.feature_names)
    assert second.notes[-1] == "the table: 20 rows × 7 columns read, none left out"


@pytest.mark.parametrize(
    "table, options, message",
    [
        (pd.DataFrame({"a": [1]})[:0], {}, "the table: has no rows; add rows"),
        (pd.DataFrame(), {}, "the table: has no rows"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), {}, "the table: has two columns 'a'"),
        (pd.Series([1, 2]), {}, "the table: "),
        (arrow.table({"a": [[1], [2]], "t": ["x", "y"]}), {}, "column 'a' holds lists or records"),
        (pd.DataFrame({"a": [[1], [2]], "t": ["x", "y"]}), {}, "column 'a', data row 1: expected"),
        (pd.DataFrame({"a": [1, 2]}), {"target": "b"}, "the table: has no column 'b'"),
        (pd.DataFrame({"a": [1, 2]}), {"separator": ";"}, "leave separator out"),
        (pd.DataFrame({"a": [1, 2]}), {"query": "select"}, "a query is for a database"),
        (pd.DataFrame({"a": [1, 2]}), {"size": 3}, "the table has no option 'size'"),
        ([[1, 2]], {}, "expected a name, the path of a file or a table, got a list"),
    ],
)
def test_what_cannot_be_read_says_why(table, options, message):
    with pytest.raises(DataError) as caught:
        load(table, **options)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
