"""`Sequential`: a network together with the ways to train it and to judge it."""

import copy
import warnings
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, partial
from typing import Any, NamedTuple, cast

import numpy as np

from glassnet.base.arrays import Array, FilePath, Shape, as_array, checksum
from glassnet.base.configurable import checked, number
from glassnet.base.configurable import whole as whole_number
from glassnet.base.errors import InputError
from glassnet.base.row_view import Rows
from glassnet.data import split
from glassnet.inspection.trace import Trace, traced
from glassnet.nn.losses import ClassWeight, Loss, loss_function, one_hot_labels, sample_weights
from glassnet.nn.metrics import METRICS
from glassnet.nn.network import Network
from glassnet.nn.optimizers import LBFGS, Optimizer
from glassnet.nn.optimizers import optimizer as find_optimizer
from glassnet.nn.schedules import Constant, Schedule
from glassnet.nn.schedules import schedule as find_schedule
from glassnet.training.callbacks.progress import Progress
from glassnet.training.callbacks.protocol import History, check_callbacks, check_watched
from glassnet.training.checkpoint import Checkpoint, State, check_override, resumed, unless_refused
from glassnet.training.lbfgs_trainer import Minimiser
from glassnet.training.trainer import Sets, Trainer, evaluate

Named = Mapping[str, Any]


