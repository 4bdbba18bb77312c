"""What commands train on some data: their options, the values of a preset, and folds.

Every command that trains takes this way, so the same data and options mean the same network.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from glassnet.base.errors import InputError
from glassnet.base.presets import preset_for
from glassnet.cli import terminal as show
from glassnet.cli.training_options import NONE, Setup
from glassnet.data import Dataset
from glassnet.nn.optimizers import optimizer
from glassnet.workflows.recipes.loader import check_part
from glassnet.workflows.spec import Experiment, Net, Training
from glassnet.workflows.stopping_epoch import for_small_table

TABLE = "table"
BY_ITSELF = "a table: trained with the preset for tables (without it: --preset none)"
DESCRIBED = ("layers", "model")  # options that describe a network without hidden layers
OWN = (*DESCRIBED, "hidden", "activation", "dropout", "init", "bias", "optimizer")
WORK = 16e6  # samples × networks × (inputs + SHARED) of an epoch: 1.6 s by NumPy on two cores
SHARED = 50  # inputs that cost as much as what does not depend on them
SAME = {
    "lr": "optimizer", "weight-decay": "optimizer", "batch-size": "batch_size", "epochs": "epochs",
}  # fmt: skip
OF_RULE = {"lr": "learning_rate", "weight-decay": "weight_decay"}


class Plan(NamedTuple):
    """What is trained, and by which preset.

    - `experiment`: as `train` trains it.
    - `preset`: its name; None without one.
    - `by_itself`: whether it was chosen without `--preset`.
    """

    experiment: Experiment
    preset: str | None = None
    by_itself: bool = False

    @property
    def facts(self) -> dict[str, Any]:
        """The same for `--json`, as far as it is no plain network."""
        networks = self.experiment.training.networks
        return {
            **({"preset": self.preset} if self.preset else {}),
            **({"networks": networks} if networks > 1 else {}),
        }

    def lines(self, several: str) -> Iterator[str]:
        """The same for people; `several` says what becomes of several networks."""
        if self.by_itself:
            yield BY_ITSELF
        if self.experiment.training.networks > 1:
            yield f"{self.experiment.training.networks} networks{several}"


def introduce(plan: Plan, several: str, indent: str = "") -> None:
    """Print what is trained; `several` says what becomes of several networks."""
    for line in plan.lines(several):
        show.say(line, indent)


def plan_of(said: Setup, data: Dataset) -> Plan:
    """What is trained with these options on this data; a small table gets folds."""
    chosen = with_preset(said, data)
    experiment = chosen.on(data)
    if "validation" not in said.given:
        experiment = for_small_table(experiment, data)
    named = None if chosen.preset == NONE else chosen.preset
    return Plan(experiment, named, named is not None and said.preset is None)


def single(said: Setup, data: Dataset) -> Experiment:
    """One of the networks that these options train on this data, with rows held out."""
    experiment = with_preset(said, data).on(data)
    training = experiment.training.model_copy(update={"networks": 1})
    return experiment.model_copy(update={"training": training})


def with_preset(said: Setup, data: Dataset) -> Setup:
    """The setup with the values of its preset, or of that for tables if it takes it by itself, for
    what is not given.

    A large table gets fewer networks, so that training takes about a minute.
    """
    name = said.preset or (TABLE if takes_it_by_itself(said, data) else NONE)
    if name == NONE:
        return said
    if data.is_image:
        raise InputError(
            f"--preset {name} is for the columns of a table, and {data.name} has images: leave it "
            "out"
        )
    values = preset_for(name, data.task)
    given = {SAME.get(option, option) for option in said.given} - {"optimizer"}
    network = {} if given & {*DESCRIBED} else _left(values["network"], given)
    training = _left(values["training"], given)
    if "optimizer" in said.given:
        del training["optimizer"]
    else:
        training["optimizer"] = _rule(said, training["optimizer"])
    if "networks" in training:
        training["networks"] = _affordable(training["networks"], data)
    return replace(
        said,
        preset=name,
        network=check_part(Net, {**said.network.model_dump(), **network}),
        training=check_part(Training, {**said.training.model_dump(), **training}),
        given=(*said.given, *(option for option, name in SAME.items() if name in training)),
    )


def takes_it_by_itself(said: Setup, data: Dataset) -> bool:
    """Whether the data are a table, no option describes the network or names an optimizer, and
    training ends by itself."""
    own = {*OWN} & {*said.given}
    return is_table(data) and not own and bool(said.on(data).training.patience)


def is_table(data: Dataset) -> bool:
    """Whether the samples are rows of columns that were read one by one, and no images."""
    return data.schema is not None and not data.schema.block and not data.is_image


def _affordable(networks: int, data: Dataset) -> int:
    share = WORK / (len(data.x_train) * (data.input_shape[0] + SHARED))
    return max(1, min(networks, int(share)))


def _rule(said: Setup, usual: str) -> dict[str, Any]:
    """The optimizer of a preset, with the rate and the decay that are given."""
    own = optimizer(said.training.optimizer).config()
    given = {name: own[name] for option, name in OF_RULE.items() if option in said.given}
    return optimizer({**optimizer(usual).config(), **given}).config()


def _left(values: Mapping[str, Any], given: set[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in given}
