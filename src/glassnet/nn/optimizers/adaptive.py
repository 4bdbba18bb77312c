"""Rules that give each parameter a rate of its own, from the size of its gradients."""

from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.nn.optimizers.base import Optimizer, hold, least


class AdaGrad(Optimizer):
    """s ← s + g²;  θ ← θ − η g / (√s + ε)  (Duchi et al., 2011).

    - `learning_rate=0.01`: η.
    - `epsilon=1e-10`: ε, which keeps the divisor above 0.
    - `weight_decay=0`: λ, as in `Optimizer`.

    >>> theta, rule = np.array([1.0]), AdaGrad(0.1)
    >>> moments = rule.start(theta)
    >>> for t in (1, 2):
    ...     rule.step(theta, np.array([2.0]), moments, t, rate=rule.learning_rate)
    >>> theta.round(4).tolist()
    [0.8293]
    """

    moments = ("s",)
    squares = True
    worked = (
        "s ← s + g² = {s0} + {g}² = {s}",
        "θ ← θ − η g / (√s + ε) = {θ} − {η} · {g} / (√{s} + {epsilon}) = {after}",
    )

    def __init__(
        self, learning_rate: float = 0.01, epsilon: float = 1e-10, *, weight_decay: float = 0.0
    ) -> None:
        super().__init__(learning_rate, weight_decay=weight_decay)
        self.epsilon = self.number("epsilon", epsilon, "[0, inf)")

    def rule(self, theta: Array, g: Array, s: Array, *, t: int, rate: Any) -> None:
        hold(g)
        s += g * g
        theta -= rate * g / (np.sqrt(s) + least(self.epsilon, g.dtype))

    @staticmethod
    def of_number(theta: Any, g: Any, s: Any, rate: Any, epsilon: Any) -> Any:
        s = s + g * g
        return theta - rate * g / (np.sqrt(s) + epsilon), s

    def constants(self, t: Any, rate: Any, dtype: Any) -> tuple[Any, ...]:
        return rate, least(self.epsilon, dtype)


class RMSProp(Optimizer):
    """s ← ρ s + (1 − ρ) g²;  θ ← θ − η g / (√s + ε)  (Hinton, 2012, lecture 6e).

    - `learning_rate=0.001`: η.
    - `rho=0.9`: ρ, how much of s each step keeps.
    - `epsilon=1e-8`: ε, which keeps the divisor above 0.
    - `weight_decay=0`: λ, as in `Optimizer`.

    >>> theta, rule = np.array([1.0]), RMSProp(0.1)
    >>> moments = rule.start(theta)
    >>> for t in (1, 2):
    ...     rule.step(theta, np.array([2.0]), moments, t, rate=rule.learning_rate)
    >>> theta.round(4).tolist()
    [0.4544]
    """

    moments = ("s",)
    squares = True
    worked = (
        "s ← ρ s + (1 − ρ) g² = {rho} · {s0} + (1 − {rho}) · {g}² = {s}",
        "θ ← θ − η g / (√s + ε) = {θ} − {η} · {g} / (√{s} + {epsilon}) = {after}",
    )

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
        theta -= rate * g / (np.sqrt(s) + least(self.epsilon, g.dtype))

    @staticmethod
    def of_number(theta: Any, g: Any, s: Any, rate: Any, rho: Any, epsilon: Any) -> Any:
        s = rho * s + (1 - rho) * (g * g)
        return theta - rate * g / (np.sqrt(s) + epsilon), s

    def constants(self, t: Any, rate: Any, dtype: Any) -> tuple[Any, ...]:
        return rate, self.rho, least(self.epsilon, dtype)


