"""A network and a loss for data of a different shape or task."""

from typing import NamedTuple

from glassnet.base.errors import InputError
from glassnet.data import Dataset
from glassnet.lab.state.limits import cost
from glassnet.lab.state.settings import Settings
from glassnet.workflows.networks import words_of


class Fitted(NamedTuple):
    """Settings, and what was changed in them, as a sentence."""

    settings: Settings
    said: str


def fitted(settings: Settings, data: Dataset, task: str) -> Fitted:
    """These settings, if their layers fit the data; else the nearest that do.

    `task` is that of the data before: a loss that was chosen for another task is left to the data.
    """
    if task != data.task and settings.training.loss is not None:
        training = settings.training.model_copy(update={"loss": None})
        settings = settings.model_copy(update={"training": training})
    return _with_layers(settings, data)


def _with_layers(settings: Settings, data: Dataset) -> Fitted:
    if _fit(settings, data):
        return Fitted(settings, "")
    words = words_of(settings.network, data) if settings.network.layers is not None else None
    if words is not None and data.is_image:
        flat = _layers(settings, ["flatten", *(word for word in words.split(", ") if word)])
        if _fit(flat, data):
            return Fitted(flat, "Samples are pictures now: flatten stands before the layers.")
    first = ["flatten"] if data.is_image else []
    simple = _layers(settings, [*first, *(Settings().network.layers or [])])
    return Fitted(simple, "The layers did not fit these data: the network is a new one.")


def _layers(settings: Settings, layers: list[str]) -> Settings:
    plain = Settings().network
    network = settings.network.model_copy(
        update={"layers": layers} | {n: getattr(plain, n) for n in ("model", "hidden", "dropout")}
    )
    return settings.model_copy(update={"network": network})


def _fit(settings: Settings, data: Dataset) -> bool:
    try:
        cost(settings.network, data, settings.training)
    except InputError:
        return False
    return True
