"""A step of training, recorded."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.inspection import html_report
from glassnet.inspection.recording import Recording, copies
from glassnet.inspection.walkthrough import walk
from glassnet.nn.network import Network
from glassnet.nn.optimizers import Moments
from glassnet.training.plan import Plan
from glassnet.training.step import Figures, Step
from glassnet.training.trainer import Trainer


class Trace(Recording):
    """Every number of one step, which `network.trace(x, y)` makes; in a notebook, the walk through
    it.

    - `network`: the network before the step, of which it keeps a copy.
    - `loss`, `rule`: what the step minimises, and the optimizer.

    `layers` has a `LayerTrace` for each layer, with its input, output, dy, dx, parameters and
    gradients; `x`, `targets` and `weight` are the samples; `value` and `value_after` the loss
    before and after the step, `z` and `dz` the outputs and their gradient; `before`, `after`,
    `rate` and the moments are the optimizer's.
    """

    def _repr_html_(self) -> str:
        return html_report.shown(walk(self, self.network.classes))


class RecordedStep(Step):
    """A step that leaves its loss and its gradient in a trace, if there is one."""

    trace: Trace | None = None

    def learn(self, x: Array, targets: Array, weight: Array | None = None) -> Figures:
        if self.trace is None:
            return super().learn(x, targets, weight)
        self.trace.record_noise()
        with self.trace.watching():
            return super().learn(x, targets, weight)

    def judge(self, x: Array, z: Array, targets: Array, weight: Array | None) -> tuple[Any, Array]:
        value, dz = super().judge(x, z, targets, weight)
        if self.trace is not None:
            self.trace.record_loss(x, z, targets, weight, value, dz)
        return value, dz

    def apply(self, t: int, rate: Any) -> None:
        if self.trace is not None:
            self.trace.record_gradient(t, float(rate))
        super().apply(t, rate)

    def shorten(self) -> None:
        if self.trace is not None:
            self.trace.record_rule()
        super().shorten()


class RecordingTrainer(Trainer):
    """A trainer whose next step can be recorded."""

    step_type = RecordedStep
    step: RecordedStep

    @contextmanager
    def recorded(self) -> Iterator[Trace]:
        """Keep every number of the one step that is taken meanwhile."""
        network = self.network
        trace = Trace(network, self.loss, self.optimizer)
        trace.before = copies(network.parameters)
        trace.moments_before = _moments(network, self.moments)
        self.step.trace = trace
        try:
            yield trace
        finally:
            self.step.trace = None
        trace.after = copies(network.parameters)
        trace.moments_after = _moments(network, self.moments)
        with np.errstate(over="ignore", invalid="ignore"):
            z = network.outputs(trace.x)
            trace.value_after = float(trace.loss(z, trace.targets, trace.weight)[0])


def traced(network: Network, plan: Plan) -> Trace:
    """Let a network take its one step, and keep every number of it."""
    trainer = RecordingTrainer(
        network, plan.whole, plan.loss, plan.rule, **plan.settings | {"engine": "numpy"}
    )
    with trainer.recorded() as trace:
        trainer.fit()
    return trace


def _moments(network: Network, moments: Moments) -> dict[str, dict[str, Array]]:
    """Each moment by the parameters' names, like the parameters."""
    named = {name: network.parameters.like() for name in moments}
    for name, values in moments.items():
        named[name].vector[...] = values
    return {name: dict(values) for name, values in named.items()}
