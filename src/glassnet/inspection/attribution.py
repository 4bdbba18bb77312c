"""Why a network predicts what it does: the contribution of each unit and each feature."""

from typing import Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.configurable import named
from glassnet.inspection.document import number
from glassnet.nn.layers.containers import in_sequence
from glassnet.nn.losses import Loss
from glassnet.nn.network import Network
from glassnet.nn.task import CLASSES


class Attribution(NamedTuple):
    """One prediction, and what made the output that won.

    - `x`: the sample, as the network receives it.
    - `outputs`: those of the network (outputs,).
    - `probabilities`: of the classes (classes,); None if the loss makes none of outputs.
    - `winner`, `second`: the place of the largest output and of the next; the second is None unless
      classes exclude each other.
    - `units`: the winner's term of each hidden unit (units,); None if the last layer is not dense.
    - `bias`: the winner's bias.
    - `features`: gradient × input of each number of x, of its shape; None for indices, which have
      no gradient.
    """

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


@named
def attribute(network: Network, x: Any) -> Attribution:
    """Look into the prediction for one sample.

    - `network`: a trained network.
    - `x`: the sample, shaped as in a batch of one (1, …).

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
    """Whether the loss makes probabilities of outputs: of classes, mean_squared does not."""
    own = type(network.trained_loss()).probabilities is not Loss.probabilities
    return own and (network.task is None or network.task.has_probabilities)


def _units(network: Network, x: Array, winner: int) -> tuple[Array | None, float]:
    """The terms of the winning output if the last layer is y = x W + b, and its bias; of one that
    a last `Scale` brings into a unit or to a temperature, those after it."""
    *before, (name, last) = in_sequence(network.root.parts())
    factor, shift = 1.0, 0.0
    if last.name == "scale" and before:
        scale: Any = last
        outputs = network.output_shape
        factor = float(np.broadcast_to(scale.factor, outputs)[winner])
        shift = float(np.broadcast_to(scale.shift, outputs)[winner])
        *before, (name, last) = before
    weights = last.weight_matrix()
    if weights is None:
        return None, 0.0
    for _, layer in before:
        x, _ = layer.forward(x)
    bias = network.parameters.of(name).get("b")
    own = 0.0 if bias is None else float(bias[winner])
    return factor * x[0] * weights[:, winner], factor * own + shift