class Sequential(Network):
    """Layers in a row that learn.

    >>> from glassnet import Dense, ReLU
    >>> net = Sequential([Dense(16), ReLU(), Dense(2)], seed=0)
    >>> x = np.random.default_rng(0).normal(size=(200, 2))
    >>> y = (x[:, 0] * x[:, 1] > 0).astype(int)
    >>> history = net.fit(x, y, epochs=40, optimizer="adam:learning_rate=0.01")
    >>> net.evaluate(x, y)["accuracy"] > 0.9
    True
    """

    @checked
    def fit(
        self,
        x: Any,
        y: Any,
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
        metrics: bool = True,
        shuffle: bool = True,
        callbacks: Iterable[Any] = (),
        verbose: bool = False,
        checkpoint: Checkpoint | None = None,
        resume: FilePath | None = None,
        override: bool = False,
    ) -> History:
        """Train on x (samples, …) and y; returns every figure of every epoch.

        - `batch_size`: samples per step, or "full". They are drawn anew in every epoch, and the
          short last batch counts too.
        - `loss`: by default cross_entropy for integer labels, binary_cross_entropy for them with a
          single output, and mean_squared for other numbers. Rows that are all one-hot are labels
          too; a warning says so.
        - `validation`: the share of samples to hold out, or (x, y) or (x, y, sample_weight).
        - `clip_norm`: the longest gradient that is not shortened.
        - `metrics`: accuracy, or the mean absolute error, next to the loss.
        - `verbose`: print a line per epoch.
        - `checkpoint`: a `Checkpoint`, which keeps the training in a file as it goes.
        - `resume`: such a file, to go on from it. Network, data and settings must be the same; with
          `override`, settings may differ.

        Figures of training are means over the samples of the epoch, each before the step that used
        it; of the loss, by their weights.

        Raises `InputError` before anything is changed, and `DivergedError` when the loss is no
        longer finite; the network then has the parameters of the last finite epoch.
        """
        check_override(override, resume)
        plan = self.plan(
            x,
            y,
            epochs=epochs,
            batch_size=batch_size,
            loss=loss,
            optimizer=optimizer,
            schedule=schedule,
            validation=validation,
            sample_weight=sample_weight,
            class_weight=class_weight,
            clip_norm=clip_norm,
            metrics=metrics,
            shuffle=shuffle,
            callbacks=callbacks,
            verbose=verbose,
        )
        with unless_refused(resume, [self]):
            train, held_out = self.start(plan), plan.held_out
            said = about([self], plan) if checkpoint or resume else {}
            state = resumed(resume, [self], said, override) if resume else None
            said["begin"] = [self.rng.bit_generator.state]
            if plan.share:
                rows, held = self.shares(plan)
                train, held_out = part(train, rows), part(train, held)
            if checkpoint:
                checkpoint.about = said
                plan.settings["callbacks"].append(checkpoint)
            kind = Minimiser if isinstance(plan.rule, LBFGS) else Trainer
            trainer = kind(self, train, plan.loss, plan.rule, validation=held_out, **plan.settings)
            return self.learned(plan, trainer.fit(state))

    def evaluate(self, x: Any, y: Any, sample_weight: Any = None) -> dict[str, float]:
        """The loss, and accuracy or mean absolute error, on data: `{"loss": …, "accuracy": …}`."""
        loss = self.trained_loss()
        x = self.check_inputs(x)
        data = self._sets(x, y, loss, self.output_shape[0], sample_weight)
        _check_alike("y", data[1], self.task)
        figures = evaluate(self, loss, data, METRICS[self.task or "values"])
        return {name: float(value) for name, value in figures.items()}

    def trace(self, x: Any, y: Any, **settings: Any) -> Trace:
        """Every number of one step of training on these samples; the network stays as it is.

        It is the step that `fit` would take next with `batch_size="full"`; `settings` are those of
        `fit`, such as `loss`, `optimizer` and `sample_weight`.

        >>> from glassnet import Dense
        >>> net = Sequential([Dense(2, init="constant:value=0.5")], seed=0)
        >>> step = net.trace([[1.0, 3.0]], [0], optimizer="sgd:learning_rate=0.1")
        >>> step.layers[0].output, step.layers[0].gradients["W"].tolist()
        (array([[2., 2.]], dtype=float32), [[-0.5, 0.5], [-1.5, 1.5]])
        """
        twin = copy.deepcopy(self)
        settings = {"loss": self.loss, "optimizer": "sgd", **settings}
        plan = twin.plan(x, y, **settings, epochs=1, batch_size="full", metrics=False)
        if isinstance(plan.rule, LBFGS):
            raise InputError("lbfgs takes no single step: trace another optimizer")
        return traced(Trainer(twin, twin.start(plan), plan.loss, plan.rule, **plan.settings))

    # ---- what fit is made of

    @checked
    def plan(
        self,
        x: Any,
        y: Any,
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
        metrics: bool = True,
        shuffle: bool = True,
        callbacks: Iterable[Any] = (),
        verbose: bool = False,
    ) -> "Plan":
        """What `fit` with the same words would do: all of it checked, nothing changed."""
        rule, over_time = find_optimizer(optimizer), find_schedule(schedule)
        x = self.check_inputs(x)
        outputs = self._outputs_of(x.shape[1:])
        function = self._choose_loss(loss, y, outputs)
        whole = self._sets(x, y, function, outputs, sample_weight, class_weight)
        full = batch_size == "full" or isinstance(rule, LBFGS)
        size = len(x) if full else whole_number("batch_size", batch_size, "'full'")
        epochs = whole_number("epochs", epochs)
        if clip_norm is not None:
            clip_norm = number("clip_norm", clip_norm, "(0, inf)")
        if isinstance(rule, LBFGS) and not (clip_norm is None and isinstance(over_time, Constant)):
            raise InputError("lbfgs chooses its own steps: leave schedule and clip_norm out")
        if isinstance(rule, LBFGS) and batch_size not in (32, "full"):
            raise InputError("lbfgs takes all samples in each step: leave batch_size out")
        callbacks = check_callbacks([*callbacks, Progress()] if verbose else callbacks)
        if any(isinstance(each, Checkpoint) for each in callbacks):
            raise InputError("give a Checkpoint as fit(checkpoint=…): it comes after all callbacks")
        held_out = self._check_validation(whole, validation, function)
        share = validation if isinstance(validation, (int, float)) else 0.0
        measured = METRICS[function.task(whole[1])] if metrics else {}
        check_watched(callbacks, measured, bool(share or held_out))
        settings = {
            "epochs": epochs,
            "batch_size": size,
            "schedule": over_time,
            "clip_norm": clip_norm,
            "metrics": metrics,
            "shuffle": shuffle,
            "callbacks": callbacks,
        }
        return Plan(whole, function, rule, share, held_out, settings)

    def start(self, plan: "Plan") -> Sets:
        """Weights, if there are none yet, and the task; returns what there is to learn from."""
        if not self.built:
            self.build(plan.whole[0].shape[1:])
        self.loss, self.task = plan.loss, plan.loss.task(plan.whole[1])
        return plan.whole

    def learned(
        self, plan: "Plan", history: History, samples: int | None = None, **rule: float
    ) -> History:
        """Note how this network was trained, and to which figures; returns the history.

        `samples` and settings of the `rule` are its own where others of a stack have other ones.
        """
        settings = how(plan)
        settings["optimizer"] |= rule
        last = {name: each[-1] for name, each in history.items() if name != "seconds"}
        self.trained = {
            "samples": samples or len(plan.whole[0]),
            "seed": None if self.seed is None else int(self.seed),
            "epochs": history.epochs,
            "interrupted": history.interrupted,
            "settings": settings,
            "figures": {name: value for name, value in last.items() if np.isfinite(value)},
        }
        return history

    def shares(
        self, plan: "Plan", samples: Array | None = None, seed: int | None = None
    ) -> tuple[Array, Array]:
        """The rows to train on and to hold out, of all samples or of these; drawn from the
        network's generator where no seed is given."""
        seed = int(self.rng.integers(2**63)) if seed is None else seed
        samples = np.arange(len(plan.whole[0])) if samples is None else samples
        return _shares(samples, plan.whole[1][samples], plan.share, seed)

    # ---- checks, all before any work

    def _outputs_of(self, input_shape: Shape) -> int:
        output_shape = self.shapes(input_shape)[-1]
        if len(output_shape) != 1:
            raise InputError(
                f"the last layer gives samples of shape {output_shape}: expected rows, "
                "so end with a Dense"
            )
        return output_shape[0]

    def _choose_loss(self, given: str | Named | Loss | None, y: Any, outputs: int) -> Loss:
        if given is None:
            given = _default_loss(as_array("y", y), outputs)
        loss = loss_function(given)
        last = type(self.layers[-1]).__name__.lower()
        if loss.from_logits == last:
            raise InputError(
                f"the last layer is {type(self.layers[-1]).__name__} and the loss "
                f"{type(loss).__name__} applies {last} itself: leave the layer out; predict_proba "
                "gives the probabilities"
            )
        return loss

    def _sets(
        self,
        x: Array,
        y: Any,
        loss: Loss,
        outputs: int,
        sample_weight: Any = None,
        class_weight: ClassWeight = None,
    ) -> Sets:
        targets = loss.targets(y, outputs, self.dtype)
        if len(targets) != len(x):
            raise InputError(f"x has {len(x)} samples and y has {len(targets)}: expected as many")
        if class_weight is not None and loss.task(targets) == "values":
            raise InputError("class_weight needs class labels; for values use sample_weight")
        independent = loss.task(targets) == "labels"
        weight = sample_weights(
            targets, sample_weight, class_weight, self.dtype, independent, max(outputs, 2)
        )
        return (x, targets) if weight is None else (x, targets, weight)

    def _check_validation(self, whole: Sets, validation: Any, loss: Loss) -> Sets | None:
        """The data given to validate on, or None where a share will be held out, or nothing."""
        if isinstance(validation, (tuple, list)):
            return self._given_validation(whole, validation, loss)
        if validation is None:
            return None
        plain = isinstance(validation, (int, float)) and not isinstance(validation, bool)
        if not plain or not 0 <= validation < 1:
            raise InputError(
                f"validation is {validation!r}: expected a fraction of 0 or more and less than 1, "
                "or (x, y)"
            )
        rows = np.arange(len(whole[0]))
        if validation and not len(_shares(rows, whole[1], validation, seed=0)[1]):
            raise InputError(
                f"validation {validation} of {len(whole[0])} samples holds out none: "
                "give more samples, a larger fraction, or (x, y)"
            )
        return None

    def _given_validation(self, whole: Sets, given: Any, loss: Loss) -> Sets:
        if len(given) not in (2, 3):
            raise InputError("validation: expected a fraction, (x, y) or (x, y, sample_weight)")
        x, y, *weight = given
        x, shape = self.check_inputs(x), whole[0].shape[1:]
        if x.shape[1:] != shape:
            raise InputError(
                f"validation has samples of shape {x.shape[1:]}: expected {shape}, as in training"
            )
        held_out = self._sets(x, y, loss, self._outputs_of(shape), *weight)
        _check_alike("validation y", held_out[1], loss.task(whole[1]))
        return held_out


