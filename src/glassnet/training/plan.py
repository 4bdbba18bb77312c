"""All that a fit will do, checked before anything changes."""

import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, partial
from typing import Any, NamedTuple, Self, TypedDict

import numpy as np

from glassnet.base.arrays import Array, FilePath, as_array, checksum
from glassnet.base.configurable import checked, number, positive_int
from glassnet.base.errors import InputError
from glassnet.nn.losses import (
    LOSSES,
    ClassWeight,
    Loss,
    check_meant,
    loss_function,
    one_hot_labels,
)
from glassnet.nn.network import Network
from glassnet.nn.optimizers import LBFGS, Optimizer
from glassnet.nn.optimizers import optimizer as find_optimizer
from glassnet.nn.schedules import Constant, Schedule
from glassnet.nn.schedules import schedule as find_schedule
from glassnet.nn.task import CLASSES, VALUES, Task
from glassnet.training.callbacks.averaging import check_averages
from glassnet.training.callbacks.history import History
from glassnet.training.callbacks.progress import Progress
from glassnet.training.callbacks.protocol import check_callbacks, is_log
from glassnet.training.callbacks.stopping import check_watched
from glassnet.training.checkpoint import Checkpoint, State, kept_engine
from glassnet.training.engines import Choice, Work, choose_engine
from glassnet.training.lbfgs_trainer import LBFGSTrainer
from glassnet.training.scoring import Asked, check_asked, scores_of
from glassnet.training.sets import Sets, given_validation, outputs_of, rows_of, sets_of, stratified
from glassnet.training.trainer import Trainer

Named = Mapping[str, Any]


class FitSettings(TypedDict, total=False):
    """The settings of a training, with which `fit`, `trace` and stacks are called."""

    epochs: int
    batch_size: int | str
    loss: str | Named | Loss | None
    optimizer: str | Named | Optimizer
    schedule: str | Named | Schedule
    validation: float | tuple[Any, ...] | None
    sample_weight: Any
    class_weight: ClassWeight
    clip_norm: float | None
    max_norm: float | None
    metrics: Asked
    shuffle: bool
    engine: str
    callbacks: Iterable[Any]
    verbose: bool


