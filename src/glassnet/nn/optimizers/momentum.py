"""Gradient descent, and rules with a velocity."""

from typing import Any

from glassnet.base.arrays import Array
from glassnet.nn.optimizers.base import Optimizer


class SGD(Optimizer):
    """θ ← θ − η g  (Robbins & Monro, 1951).

    - `learning_rate=0.01`: η.
    - `weight_decay=0`: λ, as in `Optimizer`.

    >>> import numpy as np
    >>> theta, rule = np.array([1.0]), SGD(0.1)
    >>> moments = rule.start(theta)
    >>> for t in (1, 2):
    ...     rule.step(theta, np.array([2.0]), moments, t, rate=rule.learning_rate)
    >>> theta.round(4).tolist()
    [0.6]
    """

    worked = ("θ ← θ − η g = {θ} − {η} · {g} = {after}",)

    def rule(self, theta: Array, g: Array, *, t: int, rate: Any) -> None:
        theta -= rate * g

    @staticmethod
    def of_number(theta: Any, g: Any, rate: Any) -> Any:
        return theta - rate * g


class Velocity(Optimizer):
    """What the rules with a velocity v share: its decay β from step to step."""

    moments = ("v",)

    def __init__(
        self, learning_rate: float = 0.01, beta: float = 0.9, *, weight_decay: float = 0.0
    ) -> None:
        super().__init__(learning_rate, weight_decay=weight_decay)
        self.beta = self.number("beta", beta, "[0, 1)")

    def constants(self, t: Any, rate: Any, dtype: Any) -> tuple[Any, ...]:
        return rate, self.beta


class AveragingMomentum(Velocity):
    """v ← β v + (1 − β) g;  θ ← θ − η v: a step along the gradients' moving average.

    - `learning_rate=0.01`: η.
    - `beta=0.9`: β, how much of v each step keeps.
    - `weight_decay=0`: λ, as in `Optimizer`.

    >>> import numpy as np
    >>> theta, rule = np.array([1.0]), AveragingMomentum(0.1)
    >>> moments = rule.start(theta)
    >>> for t in (1, 2):
    ...     rule.step(theta, np.array([2.0]), moments, t, rate=rule.learning_rate)
    >>> theta.round(4).tolist()
    [0.942]
    """

    worked = (
        "v ← β v + (1 − β) g = {beta} · {v0} + (1 − {beta}) · {g} = {v}",
        "θ ← θ − η v = {θ} − {η} · {v} = {after}",
    )

    def rule(self, theta: Array, g: Array, v: Array, *, t: int, rate: Any) -> None:
        v *= self.beta
        v += (1 - self.beta) * g
        theta -= rate * v

    @staticmethod
    def of_number(theta: Any, g: Any, v: Any, rate: Any, beta: Any) -> Any:
        v = beta * v + (1 - beta) * g
        return theta - rate * v, v


class Momentum(Velocity):
    """v ← β v + g;  θ ← θ − η v: the heavy ball  (Polyak, 1964).

    - `learning_rate=0.01`: η.
    - `beta=0.9`: β, how much of v each step keeps.
    - `weight_decay=0`: λ, as in `Optimizer`.

    >>> import numpy as np
    >>> theta, rule = np.array([1.0]), Momentum(0.1)
    >>> moments = rule.start(theta)
    >>> for t in (1, 2):
    ...     rule.step(theta, np.array([2.0]), moments, t, rate=rule.learning_rate)
    >>> theta.round(4).tolist()
    [0.42]
    """

    worked = (
        "v ← β v + g = {beta} · {v0} + {g} = {v}",
        "θ ← θ − η v = {θ} − {η} · {v} = {after}",
    )

    def rule(self, theta: Array, g: Array, v: Array, *, t: int, rate: Any) -> None:
        v *= self.beta
        v += g
        theta -= rate * v

    @staticmethod
    def of_number(theta: Any, g: Any, v: Any, rate: Any, beta: Any) -> Any:
        v = beta * v + g
        return theta - rate * v, v


class RateInVelocity(Velocity):
    """v ← β v − η g;  θ ← θ + v, or with `nesterov` θ ← θ + β v − η g: a velocity that has the
    learning rate in it  (Sutskever et al., 2013; scikit-learn's).

    `Momentum` and `Nesterov` take η out of v. Both are the same until η changes.
    """

    def __init__(
        self,
        learning_rate: float = 0.01,
        beta: float = 0.9,
        nesterov: bool = False,
        *,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(learning_rate, beta, weight_decay=weight_decay)
        self.nesterov = nesterov

    def rule(self, theta: Array, g: Array, v: Array, *, t: int, rate: Any) -> None:
        g *= rate
        v *= self.beta
        v -= g
        if self.nesterov:
            theta -= g
            theta += self.beta * v
        else:
            theta += v

    @staticmethod
    def of_number(theta: Any, g: Any, v: Any, rate: Any, beta: Any, nesterov: Any) -> Any:
        v = beta * v - rate * g
        return (theta - rate * g + beta * v if nesterov else theta + v), v

    def constants(self, t: Any, rate: Any, dtype: Any) -> tuple[Any, ...]:
        return rate, self.beta, float(self.nesterov)


class Nesterov(Velocity):
    """v ← β v + g;  θ ← θ − η (g + β v): the gradient one step ahead  (Nesterov, 1983;
    in this form Sutskever et al., 2013).

    - `learning_rate=0.01`: η.
    - `beta=0.9`: β, how much of v each step keeps.
    - `weight_decay=0`: λ, as in `Optimizer`.

    >>> import numpy as np
    >>> theta, rule = np.array([1.0]), Nesterov(0.1)
    >>> moments = rule.start(theta)
    >>> for t in (1, 2):
    ...     rule.step(theta, np.array([2.0]), moments, t, rate=rule.learning_rate)
    >>> theta.round(4).tolist()
    [0.078]
    """

    worked = (
        "v ← β v + g = {beta} · {v0} + {g} = {v}",
        "θ ← θ − η (g + β v) = {θ} − {η} · ({g} + {beta} · {v}) = {after}",
    )

    def rule(self, theta: Array, g: Array, v: Array, *, t: int, rate: Any) -> None:
        v *= self.beta
        v += g
        theta -= rate * (g + self.beta * v)

    @staticmethod
    def of_number(theta: Any, g: Any, v: Any, rate: Any, beta: Any) -> Any:
        v = beta * v + g
        return theta - rate * (g + beta * v), v
