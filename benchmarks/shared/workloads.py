"""What is measured: networks with their data, batches and rule, the same for every library."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Order = Callable[[int, int], NDArray[np.int64]]


@dataclass(frozen=True)
class Workload:
    """A network, what it learns and how; `sizes` are inputs, hidden units and outputs.

    One output means two classes (sigmoid and binary cross-entropy), more mean softmax and
    cross-entropy. `bounds` are how many times as much others must take: see `AGAINST` in
    `benchmarks.versus.report`.
    """

    name: str
    data: Callable[[], tuple[Array, NDArray[np.int64]]]
    sizes: tuple[int, ...]
    activation: str
    rule: str
    rate: float
    batch: int
    bounds: dict[str, float] = field(default_factory=dict)
    epochs: int = 10

    def weights(self) -> list[tuple[Array, Array]]:
        """The first weights, the same for all: Glorot's uniform (2010), biases 0."""
        rng = np.random.default_rng(0)
        layers = []
        for inputs, outputs in zip(self.sizes, self.sizes[1:], strict=False):
            bound = np.sqrt(6 / (inputs + outputs))
            w = rng.uniform(-bound, bound, (inputs, outputs)).astype(np.float32)
            layers.append((w, np.zeros(outputs, np.float32)))
        return layers


def order(epoch: int, samples: int) -> NDArray[np.int64]:
    """The order of the samples in an epoch, the same for all that let themselves be told."""
    return np.random.default_rng(epoch).permutation(samples)


def in_order(epoch: int, samples: int) -> NDArray[np.int64]:
    """The samples as they stand: for the check that all learn the same."""
    return np.arange(samples)


@cache
def mnist() -> tuple[Array, NDArray[np.int64]]:
    """60,000 digits as float32 rows of 0 … 1; from $GLASSNET_DATA or the user's cache."""
    from glassnet.data import load

    data = load("mnist")
    x = data.x_train.reshape(len(data.x_train), -1).astype(np.float32)
    return x / np.float32(255), data.y_train


def few_digits() -> tuple[Array, NDArray[np.int64]]:
    """The first 6,000 digits: a batch of one takes its time."""
    x, y = mnist()
    return x[:6000].copy(), y[:6000].copy()


def moons() -> tuple[Array, NDArray[np.int64]]:
    """3,750 points of two moons."""
    from glassnet.data import load

    data = load("moons")
    return data.x_train.astype(np.float32), data.y_train


def iris() -> tuple[Array, NDArray[np.int64]]:
    """150 irises, standardised."""
    from glassnet.data import load

    data = load("iris", test=0.0)
    x = (data.x_train - data.x_train.mean(axis=0)) / data.x_train.std(axis=0)
    return x.astype(np.float32), data.y_train


def table() -> tuple[Array, NDArray[np.int64]]:
    """500,000 rows of 28 numbers, two classes that a network can learn in part."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((500_000, 28), dtype=np.float32)
    hidden = np.tanh(x @ rng.standard_normal((28, 8), dtype=np.float32) / 3)
    score = hidden @ rng.standard_normal(8, dtype=np.float32)
    return x, (score + 0.5 * rng.standard_normal(len(x)) > 0).astype(np.int64)


def squares() -> tuple[Array, NDArray[np.int64]]:
    """10,000 points of four numbers, in the class of the largest of their products in pairs."""
    x = np.random.default_rng(0).standard_normal((10_000, 4), dtype=np.float32)
    return x, (x * np.roll(x, 1, axis=1)).argmax(axis=1)


def _mnist(name: str, hidden: tuple[int, ...], activation: str, rule: str, rate: float,
           **bounds: float) -> Workload:  # fmt: skip
    return Workload(name, mnist, (784, *hidden, 10), activation, rule, rate, 128, bounds)


WORKLOADS = {
    each.name: each
    for each in (
        _mnist("784-64-10", (64,), "sigmoid", "momentum", 0.4,
               eager=1.9, jax=1.0, keras_jax=1.7, call=1.3, floor=1 / 1.2, memory=2),
        _mnist("784-128-64-10", (128, 64), "sigmoid", "momentum", 0.4,
               eager=1.5, jax=1.0, keras_jax=1.5, call=1.3, floor=1 / 1.2),
        _mnist("784-512-256-10", (512, 256), "relu", "adam", 0.001,
               eager=1.5, jax=1.0, keras_jax=1.3, call=1.1, floor=1 / 1.25),
        Workload("batch-of-one", few_digits, (784, 128, 64, 10), "sigmoid", "sgd", 0.01, 1,
                 {"eager": 10, "jax": 1.0, "keras_jax": 6, "call": 1}),
        Workload("moons", moons, (2, 64, 2), "relu", "sgd", 0.05, 10,
                 {"eager": 12, "jax": 1.0, "keras_jax": 12, "call": 2}),
        Workload("iris", iris, (4, 16, 3), "relu", "sgd", 0.1, 150,
                 {"eager": 6, "jax": 2, "keras_jax": 10, "call": 1}, epochs=500),
        Workload("table", table, (28, 256, 256, 1), "relu", "adam", 0.001, 1024,
                 {"eager": 1.5, "jax": 1.0, "keras_jax": 1.3, "call": 1.1, "floor": 1 / 1.25}),
        Workload("4-32-16-4", squares, (4, 32, 16, 4), "tanh", "adam", 0.01, 10_000,
                 {"eager": 3, "jax": 1.0, "keras_jax": 3}, epochs=100),
    )
}  # fmt: skip

MOMENTUM = 0.9
CHECKED = 6000  # samples (or 50 batches of them) after which all must have the same loss
