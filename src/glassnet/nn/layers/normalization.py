"""Normalization: numbers with mean 0 and variance 1, then a gain γ and a shift β to undo it."""

from typing import Any

import numpy as np

from glassnet.base.arrays import Array, Rng, Shape
from glassnet.base.errors import InputError
from glassnet.nn.functions import sum_over_batch
from glassnet.nn.initializers import Constant
from glassnet.nn.layers.base import Layer
from glassnet.nn.parameters import Parameter
from glassnet.nn.worked import Place, Worked, at

ONES, ZEROS = Constant(1.0), Constant(0.0)


class Normalization(Layer):
    """Base of normalizations: one gain and one shift for each channel, the last axis."""

    example_input = (3, 2, 4)

    gamma: Array
    beta: Array
    dgamma: Array
    dbeta: Array

    def __init__(self, epsilon: float = 1e-5) -> None:
        self.epsilon = self.number("epsilon", epsilon, "(0, inf)")

    def build(self, input_shape: Shape) -> dict[str, Parameter]:
        self.between = len(input_shape)  # axes between those of networks and the channels
        self.width = input_shape[-2] if len(input_shape) > 1 else 1
        channels = input_shape[-1:]
        return {
            "gamma": Parameter(channels, ONES, decay=False),
            "beta": Parameter(channels, ZEROS, decay=False),
        }

    def spread(self, channels: Array) -> Array:
        """One number a channel (…, channels), in a shape that goes with x: for a whole row of a
        picture, with which NumPy takes half the time that it takes with one place after another."""
        *leading, count = channels.shape
        wide = channels.reshape(*leading, *[1] * self.between, count)
        return wide.repeat(self.width, axis=-2) if self.width > 1 else wide

    def sums(self, values: Array, out: Array | None = None) -> Array:
        """Σ over everything but networks and channels: (…, channels)."""
        front = values.shape[: values.ndim - self.between - 1]
        flat = values.reshape(*front, -1, values.shape[-1])
        out = np.empty((*front, values.shape[-1]), values.dtype) if out is None else out
        sum_over_batch(flat, out=out)
        return out

    def learn(self, dy: Array, normal: Array) -> None:
        """dγ = Σ dy x̂      dβ = Σ dy"""
        self.sums(dy * normal, out=self.dgamma)
        self.sums(dy, out=self.dbeta)

    def together(self, place: Place, values: Array) -> Array:
        """The numbers that are normalized together with the one at this place."""
        raise NotImplementedError(f"{type(self).__name__} has no together(place, values)")

    def worked_forward(self, place: Place, x: Array, y: Array, saved: Any) -> Worked:
        lines = (
            "μ = mean x = {μ}, σ² = mean (x − μ)² = {σ²}, of {n} numbers",
            f"x is {at('x', place)}: "
            "x̂ = (x − μ) / √(σ² + ε) = ({x} − {μ}) / √({σ²} + {ε}) = {x̂}",
            f"{at('y', place)} = γ x̂ + β = {{γ}} · {{x̂}} + {{β}} = {{y}}",
        )
        return Worked(lines, {**self._numbers(place, x, saved), "y": float(y[place])})

    def worked_backward(self, place: Place, x: Array, dy: Array, saved: Any) -> Worked:
        numbers = self._numbers(place, x, saved) | self._gradient_numbers(place, dy, saved)
        numbers["dx"] = (numbers["g"] - numbers["m"] - numbers["x̂"] * numbers["k"]) / np.sqrt(
            numbers["σ²"] + self.epsilon
        )
        lines = (
            f"dy is {at('dy', place)}: g = γ dy = {{γ}} · {{dy}} = {{g}}",
            "mean g = {m}, mean(g x̂) = {k}, of {n} numbers",
            "dx = (g − mean g − x̂ mean(g x̂)) / √(σ² + ε) = "
            "({g} − {m} − {x̂} · {k}) / √({σ²} + {ε}) = {dx}",
        )
        return Worked(lines, numbers)

    def _numbers(self, place: Place, x: Array, saved: Any) -> dict[str, float]:
        """What stands in the lines of forward."""
        of = self.together(place, x).astype(float)
        beta = getattr(self, "beta", None)
        return {
            "n": of.size, "μ": float(of.mean()), "σ²": float(of.var()), "x": float(x[place]),
            "ε": self.epsilon, "x̂": float(saved[0][place]), "γ": float(self.gamma[place[-1]]),
            "β": 0.0 if beta is None else float(beta[place[-1]]),
        }  # fmt: skip

    def _gradient_numbers(self, place: Place, dy: Array, saved: Any) -> dict[str, float]:
        g = (self.spread(self.gamma) * dy).astype(float)
        own = self.together(place, g)
        mean_product = (own * self.together(place, saved[0])).mean()
        return {
            "dy": float(dy[place]), "g": float(g[place]), "m": float(own.mean()),
            "k": float(mean_product),
        }  # fmt: skip