class Adam(Optimizer):
    """Means of g and g² in which older steps count less, corrected for their start at 0
    (Kingma & Ba, 2015).

        m ← β₁ m + (1 − β₁) g      m̂ = m / (1 − β₁ᵗ)
        v ← β₂ v + (1 − β₂) g²     v̂ = v / (1 − β₂ᵗ)
        θ ← θ − η m̂ / (√v̂ + ε)

    The moments are kept as the sums m ← β₁ m + g and v ← β₂ v + g², 1 / (1 − β₁) and 1 / (1 − β₂)
    times as large: divided by 1 + β + … + βᵗ⁻¹ they give the same m̂ and v̂, and they save a quarter
    of the step's time (`python -m benchmarks.micro.gains`).

    - `learning_rate=0.001`: η.
    - `beta1=0.9`, `beta2=0.999`: β₁ and β₂, how much of m and v each step keeps.
    - `epsilon=1e-8`: ε, which keeps the divisor above 0.
    - `weight_decay=0`: λ, as in `Optimizer`.

    >>> theta, rule = np.array([1.0]), Adam(0.1)
    >>> moments = rule.start(theta)
    >>> for t in (1, 2):
    ...     rule.step(theta, np.array([2.0]), moments, t, rate=rule.learning_rate)
    >>> theta.round(4).tolist()
    [0.8]
    """

    moments = ("m", "v")
    squares = True
    worked = (
        "m ← β₁ m + (1 − β₁) g = {beta1} · {m0} + (1 − {beta1}) · {g} = {m}",
        "v ← β₂ v + (1 − β₂) g² = {beta2} · {v0} + (1 − {beta2}) · {g}² = {v}",
        "m̂ = m / (1 − β₁ᵗ) = {m} / (1 − {power1}) = {m̂}",
        "v̂ = v / (1 − β₂ᵗ) = {v} / (1 − {power2}) = {v̂}",
        "θ ← θ − η m̂ / (√v̂ + ε) = {θ} − {η} · {m̂} / (√{v̂} + {epsilon}) = {after}",
    )

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
        rate, _, _, epsilon = self.constants(t, rate, g.dtype)
        step = np.sqrt(v)
        step += epsilon
        np.divide(m, step, out=step)
        step *= rate
        theta -= step

    @staticmethod
    def of_number(
        theta: Any, g: Any, m: Any, v: Any, rate: Any, beta1: Any, beta2: Any, epsilon: Any
    ) -> Any:
        m = beta1 * m + g
        v = beta2 * v + g * g
        return theta - rate * (m / (np.sqrt(v) + epsilon)), m, v

    def constants(self, t: Any, rate: Any, dtype: Any) -> tuple[Any, ...]:
        # η m̂ / (√v̂ + ε) = (η √bias2 / bias1) m / (√v + ε √bias2)
        bias1, root2 = bias_correction(self.beta1, t), bias_correction(self.beta2, t) ** 0.5
        epsilon = least(self.scaled_epsilon(root2), dtype)
        return rate * root2 / bias1, self.beta1, self.beta2, epsilon

    def scaled_epsilon(self, root2: Any) -> Any:
        """ε in the unit of √v, whose v is bias2 times v̂."""
        return self.epsilon * root2

    def worked_step(self, numbers: dict[str, float], decays: bool) -> list[str]:
        for moment, which in (("m", "1"), ("v", "2")):
            beta = numbers[f"beta{which}"]
            for name in (f"{moment}0", moment):  # the paper's are means, those that are kept sums
                numbers[name] *= 1 - beta
            power = numbers[f"power{which}"] = beta ** numbers["t"]
            numbers[f"{moment}̂"] = numbers[moment] / (1 - power)
        return super().worked_step(numbers, decays)


def bias_correction(beta: float, t: Any) -> Any:
    """1 + β + … + βᵗ⁻¹ = (1 − βᵗ) / (1 − β): what t steps weigh together if each counts β times the
    next."""
    return (1 - beta**t) / (1 - beta)


class AdamW(Adam):
    """Adam, with weight decay apart from the gradient:  W ← W − η λ W  (Loshchilov & Hutter,
    2019).

    - `learning_rate=0.001`, `beta1=0.9`, `beta2=0.999`, `epsilon=1e-8`: as in `Adam`.
    - `weight_decay=0.01`: λ.

    >>> AdamW().weight_decay, AdamW().decouples
    (0.01, True)
    """

    decouples = True

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

    def worked_step(self, numbers: dict[str, float], decays: bool) -> list[str]:
        lines = super().worked_step(numbers, decays=False)
        if not decays:
            return lines
        was = numbers["was"] = numbers["θ"]
        numbers["θ"] = was - numbers["η"] * self.weight_decay * was
        return ["θ ← θ − η λ θ = {was} − {η} · {weight_decay} · {was} = {θ}", *lines]