class Plan(NamedTuple):
    """What a training learns from, by which loss and rule, and how."""

    whole: Sets
    loss: Loss
    rule: Optimizer
    share: float  # to hold out for validation
    held_out: Sets | None  # given for validation
    settings: dict[str, Any]  # the trainer's own
    asked: str = "numpy"  # for which engine
    engine: Choice = Choice("numpy")

    def resuming(self, path: FilePath | None) -> Self:
        """The same plan by the engine of a checkpoint, if none was asked for."""
        if path is None or self.asked != "auto":
            return self
        return self._replace(settings=self.settings | {"engine": kept_engine(path)})

    @property
    def task(self) -> Task:
        """What the outputs will mean."""
        return self.loss.task(self.whole[1])

    def epoch_of(self, network: Network, samples: Sequence[int]) -> Work:
        """What an epoch of networks like this is, each with so many samples."""
        size, shape = self.settings["batch_size"], self.whole[0].shape[1:]
        steps = sum(math.ceil(count / size) for count in samples)
        return Work(network, shape, self.loss, self.rule, {}, steps, size)

    def begin(self, network: Network) -> None:
        """Draw the network's weights, if it has none yet, and say what its outputs mean."""
        if not network.built:
            network.build(self.whole[0].shape[1:])
        network.loss, network.task = self.loss, self.task

    def split(
        self, network: Network, rows: Array | None = None, seed: int | None = None
    ) -> tuple[Array, Array]:
        """The rows to train on and to hold out, of all samples or of these: stratified by label,
        and drawn from the network's generator unless a seed is given."""
        seed = int(network.rng.integers(2**63)) if seed is None else seed
        rows = np.arange(len(self.whole[0])) if rows is None else rows
        return stratified(rows, self.whole[1][rows], self.share, seed)

    def trainer(self, network: Network) -> Trainer:
        """The trainer of one network, with its validation part held out."""
        train, held_out = self.whole, self.held_out
        if self.share:
            rows, held = self.split(network)
            train, held_out = rows_of(train, rows), rows_of(train, held)
        kind = LBFGSTrainer if isinstance(self.rule, LBFGS) else Trainer
        made = kind(network, train, self.loss, self.rule, validation=held_out, **self.settings)
        made.about = self.about(network)
        return made

    def settings_as_dict(self) -> dict[str, Any]:
        """The settings of a training as plain data."""
        settings = {name: value for name, value in self.settings.items() if name != "callbacks"}
        return {
            **settings,
            "schedule": settings["schedule"].config(),
            "loss": self.loss.config(),
            "optimizer": self.rule.config(),
            "validation": self.share,
        }

    def fingerprint(self, networks: Sequence[Network], **own: Any) -> State:
        """What is learned, from what, and how: what must be the same for a training to resume."""
        stateful = [
            each
            for each in self.settings["callbacks"]
            if hasattr(each, "state") and not is_log(each)
        ]
        given = checksum(self.held_out) if self.held_out else None
        return {
            "network": [network.config() for network in networks],
            "data": {
                "samples": len(self.whole[0]),
                "checksum": cache(partial(checksum, self.whole)),
            },
            "settings": {
                **self.settings_as_dict(),
                "validation_data": given,
                "callbacks": [type(each).__name__ for each in stateful],
                **own,
            },
        }

    def about(
        self,
        network: Network,
        samples: int | None = None,
        max_norm: float | None = None,
        **rule: float,
    ) -> dict[str, Any]:
        """What a network learns from, and how; `samples`, `max_norm` and settings of the `rule` are
        its own if those of others in a stack differ."""
        settings = self.settings_as_dict()
        settings["optimizer"] |= rule
        settings["max_norm"] = max_norm or settings["max_norm"]
        return {
            "samples": samples or len(self.whole[0]),
            "seed": None if network.seed is None else int(network.seed),
            "settings": settings,
        }

    def record(
        self, network: Network, history: History, about: dict[str, Any] | None = None
    ) -> History:
        """Note in the network how it was trained (`about`), and to which metrics; returns the
        history."""
        about = about or self.about(network)
        last = {name: each[-1] for name, each in history.items() if name != "seconds"}
        network.trained = {
            "samples": about["samples"],
            "seed": about["seed"],
            "epochs": history.epochs,
            "interrupted": history.interrupted,
            "settings": about["settings"],
            "figures": {name: value for name, value in last.items() if np.isfinite(value)},
        }
        return history


@checked
def make_plan(
    network: Network,
    x: Any,
    y: Any,
    /,
    *,
    epochs: int = 10,
    batch_size: int | str = 32,
    loss: str | Named | Loss | None = None,
    optimizer: str | Named | Optimizer = "adam",
    schedule: str | Named | Schedule = "constant",
    validation: float | tuple[Any, ...] | None = None,
    sample_weight: Any = None,
    class_weight: ClassWeight = None,
    clip_norm: float | None = None,
    max_norm: float | None = None,
    metrics: Asked = True,
    shuffle: bool = True,
    engine: str = "auto",
    callbacks: Iterable[Any] = (),
    verbose: bool = False,
) -> Plan:
    """What `fit` with the same words would do: all of it checked, nothing changed."""
    rule, over_time = find_optimizer(optimizer), find_schedule(schedule)
    x = network.check_inputs(x)
    outputs = outputs_of(network, x.shape[1:])
    function = _choose_loss(network, loss, y, outputs)
    whole = sets_of(network, x, y, function, outputs, sample_weight, class_weight)
    full = batch_size == "full" or isinstance(rule, LBFGS)
    size = len(x) if full else positive_int("batch_size", batch_size, "'full'")
    epochs = positive_int("epochs", epochs)
    if clip_norm is not None:
        clip_norm = number("clip_norm", clip_norm, "(0, inf)")
    if max_norm is not None:
        max_norm = number("max_norm", max_norm, "(0, inf)")
    if isinstance(rule, LBFGS):
        _check_lbfgs(clip_norm, max_norm, over_time, batch_size)
    callbacks = check_callbacks([*callbacks, Progress()] if verbose else callbacks)
    if any(isinstance(each, Checkpoint) for each in callbacks):
        raise InputError("give a Checkpoint as fit(checkpoint=…): it comes after all callbacks")
    held_out = given_validation(network, whole, validation, function)
    share = validation if isinstance(validation, (int, float)) else 0.0
    _check_batches(network, whole, share, size)
    task, judged = function.task(whole[1]), bool(share or held_out)
    metrics = check_asked(metrics)
    measured = task.metrics if metrics else {}
    check_watched(callbacks, measured, judged)
    scores_of(metrics, callbacks, function, task, judged)
    check_averages(callbacks, epochs)
    work = Work(
        network, x.shape[1:], function, rule, measured,
        steps=epochs * math.ceil(len(x) * (1 - share) / size), rows=min(size, len(x)),
    )  # fmt: skip
    chosen = choose_engine(engine, work)
    for each in callbacks:
        if isinstance(each, Progress):
            each.note = chosen.note
    settings = {
        "epochs": epochs,
        "batch_size": size,
        "schedule": over_time,
        "clip_norm": clip_norm,
        "max_norm": max_norm,
        "metrics": metrics,
        "shuffle": shuffle,
        "engine": chosen.name,
        "callbacks": callbacks,
    }
    return Plan(whole, function, rule, share, held_out, settings, engine, chosen)


