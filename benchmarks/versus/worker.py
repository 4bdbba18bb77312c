"""One library, one workload, in a process of its own; prints what it measured as JSON."""

import importlib
import json
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.shared.workloads import CHECKED, WORKLOADS, in_order, order


def main(contender: str, workload: str, folder: str, check: str = "") -> None:
    """Train on the arrays in `folder` and print seconds, loss, and peak memory in MB.

    With `check`, one epoch over the first samples, in order, and the loss after it: rounding makes
    paths part later, so that equal libraries would come to differ.
    """
    work = WORKLOADS[workload]
    x, y = np.load(f"{folder}/x.npy"), np.load(f"{folder}/y.npy")
    kind = importlib.import_module(f"benchmarks.versus.contenders.{contender}").Contender
    if check:
        few = slice(0, max(CHECKED, 50 * work.batch))
        model = kind(work, x[few], y[few], in_order)
        model.train(1, lambda: None)
        print(json.dumps({"loss": model.loss()}))
        return
    ticks = [time.perf_counter()]
    model = kind(work, x, y, order)
    built = time.perf_counter() - ticks[0]
    model.train(work.epochs, lambda: ticks.append(time.perf_counter()))
    epochs = np.diff(ticks).tolist()
    epochs[0] -= built
    found = {
        "build": built,
        "first": epochs[0],
        "epoch": statistics.median(epochs[1:]),
        "ten": ticks[10] - ticks[0],
        "memory": peak_memory(),
    }
    if contender != "floor":
        found["loss"] = model.loss()
        found["one_row"] = seconds(lambda: model.predict(x[:1]), 300)
        found["all_rows"] = seconds(lambda: model.predict(x), 5)
    print(json.dumps(found))


def peak_memory() -> float:
    """The most memory this process had, in MB; Linux counts its parent's into getrusage."""
    status = Path("/proc/self/status")
    if status.exists():
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def seconds(call: Callable[[], object], times: int) -> float:
    """The median of several calls, after a first."""
    call()
    measured = []
    for _ in range(times):
        begin = time.perf_counter()
        call()
        measured.append(time.perf_counter() - begin)
    return statistics.median(measured)


if __name__ == "__main__":
    main(*sys.argv[1:])
