"""Optimizers: one class for each published rule, on one vector, in place.

An optimizer is a description: formula and constants. What it remembers between steps, its moments,
are vectors like θ that the caller keeps. In the formulas g is the gradient, η the learning rate
and t the number of the step, from 1.

Rules that square g hold its numbers within what their type can square, ±4.5·10¹⁵ in float32, and
their ε is at least the root of the type's smallest normal number, 1.1·10⁻¹⁹ in float32. So a large
gradient takes the step it would take in float64, and a parameter whose gradients were all 0 stays
where it is for ε = 0 too: that is the limit of 0 / (0 + ε).
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.configurable import Described, make
from glassnet.base.errors import InputError

Moments = dict[str, Array]

# A rule reads and writes each number several times. In pieces its temporaries stay small and in the
# cache; where that is small it is faster too, elsewhere as fast (benchmarks/micro/gains.py).
PIECE = 32_768

# A moment whose gradient has become 0 shrinks by ×0.9 a step until it is subnormal, and stays so:
# one multiplication of 51,000 such numbers then takes up to 145 µs instead of 5.
STEPS_BETWEEN_CLEARING = 100


class Optimizer(Described):
    """Base of all optimizers; one of your own needs `rule`, and the names of its moments.

    `weight_decay` λ adds λW to the gradient of weights, not of biases: the gradient of ½ λ ‖W‖².
    """

    moments: ClassVar[tuple[str, ...]] = ()

    def __init__(self, learning_rate: float = 0.01, *, weight_decay: float = 0.0) -> None:
        self.learning_rate = self.number("learning_rate", learning_rate, "[0, inf)")
        self.weight_decay = self.number("weight_decay", weight_decay, "[0, inf)")

    def start(self, theta: Array) -> Moments:
        """The moments before the first step: zeros, each like θ."""
        return {name: np.zeros_like(theta) for name in self.moments}

    def step(
        self,
        theta: Array,
        g: Array,
        moments: Moments,
        t: int,
        rate: Any,
        decays: Array | None = None,
    ) -> None:
        """Change θ by one step of the rule with η = `rate`, a number or one per network (K, 1).

        `decays` is 1 where weight decay applies and 0 elsewhere; g may be overwritten.

        >>> theta, g = np.array([1.0, 2.0]), np.array([0.5, 0.5])
        >>> SGD().step(theta, g, {}, t=1, rate=0.1)
        >>> theta
        array([0.95, 1.95])
        """
        for piece in pieces(theta):
            if self.weight_decay:
                mask = 1 if decays is None else decays[piece]
                self.decay(theta[piece], g[piece], mask, rate)
            self.rule(theta[piece], g[piece], *(m[piece] for m in moments.values()), t=t, rate=rate)
        if t % STEPS_BETWEEN_CLEARING == 0:
            for moment in moments.values():
                clear_subnormals(moment)

    def rule(self, *arrays: Any, **numbers: Any) -> None:
        """The published formula, `rule(theta, g, moments…, t=…, rate=…)`: changes θ and the moments
        in place."""
        raise NotImplementedError(f"{type(self).__name__} has no rule")

    def decay(self, theta: Array, g: Array, mask: Any, rate: Any) -> None:
        """g ← g + λθ where the mask is 1."""
        g += self.weight_decay * mask * theta


def clear_subnormals(moment: Array) -> None:
    """0 for every number too small to be a normal one of its type.

    >>> moment = np.array([1e-3, 1e-40, -1e-45], np.float32)
    >>> clear_subnormals(moment)
    >>> moment
    array([ 0.001,  0.   , -0.   ], dtype=float32)
    """
    moment *= np.abs(moment) >= np.finfo(moment.dtype).tiny


def squarable(dtype: Any) -> tuple[float, float]:
    """The least and the largest number of a type whose square has room in it, and so have sums of
    such squares: a sum near the largest number no longer changes when one more is added.

    >>> squarable(np.float32)
    (1.0842021724855044e-19, 4503599493152766.0)
    """
    limits = np.finfo(dtype)
    return math.sqrt(limits.tiny), math.sqrt(limits.max) * math.sqrt(limits.eps / 2)


SQUARABLE = {np.dtype(kind): squarable(kind) for kind in (np.float32, np.float64)}


def hold(g: Array) -> None:
    """Let numbers that are too large to be squared be the largest that are not; infinite ones stay.

    >>> g = np.array([4e18, -2.0], np.float32)
    >>> hold(g)
    >>> g.tolist()
    [4503599358935040.0, -2.0]
    """
    _, largest = SQUARABLE[g.dtype]
    square = g.dot(g) if g.ndim == 1 else np.vecdot(g, g).max()  # in place of passes over g
    if not square <= largest**2:
        np.clip(g, -largest, largest, out=g, where=np.isfinite(g))


def least(epsilon: float, g: Array) -> float:
    """ε, or where it is 0 or has no room in the type of g, the least number that can be squared."""
    return max(epsilon, SQUARABLE[g.dtype][0])


def pieces(theta: Array) -> Iterator[tuple[Any, slice]]:
    """Index θ piece by piece along its last axis."""
    n = theta.shape[-1]
    width = max(1, PIECE * n // theta.size if theta.size > PIECE else n)
    for start in range(0, n, width):
        yield ..., slice(start, start + width)


class SGD(Optimizer):
    """θ ← θ − η g  (Robbins & Monro, 1951)."""

    def rule(self, theta: Array, g: Array, *, t: int, rate: Any) -> None:
        theta -= rate * g


class Velocity(Optimizer):
    """What the rules with a velocity v share: its decay β from step to step."""

    moments = ("v",)

    def __init__(
        self, learning_rate: float = 0.01, beta: float = 0.9, *, weight_decay: float = 0.0
    ) -> None:
        super().__init__(learning_rate, weight_decay=weight_decay)
        self.beta = self.number("beta", beta, "[0, 1)")


class AveragingMomentum(Velocity):
    """v ← β v + (1 − β) g;  θ ← θ − η v: a step along the gradients' moving average."""

    def rule(self, theta: Array, g: Array, v: Array, *, t: int, rate: Any) -> None:
        v *= self.beta
        v += (1 - self.beta) * g
        theta -= rate * v


