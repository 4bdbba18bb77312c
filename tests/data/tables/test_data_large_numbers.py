"""Large, close numbers keep their differences: compared with exact arithmetic of fractions."""

import statistics
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import ConvergenceWarning

import glassnet as gn
from glassnet.base.errors import DataError, InputError
from glassnet.data import load
from glassnet.data.sources.table_dataset import from_frame
from glassnet.data.tables.columns import Number
from glassnet.data.tables.fitting import learn
from glassnet.data.tables.kinds import kind_of
from glassnet.data.tables.schema import Schema

ROWS = 200
ORDERS = [10**18 + 37 * i for i in range(ROWS)]


def standardised(values):
    """(x − mean) / standard deviation, gaps as the median, in exact arithmetic but for the root."""
    there = [Fraction(value) for value in values if value is not None]
    middle = statistics.median(there)
    x = [middle if value is None else Fraction(value) for value in values]
    mean = sum(x) / len(x)
    apart = [each - mean for each in x]
    scale = Fraction(sum(each * each for each in apart) / len(x)) ** Fraction(1, 2)
    return [float(each / Fraction(scale)) for each in apart]


def encoded(values):
    frame = pd.DataFrame({"n": values})
    columns, left_out = learn(frame, {"n": kind_of(frame["n"])})
    assert not left_out
    kept = Schema.from_config(Schema(columns, ["t"]).config())  # as a model file brings it back
    return kept.encode(frame)[:, 0], kept


@pytest.mark.parametrize(
    "values",
    [
        ORDERS,
        [-each for each in ORDERS],
        [2**63 + each for each in range(ROWS)],  # beyond int64
        [10**18 + i % 2 for i in range(ROWS)],  # all alike as float64
        [10**30 + 37 * i for i in range(ROWS)],  # Python's integers
        [1.7e18 + 1024 * i for i in range(ROWS)],
        [1e9 + 2.0**-20 * i for i in range(ROWS)],
        [1e-5 + 2.0**-64 * i for i in range(ROWS)],
        [2**53 + i for i in range(ROWS)],
        [10**18, 0, *ORDERS],
        [None, *ORDERS],
    ],
    ids=list("abcdefghijk"),
)
def test_deviations_are_exact(values):
    series = pd.array(values, dtype="Int64") if None in values else values
    found, _ = encoded(series)
    assert np.allclose(found, standardised(values), rtol=1e-6, atol=1e-6)


def test_text_that_says_numbers_is_as_exact():
    found, schema = encoded([str(each) for each in ORDERS])
    assert np.allclose(found, standardised(ORDERS), atol=1e-6)
    as_numbers = schema.encode(pd.DataFrame({"n": ORDERS}))[:, 0]
    assert as_numbers.tobytes() == found.tobytes()
    later = pd.DataFrame({"n": pd.array([ORDERS[3], None], dtype="Int64")})
    assert schema.encode(later)[0, 0] == found[3]


@pytest.mark.parametrize("same", [10**18 + 1, 0.1, 1e-300, 7, "3.30", True])
def test_one_value_is_a_constant_however_large(same):
    columns, left_out = learn(pd.DataFrame({"n": [same] * 50}), {"n": "number"})
    assert not columns
    assert left_out["n"].startswith(f"always {str(same).lower()}"[:10]) or left_out == {
        "n": f"always {same}"
    }


def test_ordinary_columns_need_no_origin():
    frame = pd.DataFrame({"a": np.random.default_rng(0).normal(1e6, 3, 99), "b": range(99)})
    columns, _ = learn(frame, {"a": "number", "b": "number"})
    assert [column.origin for column in columns] == [0, 0]


@pytest.mark.parametrize("origin", [10**101, True, "1", float("nan")])
def test_an_origin_is_a_number(origin):
    with pytest.raises(InputError, match="origin"):
        Number("n", 0, 1, 0, origin=origin)


def test_moments_of_one_second_differ():
    times = pd.Timestamp("2024-05-01 12:00:00") + pd.to_timedelta(np.arange(ROWS), unit="us")
    found, _ = encoded(times)
    assert np.allclose(found, standardised(list(range(ROWS))), atol=1e-6)


# ---- through files


def orders(gap=False):
    rng = np.random.default_rng(0)
    a = rng.normal(size=ROWS)
    frame = pd.DataFrame({"order_no": pd.array(ORDERS, "Int64"), "a": a, "label": a > 0})
    if gap:
        frame.loc[5, "order_no"] = pd.NA
    return frame


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("gap", [False, True])
def test_files_keep_every_digit_in_training_and_prediction(tmp_path, ending, gap):
    path = tmp_path / f"orders.{ending}"
    frame = orders(gap)
    getattr(frame, f"to_{ending}")(path, index=False)
    data = load(path, kinds={"order_no": "number"}, test=0)
    values = [None if value is pd.NA else int(value) for value in frame["order_no"]]
    order = data.schema.names.index("order_no")
    assert np.allclose(np.sort(data.x_train[:, order]), np.sort(standardised(values)), atol=1e-6)
    net = gn.Sequential([gn.Dense(1)], input_shape=data.input_shape, seed=0)
    net.loss, net.task, net.schema = gn.MeanSquared(), "values", data.schema
    from glassnet.workflows import predict as answers

    answers.predict(net, str(path), tmp_path / "out.csv")
    said = pd.read_csv(tmp_path / "out.csv").iloc[:, 0].to_numpy()
    assert np.allclose(said, net.predict(frame), atol=1e-6)
    assert len(np.unique(said)) == ROWS


