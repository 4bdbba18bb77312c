"""Why a network predicts what it does: terms that add up to the output."""

from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.inspection.attribution import attribute
from glassnet.inspection.document import number, percent
from glassnet.inspection.reasons import MOST, described, waterfall

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
    assert parts[0].lines[0] == "target: true"
    assert parts[0].table is not None
    assert parts[0].table.rows[0] == ("f0", number(X[0, 0].astype(np.float32)))
    assert parts[1].title.startswith(title)
    assert len(parts) == 4


def test_pictures_stay_pictures() -> None:
    images = np.abs(X.repeat(5, axis=1)).reshape(60, 5, 5)
    net = gn.Sequential([gn.Flatten(), gn.Dense(3)], seed=0)
    net.fit(images, LABELS, epochs=2)
    parts = described(attribute(net, images[:1]), (), ("a", "b", "c"))
    plain, with_heat = parts[0].pictures
    np.testing.assert_allclose(plain.pixels, images[0])
    assert plain.over is None and with_heat.over is not None
    np.testing.assert_allclose(with_heat.pixels, images[0])
    np.testing.assert_allclose(with_heat.over, attribute(net, images[:1]).features)
    assert parts[-1].bars[0].label.startswith("pixel ")


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
    np.testing.assert_allclose(image.pictures[0].pixels, pictures[0].sum(axis=-1))
    np.testing.assert_allclose(image.pictures[1].over, found.features.sum(axis=-1))
    row, column = map(int, shares.bars[0].label.split()[1].split(","))
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


def total_of(bars: Any) -> float:
    """Each bar begins where the one before it ends; what they add up to is the last."""
    *terms, total = bars
    at = 0.0
    for bar in terms:
        assert bar.start == pytest.approx(at) and not bar.total
        at = bar.end
    assert total.total and total.start == 0
    assert at == pytest.approx(total.end, rel=1e-5, abs=1e-6)
    shown = [float(bar.text) for bar in terms]
    assert sum(shown) == pytest.approx(float(total.text), abs=1e-4 * len(bars))
    return float(total.end)


@pytest.mark.parametrize("width", [4, 30])
def test_waterfalls_add_up_to_the_logit(width: int) -> None:
    net = gn.Sequential([gn.Dense(width, "tanh"), gn.Dense(3)], seed=0)
    net.fit(X, LABELS, epochs=20, optimizer="adam:learning_rate=0.03")
    found = attribute(net, X[2:3])
    _, _, units, features = described(found, ["a", "b", "c", "d", "e"], ())
    for part in (units, features):
        assert total_of(part.bars) == pytest.approx(found.outputs[found.winner])
    assert units.bars[0].label == "bias"
    assert (units.bars[-2].label == f"{width - MOST} other units") == (width > MOST)
    assert features.bars[-2].label == "remainder: biases and curvature"
    assert any(
        bar.label.endswith(f" %  a = {number(X[2, 0].astype(np.float32))}") for bar in features.bars
    )


def test_a_linear_networks_remainder_is_its_bias() -> None:
    net = gn.Sequential([gn.Dense(3, bias_init="constant:value=0.25")], seed=0)
    net.fit(X, LABELS, epochs=1)
    found = attribute(net, X[:1])
    remainder = described(found, (), ())[-1].bars[-2]
    assert remainder.end - remainder.start == pytest.approx(found.bias, abs=1e-5)


def test_terms_that_are_0_are_not_listed() -> None:
    net = gn.Sequential([gn.Dense(9, "relu"), gn.Dense(3)], seed=3)
    net.fit(X, LABELS, epochs=1)
    found = attribute(net, X[:1])
    assert found.units is not None
    dead = int((found.units == 0).sum())
    assert 1 < dead < 9
    labels = [bar.label for bar in described(found, (), ())[2].bars]
    assert labels[-2] == f"{dead} other units" and len(labels) == 9 - dead + 3


def test_probabilities_are_bars_in_percent() -> None:
    net = trained(LABELS, 3)
    found = attribute(net, X[:1])
    part = described(found, (), ("a", "b", "c"), "b")[1]
    assert part.title == f"Prediction: {'abc'[found.winner]}, {part.bars[0].text}"
    assert part.full == 1 and sum(bar.end for bar in part.bars) == pytest.approx(1)
    ends = [bar.end for bar in part.bars]
    assert ends == sorted(ends, reverse=True) and part.bars[0].strong
    assert [bar.text for bar in part.bars] == [percent(end) for end in ends]
    assert [bar.label for bar in part.bars if "target" in bar.label] == ["b (target)"]


def test_of_many_classes_the_others_are_one_bar() -> None:
    net = gn.Sequential([gn.Dense(20)], seed=0)
    net.fit(X, np.arange(60) % 20, epochs=1)
    bars = described(attribute(net, X[:1]), (), ())[1].bars
    assert len(bars) == MOST + 1 and bars[-1].label == "12 other classes"
    assert sum(bar.end for bar in bars) == pytest.approx(1, abs=1e-5)


def test_a_waterfall_goes_down_too() -> None:
    up, down, total = waterfall([("a", 2.0), ("b", -3.0)], "z", -1.0)
    assert (up.start, up.end, up.text) == (0, 2, "+2")
    assert (down.start, down.end, down.text) == (2, -1, "-3")
    assert (total.start, total.end, total.label) == (0, -1, "= z")
