"""Tables of polars, pyarrow and DuckDB in memory: the same predictions as those of pandas."""

import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from glassnet.base.errors import InputError
from glassnet.base.frames import as_pandas, is_table
from glassnet.data import load

arrow = pytest.importorskip("pyarrow")


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "number": np.where(rng.random(80) < 0.1, np.nan, rng.normal(size=80).round(4)),
            "whole": pd.array(np.where(rng.random(80) < 0.1, None, 2**53 + 1), "Int64"),
            "word": rng.choice(["u", "v, w", None], 80),
            "flag": rng.choice([True, False], 80),
            "day": pd.date_range("2020-01-01", periods=80),
            "t": rng.choice(["yes", "no"], 80),
        }
    )


@pytest.fixture(scope="module")
def net(frame, tmp_path_factory):
    path = tmp_path_factory.mktemp("trained") / "t.csv"
    frame.assign(whole=range(80)).to_csv(path, index=False)
    data = load(path, drop="whole")
    net = gn.Sequential([gn.Dense(4, "relu"), gn.Dense(2)], seed=0)
    net.classes, net.schema = data.classes, data.schema
    net.fit(data.x_train, data.y_train, epochs=1)
    return net


def of_polars(frame):
    return pytest.importorskip("polars").from_pandas(frame)


def of_polars_with_categories(frame):
    polars = pytest.importorskip("polars")
    day = polars.col("day").cast(polars.Date)
    return of_polars(frame).with_columns(polars.col("word").cast(polars.Categorical), day)


def of_duckdb(frame):
    return pytest.importorskip("duckdb").from_arrow(arrow.Table.from_pandas(frame))


def of_batches(frame):
    return arrow.RecordBatch.from_pandas(frame)


FORMS = [
    arrow.Table.from_pandas, of_batches, of_polars, of_polars_with_categories, of_duckdb
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_predictions_are_those_of_pandas(frame, net, form):
    table = form(frame)
    assert is_table(table)
    assert net.predict_proba(table).tobytes() == net.predict_proba(frame).tobytes()
    assert net.predict(table).tolist() == net.predict(frame).tolist()


@pytest.mark.parametrize("form", FORMS)
def test_whole_numbers_keep_their_digits(frame, form):
    assert as_pandas(form(frame))["whole"].dropna().unique().tolist() == [2**53 + 1]


@pytest.mark.parametrize("form", FORMS)
def test_estimators_learn_the_same(frame, form):
    from glassnet.sklearn import MLPClassifier

    x, y = frame.drop(columns=["t", "whole"]), frame["t"]
    first, other = (
        MLPClassifier([4], preprocess="auto", max_iter=3, early_stopping=True, random_state=0)
        for _ in range(2)
    )
    with pytest.warns(UserWarning, match="did not converge"):
        first.fit(x, y)
    with pytest.warns(UserWarning, match="did not converge"):
        other.fit(form(x), y)
    assert other.feature_names_in_.tolist() == x.columns.tolist()
    assert other.predict_proba(form(x)).tobytes() == first.predict_proba(x).tobytes()
    assert other.predict(x).tolist() == first.predict(form(x)).tolist()
    assert other.score(form(x), y) == first.score(x, y)


def test_targets_of_polars(frame):
    from glassnet.sklearn import MLPRegressor

    table = of_polars(frame.drop(columns="whole"))
    models = [
        MLPRegressor(
            hidden_layer_sizes=[4], preprocess="auto", max_iter=200, tol=1, random_state=0
        ).fit(x, y)
        for x, y in [
            (table.drop("number"), table["number"].fill_nan(0).fill_null(0)),
            (frame.drop(columns=["whole", "number"]), frame["number"].fillna(0)),
        ]
    ]
    a, b = (each.predict(table.drop("number")) for each in models)
    assert a.tobytes() == b.tobytes()


def test_what_is_no_table_is_named(frame, net):
    with pytest.raises(InputError, match="a ChunkedArray is one column: expected a table"):
        net.predict(arrow.chunked_array([[1, 2]]))
    with pytest.raises(InputError, match="column 'a' holds lists or records: leave it out"):
        net.predict(arrow.table({"a": [[1], [2]]}))
    with pytest.raises(gn.GlassnetError, match="has no column 'number'"):
        net.predict(arrow.table({"a": [1, 2]}))
