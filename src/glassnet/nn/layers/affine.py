"""Weights W and biases b of layers that sum, and how they start."""

from collections.abc import Mapping
from typing import Any

from glassnet.base.arrays import Array, Shape
from glassnet.base.configurable import canonical
from glassnet.base.errors import InputError
from glassnet.base.synonyms import same
from glassnet.nn.initializers import INITIALIZERS, Initializer, initializer
from glassnet.nn.layers.activations import ACTIVATIONS
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
        initializer(init), initializer(bias_init)
        if isinstance(activation, str) and same(activation, ["none"]):
            activation = None  # Keras's "linear"
        if activation is not None:
            find_activation(activation)
        self.bias, self.activation = bias, canonical(activation, ACTIVATIONS)
        self.init, self.bias_init = (canonical(each, INITIALIZERS) for each in (init, bias_init))
        if not bias and self.bias_init != "zeros":
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
