"""How well folds find the epoch at which to stop on a small table.

Tables are drawn from known distributions, so that the loss on 2,000 further rows is nearly the true
one. One network (128-64, Adam, batches of 32) learns from all rows for 200 epochs; its best epoch
in hindsight has the least of these losses. Printed is by how much of that the loss is higher, as a
mean over seeds:

- split: a fifth is held out, training stops by its loss, and the best weights are kept;
- split, all rows: all rows for as many epochs as that split finds best;
- folds: all rows for as many epochs as five folds find best, which is `glassnet train`;
- folds, same steps: all rows for as many steps, which are four fifths of these epochs;
- 20 epochs: all rows, without looking.
"""

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn import datasets as drawn

from glassnet.data import Dataset
from glassnet.mlp import mlp
from glassnet.sequential import Sequential
from glassnet.training.callbacks.stopping import EarlyStopping
from glassnet.workflows.folds import fold_rows
from glassnet.workflows.networks import spread_of
from glassnet.workflows.stopping_epoch import Refit, best_epochs

EPOCHS, PATIENCE, FOLDS, FURTHER = 200, 20, 5, 2_000
WAYS = ("split", "split, all rows", "folds", "folds, same steps", "20 epochs")


def linear(n: int, seed: int) -> tuple[Any, Any]:
    """Of 20 numbers five count; half of the variance is noise."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 20))
    return x, x[:, :5].sum(axis=1) + rng.normal(size=n) * np.sqrt(5)


def classes(n: int, seed: int) -> tuple[Any, Any]:
    """Three classes, of which a tenth of the labels is drawn at random."""
    return drawn.make_classification(
        n, 20, n_informative=5, n_classes=3, flip_y=0.1, random_state=seed
    )


Draw = Callable[[int, int], tuple[Any, Any]]
TABLES: dict[str, Draw] = {
    "friedman": lambda n, seed: drawn.make_friedman1(n, noise=2.0, random_state=seed),
    "linear": linear,
    "classes": classes,
    "moons": lambda n, seed: drawn.make_moons(n, noise=0.35, random_state=seed),
}


def table(draw: Draw, rows: int, seed: int) -> Dataset:
    """A standardised table: so many rows to train on, and further ones to test on."""
    x, y = draw(rows + FURTHER, seed)
    x = ((x - x.mean(axis=0)) / x.std(axis=0)).astype(np.float32)
    names = tuple(map(str, np.unique(y))) if np.asarray(y).dtype.kind in "iu" else ()
    return Dataset("drawn", x[:rows], y[:rows], x[rows:], y[rows:], names)


def excess(data: Dataset, seed: int) -> list[float]:
    """By how much of the best loss in hindsight each way is above it."""

    def network(number: int) -> Sequential:
        return mlp(data.input_shape, [128, 64], data.outputs, seed=number, **spread_of(data))

    loss = (
        {} if data.classes else {"loss": {"kind": "MeanSquared", "unit": spread_of(data)["unit"]}}
    )
    settings: dict[str, Any] = {"epochs": EPOCHS, "metrics": False, "engine": "numpy", **loss}
    further = data.x_test, data.y_test
    whole = network(seed).fit(data.x_train, data.y_train, validation=further, **settings)
    true, best = whole["val_loss"], min(whole["val_loss"])

    split, stop = network(seed), EarlyStopping(patience=PATIENCE)
    split.fit(data.x_train, data.y_train, validation=1 / FOLDS, callbacks=[stop], **settings)
    refit = Refit(network, data, settings, FOLDS, patience=PATIENCE)
    _, histories = refit.fit_folds(fold_rows(data, FOLDS, seed), seed, None, None, False)
    epochs = best_epochs(histories, "val_loss", PATIENCE)
    same_steps = round(epochs * (FOLDS - 1) / FOLDS)
    found = [true[int(stop.best_epoch or 0)], true[epochs - 1], true[same_steps - 1], true[19]]
    return [value / best - 1 for value in (split.evaluate(*further)["loss"], *found)]


def main() -> None:
    """Print a line for each table and size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", nargs="*", default=list(TABLES), choices=list(TABLES))
    parser.add_argument("--rows", nargs="*", type=int, default=[200, 600])
    parser.add_argument("--seeds", type=int, default=10)
    given = parser.parse_args()
    print(f"{'':16}" + "".join(f"{way:>19}" for way in WAYS))
    for name in given.tables:
        for rows in given.rows:
            each = [excess(table(TABLES[name], rows, s), s) for s in range(given.seeds)]
            shown = "".join(f"{value:18.1%} " for value in np.mean(each, axis=0))
            print(f"{name:10}{rows:6}{shown}", flush=True)


if __name__ == "__main__":
    main()
