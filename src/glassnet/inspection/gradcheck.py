"""Is backward the derivative of forward? Compared with differences, in float64."""

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array, Rng, as_array, numeric
from glassnet.base.configurable import checked
from glassnet.base.errors import InputTypeError
from glassnet.nn.layers import ACTIVATIONS, LAYERS, Dense, Layer, walk
from glassnet.nn.losses import LOSSES, CrossEntropy, Loss
from glassnet.nn.network import Network

STEP = 1e-5  # the error of a central difference is about step², that of rounding 1e-16 / step
DIRECTIONS = 3
TOLERANCE = 1e-6

Judge = Callable[[Array], tuple[Any, Array]]


class Check(NamedTuple):
    """One array, and how far its gradient is from the differences.

    - `name`, `shape`: of the array; "x" is the input.
    - `error`: the largest relative error of its directions.
    """

    name: str
    shape: tuple[int, ...]
    error: float


class GradientReport(NamedTuple):
    """What a gradient check found; prints as a table, and is true when all is well.

    - `subject`: what was checked, in words.
    - `checks`: a `Check` for each array.
    - `tolerance=1e-6`: the relative error from which on a gradient is wrong.

    >>> report = GradientReport("a layer", (Check("x", (2, 3), 1e-9),))
    >>> bool(report), report.error
    (True, 1e-09)
    """

    subject: str
    checks: tuple[Check, ...]
    tolerance: float = TOLERANCE

    @property
    def error(self) -> float:
        """The largest relative error."""
        return max((check.error for check in self.checks), default=0.0)

    def __bool__(self) -> bool:
        return self.error < self.tolerance

    def __str__(self) -> str:
        lines = [f"gradient check of {self.subject}: relative error < {self.tolerance:g}?"]
        for check in self.checks:
            verdict = "ok" if check.error < self.tolerance else "WRONG"
            shape = " × ".join(map(str, check.shape))
            lines.append(f"  {check.name:<8} {shape:>12}   {check.error:.1e}   {verdict}")
        return "\n".join(lines)


@checked
def gradcheck(
    subject: Network | Layer | Loss,
    x: Any = None,
    y: Any = None,
    *,
    loss: Loss | None = None,
    seed: int = 0,
    show: bool = True,
) -> GradientReport:
    """Compare backward with central differences along random directions, in float64.

    For a direction u, the slope (f(a + hu) − f(a − hu)) / 2h must be ⟨df/da, u⟩. Each parameter and
    the input get three directions of their own, and a relative error is reported for each.

    - `subject`: it is left as it is: a copy is checked, whose parameters of exactly 0 are moved a
      little.
    - `x`, `y`: samples and targets; without them, random ones are made.
    - `loss`: of a network; by default the one it was trained with, or else cross-entropy.
    - `seed=0`: of the directions, and of random samples.
    - `show=True`: whether to print the report.

    Raises `InputTypeError` for anything that is not a network, a layer or a loss.

    >>> from glassnet import Dense, ReLU, Sequential
    >>> bool(gradcheck(Sequential([Dense(4), ReLU(), Dense(3)], input_shape=5, seed=0), show=False))
    True
    """
    rng = np.random.default_rng(seed)
    if isinstance(subject, Loss):
        report = _check_loss(subject, x, y, rng)
    elif isinstance(subject, Layer):
        report = _check_layer(subject, x, rng)
    elif isinstance(subject, Network):
        report = _check_network(subject, x, y, loss or subject.loss or CrossEntropy(), rng)
    else:
        raise InputTypeError(f"gradcheck: expected a network, a layer or a loss, got {subject!r}")
    if show:
        print(report)
    return report


def _check_loss(loss: Loss, x: Any, y: Any, rng: Rng) -> GradientReport:
    z = rng.normal(size=(6, 4)) if x is None else numeric("x", x).astype(np.float64)
    given = rng.integers(0, max(z.shape[-1], 2), len(z)) if y is None else y
    targets = np.atleast_1d(as_array("y", given))
    _, dz = loss(z, targets)
    error = compare(lambda: float(np.sum(loss(z, targets)[0])), z, dz, rng)
    return GradientReport(type(loss).__name__, (Check("z", z.shape, error),))


