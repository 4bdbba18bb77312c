"""What logging every epoch costs: CSV, TensorBoard, MLflow.

Each round trains the same network without a log and with each, one after the other in turn, on
random data; 100 steps an epoch, compiled ones for the small network. Printed are steps in a second,
medians over rounds, and how much longer an epoch takes. All logs are in a temporary folder, those
of MLflow in a SQLite database.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import glassnet as gn
from glassnet.mlp import mlp

STEPS = 100  # of an epoch
TASKS: dict[str, tuple[list[int], int, int, str]] = {  # widths, batch size, epochs, engine
    "4-32-16-4": ([4, 32, 16, 4], 32, 400, "compiled"),
    "784-128-64-10": ([784, 128, 64, 10], 128, 10, "auto"),
}
Make = Callable[[Path], list[Any]]
LOGS: dict[str, Make] = {
    "none": lambda folder: [],
    "csv": lambda folder: [gn.CSVLogger(folder / "log.csv")],
    "tensorboard": lambda folder: [gn.TensorBoard(folder / "run")],
    "histograms": lambda folder: [gn.TensorBoard(folder / "drawn", histograms=10)],
    "mlflow": lambda folder: [gn.MLflow(f"sqlite:///{folder}/mlflow.db")],
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--tasks", nargs="*", default=list(TASKS), choices=TASKS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for task in options.tasks:
            measure(task, options.rounds, Path(folder))


def measure(task: str, rounds: int, folder: Path) -> None:
    """Print the lines of a network."""
    widths, size, epochs, engine = TASKS[task]
    rng = np.random.default_rng(0)
    x = rng.normal(size=(STEPS * size, widths[0])).astype(np.float32)
    y = rng.integers(widths[-1], size=len(x))
    taken: dict[str, list[float]] = {name: [] for name in LOGS}
    names = [*LOGS]
    for number in range(rounds + 1):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            how = {"epochs": epochs, "batch_size": size, "engine": engine}
            taken[name].append(seconds(widths, x, y, callbacks=LOGS[name](folder), **how))
    for name, each in taken.items():
        median = statistics.median(each[1:])  # the first loads what the others find
        more = statistics.median(a - b for a, b in zip(each[1:], taken["none"][1:], strict=True))
        print(f"{task:15}{name:13}{STEPS * epochs / median:10,.0f} steps/s"
              f"{1e3 * more / epochs:+9.3f} ms an epoch")  # fmt: skip


def seconds(widths: list[int], x: Any, y: Any, **settings: Any) -> float:
    """How long a training takes."""
    net = mlp((widths[0],), widths[1:-1], widths[-1], seed=0)
    begin = time.perf_counter()
    net.fit(x, y, **settings)
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