def _check_batches(network: Network, whole: Sets, share: float, size: int) -> None:
    """Raise `InputError` if a batch will have fewer samples than a layer can learn from."""
    shapes = network.shapes(whole[0].shape[1:])[:-1]
    needs = {
        layer: layer.least_samples(shape)
        for layer, shape in zip(network.layers, shapes, strict=True)
    }
    layer = max(needs, key=lambda each: needs[each])
    least, count = needs[layer], len(whole[0])
    if least == 1:
        return
    if share:
        count = len(stratified(np.arange(count), whole[1], share, seed=0)[0])
    if count < least:
        there = "there is 1" if count == 1 else f"there are {count}"
        raise InputError(
            f"{type(layer).__name__} learns from batches of {least} samples or more, and {there} "
            "to learn from: expected more samples"
        )
    smallest = min(size, count % size or size)
    if smallest < least:
        larger = (each for each in range(max(size, least), count) if not 0 < count % each < least)
        raise InputError(
            f"{type(layer).__name__} learns from batches of {least} samples or more, and the last "
            f"batch has {smallest}: {count} samples in batches of {size}. Expected another "
            f"batch_size, for example {next(larger, 'full')!r}"
        )


def _choose_loss(network: Network, given: str | Named | Loss | None, y: Any, outputs: int) -> Loss:
    if given is None:
        given = _default_loss(as_array("y", y), outputs)
    loss = loss_function(given)
    check_meant(given, y, outputs)
    last = type(network.layers[-1])
    if loss.from_logits is None or last.name not in ("softmax", "sigmoid"):
        return loss
    if loss.from_logits == last.name:
        raise InputError(
            f"the last layer is {last.__name__} and the loss {type(loss).__name__} applies "
            f"{last.name} itself: leave the layer out; predict_proba gives the probabilities"
        )
    fitting = next(name for name, kind in LOSSES.items() if kind.from_logits == last.name)
    raise InputError(
        f"the last layer is {last.__name__} and the loss {type(loss).__name__} applies "
        f"{loss.from_logits} to its outputs: leave the layer out, and did you mean {fitting!r}?"
    )


def _default_loss(y: Array, outputs: int) -> str:
    """What is learned if nothing is said: classes from labels, else values."""
    if y.ndim == 1 and y.dtype.kind in "iubOUS":
        return CLASSES.default_loss(outputs)
    if y.shape[1:] == (outputs,) and one_hot_labels(y) is not None:
        warnings.warn(
            f"y has one-hot rows: taken as labels of {outputs} classes, with the loss "
            "cross_entropy. Give that loss, or y.argmax(axis=1), to say the same; mean_squared "
            "learns the numbers, and binary_cross_entropy independent labels",
            stacklevel=2,
        )
        return CLASSES.default_loss(outputs)
    return VALUES.default_loss(outputs)


def _check_lbfgs(
    clip_norm: float | None, max_norm: float | None, schedule: Schedule, batch_size: int | str
) -> None:
    if not (clip_norm is None and max_norm is None and isinstance(schedule, Constant)):
        raise InputError("lbfgs chooses its own steps: leave schedule, clip_norm and max_norm out")
    if batch_size not in (32, "full"):
        raise InputError("lbfgs takes all samples in each step: leave batch_size out")
