"""Watches a training for what usually goes wrong, and says each thing once."""

import math
import sys
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple, get_args

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.configurable import checked, choose
from glassnet.base.errors import InputTypeError
from glassnet.inspection.remedies import Caller, advice, possible
from glassnet.inspection.watch import StepProbe
from glassnet.nn.layers import Layer
from glassnet.nn.optimizers import LBFGS
from glassnet.nn.task import CLASSES
from glassnet.training.callbacks.protocol import Logs

MAX_TIME_SHARE = 0.005  # of the training's time, which looking may take
INPUT_RMS_LIMIT = 10.0  # inputs further from 0 than this on average are not scaled
# Of a layer's units, that are 0 for every sample: in all, and since training began.
DEAD_SHARE, NEWLY_DEAD_SHARE = 0.9, 0.3
SATURATED = 0.8  # of a layer's outputs, that are near an end
NEAR_END = 0.02  # of the way from one end to the other
VANISHING, EXPLODING = 1e-4, 1e3  # the first layer's gradient beside the last's; any gradient
FAR = 0.5  # of what a layer makes in training, that it makes otherwise in prediction
LARGE_STEP, SMALL_STEP = 0.1, 1e-6  # of a weight, in one step
PATIENCE = 5  # epochs
OVERFIT_RATIO = 1.2  # of the validation loss and its best,
MIN_VAL_LOSS_SHARE = 0.1  # if it is at least this share of the first
RARE = 0.9  # of a class's even share: from there on up it is no rarer than the others

# Each cause with what follows from it, which is then not reported as well.
LEARNS_NOTHING = frozenset({"no progress", "a class"})
FOLLOWS = {
    "inputs": LEARNS_NOTHING | {"exploding", "large steps", "vanishing", "dead", "saturated"},
    "exploding": LEARNS_NOTHING | {"large steps", "dead", "saturated"},
    "large steps": LEARNS_NOTHING | {"exploding", "dead", "saturated"},
    "small steps": LEARNS_NOTHING,
    "saturated": LEARNS_NOTHING | {"vanishing"},
    "vanishing": LEARNS_NOTHING,
    "dead": LEARNS_NOTHING,
    "statistics": frozenset({"a class", "drift"}),
    "no progress": frozenset({"a class"}),
}

Look = tuple[str, str, tuple[str, ...]]  # a kind, what was seen, and the names of remedies


class Finding(NamedTuple):
    """What was found after an epoch (from 1): a kind, one sentence, and the names of the `REMEDIES`
    in it."""

    epoch: int
    kind: str
    sentence: str
    remedies: tuple[str, ...] = ()


