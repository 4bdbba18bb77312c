"""What the callbacks Health and Watch cost.

Each round trains the same network with and without the callback, one after the other; printed is
the median over rounds of the ratio of seconds.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import glassnet as gn
from glassnet.data import Dataset, load

TASKS: dict[str, tuple[dict[str, Any], list[int], int]] = {  # options, hidden units, epochs
    "moons": ({"samples": 5000}, [64], 20),
    "digits": ({}, [64], 40),
    "mnist": ({}, [128, 64], 2),
}
CALLBACKS: dict[str, Callable[[], Any]] = {"Health": lambda: gn.Health(print), "Watch": gn.Watch}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--tasks", nargs="*", default=list(TASKS), choices=TASKS)
    options = parser.parse_args()
    for task in options.tasks:
        settings, hidden, epochs = TASKS[task]
        data = load(task, **settings)
        seconds(data, hidden, epochs, [])  # the first touches memory that the others find
        for name, make in CALLBACKS.items():
            ratios = []
            for number in range(options.rounds):
                ways: list[list[Any]] = [[], [make()]]
                order = ways if number % 2 else ways[::-1]
                taken = {len(way): seconds(data, hidden, epochs, way) for way in order}
                ratios.append(taken[1] / taken[0])
            print(f"{task:8}{name:8}{100 * statistics.median(ratios) - 100:+6.1f} %  "
                  f"(rounds from {min(ratios):.3f} to {max(ratios):.3f})")  # fmt: skip


def seconds(data: Dataset, hidden: list[int], epochs: int, callbacks: list[Any]) -> float:
    """How long a training takes."""
    layers = [gn.Scale(data.scale), gn.Flatten(), *(gn.Dense(n, "relu") for n in hidden)]
    net = gn.Sequential([*layers, gn.Dense(data.outputs)], seed=0)
    begin = time.perf_counter()
    net.fit(data.x_train, data.y_train, epochs=epochs, callbacks=callbacks)
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
