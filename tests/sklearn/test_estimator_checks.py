"""scikit-learn's own checks over many settings; methods are there only where they can work."""

from typing import Any

import pytest
from sklearn.utils.estimator_checks import check_estimator

import glassnet as gn
from glassnet.sklearn import MLPClassifier, MLPRegressor
from tests.sklearn.tasks import TASKS, X, made

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

WEIGHTED = (
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
)
TOO_SMALL = (
    "check_estimators_nan_inf",
    "check_fit2d_1feature",
    "check_classifiers_one_label",
    "check_class_weight_classifiers",
    "check_regressors_no_decision_function",
)
TWICE = ("check_classifiers_multilabel_representation_invariance", "check_supervised_y_2d")

# What fails for scikit-learn's own classes too, but for `DRAWS` with dropout and "balanced".
DRAWS = dict.fromkeys(WEIGHTED, "a weight of 2 draws other rows or noise than two rows")
FEW = dict.fromkeys(TOO_SMALL, "of the checks' few rows, too few are held out")
WARM = dict.fromkeys(TWICE, "the second fit goes on from where the first ended")
SURE = "check_classifiers_multilabel_output_format_predict_proba"
LBFGS = {SURE: "probabilities of 1 - 1e-17 and 1 are the same number"}

CHECKED: list[tuple[type[Any], dict[str, Any], dict[str, str]]] = [
    (MLPClassifier, {"solver": "lbfgs"}, LBFGS),
    (MLPRegressor, {"solver": "lbfgs"}, {}),
    (MLPClassifier, {"early_stopping": True}, DRAWS | FEW),
    (MLPRegressor, {"early_stopping": True}, DRAWS | FEW),
    (MLPClassifier, {"class_weight": "balanced"}, DRAWS),
]
AS_WELL: list[tuple[type[Any], dict[str, Any], dict[str, str]]] = [
    (kind, settings, known)
    for kind in (MLPClassifier, MLPRegressor)
    for settings, known in [
        ({"solver": "sgd", "learning_rate": "adaptive"}, {}),
        ({"solver": "adamw", "learning_rate": "cosine", "clip_norm": 1.0}, {}),
        ({"n_ensemble": 2}, {}),
        ({"solver": "lbfgs", "n_ensemble": 2}, LBFGS),
        ({"dropout": 0.1}, DRAWS),
        ({"warm_start": True}, WARM),
        ({"layers": [gn.Dense(64, "gelu")]}, {}),
        ({"scoring": "loss", "early_stopping": True}, DRAWS | FEW),
    ]
]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_scikit_learns_own_checks(request: pytest.FixtureRequest) -> None:
    every = [*CHECKED, *(AS_WELL if request.config.getoption("--full") else ())]
    for kind, settings, known in every:
        found = check_estimator(kind(**settings), expected_failed_checks=known, on_skip=None)
        assert len(found) > 50


@pytest.mark.parametrize("task", ["classes", "values"])
@pytest.mark.parametrize(
    ("settings", "there"),
    [
        ({}, True),
        ({"solver": "sgd"}, True),
        ({"solver": "rmsprop"}, True),
        ({"solver": "lbfgs"}, False),
        ({"early_stopping": True}, False),
        ({"n_ensemble": 2}, True),
        ({"n_ensemble": 2, "solver": "lbfgs"}, False),
    ],
)
def test_partial_fit_is_there_where_it_works(
    task: str, settings: dict[str, Any], there: bool
) -> None:
    model, y = made(task, **settings), TASKS[task][1]
    assert hasattr(model, "partial_fit") == there
    more = {"classes": [0, 1, 2]} if task == "classes" else {}
    if there:
        assert model.partial_fit(X, y, **more) is model
    else:
        with pytest.raises(AttributeError, match="partial_fit"):
            model.partial_fit(X, y, **more)


def test_partial_fit_does_not_know_balanced_classes() -> None:
    assert hasattr(made("classes", class_weight={0: 2.0}), "partial_fit")
    assert not hasattr(made("classes", class_weight="balanced"), "partial_fit")


@pytest.mark.parametrize("task", ["classes", "values"])
def test_predict_std_is_there_for_ensembles(task: str) -> None:
    y = TASKS[task][1]
    many, one = made(task, n_ensemble=2, max_iter=2), made(task, max_iter=2)
    assert hasattr(many, "predict_std") and not hasattr(one, "predict_std")
    one.fit(X, y).set_params(n_ensemble=2)
    assert not hasattr(one, "predict_std")  # it was fitted as one
    assert hasattr(many.fit(X, y), "predict_std") and len(many.predict_std(X)) == len(X)
