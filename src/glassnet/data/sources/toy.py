"""Small datasets that need no download: they come with scikit-learn or are computed."""

from numbers import Real

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.errors import DataError
from glassnet.base.optional import need
from glassnet.data.dataset import Dataset, generator, split


def load_digits(seed: int = 0, test: float = 0.2) -> Dataset:
    """1,797 handwritten digits, uint8 `(samples, 8, 8)` with values 0 … 16, labels 0 … 9.

    `test` is the share of the test part, stratified by digit. From the UCI repository (Alpaydin
    and Kaynak, 1998) through scikit-learn.
    """
    digits = need("sklearn.datasets", "digits").load_digits()
    return Dataset(
        "digits",
        *split(digits.images.astype(np.uint8), digits.target.astype(np.int64), test, seed),
        classes=tuple("0123456789"),
        scale=1 / 16,
        target="digit",
    )


def load_iris(seed: int = 0, test: float = 0.2) -> Dataset:
    """150 irises, float64 `(samples, 4)` in cm, 50 of each of three species (Fisher, 1936).

    `test` is the share of the test part, stratified by species.
    """
    iris = need("sklearn.datasets", "iris").load_iris()
    return Dataset(
        "iris",
        *split(iris.data, iris.target.astype(np.int64), test, seed),
        classes=tuple(map(str, iris.target_names)),
        feature_names=tuple(iris.feature_names),
        target="species",
    )


def load_moons(
    samples: int = 5000, noise: float = 0.1, test: float = 0.25, seed: int = 0
) -> Dataset:
    """Points of two interleaving half-moons in the plane, float64 `(samples, 2)`, labels 0 and 1.

    `noise` is the standard deviation of the normal noise added to each coordinate; a moon has
    radius 1. `test` is the share of the test part, stratified by moon.

    Raises DataError for fewer than 2 samples or a noise that is not a number from 0 up.
    """
    return _drawn("moons", samples, noise, test, seed, ("upper", "lower"), "moon")


def load_circles(
    samples: int = 5000, noise: float = 0.1, test: float = 0.25, seed: int = 0
) -> Dataset:
    """Points of two circles around the origin, float64 `(samples, 2)`, labels 0 (outer) and 1.

    `noise` is the standard deviation of the normal noise added to each coordinate; the circles
    have radius 1 and 0.5. `test` is the share of the test part, stratified by circle.

    Raises DataError for fewer than 2 samples or a noise that is not a number from 0 up.

    >>> circles = load_circles(samples=400, noise=0)
    >>> circles.x_train.shape, np.unique(np.hypot(*circles.x_train.T).round(6)).tolist()
    ((300, 2), [0.5, 1.0])
    """
    return _drawn("circles", samples, noise, test, seed, ("outer", "inner"), "circle")


def _drawn(
    name: str,
    samples: int,
    noise: float,
    test: float,
    seed: int,
    classes: tuple[str, str],
    target: str,
) -> Dataset:
    """Two curves in the plane, as many samples of each, in an order and with noise that are drawn:
    to the bit what scikit-learn's `make_NAME` gives, which takes a second to import."""
    if not isinstance(samples, (int, np.integer)) or samples < 2:
        raise DataError(f"{name} samples: expected a whole number from 2 up, got {samples!r}")
    if not isinstance(noise, Real) or not 0 <= noise < np.inf:
        raise DataError(f"{name} noise: expected a number from 0 up, got {noise!r}")
    generator(seed)  # refuses a bad seed
    drawn = np.random.RandomState(int(seed) % 2**32)
    first = samples // 2
    x = np.concatenate(CURVES[name](first, samples - first))
    y = np.repeat(np.arange(2), (first, samples - first))
    order = np.arange(samples)
    drawn.shuffle(order)
    x = x[order] + drawn.normal(scale=float(noise), size=x.shape)
    return Dataset(
        name,
        *split(x, y[order], test, seed),
        classes=classes,
        feature_names=("x1", "x2"),
        target=target,
    )


def _moons(first: int, second: int) -> tuple[Array, Array]:
    """Two half circles; the second is turned, and reaches into the first."""
    upper, lower = np.linspace(0, np.pi, first), np.linspace(0, np.pi, second)
    turned = np.stack([1 - np.cos(lower), 1 - np.sin(lower) - 0.5], axis=1)
    return np.stack([np.cos(upper), np.sin(upper)], axis=1), turned


def _circles(first: int, second: int) -> tuple[Array, Array]:
    """Two circles around each other, with radius 1 and 0.5."""
    angles = (np.linspace(0, 2 * np.pi, count, endpoint=False) for count in (first, second))
    outer, inner = (np.stack([np.cos(each), np.sin(each)], axis=1) for each in angles)
    return outer, inner * 0.5


CURVES = {"moons": _moons, "circles": _circles}
