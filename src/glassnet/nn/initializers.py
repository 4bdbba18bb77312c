"""Where weights start: each initializer is a distribution and its reason.

An initializer is called with a generator and the shape of one parameter, `(inputs, outputs)` for
weights, and returns float64 values; the network rounds them to its own dtype, so that the same
seed starts the same network in every precision.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from glassnet.base.arrays import Array, Rng, Shape
from glassnet.base.configurable import Described, resolve
from glassnet.base.errors import InputError


class Initializer(Described):
    """Base of all initializers."""

    def __call__(self, rng: Rng, shape: Shape) -> Array:
        """Values for one parameter, float64.

        - `rng`: the generator to draw from.
        - `shape`: of the parameter: (inputs, outputs) for weights.
        """
        raise NotImplementedError


class Constant(Initializer):
    """Every value the same.

    - `value=0`: that value.

    >>> Constant(0.1)(np.random.default_rng(0), (3,)).tolist()
    [0.1, 0.1, 0.1]
    """

    def __init__(self, value: float = 0.0) -> None:
        self.value = self.number("value", value)

    def __call__(self, rng: Rng, shape: Shape) -> Array:
        return np.full(shape, float(self.value))


class Zeros(Initializer):
    """Every value 0: for biases. Weights that start equal stay equal."""

    def __call__(self, rng: Rng, shape: Shape) -> Array:
        return np.zeros(shape)


class Normal(Initializer):
    """N(0, std²).

    - `std=1`: the standard deviation.

    >>> Normal(std=0.1)(np.random.default_rng(0), (3, 2)).shape
    (3, 2)
    """

    def __init__(self, std: float = 1.0) -> None:
        self.std = self.number("std", std, "[0, inf)")

    def __call__(self, rng: Rng, shape: Shape) -> Array:
        return self.std * rng.standard_normal(shape)


class Uniform(Initializer):
    """U(low, high).

    - `low=-1`, `high=1`: the ends.

    >>> Uniform(0, 1)(np.random.default_rng(0), (2,)).round(3).tolist()
    [0.637, 0.27]
    """

    def __init__(self, low: float = -1.0, high: float = 1.0) -> None:
        self.high = self.number("high", high)
        self.low = self.number("low", low, f"(-inf, {self.high}]")
        self.number("high - low", self.high - self.low)

    def __call__(self, rng: Rng, shape: Shape) -> Array:
        return rng.uniform(self.low, self.high, shape)


def fans(shape: Shape) -> tuple[int, int]:
    """How many values enter and leave a unit whose weights have this shape.

    >>> fans((784, 64))
    (784, 64)
    """
    if len(shape) < 2:
        raise InputError(
            f"this initializer scales by inputs and outputs, which a parameter of shape {shape} "
            "does not have: use zeros, constant, normal or uniform for biases"
        )
    receptive = int(np.prod(shape[:-2]))
    return receptive * shape[-2], receptive * shape[-1]


class GlorotNormal(Initializer):
    """N(0, 2 / (inputs + outputs)): keeps variance through tanh layers (Glorot & Bengio, 2010)."""

    def __call__(self, rng: Rng, shape: Shape) -> Array:
        return math.sqrt(2 / sum(fans(shape))) * rng.standard_normal(shape)


class GlorotUniform(Initializer):
    """U(−a, a), a = √(6 / (inputs + outputs)) (Glorot & Bengio, 2010)."""

    def __call__(self, rng: Rng, shape: Shape) -> Array:
        a = math.sqrt(6 / sum(fans(shape)))
        return rng.uniform(-a, a, shape)


class HeNormal(Initializer):
    """N(0, 2 / inputs): keeps variance through ReLU layers (He et al., 2015)."""

    def __call__(self, rng: Rng, shape: Shape) -> Array:
        return math.sqrt(2 / fans(shape)[0]) * rng.standard_normal(shape)


class HeUniform(Initializer):
    """U(−a, a), a = √(6 / inputs) (He et al., 2015)."""

    def __call__(self, rng: Rng, shape: Shape) -> Array:
        a = math.sqrt(6 / fans(shape)[0])
        return rng.uniform(-a, a, shape)


class LeCunNormal(Initializer):
    """N(0, 1 / inputs): a sum of inputs of variance 1 has variance 1 (LeCun et al., 1998)."""

    def __call__(self, rng: Rng, shape: Shape) -> Array:
        return math.sqrt(1 / fans(shape)[0]) * rng.standard_normal(shape)


class LeCunUniform(Initializer):
    """U(−a, a), a = √(3 / inputs) (LeCun et al., 1998)."""

    def __call__(self, rng: Rng, shape: Shape) -> Array:
        a = math.sqrt(3 / fans(shape)[0])
        return rng.uniform(-a, a, shape)


class FanOutNormal(Initializer):
    """N(0, 1 / outputs): keeps the variance of what flows backward."""

    def __call__(self, rng: Rng, shape: Shape) -> Array:
        return math.sqrt(1 / fans(shape)[1]) * rng.standard_normal(shape)


class Orthogonal(Initializer):
    """gain × a matrix with orthonormal rows or columns (Saxe et al., 2014).

    - `gain=1`: a factor.

    >>> W = Orthogonal()(np.random.default_rng(0), (5, 3))
    >>> bool(np.allclose(W.T @ W, np.eye(3)))
    True
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = self.number("gain", gain)

    def __call__(self, rng: Rng, shape: Shape) -> Array:
        fans(shape)
        rows, columns = int(np.prod(shape[:-1])), shape[-1]
        normal = rng.standard_normal((max(rows, columns), min(rows, columns)))
        q, r = np.linalg.qr(normal)
        q *= np.sign(np.diag(r))  # without this, QR's own signs make some matrices likelier
        return self.gain * (q if rows >= columns else q.T).reshape(shape)


INITIALIZERS: dict[str, type[Initializer]] = {
    "zeros": Zeros,
    "constant": Constant,
    "normal": Normal,
    "uniform": Uniform,
    "glorot_normal": GlorotNormal,
    "glorot_uniform": GlorotUniform,
    "he_normal": HeNormal,
    "he_uniform": HeUniform,
    "lecun_normal": LeCunNormal,
    "lecun_uniform": LeCunUniform,
    "fan_out_normal": FanOutNormal,
    "orthogonal": Orthogonal,
}


def initializer(given: "str | Mapping[str, Any] | Initializer") -> Initializer:
    """An initializer from its name, `"normal:std=0.1"`, its config, or itself."""
    return resolve("initializer", given, INITIALIZERS, Initializer)
