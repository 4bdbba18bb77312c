"""Tables with text, categories, dates and gaps, given to an estimator as they are."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

import glassnet as gn
from glassnet.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)
N = 400


def table() -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "age": RNG.integers(18, 80, N).astype(float),
            "town": RNG.choice(["Bonn", "Ulm", "Trier"], N),
            "when": pd.date_range("2020-01-01", periods=N),
            "size": pd.Categorical(RNG.choice(["small", "large"], N)),
            "member": RNG.random(N) > 0.5,
            "same": 7,
            "zip": RNG.choice([53111, 89073], N),
        }
    )
    frame.loc[::7, "age"] = np.nan
    frame.loc[::11, "town"] = None
    return frame


FRAME = table()
OLD = np.where((FRAME["town"] == "Ulm") | (FRAME["age"] > 60), "yes", "no")
PRICE = 3.0 * (FRAME["town"] == "Ulm") + FRAME["age"].fillna(49) / 20


def model(**how: Any) -> MLPClassifier:
    settings = {"hidden_layer_sizes": (16,), "max_iter": 40, "learning_rate_init": 0.02}
    return MLPClassifier(**{"preprocess": "auto", "random_state": 0, **settings, **how})


def test_a_table_is_taken_as_it_is(tmp_path: Path) -> None:
    fitted = model().fit(FRAME, OLD)
    assert fitted.score(FRAME, OLD) > 0.97
    assert fitted.feature_names_in_.tolist() == FRAME.columns.tolist()
    assert fitted.n_features_in_ == 7
    network = fitted.to_network()
    assert network.schema is not None and network.schema.left_out == ("same",)
    network.save(tmp_path / "net.safetensors")
    again = gn.load(tmp_path / "net.safetensors")
    answers = np.array(again.classes)[again.predict(FRAME)]
    np.testing.assert_array_equal(answers, fitted.predict(FRAME))
    kept = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(kept.predict_proba(FRAME), fitted.predict_proba(FRAME))


def test_new_values_gaps_orders_and_indices() -> None:
    fitted = model().fit(FRAME, OLD)
    new = FRAME.iloc[[5, 1]].copy()
    new["town"] = ["Rome", None]
    new["age"] = [np.nan, 30.0]
    assert fitted.predict(new).shape == (2,)
    turned = FRAME[FRAME.columns[::-1]].assign(more=1).set_index(np.arange(N) * 3)
    np.testing.assert_array_equal(fitted.predict_proba(turned), fitted.predict_proba(FRAME))


def test_kinds_may_be_said() -> None:
    by_number = model().fit(FRAME, OLD).to_network().schema
    by_name = model(preprocess={"zip": "category"}).fit(FRAME, OLD).to_network().schema
    assert by_number is not None and by_name is not None
    assert "zip" in by_number.features and "zip" not in by_name.features


def test_regression_shares_and_early_stopping() -> None:
    regressor = MLPRegressor(
        (16,), preprocess="auto", random_state=0, max_iter=300, learning_rate_init=0.02,
        early_stopping=True, scoring="neg_mean_absolute_error",
    )  # fmt: skip
    regressor.set_params(loss="squared_error", hidden_layer_sizes=(16,)).fit(FRAME, PRICE)
    assert regressor.score(FRAME, PRICE) > 0.9
    held = FRAME.iloc[:100], OLD[:100]
    judged = model(scoring="f1_macro").fit(FRAME, OLD, validation_data=held)
    assert judged.validation_scores_[-1] > 0.9
    assert model().fit(FRAME, OLD, validation_data=0.3).validation_scores_[-1] > 0.8


def test_in_searches_pipelines_and_ensembles() -> None:
    assert cross_val_score(model(), FRAME, OLD, cv=3, error_score="raise").mean() > 0.9
    search = GridSearchCV(make_pipeline(model()), {"mlpclassifier__alpha": [1e-4, 1]}, cv=2)
    assert search.fit(FRAME, OLD).best_score_ > 0.8
    many = model(n_ensemble=3).fit(FRAME, OLD)
    assert many.score(FRAME, OLD) > 0.95
    assert many.predict_std(FRAME).shape == (N, 2)
    assert many.to_stack()[0].schema is not None


def test_parts_go_by_the_first() -> None:
    parts = model()
    for _ in range(30):
        for rows in (slice(0, 200), slice(200, 400)):
            parts.partial_fit(FRAME.iloc[rows], OLD[rows], classes=["no", "yes"])
    assert parts.score(FRAME, OLD) > 0.95


def test_arrays_with_gaps_and_words() -> None:
    x = np.array([[1.0, "a"], [np.nan, "b"], [3.0, "a"], [4.0, "b"]] * 20, dtype=object)
    y = np.array([0, 1, 0, 1] * 20)
    fitted = model().fit(x, y)
    assert fitted.score(x, y) == 1 and fitted.feature_names_in_.tolist() == ["x0", "x1"]
    assert fitted.set_params(preprocess=None).fit(np.eye(4), [0, 1, 0, 1]).n_features_in_ == 4


@pytest.mark.filterwarnings("ignore")
def test_scikit_learns_own_checks_but_for_weights_that_scaling_does_not_know() -> None:
    for kind in (MLPClassifier, MLPRegressor):
        found = check_estimator(
            kind(preprocess="auto"),
            expected_failed_checks={
                "check_sample_weight_equivalence_on_dense_data": "columns are scaled by the rows "
                "that are given, however much each weighs"
            },
            on_skip=None,
        )
        assert len(found) > 50


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.drop(columns="town"), "no column 'town'"),
        (lambda f: f.rename(columns={"town": "twon"}), "there is 'twon': rename it"),
        (lambda f: f.assign(age="old"), "age"),
        (lambda f: f.iloc[:0], "minimum of 1"),
        (lambda f: f.to_numpy()[:, :4], "expecting 7 features"),
        (lambda f: f.iloc[0].to_numpy(), "Reshape your data"),
        (lambda f: pd.concat([f, f], axis=1), "'age' twice"),
    ],
)
def test_another_table_is_refused(change: Any, message: str) -> None:
    fitted = model(max_iter=2).fit(FRAME, OLD)
    with pytest.raises(ValueError, match=message):
        fitted.predict(change(FRAME))


@pytest.mark.parametrize(
    ("frame", "preprocess", "message"),
    [
        (FRAME[["same"]], "auto", "no usable feature columns: 'same' is left out: always 7"),
        (FRAME[["same"]] * np.nan, "auto", "no usable feature columns: 'same' is left out: no val"),
        (FRAME, {"twon": "category"}, "did you mean 'town'"),
        (FRAME, {"town": "words"}, "kind of column 'town'"),
        (FRAME.assign(age=np.inf), "auto", "age"),
    ],
)
def test_a_table_that_teaches_nothing_is_refused(frame: Any, preprocess: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        model(preprocess=preprocess).fit(frame, OLD)
