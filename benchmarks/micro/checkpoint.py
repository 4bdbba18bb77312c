"""What checkpoints cost.

MNIST, 784-64-10, batches of 128, 10 epochs, with a checkpoint every 100 and every 500 steps and
without, in turns; and one checkpoint of a million parameters with Adam's moments, beside fsync.
"""

import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

import glassnet as gn
from benchmarks.shared.workloads import mnist
from glassnet.training import checkpoint as checkpoints

ROUNDS = 9


def training(folder: Path, every: int | None) -> float:
    """Seconds of ten epochs."""
    x, y = DATA
    net = gn.Sequential([gn.Dense(64, "sigmoid"), gn.Dense(10)], input_shape=784, seed=0)
    keep = None if every is None else gn.Checkpoint(folder / "run", every)
    begin = time.perf_counter()
    net.fit(x, y, epochs=10, batch_size=128, optimizer="momentum", checkpoint=keep)
    return time.perf_counter() - begin


def one(folder: Path) -> float:
    """Seconds of one checkpoint of a million parameters, without waiting for the disk."""
    state = {name: np.random.default_rng(0).random(10**6, np.float32) for name in "abcd"}
    plain, os.fsync = os.fsync, lambda handle: None
    begin = time.perf_counter()
    checkpoints.write(folder / "one", state)  # parameters, their last finite ones, two moments
    seconds, os.fsync = time.perf_counter() - begin, plain
    return seconds


def main() -> None:
    """Measure in turns and print."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as name:
        folder = Path(name)
        found = {every: [] for every in (None, 100, 500)}
        for _ in range(ROUNDS):
            for every, seconds in found.items():
                seconds.append(training(folder, every))
        without = statistics.median(found[None])
        print(f"without {without:.2f} s")
        for every in (100, 500):
            print(f"every {every} steps {statistics.median(found[every]) / without - 1:+.1%}")
        print(
            f"a million parameters {1e3 * statistics.median(one(folder) for _ in range(9)):.0f} ms"
        )


DATA = mnist()

if __name__ == "__main__":
    main()