class Plan(NamedTuple):
    """All that a fit will do, checked: the data, what is learned and how."""

    whole: Sets
    loss: Loss
    rule: Optimizer
    share: float  # to hold out for validation
    held_out: Sets | None  # given for validation
    settings: dict[str, Any]  # the trainer's own


def _default_loss(y: Array, outputs: int) -> str:
    """What is learned where nobody said: classes from labels, else values."""
    if y.ndim == 1 and y.dtype.kind in "iubOUS":
        return "cross_entropy" if outputs > 1 else "binary_cross_entropy"
    if y.shape[1:] == (outputs,) and one_hot_labels(y) is not None:
        warnings.warn(
            f"y has one-hot rows: taken as labels of {outputs} classes, with the loss "
            "cross_entropy. Give that loss, or y.argmax(axis=1), to say the same; mean_squared "
            "learns the numbers, and binary_cross_entropy independent labels",
            stacklevel=2,
        )
        return "cross_entropy"
    return "mean_squared"


def _check_alike(name: str, targets: Array, task: str | None) -> None:
    """Raise `InputError` for labels of classes where something else was learned."""
    if task in ("labels", "values") and targets.dtype.kind in "iu":
        raise InputError(
            f"{name} has a label for each sample, and the network has learned {task}: expected "
            "rows, a number for each output"
        )


def about(networks: Sequence[Network], plan: Plan, **own: Any) -> State:
    """What is learned, from what, and how: what must be the same for a training to go on."""
    watched = [type(e).__name__ for e in plan.settings["callbacks"] if hasattr(e, "state")]
    given = checksum(plan.held_out) if plan.held_out else None
    return {
        "network": [network.config() for network in networks],
        "data": {"samples": len(plan.whole[0]), "checksum": cache(partial(checksum, plan.whole))},
        "settings": {**how(plan), "validation_data": given, "callbacks": watched, **own},
    }


def how(plan: Plan) -> dict[str, Any]:
    """The settings of a training as plain data."""
    settings = {name: value for name, value in plan.settings.items() if name != "callbacks"}
    return {
        **settings,
        "schedule": settings["schedule"].config(),
        "loss": plan.loss.config(),
        "optimizer": plan.rule.config(),
        "validation": plan.share,
    }


def part(whole: Sets, rows: Array) -> Sets:
    """These rows: of the inputs, which may be large, without a copy."""
    x, *others = whole
    return cast(Array, Rows(x, rows)), *(a[rows] for a in others)


def _shares(rows: Array, targets: Array, fraction: float, seed: int) -> tuple[Array, Array]:
    """The rows to train on and the rows to hold out, stratified by label."""
    train, _, held, _ = split(rows, targets, fraction, seed)
    return train, held