class Momentum(Velocity):
    """v ← β v + g;  θ ← θ − η v: the heavy ball  (Polyak, 1964)."""

    def rule(self, theta: Array, g: Array, v: Array, *, t: int, rate: Any) -> None:
        v *= self.beta
        v += g
        theta -= rate * v


class Nesterov(Velocity):
    """v ← β v + g;  θ ← θ − η (g + β v): the gradient one step ahead  (Nesterov, 1983;
    in this form Sutskever et al., 2013)."""

    def rule(self, theta: Array, g: Array, v: Array, *, t: int, rate: Any) -> None:
        v *= self.beta
        v += g
        theta -= rate * (g + self.beta * v)


class AdaGrad(Optimizer):
    """s ← s + g²;  θ ← θ − η g / (√s + ε)  (Duchi et al., 2011)."""

    moments = ("s",)

    def __init__(
        self, learning_rate: float = 0.01, epsilon: float = 1e-10, *, weight_decay: float = 0.0
    ) -> None:
        super().__init__(learning_rate, weight_decay=weight_decay)
        self.epsilon = self.number("epsilon", epsilon, "[0, inf)")

    def rule(self, theta: Array, g: Array, s: Array, *, t: int, rate: Any) -> None:
        hold(g)
        s += g * g
        theta -= rate * g / (np.sqrt(s) + least(self.epsilon, g))


