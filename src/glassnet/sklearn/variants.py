"""The rules of scikit-learn's solvers, where they are not quite ours."""

import math
from typing import Any

from glassnet.base.arrays import Array
from glassnet.nn.optimizers import Adam, Optimizer


class Velocity(Optimizer):
    """Momentum whose velocity has the learning rate in it.

        v ← β v − η g      θ ← θ + v, or with Nesterov's look ahead θ ← θ + β v − η g

    Ours takes η out of v. Both are the same until η changes, as it does by "invscaling" and
    "adaptive".
    """

    moments = ("v",)

    def __init__(
        self, learning_rate: float, beta: float, nesterov: bool, *, weight_decay: float = 0.0
    ) -> None:
        super().__init__(learning_rate, weight_decay=weight_decay)
        self.beta, self.nesterov = beta, nesterov

    def rule(self, theta: Array, g: Array, v: Array, *, t: int, rate: Any) -> None:
        g *= rate
        v *= self.beta
        v -= g
        if self.nesterov:
            theta -= g
            theta += self.beta * v
        else:
            theta += v


class EarlyEpsilon(Adam):
    """Adam with ε added before √v is corrected, so that it weighs more in the first steps.

    θ ← θ − η √(1 − β₂ᵗ) / (1 − β₁ᵗ) m / (√v + ε)
    """

    def scaled_epsilon(self, root2: float) -> float:
        return self.epsilon / math.sqrt(1 - self.beta2)
