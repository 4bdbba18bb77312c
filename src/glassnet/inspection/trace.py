"""Every number of one training step, as the engine worked it out."""

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.configurable import formula
from glassnet.nn.layers import Layer
from glassnet.nn.losses import Loss
from glassnet.nn.network import Network
from glassnet.nn.optimizers import Moments, Optimizer

if TYPE_CHECKING:
    from glassnet.training.trainer import Trainer

NUDGE = 1e-5  # half the way between two losses that are compared


class LayerTrace:
    """What one layer did in a step.

    `input`, `output` and `saved` are of forward; `dy` and `dx` of backward, None where nobody asked
    for them: before the first layer that learns. `parameters` are those before the step.
    """

    def __init__(self, index: int, layer: Layer, x: Array, y: Array, saved: Any) -> None:
        self.index, self.kind, self.description = index, type(layer).__name__, repr(layer)
        self.formula = formula(type(layer))
        self.input, self.output, self.saved = map(copy.deepcopy, (x, y, saved))
        self.dy: Array | None = None
        self.dx: Array | None = None
        self.parameters: dict[str, Array] = {}
        self.gradients: dict[str, Array] = {}

    def __repr__(self) -> str:
        return f"<{self.index} {self.description}: {self.input.shape} to {self.output.shape}>"


class Trace:
    """One step: its layers, its loss, and what the rule made of the gradients.

    `layers` has a `LayerTrace` each; `x`, `targets` and `weight` are what was learned from;
    `loss`, `value`, `z` and `dz` the loss, its value, the outputs and their gradient; `rule`,
    `rate`, `before`, `after` and the moments, by the parameters' names, the optimizer's step;
    `value_after` is the loss after it, without noise.
    """

    x: Array
    z: Array
    dz: Array
    targets: Array
    weight: Array | None
    value: float
    value_after: float
    rate: float

    def __init__(self, network: Network, loss: Loss, rule: Optimizer) -> None:
        self.network = copy.deepcopy(network)  # as it was before
        self._learning = network
        self.loss, self.rule = loss, rule
        self.layers: list[LayerTrace] = []
        self.before: dict[str, Array] = {}
        self.after: dict[str, Array] = {}
        self.stepped_by: dict[str, Array] = {}  # the gradients, shortened where they were too long
        self.moments_before: dict[str, dict[str, Array]] = {}
        self.moments_after: dict[str, dict[str, Array]] = {}

    # ---- what the engine tells, while it works

    def forward(self, index: int, layer: Layer, x: Array, y: Array, saved: Any) -> None:
        """A layer has made y of x."""
        self.layers.append(LayerTrace(index, layer, x, y, saved))

    def lost(self, z: Array, targets: Array, weight: Array | None, value: Any, dz: Array) -> None:
        """The loss has judged the outputs."""
        self.x = self.layers[0].input
        self.z, self.targets, self.dz = z.copy(), targets.copy(), dz.copy()
        self.weight = None if weight is None else weight.copy()
        self.value = float(value)

    def backward(self, index: int, dy: Array, dx: Array | None) -> None:
        """A layer has made dx of dy, and its gradients."""
        layer, own = self.layers[index], f"{index}."
        layer.dy, layer.dx = dy.copy(), None if dx is None else dx.copy()
        for name, values in self._learning.gradient.items():
            if name.startswith(own):
                layer.gradients[name.removeprefix(own)] = values.copy()
                layer.parameters[name.removeprefix(own)] = self.before[name]

    def stepping(self) -> None:
        """The rule is about to take its step."""
        self.stepped_by = copies(self._learning.gradient)

    # ---- what can be asked of it

    def difference(self, name: str, place: tuple[int, ...]) -> float:
        """dL/dw of one parameter by differences of two losses, in float64, with the same noise.

        (L(w + h) − L(w − h)) / 2h
        """
        network = self.network.copy(np.float64)
        view, x = network.parameters[name], self.x.astype(np.float64)
        targets = self.targets if self.targets.dtype.kind in "iu" else self.targets.astype(float)
        start = float(view[place])

        def value(w: float) -> float:
            view[place] = w
            z, _ = network.forward(x, copy.deepcopy(self.network.rng))
            return float(self.loss(z, targets, self.weight)[0])

        return (value(start + NUDGE) - value(start - NUDGE)) / (2 * NUDGE)

    def steepest(self) -> tuple[str, tuple[int, ...]]:
        """The name and the place of the weight with the largest gradient, in the first layer that
        learns."""
        layer = next(layer for layer in self.layers if layer.gradients)
        name, gradient = next(iter(layer.gradients.items()))
        place = np.unravel_index(np.abs(gradient).argmax(), gradient.shape)
        return f"{layer.index}.{name}", tuple(map(int, place))

    def as_json(self) -> dict[str, Any]:
        """All of it as plain data."""
        layers = [{name: plain(v) for name, v in vars(layer).items()} for layer in self.layers]
        names = ["x", "targets", "weight", "z", "dz", "value", "value_after", "rate", "before"]
        names += ["after", "moments_before", "moments_after"]
        return {
            "layers": layers,
            "loss": {**self.loss.config(), "formula": formula(type(self.loss))},
            "rule": {**self.rule.config(), "formula": formula(type(self.rule))},
            **{name: plain(getattr(self, name)) for name in names},
        }

    def _repr_html_(self) -> str:
        """In a notebook: the walk through it."""
        from glassnet.inspection import explain
        from glassnet.inspection import html_report as pages

        return pages.shown(explain.walk(self, self.network.classes))

    def __repr__(self) -> str:
        step = f"loss {self.value:z.6g} → {self.value_after:z.6g}"
        return f"<trace of a step: {len(self.layers)} layers, {len(self.z)} samples, {step}>"


def traced(trainer: "Trainer") -> Trace:
    """Let a trainer take its one step, and keep every number of it."""
    network = trainer.network
    trace = Trace(network, trainer.loss, trainer.optimizer)
    trace.before = copies(network.parameters)
    trace.moments_before = _moments(network, trainer.moments)
    trainer.trace = trace
    trainer.fit()
    trace.rate = float(trainer.learning_rate)
    trace.after = copies(network.parameters)
    trace.moments_after = _moments(network, trainer.moments)
    z = network.outputs(trace.x)
    trace.value_after = float(trace.loss(z, trace.targets, trace.weight)[0])
    return trace


def plain(value: Any) -> Any:
    """Arrays as lists, in dicts and tuples too."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(each) for each in value]
    return value


def copies(parameters: Mapping[str, Array]) -> dict[str, Array]:
    """Of every array one."""
    return {name: values.copy() for name, values in parameters.items()}


def _moments(network: Network, moments: Moments) -> dict[str, dict[str, Array]]:
    """Each moment by the parameters' names, like the parameters."""
    named = {name: network.parameters.like() for name in moments}
    for name, values in moments.items():
        named[name].vector[...] = values
    return {name: dict(values) for name, values in named.items()}