class RMSProp(Optimizer):
    """s ← ρ s + (1 − ρ) g²;  θ ← θ − η g / (√s + ε)  (Hinton, 2012, lecture 6e)."""

    moments = ("s",)

    def __init__(
        self,
        learning_rate: float = 0.001,
        rho: float = 0.9,
        epsilon: float = 1e-8,
        *,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(learning_rate, weight_decay=weight_decay)
        self.rho = self.number("rho", rho, "[0, 1)")
        self.epsilon = self.number("epsilon", epsilon, "[0, inf)")

    def rule(self, theta: Array, g: Array, s: Array, *, t: int, rate: Any) -> None:
        hold(g)
        s *= self.rho
        s += (1 - self.rho) * (g * g)
        theta -= rate * g / (np.sqrt(s) + least(self.epsilon, g))


class Adam(Optimizer):
    """Weighted means of g and g², in which older steps count less  (Kingma & Ba, 2015).

    m ← β₁ m + g            m̂ = m / (1 + β₁ + … + β₁ᵗ⁻¹)
    v ← β₂ v + g²           v̂ = v / (1 + β₂ + … + β₂ᵗ⁻¹)
    θ ← θ − η m̂ / (√v̂ + ε)

    The paper's m and v are these sums times 1 − β₁ and 1 − β₂, and its m̂ and v̂ are the same.
    """

    moments = ("m", "v")

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        *,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(learning_rate, weight_decay=weight_decay)
        self.beta1 = self.number("beta1", beta1, "[0, 1)")
        self.beta2 = self.number("beta2", beta2, "[0, 1)")
        self.epsilon = self.number("epsilon", epsilon, "[0, inf)")

    def rule(self, theta: Array, g: Array, m: Array, v: Array, *, t: int, rate: Any) -> None:
        hold(g)
        m *= self.beta1
        m += g
        v *= self.beta2
        v += g * g
        # θ −= η m̂ / (√v̂ + ε), with both weights' sums taken out of the vectors' arithmetic.
        ones1, ones2 = weights(self.beta1, t), weights(self.beta2, t) ** 0.5
        root = np.sqrt(v)
        root += least(self.smallest(ones2), g)
        np.divide(m, root, out=root)
        root *= rate * ones2 / ones1
        theta -= root

    def smallest(self, ones2: float) -> float:
        """What is added to the root of the weighted sum of g²: ε in its unit."""
        return self.epsilon * ones2


def weights(beta: float, t: int) -> float:
    """1 + β + … + βᵗ⁻¹, what t steps weigh together when each counts β times the next."""
    return (1 - beta**t) / (1 - beta)


class AdamW(Adam):
    """Adam, with weight decay apart from the gradient:  W ← W − η λ W  (Loshchilov & Hutter,
    2019)."""

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        *,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(learning_rate, beta1, beta2, epsilon, weight_decay=weight_decay)

    def decay(self, theta: Array, g: Array, mask: Any, rate: Any) -> None:
        theta -= rate * self.weight_decay * mask * theta


class LBFGS(Optimizer):
    """Limited-memory BFGS: the whole data in every step, no learning rate  (Liu & Nocedal, 1989).

    One epoch is one iteration, in float64 whatever the network has. `history` is how many past
    steps shape the next.
    """

    def __init__(self, history: int = 10, *, weight_decay: float = 0.0) -> None:
        super().__init__(1.0, weight_decay=weight_decay)
        self.history = self.whole("history", history)

    def rule(self, *arrays: Any, **numbers: Any) -> None:
        raise InputError("lbfgs has no single step: it needs the whole loss, as fit gives it")


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "averaging_momentum": AveragingMomentum,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "adagrad": AdaGrad,
    "rmsprop": RMSProp,
    "adam": Adam,
    "adamw": AdamW,
    "lbfgs": LBFGS,
}


def optimizer(given: "str | Mapping[str, Any] | Optimizer") -> Optimizer:
    """An optimizer from its name, `"adam:learning_rate=0.01"`, its config, or itself."""
    return make("optimizer", given, OPTIMIZERS, Optimizer)
