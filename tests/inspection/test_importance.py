"""Importance and dependence where the truth is known, and as scikit-learn has them."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import inspection

import glassnet as gn
from glassnet.data import load
from glassnet.inspection.dependence import dependence
from glassnet.inspection.importance import importance
from glassnet.sklearn import MLPClassifier, MLPRegressor

Array = np.ndarray


def linear(weights: list[float]) -> gn.Sequential:
    """y = x w, exactly."""
    net = gn.Sequential([gn.Dense(1)], input_shape=len(weights), seed=0, dtype=np.float64)
    net.parameters["0.W"] = np.array(weights)[:, None]
    net.loss, net.task = gn.MeanSquared(), "values"
    return net


def test_of_a_linear_function_of_independent_columns_it_is_known() -> None:
    """A column of weight w and variance 1, mixed up, adds 2 w² to the squared error."""
    weights = [3.0, 0.0, -1.0, 2.0]
    x = np.random.default_rng(0).normal(size=(10_000, 4))
    net = linear(weights)
    found = importance(net, x, net.predict(x), "root_mean_squared_error", repeats=5)
    assert found.columns == ("feature 0", "feature 3", "feature 2", "feature 1")
    assert found.mean**2 / 2 == pytest.approx([9, 4, 1, 0], rel=0.05)
    assert found.score == 0 and found.rows == 10_000
    of_r2 = importance(net, x, net.predict(x), repeats=5)
    assert of_r2.metric == "r2" and of_r2.mean == pytest.approx(
        2 * np.array([9, 4, 1, 0]) / 14, rel=0.06
    )


@pytest.mark.filterwarnings("ignore:adam did not converge")
@pytest.mark.parametrize("classes", [True, False])
def test_it_is_that_of_scikit_learn(classes: bool) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3))
    values = x @ [2.0, -1.0, 0.0] + 0.5 * rng.normal(size=200)
    kind, y = (MLPClassifier, (values > 0).astype(int)) if classes else (MLPRegressor, values)
    how: Any = {"max_iter": 200, "random_state": 0, "learning_rate_init": 0.01}
    estimator = kind(hidden_layer_sizes=(8,), **how).fit(x, y)
    theirs = inspection.permutation_importance(estimator, x, y, n_repeats=200, random_state=0)
    ours = importance(estimator.to_network(), x, y, repeats=200, seed=1)
    order = [int(name.removeprefix("feature ")) for name in ours.columns]
    error = np.hypot(theirs.importances_std[order], ours.std) / np.sqrt(200)
    assert (np.abs(ours.mean - theirs.importances_mean[order]) < 5 * error + 1e-9).all()
    assert ours.std == pytest.approx(theirs.importances_std[order], rel=0.3, abs=1e-9)
    assert ours.score == pytest.approx(estimator.score(x, y))


def table(rows: int = 400) -> pd.DataFrame:
    """A class that follows from the colour alone, beside numbers, dates and gaps."""
    rng = np.random.default_rng(0)
    colour = rng.choice(["red", "green", "blue"], rows)
    size = np.where(rng.uniform(size=rows) < 0.1, np.nan, rng.normal(50, 10, rows).round(1))
    day = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, rows), unit="D")
    return pd.DataFrame(
        {"size": size, "colour": colour, "day": day.strftime("%Y-%m-%d"),
         "sold": np.where(colour == "red", "yes", "no")}
    )  # fmt: skip


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[gn.Sequential, Array, Array]:
    path = tmp_path_factory.mktemp("shop") / "shop.csv"
    table().to_csv(path, index=False)
    data = load(path)
    net = gn.Sequential([gn.Dense(2)], input_shape=data.input_shape, seed=0)
    net.schema, net.classes, net.target = data.schema, data.classes, data.target
    net.fit(data.x_train, data.y_train, epochs=60, optimizer="adam:learning_rate=0.05")
    return net, data.x_test, data.y_test


def test_a_column_of_a_table_is_moved_as_one(shop: tuple[gn.Sequential, Array, Array]) -> None:
    net, x, y = shop
    found = importance(net, x, y, "accuracy")
    assert set(found.columns) == {"size", "colour", "day"} and found.columns[0] == "colour"
    assert found.score == 1 and found.mean[0] > 0.3 and abs(found.mean[1:]).max() < 0.03
    worse = importance(net, x, y)
    assert worse.metric == "log_loss", "a third is red, so classes are uneven"
    assert worse.columns[0] == "colour" and worse.mean[0] > 0.5
    again = importance(net, x, y, "accuracy")
    assert (found.drops == again.drops).all()
    assert not (found.drops == importance(net, x, y, "accuracy", seed=1).drops).all()


def test_dependence_has_the_values_of_the_table(shop: tuple[gn.Sequential, Array, Array]) -> None:
    net, x, _ = shop
    colours = dependence(net, x, "colour")
    assert sorted(colours.values) == ["blue", "green", "red"] and colours.places is None
    chance = dict(zip(colours.values, colours.mean[:, 0].tolist(), strict=True))
    assert chance["red"] > 0.8 and max(chance["blue"], chance["green"]) < 0.2
    assert colours.outputs == ("yes",)
    sizes = dependence(net, x, "size", points=5)
    assert sizes.places is not None and list(sizes.places) == sorted(sizes.places)
    assert len(sizes.values) == 5 and "missing" not in sizes.values
    days = dependence(net, x, "day", points=4)
    assert days.places is None and [day[:4] for day in days.values] == ["2024"] * 4
    assert list(days.values) == sorted(days.values)


@pytest.mark.filterwarnings("ignore:adam did not converge")
def test_dependence_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 2))
    y = np.sin(2 * x[:, 0]) + x[:, 1]
    how: Any = {"max_iter": 100, "random_state": 0, "learning_rate_init": 0.01}
    estimator = MLPRegressor(hidden_layer_sizes=(16,), **how).fit(x, y)
    ours = dependence(estimator.to_network(), x, "feature 0", points=25)
    assert ours.places is not None
    theirs = inspection.partial_dependence(
        estimator, x, [0], custom_values={0: np.array(ours.places)}, method="brute"
    )
    # places are written with four digits
    assert ours.mean[:, 0] == pytest.approx(theirs["average"][0], abs=2e-3)


def test_what_cannot_be_is_refused() -> None:
    net = linear([1.0, 2.0])
    x = np.zeros((5, 2))
    with pytest.raises(gn.GlassnetError, match="unknown column 'feature 7'"):
        dependence(net, x, "feature 7")
    with pytest.raises(gn.GlassnetError, match="roc_auc is for classes"):
        importance(net, x, np.zeros(5), "roc_auc")
    with pytest.raises(gn.GlassnetError, match="repeats is 0"):
        importance(net, x, np.zeros(5), repeats=0)
    pictures = gn.Sequential([gn.Flatten(), gn.Dense(2)], input_shape=(2, 2), seed=0)
    pictures.fit(np.zeros((4, 2, 2)), [0, 1, 0, 1], epochs=1)
    with pytest.raises(gn.GlassnetError, match="for pictures see occlusion"):
        importance(pictures, np.zeros((4, 2, 2)), [0, 1, 0, 1])
    with pytest.raises(gn.GlassnetError, match="dependence is of columns"):
        dependence(pictures, np.zeros((4, 2, 2)), "feature 0")
