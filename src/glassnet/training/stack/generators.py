"""Many generators that draw as one: the noise of a stack, each network's from its own."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from glassnet.base.arrays import Array, Rng, Shape


class Generators:
    """K generators in the place of one: arrays with K in front, share k drawn by generator k.

    So each network of a stack has the noise that it would have alone. It draws what layers draw:
    `random`, `standard_normal`, `normal` and `uniform`, always with a shape.

    >>> two = Generators([np.random.default_rng(0), np.random.default_rng(1)])
    >>> bool((two.random((2, 3))[1] == np.random.default_rng(1).random(3)).all())
    True
    """

    def __init__(self, each: Iterable[Rng]) -> None:
        self.each = list(each)

    def random(self, size: Shape, dtype: Any = np.float64) -> Array:
        """Uniform in [0, 1)."""
        return self._together(size, lambda rng, shape: rng.random(shape, dtype))

    def standard_normal(self, size: Shape, dtype: Any = np.float64) -> Array:
        """Normal with mean 0 and standard deviation 1."""
        return self._together(size, lambda rng, shape: rng.standard_normal(shape, dtype))

    def normal(self, loc: float, scale: float, size: Shape) -> Array:
        """Normal with mean `loc` and standard deviation `scale`."""
        return self._together(size, lambda rng, shape: rng.normal(loc, scale, shape))

    def uniform(self, low: float, high: float, size: Shape) -> Array:
        """Uniform in [low, high)."""
        return self._together(size, lambda rng, shape: rng.uniform(low, high, shape))

    def _together(self, size: Shape, draw: Callable[[Rng, Shape], Array]) -> Array:
        return np.stack([draw(rng, size[1:]) for rng in self.each])
