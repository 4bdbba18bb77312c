"""What dropout of the preset for tables does to its error.

Tables are drawn from known functions (Friedman's first and second, 1991), with little, some and
much noise, and `glassnet train --preset table` learns from them with dropout of 0.15 and without,
which is its default for values. Printed is the root mean squared error on 5,000 further rows, in
percent of the target's standard deviation. Below stand some public tables of the tuning half, one
split of each, in percent of the base rate's error. Five minutes on two cores.
"""

import argparse
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn import datasets as drawn

from benchmarks.tables.catalogue import TABLES
from benchmarks.tables.contenders import contender
from benchmarks.tables.contenders.command import trained
from benchmarks.tables.scores import scores
from benchmarks.tables.splits import split

FURTHER = 5_000  # rows
ROWS, NOISES = (300, 2_000, 20_000), (0.05, 0.3, 1.0)  # of the target's deviation
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "friedman1": drawn.make_friedman1,
    "friedman2": drawn.make_friedman2,
}
PUBLIC = ("school", "star", "health_budget", "hours", "splice", "satimage", "letter")
WAYS = {"dropout": ("--dropout", "0.15"), "without": ("--dropout", "0")}


def table(function: Callable[..., Any], rows: int, noise: float) -> tuple[pd.DataFrame, Any]:
    """So many rows and their targets, with noise of so many standard deviations."""
    x, y = function(rows, noise=0.0, random_state=0)
    y = y + noise * y.std() * np.random.default_rng(0).normal(size=rows)
    return pd.DataFrame(x, columns=[f"x{k}" for k in range(x.shape[1])]), y


def error(x: pd.DataFrame, y: Any, rows: int, options: tuple[str, ...]) -> float:
    """The error on what follows the rows learned from, in percent."""
    predict = trained(x[:rows], y[:rows], "values", 0, "--preset", "table", *options)
    missed = np.ravel(predict(x[rows:])) - y[rows:]
    return float(100 * np.sqrt(np.mean(missed**2)) / np.std(y))


def public(name: str) -> tuple[int, list[float]]:
    """How many rows a public table has, and the errors on a fifth of them."""
    table = TABLES[name]
    frame = table.frame()
    parts = split(table, frame, seed=0)
    learned = parts.x_train, parts.y_train, table.task, 0

    def error(predict: Callable[[Any], Any]) -> float:
        return scores(table.task, parts.y_test, predict(parts.x_test))["error"]

    base = error(contender("base_rate").fit(*learned))
    ours = (trained(*learned, "--preset", "table", *options) for options in WAYS.values())
    return len(frame), [100 * error(each) / base for each in ours]


def main() -> None:
    """Print a line for each table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, nargs="*", default=ROWS, help="of drawn tables")
    parser.add_argument("--tables", nargs="*", default=PUBLIC, choices=TABLES, metavar="NAME")
    given = parser.parse_args()
    print(f"{'table':12}{'rows':>8}{'noise':>8}" + "".join(f"{way:>10}" for way in WAYS))
    for name, function in FUNCTIONS.items():
        for rows in given.rows:
            for noise in NOISES:
                x, y = table(function, rows + FURTHER, noise)
                found = [error(x, y, rows, options) for options in WAYS.values()]
                print(f"{name:12}{rows:>8,}{noise:>8}{_cells(found)}", flush=True)
    for name in given.tables:
        rows, found = public(name)
        print(f"{name:12}{rows:>8,}{TABLES[name].task:>8}{_cells(found)}", flush=True)


def _cells(errors: Sequence[float]) -> str:
    return "".join(f"{each:>10.2f}" for each in errors)


if __name__ == "__main__":
    main()
