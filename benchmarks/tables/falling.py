"""Dropout and weight decay that are constant for the first half of some steps and then fall to 0
along half a cosine wave: "flat_cos" of RealMLP-TD  (Holzmüller et al., 2024)."""

from typing import Any, ClassVar

import numpy as np

from glassnet.base.arrays import Array, Rng, Shape
from glassnet.nn.initializers import Zeros
from glassnet.nn.layers.base import Layer, Settings
from glassnet.nn.optimizers import AdamW, Moments
from glassnet.nn.parameters import Parameter


def left(done: Any) -> Any:
    """The share that is left of a rate when so much of the time is done, 0 to 1 or more.

    >>> [float(left(done).round(3)) for done in (0.2, 0.5, 0.75, 1.0, 3.0)]
    [1.0, 1.0, 0.5, 0.0, 0.0]
    """
    return (1 + np.cos(np.pi * np.clip(2 * done - 1, 0, 1))) / 2


class FallingDropout(Layer):
    """Dropout whose rate falls to 0.

        forward    y = x · mask / (1 − p),  p = rate · left(step / steps)   (prediction: y = x)
        backward   dx = dy · mask / (1 − p)

    The number of the step is state, which is not learned.

    - `rate=0.15`: p at first.
    - `steps=1000`: how many it takes until p is 0.
    """

    random = True
    examples: ClassVar[tuple[Settings, ...]] = ({"rate": 0.4, "steps": 3},)

    step: Array

    def __init__(self, rate: float = 0.15, steps: int = 1000) -> None:
        self.rate = self.number("rate", rate, "[0, 1)")
        self.steps = self.positive_int("steps", steps)

    def build(self, input_shape: Shape) -> dict[str, Parameter]:
        return {"step": Parameter((1,), Zeros(), trainable=False)}

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, Array | None]:
        if rng is None:
            return x, None
        p = (self.rate * left(self.step / self.steps)).astype(x.dtype)[..., None, :]
        kept = (rng.random(x.shape, dtype=np.float32) >= p) / (1 - p)
        return x * kept, kept

    def backward(self, dy: Array, kept: Array | None) -> Array:
        return dy if kept is None else dy * kept

    def observe(self, kept: Array | None) -> None:
        self.step += 1


class FallingAdamW(AdamW):
    """AdamW whose weight decay falls to 0:  W ← W − η λ left(t / steps) W.

    - `learning_rate=0.001`, `weight_decay=0.01`: η and λ, as in `AdamW`.
    - `steps=1000`: how many it takes until weights no longer decay.
    """

    def __init__(
        self, learning_rate: float = 0.001, *, weight_decay: float = 0.01, steps: int = 1000
    ) -> None:
        super().__init__(learning_rate, weight_decay=weight_decay)
        self.steps = self.positive_int("steps", steps)

    def step(
        self, theta: Array, g: Array, moments: Moments, t: int, rate: Any,
        decays: Array | None = None,
    ) -> None:  # fmt: skip
        share = np.full_like(theta, left(t / self.steps))
        super().step(theta, g, moments, t, rate, share if decays is None else share * decays)