class BatchNorm(Normalization, name="batch_norm"):
    """Each channel with mean 0 and variance 1 over the batch  (Ioffe & Szegedy, 2015).

        forward    x̂ = (x − μ) / √(σ² + ε)      y = γ x̂ + β
        backward   dγ = Σ dy x̂      dβ = Σ dy      dx = γ/√(σ² + ε) (dy − dβ/n − x̂ dγ/n)

    μ and σ² are those of the batch in training, over its n numbers of a channel (all axes but the
    last). In prediction they are running ones, to which every step of the training adds
    (1 − momentum) of the batch's: m ← momentum m + (1 − momentum) μ, and v with σ² n / (n − 1), as
    in the paper. Shapes: x and y (…, batch, …, channels); γ, β, m and v (…, channels).

    - `momentum=0.9`: how much of the running statistics each step keeps.
    - `epsilon=1e-5`: ε, which keeps the root above 0.

    Raises `InputError` for a batch with one number of a channel, which has no variance.

    >>> from glassnet import Sequential
    >>> net = Sequential([BatchNorm()], input_shape=1)
    >>> net.forward(np.array([[1.0], [3.0]]), rng=net.rng)[0].round(3).tolist()
    [[-1.0], [1.0]]
    """

    examples = ({}, {"momentum": 0.5, "epsilon": 0.1})

    mean: Array
    var: Array

    def __init__(self, momentum: float = 0.9, epsilon: float = 1e-5) -> None:
        super().__init__(epsilon)
        self.momentum = self.number("momentum", momentum, "[0, 1)")

    def build(self, input_shape: Shape) -> dict[str, Parameter]:
        channels = input_shape[-1:]
        return {
            **super().build(input_shape),
            "mean": Parameter(channels, ZEROS, trainable=False),
            "var": Parameter(channels, ONES, trainable=False),
        }

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, Any]:
        if rng is None:
            normal, var, batch = x - self.spread(self.mean), self.var, None
        else:
            normal, mean, count = self._centred(x)
            var = self.sums(np.square(normal)) / count
            batch = mean, var, count
        scale = self.spread(1 / np.sqrt(var + self.epsilon))
        normal *= scale
        y = self.spread(self.gamma) * normal
        y += self.spread(self.beta)
        return y, (normal, scale, batch)

    def backward(self, dy: Array, saved: Any) -> Array:
        normal, scale, batch = saved
        self.learn(dy, normal)
        dx = dy.copy()
        if batch is not None:  # μ and σ depend on x
            _, _, count = batch
            dx -= self.spread(self.dbeta / count)
            dx -= normal * self.spread(self.dgamma / count)
        dx *= self.spread(self.gamma) * scale
        return dx

    def gradients(self, dy: Array, saved: Any) -> None:
        self.learn(dy, saved[0])

    def observe(self, saved: Any) -> None:
        mean, var, count = saved[2]
        unbiased = var * (count / (count - 1))
        self.mean[...] = self.momentum * self.mean + (1 - self.momentum) * mean
        self.var[...] = self.momentum * self.var + (1 - self.momentum) * unbiased

    def least_samples(self, input_shape: Shape) -> int:
        return 2 if np.prod(input_shape[:-1]) == 1 else 1

    def together(self, place: Place, values: Array) -> Array:
        return values[..., place[-1]]

    def worked_forward(self, place: Place, x: Array, y: Array, saved: Any) -> Worked:
        found = super().worked_forward(place, x, y, saved)
        before, seen, part = float(self.mean[place[-1]]), found.numbers["μ"], 1 - self.momentum
        numbers = {
            "m": before, "share": self.momentum, "rest": part,
            "after": self.momentum * before + part * seen,
        }  # fmt: skip
        line = (
            "for prediction: m ← momentum m + (1 − momentum) μ = "
            "{share} · {m} + {rest} · {μ} = {after}"
        )
        return Worked((*found.lines, line), {**found.numbers, **numbers})

    def worked_backward(self, place: Place, x: Array, dy: Array, saved: Any) -> Worked:
        numbers = self._numbers(place, x, saved)
        own, normal = (self.together(place, each).astype(float) for each in (dy, saved[0]))
        n, d = own.size, float(dy[place])
        dbeta, dgamma = float(own.sum()), float((own * normal).sum())
        slope = numbers["γ"] / np.sqrt(numbers["σ²"] + self.epsilon)
        dx = slope * (d - dbeta / n - numbers["x̂"] * dgamma / n)
        lines = (
            "dγ = Σ dy x̂ = {dγ}, dβ = Σ dy = {dβ}, of the {n} numbers of channel "
            f"{place[-1]}",
            f"dy is {at('dy', place)}: dx = γ / √(σ² + ε) · (dy − dβ / n − x̂ dγ / n) = "
            "{γ} / √({σ²} + {ε}) · ({dy} − {dβ} / {n} − {x̂} · {dγ} / {n}) = {dx}",
        )
        return Worked(lines, {**numbers, "dy": d, "dβ": dbeta, "dγ": dgamma, "dx": dx})

    def _centred(self, x: Array) -> tuple[Array, Array, int]:
        """x − μ, μ, and how many numbers the batch has of a channel."""
        count = int(np.prod(x.shape[-self.between - 1 : -1]))
        if count < 2:
            raise InputError(
                "BatchNorm: a batch of one sample has no variance: expected batches of 2 samples "
                "or more"
            )
        mean = self.sums(x) / count
        centred = x - self.spread(mean)
        rest = self.sums(centred) / count  # of a mean far from 0, what float32 has rounded off
        centred -= self.spread(rest)
        return centred, mean + rest, count


