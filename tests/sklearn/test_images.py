"""Estimators of layers for pictures: X is (samples, height, width, channels)."""

import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split

import glassnet as gn
from glassnet.sklearn import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

DIGITS = load_digits()
PICTURES = (DIGITS.images / 16).astype(np.float32)[..., None]
X, HELD, Y, HELD_Y = train_test_split(
    PICTURES, DIGITS.target, test_size=0.25, random_state=0, stratify=DIGITS.target
)
LAYERS = [
    gn.Conv2D(16, activation="relu"), gn.BatchNorm(), gn.MaxPool2D(2), gn.Flatten(),
    gn.Dropout(0.25),
]  # fmt: skip
SOME, SOME_Y = X[:200], Y[:200]


def classifier(**settings: Any) -> MLPClassifier:
    return MLPClassifier(**{"layers": LAYERS, "max_iter": 3, "random_state": 0, **settings})


@pytest.fixture(scope="module")
def trained() -> MLPClassifier:
    model = classifier(max_iter=12, batch_size=32, learning_rate_init=0.003)
    return model.fit(X, Y)


def test_digits_as_pictures(trained: MLPClassifier) -> None:
    assert trained.score(HELD, HELD_Y) >= 0.97
    p = trained.predict_proba(HELD)
    assert p.shape == (len(HELD), 10) and np.allclose(p.sum(axis=1), 1, atol=1e-5)
    assert (p.argmax(axis=1) == trained.predict(HELD)).all()
    assert trained.n_features_in_ == 64
    assert p.dtype == np.float32


def test_copies_are_the_same(trained: MLPClassifier) -> None:
    p = trained.predict_proba(HELD)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(trained)).predict_proba(HELD), p)
    first, second = (clone(classifier()).fit(SOME, SOME_Y) for _ in range(2))
    np.testing.assert_array_equal(first.predict_proba(HELD), second.predict_proba(HELD))
    np.testing.assert_array_equal(trained.to_network().predict_proba(HELD), p)


def test_a_search_over_layers() -> None:
    few = [gn.Conv2D(2, 5, stride=4, activation="relu"), gn.Flatten()]
    search = GridSearchCV(classifier(max_iter=6), {"layers": [few, LAYERS]}, cv=2)
    search.fit(X[:400], Y[:400])
    assert search.best_params_["layers"] is not few
    assert search.predict(HELD).shape == HELD_Y.shape


def test_layers_in_words_are_the_same_network() -> None:
    words = "conv 2 5 stride=4, relu, flatten"
    few = [gn.Conv2D(2, 5, stride=4, activation="relu"), gn.Flatten()]
    first, second = (clone(classifier(layers=each)).fit(SOME, SOME_Y) for each in (words, few))
    np.testing.assert_array_equal(first.predict_proba(HELD), second.predict_proba(HELD))
    assert first.get_params()["layers"] == words
    for wrong, says in (("cnv 2", "layers: 'cnv 2': .*did you mean"), (5, "words, such as")):
        with pytest.raises(ValueError, match=says):
            classifier(layers=wrong).fit(SOME, SOME_Y)


@pytest.mark.parametrize(
    "settings",
    [
        {"early_stopping": True}, {"early_stopping": True, "scoring": "f1_macro"},
        {"n_ensemble": 2}, {"class_weight": "balanced"}, {"solver": "sgd"}, {"warm_start": True},
    ],
)  # fmt: skip
def test_every_way_of_training(settings: dict[str, Any]) -> None:
    model = classifier(**settings)
    model.fit(SOME, SOME_Y).fit(SOME, SOME_Y, np.ones(200), validation_data=(HELD, HELD_Y))
    assert len(model.validation_scores_) > 0
    assert model.predict(HELD).shape == HELD_Y.shape


def test_part_by_part() -> None:
    model = classifier()
    for start in (0, 100):
        model.partial_fit(X[start : start + 100], Y[start : start + 100], classes=range(10))
    assert model.predict(HELD).shape == HELD_Y.shape
    with pytest.raises(ValueError, match=r"samples of shape \(8, 7, 1\), expected \(8, 8, 1\)"):
        model.partial_fit(X[:9, :, :7], Y[:9])


def test_grey_pictures_get_their_channel() -> None:
    grey = SOME[..., 0]
    p = classifier().fit(SOME, SOME_Y).predict_proba(SOME)
    for given in (grey, grey.tolist()):
        model = classifier().fit(given, SOME_Y)
        np.testing.assert_allclose(model.predict_proba(given), p, atol=1e-6)
    again = classifier(warm_start=True).fit(grey, SOME_Y)
    assert again.fit(grey, SOME_Y).n_iter_ == 3  # the same layers
    flat = classifier(layers=[gn.Flatten(), gn.Dense(8, "relu")]).fit(grey, SOME_Y)
    assert isinstance(flat.to_network().layers[0], gn.Flatten)


def test_rows_of_pixels_need_a_shape() -> None:
    rows = SOME.reshape(-1, 64)
    p = classifier().fit(SOME, SOME_Y).predict_proba(SOME)
    shaped = classifier(layers=[gn.Reshape((8, 8, 1)), *LAYERS]).fit(rows, SOME_Y)
    np.testing.assert_allclose(shaped.predict_proba(rows), p, atol=1e-6)
    with pytest.raises(ValueError, match="Conv2D takes pictures"):
        classifier().fit(rows, SOME_Y)


def test_a_regressor_of_pictures() -> None:
    ink = SOME.mean(axis=(1, 2, 3)) * 10
    layers = [gn.Conv2D(4, activation="relu"), gn.GlobalAveragePool()]
    model = MLPRegressor(
        layers=layers, learning_rate_init=0.02, max_iter=100, batch_size=20, random_state=0
    )
    assert model.fit(SOME, ink).score(SOME, ink) > 0.9


def test_what_is_wrong_is_said(trained: MLPClassifier) -> None:
    with pytest.raises(ValueError, match="dim 4"):
        MLPClassifier().fit(SOME, SOME_Y)
    for wrong in (HELD[:, :7], HELD.reshape(-1, 64), HELD[0]):
        with pytest.raises(ValueError, match=r"expected \(8, 8, 1\), as in training"):
            trained.predict(wrong)
    gaps = HELD.copy()
    gaps[3, 2, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        trained.predict(gaps)
    with pytest.raises(ValueError, match="0 sample"):
        trained.predict(HELD[:0])
