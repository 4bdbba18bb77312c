"""A hundred networks as one stack, one after another, and in JAX and PyTorch.

100 networks 2-64-2 on 3,750 points of two moons, 10 epochs. Every way is a process of its own,
which trains twice: the first time includes compiling.
"""

import argparse
import importlib
import json
import statistics
import time
from pathlib import Path

from benchmarks.shared.turns import in_turns
from benchmarks.shared.workloads import moons

WAYS = ("stack_compiled", "stack", "loop", "published", "jax_vmap", "torch_func")
EPOCHS = 10


def main() -> None:
    """Measure in turns, print, write."""
    options = _options()
    found = in_turns(
        "benchmarks.versus.networks",
        options.ways,
        options.rounds,
        "--networks",
        str(options.networks),
    )
    first_way = found[options.ways[0]]
    print(f"\n{options.networks} networks, {EPOCHS} epochs: seconds, and times the first's")
    for way, rounds in found.items():
        first, again = (statistics.median(r[w] for r in rounds) for w in ("first", "again"))
        ours = [statistics.median(r[w] for r in first_way) for w in ("first", "again")]
        print(f"{way:15}{again:>8.2f}{again / ours[1]:>8.1f}   with compiling {first:>8.2f}"
              f"{first / ours[0]:>8.1f}   accuracy {rounds[0]['accuracy']:.4f}")  # fmt: skip
    if options.out:
        options.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def work(way: str, networks: int) -> None:
    """Train twice in this process and print the seconds."""
    x, y = moons()
    train = importlib.import_module(f"benchmarks.versus.many.{way}").train
    seconds = []
    for _ in range(2):
        begin = time.perf_counter()
        z = train(x, y, networks, EPOCHS)
        seconds.append(time.perf_counter() - begin)
    accuracy = float((z.argmax(axis=-1) == y).mean())
    print(json.dumps({"first": seconds[0], "again": seconds[1], "accuracy": accuracy}))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ways", nargs="*", choices=WAYS, default=list(WAYS))
    parser.add_argument("--networks", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--work", choices=WAYS, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    given = _options()
    if given.work:
        work(given.work, given.networks)
    else:
        main()
