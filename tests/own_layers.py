"""Layers as a user writes them, outside the package: every battery takes what is registered."""

from typing import Any

import numpy as np

import glassnet as gn
from glassnet.nn.initializers import Constant, Normal
from glassnet.nn.parameters import Parameter

Array = np.ndarray


class Wave(gn.Activation, name="wave"):
    """y = sin x;  dx = dy cos x."""

    output_range = (-1.0, 1.0)

    def forward(self, x: Array, rng: Any = None) -> Any:
        return np.sin(x), x

    def backward(self, dy: Array, x: Array) -> Array:
        return dy * np.cos(x)


class PerFeature(gn.Layer, name="per_feature"):
    """y = g x, with one gain for each feature;  dx = g dy,  dg = Σ dy x."""

    def build(self, input_shape: tuple[int, ...]) -> dict[str, Parameter]:
        return {"g": Parameter(input_shape[-1:], Normal(1.0))}

    def forward(self, x: Array, rng: Any = None) -> Any:
        return x * self.g[..., None, :], x

    def backward(self, dy: Array, x: Array) -> Array:
        self.dg[...] = (dy * x).sum(axis=-2)
        return dy * self.g[..., None, :]


class Standardize(gn.Layer, name="standardize"):
    """y = (x − μ) / σ by the batch in training, by running statistics in prediction.

    A batch normalisation without its gain and shift  (Ioffe & Szegedy, 2015).
    """

    def build(self, input_shape: tuple[int, ...]) -> dict[str, Parameter]:
        width = input_shape[-1:]
        return {
            "mean": Parameter(width, Constant(0.0), trainable=False),
            "var": Parameter(width, Constant(1.0), trainable=False),
        }

    def forward(self, x: Array, rng: Any = None) -> Any:
        mean, var = self.mean, self.var
        if rng is not None:
            mean, var = x.mean(axis=-2), x.var(axis=-2)
        scale = 1 / np.sqrt(var + 1e-5)[..., None, :]
        y = (x - mean[..., None, :]) * scale
        return y, (y, scale, mean, var, rng is not None)

    def backward(self, dy: Array, saved: Any) -> Array:
        y, scale, _, _, training = saved
        if not training:
            return dy * scale
        centred = dy - dy.mean(axis=-2, keepdims=True)
        return scale * (centred - y * (dy * y).mean(axis=-2, keepdims=True))

    def observe(self, saved: Any) -> None:
        _, _, mean, var, _ = saved
        self.mean += 0.1 * (mean - self.mean)
        self.var += 0.1 * (var - self.var)
