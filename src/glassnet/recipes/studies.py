"""Studies of one stack each: cross-validation, and the search for a learning rate."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from glassnet.arrays import Array
from glassnet.callbacks import History
from glassnet.data import Dataset
from glassnet.errors import InputError
from glassnet.packages import need
from glassnet.recipes.running import network_of, settings_of
from glassnet.recipes.schema import Recipe
from glassnet.stack import MEMORY, Stack


class Folds(NamedTuple):
    """The figures of each fold's network on its own fold, and the stack of all."""

    stack: Stack
    figures: dict[str, list[float]]


def cross_validate(
    recipe: Recipe, data: Dataset, seed: int = 0, folds: int = 10, memory: float = MEMORY
) -> Folds:
    """Train `folds` networks on the training part, each without one fold, and judge it by that.

    Folds hold each class in its share. The test part is not touched; what the data's preparation
    learned, it learned from all of the training part.
    """
    held = _folds(data, folds, seed)
    everyone = np.arange(len(data.x_train))
    stack = Stack(network_of(recipe.network, seed + k, data) for k in range(folds))
    settings = {**settings_of(recipe.training, data), "validation": None}
    samples = [np.setdiff1d(everyone, rows) for rows in held]
    histories = stack.fit(data.x_train, data.y_train, samples=samples, memory=memory, **settings)
    check_whole(stack, histories)
    figures: dict[str, list[float]] = {}
    for k, (network, rows) in enumerate(zip(stack, held, strict=True)):
        if k not in stack.diverged:
            for name, value in network.evaluate(data.x_train[rows], data.y_train[rows]).items():
                figures.setdefault(name, []).append(value)
    return Folds(stack, figures)


def check_whole(stack: Stack, histories: Sequence[History]) -> None:
    """Raise KeyboardInterrupt where Ctrl-C cut training short: half of it says nothing."""
    if any(h.interrupted and k not in stack.diverged for k, h in enumerate(histories)):
        raise KeyboardInterrupt


def _folds(data: Dataset, folds: int, seed: int) -> list[Array]:
    """The rows of each fold."""
    samples = len(data.x_train)
    if not 2 <= folds <= samples:
        raise InputError(f"folds is {folds}: expected 2 to {samples}, the samples that there are")
    selection = need("sklearn.model_selection", "folds")
    kind = selection.KFold
    if data.task == "classes":
        least = np.bincount(data.y_train).min()
        kind = selection.StratifiedKFold if least >= folds else kind
    found = kind(folds, shuffle=True, random_state=seed).split(np.zeros(samples), data.y_train)
    return [rows for _, rows in found]


class Found(NamedTuple):
    """The loss that each learning rate came to (NaN: it diverged), and the one to take."""

    rates: list[float]
    losses: list[float]
    suggestion: float


def find_learning_rate(
    recipe: Recipe,
    data: Dataset,
    seed: int = 0,
    rates: Sequence[float] | None = None,
    memory: float = MEMORY,
) -> Found:
    """Train the same network with each learning rate, by default 32 over six decades.

    All start from the same weights and see the same samples. The loss is that of the last epoch,
    held out where something is; the suggestion is where it is least, its neighbours counted in.
    """
    rates = list(np.logspace(-6, 0, 32)) if rates is None else list(rates)
    stack = Stack(network_of(recipe.network, seed, data) for _ in rates)
    settings = {**settings_of(recipe.training, data), "memory": memory}
    histories = stack.fit(data.x_train, data.y_train, learning_rate=rates, **settings)
    check_whole(stack, histories)
    losses = [
        float("nan") if k in stack.diverged else (h.get("val_loss") or h["loss"])[-1]
        for k, h in enumerate(histories)
    ]
    if len(stack.diverged) == len(rates):
        raise InputError("training diverged with every learning rate: try smaller ones")
    return Found(rates, losses, rates[_least(np.array(losses))])


def _least(losses: Array) -> int:
    """Where the loss is least, as the mean of it and its neighbours; a diverged one counts as the
    worst."""
    high = np.where(np.isnan(losses), np.nanmax(losses), losses)
    padded = np.pad(np.log(np.maximum(high, 1e-12)), 1, mode="edge")
    smooth = (padded[:-2] + padded[1:-1] + padded[2:]) / 3
    return int(np.argmin(smooth))
