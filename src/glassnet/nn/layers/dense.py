"""The fully connected layer."""

from collections.abc import Mapping
from typing import Any

from glassnet.base.arrays import Array, Rng, Shape
from glassnet.base.errors import InputError
from glassnet.nn.functions import product, sum_over_batch, transposed
from glassnet.nn.initializers import Initializer, initializer
from glassnet.nn.layers.activations import activation as find_activation
from glassnet.nn.layers.base import Layer
from glassnet.nn.parameters import Parameter


class Dense(Layer, name="dense"):
    """Every output is a weighted sum of every input.

        forward    y = x W + b
        backward   dx = dy Wᵀ      dW = xᵀ dy      db = Σ dy over the batch

    Shapes: x (…, batch, inputs), y (…, batch, units), W (…, inputs, units), b (…, units).
    `activation="relu"` is shorthand for a layer of that name placed behind this one.

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

    W: Array
    b: Array
    dW: Array
    db: Array

    def __init__(
        self,
        units: int,
        activation: str | Layer | Mapping[str, Any] | None = None,
        bias: bool = True,
        init: str | Initializer | Mapping[str, Any] = "glorot_uniform",
        bias_init: str | Initializer | Mapping[str, Any] = "zeros",
    ) -> None:
        self.units = self.positive_int("units", units)
        self.activation = activation
        self.bias = bias
        self.init = init
        self.bias_init = bias_init
        initializer(init), initializer(bias_init)  # a wrong name is told here, not at fit
        if activation is not None:
            find_activation(activation)
        if not bias and bias_init != "zeros":
            raise InputError(
                f"Dense: bias_init is {bias_init!r} and there is no bias: leave it out"
            )

    def build(self, input_shape: Shape) -> dict[str, Parameter]:
        weights = Parameter((input_shape[-1], self.units), initializer(self.init))
        if not self.bias:
            return {"W": weights}
        return {
            "W": weights,
            "b": Parameter((self.units,), initializer(self.bias_init), decay=False),
        }

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
