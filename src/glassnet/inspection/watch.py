"""Callbacks that look into a training: at some of its samples, and now and then at one step."""

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from glassnet.base.arrays import Array, spread
from glassnet.base.configurable import checked
from glassnet.nn.layers import Layer
from glassnet.training.callbacks.protocol import Logs

PROBE = 256  # samples that it looks at, or fewer of large pictures
EPOCHS_KEPT = 60  # epochs whose numbers are kept
VALUES = 2000  # of an array that are kept


class StepProbe:
    """Base of these callbacks.

    `x` and `targets` are samples spread over those of the training. Whenever the probe is `armed`,
    it looks at the first step of the next epoch: `update` has the change of all parameters in it,
    and the gradient.
    """

    trainer: Any
    armed: bool
    update: tuple[Array, Array] | None

    def on_train_begin(self, logs: Logs) -> None:
        """Choose the samples; look at the first step."""
        count = min(PROBE, self.trainer.network.rows_at_once)
        self.x, self.targets = self.trainer.probe_samples(count)
        self.before: Array | None = None
        self.update, self.armed = None, True

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Keep the parameters before the step that it looks at."""
        if self.armed:
            self.before = self.trainer.network.parameters.vector.copy()

    def steps_ahead(self) -> int:
        """One before the step that it looks at; all others may be taken together."""
        return sys.maxsize if self.before is None else 1

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """Keep what that step did."""
        if self.before is not None:
            network = self.trainer.network
            step = network.parameters.vector - self.before
            self.update = step, network.gradient.vector.copy()
            self.before, self.armed = None, False

    def outputs(self) -> Iterator[tuple[str, Layer, Array]]:
        """Each layer's name, the layer, and what it makes of the samples; parts before wholes."""
        return ((name, layer, y) for name, layer, _, y in self.passes())

    def passes(self) -> Iterator[tuple[str, Layer, Array, Array]]:
        """The same with what each layer receives: name, layer, x, y."""
        root = self.trainer.network.root
        return _passes(root, self.x.astype(self.trainer.network.input_dtype), "")

    def named(self, vector: Array) -> dict[str, Array]:
        """The parts of a vector like θ, or like the gradient, by the parameters' names."""
        network = self.trainer.network
        gradient = vector.size == network.gradient.vector.size
        own = network.gradient if gradient else network.parameters
        return dict(type(own)(own.specs, vector=vector))

    def weights(self, vector: Array) -> dict[str, Array]:
        """The weights' parts of a `vector` like θ; biases are left out."""
        specs = self.trainer.network.parameters.specs
        wanted = {name for name, spec in specs.items() if spec.decay and spec.trainable}
        return {name: part for name, part in self.named(vector).items() if name in wanted}

    def layer(self, name: str) -> str:
        """The layer of a parameter, by its name and kind."""
        place = name.rpartition(".")[0]
        kinds = {each: type(layer).__name__ for each, layer in self.trainer.network.walk()}
        return f"{place} {kinds[place]}"


class Watch(StepProbe):
    """A callback that keeps, epoch by epoch, how the numbers of each layer lie.

    By the layers' numbers and kinds, `"0 Dense"`, of the first step of every epoch from `first` on:
    `gradient_norms` has ‖g‖ of all parameters, and `update_ratios` ‖Δθ‖ / ‖θ‖ of the weights.
    `values["outputs"]`, `["weights"]` and `["gradients"]` have up to 2,000 numbers of each layer
    after each of `epochs`, which are 60 at most: of longer trainings every second, fourth, …

    >>> import numpy as np
    >>> from glassnet import Dense, Sequential, Watch
    >>> watch, net = Watch(), Sequential([Dense(4, "tanh"), Dense(2)], seed=0)
    >>> x = np.random.default_rng(0).normal(size=(100, 3))
    >>> history = net.fit(x, (x[:, 0] > 0).astype(int), epochs=5, callbacks=[watch])
    >>> watch.epochs, list(watch.gradient_norms), len(watch.update_ratios["0 Dense"])
    ([1, 2, 3, 4, 5], ['0 Dense', '2 Dense'], 5)
    """

    @checked
    def __init__(self) -> None:
        self.gradient_norms: dict[str, list[float]] = {}
        self.update_ratios: dict[str, list[float]] = {}
        self.epochs: list[int] = []
        self.first = 0  # not 1 if training was resumed
        self.values: dict[str, dict[str, list[Array]]] = {}

    def on_train_begin(self, logs: Logs) -> None:
        """Start from nothing."""
        super().on_train_begin(logs)
        self.gradient_norms, self.update_ratios = {}, {}
        self.epochs, self.every, self.first = [], 1, 0
        self.values = {"outputs": {}, "weights": {}, "gradients": {}}

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Keep the lengths of this step, and now and then the numbers."""
        self.armed = True
        if self.update is None:  # resumed in the middle of an epoch
            return
        step, gradient = self.update
        self.first = self.first or epoch + 1
        now = self.weights(self.trainer.network.parameters.vector)
        for layer, parts in self._by_layer(self.named(gradient)).items():
            self.gradient_norms.setdefault(layer, []).append(_length(parts))
        moved = self._by_layer(self.weights(step))
        for layer, parts in self._by_layer(now).items():
            ratio = _length(moved[layer]) / max(_length(parts), 1e-12)
            self.update_ratios.setdefault(layer, []).append(ratio)
        if (epoch + 1) % self.every == 0:
            self._keep(epoch + 1, now, self.weights(gradient))

    def _keep(self, epoch: int, weights: dict[str, Array], gradient: dict[str, Array]) -> None:
        self.epochs.append(epoch)
        first = self.trainer.network.root.first_trainable
        made = {
            f"{name} {type(layer).__name__}": [y]
            for name, layer, y in self.outputs()
            if int(name.partition(".")[0]) >= first
        }
        found = {
            "outputs": made,
            "weights": self._by_layer(weights),
            "gradients": self._by_layer(gradient),
        }
        for what, layers in found.items():
            for layer, parts in layers.items():
                self.values[what].setdefault(layer, []).append(_some(parts))
        if len(self.epochs) > EPOCHS_KEPT:
            self.every *= 2
            self.epochs = self.epochs[1::2]
            for layers in self.values.values():
                for layer in layers:
                    layers[layer] = layers[layer][1::2]

    def _by_layer(self, parts: dict[str, Array]) -> dict[str, list[Array]]:
        found: dict[str, list[Array]] = {}
        for name, part in parts.items():
            found.setdefault(self.layer(name), []).append(part)
        return found


def _passes(container: Layer, x: Array, before: str) -> Iterator[tuple[str, Layer, Array, Array]]:
    for name, part in container.parts():
        yield from _passes(part, x, f"{before}{name}.")
        y, _ = part.forward(x)
        if part.name != "chain":
            yield f"{before}{name}", part, x, y
        if container.name == "chain":
            x = y


def _length(parts: list[Array]) -> float:
    """The Euclidean length of all together."""
    return float(np.sqrt(sum(float((part.astype(float) ** 2).sum()) for part in parts)))


def _some(parts: list[Array]) -> Array:
    """Numbers spread over these arrays."""
    flat = np.concatenate([part.ravel() for part in parts])
    return flat[spread(flat.size, VALUES)]
