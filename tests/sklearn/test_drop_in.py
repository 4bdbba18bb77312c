"""scikit-learn's estimators on our engine: the same numbers, the same manners."""

import pickle
import warnings
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from scipy import sparse
from sklearn import neural_network
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import glassnet as gn
import glassnet.sklearn
from glassnet.sklearn import MLPClassifier, MLPRegressor
from tests.sklearn.tasks import HOW, TASKS, W, X, arrays, made, same

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize("weight", [None, W], ids=["", "weighted"])
@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("task", TASKS)
def test_it_learns_what_scikit_learn_learns(task: str, how: str, weight: Any) -> None:
    y = TASKS[task][1]
    ours = made(task, **HOW[how]).fit(X, y, sample_weight=weight)
    theirs = made(task, ours=False, **HOW[how]).fit(X, y, sample_weight=weight)
    assert ours.loss_ == pytest.approx(theirs.loss_, abs=1e-5)
    if "solver" not in HOW[how] or HOW[how]["solver"] == "sgd":
        assert ours.loss_curve_ == pytest.approx(theirs.loss_curve_, abs=1e-5)
    for name in ("n_iter_", "t_", "n_layers_", "n_outputs_", "out_activation_", "n_features_in_"):
        assert getattr(ours, name) == getattr(theirs, name), name
    for name in ("best_loss_", "best_validation_score_", "validation_scores_"):
        expected = getattr(theirs, name, None)
        assert getattr(ours, name, None) == (expected and pytest.approx(expected, abs=1e-5)), name
    for a, b in zip(arrays(ours), arrays(theirs), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)
    assert ours.score(X, y) == pytest.approx(theirs.score(X, y), abs=1e-4)
    if task in ("classes", "two classes", "labels"):
        for method in ("predict_proba", "predict_log_proba"):
            a, b = (getattr(each, method)(X) for each in (ours, theirs))
            np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)
        np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
        np.testing.assert_array_equal(ours.classes_, theirs.classes_)
    assert set(vars(theirs)) - set(vars(ours)) <= {
        "_best_coefs", "_best_intercepts", "_coef_indptr", "_intercept_indptr",
    }  # fmt: skip


