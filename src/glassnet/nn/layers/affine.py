"""Weights W and biases b of layers that sum, and how they start."""

from collections.abc import Mapping
from typing import Any

from glassnet.base.arrays import Array, Shape
from glassnet.base.errors import InputError
from glassnet.nn.initializers import Initializer, initializer
from glassnet.nn.layers.activations import activation as find_activation
from glassnet.nn.layers.base import Layer
from glassnet.nn.parameters import Parameter

Start = str | Initializer | Mapping[str, Any]


class Affine(Layer):
    """Base of layers whose output is a weighted sum of inputs, plus a bias."""

    W: Array
    b: Array
    dW: Array
    db: Array

    def set_starts(
        self,
        bias: bool,
        init: Start,
        bias_init: Start,
        activation: str | Layer | Mapping[str, Any] | None,
    ) -> None:
        """Keep the settings that all have; a wrong name is told here, not at fit."""
        self.bias, self.init, self.bias_init, self.activation = bias, init, bias_init, activation
        initializer(init), initializer(bias_init)
        if activation is not None:
            find_activation(activation)
        if not bias and bias_init != "zeros":
            raise InputError(
                f"{type(self).__name__}: bias_init is {bias_init!r} and there is no bias: leave it "
                "out"
            )

    def weights(self, shape: Shape) -> dict[str, Parameter]:
        """W of this shape, and if there is one, b, which weight decay leaves alone."""
        W = Parameter(shape, initializer(self.init))
        if not self.bias:
            return {"W": W}
        return {"W": W, "b": Parameter(shape[-1:], initializer(self.bias_init), decay=False)}