class LayerNorm(Normalization, name="layer_norm"):
    """The channels of each place with mean 0 and variance 1  (Ba et al., 2016).

        forward    x̂ = (x − μ) / √(σ² + ε)      y = γ x̂ + β
        backward   dγ = Σ dy x̂      dβ = Σ dy
                   dx = (g − mean g − x̂ mean(g x̂)) / √(σ² + ε), with g = γ dy

    μ, σ² and the means are over the last axis, of each sample for itself: training and prediction
    are the same. Shapes: x and y (…, batch, …, channels), γ and β (…, channels).

    - `epsilon=1e-5`: ε, which keeps the root above 0.

    >>> from glassnet import Sequential
    >>> Sequential([LayerNorm()], input_shape=2)([[1.0, 3.0], [0.0, 8.0]]).round(3).tolist()
    [[-1.0, 1.0], [-1.0, 1.0]]
    """

    examples = ({}, {"epsilon": 0.1})

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, Any]:
        normal, scale = _normalize(x, (-1,), self.epsilon)
        y = self.spread(self.gamma) * normal
        y += self.spread(self.beta)
        return y, (normal, scale)

    def backward(self, dy: Array, saved: Any) -> Array:
        normal, scale = saved
        self.learn(dy, normal)
        return _normalize_back(self.spread(self.gamma) * dy, normal, scale, (-1,))

    def together(self, place: Place, values: Array) -> Array:
        return np.asarray(values[place[:-1]])


