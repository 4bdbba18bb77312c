"""The training loop: fit → epoch → step."""

import math
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType, MappingProxyType
from typing import Any, ClassVar, Protocol

import numpy as np

from glassnet.base.arrays import Array, spread
from glassnet.base.errors import DivergedError, refusing
from glassnet.base.threads import one_blas_thread
from glassnet.nn.losses import Loss
from glassnet.nn.metrics import Metric, Score
from glassnet.nn.network import Network
from glassnet.nn.optimizers import Optimizer
from glassnet.nn.schedules import Constant, Schedule
from glassnet.nn.task import VALUES
from glassnet.training.batches import Batches
from glassnet.training.callbacks.history import INTERRUPTED, History
from glassnet.training.callbacks.protocol import Hooks, Logs, say
from glassnet.training.divergence import HINT, first_not_finite
from glassnet.training.engines import (
    BYTES_AT_ONCE,
    Engine,
    ManyAtOnce,
    StepByStep,
    gathered,
)
from glassnet.training.scoring import Asked, compute, judged, scores_of
from glassnet.training.sets import Sets
from glassnet.training.state import check_trainer
from glassnet.training.step import Step


class Stoppable(Protocol):
    """What Ctrl-C may stop, and why it was stopped."""

    stopped: str | None

    def stop(self, reason: str) -> None:
        """End after the current step."""


