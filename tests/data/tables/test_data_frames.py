"""Tables of pandas with every kind of column: gaps are gaps however they are written."""

import numpy as np
import pandas as pd
import pytest

from glassnet.base.errors import DataError, InputError
from glassnet.data.sources.table_dataset import from_frame

ROWS = 90
GAPS = np.arange(ROWS) % 9 == 0
NUMBERS = (np.arange(ROWS) * 7 % 31).astype(float)
FLAGS = np.arange(ROWS) % 2 == 0
WORDS = np.array(list("uvw"))[np.arange(ROWS) % 3]
DAYS = pd.date_range("2020-01-01", periods=ROWS)


def with_gaps(values, dtype):
    return pd.array([None if gap else v for v, gap in zip(values, GAPS, strict=True)], dtype=dtype)


def frame(column):
    return pd.DataFrame({"v": column, "a": np.cos(np.arange(ROWS)), "y": WORDS[::-1]})


def features(column):
    """The numbers that a column becomes; the first way to write it says what is right."""
    data = from_frame("t", frame(column), ["y"], test=0)
    count = len(data.schema.columns[0].features())
    return data.schema.columns[0], data.x_train[:, :count]


def objects(values, gap=pd.NA):
    """The same as Python's objects."""
    return pd.Series([gap if missing else v for v, missing in zip(values, GAPS, strict=True)],
                     dtype=object)  # fmt: skip


def numpy_gaps(values):
    return np.where(GAPS, np.nan, values)


ALIKE = {
    "numbers": [
        numpy_gaps(NUMBERS),
        with_gaps(NUMBERS, "Float64"),
        with_gaps(NUMBERS.astype(int), "Int64"),
        with_gaps(NUMBERS.astype(int), "UInt8"),
        with_gaps(NUMBERS.astype(int), "int64[pyarrow]"),
        with_gaps(NUMBERS, "double[pyarrow]"),
        objects(NUMBERS.tolist()),
        objects(map(str, NUMBERS), gap=""),
    ],
    "flags": [
        numpy_gaps(FLAGS),
        with_gaps(FLAGS, "boolean"),
        with_gaps(FLAGS, "bool[pyarrow]"),
        objects(FLAGS.tolist()),
    ],
    "words": [
        pd.Series(with_gaps(WORDS, object)),
        with_gaps(WORDS, "string"),
        with_gaps(WORDS, "string[pyarrow]"),
        pd.Categorical(with_gaps(WORDS, object), categories=list("uvwx")),
        pd.Categorical(with_gaps(WORDS, object), categories=list("wvu"), ordered=True),
    ],
    "days": [
        pd.Series(DAYS).where(~GAPS),
        pd.Series(DAYS.tz_localize("UTC")).where(~GAPS),
        pd.Series(DAYS).where(~GAPS).astype("timestamp[ns][pyarrow]"),
        pd.Series(DAYS).where(~GAPS).astype("date32[pyarrow]"),
        pd.Series(DAYS).where(~GAPS).dt.strftime("%Y-%m-%d"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("kind", ALIKE)
def test_gaps_are_gaps_however_a_column_is_typed(kind):
    first, *others = ALIKE[kind]
    column, wanted = features(first)
    assert column.gaps
    assert wanted[:, -1].sum() == GAPS.sum()
    for other in others:
        same, found = features(other)
        assert same.config() == column.config(), other.dtype
        assert found.tobytes() == wanted.tobytes(), other.dtype


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([[n] for n in range(ROWS)], "row 1: expected a number, text or date, got a list"),
        (["x", {"a": 1}] * (ROWS // 2), "row 2: expected a number, text or date, got a dict"),
        (1j * NUMBERS, "Complex data not supported: give its real and imaginary parts"),
        (np.where(GAPS, np.inf, 1), "row 1: expected a number, got 'inf'"),
    ],
    ids=["lists", "dicts", "complex", "infinite"],
)
def test_what_no_column_can_hold_is_refused_by_its_row(values, expected):
    with pytest.raises(DataError, match=expected):
        from_frame("t", frame(pd.Series(values)), ["y"])


def test_estimators_refuse_masked_arrays_and_complex_numbers():
    from glassnet.sklearn import MLPRegressor

    x = np.column_stack([NUMBERS, np.cos(np.arange(ROWS))])
    masked = np.ma.masked_array(x, np.column_stack([GAPS, np.zeros(ROWS, bool)]))
    model = MLPRegressor(hidden_layer_sizes=(4,), preprocess="auto", random_state=0)
    with pytest.raises(InputError, match=r"X has \d+ masked values, the first at index"):
        model.fit(masked, NUMBERS)
    with pytest.raises(InputError, match="Complex data not supported"):
        model.fit(1j * x, NUMBERS)
