"""Which engine trains a stack of large networks sooner.

    python -m benchmarks.scaling.stack_engines
    python -m benchmarks.scaling.stack_engines --sizes 784-512-10 --batches 32 --count 16

Networks of 50,000 to 670,000 multiply-adds for a sample, as a stack by NumPy's engine and, in
turns, by compiled steps; digits, ReLU, Adam. Prints the milliseconds of an epoch for each network
by both, how many times as long NumPy takes, and how many times `engine="auto"` expects. Compiled
steps are compiled before anything is measured.
"""

import argparse
import time

import numpy as np

import glassnet as gn
from benchmarks.shared.workloads import Array, mnist
from glassnet.training.plan import make_plan
from glassnet.training.stack import compiled_choice

SIZES = [
    "784-64-10", "784-128-64-10", "784-256-10", "784-512-10", "784-512-256-10", "784-512-512-10",
]  # fmt: skip
SAMPLES = 1_280  # of an epoch
ENGINES = ("numpy", "compiled")


def networks(size: str, count: int) -> list[gn.Sequential]:
    """From seeds 0, 1, 2, …"""
    inputs, *hidden, last = map(int, size.split("-"))
    return [
        gn.Sequential(
            [*(gn.Dense(units, "relu") for units in hidden), gn.Dense(last)],
            input_shape=inputs, seed=seed,
        )
        for seed in range(count)
    ]  # fmt: skip


def seconds(size: str, count: int, engine: str, x: Array, y: Array, batch: int) -> float:
    """Of an epoch and network."""
    ticks: list[float] = []

    class Tick:
        def on_epoch_end(self, epoch: int, logs: object) -> None:
            ticks.append(time.perf_counter())

    gn.Stack(networks(size, count)).fit(
        x, y, epochs=3, batch_size=batch, optimizer="adam", engine=engine, metrics=False,
        callbacks=lambda k: [Tick()],
    )  # fmt: skip
    return (max(ticks) - ticks[0]) / 2 / count


def expected(size: str, count: int, x: Array, y: Array, batch: int) -> float:
    """How many times as long NumPy takes, as "auto" estimates it."""
    several = networks(size, count)
    plan = make_plan(several[0], x, y, engine="numpy", batch_size=batch, optimizer="adam")
    cost = compiled_choice.seconds(plan, several, [len(x)] * count)
    return cost.numpy / min(cost.lanes, cost.programs)


def main() -> None:
    """Measure in turns and print the medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", nargs="*", default=SIZES)
    parser.add_argument("--batches", nargs="*", type=int, default=[32, 128])
    parser.add_argument("--count", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    x, y = (array[:SAMPLES] for array in mnist())
    seconds(given.sizes[0], 2, "compiled", x, y, given.batches[0])
    print(
        f"{'network':18}{'batch':>6}{'numpy ms':>10}{'compiled ms':>13}{'ratio':>8}{'expected':>10}"
    )
    for size in given.sizes:
        for batch in given.batches:
            found = [[seconds(size, given.count, each, x, y, batch) for each in ENGINES]
                     for _ in range(given.rounds)]  # fmt: skip
            slow, fast = 1e3 * np.median(found, axis=0)
            ratio = expected(size, given.count, x, y, batch)
            print(f"{size:18}{batch:>6}{slow:>10.1f}{fast:>10.1f}{slow / fast:>8.2f}{ratio:>10.2f}",
                  flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
