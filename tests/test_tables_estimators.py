"""What the preset for tables brings to the estimators: what is trained, and the report."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import TransformedTargetRegressor

from benchmarks.tables import estimators
from benchmarks.tables.estimators import Estimator, report
from benchmarks.tables.results import Result

ROWS = pd.DataFrame({"size": np.arange(60.0), "town": pd.Categorical(["Ulm", "Bonn"] * 30)})


def result(table: str, who: str, error: float, score: float = 0.5, fit: float = 1.0) -> Result:
    return {"table": table, "contender": who, "seed": 0, "error": error, "score": score, "fit": fit}


def test_errors_are_in_percent_of_those_of_the_base_rate() -> None:
    found = [
        result("a", "base", 2.0), result("a", "plain", 1.0, 0.7, 0.1), result("a", "preset", 0.8),
        result("a", "glassnet_default", 1.2), result("b", "base", 10.0), result("b", "plain", 6.0),
        result("b", "preset", 5.0), result("b", "glassnet_default", 5.0, 0.8, 3.0),
        result("c", "plain", 1.0),  # of which nothing else is known
    ]  # fmt: skip
    assert report(found).splitlines()[2:] == [
        '| preprocess="auto" | 2 | 55.0 | 0.6000 | 0.6 |  |',
        "| for_tables() | 2 | 45.0 | 0.5000 | 1.0 | 2 |",
        "| glassnet train | 2 | 55.0 | 0.6500 | 2.0 | 1 |",
    ]


@pytest.mark.parametrize("task", ["classes", "values"])
@pytest.mark.parametrize("preset", [False, True])
def test_the_estimators_are_those_that_are_named(
    task: str, preset: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitted = []

    def kept(self: object, x: pd.DataFrame, y: np.ndarray) -> object:
        fitted.append(self)
        return self

    for kind in (estimators.MLPClassifier, TransformedTargetRegressor):
        monkeypatch.setattr(kind, "fit", kept)
    Estimator(preset).fit(ROWS, np.arange(60) % 2, task, 3)
    [model] = fitted
    network = model if task == "classes" else model.regressor
    assert (network.preprocess, network.random_state) == ("auto", 3)
    assert network.n_ensemble == (8 if preset else 1)
