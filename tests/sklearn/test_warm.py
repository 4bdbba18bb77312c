"""Which warm fits equal one longer fit to the bit, and which begin anew."""

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning

from glassnet.nn.optimizers import OPTIMIZERS
from glassnet.nn.schedules import SCHEDULES
from glassnet.sklearn import MLPClassifier

X, Y = load_iris(return_X_y=True)
SOLVERS = [name for name in OPTIMIZERS if name != "lbfgs"]
END = {"cosine", "cosine_log", "one_cycle"}  # these know when they end
EPOCHS, PARTS = 6, 2
GOES_ON: dict[str, dict[str, Any]] = {
    **{name: {"solver": name} for name in SOLVERS},
    **{name: {"learning_rate": name} for name in SCHEDULES if name not in END},
    "invscaling": {"solver": "sgd", "learning_rate": "invscaling"},
    "adaptive": {"solver": "sgd", "learning_rate": "adaptive"},
    "dropout": {"dropout": 0.3},
}
ANEW: dict[str, dict[str, Any]] = {
    "lbfgs": {"solver": "lbfgs"},
    "early stopping": {"early_stopping": True},
    **{name: {"learning_rate": name} for name in sorted(END)},
}


def trained(calls: int, **how: Any) -> MLPClassifier:
    model = MLPClassifier(
        [8], max_iter=EPOCHS // calls, tol=0.0, random_state=0, warm_start=True, **how
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for _ in range(calls):
            model.fit(X, Y)
    return model


def same(one: MLPClassifier, other: MLPClassifier) -> bool:
    pairs = zip(one.coefs_, other.coefs_, strict=True)
    return one.loss_curve_ == other.loss_curve_ and all((a == b).all() for a, b in pairs)


@pytest.mark.parametrize("name", GOES_ON)
def test_warm_fits_equal_one_longer_fit(name: str) -> None:
    assert same(trained(1, **GOES_ON[name]), trained(PARTS, **GOES_ON[name]))


@pytest.mark.parametrize("name", ANEW)
def test_these_begin_anew(name: str) -> None:
    assert not same(trained(1, **ANEW[name]), trained(PARTS, **ANEW[name]))


@pytest.mark.parametrize("name", [*SCHEDULES, *SOLVERS])
def test_parts_equal_one_fit(name: str) -> None:
    how = {"solver": name} if name in SOLVERS else {"learning_rate": name}
    parts = MLPClassifier([8], max_iter=EPOCHS, tol=0.0, random_state=0, **how)
    for _ in range(EPOCHS):
        parts.partial_fit(X, Y, classes=np.unique(Y))
    assert same(trained(1, **how), parts)