class Trainer:
    """One network, what it learns from, and the rule by which it learns.

    `Sequential.fit` makes one from arrays that it has checked. `fit` runs epochs, an epoch runs
    steps; a `Step` is forward, backward and the optimizer's rule, and another may take its place.
    """

    step_type: ClassVar[type[Step]] = Step
    weighed: tuple[str, ...] = ("loss",)  # the metrics in which weights of samples count

    def __init__(
        self,
        network: Network,
        train: Sets,
        loss: Loss,
        optimizer: Optimizer,
        *,
        validation: Sets | None = None,
        epochs: int = 10,
        batch_size: int = 32,
        schedule: Schedule | None = None,
        clip_norm: float | None = None,
        max_norm: float | None = None,
        metrics: Asked = True,
        shuffle: bool = True,
        callbacks: Iterable[Any] = (),
        engine: str = "numpy",
    ) -> None:
        self.network, self.loss, self.optimizer = network, loss, optimizer
        self.batches = self.batched(train, batch_size)
        self.validation, self.epochs, self.shuffle = validation, epochs, shuffle
        self.schedule = schedule or Constant()
        self.clip_norm, self.max_norm = clip_norm, max_norm
        self.task = network.task or VALUES
        self.metrics = self.task.metrics if metrics else {}
        self.history = History()
        self.hooks = Hooks(callbacks, self)
        self.scores = self.watched_scores(metrics)
        self.steps_per_epoch = len(self.batches)
        self.learning_rate: Any = optimizer.learning_rate
        self.first_rate = optimizer.learning_rate
        self.step = self.make_step()
        self.engine: Engine = StepByStep() if engine == "numpy" else self.compiled_engine()
        self.epoch_index = self.batch_index = 0
        self.records: dict[str, Array] = {}
        self._finite = network.parameters.vector.copy()
        self.stopped: str | None = None
        self.resume_step = 0  # of the first epoch, if it was begun before
        self.about: dict[str, Any] = {}  # what it learns from and how, for logs
        self.order: dict[str, Any] = {}  # the generator's state when it drew this epoch's order

    def watched_scores(self, asked: Asked) -> dict[str, Score]:
        """The metrics of the validation part besides the usual ones."""
        has_validation = self.validation is not None
        return scores_of(asked, self.hooks.callbacks, self.loss, self.task, has_validation)

    def batched(self, train: Sets, size: int) -> Any:
        """What gives the batches of every epoch."""
        return Batches(train, size, self.network.input_dtype)

    def compiled_engine(self, penalty: float = 0.0) -> Engine:
        """Compiled steps of this training; `penalty` is the α of a term α / 2n ‖W‖² of the loss."""
        from glassnet.compiled.fused import fuse
        from glassnet.compiled.gathering import scaling_of
        from glassnet.compiled.program import NotCompiledError, Program
        from glassnet.training.compiled_batches import CompiledBatches

        arrays, size, dtype = self.batches.arrays, self.batches.size, self.network.input_dtype
        scaling = scaling_of(self.network.root, arrays[0].shape[1:], dtype)
        try:
            program = Program(
                self.network, self.loss, self.optimizer, metrics=self.metrics, batch_size=size,
                clip_norm=self.clip_norm, max_norm=self.max_norm, penalty=penalty,
            )  # fmt: skip
        except NotCompiledError:
            fuse(self.step)
            self.batches = CompiledBatches(arrays, size, dtype, scaling=scaling)
            return StepByStep("compiled")
        self.batches = CompiledBatches(
            arrays, size, dtype, BYTES_AT_ONCE, later=True, scaling=scaling
        )
        return ManyAtOnce(program)

    def make_step(self) -> Step:
        """The step that every batch takes."""
        return self.step_type(
            self.network, self.loss, self.optimizer,
            metrics=self.metrics, clip_norm=self.clip_norm, max_norm=self.max_norm,
            not_finite=self.not_finite,
        )  # fmt: skip

    @property
    def moments(self) -> dict[str, Array]:
        """What the rule remembers between steps."""
        return self.step.moments

    @moments.setter
    def moments(self, moments: dict[str, Array]) -> None:
        self.step.moments = moments

    @property
    def weighted(self) -> bool:
        """Whether samples or classes have weights."""
        return len(self.batches.arrays) > 2

    def probe_samples(self, count: int) -> tuple[Array, Array]:
        """Samples spread over those that are learned from, `count` at most, and their targets."""
        x, targets, *_ = self.batches.arrays
        rows = spread(len(x), count)
        return x[rows].astype(self.network.input_dtype), targets[rows]

    def one_pass(self) -> Iterator[Sets]:
        """All samples once more, in batches and an order of the network's generator."""
        return ((gathered(x), *others) for x, *others in self.batches.epoch(self.network.rng))

    def stop(self, reason: str) -> None:
        """End training after the current step."""
        self.stopped = self.stopped or reason

    def fit(self, resume: dict[str, Any] | None = None) -> History:
        """Run all epochs. Ctrl-C ends after the current step and keeps network and history.

        `resume` is the `state` of a training to continue.
        """
        if resume is not None:
            refusing(self.check_state, resume)
        with interrupt(self):
            self.hooks("on_train_begin", {})
        try:
            if resume is not None:
                refusing(self.restore, resume)
            with self.undisturbed():
                self.descend()
        finally:
            self.history.interrupted = self.stopped
            self.hooks("on_train_end", {})
        self.history.engine = self.engine.name
        return self.history

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Ctrl-C ends after the current step; BLAS leaves the processors to pieces of a batch; and
        divergence is looked for and reported, so that NumPy need not warn of overflow as well."""
        alone = one_blas_thread(self.network.root.in_pieces or self.engine.alone)
        with alone, interrupt(self), np.errstate(over="ignore", invalid="ignore"):
            yield

    def descend(self) -> None:
        """Epoch after epoch until all are done or somebody says stop."""
        for epoch in range(self.epoch_index, self.epochs):
            self.epoch_index = epoch
            begin = time.perf_counter()
            if not self.resume_step:
                self.hooks("on_epoch_begin", self.epoch_index, {})
            logs = self.epoch()
            if logs is not None:
                self.end_epoch(begin, logs)
            if self.stopped:
                return

    def epoch(self) -> Logs | None:
        """Every batch once: the means of loss and metrics; None when cut off."""
        self.batch_index = 0
        if not self.schedule.every_step:
            self.set_learning_rate()
        for index in self.engine.walk(self, self.resume_step):
            if self.stopped and index + 1 < self.steps_per_epoch:
                return None
        return self.means()

    def take_step(self, index: int, batch: Sets) -> None:
        """The step of a batch, with its hooks and figures."""
        self.batch_index = index
        self.hooks("on_train_batch_begin", index, {})
        if self.schedule.every_step:
            self.set_learning_rate()
        figures = self.step(batch, self.steps_done + 1, self.learning_rate)
        self.record(figures, index)
        self.hooks("on_train_batch_end", index, figures)

    def means(self) -> Logs:
        """Each metric's mean over the epoch: of the loss, by what the samples weigh; of metrics, by
        their number, as `evaluate` takes them."""
        batches = self.batches
        return {
            name: ((batches.weighed if name in self.weighed else batches.shares) * values).sum(0)
            for name, values in self.records.items()
        }

    def remaining(self, epoch: Callable[..., Any]) -> Any:
        """What is left of this epoch, in the order that its generator drew; `epoch` gives the
        batches of a whole one, from a step on."""
        rng, first, self.resume_step = self.network.rng, self.resume_step, 0
        now = rng.bit_generator.state
        if first:
            rng.bit_generator.state = self.order
        self.order = dict(rng.bit_generator.state)
        batches = epoch(rng if self.shuffle else None, first)
        if first:
            rng.bit_generator.state = now
        return batches

    def state(self) -> dict[str, Any]:
        """All that changes in training, as it is after the current step."""
        done = self.batch_index + 1
        return {
            "theta": self.network.parameters.vector,
            "finite": self._finite,
            "moments": self.moments,
            "learning_rate": self.learning_rate,
            "epoch": self.epoch_index,
            "steps": done,
            "batches": [self.batches.size, self.batches.samples],
            "records": {name: values[:done] for name, values in self.records.items()},
            "history": self.history.state(),
            "order": self.order,
            "rng": self.network.rng.bit_generator.state,
            "callbacks": self.hooks.state(),
        }

    def check_state(self, state: dict[str, Any]) -> None:
        """Raise InputError unless this training can resume from all of this state."""
        check_trainer(self, state)

    def restore(self, state: dict[str, Any]) -> None:
        """Resume from a state instead of starting afresh; if batches have changed, from the
        begin of its epoch."""
        if state["batches"] != [self.batches.size, self.batches.samples]:
            state = {**state, "steps": 0, "records": {}, "rng": state["order"]}
        self.network.parameters.vector[...] = state["theta"]
        self._finite[...] = state["finite"]
        for name, moment in self.moments.items():
            moment[...] = state["moments"].get(name, 0)
        self.learning_rate = state["learning_rate"]
        self.epoch_index, self.resume_step = state["epoch"], state["steps"]
        for name, values in state["records"].items():
            self.records[name] = np.zeros((len(self.batches), *self.leading))
            self.records[name][: len(values)] = values
        self.history.restore(state["history"])
        self.order, self.network.rng.bit_generator.state = state["order"], state["rng"]
        say(self.hooks.restore(state["callbacks"]))

    def record(self, figures: Logs, place: Any) -> None:
        """Keep the loss and metrics of a step: its number, or of many networks (number, slice)."""
        for name, value in figures.items():
            if name not in self.records:
                self.records[name] = np.zeros((len(self.batches), *self.leading))
            self.records[name][place] = value

    @property
    def leading(self) -> tuple[int, ...]:
        """(K,) for K networks in one."""
        return self.step.theta.vector.shape[:-1]

    @property
    def steps_done(self) -> int:
        """How many steps of the rule were taken."""
        return self.epoch_index * self.steps_per_epoch + self.batch_index

    def not_finite(self, value: Any, x: Array) -> None:
        """Raise `DivergedError` if the loss of this batch is too large for float64, too."""
        if not math.isfinite(value):
            raise self.diverged(gathered(x))

    def end_epoch(self, begin: float, logs: Logs) -> None:
        """Validate, check that all is finite, report to the callbacks, write the history."""
        theta = self.network.parameters.vector
        if not np.isfinite(theta).all():
            raise self.diverged(None)
        if self.validation is not None:
            figures = evaluate(self.network, self.loss, self.validation, self.metrics, self.scores)
            logs |= {f"val_{name}": value for name, value in figures.items()}
        self._finite[...] = theta
        logs = {"seconds": time.perf_counter() - begin, **logs}
        self.hooks("on_epoch_end", self.epoch_index, logs)
        self.history.append(logs)

    def diverged(self, x: Array | None) -> DivergedError:
        """The error to raise; the network gets its last finite parameters back."""
        place = first_not_finite(self.network, x)
        self.network.parameters.vector[...] = self._finite
        epochs = self.history.epochs
        kept = f"those after epoch {epochs}" if epochs else "its first ones"
        return DivergedError(
            f"training diverged in epoch {self.epoch_index + 1}, step {self.batch_index + 1}: "
            f"first not finite: {place}. Try this: {HINT}. The network's parameters are {kept}.",
            place=place,
        )

    def set_learning_rate(self) -> None:
        """η now: the first, which is the optimizer's own, times the schedule's factor."""
        now = self.epoch_index + self.batch_index / self.steps_per_epoch
        losses: Sequence[float] = self.history.get("val_loss") or self.history.get("loss") or ()
        self.learning_rate = self.first_rate * self.schedule.factor(now, self.epochs, losses)


def evaluate(
    network: Network,
    loss: Loss,
    data: Sets,
    metrics: Mapping[str, Metric],
    scores: Mapping[str, Score] = MappingProxyType({}),
    weight: Array | None = None,
) -> Logs:
    """The loss and the metrics of a network on data, nothing learned; `weight` counts in scores."""
    x, targets, *loss_weight = data
    z = network.outputs(x)
    value = loss.mean(z, targets, *loss_weight)
    figures = {"loss": value, **{name: metric(z, targets) for name, metric in metrics.items()}}
    if scores:
        task = network.task or VALUES
        figures |= compute(scores, judged(task, loss, z, targets, weight))
    return figures


@contextmanager
def interrupt(trainer: Stoppable) -> Iterator[None]:
    """Let the first Ctrl-C ask training to stop; the second breaks off at once."""
    asked = trainer.stopped == INTERRUPTED
    if asked or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ask(number: int, frame: FrameType | None) -> None:
        trainer.stop(INTERRUPTED)
        signal.signal(signal.SIGINT, previous)
        print("\nstopping after this step; a second Ctrl-C breaks off at once", file=sys.stderr)

    previous = signal.signal(signal.SIGINT, ask)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
