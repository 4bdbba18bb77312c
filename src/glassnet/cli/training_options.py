"""The options of `train`, and of the commands that train many networks."""

import inspect
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import typer

from glassnet.base.addresses import without_password
from glassnet.base.configurable import canonical, choose
from glassnet.base.errors import InputError
from glassnet.base.presets import PRESETS
from glassnet.cli.class_weights import check_classes, class_weights
from glassnet.cli.completion import names
from glassnet.cli.options import Reading, reading, takes
from glassnet.data import NAMES, Dataset
from glassnet.data.dataset import shares
from glassnet.nn.initializers import INITIALIZERS
from glassnet.nn.layers import ACTIVATIONS
from glassnet.nn.losses import LOSSES, check_meant, loss_function
from glassnet.nn.metrics import SCORES
from glassnet.nn.optimizers import LBFGS, OPTIMIZERS, optimizer
from glassnet.nn.schedules import SCHEDULES
from glassnet.nn.task import task_named
from glassnet.training.engines import ENGINES
from glassnet.workflows.recipes.loader import check_part
from glassnet.workflows.spec import MODELS, Data, Experiment, Net, Training

WATCHED = 0.1  # the share of the training data that is held out by default
STOPPED_BY = 0.2  # and if it stops the training
TAKEN_BY_LBFGS = ("batch-size", "schedule", "clip-norm", "max-norm")
of_network = partial(typer.Option, rich_help_panel="Network")
of_training = partial(typer.Option, rich_help_panel="Training")
Calibrate = Annotated[
    bool,
    of_training("--calibrate/--no-calibrate", help="Calibrate probabilities on the validation "
                "part, if that lowers the log loss there."),
]  # fmt: skip
HIDDEN = [128, 64]  # units of the hidden layers by default
EPOCHS = 20
MOST_EPOCHS = 200  # with early stopping
PATIENCE = 20  # epochs without a better one that end a training early
NONE = "none"  # instead of a preset
SMALL = 10_000  # samples, below which a batch is 32 rows by default, and 128 from there


@dataclass(frozen=True)
class Setup:
    """Data source, network and training; defaults that depend on the data come with it."""

    reading: Reading
    network: Net
    training: Training
    seed: int
    given: tuple[str, ...]  # the options that are not at their defaults, but for the seed
    loss: str | None = None  # as it was typed
    early_stopping: bool | None = None  # None: of data that people bring, or with a patience
    preset: str | None = None  # None: that for tables, if `cli.presets` takes it

    @property
    def source(self) -> str:
        """The dataset, file or folder, or the address without its password."""
        return without_password(self.reading.source)

    def load(self) -> Dataset:
        """The data, unless an option has no effect."""
        _refuse_idle(self.network)
        return self.reading.load()

    def on(self, data: Dataset) -> Experiment:
        """The experiment with these settings on this data."""
        self._check(data)
        decided: dict[str, Any] = self._ended(data)
        whole = isinstance(optimizer(self.training.optimizer), LBFGS)  # all samples in each step
        if "batch-size" not in self.given and len(data.x_train) >= SMALL and not whole:
            decided["batch_size"] = 128
        training = self.training.model_copy(update=decided)
        source = Data(name=self.source, options=self.reading.settings)
        return Experiment(data=source, network=self.network, training=training)

    def _ended(self, data: Dataset) -> dict[str, Any]:
        """What ends the training, and the share of the samples that it is validated on."""
        wanted, how = self.early_stopping, self.training
        if wanted is None:
            wanted = bool(how.patience) or self.reading.source not in NAMES
        share = how.validation
        if "validation" not in self.given:
            share = STOPPED_BY if wanted else WATCHED
        if not len(shares(data.y_train, share, seed=0)[1]):
            share = 0.0
        stops = wanted and share > 0
        if not stops and {"patience", "early-stopping"} & {*self.given} and wanted:
            raise InputError(
                "early stopping needs validation samples, and there are none: give --validation "
                "above 0, or --no-early-stopping"
            )
        epochs = how.epochs
        if "epochs" not in self.given:
            epochs = MOST_EPOCHS if stops else EPOCHS
        patience = (how.patience or PATIENCE) if stops else None
        return {"validation": share, "epochs": epochs, "patience": patience}

    def _check(self, data: Dataset) -> None:
        """InputError for settings that do not fit the data."""
        share, loss = self.training.validation, self.loss
        check_classes(self.training.class_weight, data)
        if share and not len(shares(data.y_train, share, seed=0)[1]):
            raise InputError(
                f"--validation {share:g} of {len(data.y_train):,} training samples is less than "
                "one: give a larger share, or 0"
            )
        if loss and loss_function(loss).from_logits and not task_named(data.task).has_probabilities:
            raise InputError(
                f"--loss {loss} is for classes, and {data.target} has numbers: leave it out, or "
                "give --task classification"
            )
        if loss:
            check_meant(loss, data.y_train, data.outputs)


