"""scikit-learn's objective, and its order of rows, in glassnet's training loop."""

from typing import Any

import numpy as np

from glassnet.base.arrays import Array, Rng
from glassnet.training.engines import Engine
from glassnet.training.lbfgs_trainer import LBFGSTrainer
from glassnet.training.sets import Sets
from glassnet.training.stack.trainer import StackTrainer
from glassnet.training.step import Figures, Step
from glassnet.training.trainer import Trainer

MAX_FUN_REACHED = "the objective was evaluated as often as max_fun allows"


class SparseRows:
    """The rows of a sparse matrix, dense when they are used."""

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


class RandomStateGenerator:
    """A network's generator whose orders of rows are scikit-learn's: each is the one before, in an
    order that its `RandomState` draws. All else, such as dropout, is drawn by a generator of ours.
    """

    def __init__(self, random_state: np.random.RandomState) -> None:
        self.random_state, self.last = random_state, np.arange(0)
        # Seeded by the state as it is: nothing is drawn that scikit-learn would not draw.
        key: Any = random_state.get_state(legacy=False)
        self.noise: Rng = np.random.default_rng([*key["state"]["key"][:8], key["state"]["pos"]])

    def permutation(self, samples: int) -> Array:
        """The next order."""
        new = self.random_state.permutation(samples)
        self.last = self.last[new] if len(self.last) == samples else new
        return self.last

    def __getattr__(self, name: str) -> Any:
        if name == "noise":  # not there yet, while a copy is made
            raise AttributeError(name)
        return getattr(self.noise, name)


class PenalisedStep(Step):
    """A step for  L + α / 2n ‖W‖²,  where n is what the samples of a batch weigh together."""

    alpha: float

    def penalise(self, alpha: float) -> None:
        """Learn with this α from now on."""
        self.alpha, self.weights = alpha, self.theta.decay_mask()
        self.samples, self.share_of = 0, self.weights  # of the last batch without weights

    def learn(self, x: Array, targets: Array, weight: Array | None = None) -> Figures:
        """Gradients into the network, and the loss of this batch."""
        figures = super().learn(x, targets, weight)
        theta = self.theta.trainable
        decay = self.share(x, weight) * theta
        self.gradient.vector[...] += decay
        figures["loss"] = figures["loss"] + np.vecdot(decay, theta) / 2
        return figures

    def share(self, x: Array, weight: Array | None) -> Array:
        """α / n for weights and 0 for biases; 0 too if a batch weighs nothing."""
        if weight is not None:
            total = weight.sum(axis=-1, keepdims=True)
            n = np.divide(self.alpha, total, out=np.zeros_like(total), where=total > 0)
            return np.asarray(n * self.weights)
        if self.samples != x.shape[-2]:
            self.samples = x.shape[-2]
            self.share_of = self.alpha / self.samples * self.weights
        return self.share_of


class PenalisedTrainer(Trainer):
    """A trainer of scikit-learn's objective."""

    step_type = PenalisedStep
    step: PenalisedStep
    weighed = ()  # scikit-learn's loss of an epoch counts a batch by its rows, and stops by that

    def __init__(self, *what: Any, alpha: float, **settings: Any) -> None:
        self.alpha = alpha
        super().__init__(*what, metrics=False, **settings)
        self.step.penalise(alpha)

    def compiled_engine(self, penalty: float = 0.0) -> Engine:
        return super().compiled_engine(self.alpha)


class ResumedTrainer(PenalisedTrainer):
    """Steps of a rule that follow those of an earlier training."""

    epochs_before = steps_before = 0

    def count_from(self, epochs: int, steps: int) -> None:
        """Count epochs and steps from here."""
        self.epoch_index = self.epochs_before = epochs
        self.steps_before = steps

    @property
    def steps_done(self) -> int:
        """How many steps of the rule were taken."""
        return self.steps_before + super().steps_done - self.epochs_before * self.steps_per_epoch


class PenalisedLBFGSTrainer(PenalisedTrainer, LBFGSTrainer):
    """The same objective by L-BFGS, which ends after `max_evaluations` of it."""

    max_evaluations = 15_000
    evaluations = 0

    def evaluate(self, batch: Sets) -> Figures:
        """Count how often the objective is evaluated."""
        self.evaluations += 1
        if self.evaluations > self.max_evaluations:
            self.stop(MAX_FUN_REACHED)
        return super().evaluate(batch)


class PenalisedStackTrainer(PenalisedTrainer, StackTrainer):
    """The same objective of many networks, each its own."""
