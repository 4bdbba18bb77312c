"""One step of training, of one network or of many in one."""

import copy
import math
from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np

from glassnet.base.arrays import Array
from glassnet.nn.functions import all_finite
from glassnet.nn.losses import Loss
from glassnet.nn.metrics import Metric
from glassnet.nn.network import Network
from glassnet.nn.optimizers import Optimizer
from glassnet.nn.optimizers.base import SQUARABLE

Figures = dict[str, Any]


class Step:
    """Forward, loss, backward, clip, rule, limit: from a batch to its loss and metrics.

    The network may be K networks in one: every array then has K in front, and `select` gives the
    step of some of them. `decays` is 1 where weight decay applies, by default the network's
    weights; `own` is 0 for parameters that are mere padding; `max_norm` is one number, or for each
    network one (K, 1, 1). `not_finite(value, x)` is called if
    the loss of a batch is not finite, before any gradient is assigned.
    """

    def __init__(
        self,
        network: Network,
        loss: Loss,
        optimizer: Optimizer,
        *,
        metrics: Mapping[str, Metric],
        clip_norm: float | None,
        max_norm: Any = None,
        not_finite: Callable[[Any, Array], None],
        decays: Array | None = None,
        own: Array | None = None,
    ) -> None:
        self.network, self.loss, self.optimizer = network, loss, optimizer
        self.metrics, self.clip_norm, self.not_finite = metrics, clip_norm, not_finite
        self.theta, self.gradient = network.parameters, network.gradient
        self.root, self.observes = network.root, network.root.observes
        self.moments = optimizer.start(self.theta.trainable)
        if decays is None and optimizer.weight_decay:
            decays = self.theta.decay_mask()
        self.decays, self.own = decays, own
        self.max_norm = max_norm
        if max_norm is not None:  # in the type of the weights, in which it is no more than can be
            dtype = self.theta.vector.dtype
            self.max_norm = np.minimum(max_norm, float(np.finfo(dtype).max)).astype(dtype)
        # Asked in every step: of one number the standard library's takes a tenth of the time.
        self.is_finite = all_finite if self.theta.vector.ndim > 1 else math.isfinite

    def __call__(self, batch: tuple[Array, ...], t: int, rate: Any) -> Figures:
        """Take step t, counted from 1, with this learning rate, or one for each network (K, 1)."""
        figures = self.learn(*batch)
        if self.clip_norm is not None:
            clip(self.gradient.vector, self.clip_norm)
        self.apply(t, rate)
        return figures

    def learn(self, x: Array, targets: Array, weight: Array | None = None) -> Figures:
        """Forward and backward: gradients into the network; the loss and metrics of this batch."""
        z, saved = self.root.forward(x, self.network.rng)
        if self.observes:
            self.root.observe(saved)
        value, dz = self.judge(x, z, targets, weight)
        self.root.gradients(dz, saved)
        if self.own is not None:
            self.gradient.vector *= self.own
        return {"loss": value, **{name: each(z, targets) for name, each in self.metrics.items()}}

    def judge(self, x: Array, z: Array, targets: Array, weight: Array | None) -> tuple[Any, Array]:
        """The loss of outputs z, which x gave, and dL/dz."""
        value, dz = self.loss(z, targets, weight)
        if not self.is_finite(value):
            value = self.loss.mean(z, targets, weight)
            self.not_finite(value, x)
        return value, dz

    def apply(self, t: int, rate: Any) -> None:
        """The optimizer's rule, for the gradient as it is."""
        self.optimizer.step(
            self.theta.trainable, self.gradient.vector, self.moments, t, rate, self.decays
        )
        if self.max_norm is not None:
            self.shorten()

    def shorten(self) -> None:
        """Keep the weights that lead to a unit within `max_norm`; biases are free."""
        leading = self.theta.vector.shape[:-1]
        for name, spec in self.theta.specs.items():
            if spec.trainable and spec.decay and len(spec.shape) > 1:
                limit(self.theta[name].reshape(*leading, -1, spec.shape[-1]), self.max_norm)

    # ---- many networks in one

    def select(self, networks: slice) -> Self:
        """The same step of these networks: windows into the same numbers, bound to the network."""
        part = self._of(networks)
        part.theta, part.gradient = self.theta.part(networks), self.gradient.part(networks)
        self.network.bind(part.theta, part.gradient)
        return part

    def retain(self, places: list[int]) -> Self:
        """The step of these networks alone: their numbers in arrays of their own."""
        part = self._of(places)
        part.theta = self.theta.part(places)
        part.gradient = part.theta.like()
        return part

    def _of(self, networks: Any) -> Self:
        part = copy.copy(self)
        part.moments = {name: moment[networks] for name, moment in self.moments.items()}
        part.decays = None if self.decays is None else self.decays[networks]
        part.own = None if self.own is None else self.own[networks]
        part.max_norm = self.max_norm[networks] if np.ndim(self.max_norm) else self.max_norm
        return part


def clip(g: Array, norm: float) -> None:
    """Shorten g, one vector per network, to at most `norm` (Pascanu et al., 2013).

    >>> g = np.array([3e25, 4e25], np.float32)
    >>> clip(g, norm=10)
    >>> g
    array([6., 8.], dtype=float32)
    """
    limits = np.finfo(g.dtype)
    norm = min(norm, float(limits.max))
    with np.errstate(over="ignore"):
        squares = np.vecdot(g, g)[..., None]
    if limits.tiny * g.size / limits.eps < squares.min() and squares.max() < np.inf:
        g *= norm / np.maximum(np.sqrt(squares), norm)
        return
    # Some squares have no room in the type: g = largest · scaled, whose largest square is 1.
    largest = np.abs(g).max(axis=-1, keepdims=True)
    scaled = g / np.where(largest > 0, largest, 1)
    length = np.sqrt(np.vecdot(scaled, scaled))[..., None]
    shorter = scaled * np.minimum(largest, norm / np.maximum(length, 1))
    g[...] = np.where(np.isfinite(length), shorter, g)  # divergence is reported with its place


def limit(W: Array, norm: Any) -> None:
    """Shorten the weights that lead to each unit, the columns of W (…, inputs, units), to at most
    `norm`  (Srivastava et al., 2014).

    >>> W = np.array([[3.0, 0.3], [4.0, 0.4]])
    >>> limit(W, norm=1.0)
    >>> W
    array([[0.6, 0.3],
           [0.8, 0.4]])
    """
    with np.errstate(over="ignore"):
        squares = _squares(W)
    if not all_finite(squares):  # too large to be squared: shortened to what can be
        largest = np.abs(W).max(axis=-2, keepdims=True)
        W /= np.maximum(largest / SQUARABLE[W.dtype][1], 1)
        squares = _squares(W)
    W *= norm / np.maximum(np.sqrt(squares), norm)


def _squares(W: Array) -> Array:
    """The sum of squares of every column, without W² in memory."""
    squares: Array = np.einsum("...iu,...iu->...u", W, W)
    return squares[..., None, :]
