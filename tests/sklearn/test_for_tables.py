"""The preset for tables as an estimator, and waves beside the numbers of a table."""

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import make_friedman1
from sklearn.utils.estimator_checks import check_estimator

from glassnet.base.errors import InputError
from glassnet.cli.app import run
from glassnet.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "town": RNG.choice(["Ulm", "Bonn", "Trier"], 300),
        "age": RNG.normal(40, 10, 300),
        "height": RNG.normal(170, 9, 300),
    }
)
WAVY = np.where(np.sin(FRAME["age"]) > 0, "yes", "no")
HOW: dict[str, Any] = {"preprocess": "auto", "random_state": 0, "max_iter": 3}


def test_waves_stand_beside_numbers_and_not_beside_flags() -> None:
    model = MLPClassifier([8], waves=2, **HOW).fit(FRAME, WAVY)
    network = model.to_network()
    names = network.schema.features
    assert [names[place] for place in network[0].columns] == ["age", "height"]
    assert model.coefs_[0].shape == (len(names) + 2 * 2, 8)
    of_array = MLPRegressor(hidden_layer_sizes=[8], waves=3, max_iter=3).fit(
        RNG.normal(size=(50, 4)), np.arange(50)
    )
    assert of_array.coefs_[0].shape == (4 + 4 * 3, 8)
    words = MLPClassifier([8], waves=2, **HOW).fit(FRAME[["town"]], WAVY)
    assert words.to_network()[0].name == "dense"


def test_they_learn_what_changes_fast() -> None:
    x = np.random.default_rng(1).uniform(-2, 2, (600, 1))
    y = np.sin(8 * x[:, 0])
    how: dict[str, Any] = {"learning_rate_init": 0.01, "max_iter": 100, "batch_size": 32}
    scores = [
        MLPRegressor(hidden_layer_sizes=[16], waves=waves, random_state=0, tol=0, **how)
        .fit(x[:400], y[:400])
        .score(x[400:], y[400:])
        for waves in (0, 4)
    ]
    assert scores[0] < 0.3 and scores[1] > 0.9


def test_a_fitted_one_is_copied_and_continued() -> None:
    model = MLPClassifier([8], waves=2, n_ensemble=2, **HOW).fit(FRAME, WAVY)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(FRAME), model.predict_proba(FRAME))
    assert clone(model).waves == 2
    parts, whole = (MLPClassifier([8], waves=2, **HOW | {"tol": 0.0}) for _ in range(2))
    for _ in range(3):
        parts.partial_fit(FRAME, WAVY, classes=["no", "yes"])
    whole.set_params(early_stopping=False).fit(FRAME, WAVY)
    np.testing.assert_array_equal(parts.coefs_[0], whole.coefs_[0])


def test_what_cannot_be_is_refused() -> None:
    from glassnet import Dense

    for wrong in (-1, 1.5, True):
        with pytest.raises(InputError, match=r"waves is .*, expected a whole number of at least 0"):
            MLPClassifier(waves=wrong).fit(np.eye(4), [0, 1, 0, 1])
    with pytest.raises(InputError, match="put PeriodicEmbedding into layers"):
        MLPClassifier(waves=2, layers=[Dense(4)]).fit(np.eye(4), [0, 1, 0, 1])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_scikit_learns_own_checks_with_waves() -> None:
    assert len(check_estimator(MLPRegressor(waves=2), on_skip=None)) > 50


def test_the_preset_is_that_of_the_command_and_nearly_as_good(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    x, y = make_friedman1(1700, noise=1.0, random_state=0)
    frame = pd.DataFrame(x).add_prefix("x").assign(y=np.where(y > 14, "high", "low"))
    monkeypatch.chdir(tmp_path)
    frame[:1200].to_csv("own.csv", index=False)
    frame[1200:].to_csv("test.csv", index=False)
    words = "train own.csv --test test.csv --preset table --networks 2 --validation 0.2 --quiet"
    assert run(words.split()) == 0
    accuracy = float(capsys.readouterr().out.split("test accuracy ")[1].split()[0])
    features, target = frame.drop(columns="y"), frame["y"]
    model = MLPClassifier.for_tables(n_ensemble=2, random_state=0)
    model.fit(features[:1200], target[:1200])
    ours = model.score(features[1200:], target[1200:])
    assert ours > 0.85 and ours == pytest.approx(accuracy, abs=0.025)


def test_values_are_predicted_without_dropout_and_classes_with_it() -> None:
    assert MLPRegressor.for_tables().dropout == 0
    assert MLPClassifier.for_tables().dropout == 0.15
    assert MLPRegressor.for_tables().waves == MLPClassifier.for_tables().waves == 3
