"""scikit-learn's objective, and its order of rows, in glassnet's training loop."""

from collections.abc import Callable
from typing import Any

import numpy as np

from glassnet.arrays import Array
from glassnet.callbacks import Logs
from glassnet.losses import Loss
from glassnet.minimising import Minimiser
from glassnet.network import Network
from glassnet.training import Sets, Trainer

TOO_OFTEN = "the objective was worked out as often as max_fun allows"

AfterEpoch = Callable[[float], None]


class SparseRows:
    """The rows of a sparse matrix, dense when they are asked for."""

    def __init__(self, matrix: Any) -> None:
        self.matrix = matrix.tocsr()
        self.shape, self.ndim, self.dtype = matrix.shape, 2, matrix.dtype
        self.size, self.itemsize = matrix.shape[0] * matrix.shape[1], matrix.dtype.itemsize

    def __len__(self) -> int:
        return int(self.shape[0])

    def __getitem__(self, rows: Any) -> Array:
        dense: Array = self.matrix[rows].toarray()
        return dense

    def take(self, rows: Array, axis: int, out: Array, mode: str) -> Array:
        """These rows into `out`, as `np.take` puts them."""
        out[...] = self[rows]
        return out


class Orders:
    """scikit-learn's order of rows in every epoch: each is drawn from the one before."""

    def __init__(self, random_state: np.random.RandomState) -> None:
        self.random_state, self.last = random_state, np.arange(0)

    def permutation(self, samples: int) -> Array:
        """The next order."""
        new = self.random_state.permutation(samples)
        self.last = self.last[new] if len(self.last) == samples else new
        return self.last


class Penalised(Trainer):
    """Learns  L + α / 2n ‖W‖²,  where n is what the samples of a batch weigh together.

    `scale` has what value and gradient of our loss are multiplied by to be scikit-learn's.
    """

    def __init__(
        self,
        network: Network,
        train: Sets,
        loss: Loss,
        rule: Any,
        *,
        alpha: float,
        scale: tuple[float, float],
        after_epoch: AfterEpoch,
        orders: Orders | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(network, train, loss, rule, metrics=False, **settings)
        self.alpha, self.scale, self.after_epoch = alpha, scale, after_epoch
        self.orders = orders
        self.weights = network.parameters.decay_mask()

    def ordered(self) -> Any:
        """The batches of this epoch."""
        return self.batches.epoch(self.orders)

    def learn(self, x: Array, targets: Array, weight: Array | None = None) -> Logs:
        """Gradients into the network, and the loss of this batch."""
        z, saved = self.network.forward(x, self.network.rng)
        value, dz = self.loss(z, targets, weight)
        value, dz = value * self.scale[0], dz if self.scale[1] == 1 else dz * self.scale[1]
        self.check(value, x)
        self.network.gradients(dz, saved)
        total = len(x) if weight is None else float(weight.sum())
        share = self.alpha / total if total else 0.0
        decay = self.weights * self.network.parameters.vector
        value += share / 2 * float(decay @ decay)
        decay *= share
        self.network.gradient.vector += decay
        return {"loss": value}

    def end_epoch(self, begin: float, logs: Logs) -> None:
        """Look at the loss, and whether that is enough."""
        super().end_epoch(begin, logs)
        self.after_epoch(float(logs["loss"]))


class Descent(Penalised):
    """Steps of a rule, whose rate and moments go on from what a training before left."""

    rate: float
    steps_before = 0

    def set_learning_rate(self) -> None:
        """The rate as it is, whatever the schedule."""
        self.learning_rate = self.rate

    @property
    def steps_done(self) -> int:
        """How many steps of the rule are behind."""
        return self.steps_before + super().steps_done


class Minimising(Penalised, Minimiser):
    """The same objective by L-BFGS, which ends when it has asked for it `most` times."""

    most = 15_000
    asked = 0

    def learn(self, x: Array, targets: Array, weight: Array | None = None) -> Logs:
        """Count how often it was asked for."""
        self.asked += 1
        if self.asked > self.most:
            self.stop(TOO_OFTEN)
        return super().learn(x, targets, weight)
