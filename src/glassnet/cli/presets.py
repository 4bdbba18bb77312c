"""Presets: values of several options at once, for those that are not given."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from glassnet.base.configurable import choose
from glassnet.base.presets import PRESETS
from glassnet.cli.training_options import Setup
from glassnet.data import Dataset
from glassnet.workflows.recipes.loader import check_part
from glassnet.workflows.spec import Net, Training

NONE = "none"  # instead of a preset
BY_ITSELF = "a table: trained with the preset for tables (without it: --preset none)"
DESCRIBED = ("layers", "model")  # options that describe a network without hidden layers
OWN = (*DESCRIBED, "hidden", "activation", "dropout", "init", "bias", "optimizer")
WORK = 16e6  # samples × networks × (inputs + SHARED) of an epoch: 1.6 s by NumPy on two cores
SHARED = 50  # inputs that cost as much as what does not depend on them
SAME = {
    "lr": "optimizer", "weight-decay": "optimizer", "batch-size": "batch_size", "epochs": "epochs",
}  # fmt: skip


def with_preset(said: Setup, name: str) -> Setup:
    """A setup whose options have the values of a preset, unless they are given; "none" has none.

    Raises `InputError` for an unknown preset.
    """
    if choose("preset", name, [*PRESETS, NONE]) == NONE:
        return said
    preset = PRESETS[name]
    given = {SAME.get(option, option) for option in said.given}
    network = {} if given & set(DESCRIBED) else _left(preset["network"], given)
    training = _left(preset["training"], given)
    return replace(
        said,
        network=check_part(Net, {**said.network.model_dump(), **network}),
        training=check_part(Training, {**said.training.model_dump(), **training}),
        given=(*said.given, *(option for option, name in SAME.items() if name in training)),
    )


def of_table(said: Setup, data: Dataset) -> Setup | None:
    """The setup with the preset for tables if the data are one and training ends by itself; None if
    they are not, or if an option describes the network or its optimizer.

    A large table gets fewer networks, so that training takes about a minute.
    """
    if not is_table(data) or {*OWN} & {*said.given} or not said.on(data).training.patience:
        return None
    chosen = with_preset(said, "table")
    if "networks" in said.given:
        return chosen
    share = WORK / (len(data.x_train) * (data.input_shape[0] + SHARED))
    networks = max(1, min(chosen.training.networks, int(share)))
    return replace(chosen, training=chosen.training.model_copy(update={"networks": networks}))


def is_table(data: Dataset) -> bool:
    """Whether the samples are rows of columns that were read one by one, and no images."""
    return data.schema is not None and not data.schema.block and not data.is_image


def _left(values: Mapping[str, Any], given: set[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in given}
