"""What all optimizers are: a rule for one vector, in place."""

import math
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.configurable import Described

Moments = dict[str, Array]

# A rule reads and writes each number several times. In pieces its temporaries stay small and in the
# cache; where that is small it is faster too, elsewhere as fast (benchmarks/micro/gains.py).
PIECE = 32_768

# A moment whose gradient has become 0 shrinks by ×0.9 a step until it is subnormal, and stays so:
# one multiplication of 51,000 such numbers then takes up to 145 µs instead of 5.
STEPS_BETWEEN_CLEARING = 100


class Optimizer(Described):
    """Base of all optimizers; one of your own needs `rule`, and the names of its moments.

    - `learning_rate=0.01`: η, by which a step is multiplied.
    - `weight_decay=0`: λ, which adds λW to the gradient of weights, not of biases: the gradient of
      ½ λ ‖W‖².
    """

    moments: ClassVar[tuple[str, ...]] = ()
    squares: ClassVar[bool] = False  # g, whose numbers are then held within what can be squared
    decouples: ClassVar[bool] = False  # weight decay from the gradient
    of_number: ClassVar[Callable[..., Any] | None] = None  # the rule for one number
    worked: ClassVar[tuple[str, ...]] = ()  # the rule for one weight, with {numbers} put in

    def __init__(self, learning_rate: float = 0.01, *, weight_decay: float = 0.0) -> None:
        self.learning_rate = self.number("learning_rate", learning_rate, "[0, inf)")
        self.weight_decay = self.number("weight_decay", weight_decay, "[0, inf)")

    def start(self, theta: Array) -> Moments:
        """The moments before the first step: zeros, each like `theta`."""
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
        """Change θ by one step of the rule.

        - `theta`: θ, changed in place, (n,) or of K networks (K, n).
        - `g`: the gradient, of the same shape; it may be overwritten.
        - `moments`: what `start` returned, changed in place.
        - `t`: the number of the step, from 1.
        - `rate`: η, a number or one per network (K, 1).
        - `decays`: 1 where weight decay applies and 0 elsewhere; without it, it applies everywhere.

        >>> from glassnet import SGD
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

    def constants(self, t: Any, rate: Any, dtype: Any) -> tuple[Any, ...]:
        """What `of_number` takes after θ, g and the moments.

        - `t`, `rate`: number and learning rate of a step, or of many.
        - `dtype`: of θ.
        """
        return (rate,)

    def rule(self, *arrays: Any, **numbers: Any) -> None:
        """The published formula, `rule(theta, g, moments…, t=…, rate=…)`: changes θ and the moments
        in place.

        - `arrays`: θ, g and each moment.
        - `numbers`: `t` and `rate`, as in `step`.
        """
        raise NotImplementedError(f"{type(self).__name__} has no rule")

    def worked_step(self, numbers: dict[str, float], decays: bool) -> list[str]:
        """The lines of `worked`, and of weight decay if it `decays`; what they need is added to the
        `numbers` of one weight.

        Those are its `θ`, the gradient `g`, the rate `η`, the step `t`, each moment before (`v0`)
        and after (`v`), the settings, and θ `after` the step.
        """
        if not decays:
            return list(self.worked)
        raw = numbers["raw"] = numbers["g"]
        numbers["g"] = raw + self.weight_decay * numbers["θ"]
        return ["g ← g + λ θ = {raw} + {weight_decay} · {θ} = {g}", *self.worked]

    def decay(self, theta: Array, g: Array, mask: Any, rate: Any) -> None:
        """g ← g + λθ where `mask` is 1: `theta`, `g` and `rate` as in `step`."""
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
    """Cap numbers that are too large to be squared at the largest that are not; infinite ones stay.

    >>> g = np.array([4e18, -2.0], np.float32)
    >>> hold(g)
    >>> g.tolist()
    [4503599358935040.0, -2.0]
    """
    _, largest = SQUARABLE[g.dtype]
    square = g.dot(g) if g.ndim == 1 else np.vecdot(g, g).max()  # in place of passes over g
    if not square <= largest**2:
        np.clip(g, -largest, largest, out=g, where=np.isfinite(g))


def least(epsilon: Any, dtype: Any) -> Any:
    """ε, or if it is 0 or has no room in the type, the least number that can be squared."""
    smallest = SQUARABLE[dtype][0]
    return max(epsilon, smallest) if isinstance(epsilon, float) else np.maximum(epsilon, smallest)


def pieces(theta: Array) -> Iterator[tuple[Any, slice]]:
    """Index θ piece by piece along its last axis."""
    n = theta.shape[-1]
    width = max(1, PIECE * n // theta.size if theta.size > PIECE else n)
    for start in range(0, n, width):
        yield ..., slice(start, start + width)