class Health(StepProbe):
    """A callback that looks at a training now and then, and says what is wrong with it, once.

    It looks at inputs that are not scaled, dead ReLUs, saturated sigmoids, running statistics far
    from the samples', gradients that vanish or explode, steps too large or too small for their
    weights, a loss that does not fall, a class that is never predicted, and training and validation
    drifting apart. Of a cause and what follows from
    it, only the cause is reported. It takes about a hundredth of the time. `findings` has what was
    found.

    - `say`: is called with each sentence; by default they go to standard error.
    - `caller="python"`: whose settings the advice names, or "command", those of the command line,
      or "recipe"; for the "lab" it names none.

    >>> health = Health(say=lambda sentence: None)
    >>> health.findings
    []
    """

    @checked
    def __init__(self, say: Callable[[str], None] | None = None, caller: Caller = "python") -> None:
        if say is not None and not callable(say):
            raise InputTypeError(f"Health: say is {say!r}, expected a function of one sentence")
        self.say = say or (lambda sentence: print(f"health: {sentence}", file=sys.stderr))
        choose("caller", caller, get_args(Caller))
        self.caller: Caller = caller
        self.findings: list[Finding] = []

    def on_train_begin(self, logs: Logs) -> None:
        """Look at the inputs, before anything is learned."""
        super().on_train_begin(logs)
        self.findings, self.explained = [], set[str]()
        self.useless = set(self.in_use())
        self.first = 0  # epochs before those that it has seen
        self.losses: list[float] = []
        self.validation: list[float] = []
        self.cost, self.looked_at, self.looks = 0.0, time.perf_counter(), 0
        self.born_dead = {name: float(dead.mean()) for name, _, dead, _ in self.dead()}
        self.report(0, self.of_inputs())

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Look, if there has been enough training since the last look."""
        self.first = epoch - len(self.losses)
        self.losses.append(float(logs.get("loss", np.nan)))
        self.validation.append(float(logs.get("val_loss", np.nan)))
        if time.perf_counter() - self.looked_at >= self.cost / MAX_TIME_SHARE:
            self.look()

    def on_train_end(self, logs: Logs) -> None:
        """Look at the result, unless it did so just now."""
        if self.looks < len(self.losses) and np.isfinite(self.losses).all():
            self.look()

    def look(self) -> None:
        """Look at everything, and take the time."""
        begin, epochs = time.perf_counter(), len(self.losses)
        looks = (self.of_steps, self.of_ranges, self.of_units, self.of_statistics, self.of_losses,
                 self.of_classes)  # fmt: skip
        for found in looks:
            self.report(self.first + epochs, found())
        self.looked_at, self.looks = time.perf_counter(), epochs
        self.cost, self.armed = self.looked_at - begin, True

    def report(self, epoch: int, found: Iterator[Look]) -> None:
        """Say what was `found` after this `epoch`, if it was not said before and follows from
        nothing that was; each kind once.
        """
        for kind, what, names in found:
            if kind not in self.explained:
                self.explained |= {kind} | FOLLOWS.get(kind, frozenset())
                helps = possible(names, self.caller, self.useless)
                sentence = ": ".join(filter(None, [what, advice(helps, self.caller)]))
                self.findings.append(Finding(epoch, kind, sentence, helps))
                self.say(sentence)

    def in_use(self) -> Iterator[str]:
        """The remedies that this training has already."""
        trainer = self.trainer
        layers = [layer for _, layer in trainer.network.walk()]
        uses = {
            "clip": trainer.clip_norm is not None,
            "decay": bool(trainer.optimizer.weight_decay),
            "dropout": any(layer.random for layer in layers),
            "shorter": self.stops_early,
            "longer": self.stops_early,
            "weigh": trainer.weighted,
            "relu": any(layer.name == "relu" for layer in layers),
        }
        return (name for name, used in uses.items() if used)

    @property
    def stops_early(self) -> bool:
        """Whether the training ends by itself, when it is best."""
        return any(getattr(each, "finds_the_end", False) for each in self.trainer.hooks.callbacks)

    # ---- what is looked at; each gives a kind, what was seen, and remedies

    def of_inputs(self) -> Iterator[Look]:
        """Whether the first layer with weights receives numbers near 1."""
        network = self.trainer.network
        weighted = {name.rpartition(".")[0] for name in self.weights(network.parameters.vector)}
        for name, layer, x, _ in self.passes():  # noqa: B007
            if name in weighted or layer.observes:
                break
        else:
            return
        if layer.observes or layer.input_dtype == "int":  # it scales them itself, or they are names
            return
        far = _size(x)
        if far > INPUT_RMS_LIMIT:
            scaled = any(
                each.name == "scale" for each in network.layers[: int(name.partition(".")[0])]
            )
            standardised = network.schema is not None and not network.schema.block
            remedy = "rescale" if scaled else "standardise" if standardised else "scale"
            yield (
                "inputs",
                f"the inputs of {network.label(name)} lie {far:.3g} from 0 on average and up to "
                f"{float(np.abs(x).max()):.3g}",
                (remedy,),
            )

    def dead(self) -> Iterator[tuple[str, Layer, Array, bool]]:
        """Each layer with a range that ends below alone, which of its units are at that end for
        every sample, and whether those are channels, at every place."""
        for name, layer, y in self.outputs():
            low, high = layer.output_range
            if layer.elementwise and math.isfinite(low) and not math.isfinite(high):
                yield name, layer, y.reshape(-1, y.shape[-1]).max(axis=0) <= low, y.ndim > 2

    def of_units(self) -> Iterator[Look]:
        """Units that are always at the end of their range, since training began or in all."""
        for name, layer, dead, channels in self.dead():
            died = dead.mean() - self.born_dead[name]
            if dead.mean() >= DEAD_SHARE or died >= NEWLY_DEAD_SHARE:
                known = ' ("dead ReLUs")' if layer.name == "relu" else ""
                units = "channels" if channels else "units"
                where = "at every place of every sample" if channels else "for every sample"
                yield (
                    "dead",
                    f"layer {name} ({type(layer).__name__}): {dead.sum()} of {dead.size} {units} "
                    f"output {layer.output_range[0]:g} {where}, so they can no longer learn{known}",
                    ("lower rate", "leaky_relu"),
                )

    def of_ranges(self) -> Iterator[Look]:
        """Outputs at the ends of a bounded range."""
        for name, layer, y in self.outputs():
            low, high = layer.output_range
            if layer.elementwise and math.isfinite(low) and math.isfinite(high):
                place = (y - low) / (high - low)
                ends = float(((place < NEAR_END) | (place > 1 - NEAR_END)).mean())
                if ends >= SATURATED:
                    yield (
                        "saturated",
                        f"layer {name} ({type(layer).__name__}): {ends:.0%} of its outputs are "
                        "within 2 % of an end, where hardly a gradient passes",
                        ("small weights", "relu"),
                    )

    def of_statistics(self) -> Iterator[Look]:
        """Running statistics with which a layer predicts something else than it trains with."""
        if len(self.losses) < min(PATIENCE, self.trainer.epochs):
            return  # they follow what is learned, some steps behind
        for name, layer, x, y in self.passes():
            if layer.parts() or not layer.observes or len(x) < layer.least_samples(x.shape[1:]):
                continue
            trained, _ = layer.forward(x, np.random.default_rng(0))
            apart = _size(y - trained) / max(_size(trained), 1e-12)
            if apart > FAR:
                yield (
                    "statistics",
                    f"layer {name} ({type(layer).__name__}): with its running statistics outputs "
                    f"differ by {apart:.0%} from those with the samples' own, so it predicts "
                    "something else than it trains with",
                    ("momentum", "longer", "lower rate", "batch"),
                )

    def of_steps(self) -> Iterator[Look]:
        """Gradients and updates of the weights in the step that the probe looked at."""
        if self.update is None or isinstance(self.trainer.optimizer, LBFGS):
            return  # L-BFGS chooses its own
        step, gradient = (self.weights(vector) for vector in self.update)
        now = self.weights(self.trainer.network.parameters.vector)
        if not gradient:
            return
        typical = {name: _size(values) for name, values in gradient.items()}
        first, *_, last = [*typical, *typical]
        if 0 < typical[first] < VANISHING * typical[last]:
            share = typical[first] / typical[last]
            yield (
                "vanishing",
                f"{self.layer(first)}: its gradient is {share:.1e} of that of {self.layer(last)}, "
                "so that it hardly learns",
                ("relu", "he_normal", "shallow"),
            )
        largest = max(typical, key=lambda name: typical[name])
        task = self.trainer.network.task
        targets = [] if task is None or task.has_probabilities else ["targets"]
        if typical[largest] > EXPLODING:
            yield (
                "exploding",
                f"{self.layer(largest)}: its gradient is {typical[largest]:.1e} for a typical "
                "weight",
                ("clip", "lower rate", *targets),
            )
        for name, values in step.items():
            share = _size(values) / max(_size(now[name]), 1e-12)
            if share > LARGE_STEP:
                yield (
                    "large steps",
                    f"{self.layer(name)}: one step changes its weights by {share:.0%}, where "
                    "about 0.1 % is usual",
                    ("lower rate",),
                )
            elif share < SMALL_STEP and typical[name] and len(self.losses) <= 1:
                yield (
                    "small steps",
                    f"{self.layer(name)}: one step changes its weights by {share:.1e} of their "
                    "size, where about 1e-3 is usual",
                    ("raise rate",),
                )

    def of_losses(self) -> Iterator[Look]:
        """A loss that stays, and a validation loss that rises."""
        losses, held = self.losses, self.validation
        if len(losses) > PATIENCE and losses[-1] > 0.99 * losses[0]:
            first = f"epoch {self.first + 1}" if self.first else "the first epoch"
            yield (
                "no progress",
                f"the loss was {losses[0]:.4g} after {first} and is {losses[-1]:.4g} after "
                f"{self.first + len(losses)}",
                ("other rate", "labels"),
            )
        best = int(np.argmin(held)) if np.isfinite(held).all() else len(held)
        since = len(held) - 1 - best
        risen = (
            since >= PATIENCE
            and held[-1] > OVERFIT_RATIO * held[best]
            and losses[-1] < losses[best]
        )
        if risen and held[-1] > MIN_VAL_LOSS_SHARE * held[0] and not self.stops_early:
            yield (
                "drift",
                f"the validation loss has risen by {held[-1] / held[best] - 1:.0%} since epoch "
                f"{self.first + best + 1} while that of training fell",
                ("shorter", "dropout", "decay", "data"),
            )

    def of_classes(self) -> Iterator[Look]:
        """A class that is among the samples and never predicted."""
        labels = self.targets.dtype.kind in "iu"
        if not labels or len(self.losses) < PATIENCE:
            return
        z = self.trainer.network.outputs(self.x)
        predictions = CLASSES.decide(z)
        counts = np.bincount(self.targets, minlength=max(z.shape[-1], 2))
        for label in np.flatnonzero(counts >= max(5, 0.02 * len(z))):
            if not (predictions == label).any():
                name = dict(enumerate(self.trainer.network.classes)).get(int(label), label)
                rare = counts[label] < RARE * len(z) / np.count_nonzero(counts)
                remedies = ("weigh", "longer") if rare else ("longer", "other rate")
                yield (
                    "a class",
                    f"class {name} is never predicted, though {counts[label] / len(z):.0%} of the "
                    "samples are of it",
                    remedies,
                )

    def layer(self, name: str) -> str:
        """The layer of the parameter `name`, as it stands in a sentence."""
        place, kind = super().layer(name).split()
        return f"layer {place} ({kind})"


def _size(values: Array) -> float:
    """The root of the mean square."""
    with np.errstate(over="ignore"):
        return float(np.sqrt((values.astype(float) ** 2).mean()))
