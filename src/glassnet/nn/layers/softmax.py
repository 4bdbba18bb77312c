"""Softmax, an activation of a whole row."""

import numpy as np

from glassnet.base.arrays import Array, Rng
from glassnet.nn.functions import softmax
from glassnet.nn.layers.activations import Activation
from glassnet.nn.worked import Place, Worked, at


class Softmax(Activation, name="softmax"):
    """yᵢ = e^xᵢ / Σⱼ e^xⱼ;  dx = y (dy − Σⱼ dyⱼ yⱼ).

    For a network's last layer leave it out: the cross-entropy loss takes logits and applies it
    itself, and `predict_proba` gives the probabilities.

    >>> Softmax().forward(np.array([-2.0, 3.0]))[0].round(4).tolist()
    [0.0067, 0.9933]
    """

    elementwise = keeps_padding = False
    output_range = (0.0, 1.0)

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, Array]:
        y = softmax(x)
        return y, y

    def backward(self, dy: Array, saved: Array) -> Array:
        dx: Array = dy - np.vecdot(dy, saved)[..., None]
        dx *= saved
        return dx

    def worked_forward(self, place: Place, x: Array, y: Array, saved: Array) -> Worked:
        row = x[place[:-1]].astype(float)
        raised = np.exp(row - row.max())
        numbers = {
            "x": float(x[place]), "max": float(row.max()), "e": float(raised[place[-1]]),
            "sum": float(raised.sum()), "y": float(y[place]),
        }  # fmt: skip
        lines = (
            "each x less the largest of its row, which changes no y: e^({x} − {max}) = {e}",
            f"{at('y', place)} = e^x / Σ e^x = {{e}} / {{sum}} = {{y}}",
        )
        return Worked(lines, numbers)

    def worked_backward(self, place: Place, x: Array, dy: Array, saved: Array) -> Worked:
        row = place[:-1]
        numbers = {
            "dy": float(dy[place]), "y": float(saved[place]),
            "sum": float(dy[row].astype(float) @ saved[row]),
            "dx": float(self.backward(dy, saved)[place]),
        }  # fmt: skip
        line = f"{at('dx', place)} = y (dy − Σ dy y) = {{y}} · ({{dy}} − {{sum}}) = {{dx}}"
        return Worked((line,), numbers)
