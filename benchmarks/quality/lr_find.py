"""How good the learning rates are that `glassnet lr-find` suggests.

For each of eleven datasets and three networks it asks for a learning rate, then trains the network
with every rate of the grid, five folds of the data several times, and takes the accuracy on what a
fold holds out, or R² for values. Printed is the score at the suggestion, as a share of that at the
best rate of the grid. Of many rates the best looks better than it is, so it is chosen by one half
of the rounds and scored by the other. MNIST is left out where $GLASSNET_DATA does not have it.
"""

import argparse
import dataclasses
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn import datasets as bundled
from sklearn.model_selection import KFold

import glassnet as gn
from glassnet.base.errors import DataError
from glassnet.data import Dataset, load
from glassnet.workflows.fit_settings import settings_of
from glassnet.workflows.networks import network_of
from glassnet.workflows.spec import Data, Experiment, Net, Training
from glassnet.workflows.studies import find_learning_rate

NETWORKS = {
    "16, relu": Net(hidden=[16]),
    "128-64, relu": Net(hidden=[128, 64]),
    "32-32-32, tanh": Net(hidden=[32, 32, 32], activation="tanh"),
}
FOLDS = 5


def table(frame: Any, names: Any = None) -> Dataset:
    """A table as the command line reads it: from a file, standardised."""
    if names is not None:
        frame["target"] = [f"class {label}" for label in frame["target"]]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "own.csv"
        frame.to_csv(path)
        return load(path, test=0.0)


def of_sklearn(name: str) -> Callable[[], Dataset]:
    """One of scikit-learn's own tables."""

    def made() -> Dataset:
        found = getattr(bundled, f"load_{name}")(as_frame=True)
        return table(found.frame, found.get("target_names"))

    return made


def drawn(kind: str, **settings: Any) -> Callable[[], Dataset]:
    """A table that scikit-learn draws."""

    def made() -> Dataset:
        import pandas as pd

        x, y = getattr(bundled, f"make_{kind}")(1000, 20, random_state=0, **settings)
        frame = pd.DataFrame(x).add_prefix("x").assign(target=y)
        return table(frame, [] if kind == "classification" else None)

    return made


def mnist() -> Dataset:
    """The first two thousand digits of MNIST."""
    data = load("mnist")
    return dataclasses.replace(data, x_train=data.x_train[:2000], y_train=data.y_train[:2000])


DATA: dict[str, Callable[[], Dataset]] = {
    "iris": lambda: load("iris", test=0.0),  # in cm, not standardised
    "flowers": of_sklearn("iris"),
    "wine": of_sklearn("wine"),
    "breast cancer": of_sklearn("breast_cancer"),
    "diabetes": of_sklearn("diabetes"),
    "moons": lambda: load("moons", samples=1000, test=0.0),
    "circles": lambda: load("circles", samples=1000, test=0.0),
    "classification": drawn("classification", n_informative=8, n_classes=3),
    "regression": drawn("regression", noise=10.0),
    "digits": lambda: load("digits", test=0.0),
    "mnist": mnist,
}


def judged(network: Net, data: Dataset, rounds: int, epochs: int = 20) -> tuple[float, float]:
    """The rate that is suggested, and its score as a share of that of the best on the grid."""
    experiment = Experiment(
        data=Data(name=data.name), network=network,
        training=Training(epochs=epochs, validation=0.1),
    )  # fmt: skip
    found = find_learning_rate(experiment, data)
    scores = np.array([scored(experiment, data, found.rates, seed) for seed in range(rounds)])
    one, other = scores[::2].mean(axis=0), scores[1::2].mean(axis=0)
    best = (other[one.argmax()] + one[other.argmax()]) / 2
    suggested = scores.mean(axis=0)[found.rates.index(found.suggestion)]
    return found.suggestion, float(suggested / best)


def scored(experiment: Experiment, data: Dataset, rates: list[float], seed: int) -> list[float]:
    """The score of each rate, over all folds; 0 where a network diverged."""
    settings = {**settings_of(experiment.training, data), "validation": None, "metrics": False}
    x, y = data.x_train, data.y_train
    predicted = np.zeros((len(rates), *y.shape))
    for number, (train, held) in enumerate(KFold(FOLDS, shuffle=True, random_state=seed).split(x)):
        first = 1000 * (seed + 1) + number  # not the seeds of the search
        stack = gn.Stack(network_of(experiment.network, first, data) for _ in rates)
        stack.fit(x[train], y[train], learning_rate=rates, **settings)
        for k, each in enumerate(stack):
            predicted[k][held] = np.nan if k in stack.diverged else each.predict(x[held])
    if data.task == "classes":
        return [float((each == y).mean()) for each in predicted]
    spread = ((y - y.mean()) ** 2).sum()
    return [max(0.0, float(np.nan_to_num(1 - ((p - y) ** 2).sum() / spread))) for p in predicted]


def main() -> None:
    """Judge and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="*", default=list(DATA), choices=DATA)
    options = parser.parse_args()
    shares = []
    for name in options.data:
        try:
            data = DATA[name]()
        except DataError as error:
            print(f"{name} is left out: {error}")
            continue
        rounds = 6 if len(data.x_train) < 600 else 3
        for network, net in NETWORKS.items():
            rate, share = judged(net, data, rounds)
            shares.append(share)
            print(
                f"{name:16}{network:16}take {rate:<9.2g}{share:7.2%} of the best score", flush=True
            )
    print(f"at least 99 %: {np.mean(np.array(shares) >= 0.99):.0%} of {len(shares)}; "
          f"least {min(shares):.2%}, mean {np.mean(shares):.2%}")  # fmt: skip


if __name__ == "__main__":
    main()
