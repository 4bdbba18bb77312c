"""The fully connected layer."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from glassnet.base.arrays import Array, Rng, Shape
from glassnet.base.errors import InputError
from glassnet.nn.functions import ones, product, sum_over_batch, transposed
from glassnet.nn.layers.affine import Affine, Start
from glassnet.nn.layers.base import Layer
from glassnet.nn.parameters import Parameter
from glassnet.nn.worked import Place, Worked, at, summed


class Dense(Affine, name="dense"):
    """Every output is a weighted sum of every input.

        forward    y = x W + b
        backward   dx = dy Wᵀ      dW = xᵀ dy      db = Σ dy over the batch

    Shapes: x (…, batch, inputs), y (…, batch, units), W (…, inputs, units), b (…, units).

    - `units`: the number of outputs.
    - `activation`: shorthand for a layer after this one, such as "relu", or an object.
    - `bias=True`: whether there is a b.
    - `init="glorot_uniform"`, `bias_init="zeros"`: how W and b start, an initializer or its name.

    >>> from glassnet import Sequential
    >>> net = Sequential([Dense(2, init="constant:value=1")], input_shape=3)
    >>> net([[1, 2, 3]])
    array([[6., 6.]], dtype=float32)
    """

    keeps_padding = True
    examples = (
        {"units": 3},
        {"units": 4, "bias": False, "init": "orthogonal"},
        {"units": 2, "init": {"kind": "Normal", "std": 0.5}, "bias_init": "constant:value=1"},
    )

    def __init__(
        self,
        units: int,
        activation: str | Layer | Mapping[str, Any] | None = None,
        bias: bool = True,
        init: Start = "glorot_uniform",
        bias_init: Start = "zeros",
    ) -> None:
        self.units = self.positive_int("units", units)
        self.set_starts(bias, init, bias_init, activation)

    def build(self, input_shape: Shape) -> dict[str, Parameter]:
        return self.weights((input_shape[-1], self.units))

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, Array]:
        y = x @ self.W
        if self.bias:
            y += self.b[..., None, :]
        return y, x

    def backward(self, dy: Array, x: Array) -> Array:
        self.gradients(dy, x)
        return product(dy, transposed(self.W))

    def gradients(self, dy: Array, x: Array) -> None:
        product(x.mT, dy, out=self.dW)
        if self.bias:
            sum_over_batch(dy, out=self.db)

    def weight_matrix(self) -> Array:
        return self.W

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) != 1:
            raise InputError(
                f"Dense takes rows of features, got samples of shape {input_shape}: "
                "put a Flatten before it"
            )
        return (self.units,)

    def multiply_adds(self, input_shape: Shape) -> int:
        return input_shape[-1] * self.units

    # ---- one unit of a sample, worked out

    def worked_place(self, place: Place, source: Place) -> Place:
        """With the input whose weight to show, after the unit."""
        return (*place, source[-1])

    def worked_forward(self, place: Place, x: Array, y: Array, saved: Array) -> Worked:
        n, j = place[:2]
        terms, which, numbers = summed("i", x[n], self.W[:, j])
        if self.bias:
            terms, numbers["b"] = f"{terms} + {{b}}", float(self.b[j])
        formula = f"Σ x[{n}, i] W[i, {j}]" + f" + b[{j}]" * self.bias
        line = f"{at('y', (n, j))} = {formula} = {terms} = {{y}}{which}"
        return Worked((line,), {**numbers, "y": float(y[n, j])})

    def worked_backward(self, place: Place, x: Array, dy: Array, saved: Array) -> Worked:
        n, j = place[:2]
        i = place[2] if len(place) > 2 else int(np.abs(x[n] * self.W[:, j]).argmax())
        lines: list[str] = []
        numbers: dict[str, float] = {}
        sums = [
            (f"dW[{i}, {j}]", f"Σ x[n, {i}] dy[n, {j}]", "n", x[:, i], dy[:, j],
             product(x.mT, dy)[i, j]),
            (f"dx[{n}, {i}]", f"Σ dy[{n}, j] W[{i}, j]", "j", dy[n], self.W[i],
             product(dy, transposed(self.W))[n, i]),
        ]  # fmt: skip
        if self.bias:
            db = (ones(len(dy), dy.dtype) @ dy)[j]
            sums.insert(1, (f"db[{j}]", f"Σ dy[n, {j}]", "n", dy[:, j], None, db))
        for name, formula, index, a, b, total in sums:
            terms, which, of_terms = summed(index, a, b, name[:2])
            put_in = f" = {terms}" * (b is not None or len(a) > 1)  # the sum of one is itself
            lines.append(f"{name} = {formula}{put_in} = {{{name[:2]}}}{which}")
            numbers |= of_terms | {name[:2]: float(total)}
        return Worked(tuple(lines), numbers)
