"""Watches a training for what usually goes wrong, and says each thing once."""

import sys
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from glassnet.arrays import Array
from glassnet.callbacks import Logs
from glassnet.layers import Dense, ReLU, Sigmoid, Tanh
from glassnet.optimizers import LBFGS
from glassnet.watching import Watching

SHARE = 0.005  # of the training's time, which looking may take
FAR = 10.0  # inputs that lie further out than this on the average are not scaled
# Of a layer's units, that are 0 for every sample: at all, and since the begin.
DEAD, DIED = 0.9, 0.3
SATURATED = 0.8  # of a layer's outputs, that are near an end
NEAR_END = 0.02  # of the way from one end to the other
VANISHING, EXPLODING = 1e-4, 1e3  # the first layer's gradient beside the last's; any gradient
LARGE_STEP, SMALL_STEP = 0.1, 1e-6  # of a weight, in one step
PATIENCE = 5  # epochs
DRIFT, WORTH = 1.2, 0.1  # times the best validation loss, and at least so much of the first


class Finding(NamedTuple):
    """What was found after an epoch (from 1): a kind, and one sentence."""

    epoch: int
    kind: str
    sentence: str


class Health(Watching):
    """A callback that looks at a training now and then, and says what is wrong with it, once.

    It looks at inputs that are not scaled, dead ReLUs, saturated sigmoids, gradients that vanish or
    explode, steps too large or too small for their weights, a loss that does not fall, a class that
    is never predicted, and training and validation drifting apart. It takes about a hundredth of
    the time. `findings` has what was found; `say` is called with each sentence.

    >>> health = Health(say=lambda sentence: None)
    >>> health.findings
    []
    """

    def __init__(self, say: Callable[[str], None] | None = None) -> None:
        self.say = say or (lambda sentence: print(f"health: {sentence}", file=sys.stderr))
        self.findings: list[Finding] = []

    def on_train_begin(self, logs: Logs) -> None:
        """Look at the inputs, before anything is learned."""
        super().on_train_begin(logs)
        self.findings, self.said = [], set[str]()
        self.losses: list[float] = []
        self.validation: list[float] = []
        self.cost, self.looked_at, self.looks = 0.0, time.perf_counter(), 0
        self.born_dead = dict(self.dead())
        self.tell(0, self.of_inputs())

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """Look, if there has been enough training since the last look."""
        self.losses.append(float(logs.get("loss", np.nan)))
        self.validation.append(float(logs.get("val_loss", np.nan)))
        if time.perf_counter() - self.looked_at >= self.cost / SHARE:
            self.look()

    def on_train_end(self, logs: Logs) -> None:
        """Look at what became of it, unless that was done just now."""
        if self.looks < len(self.losses) and np.isfinite(self.losses).all():
            self.look()

    def look(self) -> None:
        """Look at all there is, and take the time."""
        begin, epoch = time.perf_counter(), len(self.losses)
        looks = self.of_units, self.of_ranges, self.of_steps, self.of_losses, self.of_classes
        for found in looks:
            self.tell(epoch, found())
        self.looked_at, self.looks = time.perf_counter(), epoch
        self.cost, self.looking = self.looked_at - begin, True

    def tell(self, epoch: int, found: Iterator[tuple[str, str]]) -> None:
        """Say what was not said before; of each kind the first."""
        for kind, sentence in found:
            if kind not in self.said:
                self.said.add(kind)
                self.findings.append(Finding(epoch, kind, sentence))
                self.say(sentence)

    # ---- what is looked at; each gives a kind and a sentence

    def of_inputs(self) -> Iterator[tuple[str, str]]:
        """Whether the first layer that learns is given numbers near 1."""
        x = self.x
        for index, layer in enumerate(self.trainer.network.layers):
            if isinstance(layer, Dense):
                far = float(np.sqrt((x.astype(float) ** 2).mean()))
                if far > FAR:
                    yield (
                        "inputs",
                        f"the inputs of layer {index} (Dense) lie {far:.3g} from 0 on the average "
                        f"and up to {float(np.abs(x).max()):.3g}: scale them to about −1 to 1, "
                        "with a Scale layer or a StandardScaler",
                    )
                return
            x, _ = layer.forward(x)

    def dead(self) -> Iterator[tuple[int, Array]]:
        """Of each ReLU layer, which units are 0 for every sample."""
        for index, layer, y in self.outputs():
            if isinstance(layer, ReLU):
                yield index, y.reshape(-1, y.shape[-1]).max(axis=0) <= 0

    def of_units(self) -> Iterator[tuple[str, str]]:
        """Units that are always 0, since the begin or at all."""
        for index, dead in self.dead():
            died = dead.mean() - self.born_dead[index].mean()
            if dead.mean() >= DEAD or died >= DIED:
                yield (
                    "dead",
                    f"layer {index} (ReLU): {dead.sum()} of {dead.size} units are 0 for every "
                    "sample, so that they learn no more: lower the learning rate, or use "
                    "leaky_relu",
                )

    def of_ranges(self) -> Iterator[tuple[str, str]]:
        """Outputs at the ends of their range."""
        for index, layer, x in self.outputs():
            if isinstance(layer, (Sigmoid, Tanh)):
                low = -1.0 if isinstance(layer, Tanh) else 0.0
                place = (x - low) / (1 - low)
                ends = float(((place < NEAR_END) | (place > 1 - NEAR_END)).mean())
                if ends >= SATURATED:
                    yield (
                        "saturated",
                        f"layer {index} ({type(layer).__name__}): {ends:.0%} of its outputs are "
                        "within 2 % of an end, where hardly a gradient passes: scale the inputs, "
                        "begin with smaller weights, or use relu",
                    )

    def of_steps(self) -> Iterator[tuple[str, str]]:
        """Gradients and steps of the weights in the step that was looked at."""
        if self.stepped is None or isinstance(self.trainer.optimizer, LBFGS):
            return  # L-BFGS chooses its own
        step, gradient = (self.weights(vector) for vector in self.stepped)
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
                "so that it hardly learns: use relu with he_normal, or fewer layers",
            )
        largest = max(typical, key=lambda name: typical[name])
        if typical[largest] > EXPLODING:
            yield (
                "exploding",
                f"{self.layer(largest)}: its gradient is {typical[largest]:.1e} for a typical "
                "weight: clip it (clip_norm=1), lower the learning rate, or scale the inputs",
            )
        for name, values in step.items():
            share = _size(values) / max(_size(now[name]), 1e-12)
            if share > LARGE_STEP:
                yield (
                    "large steps",
                    f"{self.layer(name)}: one step changes its weights by {share:.0%}, where "
                    "about 0.1 % is usual: lower the learning rate",
                )
            elif share < SMALL_STEP and len(self.losses) <= 1:
                yield (
                    "small steps",
                    f"{self.layer(name)}: one step changes its weights by {share:.1e} of their "
                    "size, where about 1e-3 is usual: raise the learning rate",
                )

    def of_losses(self) -> Iterator[tuple[str, str]]:
        """A loss that stays, and a validation loss that rises."""
        losses, held = self.losses, self.validation
        if len(losses) > PATIENCE and losses[-1] > 0.99 * losses[0]:
            yield (
                "no progress",
                f"the loss was {losses[0]:.4g} after the first epoch and is {losses[-1]:.4g} after "
                f"{len(losses)}: try another learning rate (glassnet lr-find), and look whether "
                "inputs and labels belong together",
            )
        best = int(np.argmin(held)) if np.isfinite(held).all() else len(held)
        since = len(held) - 1 - best
        risen = since >= PATIENCE and held[-1] > DRIFT * held[best] and losses[-1] < losses[best]
        if risen and held[-1] > WORTH * held[0]:
            yield (
                "drift",
                f"the validation loss has risen by {held[-1] / held[best] - 1:.0%} since epoch "
                f"{best + 1} while that of training fell: stop there (EarlyStopping), or use "
                "dropout, weight_decay or more data",
            )

    def of_classes(self) -> Iterator[tuple[str, str]]:
        """A class that is among the samples and never among the answers."""
        labels = self.targets.dtype.kind in "iu"
        if not labels or len(self.losses) < PATIENCE:
            return
        z = self.trainer.network.outputs(self.x)
        answers = z.argmax(axis=-1) if z.shape[-1] > 1 else z[:, 0] > 0
        counts = np.bincount(self.targets, minlength=max(z.shape[-1], 2))
        for label in np.flatnonzero(counts >= max(5, 0.02 * len(z))):
            if not (answers == label).any():
                name = dict(enumerate(self.trainer.network.classes)).get(int(label), label)
                yield (
                    "a class",
                    f"class {name} is never predicted, though {counts[label] / len(z):.0%} of the "
                    "samples are of it: weigh classes (class_weight='balanced'), or train longer",
                )

    def layer(self, name: str) -> str:
        """The layer of a parameter, as it stands in a sentence."""
        index, kind = super().layer(name).split()
        return f"layer {index} ({kind})"


def _size(values: Array) -> float:
    """The root of the mean square."""
    return float(np.sqrt((values.astype(float) ** 2).mean()))
