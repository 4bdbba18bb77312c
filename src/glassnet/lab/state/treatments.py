"""What a remedy would set in a lab: each with the words of its button."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from glassnet.base.errors import GlassnetError
from glassnet.lab.state.session import Session
from glassnet.lab.state.settings import Settings
from glassnet.nn.layers import Dense, Layer, layers_from, words_for
from glassnet.nn.layers.activations import Activation
from glassnet.nn.optimizers import optimizer

MOST_SCALED = 12  # features with a scale of their own: of more, one for all


class Treatment(NamedTuple):
    """A change of settings that a remedy advises, or a step to go back to.

    `remedy` is its name, and `n` its place if there are several; `words` say what changes.
    """

    remedy: str
    n: int
    words: str
    settings: Settings
    goto: int | None = None

    def as_json(self, session: Session) -> dict[str, Any]:
        """What the page makes buttons of: whether it can be tried from here, and from the start."""
        here = self.goto is not None or not (session.run.diverged or self.afresh(session))
        return {
            "remedy": self.remedy, "n": self.n, "words": self.words,
            "here": here, "start": self.goto is None,
        }  # fmt: skip

    def afresh(self, session: Session) -> bool:
        """Whether it changes more than the training, which then begins again."""
        same = self.settings.model_copy(update={"training": session.settings.training})
        return same != session.settings


def treatments(session: Session, remedies: Iterable[str]) -> list[Treatment]:
    """What these remedies would change, of those that would change something."""
    now = session.settings.model_copy(update={"training": session.run.training})
    found = []
    for remedy in remedies:
        changes = TREATMENTS[remedy](session) if remedy in TREATMENTS else ()
        for n, (words, change) in enumerate(changes):
            if isinstance(change, int):
                found.append(Treatment(remedy, n, words, now, change))
            elif (then := _with(now, *change)) not in (None, now):
                found.append(Treatment(remedy, n, words, then))
    return found


def _with(now: Settings, part: str, values: dict[str, Any]) -> Settings | None:
    """These settings with other values in a part; None if they do not fit."""
    given = now.model_dump()
    try:
        return Settings.model_validate({**given, part: {**given[part], **values}})
    except (GlassnetError, ValueError):
        return None


# ---- each remedy: words, and the part of the settings with what it changes, or a step

Change = tuple[str, tuple[str, dict[str, Any]] | int]


def _rates(*factors: float) -> Callable[[Session], Iterator[Change]]:
    def changes(session: Session) -> Iterator[Change]:
        config = optimizer(session.run.training.optimizer).config()
        rate = config["learning_rate"]
        for factor in factors:
            new = float(f"{rate * factor:.3g}")
            words = f"Learning rate {new:g} instead of {rate:g}"
            yield words, ("training", {"optimizer": {**config, "learning_rate": new}})

    return changes


def _clip(session: Session) -> Iterator[Change]:
    yield "Clip the gradient at norm 1", ("training", {"clip_norm": 1.0})


def _longer(session: Session) -> Iterator[Change]:
    epochs = session.run.training.epochs
    yield f"{2 * epochs} epochs instead of {epochs}", ("training", {"epochs": 2 * epochs})


def _batch(session: Session) -> Iterator[Change]:
    size = session.run.trainer.batches.size
    samples = len(session.run.data.x_train)
    if size < samples:
        new = min(2 * size, samples)
        yield f"Batches of {new} instead of {size}", ("training", {"batch_size": new})


def _decay(session: Session) -> Iterator[Change]:
    config = optimizer(session.run.training.optimizer).config()
    if config.get("weight_decay") == 0:
        then = {**config, "weight_decay": 1e-3}
        yield "Weight decay 0.001", ("training", {"optimizer": then})


def _shorter(session: Session) -> Iterator[Change]:
    run = session.run
    held = run.columns.get("val_loss", [])
    if held and np.isfinite(held).all() and int(np.argmin(held)) + 1 < run.epochs_done:
        best = int(np.argmin(held))
        yield f"Go back to epoch {best + 1}, the best so far", run.epoch_ends[best]


def _init(name: str) -> Callable[[Session], Iterator[Change]]:
    def changes(session: Session) -> Iterator[Change]:
        if session.settings.network.init != name:
            yield f"Begin with weights of {name}", ("network", {"init": name})

    return changes


def _activation(name: str) -> Callable[[Session], Iterator[Change]]:
    def changes(session: Session) -> Iterator[Change]:
        layers, words = _own_layers(session), f"{name} as activation"
        if layers is None:
            yield words, ("network", {"activation": name})
            return
        others = [name if isinstance(each, Activation) else words_for([each]) for each in layers]
        if others != [words_for([each]) for each in layers]:
            yield words, ("network", {"layers": others})

    return changes


def _dropout(session: Session) -> Iterator[Change]:
    if (layers := _own_layers(session)) is not None:
        words = [*(words_for([layer]) for layer in layers), "dropout 0.2"]
        yield "Dropout of 0.2 before the outputs", ("network", {"layers": words})
    else:
        yield "Dropout of 0.2", ("network", {"dropout": 0.2})


def _shallow(session: Session) -> Iterator[Change]:
    layers = _own_layers(session) or []
    places = [n for n, layer in enumerate(layers) if isinstance(layer, Dense)]
    if len(places) > 1:
        words = [words_for([layer]) for layer in layers[: places[-1]]]
        yield "Leave out the last hidden layer", ("network", {"layers": words})


def _scale(session: Session) -> Iterator[Change]:
    """Inputs less their means, by their standard deviations: a Scale layer before the others."""
    layers = _own_layers(session)
    if layers is None:
        return
    x = np.asarray(session.run.data.x_train[:10_000], float)
    few = x.ndim == 2 and x.shape[1] <= MOST_SCALED
    mean, deviation = (x.mean(axis=0), x.std(axis=0)) if few else (x.mean(), x.std())
    factor = 1 / np.where(deviation > 0, deviation, 1)
    texts = [
        "x".join(f"{each:.5g}" for each in np.atleast_1d(values).tolist())
        for values in (factor, -mean * factor)
    ]
    words = [f"scale {texts[0]} shift={texts[1]}", *(words_for([layer]) for layer in layers)]
    yield "Scale the inputs before the first layer", ("network", {"layers": words})


def _own_layers(session: Session) -> list[Layer] | None:
    """The layers of the settings; None if these are not in words."""
    words = session.settings.network.layers
    return None if words is None else layers_from(words)


TREATMENTS: dict[str, Callable[[Session], Iterator[Change]]] = {
    "lower rate": _rates(0.1),
    "raise rate": _rates(10),
    "other rate": _rates(0.1, 10),
    "clip": _clip,
    "scale": _scale,
    "small weights": _init("glorot_uniform"),
    "he_normal": _init("he_normal"),
    "relu": _activation("relu"),
    "leaky_relu": _activation("leaky_relu"),
    "shallow": _shallow,
    "longer": _longer,
    "shorter": _shorter,
    "batch": _batch,
    "dropout": _dropout,
    "decay": _decay,
}