@parametrize_with_checks([MLPClassifier(), MLPRegressor()])
@pytest.mark.filterwarnings("ignore")
def test_scikit_learns_own_checks(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.mark.parametrize("how", ["adam", "sgd", "sgd, invscaling", "adam, in order"])
@pytest.mark.parametrize("task", TASKS)
def test_parts_are_as_the_whole(task: str, how: str) -> None:
    y = TASKS[task][1]
    whole = made(task, **HOW[how] | {"max_iter": 12}).fit(X, y)
    parts = made(task, **HOW[how])
    classes = {"classes": [0, 1, 2], "two classes": [False, True], "labels": [0, 1, 2]}
    more = {"classes": classes[task]} if task in classes else {}
    for number in range(12):
        parts = pickle.loads(pickle.dumps(parts)) if number == 5 else parts
        parts.partial_fit(X, y, **more)
    assert same(parts, whole)
    warm = made(task, **HOW[how] | {"max_iter": 7, "warm_start": True}).fit(X, y)
    assert same(warm.set_params(max_iter=5).fit(X, y), whole)


def test_another_rule_begins_anew() -> None:
    y = TASKS["classes"][1]
    warm = made("classes", warm_start=True, max_iter=3).fit(X, y)
    before = [W.copy() for W in warm.coefs_]
    warm.set_params(solver="sgd", learning_rate_init=1e-12).fit(X, y)
    for a, b in zip(before, warm.coefs_, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-8)


@pytest.mark.parametrize("form", [sparse.csr_matrix, sparse.csc_matrix, sparse.csr_array])
@pytest.mark.parametrize("task", TASKS)
def test_sparse_rows_are_rows(task: str, form: Any) -> None:
    thin = np.where(np.abs(X) > 0.7, X, 0)
    y = TASKS[task][1]
    dense = made(task).fit(thin, y)
    found = made(task).fit(form(thin), y)
    assert found.loss_curve_ == pytest.approx(dense.loss_curve_, rel=1e-9)
    np.testing.assert_allclose(found._forward_pass_fast(form(thin)), dense._forward_pass_fast(thin))
    early = made(task, early_stopping=True).fit(form(thin), y)
    scores = made(task, early_stopping=True).fit(thin, y).validation_scores_
    assert early.validation_scores_ == pytest.approx(scores)
    made(task, solver="lbfgs").fit(form(thin), y)


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize("task", TASKS)
def test_float32_stays(task: str, solver: str) -> None:
    y = TASKS[task][1]
    model = made(task, solver=solver).fit(X.astype(np.float32), y)
    assert {each.dtype for each in arrays(model)} == {np.dtype(np.float32)}
    if task == "values":
        assert model.predict(X.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_classes_have_names(solver: str) -> None:
    names = np.array(["red", "green", "blue"])
    y = TASKS["classes"][1]
    model = made("classes", solver=solver, early_stopping=True).fit(X, names[y])
    assert model.classes_.tolist() == ["blue", "green", "red"]
    assert set(model.predict(X)) <= set(names)
    assert model.score(X, names[y]) == np.mean(model.predict(X) == names[y])


def test_one_class_is_the_answer() -> None:
    model = made("classes").fit(X, np.full(len(X), 7))
    model.intercepts_[-1][...] = 100
    assert set(model.predict(X)) == {7}


def test_weights_may_be_set_and_changed() -> None:
    y = TASKS["values"][1]
    model = made("values").fit(X, y)
    model.coefs_[0][...] = 0
    theirs = made("values", ours=False).fit(X, y)
    theirs.coefs_, theirs.intercepts_ = model.coefs_, model.intercepts_
    np.testing.assert_allclose(model.predict(X), theirs.predict(X))
    model.coefs_ = [2 * each for each in model.coefs_]
    theirs.coefs_ = model.coefs_
    np.testing.assert_allclose(model.predict(X), theirs.predict(X))


@pytest.mark.parametrize("task", TASKS)
def test_it_is_copied_and_kept(task: str, tmp_path: Path) -> None:
    y = TASKS[task][1]
    model = made(task).fit(X, y)
    joblib.dump(model, tmp_path / "model")
    for again in (pickle.loads(pickle.dumps(model)), joblib.load(tmp_path / "model")):
        np.testing.assert_array_equal(again.predict(X), model.predict(X))
        assert same(again, model)
    twin = clone(model)
    assert not hasattr(twin, "coefs_")
    assert same(twin.fit(X, y), model)


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_in_a_search_by_many_jobs(backend: str) -> None:
    y = TASKS["classes"][1]
    pipe = make_pipeline(StandardScaler(), made("classes", learning_rate_init=0.03))
    grid = {"mlpclassifier__alpha": [1e-4, 1e-1], "mlpclassifier__activation": ["tanh", "relu"]}
    with joblib.parallel_backend(backend, n_jobs=2):
        search = GridSearchCV(pipe, grid, cv=2, error_score="raise").fit(X, y)
    assert search.best_score_ > 0.8


def test_with_frames_importances_and_calibration() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X[:, :3], columns=list("abc"))
    frame["kind"] = np.where(X[:, 3] > 0, "high", "low")
    y = TASKS["classes"][1]
    columns = ColumnTransformer(
        [("n", StandardScaler(), list("abc")), ("k", OneHotEncoder(sparse_output=False), ["kind"])]
    ).set_output(transform="pandas")
    pipe = make_pipeline(columns, made("classes", learning_rate_init=0.03)).fit(frame, y)
    names = ["n__a", "n__b", "n__c", "k__kind_high", "k__kind_low"]
    assert pipe[-1].feature_names_in_.tolist() == names
    found = permutation_importance(pipe, frame, y, n_repeats=3, random_state=0).importances_mean
    assert found[:3].min() > found[3]
    calibrated = CalibratedClassifierCV(made("classes", learning_rate_init=0.03), cv=2).fit(X, y)
    assert calibrated.score(X, y) > 0.8


def test_it_becomes_a_network_and_comes_from_scikit_learn() -> None:
    for task, (_, y, _) in TASKS.items():
        theirs = made(task, ours=False).fit(X, y)
        kind = type(made(task))
        model = kind.from_sklearn(theirs)
        np.testing.assert_allclose(model._forward_pass_fast(X), theirs._forward_pass_fast(X))
        if task == "counts":
            continue
        network = model.to_network()
        expected = theirs.predict_proba(X) if hasattr(theirs, "classes_") else theirs.predict(X)
        answers = network.predict_proba(X) if hasattr(theirs, "classes_") else network.predict(X)
        if task == "two classes":
            answers = answers[:, -1]
            expected = expected[:, -1]
        np.testing.assert_allclose(answers, expected, atol=1e-6)
    with pytest.raises(gn.GlassnetError, match="expected a fitted MLPClassifier"):
        MLPClassifier.from_sklearn(neural_network.MLPClassifier())
    with pytest.raises(gn.GlassnetError, match="expected a fitted MLPRegressor"):
        MLPRegressor.from_sklearn(made("classes", ours=False).fit(X, TASKS["classes"][1]))


def test_what_is_wrong_is_told() -> None:
    y = TASKS["values"][1]
    with pytest.raises(NotFittedError):
        MLPRegressor().predict(X)
    with pytest.raises(ValueError, match=r"non-finite.*preprocessed\. training diverged in epoch"):
        made("values", solver="sgd", learning_rate_init=1e30).fit(X, 1e30 * y)
    with pytest.raises(ValueError, match="validation set is too small"):
        made("values", early_stopping=True, validation_fraction=0.001).fit(X, y)
    with pytest.raises(ValueError, match="expecting 6 features"):
        made("values").fit(X, y).predict(X[:, :5])
    with pytest.raises(ValueError, match="NaN"):
        made("values").fit(X, y).predict(np.full((1, 6), np.nan))
    with pytest.warns(UserWarning, match="batch_size is 999"):
        made("values", batch_size=999).fit(X, y)
    with pytest.warns(ConvergenceWarning, match="adam did not converge in 3 iterations"):
        made("values", max_iter=3).fit(X, y)
    with pytest.warns(ConvergenceWarning, match="max_fun"):
        made("values", solver="lbfgs", max_fun=4).fit(X, y)


def test_it_says_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    y = TASKS["classes"][1]
    how = {"tol": 10.0, "n_iter_no_change": 2, "verbose": True}
    made("classes", **how).fit(X, y)
    ours = capsys.readouterr().out
    made("classes", ours=False, **how).fit(X, y)
    assert ours == capsys.readouterr().out
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        made("classes", **how).fit(X, y)
