"""Small datasets that need no download: they come with scikit-learn or are computed."""

from numbers import Real

import numpy as np

from glassnet.data.dataset import Dataset, generator, split
from glassnet.errors import DataError
from glassnet.packages import need


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
    if not isinstance(samples, (int, np.integer)) or samples < 2:
        raise DataError(f"moons samples: expected a whole number from 2 up, got {samples!r}")
    if not isinstance(noise, Real) or not 0 <= noise < np.inf:
        raise DataError(f"moons noise: expected a number from 0 up, got {noise!r}")
    generator(seed)  # refuses a bad seed before scikit-learn does, in other words
    make_moons = need("sklearn.datasets", "moons").make_moons
    x, y = make_moons(samples, noise=float(noise), random_state=seed)
    return Dataset(
        "moons",
        *split(x, y.astype(np.int64), test, seed),
        classes=("upper", "lower"),
        feature_names=("x1", "x2"),
        target="moon",
    )
