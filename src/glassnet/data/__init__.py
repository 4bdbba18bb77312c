"""Datasets by name or from a CSV file, each as arrays in a training and a test part."""

import inspect
from collections.abc import Callable
from functools import partial
from os import PathLike
from typing import Any

from glassnet.arrays import FilePath
from glassnet.data.dataset import Dataset, split
from glassnet.described import choose
from glassnet.errors import DataError, InputError

__all__ = ["NAMES", "Dataset", "load", "split"]

NAMES = ("digits", "iris", "mnist", "moons")
"""The datasets that `load` knows by name."""


def load(name: FilePath, *, seed: int = 0, **options: Any) -> Dataset:
    """The dataset of this name, or in the CSV file at this path.

    `seed` shuffles the rows into training and test parts; mnist comes already split and ignores
    it. Options: `test`, the share of the test part, for all but mnist; `samples` and `noise` for
    moons; `target`, the column to predict, for a CSV file.

    Raises DataError for a name or option that does not exist and for data that cannot be read.

    >>> moons = load("moons", samples=400)
    >>> moons.x_train.shape, moons.x_test.shape, moons.classes
    ((300, 2), (100, 2), ('upper', 'lower'))
    """
    if not isinstance(name, (str, PathLike)) or not str(name):
        raise DataError(f"dataset: expected a name or the path of a .csv file, got {name!r}")
    options["seed"] = seed
    return _call(_loader(name), str(name), options)


def _loader(name: FilePath) -> Callable[..., Dataset]:
    # Imported here: who brings arrays of their own need not wait for readers and downloads.
    from glassnet.data import builtin, mnist, table

    loaders: dict[FilePath, Callable[..., Dataset]] = {
        "digits": builtin.load_digits,
        "iris": builtin.load_iris,
        "mnist": mnist.load_mnist,
        "moons": builtin.load_moons,
    }
    return loaders[name] if name in loaders else partial(table.load_csv, _csv_path(name))


def _call(loader: Callable[..., Dataset], what: str, options: dict[str, Any]) -> Dataset:
    allowed = list(inspect.signature(loader).parameters)
    if "seed" not in allowed:
        options.pop("seed")
    for option in options:
        if option not in allowed:
            known = ", ".join(allowed) or "none"
            raise DataError(f"{what} has no option {option!r}; its options are: {known}")
    return loader(**options)


def _csv_path(name: FilePath) -> FilePath:
    """`name` as the path of a CSV file, or the error that says best what it is instead."""
    from pathlib import Path

    path = Path(name)
    if path.suffix.lower() == ".csv":
        return path
    if path.exists():
        raise DataError(f"{path}: expected a .csv file; save the table as CSV")
    if not isinstance(name, str) or path.suffix or len(path.parts) > 1:
        raise DataError(f"there is no file {path}; check the path")
    try:
        choose("dataset", name, NAMES)
    except InputError as error:
        raise DataError(f"{error}, or the path of a .csv file") from None
    return path
