"""A network of convolutions beside PyTorch, Keras and JAX.

    python -m benchmarks.versus.pictures [--network lenet-5]

conv 32 – maxpool – conv 64 – maxpool – dense 10, 3 × 3 with padding, batches of 128; or LeNet-5:
conv 6 – maxpool – conv 16 – maxpool – dense 120, 84, 10, 5 × 5, ReLU, batches of 32. MNIST, Adam,
float32. Each way runs in its own process, and they take turns. For each it prints the median time
of a step, counted from the call of `fit`; the time of the first epoch, compiling included; the time
to predict 10,000 pictures; the peak memory of the process; and the final loss, on which all must
agree.
"""

import argparse
import importlib
import json
import statistics
import time
from pathlib import Path

import numpy as np

from benchmarks.shared.turns import in_turns
from benchmarks.versus.convolutions import NETWORKS, Net
from benchmarks.versus.worker import peak_memory, seconds
from glassnet.data import load

OURS = ("glassnet_compiled", "glassnet")
WAYS = (*OURS, "torch_contiguous", "torch_channels_last", "keras_jax", "jax_scan")
SAMPLES = 12_800  # of an epoch
RATIOS = ("step", "memory", "predict")  # to the best of PyTorch


def main() -> None:
    """Measure in turns, print, write."""
    options = _options()
    found = in_turns(
        "benchmarks.versus.pictures", options.ways, options.rounds, "--epochs", str(options.epochs),
        "--network", options.network,
    )  # fmt: skip
    print(report(found))
    if options.out:
        options.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def report(found: dict[str, list[dict[str, float]]]) -> str:
    """The medians of the rounds, and how many times the best of PyTorch glassnet takes."""
    medians = {
        way: {each: statistics.median(r[each] for r in rounds) for each in rounds[0]}
        for way, rounds in found.items()
    }
    lines = [f"{'':22}{'step ms':>10}{'first s':>10}{'predict ms':>12}{'MB':>8}{'loss':>10}"]
    for way, m in medians.items():
        lines.append(
            f"{way:22}{1000 * m['step']:>10.2f}{m['first']:>10.1f}{1000 * m['predict']:>12.0f}"
            f"{m['memory']:>8.0f}{m['loss']:>10.5f}"
        )
    torch = [m for way, m in medians.items() if way.startswith("torch")]
    for way in OURS if torch else ():
        for each in RATIOS if way in medians else ():
            ratio = medians[way][each] / min(m[each] for m in torch)
            lines.append(f"{way} {each}: {ratio:.2f} times PyTorch's best")
    return "\n".join(lines)


def pictures(which: slice) -> tuple[np.ndarray, np.ndarray]:
    """Digits as float32 pictures of 0 … 1, and their labels."""
    data = load("mnist")
    x = data.x_train[which].astype(np.float32).reshape(-1, 28, 28, 1)
    return x / np.float32(255), np.asarray(data.y_train[which])


def work(way: str, net: Net, epochs: int) -> None:
    """Train in this process and print what it took."""
    train = pictures(slice(SAMPLES))
    x_new, _ = pictures(slice(SAMPLES, SAMPLES + 10_000))
    network = importlib.import_module(f"benchmarks.versus.convolutions.{way}").Way(net, *train)
    ticks = [time.perf_counter()]
    network.train(epochs, lambda: ticks.append(time.perf_counter()))
    times = np.diff(ticks)
    figures = {
        "step": float(np.median(times[1:])) * net.batch / SAMPLES,
        "first": float(times[0]),
        "memory": peak_memory(),
        "predict": seconds(lambda: network.predict(x_new), 3),
        "loss": network.loss(),
    }
    print(json.dumps(figures))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", choices=NETWORKS, default="conv-32-64")
    parser.add_argument("--ways", nargs="*", choices=WAYS, default=list(WAYS))
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--work", choices=WAYS, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    given = _options()
    if given.work:
        work(given.work, NETWORKS[given.network], given.epochs)
    else:
        main()