def test_a_network_learns_beside_such_a_column():
    for column in (ORDERS, [1_700_000_000_000_000_000 + 1_000 * i for i in range(ROWS)]):
        frame = orders().assign(order_no=column)
        data = from_frame("orders", frame, ["label"], kinds={"order_no": "number"})
        net = gn.Sequential([gn.Dense(16, "relu"), gn.Dense(2)], seed=0)
        net.fit(data.x_train, data.y_train, epochs=40)
        assert net.evaluate(data.x_test, data.y_test)["accuracy"] >= 0.975


def test_the_estimators_prepare_it_alike():
    from glassnet.sklearn import MLPClassifier

    frame = orders()
    model = MLPClassifier(
        (16,), preprocess="auto", learning_rate_init=0.05, max_iter=80, random_state=0
    )
    with pytest.warns(ConvergenceWarning):
        model.fit(frame[["order_no", "a"]], frame["label"])
    assert model.score(frame[["order_no", "a"]], frame["label"]) >= 0.975


# ---- arrays, and what is to be predicted: float32 is all that a network has there


def test_arrays_whose_differences_float32_loses_are_refused(tmp_path):
    rng = np.random.default_rng(0)
    table = np.column_stack([1.7e9 + np.arange(200.0), rng.normal(size=200), np.arange(200) % 2])
    np.save(tmp_path / "t.npy", table)
    with pytest.raises(
        DataError, match=r"column 0 .* lie too close together for float32: subtract"
    ):
        load(tmp_path / "t.npy")
    assert load(tmp_path / "t.npy", drop="0").input_shape == (1,)
    np.savez(tmp_path / "t.npz", x=table[:, :2], y=table[:, 2])
    with pytest.raises(DataError, match="column 0 of x"):
        load(tmp_path / "t.npz")


@pytest.mark.parametrize("base", [0.1, 1e-20, 5e8, -3.0])
def test_a_constant_column_of_an_array_is_not_scaled(tmp_path, base):
    rng = np.random.default_rng(0)
    table = np.column_stack([np.full(999, base), rng.normal(3, 2, 999), np.arange(999) % 2])
    np.save(tmp_path / "t.npy", table)
    data = load(tmp_path / "t.npy")
    assert data.scale[0] == 1
    assert data.shift[0] == pytest.approx(-base)


def test_close_values_in_an_array_are_standardised(tmp_path):
    table = np.column_stack([1000 + 2.0**-9 * np.arange(200), np.arange(200) % 2])
    np.save(tmp_path / "t.npy", table)
    data = load(tmp_path / "t.npy", test=0)
    wanted = standardised(table[:, 0].tolist())
    assert np.allclose(data.x_train[:][:, 0] * data.scale + data.shift, wanted, atol=1e-9)


@pytest.mark.parametrize("target", [ORDERS, [1.7e9 + i for i in range(ROWS)]])
def test_a_target_that_float32_cannot_tell_apart_is_refused(target):
    frame = orders().assign(label=target)
    with pytest.raises(DataError, match=r"'label'.* too close together for float32: subtract"):
        from_frame("orders", frame, ["label"])


def test_a_target_that_is_constant_in_training_has_unit_one(tmp_path):
    from glassnet.workflows.networks import network_of
    from glassnet.workflows.recipes.loader import check_part
    from glassnet.workflows.spec import Net

    x, y = np.arange(8.0)[:, None], np.full(8, 0.1)
    data = gn.data.Dataset("same", x, y, x[:2], np.array([0.1, 0.2]))
    net = network_of(check_part(Net, {"hidden": [2]}), 0, data)
    assert net.layers[-1].factor == 1


def test_onnx_takes_such_numbers_as_they_are(tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    from glassnet.interop import export

    frame = orders().assign(tick=[1e9 + 2.0**-20 * i for i in range(ROWS)])
    kinds = {"order_no": "number"}
    data = from_frame("orders", frame, ["label"], kinds=kinds)
    net = gn.Sequential([gn.Dense(4, "tanh"), gn.Dense(2)], input_shape=(3,), seed=0)
    net.loss, net.task, net.schema = gn.CrossEntropy(), "classes", data.schema
    (path,) = export(net, "onnx", tmp_path / "orders.onnx")
    inputs = {
        name: frame[[name]].to_numpy(np.int64 if name == "order_no" else np.float64)
        for name in ("order_no", "a", "tick")
    }
    p = onnxruntime.InferenceSession(str(path)).run(["probabilities"], inputs)[0]
    assert np.allclose(p, net.predict_proba(frame), atol=1e-6)
    gaps = from_frame("orders", orders(gap=True), ["label"], kinds=kinds, test=0)
    net = gn.Sequential([gn.Dense(2)], input_shape=(3,), seed=0)
    net.loss, net.task, net.schema = gn.CrossEntropy(), "classes", gaps.schema
    with pytest.raises(InputError, match=r"'order_no' has gaps .* subtract 10+[0-9]+ from it"):
        export(net, "onnx", tmp_path / "gaps.onnx")
