"""Presets: values of several options at once, for those that are not given."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from glassnet.base.configurable import choose
from glassnet.base.presets import PRESETS
from glassnet.cli.training_options import Setup
from glassnet.workflows.recipes.loader import check_part
from glassnet.workflows.spec import Net, Training

DESCRIBED = ("layers", "model")  # options that describe a network without hidden layers
SAME = {
    "lr": "optimizer", "weight-decay": "optimizer", "batch-size": "batch_size", "epochs": "epochs",
}  # fmt: skip


def with_preset(said: Setup, name: str) -> Setup:
    """A setup whose options have the values of a preset, unless they are given.

    Raises `InputError` for an unknown preset.
    """
    preset = PRESETS[choose("preset", name, PRESETS)]
    given = {SAME.get(option, option) for option in said.given}
    network = {} if given & set(DESCRIBED) else _left(preset["network"], given)
    training = _left(preset["training"], given)
    return replace(
        said,
        network=check_part(Net, {**said.network.model_dump(), **network}),
        training=check_part(Training, {**said.training.model_dump(), **training}),
        given=(*said.given, *(option for option, name in SAME.items() if name in training)),
    )


def _left(values: Mapping[str, Any], given: set[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in given}