def chosen(option: Callable[..., Any], text: str, table: Iterable[str], **more: Any) -> Any:
    """An option that takes one of these names; the shell completes them."""
    return option(
        metavar="NAME", autocompletion=names(table), help=f"{text} Choices: {', '.join(table)}.",
        **more,
    )  # fmt: skip


@takes(reading, data="digits")
def setup(
    source: Reading,
    hidden: Annotated[
        str | None,
        of_network(metavar="UNITS", help="Units of each hidden layer, or 'none'.",
                   show_default="128,64"),
    ] = None,
    layers: Annotated[
        str | None,
        of_network(metavar="WORDS", help="Layers before the outputs, instead of --hidden. Such as "
                                         "'conv 32, relu, maxpool, flatten, dropout 0.5'."),
    ] = None,
    activation: Annotated[
        str, chosen(of_network, "Activation after each hidden layer.", ACTIVATIONS)
    ] = "relu",
    dropout: Annotated[
        float | None,
        of_network(metavar="RATE", help="Dropout rate after each hidden layer.",
                   show_default="0"),
    ] = None,
    model: Annotated[
        str, chosen(of_network, "Kind of network; convolutions suit the size of images.", MODELS)
    ] = "mlp",
    init: Annotated[
        str, chosen(of_network, "Initial weights, also as in normal:std=0.1.", INITIALIZERS)
    ] = "glorot_uniform",
    bias: Annotated[bool, of_network("--bias/--no-bias", help="Use biases or not.")] = True,
    epochs: Annotated[
        int | None,
        of_training(metavar="N", help="Passes over the training data. With early stopping, at "
                                      "most so many.",
                    show_default=f"{MOST_EPOCHS} with early stopping, else {EPOCHS}"),
    ] = None,
    lr: Annotated[
        float | None,
        of_training(metavar="NUMBER", help="Learning rate.", show_default="the optimizer's"),
    ] = None,
    optimizer: Annotated[
        str, chosen(of_training, "Optimizer, with settings as in adam:beta1=0.8.", OPTIMIZERS)
    ] = "adam",
    batch_size: Annotated[
        str | None,
        of_training(metavar="N|full", help="Samples per step.",
                    show_default=f"32, or 128 from {SMALL:,} training samples"),
    ] = None,
    loss: Annotated[
        str | None,
        chosen(of_training, "Loss to minimise.", LOSSES,
               show_default="cross_entropy for classes, mean_squared for numbers"),
    ] = None,
    validation: Annotated[
        float | None,
        of_training(metavar="SHARE", help="Share of the training data held out for validation.",
                    show_default=f"{STOPPED_BY:g} with early stopping, else {WATCHED:g}"),
    ] = None,
    early_stopping: Annotated[
        bool | None,
        of_training("--early-stopping/--no-early-stopping",
                    help="Stop when validation no longer improves. The best weights are kept.",
                    show_default="yes for your own data, no for datasets known by name"),
    ] = None,
    patience: Annotated[
        int | None,
        of_training(metavar="N", help="Epochs without improvement that stop training. Improvement "
                                      "of the validation loss, or of --metric.",
                    show_default=f"{PATIENCE}"),
    ] = None,
    schedule: Annotated[
        str,
        chosen(of_training, "Learning rate over time, also as in step:every=5,gamma=0.5.",
               SCHEDULES),
    ] = "constant",
    weight_decay: Annotated[
        float | None,
        of_training(metavar="NUMBER", help="Weight decay λ; biases do not decay."),
    ] = None,
    clip_norm: Annotated[
        float | None,
        of_training(metavar="NUMBER", help="Largest norm of a gradient; longer ones are "
                                           "shortened."),
    ] = None,
    max_norm: Annotated[
        float | None,
        of_training(metavar="NUMBER", help="Largest norm of the weights that lead to a unit. "
                                           "Longer ones are shortened after each step."),
    ] = None,
    class_weight: Annotated[
        str | None,
        of_training(metavar="NAME=N,…|balanced",
                    help="How much each class counts in the loss, such as no=1,yes=5. balanced: "
                         "the rarer, the more.", show_default="each row the same"),
    ] = None,
    metric: Annotated[
        str | None,
        chosen(of_training, "Metric to show, and to choose and stop by.", SCORES,
               show_default="accuracy, or the mean absolute error"),
    ] = None,
    preset: Annotated[
        str | None,
        chosen(of_training, "Values for all options that are not given.", [*PRESETS, NONE],
               show_default="table for a table, unless an option describes the network"),
    ] = None,
    networks: Annotated[
        int | None,
        of_training(metavar="N", help="Train N networks; the mean of their outputs is one network.",
                    show_default="1; by the preset table 8, or fewer for a large one"),
    ] = None,
    calibrate: Calibrate = True,
    seed: Annotated[
        int, of_training(min=0, metavar="N", help="Seed of weights, sample order and noise.")
    ] = 0,
    engine: Annotated[
        str, chosen(of_training, "What takes the steps; auto takes the faster one.", ENGINES)
    ] = "auto",
) -> Setup:  # fmt: skip
    """The options of data, network and training."""
    said = locals()
    optimizer = canonical(optimizer, OPTIMIZERS)
    _, *own = inspect.signature(inspect.unwrap(setup)).parameters.values()
    given = [
        o.name.replace("_", "-") for o in own if said[o.name] != o.default and o.name != "seed"
    ]
    if "learning_rate" in optimizer:
        given.append("lr")
    whole = layers is not None or model != "mlp"  # described without hidden layers
    network = {
        "layers": layers, "model": model, "hidden": _widths(hidden, [] if whole else HIDDEN),
        "activation": activation, "bias": bias, "init": init, "dropout": dropout or 0.0,
    }  # fmt: skip
    how = {
        "loss": loss, "optimizer": _rule(optimizer, lr, weight_decay), "schedule": schedule,
        "batch_size": _size(batch_size), "epochs": EPOCHS if epochs is None else epochs,
        "validation": validation or 0.0, "patience": patience,
        "clip_norm": clip_norm, "max_norm": max_norm, "engine": engine,
        "class_weight": class_weights(class_weight), "metric": metric,
        "networks": 1 if networks is None else networks, "calibrate": calibrate,
    }  # fmt: skip
    if patience is not None and early_stopping is False:
        raise InputError("--patience is for early stopping: leave it or --no-early-stopping out")
    _check_lbfgs(how, [name for name in given if name in TAKEN_BY_LBFGS])
    net, training = check_part(Net, network), check_part(Training, how)
    if whole:
        _refuse_idle(net)
    if preset is not None:
        choose("preset", preset, [*PRESETS, NONE])
    return Setup(source, net, training, seed, (*given, *source.given), loss, early_stopping, preset)


