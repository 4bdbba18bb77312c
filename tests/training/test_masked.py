"""Masked and missing values: refused with their place, since a plain array would forget them."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from glassnet.data import Dataset, split
from glassnet.inspection.plots import Film
from glassnet.sklearn import MLPClassifier

X = np.random.default_rng(0).normal(size=(20, 4))
Y = np.arange(20) % 2
ONES = np.ones(20)


def masked(values: np.ndarray, *places: Any) -> Any:
    mask = np.zeros(values.shape, bool)
    for place in places:
        mask[place] = True
    return np.ma.array(values, mask=mask)


MX, MY, MW = masked(X, (7, 2), (9, 0)), masked(Y, 3), masked(ONES, 4)
IN_X, IN_Y, IN_W = (
    r"2 masked values, the first at index \(7, 2\)",
    "y.* index 3",
    "weight.* index 4",
)


def network() -> gn.Sequential:
    return gn.Sequential([gn.Dense(3, "relu"), gn.Dense(2)], input_shape=4, seed=0)


def trained(subject: Any = None) -> Any:
    subject = subject or network()
    subject.fit(X, Y, epochs=1)
    return subject


def stack() -> gn.Stack:
    return gn.Stack.of(network(), 2)


ACTS: dict[str, tuple[Any, str]] = {
    "fit x": (lambda: network().fit(MX, Y), IN_X),
    "fit y": (lambda: network().fit(X, MY), IN_Y),
    "fit values": (lambda: gn.Sequential([gn.Dense(4)]).fit(X, MX), IN_X),
    "fit weight": (lambda: network().fit(X, Y, sample_weight=MW), IN_W),
    "fit list": (lambda: network().fit(list(MX), Y), IN_X),
    "class_weight": (lambda: network().fit(X, Y, class_weight=masked(ONES[:2], 1)), "index 1"),
    "validation x": (lambda: network().fit(X, Y, validation=(MX, Y)), IN_X),
    "validation y": (lambda: network().fit(X, Y, validation=(X, MY)), IN_Y),
    "validation weight": (lambda: network().fit(X, Y, validation=(X, Y, MW)), IN_W),
    "predict": (lambda: trained().predict(MX), IN_X),
    "call": (lambda: trained()(MX), IN_X),
    "evaluate x": (lambda: trained().evaluate(MX, Y), IN_X),
    "evaluate y": (lambda: trained().evaluate(X, MY), IN_Y),
    "evaluate weight": (lambda: trained().evaluate(X, Y, MW), IN_W),
    "trace": (lambda: network().trace(MX, Y), IN_X),
    "gradcheck": (lambda: gn.gradcheck(network(), MX, Y), IN_X),
    "gradcheck of a loss": (lambda: gn.gradcheck(gn.CrossEntropy(), X, MY), IN_Y),
    "parameters": (
        lambda: network().parameters.__setitem__("0.b", masked(ONES[:3], 1)), "0.b has .*index 1"
    ),
    "film": (lambda: Film(masked(X[:, :2], (7, 1)), Y), r"index \(7, 1\)"),
    "split": (lambda: split(MX, Y, 0.5, seed=0), IN_X),
    "dataset": (lambda: Dataset("d", MX, Y, X, Y), "x of the training part has " + IN_X),
    "stack fit": (lambda: stack().fit(MX, Y), IN_X),
    "stack samples": (
        lambda: stack().fit(X, Y, samples=[np.arange(9), masked(np.arange(9), 5)]),
        "samples of network 1 has 1 masked value, the first at index 5",
    ),
    "stack rates": (
        lambda: stack().fit(X, Y, learning_rate=masked(ONES[:2], 0)), "learning_rate has"
    ),
    "stack evaluate": (lambda: trained(stack()).evaluate(X, MY), IN_Y),
    "estimator x": (lambda: MLPClassifier().fit(MX, Y), IN_X),
    "estimator y": (lambda: MLPClassifier().fit(X, MY), IN_Y),
    "estimator weight": (lambda: MLPClassifier().fit(X, Y, MW), IN_W),
    "estimator table": (lambda: MLPClassifier(preprocess="auto").fit(MX, Y), IN_X),
    "estimator validation": (
        lambda: MLPClassifier().fit(X, Y, validation_data=(X, MY)), "validation y has"
    ),
    "estimator validation weight": (
        lambda: MLPClassifier().fit(X, Y, validation_data=(X, Y, MW)), "validation weights has"
    ),
    "estimator predict": (lambda: ESTIMATOR.predict(MX), IN_X),
    "estimator score": (lambda: ESTIMATOR.score(X, MY), IN_Y),
    "estimator score weight": (lambda: ESTIMATOR.score(X, Y, MW), IN_W),
}  # fmt: skip
ESTIMATOR = MLPClassifier((3,), solver="lbfgs", max_iter=20, tol=1e9, random_state=0).fit(X, Y)


@pytest.mark.parametrize("case", ACTS)
def test_masked_values_are_refused_with_their_place(case: str) -> None:
    act, says = ACTS[case]
    with pytest.raises(gn.GlassnetError, match=says) as error:
        act()
    assert isinstance(error.value, ValueError)
    assert "\n" not in str(error.value)


def test_where_nothing_is_masked_the_values_are_taken() -> None:
    one, two = network(), network()
    one.fit(X, Y, sample_weight=ONES, epochs=2)
    two.fit(masked(X), masked(Y), sample_weight=masked(ONES), epochs=2)
    np.testing.assert_array_equal(one.parameters.vector, two.parameters.vector)
    assert type(two.predict(masked(X))) is np.ndarray


WHOLE = pd.DataFrame({"a": pd.array([1, 2, 3], "Int64"), "b": [0.5, 1.5, 2.5]})
GAPS = {
    "None": ([[1.0, None], [2.0, 3.0]], r"1 missing value, the first at index \(0, 1\)"),
    "NA": (pd.DataFrame({"a": pd.array(["1", None], "string"), "b": [1, 2]}), r"index \(1, 0\)"),
    "NaT": ([[pd.NaT, 1.0], [1.0, 1.0]], r"index \(0, 0\)"),
    "Int64": (pd.DataFrame({"a": pd.array([1, None], "Int64"), "b": [*"uv"]}), r"index \(1, 0\)"),
}


@pytest.mark.parametrize("case", GAPS)
def test_missing_values_among_objects_are_named(case: str) -> None:
    x, says = GAPS[case]
    with pytest.raises(gn.GlassnetError, match=says):
        gn.Sequential([gn.Dense(2)]).fit(x, [0, 1])
    with pytest.raises(gn.GlassnetError, match="y has 1 missing value, the first at index 1"):
        gn.Sequential([gn.Dense(2)]).fit(X[:2], pd.array(["a", None], "string"))
