"""Temperature scaling: better probabilities, the same classes, and everything else as it was."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

import glassnet as gn
from glassnet.nn.losses import BinaryCrossEntropy, CrossEntropy, Loss
from glassnet.workflows.temperature import best_factor, calibrated

Array = np.ndarray


def drawn(rows: int, classes: int, seed: int = 0) -> tuple[Array, Array]:
    """Logits, and labels drawn by the probabilities that they say."""
    rng = np.random.default_rng(seed)
    z = 2 * rng.normal(size=(rows, classes))
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    return z, (p.cumsum(axis=1) > rng.uniform(size=(rows, 1))).argmax(axis=1)


def network(loss: Loss, outputs: int, sharper: float = 1.0) -> gn.Sequential:
    """Its outputs are its inputs times a number."""
    net = gn.Sequential([gn.Dense(outputs)], input_shape=outputs, seed=0)
    net.parameters["0.W"] = sharper * np.eye(outputs)
    net.loss = loss
    net.task = "classes"
    return net


@pytest.mark.parametrize("loss", [CrossEntropy(), BinaryCrossEntropy()])
@pytest.mark.parametrize("sharper", [0.4, 3.0])
def test_it_finds_the_least_log_loss(loss: Loss, sharper: float) -> None:
    z, y = drawn(500, 2)
    z = sharper * z
    if isinstance(loss, BinaryCrossEntropy):
        z = z[:, 1:] - z[:, :1]
    c = best_factor(loss, z, y)
    found = minimize_scalar(lambda c: loss.mean(c * z, y), (0.1, 1), options={"xtol": 1e-12})
    assert c == pytest.approx(float(found.x), rel=1e-6)


@pytest.mark.parametrize("sharper", [0.3, 4.0])
def test_overconfidence_and_timidity_are_mended(sharper: float) -> None:
    x, y = drawn(3000, 4)
    net = network(CrossEntropy(), 4, sharper)
    better = calibrated(net, x[:1500], y[:1500])
    assert 1 / better[-1].factor == pytest.approx(sharper, rel=0.15)
    test = x[1500:], y[1500:]
    before, after = net.evaluate(*test)["loss"], better.evaluate(*test)["loss"]
    assert after < before - 0.02
    assert (better.predict(x) == net.predict(x)).all()
    assert net.evaluate(*test)["accuracy"] == better.evaluate(*test)["accuracy"]
    said = better.trained["calibration"]
    assert said["rows"] == 1500 and said["temperature"] == pytest.approx(sharper, rel=0.15)
    assert (
        said["log_loss"][1]
        < said["log_loss"][0]
        == pytest.approx(net.evaluate(x[:1500], y[:1500])["loss"], rel=1e-6)
    )


def test_probabilities_that_are_right_stay() -> None:
    kept = 0
    for seed in range(20):
        x, y = drawn(200, 3, seed)
        net = network(CrossEntropy(), 3)
        kept += calibrated(net, x, y) is net
    assert kept >= 17  # by chance 19 of 20


def test_rows_that_are_all_right_say_nothing_of_mistakes() -> None:
    x = 0.5 * np.eye(3)[np.arange(60) % 3]
    net = network(CrossEntropy(), 3)
    assert calibrated(net, x, np.arange(60) % 3) is net


def test_a_file_keeps_it_and_nothing_else_changes(tmp_path: object) -> None:
    x, y = drawn(2000, 3)
    net = network(CrossEntropy(), 3, 5.0)
    net.classes, net.target = ("a", "b", "c"), "letter"
    better = calibrated(net, x, y)
    better.save(f"{tmp_path}/n.safetensors")
    loaded = gn.load(f"{tmp_path}/n.safetensors")
    assert (loaded(x) == better(x)).all() and loaded.classes == ("a", "b", "c")
    assert loaded.trained["calibration"] == better.trained["calibration"]
    expected = net(x) * np.float32(better[-1].factor)
    assert (better(x) == expected).all()
    assert len(net) == 1 and "calibration" not in net.trained


def test_it_can_learn_on_with_its_temperature() -> None:
    x, y = drawn(1000, 3)
    better = calibrated(network(CrossEntropy(), 3, 5.0), x, y)
    before = better.evaluate(x, y)["loss"]
    better.fit(x, y, epochs=3)
    assert better.evaluate(x, y)["loss"] < before


def test_values_have_no_probabilities() -> None:
    net = gn.Sequential([gn.Dense(1)], seed=0)
    net.fit([[0.0], [1.0]], [0.0, 1.0], epochs=1)
    with pytest.raises(gn.GlassnetError, match="calibration is for probabilities"):
        calibrated(net, [[0.0]], [0.0])
