"""Temperature scaling: probabilities that are as high as the network is often right."""

import math
from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.configurable import named
from glassnet.base.errors import InputError
from glassnet.nn.layers import Scale
from glassnet.nn.losses import BinaryCrossEntropy, CrossEntropy, Loss
from glassnet.nn.task import VALUES
from glassnet.sequential import Sequential

EXTREME = 10.0  # the highest temperature, and 1 / that the lowest
CHANCE = 3.84  # by so much 2 n (L − L') grows by chance in one of 20 cases (χ² of 1 degree, Wilks)
HALVINGS = 50


@named
def calibrated(network: Sequential, x: Any, y: Any) -> Sequential:
    """A network with calibrated probabilities, softmax(z / T) of its logits z (Guo et al., 2017).

    The temperature T makes the log loss of x and y, which were held out of training, as small as
    it can be. T above 1 makes probabilities less sure, T below 1 surer. The order of logits, and so
    every predicted class, stays. The network itself is returned if its probabilities were as good
    already: if a temperature lowers the log loss by no more than chance would, or if every row is
    predicted correctly, which says nothing of how often it will not be.

    The temperature is a last layer `Scale(1 / T)`, so whatever takes a network has it.
    `trained["calibration"]` says what it is, and what the log loss was before and after.

    - `network`: a trained one, of classes or labels.
    - `x`, `y`: samples and targets, as for `fit`.

    Raises `InputError` for values, and for a loss that gives no probabilities.

    >>> from glassnet import Dense
    >>> x = np.random.default_rng(0).normal(size=(400, 1))
    >>> y = (x[:, 0] + np.random.default_rng(1).normal(size=400) > 0).astype(int)
    >>> net = Sequential([Dense(2, init="constant:value=0")], input_shape=1, seed=0)
    >>> history = net.fit(x, y, epochs=5)
    >>> net.parameters.vector[:] *= 30  # much too sure
    >>> better = calibrated(net, x, y)
    >>> better[-1].name, better[-1].factor < 0.5, bool((better.predict(x) == net.predict(x)).all())
    ('scale', True, True)
    """
    return calibrated_by(network, network.outputs(network.check_inputs(x)), y)


def calibrated_by(network: Sequential, z: Array, y: Any) -> Sequential:
    """The same by outputs z (samples, outputs) for samples with these targets, which may be those
    of networks like it."""
    task, given = network.task or VALUES, network.trained_loss()
    if type(given).probabilities is Loss.probabilities or not task.has_probabilities:
        raise InputError(
            f"calibration is for probabilities, and {type(given).__name__} gives none: train with "
            "cross_entropy or binary_cross_entropy"
        )
    plain = BinaryCrossEntropy() if given.from_logits == "sigmoid" else CrossEntropy()
    z = z.astype(np.float64)
    targets = plain.targets(y, z.shape[-1], np.float64)
    factor = best_factor(plain, z, targets)
    before, after = float(plain.mean(z, targets)), float(plain.mean(factor * z, targets))
    if 2 * len(z) * (before - after) <= CHANCE:
        return network
    found = {"temperature": 1 / factor, "rows": len(z), "log_loss": [before, after]}
    return scaled(network, factor, found)


def best_factor(loss: Loss, z: Array, targets: Array) -> float:
    """The number c between 1/10 and 10 for which the loss of c z is least; 1 if that is no number
    within.

    The loss is convex in c, and its derivative is Σ z dL/d(c z): bisection finds where that is 0.

    >>> z, labels = np.array([[3.0, 0.0]] * 4), np.array([0, 0, 0, 1])
    >>> round(best_factor(CrossEntropy(), z, labels) * 3, 6) == round(math.log(3), 6)
    True
    """

    def slope(c: float) -> float:
        _, dz = loss(c * z, targets)
        return float((z * dz).sum())

    low, high = math.log(1 / EXTREME), math.log(EXTREME)
    if slope(EXTREME) <= 0:
        return 1.0  # all rows are right: the surer, the better
    if slope(1 / EXTREME) >= 0:
        return 1 / EXTREME
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(math.exp(middle)) < 0 else (low, middle)
    return math.exp((low + high) / 2)


def uncalibrated(network: Sequential, z: Array) -> Array | None:
    """Outputs z as they were before calibration; None if the network was not calibrated.

    >>> from glassnet import Dense
    >>> net = Sequential([Dense(2)], input_shape=1, seed=0)
    >>> better = scaled(net, 0.5, {"temperature": 2.0, "rows": 100, "log_loss": [0.7, 0.6]})
    >>> x = np.float32([[1.5]])
    >>> bool((uncalibrated(better, better(x)) == net(x)).all()), uncalibrated(net, net(x))
    (True, None)
    """
    last: Any = network[-1]
    if "calibration" not in network.trained or last.name != "scale":
        return None
    return np.asarray(z / last.factor)


def scaled(network: Sequential, factor: float, found: dict[str, Any]) -> Sequential:
    """The same network with its outputs times this factor."""
    config = network.config()
    layers = [*config["layers"], Scale(factor).config()]
    twin = type(network).from_config({**config, "layers": layers}, [*network.kinds(), Scale])
    twin.parameters.vector[...] = network.parameters.vector
    twin.copy_task(network)
    twin.seed, twin.rng = network.seed, network.rng
    twin.trained = {**network.trained, "calibration": found}
    return twin
