"""Every number of one training step, as the engine computed it."""

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from glassnet.base.arrays import Array, Rng
from glassnet.base.configurable import choose, formula
from glassnet.base.errors import InputError
from glassnet.nn.layers import Layer
from glassnet.nn.losses import Loss
from glassnet.nn.network import Network
from glassnet.nn.optimizers import Optimizer
from glassnet.nn.worked import at

NUDGE = 1e-5  # half the distance between two losses that are compared


class LayerTrace:
    """What one layer did in a step.

    `name` is its place, `"2"` or in a container `"2.body.0"`; `source` is the name of the layer
    whose output it takes, empty for the samples. `input`, `output` and `saved` are of forward; `dy`
    and `dx` of backward, None if they are not needed: before the first trainable layer.
    `parameters` are those before the step.
    """

    def __init__(
        self, name: str, layer: Layer, x: Array, y: Array, saved: Any, source: str = ""
    ) -> None:
        self.name, self.kind, self.description = name, type(layer).__name__, repr(layer)
        self.source = source
        self.formula = formula(type(layer))
        self.input, self.output, self.saved = map(copy.deepcopy, (x, y, saved))
        self.dy: Array | None = None
        self.dx: Array | None = None
        self.parameters: dict[str, Array] = {}
        self.gradients: dict[str, Array] = {}

    def __repr__(self) -> str:
        return f"<{self.name} {self.description}: {self.input.shape} to {self.output.shape}>"


