"""An optimizer's rule in one pass over θ, its gradient and its moments."""

from functools import cache
from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.compiled.compiler import exact
from glassnet.compiled.formulas import RULES, choice, ruling
from glassnet.compiled.fused.kernels import nothing, written
from glassnet.compiled.learning import numbers_of
from glassnet.nn.optimizers import Optimizer
from glassnet.nn.optimizers.base import (
    SQUARABLE,
    STEPS_BETWEEN_CLEARING,
    Moments,
    clear_subnormals,
)

STEP = """
def kernel(theta, m, v, g, segments, own):
    one = theta.dtype.type(1)
    for k in range(len(segments)):
        begin, end, decays = segments[k, 0], segments[k, 1], segments[k, 2]
        rule(
            0, theta[begin:end], m[begin:end], v[begin:end], g[begin:end], one,
            numbers_of(own, 0, decays),
        )
"""


@cache
def rule_kernel(kind: Any) -> Any:
    """The kernel that applies a rule to the segments of a vector."""
    name = f"rule_{kind.__name__}"
    rule = exact(choice(name, "theta, m, v, g, factor, own", [ruling(kind)]))
    text = STEP.replace("def kernel", f"def step_{name}")
    return written(f"step_{name}", text, rule=rule, numbers_of=numbers_of)


def fused_rule(optimizer: Optimizer) -> Any:
    """The optimizer with a compiled `step`, or the optimizer itself if its rule is not one of
    nn's."""
    known = type(optimizer).__module__.startswith("glassnet.nn.")
    formula = type(optimizer).of_number
    kinds = {kind.of_number: kind for kind in RULES}
    return FusedRule(optimizer, kinds[formula]) if known and formula in kinds else optimizer


class FusedRule:
    """An optimizer for one network's θ. All other attributes are those of the original."""

    def __init__(self, optimizer: Optimizer, kind: Any) -> None:
        self.optimizer, self.kernel = optimizer, rule_kernel(kind)
        self._known: tuple[Any, Array] = (None, nothing(2, np.dtype(np.int64)))

    def __getattr__(self, name: str) -> Any:
        if name == "optimizer":  # not set yet, as in a copy
            raise AttributeError(name)
        return getattr(self.optimizer, name)

    def step(
        self,
        theta: Array,
        g: Array,
        moments: Moments,
        t: int,
        rate: Any,
        decays: Array | None = None,
    ) -> None:
        """Update θ by one step of the rule, as the optimizer's `step` does."""
        none = nothing(1, theta.dtype)
        m, v, *_ = *moments.values(), none, none
        self.kernel(
            theta, m, v, g, self._segments(theta, decays), self._numbers(t, rate, theta.dtype)
        )
        if t % STEPS_BETWEEN_CLEARING == 0:
            for moment in moments.values():
                clear_subnormals(moment)

    def _numbers(self, t: int, rate: Any, dtype: Any) -> Array:
        """The formula's constants, the decay of the gradient and of θ, and the limit of g."""
        rule = self.optimizer
        own = np.zeros((1, 8), dtype)
        for column, number in enumerate(rule.constants(t, rate, dtype)):
            own[0, column] = number
        if rule.weight_decay:
            own[0, 5 + rule.decouples] = rule.weight_decay * (rate if rule.decouples else 1)
        own[0, 7] = SQUARABLE[dtype][1] if rule.squares else np.inf
        return own

    def _segments(self, theta: Array, decays: Array | None) -> Array:
        """Start and end of each run of θ, and whether it decays. Cached, since finding them takes a
        pass over θ."""
        if decays is None or not self.optimizer.weight_decay:
            return np.array([[0, len(theta), decays is None]])
        mask, found = self._known
        if mask is not decays:
            found = segments_of(decays)
            self._known = decays, found
        return found


def segments_of(decays: Array) -> Array:
    """Runs of equal numbers as rows (begin, end, number).

    >>> segments_of(np.array([1.0, 1.0, 0.0, 1.0])).tolist()
    [[0, 2, 1], [2, 3, 0], [3, 4, 1]]
    """
    begins = np.flatnonzero(np.diff(decays, prepend=np.nan))
    return np.stack([begins, np.append(begins[1:], len(decays)), decays[begins]], 1).astype(int)
