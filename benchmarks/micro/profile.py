"""Where the time of a step goes, part by part.

Takes the name of a workload, such as 784-512-256-10. Prints the median microseconds of each
part of a training step on the workload's own data, and of the floor.
"""

import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np

import glassnet as gn
from benchmarks.shared.workloads import WORKLOADS, order
from benchmarks.versus.contenders import floor
from benchmarks.versus.contenders.glassnet import Contender
from glassnet.training.trainer import Trainer

STEPS = 500


class Clock:
    """Microseconds of each part, by name."""

    def __init__(self) -> None:
        self.found: dict[str, list[float]] = defaultdict(list)

    def __call__(self, part: str, call: Callable[[], Any]) -> Any:
        begin = time.perf_counter()
        result = call()
        self.found[part].append(1e6 * (time.perf_counter() - begin))
        return result


def main(name: str) -> None:
    """Take the steps apart and print the medians."""
    work = WORKLOADS[name]
    x, y = work.data()
    ours, bare, clock = Contender(work, x, y, order), floor.Contender(work, x, y, order), Clock()
    loss = gn.CrossEntropy() if work.sizes[-1] > 1 else gn.BinaryCrossEntropy()
    trainer = Trainer(ours.net, (x, y), loss, ours.rule, batch_size=work.batch, metrics=False)
    batches = trainer.batches.epoch(ours.net.rng)
    for number, rows in enumerate(np.array_split(order(0, len(x)), len(trainer.batches))[:STEPS]):
        batch = clock("gather", lambda: next(batches))
        step(trainer, batch, number + 1, clock)
        clock("floor", lambda rows=rows: bare.step(rows))
    medians = {part: statistics.median(times) for part, times in clock.found.items()}
    of_the_floor = medians.pop("floor")
    for part, median in medians.items():
        print(f"{part:24}{median:>9.1f}")
    print(f"{'together':24}{sum(medians.values()):>9.1f}\n{'floor':24}{of_the_floor:>9.1f}")


def step(trainer: Trainer, batch: tuple, number: int, clock: Clock) -> None:
    """What `Trainer.step` does, part by part."""
    network, (z, targets) = trainer.network, batch
    saved: list[Any] = []
    for index, layer in enumerate(network.layers):
        name = f"{index} {type(layer).__name__}"
        z, kept = clock(f"{name} forward", lambda layer=layer, x=z: layer.forward(x))
        saved.append(kept)
    _, dy = clock("loss", lambda: trainer.loss(z, targets))
    for index in range(len(network.layers) - 1, 0, -1):
        layer, kept = network.layers[index], saved.pop()
        name = f"{index} {type(layer).__name__} backward"
        dy = clock(name, lambda layer=layer, dy=dy, kept=kept: layer.backward(dy, kept))
    clock("0 Dense gradients", lambda: network.layers[0].gradients(dy, saved.pop()))
    theta, g = network.parameters.vector, network.gradient.vector
    rule = trainer.optimizer
    clock("rule", lambda: rule.step(theta, g, trainer.moments, number, trainer.learning_rate))


if __name__ == "__main__":
    main(*sys.argv[1:])