class Recording:
    """The numbers of one step: its layers, its loss, and what the rule made of the gradients.

    `layers` has a `LayerTrace` each; `x`, `targets` and `weight` are the samples;
    `loss`, `value`, `z` and `dz` the loss, its value, the outputs and their gradient; `rule`, `t`,
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
    t: int
    rate: float

    def __init__(self, network: Network, loss: Loss, rule: Optimizer) -> None:
        self.network = copy.deepcopy(network)  # as it was before
        self._learning = network
        self.loss, self.rule = loss, rule
        self.layers: list[LayerTrace] = []
        self._made: dict[int, tuple[Array, str]] = {}  # every output, and by which layer
        self.before: dict[str, Array] = {}
        self.by_rule: dict[str, Array] = {}  # the parameters before max_norm shortens them
        self.after: dict[str, Array] = {}
        self.stepped_by: dict[str, Array] = {}  # the gradients, clipped if they were too long
        self.moments_before: dict[str, dict[str, Array]] = {}
        self.moments_after: dict[str, dict[str, Array]] = {}

    # ---- what is recorded, while it is computed

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Let the layers leave the numbers of their forward and backward here meanwhile."""
        layers = [(name, each) for name, each in self._learning.walk() if each.name != "chain"]
        try:
            for name, layer in layers:
                self._record(name, layer)
            yield
        finally:
            for _, layer in layers:
                for method in ("forward", "backward", "gradients"):
                    vars(layer).pop(method, None)
        self._made.clear()  # the step's own arrays: what is recorded are copies

    def _record(self, name: str, layer: Layer) -> None:
        forward, backward, gradients = layer.forward, layer.backward, layer.gradients

        def recorded_forward(x: Array, rng: Rng | None = None) -> tuple[Array, Any]:
            y, saved = forward(x, rng)
            _, source = self._made.get(id(x), (x, ""))
            self.layers.append(LayerTrace(name, layer, x, y, saved, source))
            self._made[id(y)] = y, name
            return y, saved

        def recorded_backward(dy: Array, saved: Any) -> Array:
            dx = backward(dy, saved)
            self._record_backward(name, dy, dx)
            return dx

        def recorded_gradients(dy: Array, saved: Any) -> None:
            gradients(dy, saved)
            self._record_backward(name, dy, None)

        vars(layer).update(
            forward=recorded_forward, backward=recorded_backward, gradients=recorded_gradients
        )

    def _record_backward(self, name: str, dy: Array, dx: Array | None) -> None:
        layer = next(layer for layer in self.layers if layer.name == name)
        layer.dy, layer.dx = dy.copy(), None if dx is None else dx.copy()
        own = {
            key: each for key, each in self._learning.gradient.of(name).items() if "." not in key
        }
        for key, values in own.items():
            layer.gradients[key] = values.copy()
            layer.parameters[key] = self.before[f"{name}.{key}"]

    def record_loss(
        self, x: Array, z: Array, targets: Array, weight: Array | None, value: Any, dz: Array
    ) -> None:
        """What the loss made of the outputs `z` for samples `x` with `targets` and a `weight`: its
        `value`, and its gradient `dz`."""
        self.x, self.z, self.targets, self.dz = x.copy(), z.copy(), targets.copy(), dz.copy()
        self.weight = None if weight is None else weight.copy()
        self.value = float(value)

    def record_noise(self) -> None:
        """The state of the generator from which forward is about to draw."""
        self.network.rng.bit_generator.state = self._learning.rng.bit_generator.state

    def record_gradient(self, t: int, rate: float) -> None:
        """The gradient that the rule is about to use, its number `t` of the step, and the rate."""
        self.t, self.rate = t, rate
        self.stepped_by = copies(self._learning.gradient)

    def record_rule(self) -> None:
        """The parameters that the rule has made, before any is shortened."""
        self.by_rule = copies(self._learning.parameters)

    # ---- what can be asked of it

    def difference(self, name: str, place: tuple[int, ...]) -> float:
        """dL/dw of the parameter `name`, such as "0.W", at a `place`, such as (0, 1), by the
        difference of two losses, in float64, with the same noise.

        (L(w + h) − L(w − h)) / 2h
        """
        network = self.network.copy(np.float64)
        view, x = network.parameters[name], self.x.astype(network.input_dtype)
        targets = self.targets if self.targets.dtype.kind in "iu" else self.targets.astype(float)
        start = float(view[place])

        def value(w: float) -> float:
            view[place] = w
            z, _ = network.forward(x, copy.deepcopy(self.network.rng))
            return float(self.loss(z, targets, self.weight)[0])

        return (value(start + NUDGE) - value(start - NUDGE)) / (2 * NUDGE)

    def parameter_named(self, text: str) -> tuple[str, tuple[int, ...]]:
        """The name and the place of a parameter from a `text` such as "0.W[0, 1]"; InputError if
        there is none."""
        name, _, inside = text.removesuffix("]").partition("[")
        trainable = [f"{layer.name}.{own}" for layer in self.layers for own in layer.gradients]
        shape = self.before[choose("parameter", name.strip(), trainable)].shape
        numbers = [each.strip() for each in inside.split(",")]
        place = tuple(int(each) for each in numbers if each.isdecimal())
        within = all(n < size for n, size in zip(place, shape, strict=False))
        if not within or not len(place) == len(numbers) == len(shape):
            first, last = at(name, (0,) * len(shape)), at(name, tuple(n - 1 for n in shape))
            raise InputError(f"parameter {text!r}: expected {first} to {last}")
        return name.strip(), place

    def steepest(self) -> tuple[str, tuple[int, ...]]:
        """The name and the place of the weight with the largest gradient, in the first trainable
        layer."""
        layer = next(layer for layer in self.layers if layer.gradients)
        name, gradient = next(iter(layer.gradients.items()))
        place = np.unravel_index(np.abs(gradient).argmax(), gradient.shape)
        return f"{layer.name}.{name}", tuple(map(int, place))

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

    def __repr__(self) -> str:
        step = f"loss {self.value:z.6g} → {self.value_after:z.6g}"
        return f"<trace of a step: {len(self.layers)} layers, {len(self.z)} samples, {step}>"


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
    """A copy of every array."""
    return {name: values.copy() for name, values in parameters.items()}
