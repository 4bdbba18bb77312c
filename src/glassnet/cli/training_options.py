"""What to learn and how, from the words of a command: `train` and all that train many."""

import inspect
import math
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from glassnet.base.errors import InputError
from glassnet.cli.options import Reading, reading, takes
from glassnet.data import Dataset
from glassnet.data.dataset import shares
from glassnet.nn.initializers import INITIALIZERS
from glassnet.nn.layers import ACTIVATIONS
from glassnet.nn.losses import LOSSES, loss_function
from glassnet.nn.optimizers import LBFGS, OPTIMIZERS, optimizer
from glassnet.nn.schedules import SCHEDULES
from glassnet.nn.task import task_named
from glassnet.workflows.recipes.loader import check_part
from glassnet.workflows.recipes.schema import Data, Figure, Net, Recipe, Training

WATCHED = 0.1  # the share of the training data that is held out by default
TAKEN_BY_LBFGS = ("batch-size", "schedule", "clip-norm")
SMALL = 10_000  # samples, below which a batch is 32 rows by default, and 128 from there


@dataclass(frozen=True)
class Setup:
    """Network, training, and where the data is; what the data decides is left open until then."""

    reading: Reading
    network: Net
    training: Training
    seed: int
    given: tuple[str, ...]  # the options that are not at their defaults, but for the seed

    @property
    def source(self) -> str:
        """The dataset, file or folder."""
        return self.reading.source

    def load(self) -> tuple[Recipe, Dataset]:
        """The data, and all of it as a recipe."""
        if self.network.idle:
            raise InputError(
                f"--{self.network.idle} is for hidden layers and there is none: leave it out"
            )
        data = self.reading.load()
        return self.on(data), data

    def on(self, data: Dataset) -> Recipe:
        """The recipe of this, where this is the data."""
        self._check(data)
        decided: dict[str, Any] = {}
        whole = isinstance(optimizer(self.training.optimizer), LBFGS)  # all samples in each step
        if "batch-size" not in self.given and len(data.x_train) >= SMALL and not whole:
            decided["batch_size"] = 128
        if "validation" not in self.given and len(shares(data.y_train, WATCHED, seed=0)[1]):
            decided["validation"] = WATCHED
        return Recipe(
            title=self.source, source="the command line", data=Data(name=self.source),
            network=self.network, training=self.training.model_copy(update=decided),
            figure=Figure(published="", at_least=0),
        )  # fmt: skip

    def _check(self, data: Dataset) -> None:
        """InputError for what this data cannot be learned with."""
        share, loss = self.training.validation, self.training.loss
        if share and not len(shares(data.y_train, share, seed=0)[1]):
            raise InputError(
                f"--validation {share:g} of {len(data.y_train):,} training samples is none of "
                "them: give a larger share, or 0"
            )
        if loss and loss_function(loss).from_logits and not task_named(data.task).has_probabilities:
            raise InputError(
                f"--loss {loss} is for classes, and {data.target} holds numbers: leave it out, or "
                "say --task classification"
            )


def _choice(table: dict[str, Any]) -> str:
    return "one of " + ", ".join(table)