def _check_layer(layer: Layer, x: Any, rng: Rng) -> GradientReport:
    known = LAYERS | {type(part).__name__: type(part) for _, part in walk(layer.parts())}
    twin = type(layer).from_config(layer.config(), known)
    shape = layer.example_input if x is None else numeric("x", x).shape[1:]
    seed = int(rng.integers(2**32))
    network = Network([twin], input_shape=shape, seed=seed, dtype=np.float64)
    x = _samples(network, x, 5, rng)
    weights = rng.normal(size=network.forward(x)[0].shape)
    checks = _differentiate(network, x, lambda y: (np.sum(y * weights), weights), rng)
    return GradientReport(type(layer).__name__, checks)


def _check_network(network: Network, x: Any, y: Any, loss: Loss, rng: Rng) -> GradientReport:
    _ = network.parameters
    network = network.copy(np.float64)
    theta = network.parameters.trainable
    # Biases that are all 0 can hold a ReLU exactly at its kink, where there is no derivative.
    theta[theta == 0] = rng.normal(scale=0.1, size=np.count_nonzero(theta == 0))
    x = _samples(network, x, 6, rng)
    outputs = network.output_shape[-1]
    y = rng.integers(0, max(outputs, 2), len(x)) if y is None else y
    targets = loss.targets(y, outputs, np.float64)
    checks = _differentiate(network, x, lambda z: loss(z, targets), rng)
    return GradientReport("the network", checks)


def _samples(network: Network, given: Any, count: int, rng: Rng) -> Array:
    """The samples given, or random ones: a copy, since it is moved."""
    if given is not None:
        return network.check_inputs(given).astype(network.input_dtype)
    assert network.input_shape is not None
    size = (count, *network.input_shape)
    return rng.normal(size=size) if network.input_dtype.kind == "f" else rng.integers(0, 2, size)


def _differentiate(network: Network, x: Array, judge: Judge, rng: Rng) -> tuple[Check, ...]:
    """Check the input and each parameter; `judge` gives the value of outputs and its gradient.

    Noise is the same in every forward, from a generator that starts anew.
    """
    noise = int(rng.integers(2**32))

    def outputs() -> tuple[Array, list[Any]]:
        return network.forward(x, np.random.default_rng(noise))

    def value() -> float:
        return float(np.sum(judge(outputs()[0])[0]))

    z, saved = outputs()
    dx = network.backward(judge(z)[1], saved)
    gradients = {name: g.copy() for name, g in network.gradient.items()}
    checks = []
    if x.dtype.kind == "f":  # by whole numbers there is no derivative
        checks.append(Check("x", x.shape, compare(value, x, dx, rng)))
    for name, gradient in gradients.items():
        parameter = network.parameters[name]
        checks.append(Check(name, parameter.shape, compare(value, parameter, gradient, rng)))
    return tuple(checks)


def compare(value: Callable[[], float], a: Array, gradient: Array, rng: Rng) -> float:
    """The largest relative error over random directions; `a` is moved in place and put back."""
    start, worst = a.copy(), 0.0
    for _ in range(DIRECTIONS):
        direction = rng.normal(size=a.shape)
        direction /= np.linalg.norm(direction)
        a[...] = start + STEP * direction
        above = value()
        a[...] = start - STEP * direction
        below = value()
        a[...] = start
        slope, expected = (above - below) / (2 * STEP), float(np.sum(gradient * direction))
        # Gradients that are 0 up to rounding agree: 1e-3 of the gradient's length, or 1e-4 at all.
        scale = max(abs(slope), abs(expected), 1e-3 * float(np.linalg.norm(gradient)), 1e-4)
        error = abs(slope - expected) / scale
        worst = max(worst, math.inf if math.isnan(error) else error)
    return worst


def checks_in_all() -> int:
    """How many reports `check_all` gives."""
    return sum(len(layers.examples) for layers in LAYERS.values()) + len(LOSSES) + len(ACTIVATIONS)


def check_all(seed: int = 0) -> Iterator[GradientReport]:
    """One report for each registered layer, each loss, and a network of each activation."""
    for layers in LAYERS.values():
        for settings in layers.examples:
            yield gradcheck(layers.from_config(settings), seed=seed, show=False)
    for loss in LOSSES.values():
        yield gradcheck(loss(), seed=seed, show=False)
    for name in ACTIVATIONS:
        network = Network([Dense(5, name), Dense(3)], input_shape=4, seed=seed)
        report = gradcheck(network, seed=seed, show=False)
        yield GradientReport(f"a network with {name}", report.checks)
