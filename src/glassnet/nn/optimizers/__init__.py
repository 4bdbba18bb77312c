"""Optimizers: one class for each published rule, on one vector, in place.

An optimizer is a description: formula and constants. What it remembers between steps, its moments,
are vectors like θ that the caller keeps. In the formulas g is the gradient, η the learning rate
and t the number of the step, from 1.

Rules that square g hold its numbers within what their type can square, ±4.5·10¹⁵ in float32, and
their ε is at least the root of the type's smallest normal number, 1.1·10⁻¹⁹ in float32. So a large
gradient takes the step it would take in float64, and a parameter whose gradients were all 0 stays
where it is for ε = 0 too: that is the limit of 0 / (0 + ε).
"""

from collections.abc import Mapping
from typing import Any

from glassnet.base.configurable import named, resolve
from glassnet.nn.optimizers.adaptive import AdaGrad, Adam, AdamW, RMSProp
from glassnet.nn.optimizers.base import Moments, Optimizer, clear_subnormals
from glassnet.nn.optimizers.lbfgs import LBFGS
from glassnet.nn.optimizers.momentum import (
    SGD,
    AveragingMomentum,
    Momentum,
    Nesterov,
    RateInVelocity,
)

__all__ = [
    "LBFGS", "OPTIMIZERS", "SGD", "AdaGrad", "Adam", "AdamW", "AveragingMomentum", "Moments",
    "Momentum", "Nesterov", "Optimizer", "RMSProp", "RateInVelocity", "clear_subnormals",
    "optimizer",
]  # fmt: skip

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


@named
def optimizer(given: "str | Mapping[str, Any] | Optimizer") -> Optimizer:
    """An optimizer, however it was given.

    - `given`: its name, "adam:learning_rate=0.01", its `config()`, or itself.

    Raises `InputError` for an unknown name or setting, with the nearest right one.

    >>> optimizer("adam:learning_rate=0.01")
    Adam(learning_rate=0.01)
    """
    return resolve("optimizer", given, OPTIMIZERS, Optimizer)
