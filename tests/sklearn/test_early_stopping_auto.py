"""Early stopping by default, of tables that are given as they are."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.metrics import log_loss

from glassnet.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

HOW: dict[str, Any] = {"random_state": 0, "learning_rate_init": 0.01, "max_iter": 150, "tol": 0}


def table(rows: int, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """Of twelve columns two count, and a fifth of the labels is wrong."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(rows, 12))).add_prefix("x")
    true = frame["x0"] + frame["x1"] > 0
    return frame, np.where(true ^ (rng.random(rows) < 0.2), "yes", "no")


def test_a_table_stops_by_the_loss_of_rows_held_out_and_keeps_the_best() -> None:
    model = MLPClassifier(preprocess="auto", **HOW).fit(*table(400))
    assert model.n_iter_ < 150
    losses = model.validation_loss_curve_
    assert int(np.argmin(losses)) == model.n_iter_ - 12  # more than n_iter_no_change of 10
    assert -model.best_validation_score_ == min(losses)
    assert 0.5 < max(model.validation_scores_) <= 1  # these are accuracies


def test_which_is_better_than_training_to_the_end() -> None:
    better = 0
    for seed in range(3):
        x, y = table(1400, seed)
        train, test = (x[:400], y[:400]), (x[400:], y[400:])
        losses = [
            log_loss(test[1], MLPClassifier(preprocess="auto", **HOW | how).fit(*train)
                     .predict_proba(test[0]))
            for how in ({}, {"early_stopping": False})
        ]  # fmt: skip
        better += losses[0] < losses[1] - 0.1
    assert better == 3


def test_a_regressor_stops_by_its_loss_too() -> None:
    x, y = table(400)
    values = x["x0"] + (y == "yes")
    model = MLPRegressor(preprocess="auto", **HOW).fit(x, values)
    assert -model.best_validation_score_ == min(model.validation_loss_curve_)


@pytest.mark.parametrize(
    "how",
    [
        {"preprocess": None},
        {"early_stopping": False},
        {"warm_start": True},
        {"solver": "lbfgs"},
    ],
    ids=str,
)
def test_otherwise_nothing_is_held_out_unless_it_is_asked_for(how: dict[str, Any]) -> None:
    model = MLPClassifier(**{"preprocess": "auto", **HOW, "max_iter": 3, **how}).fit(*table(400))
    assert model.validation_scores_ is None


def test_rows_of_ones_own_and_a_score_decide_if_they_are_given() -> None:
    x, y = table(400)
    held = x[:100], y[:100]
    model = MLPClassifier(preprocess="auto", **HOW).fit(x[100:], y[100:], validation_data=held)
    assert -model.best_validation_score_ == min(model.validation_loss_curve_)
    scored = MLPClassifier(preprocess="auto", scoring="balanced_accuracy", **HOW).fit(x, y)
    assert scored.best_validation_score_ == max(scored.validation_scores_) > 0.5


def test_few_rows_and_rare_classes_are_no_error() -> None:
    few = MLPClassifier(preprocess="auto", **HOW | {"max_iter": 3}).fit(*table(99))
    assert few.validation_scores_ is None
    enough = MLPClassifier(preprocess="auto", **HOW | {"max_iter": 3}).fit(*table(100))
    assert len(enough.validation_scores_) == 3
    x, y = table(200)
    y[:] = "no"
    y[7] = "yes"
    rare = MLPClassifier(preprocess="auto", **HOW | {"max_iter": 3}).fit(x, y)
    assert len(rare.validation_scores_) == 3 and list(rare.classes_) == ["no", "yes"]


def test_each_network_of_an_ensemble_stops_for_itself() -> None:
    many = MLPClassifier(preprocess="auto", n_ensemble=3, **HOW).fit(*table(400))
    assert len({each.n_iter_ for each in many.estimators_}) > 1
    for each in many.estimators_:
        assert -each.best_validation_score_ == min(each.validation_loss_curve_)


def test_it_is_a_parameter_like_any_other() -> None:
    model = MLPClassifier(preprocess="auto", **HOW)
    assert clone(model).get_params()["early_stopping"] == "auto"
    assert hasattr(model, "partial_fit")  # which holds nothing out
    model.partial_fit(*table(400), classes=["no", "yes"])
    assert model.validation_scores_ is None
    with pytest.raises(ValueError, match="early_stopping is 'on': expected True, False or 'auto'"):
        MLPClassifier(early_stopping="on").fit(*table(20))
