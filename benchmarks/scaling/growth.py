"""How the time of an epoch grows with batch size, width and depth, beside the floor.

Trains 784-64-10 (ReLU, momentum, batch 128) on 12,000 digits, changes one thing at a time, prints
the times and draws `docs/growth.png`.
"""

import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

from benchmarks.shared import DOCS
from benchmarks.shared.workloads import Array, Workload, mnist, order
from benchmarks.versus.contenders import floor, glassnet

BASE = Workload("growth", mnist, (784, 64, 10), "relu", "momentum", 0.01, 128)
SAMPLES, ROUNDS, EPOCHS = 12_000, 5, 3
BATCHES = (1, 4, 16, 64, 128, 512, 2048)
WIDTHS = (8, 16, 32, 64, 128, 256, 512, 1024)
DEPTHS = (1, 2, 3, 4, 6, 8)
PICTURE = DOCS / "growth.png"


def workloads() -> Iterator[tuple[str, int, Workload]]:
    """(what is changed, its value, the workload)."""
    for batch in BATCHES:
        yield "batch size", batch, replace(BASE, batch=batch)
    for width in WIDTHS:
        yield "width", width, replace(BASE, sizes=(784, width, 10))
    for depth in DEPTHS:
        yield "depth", depth, replace(BASE, sizes=(784, *[64] * depth, 10))


def measure(workload: Workload, x: Array, y: Any) -> tuple[float, float]:
    """Median seconds of an epoch, ours and the floor's, in turns."""
    models = [kind.Contender(workload, x, y, order) for kind in (glassnet, floor)]
    seconds: list[list[float]] = [[], []]
    for _ in range(ROUNDS):
        for model, found in zip(models, seconds, strict=True):
            found.extend(epochs(model))
    ours, bare = map(statistics.median, seconds)
    return ours, bare


def epochs(model: Any) -> list[float]:
    """Seconds of every epoch after the first."""
    ticks: list[float] = []
    model.train(EPOCHS, lambda: ticks.append(time.perf_counter()))
    return [after - before for before, after in pairwise(ticks)]


def draw(rows: list[tuple[str, int, float, float]]) -> None:
    """One panel for each thing that was changed."""
    from matplotlib.figure import Figure

    from glassnet.base.colours import LIGHT

    figure = Figure(figsize=(11, 3.6), layout="constrained")
    panels = figure.subplots(1, 3)
    for panel, what in zip(panels, ("batch size", "width", "depth"), strict=True):
        values, ours, bare = zip(*[row[1:] for row in rows if row[0] == what], strict=True)
        for seconds, style, colour, name in (
            (ours, "o-", LIGHT.names[0], "glassnet"), (bare, "s--", "0.5", "floor"),
        ):  # fmt: skip
            panel.plot(values, [1e3 * s for s in seconds], style, color=colour, label=name)
        panel.set_xscale("log", base=2)
        panel.set_yscale("log")
        panel.yaxis.set_major_formatter("{x:g}")
        panel.yaxis.set_minor_formatter("{x:g}" if what == "depth" else "")
        panel.set_xticks(values, map(str, values))
        panel.set_xlabel({"depth": "hidden layers of 64", "width": "hidden units"}.get(what, what))
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("milliseconds per epoch")
    panels[0].legend()
    figure.savefig(PICTURE, dpi=110)


def main() -> None:
    """Measure, print, draw."""
    x, y = (array[:SAMPLES] for array in mnist())
    rows = []
    for what, value, workload in workloads():
        ours, bare = measure(workload, x, y)
        rows.append((what, value, ours, bare))
        print(f"{what:12}{value:>6}{1e3 * ours:>10.1f} ms{1e3 * bare:>10.1f} ms"
              f"{ours / bare:>8.2f}", flush=True)  # fmt: skip
    draw(rows)
    print(f"wrote {PICTURE}")


if __name__ == "__main__":
    main()
