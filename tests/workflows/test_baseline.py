"""What stands beside the metrics: what always predicting the same would reach, and R²."""

from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics
from sklearn.dummy import DummyClassifier, DummyRegressor

import glassnet as gn
from glassnet.data import load
from glassnet.nn.task import CLASSES, LABELS, VALUES
from glassnet.workflows.baseline import baseline, beside
from glassnet.workflows.run import Run

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 3)).astype(np.float32)


def test_the_base_rate_is_that_of_scikit_learns_dummy() -> None:
    y = RNG.integers(0, 4, 50)
    dummy = DummyClassifier().fit(X, y)
    assert baseline(CLASSES, y) == {"base_rate": pytest.approx(dummy.score(X, y))}


def test_labels_are_each_judged_by_their_own_commoner_value() -> None:
    y = np.array([[1, 0], [1, 0], [1, 1], [0, 0]])
    assert baseline(LABELS, y) == {"label_base_rate": 0.75}


@pytest.mark.parametrize("shape", [(50,), (50, 1), (50, 2)])
def test_the_mean_predictor_is_that_of_scikit_learns_dummy(shape: tuple[int, ...]) -> None:
    y = RNG.normal(100, 5, size=shape)
    predictions = DummyRegressor().fit(X, y).predict(X)
    error = metrics.mean_absolute_error(y.reshape(50, -1), predictions.reshape(50, -1))
    assert baseline(VALUES, y) == {"mean_predictor": pytest.approx(error)}


def test_a_single_value_has_no_baseline_and_no_r_squared() -> None:
    net = gn.Sequential([gn.Dense(1)], input_shape=3, seed=0)
    assert baseline(VALUES, np.array([5.0])) == {}
    assert beside(net, VALUES, X[:1], np.array([5.0])) == {}


@pytest.mark.parametrize("outputs", [1, 2])
def test_r_squared_is_that_of_scikit_learn(outputs: int) -> None:
    net = gn.Sequential([gn.Dense(outputs)], input_shape=3, seed=0)
    y = (X[:, :outputs] * 3 + 1).astype(np.float32)
    net.fit(X, y, epochs=3)
    found = beside(net, VALUES, X, y)
    predictions = net.predict(X).reshape(y.shape)
    assert found["r2"] == pytest.approx(metrics.r2_score(y, predictions))


@pytest.mark.parametrize(
    ("name", "given", "wanted"),
    [
        ("iris", {"loss": 1.0, "accuracy": 0.5, "f1": 0.25}, ["accuracy", "base_rate", "f1"]),
        ("values.csv", {"loss": 1.0, "mean_absolute": 2.0}, ["mean_absolute", "mean_predictor"]),
    ],
)
def test_it_stands_after_the_metric_that_it_is_compared_with(
    name: str, given: dict[str, float], wanted: list[str], tmp_path: Path
) -> None:
    rows = [f"{k},{k * 1.5}" for k in range(60)]
    (tmp_path / "values.csv").write_text("\n".join(["x,y", *rows]), encoding="utf-8")
    data = load(tmp_path / name if name.endswith(".csv") else name)
    more = {"base_rate": 0.3} if name == "iris" else {"mean_predictor": 3.0, "r2": 0.9}
    run = Run(gn.Sequential([gn.Dense(1)], seed=0), gn.History(), data, given, more)
    assert [*run.all_figures] == ["loss", *wanted, *(["r2"] if "r2" in more else [])]
    assert run.metric in given