class GroupNorm(Normalization, name="group_norm"):
    """Groups of channels, each with mean 0 and variance 1 over a whole sample (Wu & He, 2018).

        forward    x̂ = (x − μ) / √(σ² + ε)      y = γ x̂ + β
        backward   dγ = Σ dy x̂      dβ = Σ dy
                   dx = (g − mean g − x̂ mean(g x̂)) / √(σ² + ε), with g = γ dy

    μ, σ² and the means are over all places and the channels of one group. Shapes: x and y (…,
    batch, …, channels), γ and β (…, channels).

    - `groups`: how many; 1 takes the whole sample, as many as channels each channel for itself
      (instance normalization).
    - `epsilon=1e-5`: ε, which keeps the root above 0.

    Raises `InputError` if the channels cannot be divided into so many groups.

    >>> from glassnet import Sequential
    >>> net = Sequential([GroupNorm(2)], input_shape=4)
    >>> net([[1.0, 3.0, 10.0, 30.0]]).round(3).tolist()
    [[-1.0, 1.0, -1.0, 1.0]]
    """

    examples = ({"groups": 2}, {"groups": 4})

    def __init__(self, groups: int, epsilon: float = 1e-5) -> None:
        super().__init__(epsilon)
        self.groups = self.positive_int("groups", groups)

    def output_shape(self, input_shape: Shape) -> Shape:
        if input_shape[-1] % self.groups:
            raise InputError(
                f"GroupNorm: {input_shape[-1]} channels cannot be divided into {self.groups} "
                f"groups: expected a multiple of {self.groups}"
            )
        return input_shape

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, Any]:
        parted, scale = _normalize(self._parted(x), self._axes, self.epsilon)
        normal = parted.reshape(x.shape)
        y = self.spread(self.gamma) * normal
        y += self.spread(self.beta)
        return y, (normal, scale)

    def backward(self, dy: Array, saved: Any) -> Array:
        normal, scale = saved
        self.learn(dy, normal)
        g = self._parted(self.spread(self.gamma) * dy)
        dx = _normalize_back(g, self._parted(normal), scale, self._axes)
        return dx.reshape(dy.shape)

    def together(self, place: Place, values: Array) -> Array:
        parted = self._parted(values)
        group: Array = parted[place[0], ..., place[-1] // parted.shape[-1], :]
        return group

    def _parted(self, x: Array) -> Array:
        """(…, batch, …, channels) → (…, batch, …, groups, channels / groups)"""
        return x.reshape(*x.shape[:-1], self.groups, -1)

    @property
    def _axes(self) -> tuple[int, ...]:
        """The places, and the channels of a group."""
        return *range(-self.between - 1, -2), -1


class RMSNorm(Normalization, name="rms_norm"):
    """The channels of each place with mean square 1  (Zhang & Sennrich, 2019).

        forward    x̂ = x / √(mean x² + ε)      y = γ x̂
        backward   dγ = Σ dy x̂      dx = (g − x̂ mean(g x̂)) / √(mean x² + ε), with g = γ dy

    The means are over the last axis. Shapes: x and y (…, batch, …, channels), γ (…, channels).

    - `epsilon=1e-5`: ε, which keeps the root above 0.

    >>> from glassnet import Sequential
    >>> Sequential([RMSNorm()], input_shape=2)([[3.0, 4.0]]).round(3)
    array([[0.849, 1.131]], dtype=float32)
    """

    examples = ({}, {"epsilon": 0.1})

    def build(self, input_shape: Shape) -> dict[str, Parameter]:
        return {"gamma": super().build(input_shape)["gamma"]}

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, Any]:
        scale = _scale(x, (-1,), self.epsilon)
        normal = x * scale
        return self.spread(self.gamma) * normal, (normal, scale)

    def backward(self, dy: Array, saved: Any) -> Array:
        normal, scale = saved
        self.sums(dy * normal, out=self.dgamma)
        g: Array = self.spread(self.gamma) * dy
        g -= normal * (g * normal).mean(axis=-1, keepdims=True)
        g *= scale
        return g

    def together(self, place: Place, values: Array) -> Array:
        return np.asarray(values[place[:-1]])

    def worked_forward(self, place: Place, x: Array, y: Array, saved: Any) -> Worked:
        lines = (
            "mean x² = {s}, of {n} numbers",
            f"x is {at('x', place)}: x̂ = x / √(mean x² + ε) = {{x}} / √({{s}} + {{ε}}) = {{x̂}}",
            f"{at('y', place)} = γ x̂ = {{γ}} · {{x̂}} = {{y}}",
        )
        return Worked(lines, {**self._numbers(place, x, saved), "y": float(y[place])})

    def worked_backward(self, place: Place, x: Array, dy: Array, saved: Any) -> Worked:
        numbers = self._numbers(place, x, saved) | self._gradient_numbers(place, dy, saved)
        rest = numbers["g"] - numbers["x̂"] * numbers["k"]
        numbers["dx"] = rest / np.sqrt(numbers["s"] + self.epsilon)
        lines = (
            f"dy is {at('dy', place)}: "
            "g = γ dy = {γ} · {dy} = {g}; mean(g x̂) = {k}, of {n} numbers",
            "dx = (g − x̂ mean(g x̂)) / √(mean x² + ε) = ({g} − {x̂} · {k}) / √({s} + {ε}) = {dx}",
        )
        return Worked(lines, numbers)

    def _numbers(self, place: Place, x: Array, saved: Any) -> dict[str, float]:
        of = self.together(place, x).astype(float)
        return {**super()._numbers(place, x, saved), "s": float(np.square(of).mean())}


def _normalize(x: Array, axes: tuple[int, ...], epsilon: float) -> tuple[Array, Array]:
    """x̂ with mean 0 and variance 1 over these axes, and 1 / √(σ² + ε)."""
    normal = x - x.mean(axis=axes, keepdims=True)
    scale = _scale(normal, axes, epsilon)
    normal *= scale
    return normal, scale


def _scale(x: Array, axes: tuple[int, ...], epsilon: float) -> Array:
    """1 / √(mean x² + ε)"""
    with np.errstate(over="ignore"):  # of numbers whose square is infinite, 0 is near enough
        square: Array = np.square(x).mean(axis=axes, keepdims=True)
    square += epsilon
    np.sqrt(square, out=square)
    np.reciprocal(square, out=square)
    return square


def _normalize_back(g: Array, normal: Array, scale: Array, axes: tuple[int, ...]) -> Array:
    """dx = (g − mean g − x̂ mean(g x̂)) / √(σ² + ε)"""
    dx: Array = g - g.mean(axis=axes, keepdims=True)
    dx -= normal * (g * normal).mean(axis=axes, keepdims=True)
    dx *= scale
    return dx
