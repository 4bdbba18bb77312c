"""Dropout."""

import numpy as np

from glassnet.base.arrays import Array, Rng
from glassnet.nn.layers.base import Layer
from glassnet.nn.worked import Place, Worked, at


class Dropout(Layer, name="dropout"):
    """In training each input is 0 with probability `rate`, the others grow by 1 / (1 − rate).

        forward    y = x · mask / (1 − rate)        (prediction: y = x)
        backward   dx = dy · mask / (1 − rate)

    The expected output is the input, so prediction needs no correction (Srivastava et al., 2014).

    - `rate=0.5`: from 0 up to, not including, 1.

    >>> y, mask = Dropout(0.5).forward(np.ones((1, 6)), np.random.default_rng(0))
    >>> y
    array([[2., 2., 2., 0., 0., 0.]])
    """

    random = True
    examples = ({"rate": 0.4}, {"rate": 0.0})

    def __init__(self, rate: float = 0.5) -> None:
        self.rate = self.number("rate", rate, "[0, 1)")

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, Array | None]:
        if rng is None or self.rate == 0:
            return x, None
        mask = rng.random(x.shape, dtype=np.float32) >= self.rate
        return self._keep(x, mask), mask

    def backward(self, dy: Array, saved: Array | None) -> Array:
        return dy if saved is None else self._keep(dy, saved)

    def worked_forward(
        self, place: Place, x: Array, y: Array, saved: Array | None
    ) -> Worked | None:
        return self._worked("x", "y", place, x, saved)

    def worked_backward(
        self, place: Place, x: Array, dy: Array, saved: Array | None
    ) -> Worked | None:
        return self._worked("dy", "dx", place, dy, saved)

    def _worked(
        self, name: str, of: str, place: Place, values: Array, mask: Array | None
    ) -> Worked | None:
        if mask is None:
            return None
        numbers = {
            "value": float(values[place]), "mask": float(mask[place]), "rate": self.rate,
            "kept": float(self._keep(values, mask)[place]),
        }  # fmt: skip
        formula, put_in = f"{name} · mask / (1 − rate)", "{value} · {mask} / (1 − {rate})"
        return Worked((f"{at(of, place)} = {formula} = {put_in} = {{kept}}",), numbers)

    def _keep(self, values: Array, mask: Array) -> Array:
        kept = values * mask
        kept /= 1 - self.rate
        return kept
