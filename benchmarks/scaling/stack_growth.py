"""How the time of each network falls with how many train together.

Three sizes of network, from 1 to 128 of them as one stack and, in turns, one after another. Prints
the times and draws `docs/stack-growth.png`.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import glassnet as gn
from benchmarks.shared import DOCS
from benchmarks.shared.workloads import Array, mnist, moons

COUNTS = (1, 2, 4, 8, 16, 32, 64, 128)
ROUNDS = 5
PICTURE = DOCS / "stack-growth.png"


class Size(NamedTuple):
    """Networks of these sizes, the data they learn, and how."""

    sizes: tuple[int, ...]
    batch: int
    samples: int
    data: Callable[[], tuple[Array, Array]]

    @property
    def name(self) -> str:
        """As in 784-64-10, batch 128."""
        return f"{'-'.join(map(str, self.sizes))}, batch {self.batch}"


def small_digits() -> tuple[Array, Array]:
    """The digits at a quarter of their width and height: means of 4 × 4 pixels, (samples, 49)."""
    x, y = mnist()
    return x.reshape(-1, 7, 4, 7, 4).mean(axis=(2, 4)).reshape(-1, 49), y


SIZES = (
    Size((2, 64, 2), 10, 1_000, moons),
    Size((49, 32, 10), 32, 3_200, small_digits),
    Size((784, 64, 10), 128, 3_200, mnist),
)


def networks(size: Size, count: int) -> list[gn.Sequential]:
    """From seeds 0, 1, 2, …"""
    *hidden, last = size.sizes[1:]
    return [
        gn.Sequential(
            [*(gn.Dense(units, "relu") for units in hidden), gn.Dense(last)],
            input_shape=size.sizes[0], seed=seed,
        )
        for seed in range(count)
    ]  # fmt: skip


def seconds(size: Size, x: Array, y: Array, count: int) -> tuple[float, float]:
    """Of each network: in a stack, and one after another."""
    settings: dict[str, Any] = {"epochs": 2, "batch_size": size.batch, "optimizer": "momentum"}
    stack, alone = gn.Stack(networks(size, count)), networks(size, count)
    begin = time.perf_counter()
    stack.fit(x, y, **settings)
    middle = time.perf_counter()
    for network in alone:
        network.fit(x, y, **settings)
    end = time.perf_counter()
    return (middle - begin) / count / 2, (end - middle) / count / 2


def measure(rounds: int, counts: tuple[int, ...]) -> Iterator[tuple[Size, int, float, float]]:
    """(size, networks, seconds an epoch of each in a stack, alone): medians."""
    for size in SIZES:
        x, y = (array[: size.samples] for array in size.data())
        for count in counts:
            found = [seconds(size, x, y, count) for _ in range(rounds)]
            together, apart = (statistics.median(each) for each in zip(*found, strict=True))
            print(f"{size.name:24}{count:>5}{1e3 * together:>10.2f} ms{1e3 * apart:>10.2f} ms"
                  f"{apart / together:>7.2f}", flush=True)  # fmt: skip
            yield size, count, together, apart


def draw(rows: list[tuple[Size, int, float, float]], path: Path) -> None:
    """One panel for each size."""
    from matplotlib.figure import Figure

    from glassnet.base.colours import LIGHT

    figure = Figure(figsize=(11, 3.6), layout="constrained")
    for panel, size in zip(figure.subplots(1, len(SIZES)), SIZES, strict=True):
        counts, together, apart = zip(*[row[1:] for row in rows if row[0] is size], strict=True)
        for found, style, colour, name in (
            (apart, "s--", "0.5", "one after another"),
            (together, "o-", LIGHT.names[0], "one stack"),
        ):  # fmt: skip
            panel.plot(counts, [1e3 * s for s in found], style, color=colour, label=name)
        panel.set_xscale("log", base=2)
        panel.set_xticks(counts, map(str, counts))
        panel.set_ylim(bottom=0)
        panel.set_title(size.name)
        panel.set_xlabel("networks")
        panel.grid(alpha=0.3)
        if size is SIZES[0]:
            panel.set_ylabel("milliseconds per epoch and network")
            panel.legend()
    figure.savefig(path, dpi=110)


def main() -> None:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--counts", type=int, nargs="*", default=list(COUNTS))
    parser.add_argument("--out", type=Path, default=PICTURE)
    given = parser.parse_args()
    draw(list(measure(given.rounds, tuple(given.counts))), given.out)
    print(f"wrote {given.out}")


if __name__ == "__main__":
    main()