def _refuse_idle(net: Net) -> None:
    """InputError for an option without effect."""
    if net.idle:
        name, why = net.idle
        raise InputError(f"--{name} {why}: leave it out")


def _check_lbfgs(how: dict[str, Any], given: list[str]) -> None:
    """InputError for options that L-BFGS ignores."""
    if given and how["optimizer"]["kind"] == "LBFGS":
        raise InputError(
            "--optimizer lbfgs chooses its own steps, over all samples at once: leave out "
            + ", ".join(f"--{name}" for name in given)
        )


def _widths(text: str | None, default: list[int]) -> list[int]:
    """Units of each hidden layer, from `128,64` or, in a sweep, `128x64`."""
    if text is None:
        return default
    if text in ("", "none"):
        return []
    try:
        return [int(units) for units in text.replace("x", ",").split(",")]
    except ValueError:
        raise InputError(f"--hidden is {text!r}, expected whole numbers such as 128,64") from None


def _size(text: str | None) -> int | str:
    if text in (None, "full"):
        return text or 32
    try:
        return int(str(text))
    except ValueError:
        raise InputError(f"--batch-size is {text!r}, expected a whole number or 'full'") from None


def _rule(chosen: str, lr: float | None, weight_decay: float | None) -> dict[str, Any]:
    """The optimizer's settings, including those with an option of their own."""
    if lr is not None and not 0 < lr < math.inf:
        raise InputError(f"--lr is {lr:g}, expected a finite number above 0")
    if weight_decay is not None and not 0 <= weight_decay < math.inf:
        raise InputError(
            f"--weight-decay is {weight_decay:g}, expected a finite number of 0 or more"
        )
    if lr is not None and chosen.partition(":")[0] == "lbfgs":
        raise InputError("--optimizer lbfgs chooses its own steps: leave out --lr")
    given = {"learning_rate": lr, "weight_decay": weight_decay}
    settings = {name: value for name, value in given.items() if value is not None}
    for name, option in (("learning_rate", "--lr"), ("weight_decay", "--weight-decay")):
        if name in settings and name in chosen:
            raise InputError(f"--optimizer already sets {name}: leave out {option}")
    return optimizer({**optimizer(chosen).config(), **settings}).config()
