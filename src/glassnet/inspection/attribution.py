"""Why a network answers as it does: what each unit and each feature contributed."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array
from glassnet.inspection.explain import Part, number, window
from glassnet.nn.layers import Dense
from glassnet.nn.network import Network

MOST = 8  # contributions that are listed


class Why(NamedTuple):
    """One answer: outputs, probabilities (None for values), the winning output and the next, and
    what made the winner: each hidden unit's share, and gradient × input of each feature."""

    x: Array
    outputs: Array
    probabilities: Array | None
    winner: int
    second: int | None
    units: Array | None
    bias: float
    features: Array

    def __repr__(self) -> str:
        second = "" if self.second is None else f", output {self.second} next"
        top = number(float(self.outputs[self.winner]))
        return f"<Why: output {self.winner} is {top}, the largest of {len(self.outputs)}{second}>"


def why(network: Network, x: Any) -> Why:
    """Look into the answer for one sample x, shaped as in a batch of one.

    A last dense layer's output is z = Σⱼ hⱼ Wⱼ + b: `units` are its terms hⱼ Wⱼ. `features` are
    xᵢ ∂z/∂xᵢ, the terms of z where the network is linear around x (Shrikumar et al., 2017, section
    2.1).
    """
    x = network.check_inputs(x).astype(network.dtype)
    twin = network.copy()  # whose gradients may be overwritten
    z, saved = twin.forward(x)
    outputs = z[0]
    p = network.trained_loss().probabilities(z)[0] if network.task != "values" else None
    order = np.argsort(-outputs, kind="stable")
    winner = int(order[0])
    units, bias = _units(twin, saved, winner)
    dz = np.zeros_like(z)
    dz[0, winner] = 1
    features = twin.backward(dz, saved)[0] * x[0] + 0.0  # which leaves no −0
    second = int(order[1]) if len(order) > 1 and network.task == "classes" else None
    return Why(x[0], outputs, p, winner, second, units, bias, features)


def _units(network: Network, saved: list[Any], winner: int) -> tuple[Array | None, float]:
    """The terms of the winning output where the last layer is dense, and its bias."""
    last = network.layers[-1]
    if not isinstance(last, Dense):
        return None, 0.0
    terms: Array = saved[-1][0] * last.W[:, winner]
    return terms, float(last.b[winner]) if last.bias else 0.0


def answer(why: Why, names: Sequence[str], classes: Sequence[str], truth: str = "") -> list[Part]:
    """The same in parts, to be shown; `names` are the features'."""
    count = len(why.outputs if why.probabilities is None else why.probabilities)
    named = classes or [f"class {n}" for n in range(count)]
    whose = f"output {why.winner}"
    if why.probabilities is not None:  # a single output is the logit of the second of two classes
        whose = f"the logit of {named[why.winner + count - len(why.outputs)]}"
    parts = [_given(why, names, truth), _outputs(why, named)]
    if why.units is not None:
        total = float(why.units.sum()) + why.bias
        lines = _largest(why.units, [f"unit {j}" for j in range(len(why.units))])
        lines = [*lines, f"all units {number(float(why.units.sum()))}, bias {number(why.bias)}, "
                         f"together {number(total)}"]  # fmt: skip
        parts.append(
            Part(f"what each hidden unit gave to {whose}", "z = Σⱼ hⱼ Wⱼ + b", tuple(lines))
        )
    flat = why.features.ravel()
    lines = _largest(flat, _feature_names(why, names))
    arrays = (window("x ∂z/∂x", why.features, 28, 28),) if why.features.ndim > 1 else ()
    parts.append(Part(f"what each feature gave to {whose}", "xᵢ ∂z/∂xᵢ", tuple(lines), arrays))
    return parts


def _given(why: Why, names: Sequence[str], truth: str) -> Part:
    lines = (f"truth: {truth}",) if truth else ()
    if why.x.ndim > 1:
        return Part("the picture", lines=lines, arrays=(window("x", why.x, 28, 28),))
    pairs = zip(_feature_names(why, names), why.x.tolist(), strict=True)
    shown = [f"{name} = {number(value)}" for name, value in pairs][: 2 * MOST]
    more = [f"… {len(why.x)} features in all"] if len(why.x) > len(shown) else []
    return Part("the row, as the network takes it", lines=(*lines, *shown, *more))


def _outputs(why: Why, named: Sequence[str]) -> Part:
    if why.probabilities is None:
        values = ", ".join(number(v) for v in why.outputs.tolist())
        return Part(f"the answer: {values}")
    p = why.probabilities
    order = np.argsort(-p, kind="stable")[:MOST].tolist()
    lines = [f"{named[k]}  probability {number(float(p[k]))}" for k in order]
    if why.second is not None:
        apart = float(why.outputs[why.winner] - why.outputs[why.second])
        lines.append(f"nearest mistake: {named[why.second]}, whose logit is {number(apart)} lower")
    return Part(f"the answer: {named[order[0]]}", lines=tuple(lines))


def _largest(values: Array, names: Sequence[str]) -> list[str]:
    """The terms that are largest, with their sign."""
    order = np.argsort(-np.abs(values), kind="stable")[:MOST].tolist()
    return [f"{names[k]}  {float(values[k]):+.6g}" for k in order if values[k] != 0]


def _feature_names(why: Why, names: Sequence[str]) -> list[str]:
    if len(names) == why.x.size:
        return list(map(str, names))
    if why.x.ndim == 2:
        return [f"pixel {r},{c}" for r, c in np.ndindex(*why.x.shape)]
    return [f"feature {k}" for k in range(why.x.size)]