@takes(reading, data="digits")
def setup(
    source: Reading,
    hidden: Annotated[
        str, typer.Option(help="Units of each hidden layer, such as 128,64; 'none' for none.")
    ] = "128,64",
    activation: Annotated[
        str, typer.Option(help=f"After each hidden layer: {_choice(ACTIVATIONS)}.")
    ] = "relu",
    loss: Annotated[
        str | None,
        typer.Option(help=f"{_choice(LOSSES)}. By default cross_entropy for classes and "
                          "mean_squared for numbers."),
    ] = None,
    optimizer: Annotated[
        str, typer.Option(help=f"{_choice(OPTIMIZERS)}; with settings as in adam:beta1=0.8.")
    ] = "adam",
    lr: Annotated[
        float | None, typer.Option(help="Learning rate. By default the optimizer's own.")
    ] = None,
    batch_size: Annotated[
        str | None,
        typer.Option(metavar="N|full", help="Samples per step. By default 32, and 128 from "
                                            f"{SMALL:,} samples."),
    ] = None,
    epochs: Annotated[int, typer.Option(help="Times to go through the training data.")] = 20,
    validation: Annotated[
        float | None,
        typer.Option(help="Share of the training data held out to watch. By default 0.1, and 0 "
                          "where that is no row."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of weights, order and noise.")] = 0,
    bias: Annotated[bool, typer.Option("--bias/--no-bias", help="Biases or none.")] = True,
    init: Annotated[
        str, typer.Option(help=f"First weights: {_choice(INITIALIZERS)}; with settings as in "
                               "normal:std=0.1.")
    ] = "glorot_uniform",
    weight_decay: Annotated[
        float | None, typer.Option(help="λ of the weights' decay; biases do not decay.")
    ] = None,
    dropout: Annotated[float, typer.Option(help="Rate of dropout after each hidden layer.")] = 0.0,
    schedule: Annotated[
        str, typer.Option(help=f"Of the learning rate: {_choice(SCHEDULES)}; with settings as in "
                               "step:every=5,gamma=0.5.")
    ] = "constant",
    clip_norm: Annotated[
        float | None, typer.Option(help="Shorten gradients that are longer than this.")
    ] = None,
) -> Setup:  # fmt: skip
    """The options that say what to learn and how."""
    said = locals()
    _, *own = inspect.signature(inspect.unwrap(setup)).parameters.values()
    given = [
        o.name.replace("_", "-") for o in own if said[o.name] != o.default and o.name != "seed"
    ]
    if "learning_rate" in optimizer:
        given.append("lr")
    network = {
        "hidden": _widths(hidden), "activation": activation, "bias": bias, "init": init,
        "dropout": dropout,
    }  # fmt: skip
    how = {
        "loss": loss, "optimizer": _rule(optimizer, lr, weight_decay), "schedule": schedule,
        "batch_size": _size(batch_size), "epochs": epochs, "validation": validation or 0.0,
        "clip_norm": clip_norm,
    }  # fmt: skip
    _check_lbfgs(how, [name for name in given if name in TAKEN_BY_LBFGS])
    parts = check_part(Net, network), check_part(Training, how)
    return Setup(source, *parts, seed, (*given, *source.given))


def _check_lbfgs(how: dict[str, Any], given: list[str]) -> None:
    """InputError for options that L-BFGS would not look at."""
    if given and how["optimizer"]["kind"] == "LBFGS":
        raise InputError(
            f"--optimizer lbfgs chooses its own steps, over all samples at once: leave "
            f"{', '.join(f'--{name}' for name in given)} out"
        )


def _widths(text: str) -> list[int]:
    """Units of each hidden layer, from `128,64` or, as a sweep has it, `128x64`."""
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
        raise InputError(f"--batch-size is {text!r}, expected a whole number or full") from None


def _rule(chosen: str, lr: float | None, weight_decay: float | None) -> dict[str, Any]:
    """The optimizer's settings, with those that have an option of their own."""
    if lr is not None and not 0 < lr < math.inf:
        raise InputError(f"--lr is {lr:g}, expected a finite number above 0")
    if weight_decay is not None and not 0 <= weight_decay < math.inf:
        raise InputError(
            f"--weight-decay is {weight_decay:g}, expected a finite number of 0 or more"
        )
    if lr is not None and chosen.partition(":")[0] == "lbfgs":
        raise InputError("--optimizer lbfgs chooses its own steps: leave --lr out")
    given = {"learning_rate": lr, "weight_decay": weight_decay}
    settings = {name: value for name, value in given.items() if value is not None}
    for name, option in (("learning_rate", "--lr"), ("weight_decay", "--weight-decay")):
        if name in settings and name in chosen:
            raise InputError(f"--optimizer has a {name} already: leave {option} out")
    return optimizer({**optimizer(chosen).config(), **settings}).config()
