"""Why a network predicts what it does: terms that add up to the output."""

from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.inspection.attribution import attribute, described

X = np.random.default_rng(0).normal(size=(60, 5))
LABELS = X[:, :3].argmax(axis=1)


def trained(y: Any, outputs: int, **how: Any) -> gn.Sequential:
    net = gn.Sequential([gn.Dense(6, "relu"), gn.Dense(outputs)], seed=0)
    net.fit(X, y, epochs=20, optimizer="adam:learning_rate=0.03", **how)
    return net


def test_units_add_up_to_the_winning_output() -> None:
    net = trained(LABELS, 3)
    for k in range(10):
        found = attribute(net, X[k : k + 1])
        assert found.winner == net.predict(X[k : k + 1])[0]
        assert found.units is not None
        total = found.units.sum() + found.bias
        assert total == pytest.approx(found.outputs[found.winner], rel=1e-5)
        assert found.probabilities == pytest.approx(net.predict_proba(X[k : k + 1])[0])
        assert found.second == np.argsort(-found.outputs)[1]


def test_features_are_gradients_times_inputs() -> None:
    net = trained(LABELS, 3)
    found = attribute(net, X[:1])
    wide = net.copy(np.float64)
    for i in range(5):
        above, below = X[:1].copy(), X[:1].copy()
        above[0, i] += 1e-6
        below[0, i] -= 1e-6
        slope = (wide(above) - wide(below))[0, found.winner] / 2e-6
        assert found.features[i] == pytest.approx(slope * X[0, i], rel=1e-3, abs=1e-5)
    before = net.gradient.vector.copy()
    attribute(net, X[:1])
    np.testing.assert_array_equal(net.gradient.vector, before)  # the network stays as it is


def test_of_a_linear_network_features_add_up_too() -> None:
    net = gn.Sequential([gn.Dense(3)], seed=0)
    net.fit(X, LABELS, epochs=5)
    found = attribute(net, X[:1])
    total = found.features.sum() + found.bias
    assert total == pytest.approx(found.outputs[found.winner], rel=1e-5)


@pytest.mark.parametrize(
    ("y", "outputs", "loss", "title"),
    [
        (LABELS, 3, None, "Prediction: "),
        (LABELS > 0, 1, "binary_cross_entropy", "Prediction: "),
        ((X[:, :3] > 0).astype(float), 3, "binary_cross_entropy", "Prediction: "),
        (X[:, 0], 1, "mean_squared", "Prediction: "),
    ],
)
def test_every_task_has_its_words(y: Any, outputs: int, loss: Any, title: str) -> None:
    net = trained(y, outputs, loss=loss)
    parts = described(attribute(net, X[:1]), [f"f{i}" for i in range(5)], (), "true")
    assert parts[0].lines[0] == "target: true" and parts[0].lines[1].startswith("f0 = ")
    assert parts[1].title.startswith(title)
    assert len(parts) == 4


def test_pictures_stay_pictures() -> None:
    images = np.abs(X.repeat(5, axis=1)).reshape(60, 5, 5)
    net = gn.Sequential([gn.Flatten(), gn.Dense(3)], seed=0)
    net.fit(images, LABELS, epochs=2)
    parts = described(attribute(net, images[:1]), (), ("a", "b", "c"))
    assert parts[0].arrays[0].values.shape == (5, 5)
    assert parts[-1].arrays[0].values.shape == (5, 5)
    assert parts[-1].lines[0].startswith("pixel ")


def test_a_chain_within_a_network_changes_no_contribution() -> None:
    flat = trained(LABELS, 3)
    nested = gn.Sequential([gn.Chain([gn.Dense(6, "relu"), gn.Chain([gn.Dense(3)])])], seed=0)
    nested.fit(X, LABELS, epochs=20, optimizer="adam:learning_rate=0.03")
    expected, found = attribute(flat, X[:1]), attribute(nested, X[:1])
    assert expected.units is not None
    np.testing.assert_array_equal(found.units, expected.units)
    assert found.bias == expected.bias


def test_a_last_layer_with_branches_has_no_terms_of_units() -> None:
    net = gn.Sequential([gn.Concat([gn.Dense(2), gn.Dense(1)])], seed=0)
    net.fit(X, LABELS, epochs=2)
    assert attribute(net, X[:1]).units is None


def test_shares_of_pixels_are_those_of_their_channels() -> None:
    pictures = np.abs(X.repeat(6, axis=1)).reshape(60, 5, 3, 2)
    layers = [gn.Conv2D(3, activation="relu"), gn.MaxPool2D(), gn.Flatten(), gn.Dense(3)]
    net = gn.Sequential(layers, seed=0, dtype="float64")
    net.fit(pictures, LABELS, epochs=2)
    found = attribute(net, pictures[:1])
    assert found.features is not None and found.features.shape == (5, 3, 2)
    place = (0, 3, 1, 1)
    above, below = pictures[:1].copy(), pictures[:1].copy()
    above[place] += 1e-6
    below[place] -= 1e-6
    slope = (net(above) - net(below))[0, found.winner] / 2e-6
    assert found.features[place[1:]] == pytest.approx(slope * pictures[place], rel=1e-4, abs=1e-6)
    image, _, _, shares = described(found, (), ())
    np.testing.assert_allclose(image.arrays[0].values, pictures[0].sum(axis=-1))
    np.testing.assert_allclose(shares.arrays[0].values, found.features.sum(axis=-1))
    row, column = map(int, shares.lines[0].split()[1].split(","))
    top = np.abs(found.features.sum(axis=-1))
    assert top[row, column] == top.max()


def test_indices_have_no_shares() -> None:
    words = np.arange(240).reshape(60, 4) % 9
    net = gn.Sequential([gn.Embedding(9, 3), gn.Flatten(), gn.Dense(3)], seed=0)
    net.fit(words, LABELS, epochs=2)
    found = attribute(net, words[:1])
    assert found.features is None and found.units is not None
    (line,) = described(found, (), ())[-1].lines
    assert line == "x has indices: they have no gradient, so there is no share"
