"""Why a network predicts what it does: the contribution of each unit and each feature."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array
from glassnet.inspection.document import Part, number, picture
from glassnet.nn.layers.containers import in_sequence
from glassnet.nn.network import Network
from glassnet.nn.task import CLASSES

MOST = 8  # contributions that are listed


class Attribution(NamedTuple):
    """One prediction: outputs, probabilities (None for values), the winning output and the next,
    and what made the winner: each hidden unit's share, and gradient × input of each feature (None
    of indices, which have no gradient)."""

    x: Array
    outputs: Array
    probabilities: Array | None
    winner: int
    second: int | None
    units: Array | None
    bias: float
    features: Array | None

    def __repr__(self) -> str:
        second = "" if self.second is None else f", output {self.second} next"
        top = number(float(self.outputs[self.winner]))
        count = len(self.outputs)
        return f"<Attribution: output {self.winner} is {top}, the largest of {count}{second}>"


def attribute(network: Network, x: Any) -> Attribution:
    """Look into the prediction for one sample x, shaped as in a batch of one.

    A last dense layer's output is z = Σⱼ hⱼ Wⱼ + b: `units` are its terms hⱼ Wⱼ. `features` are
    xᵢ ∂z/∂xᵢ, the terms of z if the network is linear around x (Shrikumar et al., 2017, section
    2.1).
    """
    x = network.check_inputs(x).astype(network.input_dtype)
    twin = network.copy()  # whose gradients may be overwritten
    z, saved = twin.forward(x)
    outputs = z[0]
    p = network.trained_loss().probabilities(z)[0] if _probable(network) else None
    order = np.argsort(-outputs, kind="stable")
    winner = int(order[0])
    units, bias = _units(twin, x, winner)
    dz = np.zeros_like(z)
    dz[0, winner] = 1
    dx = twin.backward(dz, saved)
    features = None if x.dtype.kind in "iu" else dx[0] * x[0] + 0.0  # which leaves no −0
    second = int(order[1]) if len(order) > 1 and network.task is CLASSES else None
    return Attribution(x[0], outputs, p, winner, second, units, bias, features)


def _probable(network: Network) -> bool:
    return network.task is None or network.task.has_probabilities


def _units(network: Network, x: Array, winner: int) -> tuple[Array | None, float]:
    """The terms of the winning output if the last layer is y = x W + b, and its bias."""
    *before, (name, last) = in_sequence(network.root.parts())
    weights = last.weight_matrix()
    if weights is None:
        return None, 0.0
    for _, layer in before:
        x, _ = layer.forward(x)
    bias = network.parameters.of(name).get("b")
    return x[0] * weights[:, winner], 0.0 if bias is None else float(bias[winner])


def described(
    found: Attribution, names: Sequence[str], classes: Sequence[str], target: str = ""
) -> list[Part]:
    """The same in parts, to be shown; `names` are the features'."""
    count = len(found.outputs if found.probabilities is None else found.probabilities)
    named = classes or [str(n) for n in range(count)]
    whose = f"output {found.winner}"
    if found.probabilities is not None:  # a single output is the logit of the second of two classes
        whose = f"the logit of class {named[found.winner + count - len(found.outputs)]}"
    parts = [_given(found, names, target), _outputs(found, named)]
    if found.units is not None:
        total = float(found.units.sum()) + found.bias
        lines = _largest(found.units, [f"unit {j}" for j in range(len(found.units))])
        units = number(float(found.units.sum()))
        lines += [f"all units {units}, bias {number(found.bias)}, together {number(total)}"]
        parts.append(
            Part(f"Contribution of each hidden unit to {whose}", "z = Σⱼ hⱼ Wⱼ + b", tuple(lines))
        )
    return [*parts, _features(found, names, whose)]


def _features(found: Attribution, names: Sequence[str], whose: str) -> Part:
    title = f"Contribution of each feature to {whose}"
    if found.features is None:
        return Part(title, lines=("x has indices: they have no gradient, so there is no share",))
    shares = found.features
    if shares.ndim == 3:  # a pixel's share is that of all its channels
        shares = shares.sum(axis=-1)
    lines = _largest(shares.ravel(), _feature_names(found, names))
    arrays = (picture("x ∂z/∂x", shares),) if shares.ndim == 2 else ()
    return Part(title, "xᵢ ∂z/∂xᵢ", tuple(lines), arrays)


def _given(found: Attribution, names: Sequence[str], target: str) -> Part:
    lines = (f"target: {target}",) if target else ()
    if found.x.ndim > 1:
        return Part("Image", lines=lines, arrays=(picture("x", found.x),))
    pairs = zip(_feature_names(found, names), found.x.tolist(), strict=True)
    shown = [f"{name} = {number(value)}" for name, value in pairs][: 2 * MOST]
    more = [f"… {len(found.x)} features in all"] if len(found.x) > len(shown) else []
    return Part("Row, as the network receives it", lines=(*lines, *shown, *more))


def _outputs(found: Attribution, named: Sequence[str]) -> Part:
    if found.probabilities is None:
        values = ", ".join(number(v) for v in found.outputs.tolist())
        return Part(f"Prediction: {values}")
    p = found.probabilities
    order = np.argsort(-p, kind="stable")[:MOST].tolist()
    lines = [f"{named[k]}  probability {number(float(p[k]))}" for k in order]
    if found.second is not None:
        apart = float(found.outputs[found.winner] - found.outputs[found.second])
        lines.append(f"Runner-up: class {named[found.second]}, logit {number(apart)} lower")
    return Part(f"Prediction: {named[order[0]]}", lines=tuple(lines))


def _largest(values: Array, names: Sequence[str]) -> list[str]:
    """The terms that are largest, with their sign."""
    order = np.argsort(-np.abs(values), kind="stable")[:MOST].tolist()
    return [f"{names[k]}  {float(values[k]):+.6g}" for k in order if values[k] != 0]


def _feature_names(found: Attribution, names: Sequence[str]) -> list[str]:
    if found.x.ndim < 3 and len(names) == found.x.size:
        return list(map(str, names))
    if found.x.ndim in (2, 3):
        return [f"pixel {r},{c}" for r, c in np.ndindex(*found.x.shape[:2])]
    return [f"feature {k}" for k in range(found.x.size)]
